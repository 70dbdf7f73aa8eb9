"""Every formula of the layers, with the sum in a comment."""

from dataclasses import replace

import numpy as np
import pytest

from algorithms.capacity import capacity
from algorithms.layers import LAYERS, derive_links
from algorithms.links import Links
from algorithms.sectors import EssentialityTable, SectorTable, bare
from graph_model.errors import BadInput
from graph_model.network import MISSING, CreditNetwork
from tests.algorithms.pictures import pack_parameters, picture

# Round constants, so that the sums stay short: every party below has a capacity of 1,000 yuan.
PARAMETERS = pack_parameters(
    theta=1.0,
    rate_cap=5.0,
    ratio=dict.fromkeys(LAYERS, 1.0) | {"sales": 0.5},
    lgd=0.6,
    recovery=0.3,
    months_to_replace_buyer=SectorTable({"36": 6.0}, 4.0),
    months_to_replace_input=SectorTable({}, 3.0),
    months_to_reroute=1.0,
    essentiality=EssentialityTable({("39", "36"): 2}, 1),
    margin_unknown=(0.1, 0.4),
    capacity_floor=0.01,
    capacity_unknown=(0.05, 0.30),
)
# m = 1 - 7,500 / 10,000 = 0.25
NODES = (
    "id,kind,sector,revenue,material_cost,equity,liquidity,statements"
    "|a,enterprise,3612,10000,7500,1000,2000,n:s:a"
    "|b,enterprise,3971,10000,7500,1000,2000,"
    "|c,enterprise,5171,10000,7500,1000,2000,"
)


def one(network: CreditNetwork, links: Links, hit: str, fallen: str, layer: str) -> int:
    chosen = (
        (links.hit == network.place(hit))
        & (links.fallen == network.place(fallen))
        & (links.layer == LAYERS.index(layer))
    )
    assert chosen.sum() == 1
    return int(np.flatnonzero(chosen)[0])


def check(
    network: CreditNetwork, hit: str, fallen: str, layer: str, yuan: float, rate: float, cited: str
) -> None:
    links = derive_links(network, PARAMETERS)
    k = one(network, links, hit, fallen, layer)
    assert links.loss_fen[k] == round(yuan * 100)
    assert links.rate[k] == pytest.approx(rate, rel=1e-12)
    start, stop = links.statements_indptr[k : k + 2]
    assert " ".join(network.statements[p] for p in links.statements[start:stop]) == cited


def test_receivable_is_the_open_claim_at_the_loss_given_default() -> None:
    network = picture(nodes=NODES, payable="row,column,amount,statements|b,a,500,i:s:1 ; i:s:2")
    # b owes a 500: 0.6 * 500 = 300 of 1,000
    check(network, "a", "b", "receivable", 300, 0.3, "i:s:1 i:s:2")
    assert len(derive_links(network, PARAMETERS)) == 1


def test_a_loan_is_a_receivable_of_its_lender_and_adds_to_payables() -> None:
    network = picture(
        nodes=NODES,
        payable="row,column,amount,statements|b,a,500,i:s:1",
        loan="row,column,amount,statements|a,b,200,l:s:1",
    )
    # 0.6 * (500 + 200) = 420
    check(network, "a", "b", "receivable", 420, 0.42, "i:s:1 l:s:1")


def test_sales_lose_their_margin_until_another_buyer_is_found() -> None:
    network = picture(nodes=NODES, trade="row,column,amount,statements|a,c,1200,t:s:1")
    # a (3612, 6 months) sells c 1,200 a year: 0.25 * 1200 / 12 * 6 = 150, ratio 0.5
    check(network, "a", "c", "sales", 150, 0.075, "t:s:1")
    assert len(derive_links(network, PARAMETERS)) == 1  # 3612 is not essential to 5171


def test_supply_loses_the_margin_on_what_cannot_be_made() -> None:
    network = picture(nodes=NODES, trade="row,column,amount,statements|b,a,1200,t:s:1")
    # b (39) is essential to a (36): 0.25 / 0.75 * 1200 / 12 * 3 = 100
    check(network, "a", "b", "supply", 100, 0.1, "t:s:1")
    # and a buys from b: 0.25 * 1200 / 12 * 4 = 100, ratio 0.5
    check(network, "b", "a", "sales", 100, 0.05, "t:s:1")


def test_supply_never_loses_more_than_the_whole_margin_of_those_months() -> None:
    nodes = NODES.replace("3612,10000,7500", "3612,10000,1000")
    network = picture(nodes=nodes, trade="row,column,amount|b,a,3000")
    # m = 0.9: 0.9 / 0.1 * 3000 / 12 * 3 = 6,750, but 0.9 * 10,000 / 12 * 3 = 2,250
    check(network, "a", "b", "supply", 2250, 2.25, "")


def test_the_picture_states_essentiality_over_the_pack() -> None:
    network = picture(
        nodes=NODES,
        trade="row,column,amount|b,a,1200|c,a,1200",
        essentiality="supplier,buyer,value|39,36,0|5171,3612,2",
    )
    layers = derive_links(network, PARAMETERS)
    supply = layers.fallen[layers.layer == LAYERS.index("supply")]
    assert [network.ids()[k] for k in supply] == ["c"]


def test_a_guarantor_loses_the_cover_not_recovered() -> None:
    network = picture(
        nodes=NODES + "|bank,lender,6621,,,,,",
        guarantee="row,column,amount,collateral,statements|a,b,400,,g:s:1",
        loan="row,column,amount,collateral,statements|bank,b,1000,,l:s:1",
    )
    # min(400, 1000) * 0.7 = 280
    check(network, "a", "b", "guarantee", 280, 0.28, "g:s:1 l:s:1")


def test_a_guarantor_is_called_for_no_more_than_the_debt_less_what_is_pledged() -> None:
    network = picture(
        nodes=NODES + "|bank,lender,6621,,,,,",
        guarantee="row,column,amount,collateral|a,b,400,100",
        loan="row,column,amount,collateral|bank,b,500,250",
    )
    # pledged: the larger statement, 250; min(400, 500 - 250) * 0.7 = 175
    check(network, "a", "b", "guarantee", 175, 0.175, "")
    without_loan = picture(nodes=NODES, guarantee="row,column,amount,collateral|a,b,400,100")
    # debt unknown, so it is the cover: (400 - 100) * 0.7 = 210
    check(without_loan, "a", "b", "guarantee", 210, 0.21, "")


def test_what_a_guarantor_covers_the_lender_does_not_lose_again() -> None:
    network = picture(
        nodes=NODES,
        guarantee="row,column,amount,collateral|a,b,400,",
        loan="row,column,amount,collateral|c,b,1000,",
    )
    # c lent 1,000 of which 400 are covered: 0.6 * 600 = 360
    check(network, "c", "b", "receivable", 360, 0.36, "")


def test_logistics_is_goods_with_the_carrier_and_margin_until_rerouted() -> None:
    network = picture(
        nodes=NODES, carriage="row,column,amount,in_custody,statements|c,a,2400,60,w:s:1"
    )
    # c carries for a: 60 + 0.25 * 2400 / 12 * 1 = 110
    check(network, "a", "c", "logistics", 110, 0.11, "w:s:1")


def test_an_owner_loses_unpaid_capital_and_its_claims_in_full() -> None:
    network = picture(
        nodes=NODES,
        ownership="row,column,amount,statements|a,b,300,o:s:1",
        payable="row,column,amount,statements|b,a,100,i:s:1|a,b,50,i:s:2",
    )
    # a owns b: 300 + 100; this claim is not in receivable. b's claim on a: 0.6 * 50 = 30
    check(network, "a", "b", "ownership", 400, 0.4, "o:s:1 i:s:1")
    check(network, "b", "a", "receivable", 30, 0.03, "i:s:2")
    assert len(derive_links(network, PARAMETERS)) == 2


def test_a_rate_is_capped() -> None:
    network = picture(nodes=NODES, payable="row,column,amount|b,a,1000000")
    check(network, "a", "b", "receivable", 600_000, 5.0, "")


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        # revenue, equity, liquidity, current assets, current liabilities, capital, kind
        ("10000,1000,2000,,,,enterprise", 1000, 1000),
        ("10000,1000,,900,500,,enterprise", 400, 400),
        ("10000,1000,-50,,,,enterprise", 100, 100),  # the floor: 1 % of revenue
        ("10000,1000,,,,,enterprise", 100, 1000),
        ("10000,-1000,,,,,enterprise", 100, 100),
        ("10000,,800,,,,enterprise", 100, 800),
        ("10000,,,,,,enterprise", 500, 3000),
        (",1000,2000,,,,enterprise", None, None),
        ("0,1000,2000,,,,enterprise", None, None),
        (",,,,,7000,lender", 7000, 7000),
        ("10000,5000,200,,,7000,guarantor", 7000, 7000),
        ("10000,5000,200,,,7000,enterprise", 200, 200),
    ],
)
def test_capacity_is_an_interval(cells: str, low: float | None, high: float | None) -> None:
    header = "id,revenue,equity,liquidity,current_assets,current_liabilities,capital,kind"
    found = capacity(picture(nodes=f"{header}|a,{cells}"), PARAMETERS)
    if low is None or high is None:
        assert np.isnan([found.low[0], found.high[0], found.point[0]]).all()
    else:
        expected = [low * 100, high * 100, (low * high) ** 0.5 * 100]
        assert [found.low[0], found.high[0], found.point[0]] == pytest.approx(expected)


def test_bounds_take_the_ends_of_what_is_unknown() -> None:
    nodes = "id,sector,revenue|a,3612,10000|b,3971,"
    network = picture(nodes=nodes, trade="row,column,amount|a,b,1200")
    # margin 0.1..0.4 (point 0.2), capacity 500..3,000; loss = m * 1200 / 12 * 6; ratio 0.5
    for bound, margin, able in (
        ("low", 0.1, 3000),
        ("point", 0.2, (500 * 3000) ** 0.5),
        ("high", 0.4, 500),
    ):
        links = derive_links(network, PARAMETERS, bound=bound)  # type: ignore[arg-type]
        assert links.rate.tolist() == pytest.approx([0.5 * margin * 600 / able])


def test_nobody_without_capacity_is_hit_by_amounts() -> None:
    nodes = "id,revenue|a,|b,1000"
    network = picture(
        nodes=nodes, payable="row,column,amount|b,a,5", rates="hit,fallen,layer,rate|a,b,sales,2"
    )
    links = derive_links(network, PARAMETERS)
    assert (links.rate.tolist(), links.loss_fen.tolist()) == ([2.0], [MISSING])


def test_stated_rates_replace_what_amounts_give_for_their_layer_only() -> None:
    network = picture(
        nodes=NODES,
        payable="row,column,amount,statements|b,a,500,i:s:1|c,a,100,i:s:2",
        trade="row,column,amount,statements|a,b,1200,t:s:1",
        rates="hit,fallen,layer,rate|a,b,receivable,9|b,c,industry,0.5",
    )
    links = derive_links(network, PARAMETERS)
    rows = [
        (network.ids()[h], network.ids()[f], LAYERS[la], round(float(r), 6))
        for h, f, la, r in zip(links.hit, links.fallen, links.layer, links.rate, strict=True)
    ]
    assert rows == [
        ("a", "b", "receivable", 9.0),
        ("a", "b", "sales", 0.075),
        ("a", "c", "receivable", 0.06),
        ("b", "c", "industry", 0.5),
    ]
    assert links.statements_indptr.tolist() == [0, 0, 1, 2, 2]
    assert [network.statements[k] for k in links.statements] == ["t:s:1", "i:s:2"]


def full() -> CreditNetwork:
    return picture(
        nodes=NODES,
        payable="row,column,amount|b,a,500|c,b,77.7",
        loan="row,column,amount,collateral|c,b,1000,10",
        guarantee="row,column,amount,collateral|a,b,400,",
        trade="row,column,amount|b,a,1200|a,c,333.33",
        carriage="row,column,amount,in_custody|c,a,2400,60",
        ownership="row,column,amount|c,a,300",
    )


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_switched_off_leaves_the_others_as_they_were(layer: str) -> None:
    links, off = derive_links(full(), PARAMETERS), derive_links(full(), PARAMETERS, off=[layer])
    left = links.layer != LAYERS.index(layer)
    for name in ("hit", "fallen", "layer", "rate", "loss_fen"):
        assert getattr(off, name).tolist() == getattr(links, name)[left].tolist()
    assert layer == "industry" or not left.all()


def test_theta_zero_switches_all_off_and_an_unknown_layer_is_refused() -> None:
    assert len(derive_links(full(), replace(PARAMETERS, theta=0.0))) == 0
    with pytest.raises(BadInput, match="love: is not a layer"):
        derive_links(full(), PARAMETERS, off=["love"])


def test_ten_times_the_money_is_the_same_rates() -> None:
    network = full()
    ten = replace(
        network,
        columns={
            name: np.where(column == MISSING, MISSING, column * 10)
            if name in {"revenue", "material_cost", "equity", "liquidity"}
            else column
            for name, column in network.columns.items()
        },
        matrices={
            name: replace(
                matrix,
                quantities={
                    q: np.where(v == MISSING, MISSING, v * 10) for q, v in matrix.quantities.items()
                },
            )
            for name, matrix in network.matrices.items()
        },
    )
    one_, other = derive_links(network, PARAMETERS), derive_links(ten, PARAMETERS)
    np.testing.assert_allclose(other.rate, one_.rate, rtol=1e-12)
    assert other.hit.tolist() == one_.hit.tolist()


def test_a_thousand_empty_partners_dilute_nothing() -> None:
    crowd = "".join(f"|x{k},enterprise,3612,,,,," for k in range(1000))
    network, crowded = (
        picture(nodes=NODES + more, payable="row,column,amount|b,a,500") for more in ("", crowd)
    )
    links = [derive_links(n, PARAMETERS) for n in (network, crowded)]
    assert links[0].rate.tobytes() == links[1].rate.tobytes()


def test_sectors_are_found_by_the_longest_code() -> None:
    table = SectorTable({"36": 1.0, "361": 2.0, "C": 3.0, "1": 4.0}, 9.0)
    codes = ("C3612", "3612", "3670", "C", "1", "12", "", "甲")
    assert [table.of(code) for code in codes] == [2.0, 2.0, 1.0, 3.0, 4.0, 9.0, 9.0, 9.0]
    assert bare("Z3612") == "Z3612"
    pairs = EssentialityTable({("39", "36"): 2, ("39", "3612"): 0, ("391", "36"): 1}, 7)
    suppliers = np.array([b"3971", b"3971", b"3911", b"4"])
    buyers = np.array([b"3670", b"C3612", b"3612", b"3612"])
    assert pairs.values(suppliers, buyers).tolist() == [2, 0, 1, 7]
