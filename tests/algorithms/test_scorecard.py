"""Own intensity comes from own facts only, and worse facts never lower it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.parameters import BETTER, ScorecardLine, check_scorecard
from algorithms.scorecard import fact, scorecard
from graph_model.errors import BadInput
from tests.algorithms.pictures import pack_parameters, picture

PARAMETERS = pack_parameters()
HEADER = (
    "id,kind,sector,size,reg_state,established_on,revenue,revenue_previous,material_cost,equity,"
    "total_assets,current_assets,current_liabilities,net_profit,overdue_days,records_minor,"
    "records_general,records_serious,capital,own_rate"
)
SOUND = "enterprise,3612,small,active,2010-06-30,1000,900,800,400,1000,500,400,20,0,0,0,0,,"


def rates(*rows: str) -> list[float]:
    nodes = "|".join([HEADER, *(f"p{k:02d},{row}" for k, row in enumerate(rows))])
    return scorecard(picture(nodes=nodes), PARAMETERS).own_rate.tolist()


def test_points_become_a_rate() -> None:
    nodes = f"{HEADER}|a,{SOUND}"
    found = scorecard(picture(nodes=nodes), PARAMETERS)
    # equity 0.4: 8; working capital 0.1: 2; margin 0.2: 2; profit 0.02: 2; trend +: 4; 16 years: 6;
    # small 0; active 0; no records 0 0 0; nothing past due 4: in all 28
    assert found.points.tolist() == [28.0]
    # odds 0.02 / 0.98 * 2 ** (-28 / 20) = 0.0077331, PD 0.0076738, rate 0.0077034
    assert found.own_rate[0] == pytest.approx(0.0077034, rel=1e-4)
    assert found.known_facts.tolist() == [6]  # financial and payment facts
    assert [line.factor for line in found.lines_of(0)][:2] == ["equity_ratio", "liquidity_ratio"]


def test_too_few_facts_are_insufficient_and_unknown_is_not_zero() -> None:
    bare = "enterprise,3612,small,active,2010-06-30" + "," * 14
    with_records = "enterprise,3612,small,active,2010-06-30,,,,,,,,,,0,0,0,,"
    with_payments = "enterprise,3612,small,active,2010-06-30,,,,,,,,,0,0,0,0,,"
    found = rates(bare, with_records, with_payments, SOUND)
    assert np.isnan(found[:2]).all()  # 3 and 6 known facts, 7 are needed
    assert found[2] > found[3]


def test_stated_rates_persons_industries_and_lenders_go_their_own_way() -> None:
    person = "sole_trader,6210" + "," * 17
    industry = "industry,36" + "," * 17
    stated = SOUND[:-1] + ",0.123"
    lender = "lender,6621,large,active,2000-01-01,,,,,100000,,,5,0,0,0,0,13000,"
    weak = lender.replace("13000", "3000")
    nodes = [person, industry, stated, lender, weak]
    found = rates(*nodes)
    assert found[0] == PARAMETERS.person_rate.of("6210")
    assert found[1] == PARAMETERS.industry_own_rate
    assert found[2] == 0.123
    assert found[3] < found[4]
    text = "|".join([HEADER, *(f"p{k:02d},{row}" for k, row in enumerate(nodes))])
    card = scorecard(picture(nodes=text), PARAMETERS)
    assert (card.line[:3] == -1).all()
    assert np.isnan(card.points[:3]).all()
    assert {line.table for line in card.lines_of(3)} == {"lender"}


ORDER = {
    "equity": ["600", "400", "200", "50", "-10"],
    "current_liabilities": ["100", "400", "600", "900"],
    "material_cost": ["500", "800", "950", "1200"],
    "net_profit": ["100", "20", "-50", "-300"],
    "revenue_previous": ["900", "1100", "1500", "9000"],
    "established_on": ["2010-06-30", "2020-01-01", "2023-01-01", "2026-01-01"],
    "size": ["large", "medium", "small", "micro"],
    "reg_state": ["active", "moved_out", "abnormal", "revoked"],
    "overdue_days": ["0", "5", "45", "90"],
    "records_minor": ["0", "1", "9"],
    "records_general": ["0", "1", "9"],
    "records_serious": ["0", "1", "9"],
}


@settings(max_examples=50)
@given(st.sampled_from(sorted(ORDER)), st.data())
def test_a_worse_fact_never_lowers_the_rate(worsened: str, data: st.DataObject) -> None:
    names = HEADER.split(",")[1:]
    cells = dict(zip(names, SOUND.split(","), strict=True))
    for name, values in ORDER.items():
        cells[name] = data.draw(st.sampled_from(values))
    rows = [",".join((cells | {worsened: value}).values()) for value in ORDER[worsened]]
    found = rates(*rows)
    assert found == sorted(found)
    assert found[-1] > found[0] or worsened == "records_minor" or found[0] == max(found)


def test_changing_any_neighbour_leaves_own_rates_identical() -> None:
    nodes = f"{HEADER}|a,{SOUND}|b,{SOUND}|c,{SOUND}"
    alone = picture(nodes=nodes)
    fallen = SOUND.replace("active", "revoked").replace("1000,900", "10,900")
    among = picture(
        nodes=f"{HEADER}|a,{SOUND}|b,{fallen}|d,{fallen}",
        trade="row,column,amount|a,b,1000|b,a,3",
        payable="row,column,amount|b,a,1000000|a,d,7",
        guarantee="row,column,amount,collateral|a,b,1000000,",
        loan="row,column,amount,collateral|b,a,100,",
        ownership="row,column,amount|a,d,5",
    )
    one, other = scorecard(alone, PARAMETERS), scorecard(among, PARAMETERS)
    assert one.own_rate[0].tobytes() == other.own_rate[0].tobytes()
    assert one.line[0].tolist() == other.line[0].tolist()


def test_facts_without_a_base_are_not_known() -> None:
    network = picture(nodes="id,equity,total_assets,revenue|a,5,0,|b,5,,7|c,5,10,0")
    assert np.isnan(fact(network, "equity_ratio")).tolist() == [True, True, False]
    assert np.isnan(fact(network, "profit_margin")).all()


def line(**changed: object) -> ScorecardLine:
    plain = ScorecardLine("enterprise", "equity_ratio", None, None, "", False, 0.0, "", "", "")
    return replace(plain, **changed)  # type: ignore[arg-type]


UNKNOWN = line(unknown=True)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line(low=0.5), line(high=0.4), UNKNOWN], "without gaps"),
        ([line(high=0.5), line(low=0.5), UNKNOWN], "higher is better"),
        ([line(low=0.5), line(high=0.5, points=1.0), UNKNOWN], "points never rise"),
        ([line(low=0.5), line(high=0.5)], "last line"),
        ([line(low=0.5, points=2.0), line(high=0.5, points=1.0), UNKNOWN], "between the worst"),
        ([line(factor="luck"), line(factor="luck", unknown=True)], "a factor is one of"),
        ([line(table="person"), line(table="person", unknown=True)], "a table is one of"),
        ([line(factor="size", code="large"), line(factor="size", unknown=True)], "code of its own"),
    ],
)
def test_a_table_that_is_not_monotone_is_refused(lines: list[ScorecardLine], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        check_scorecard(tuple(lines))


def test_the_pack_uses_known_factors_only() -> None:
    assert {entry.factor for entry in PARAMETERS.scorecard} <= set(BETTER)
