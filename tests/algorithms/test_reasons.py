"""Reasons: what lost most points, what carries most of the figure, and nothing that is hidden."""

from dataclasses import replace

import numpy as np
from rights_world import BANK, consent, rights

from algorithms.chain_risk import chain_risk
from algorithms.explain import explain
from algorithms.layers import derive_links
from algorithms.reasons import WORTH_NAMING, own_reasons, reasons
from algorithms.scorecard import scorecard
from policy.visibility import redact
from tests.algorithms.pictures import pack_parameters, picture

PARAMETERS = pack_parameters()
NETWORK = picture(
    nodes=(
        "id,name,size,reg_state,established_on,revenue,material_cost,equity,liquidity,"
        "total_assets,overdue_days,own_rate"
        "|a,甲,small,active,2010-01-01,10000,7500,1000,2000,5000,90,"
        "|b,乙,small,active,2010-01-01,10000,7500,1000,2000,5000,0,0.4"
        "|c,丙,small,active,2010-01-01,10000,7500,1000,2000,5000,0,0.001"
    ),
    payable="row,column,amount|b,a,900|c,a,100",
)
OWN = scorecard(NETWORK, PARAMETERS)
LINKS = derive_links(NETWORK, PARAMETERS)
RUN = chain_risk(NETWORK.party_id, OWN.own_rate, LINKS, scenarios=2000, seed=1)
ROOT = explain(NETWORK, RUN, LINKS, 0, OWN)


def test_own_reasons_are_the_lines_that_lost_most_points() -> None:
    found = own_reasons(OWN, 0)
    lost = {}
    for line in OWN.lines_of(0):
        best = max(o.points for o in OWN.lines if (o.table, o.factor) == (line.table, line.factor))
        lost[f"own.{line.factor}"] = best - line.points
    assert 0 < len(found) <= 3
    assert found[0].points == max(lost.values())
    assert "own.overdue_days" in [reason.code for reason in found]
    for reason in found:
        assert reason.points == lost[reason.code]
        assert reason.zh
        assert reason.en
        assert reason.zh != reason.en
    assert own_reasons(OWN, 1) == ()  # its own rate is stated


def test_the_partner_that_carries_most_is_named_and_small_ones_are_not() -> None:
    found = {reason.code: reason for reason in reasons(ROOT, own_reasons(OWN, 0))}
    layer, partner = found["layer.receivable"], found["partner.receivable"]
    claims = ROOT.child("receivable")
    assert claims is not None
    assert layer.share == claims.value / ROOT.value > WORTH_NAMING
    assert (partner.party, partner.points) == ("b", None)
    assert "乙" in partner.zh
    assert f"{partner.share:.0%}" in partner.en
    assert not any(reason.party == "c" for reason in found.values())


def test_own_reasons_stand_first_where_own_risk_is_the_larger_half() -> None:
    own = own_reasons(OWN, 0)
    alone = ROOT.child("own")
    assert alone is not None
    first = reasons(ROOT, own)[0].code.startswith("own.")
    assert first == (alone.value >= ROOT.value / 2)


def test_what_is_hidden_is_no_reason_but_its_share_is_told() -> None:
    hidden = redact(ROOT, "a", BANK, rights(consent("a", scopes="chain_risk；trade"), consent("c")))
    found = reasons(hidden, own_reasons(OWN, 0))
    codes = [reason.code for reason in found]
    assert "undisclosed" in codes
    assert not any(code.startswith("own.") for code in codes)  # its lines are not shown
    assert all("乙" not in reason.zh and reason.party != "b" for reason in found)


def test_without_a_figure_there_is_no_reason() -> None:
    assert reasons(replace(ROOT, value=float("nan")), own_reasons(OWN, 0)) == ()
    assert np.isfinite(ROOT.value)
