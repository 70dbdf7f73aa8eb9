"""What the fall of each party puts on all others: sums over the parts of a run."""

import numpy as np
import pytest
from hypothesis import given, settings

from algorithms.chain_risk import chain_risk
from algorithms.system_origins import system_origins
from tests.algorithms.networks import Case, cases, links_of


def test_parts_are_summed_by_who_falls() -> None:
    ids = np.array([b"a", b"b", b"c"])
    links = links_of([(1, 0, 0, 2.0), (2, 0, 0, 1.0), (2, 1, 1, 1.0)])
    run = chain_risk(ids, np.array([0.3, 0.01, 0.01]), links, scenarios=640, seed=1)
    found = system_origins(run, links, 3)
    assert found.put_on_others[0] == pytest.approx(run.link_part[:2].sum(), abs=1e-15)
    assert found.hit.tolist() == [2, 1, 0]
    assert found.top(20) == [0, 1]
    assert found.share.sum() == pytest.approx(1)


@settings(max_examples=40)
@given(cases())
def test_what_all_put_on_others_is_what_all_figures_hold_beside_own_risk(case: Case) -> None:
    run = chain_risk(case.party_id, case.own_rate, case.links, scenarios=64, seed=case.seed)
    found = system_origins(run, case.links, len(case.names))
    others = float((run.probability - run.own_part).sum())
    assert found.put_on_others.sum() == pytest.approx(others, abs=1e-9)
