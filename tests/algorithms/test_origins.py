"""Where falls come from: worked by hand, against a plain reference, and against integrals."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.chain_risk import chain_risk
from algorithms.origins import Origins, origins
from algorithms.recorded_falls import (
    BYTES_A_FALL,
    Falls,
    RecordedRun,
    record_falls,
)
from graph_model.errors import BadInput
from tests.algorithms.networks import Case, cases, links_of
from tests.algorithms.reference_chain_risk import TICKS, UNIT, falls_of

PUBLISHED = Path(__file__).parents[1] / "published" / "chain_risk"


def recorded(case: Case, scenarios: int, before: np.ndarray | None = None) -> RecordedRun:
    return record_falls(
        case.party_id,
        case.own_rate,
        case.links,
        scenarios=scenarios,
        seed=case.seed,
        already_fallen=before,
    )


CHAIN = Case([b"a", b"b", b"c"], [0.5, 0.4, 0.1], [(0, 1, 0, 1.0), (1, 2, 1, 1.2)], 1)
"""a is hit by b, b by c."""


def by_hand(*scenarios: list[tuple[int, float]]) -> Origins:
    """Origins of a when the chain falls as said: (node, share of the horizon)."""
    run = recorded(CHAIN, 64)
    flat = [fall for scenario in scenarios for fall in scenario]
    falls = Falls(
        np.cumsum([0, *map(len, scenarios)]),
        np.array([node for node, _ in flat], np.int32),
        np.array([round(at * TICKS) for _, at in flat], np.int32),
    )
    return origins(RecordedRun(**(vars(run) | {"falls": falls})), 0)


def test_a_fall_is_shared_out_down_the_chain() -> None:
    # c falls at 1/4, b at 1/2, a at 1.
    # a: own 0.5 * 1 = 0.5, from b 1.0 * (1 - 1/2) = 0.5        -> own 1/2, b 1/2
    # b: own 0.4 * 1/2 = 0.2, from c 1.2 * (1/2 - 1/4) = 0.3    -> of its 1/2: own 0.2, c 0.3
    found = by_hand([(2, 0.25), (1, 0.5), (0, 1.0)])
    np.testing.assert_allclose(found.origin, [0.5, 0.2, 0.3], atol=1e-7)  # rates have 25 bits
    assert [(path.parties, round(path.falls, 6)) for path in found.paths] == [
        ((0,), 0.5),
        ((2, 1, 0), 0.3),
        ((1, 0), 0.2),
    ]
    steps = found.paths[1].steps
    assert [(step.fallen, step.hit, step.links) for step in steps] == [(2, 1, (1,)), (1, 0, (0,))]
    assert (found.more_paths, found.more_falls, found.unfollowed) == (0, 0, 0)


def test_who_falls_later_has_no_part_and_scenarios_add_up() -> None:
    # Scenario 2: a falls of its own before b; scenario 3: a does not fall at all.
    found = by_hand([(2, 0.25), (1, 0.5), (0, 1.0)], [(0, 0.5), (1, 0.75)], [(2, 0.25), (1, 0.5)])
    assert found.falls == 2
    np.testing.assert_allclose(found.origin, [1.5, 0.2, 0.3], atol=1e-7)


def plain_origins(case: Case, scenarios: int, first: set[int], target: int) -> list[float]:
    """The same in plain Python, from the plain simulation."""
    pairs: dict[tuple[int, int], int] = {}
    for hit, fallen, layer, rate in sorted(case.rows):
        del layer
        pairs[hit, fallen] = pairs.get((hit, fallen), 0) + round(rate * UNIT)
    own = [0 if i in first else round(rate * UNIT) for i, rate in enumerate(case.own)]
    total = [0.0] * len(case.names)

    def back(i: int, mass: float, fallen: dict[int, int]) -> None:
        now = fallen[i]
        causes = {
            j: pairs[i, j] * (now - tick)
            for j, tick in fallen.items()
            if (i, j) in pairs and tick < now
        }
        whole = own[i] * now + sum(causes.values())
        if i in first:
            total[i] += mass
            return
        total[i] += mass * own[i] * now / whole
        for j, more in causes.items():
            if more:
                back(j, mass * more / whole, fallen)

    for scenario in range(scenarios):
        units = {two: rate for two, rate in pairs.items() if two[0] not in first}
        fallen = falls_of(case.names, own, units, first, scenario, case.seed)
        if target in fallen and target not in first:
            back(target, 1.0, fallen)
    return total


@settings(max_examples=40)
@given(cases(5), st.data())
def test_origins_and_paths_agree_with_the_plain_reference(case: Case, data: st.DataObject) -> None:
    size = len(case.names)
    # One link a pair: the kernel rounds their sum, the reference each of them.
    once = {row[:2]: row for row in case.rows}
    case = Case(case.names, case.own, list(once.values()), case.seed)
    first = data.draw(st.sets(st.integers(0, size - 1), max_size=1))
    target = data.draw(st.integers(0, size - 1))
    before = np.array([i in first for i in range(size)])
    run = recorded(case, 80, before)
    found = origins(run, target)
    expected = plain_origins(case, 80, first, target)
    np.testing.assert_allclose(found.origin, expected, atol=1e-4)
    assert abs(found.origin.sum() - found.falls) < 1e-9
    listed = sum(path.falls for path in found.paths)
    assert abs(listed + found.more_falls + found.unfollowed - found.falls) < 1e-9
    for path in found.paths:
        assert path.parties[-1] == target
        assert all(step.links for step in path.steps)
        assert [(s.fallen, s.hit) for s in path.steps] == list(pairwise(path.parties))
    by_path = np.zeros(size)
    for path in origins(run, target, most=100_000).paths:
        by_path[path.parties[0]] += path.falls
    assert (by_path <= found.origin + 1e-9).all()


@settings(max_examples=40)
@given(cases())
def test_recorded_falls_are_those_of_the_run(case: Case) -> None:
    run = recorded(case, 192)
    whole = chain_risk(
        case.party_id, case.own_rate, case.links, scenarios=192, seed=case.seed, threads=1
    )
    order = run.setting.parties
    assert run.probability.tobytes() == whole.probability[order].tobytes()
    assert run.fell.tolist() == whole.falls[order].tolist()
    counted = np.bincount(run.falls.node, minlength=len(order))
    assert counted.tolist() == run.fell.tolist()


def test_past_the_budget_the_first_scenarios_stand_and_say_so() -> None:
    whole = recorded(CHAIN, 6400)
    budget = 1000 * BYTES_A_FALL
    run = record_falls(
        CHAIN.party_id, CHAIN.own_rate, CHAIN.links, scenarios=6400, seed=1, budget=budget
    )
    assert 64 < run.scenarios < 6400
    assert len(run.falls.node) <= 1000 < whole.falls.start[run.scenarios + 1]
    assert run.falls.node.tolist() == whole.falls.node[: len(run.falls.node)].tolist()
    fewer = recorded(CHAIN, run.scenarios)
    for name in ("lost", "fell", "met"):
        assert getattr(run, name).tolist() == getattr(fewer, name).tolist()
    found = origins(run, 0)
    assert (found.scenarios, found.asked) == (run.scenarios, 6400)
    assert found.falls == fewer.fell[0]
    with pytest.raises(BadInput, match="budget 0"):
        record_falls(CHAIN.party_id, CHAIN.own_rate, CHAIN.links, scenarios=64, budget=0)
    with pytest.raises(BadInput, match="place 3"):
        origins(run, 3)


def chain_integral(owns: list[float], rate: float, steps: int = 1500) -> np.ndarray:
    """Falls of the first of a chain by origin, first to last, integrated over falling times.

    density[m, k] is the density of the present party's fall at time t_k with origin m; the next
    one, hit at s, has the intensity own + rate * 1(t > s) and keeps own * t / L(t).
    """
    time = (np.arange(steps) + 0.5) / steps
    density = (owns[-1] * np.exp(-owns[-1] * time))[None, :]  # the last, of its own cause
    for own in owns[-2::-1]:
        total = density.sum(axis=0)
        never = 1 - total.sum() / steps
        t, s = time[:, None], time[None, :]
        after = np.maximum(t - s, 0.0)
        sum_ = own * t + rate * after
        here = (own + rate * (after > 0)) * np.exp(-sum_)  # density at t, hit at s
        alone = own * np.exp(-own * time) * never
        kept = alone + (here * own * t / sum_) @ total / steps
        passed = density @ (here * rate * after / sum_).T / steps
        density = np.vstack((kept, passed))
    return density.sum(axis=1) / steps


@pytest.mark.parametrize("name", ["chain_of_five", "one_supplier"])
def test_origins_equal_the_integral_over_falling_times(name: str) -> None:
    case = json.loads((PUBLISHED / f"{name}.json").read_text("utf-8"))
    own = {node["id"]: node["own_intensity"] for node in case["nodes"]}
    hit_by = {edge["hit"]: (edge["fallen"], edge["intensity"]) for edge in case["edges"]}
    head = min(set(hit_by) - {fallen for fallen, _ in hit_by.values()})
    chain, rates = [head], []
    while chain[-1] in hit_by:
        fallen, rate = hit_by[chain[-1]]
        chain.append(fallen)
        rates.append(rate)
    assert len(set(rates)) == 1
    expected = chain_integral([own[party] for party in chain], rates[0])
    ids = sorted(own)
    rows = [(ids.index(e["hit"]), ids.index(e["fallen"]), 0, e["intensity"]) for e in case["edges"]]
    made = []
    for seed in range(8):
        run = recorded(Case([i.encode() for i in ids], [own[i] for i in ids], rows, seed), 50_000)
        found = origins(run, ids.index(head))
        made.append([found.origin[ids.index(party)] / 50_000 for party in chain])
    error = np.std(made, axis=0, ddof=1) / 8**0.5
    assert (np.abs(np.mean(made, axis=0) - expected) <= 4 * error + 2e-6).all()
    assert abs(expected.sum() - case["expected"]["probability"][head]) < 1e-4


def test_layers_of_one_step_stand_together_strongest_first() -> None:
    links = links_of([(0, 1, 0, 1.0), (0, 1, 2, 3.0), (0, 1, 1, 0.0)])
    run = record_falls(np.array([b"a", b"b"]), np.array([0.0, 2.0]), links, scenarios=200)
    (path,) = origins(run, 0).paths
    assert path.parties == (1, 0)
    assert path.steps[0].links == (1, 0)
