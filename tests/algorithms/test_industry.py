"""Industries as nodes: rates worked by hand, and what they must not do."""

from dataclasses import replace

import numpy as np
import pytest

from algorithms.chain_risk import ChainRisk, chain_risk
from algorithms.explain import explain
from algorithms.industry import RunNetwork, run_network
from algorithms.layers import LAYERS
from algorithms.scorecard import scorecard
from graph_model.network import CreditNetwork
from tests.algorithms.pictures import pack_parameters, picture

PARAMETERS = pack_parameters(
    theta=0.8,
    rate_cap=5.0,
    ratio=dict.fromkeys(LAYERS, 1.0) | {"industry": 0.5},
    industry_own_rate=0.05,
    industry_beta=1.5,
    industry_members=2,
    own_rate_unknown=(0.01, 0.04),
)
HEADER = "id,kind,sector,revenue,own_rate"
# Division 36: a, b with 100 and 300 of 400 yuan; 39: c, d with 50 each; f alone in 51 is none.
NODES = (
    f"{HEADER}|a,enterprise,C3612,100,0.02|b,enterprise,3670,300,0.04|c,enterprise,3971,50,0.1"
    "|d,enterprise,39,50,|f,enterprise,5171,70,0.1"
)
# Members of 36 buy 30 + 10 of 39, 40 of f and 20 of each other: 100. Those of 39 buy 5, of 36.
TRADE = "row,column,amount|c,a,30|d,b,10|f,a,40|a,b,20|b,c,5"


def made(network: CreditNetwork, **changed: object) -> RunNetwork:
    parameters = replace(PARAMETERS, **changed)  # type: ignore[arg-type]
    return run_network(network, parameters, scorecard(network, parameters).own_rate)


def simulated(made_: RunNetwork, scenarios: int = 640) -> ChainRisk:
    return chain_risk(
        made_.party_id,
        made_.own_rate,
        made_.links,
        scenarios=scenarios,
        seed=3,
        already_fallen=made_.already_fallen,
        unknown_rate=made_.unknown_rate,
    )


def rows(made_: RunNetwork) -> dict[tuple[str, str], float]:
    """Rates of the industry layer by (hit, fallen)."""
    ids, links = [raw.decode() for raw in made_.party_id], made_.links
    at = np.flatnonzero(links.layer == LAYERS.index("industry"))
    return {(ids[links.hit[k]], ids[links.fallen[k]]): float(links.rate[k]) for k in at}


def test_an_industry_hits_its_members_and_they_hit_it() -> None:
    run = made(picture(nodes=NODES, trade=TRADE))
    assert run.divisions == ("36", "39")
    assert run.members.tolist() == [2, 2]
    assert [raw.decode() for raw in run.party_id[5:]] == ["industry:36", "industry:39"]
    assert run.own_rate[5:].tolist() == [0.05, 0.05]
    assert run.unknown_rate == pytest.approx(0.02)  # (0.01 * 0.04) ** 0.5
    # theta * ratio = 0.4
    assert rows(run) == pytest.approx(
        {
            ("a", "industry:36"): 0.4 * 1.5 * 0.02,
            ("b", "industry:36"): 0.4 * 1.5 * 0.04,
            ("c", "industry:39"): 0.4 * 1.5 * 0.1,
            ("d", "industry:39"): 0.4 * 1.5 * 0.02,  # own rate unknown
            ("industry:36", "a"): 0.4 * 100 / 400,
            ("industry:36", "b"): 0.4 * 300 / 400,
            ("industry:39", "c"): 0.4 * 50 / 100,
            ("industry:39", "d"): 0.4 * 50 / 100,
            ("industry:36", "industry:39"): 0.4 * 40 / 100,
            ("industry:39", "industry:36"): 0.4 * 5 / 5,
        }
    )


def test_a_pair_of_member_and_industry_falls_as_often_as_the_equations_say() -> None:
    # One member m of rate p hits its industry q at s, which hits back at b. By hand, for two
    # nodes: P(m falls) = 1 - exp(-(p + q)) - the chance that only q fell and m lived on:
    #   integral over t of q e^-((p + q) t) e^-((p + b)(1 - t)).
    p, q = 0.4, 0.05
    network = picture(nodes=f"{HEADER}|m,enterprise,36,100,{p}")
    run = made(network, industry_members=1, theta=1.0, ratio={"industry": 1.0})
    assert rows(run) == pytest.approx({("m", "industry:36"): 0.6, ("industry:36", "m"): 1.0})
    b = 1.5 * p
    only_q = q * np.exp(-(p + b)) * (np.exp(b - q) - 1) / (b - q)
    result = simulated(run, 64_000)
    expected = 1 - np.exp(-(p + q)) - only_q
    assert abs(result.probability[0] - expected) < 4 * result.standard_error[0]


def test_few_members_make_no_industry() -> None:
    network = picture(nodes=NODES, trade=TRADE)
    assert made(network, industry_members=3).divisions == ()
    nodes = NODES.replace("d,enterprise,39,50", "d,sole_trader,39,50")
    assert made(picture(nodes=nodes)).divisions == ("36",)  # persons do not count


def test_a_stated_industry_stands_for_its_division() -> None:
    nodes = NODES + "|i,industry,36,,0.2"
    assert made(picture(nodes=nodes, trade=TRADE)).divisions == ("39",)
    nodes = NODES + "|industry:39,industry,,,0.2"
    assert made(picture(nodes=nodes, trade=TRADE)).divisions == ("36",)


def test_a_layer_switched_off_or_theta_zero_leaves_own_risk() -> None:
    network = picture(nodes=NODES, trade=TRADE)
    own = scorecard(network, PARAMETERS).own_rate
    off = run_network(network, PARAMETERS, own, off=["industry"])
    assert off.party_id.tolist() == network.party_id.tolist()
    assert not rows(off)
    still = made(network, theta=0.0)
    assert len(still.links) == 0
    result = simulated(still, 64_000)
    assert result.probability.tobytes() == result.own_part.tobytes()
    known = ~np.isnan(still.own_rate)
    away = np.abs(result.probability + np.expm1(-still.own_rate))[known]
    assert (away < 4.5 * result.standard_error[known]).all()


def test_a_thousand_empty_members_change_nothing_to_the_last_digit() -> None:
    crowd = "".join(f"|x{k},enterprise,{k % 90 + 10},," for k in range(1000))
    whole, crowded = (
        simulated(made(picture(nodes=NODES + more, trade=TRADE))) for more in ("", crowd)
    )
    place = [crowded.party_id.tolist().index(raw) for raw in whole.party_id.tolist()]
    for name in ("probability", "standard_error", "own_part", "falls"):
        assert getattr(crowded, name)[place].tobytes() == getattr(whole, name).tobytes()


def test_a_thousand_empty_partners_that_trade_with_a_member_never_improve_anybody() -> None:
    crowd = "".join(f"|x{k},enterprise,36,," for k in range(1000))
    trades = "".join(f"|x{k},a,90|a,x{k},90" for k in range(1000))
    alone = made(picture(nodes=NODES, trade=TRADE))
    among = made(picture(nodes=NODES + crowd, trade=TRADE + trades))
    listed = {pair: r for pair, r in rows(among).items() if not any(e[0] == "x" for e in pair)}
    assert listed == rows(alone)
    one, other = simulated(alone), simulated(among)
    place = [other.party_id.tolist().index(raw) for raw in one.party_id.tolist()]
    assert (other.falls[place] >= one.falls).all()


def test_the_order_of_rows_and_the_currency_change_nothing() -> None:
    header, *lines = NODES.split("|")
    shuffled = "|".join([header, *reversed(lines)])
    one = simulated(made(picture(nodes=NODES, trade=TRADE)))
    other = simulated(made(picture(nodes=shuffled, trade=TRADE)))
    assert one.probability.tobytes() == other.probability.tobytes()
    more = NODES
    for amount in ("100", "300", "50", "70"):
        more = more.replace(f",{amount},", f",{amount}0,")
    ten = made(picture(nodes=more, trade=TRADE))
    assert rows(ten) == pytest.approx(rows(made(picture(nodes=NODES, trade=TRADE))))


def test_the_industry_is_shown_by_name_and_is_no_party() -> None:
    network = picture(nodes=NODES, trade=TRADE)
    run = made(network)
    result = simulated(run)
    root = explain(network, result, run.links, 0)
    layer = root.child("industry")
    assert layer is not None
    (part,) = layer.children
    assert (part.key, part.label_zh, part.party) == ("industry:36", "汽车制造业", None)
    assert part.value > 0
    assert part.amount_fen is None
    for inner in root.walk():
        assert abs(inner.remainder()) < 1e-9
