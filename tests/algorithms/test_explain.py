"""An explanation adds up and leads to the statements."""

import time

import numpy as np
import pytest

from algorithms.chain_risk import chain_risk
from algorithms.explain import explain, level_of, ratio_with_without
from algorithms.layers import derive_links
from algorithms.scorecard import scorecard
from graph_model.explanation import Part
from tests.algorithms.pictures import pack_parameters, picture

PARAMETERS = pack_parameters()
NETWORK = picture(
    nodes=(
        "id,name,kind,size,reg_state,established_on,revenue,material_cost,equity,liquidity,"
        "total_assets,overdue_days,own_rate,statements"
        "|a,甲,enterprise,small,active,2010-01-01,10000,7500,1000,2000,5000,0,,p:s:a ; f:s:a"
        "|b,乙,enterprise,small,active,2010-01-01,10000,7500,1000,2000,5000,90,,"
        "|c,,enterprise,,,,,,,,,,0.3,"
        "|d,丁,enterprise,,,,,,,,,,,"
    ),
    payable="row,column,amount,statements|b,a,500,i:s:1|c,a,2000,i:s:2|b,d,5,i:s:3",
    trade="row,column,amount,statements|a,b,3000,t:s:1",
)
OWN = scorecard(NETWORK, PARAMETERS)
LINKS = derive_links(NETWORK, PARAMETERS)
RUN = chain_risk(NETWORK.party_id, OWN.own_rate, LINKS, scenarios=2000, seed=1)


def adds_up(part: Part) -> None:
    for inner in part.walk():
        assert abs(inner.remainder()) < 1e-9


def test_parts_add_up_and_lead_to_statements() -> None:
    root = explain(NETWORK, RUN, LINKS, 0, OWN)
    adds_up(root)
    assert root.value == RUN.probability[0]
    own, claims, sales = (root.child(key) for key in ("own", "receivable", "sales"))
    assert own is not None
    assert claims is not None
    assert sales is not None
    assert own.value == RUN.own_part[0]
    assert own.statements == ("p:s:a", "f:s:a")
    assert own.children[0].key == "points"
    assert {part.key for part in own.children[1:]} == {line.factor for line in OWN.lines_of(0)}
    assert [part.key for part in claims.children[:2]] == ["c", "b"]  # the larger part first
    first, second = claims.children[:2]
    assert (first.label_zh, second.label_zh) == ("c", "乙")
    assert (first.amount_fen, second.amount_fen) == (120_000, 30_000)  # 0.6 of 2,000 and of 500
    assert claims.amount_fen == 150_000
    assert (second.party, second.layer, second.statements) == ("b", "receivable", ("i:s:1",))
    assert sales.label_zh == "销售"


def test_a_party_without_a_figure_has_no_layers() -> None:
    root = explain(NETWORK, RUN, LINKS, 3, OWN)
    assert np.isnan(root.value)
    assert [part.key for part in root.children] == ["own"]


def test_stated_own_rates_have_no_scorecard() -> None:
    root = explain(NETWORK, RUN, LINKS, 2, OWN)
    adds_up(root)
    assert root.child("own") is not None
    assert root.children[0].children == ()


def test_levels_begin_at_their_lower_bound() -> None:
    levels = PARAMETERS.levels
    found = [level_of(p, levels) for p in (0.0199, 0.02, 0.05, 0.1, 0.2, 0.9, float("nan"))]
    assert found == [None, "Ⅳ", "Ⅲ", "Ⅱ", "Ⅰ", "Ⅰ", "insufficient"]


def test_the_ratio_compares_with_own_risk_alone() -> None:
    ratio = ratio_with_without(RUN)
    alone = 1 - np.exp(-OWN.own_rate[0])
    assert ratio[0] == pytest.approx(RUN.probability[0] / alone)
    assert ratio[0] > 1.5
    assert np.isnan(ratio[3])


def test_an_explanation_of_a_large_hub_is_quick() -> None:
    partners = 3000
    nodes = "id,revenue,equity,liquidity,own_rate|" + "|".join(
        f"n{k:05d},1000,500,500,0.02" for k in range(partners + 1)
    )
    rows = "|".join(f"n{k:05d},n00000,10" for k in range(1, partners + 1))
    network = picture(nodes=nodes, payable=f"row,column,amount|{rows}")
    links = derive_links(network, PARAMETERS)
    run = chain_risk(network.party_id, network.columns["own_rate"], links, scenarios=64)  # type: ignore[arg-type]
    start = time.perf_counter()
    root = explain(network, run, links, 0)
    assert time.perf_counter() - start < 0.5
    adds_up(root)
    assert len(root.children[1].children) >= partners
