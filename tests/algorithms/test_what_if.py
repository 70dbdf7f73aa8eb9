"""What if: equal to two full runs to the last digit, whatever the change."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.chain_risk import BATCHES, chain_risk
from algorithms.recorded_falls import RecordedRun, record_falls
from algorithms.what_if import WhatIf, World, fall_if_gone, what_if, without
from graph_model.errors import BadInput
from tests.algorithms.networks import Case, cases, links_of, rates

PUBLISHED = Path(__file__).parents[1] / "published" / "chain_risk"
SCENARIOS = 192


def world_of(case: Case, first: frozenset[int] = frozenset(), unknown: float = 0.0) -> World:
    before = np.array([i in first for i in range(len(case.names))])
    return World(case.party_id, case.own_rate, case.links, before, unknown)


def recorded(world: World, seed: int, scenarios: int = SCENARIOS) -> RecordedRun:
    return record_falls(
        world.party_id,
        world.own_rate,
        world.links,
        scenarios=scenarios,
        seed=seed,
        already_fallen=world.already_fallen,
        unknown_rate=world.unknown_rate,
    )


def equals_two_full_runs(found: WhatIf, old: World, new: World, seed: int) -> None:
    for world, figures, falls in (
        (old, found.before, found.fell_before),
        (new, found.after, found.fell_after),
    ):
        run = chain_risk(
            world.party_id,
            world.own_rate,
            world.links,
            scenarios=found.scenarios,
            seed=seed,
            threads=1,
            already_fallen=world.already_fallen,
            unknown_rate=world.unknown_rate,
        )
        place = np.searchsorted(found.party_id, world.party_id)
        assert figures[place].tobytes() == run.probability.tobytes()
        assert falls[place].tolist() == run.falls.tolist()
        others = np.setdiff1d(np.arange(len(found.party_id)), place)
        assert np.isnan(figures[others]).all()
        assert (falls[others] == 0).all()


@st.composite
def changed(draw: st.DrawFn, case: Case) -> Case:
    """The case with a few changes of any kind."""
    size = len(case.names)
    names, own, rows = list(case.names), list(case.own), list(case.rows)
    for what in draw(
        st.lists(st.sampled_from(["own", "rate", "drop", "add", "party"]), max_size=3)
    ):
        if what == "own":
            own[draw(st.integers(0, len(own) - 1))] = draw(st.one_of(rates, st.just(np.nan)))
        elif what == "rate" and rows:
            k = draw(st.integers(0, len(rows) - 1))
            rows[k] = (*rows[k][:3], draw(rates))
        elif what == "drop" and rows:
            del rows[draw(st.integers(0, len(rows) - 1))]
        elif what == "add":
            hit, fallen = draw(st.permutations(range(len(names))))[:2]
            layer, rate = draw(st.integers(0, 2)), draw(rates)
            if (hit, fallen, layer) not in {row[:3] for row in rows}:
                rows.append((hit, fallen, layer, rate))
        elif what == "party" and len(names) == size:
            names.append(draw(st.sampled_from([b"\1", b"new-one", b"\xff\xff\xff\xff"])))
            own.append(draw(rates))
            if names[-1] in names[:-1]:
                del names[-1], own[-1]
    return Case(names, own, rows, case.seed)


@settings(max_examples=150)
@given(st.data())
def test_any_change_equals_two_full_runs_to_the_last_digit(data: st.DataObject) -> None:
    case = data.draw(cases())
    new_case = data.draw(changed(case))
    firsts = st.frozensets(st.integers(0, len(case.names) - 1), max_size=1)
    old = world_of(case, data.draw(firsts))
    new = world_of(new_case, data.draw(firsts), data.draw(st.sampled_from([0.0, 0.3])))
    run = recorded(old, case.seed)
    equals_two_full_runs(what_if(run, new), old, new, case.seed)


@settings(max_examples=60)
@given(cases(), st.integers(0, 5))
def test_a_party_gone_equals_the_run_without_it_to_the_last_digit(case: Case, who: int) -> None:
    gone = who % len(case.names)
    old = world_of(case)
    run = recorded(old, case.seed)
    new = without(run, gone)
    found = what_if(run, new)
    equals_two_full_runs(found, old, new, case.seed)
    # Only scenarios in which it fell can change, and nobody is worse off.
    fell = set(run.falls.of(int(run.sorted_place[gone]))[1].tolist())
    assert set(found.run_again.tolist()) <= fell
    left = np.flatnonzero(found.party_id != case.party_id[gone])
    assert (found.fell_after[left] <= found.fell_before[left]).all()


@settings(max_examples=60)
@given(cases(), st.data())
def test_only_scenarios_that_come_out_otherwise_are_run_again(
    case: Case, data: st.DataObject
) -> None:
    new_case = data.draw(changed(case).filter(lambda made: len(made.names) == len(case.names)))
    run = recorded(world_of(case), case.seed)
    other = recorded(world_of(new_case), case.seed)
    differ = [
        s
        for s in range(SCENARIOS)
        if [c[run.falls.start[s] : run.falls.start[s + 1]].tolist() for c in columns_of(run)]
        != [c[other.falls.start[s] : other.falls.start[s + 1]].tolist() for c in columns_of(other)]
    ]
    assert what_if(run, world_of(new_case)).run_again.tolist() == differ


def columns_of(run: RecordedRun) -> tuple[np.ndarray, np.ndarray]:
    return run.falls.node, run.falls.tick


@settings(max_examples=40)
@given(cases(), st.data())
def test_the_error_of_a_difference_is_that_of_its_64_batches(
    case: Case, data: st.DataObject
) -> None:
    new_case = data.draw(changed(case).filter(lambda made: not np.isnan(made.own).any()))
    run = recorded(world_of(case), case.seed)
    found = what_if(run, world_of(new_case))
    # A batch on its own: the figures of its scenarios only, by a run that keeps one batch's falls.
    one, two = (batch_means(c) for c in (case, new_case))
    for k, name in enumerate(found.party_id.tolist()):
        means = two[name] - one.get(name, np.zeros(BATCHES))
        error = means.std(ddof=1) / 8
        found_error = found.difference_error(np.array([k]))[0]
        assert found_error == pytest.approx(error, rel=1e-6, abs=1e-12)


def batch_means(case: Case) -> dict[bytes, np.ndarray]:
    """Mean compensator of each batch, by party."""
    from algorithms.chain_risk_setting import key_of, setting_of
    from algorithms.kernels.contagion import new_desk, run_batch

    none = np.zeros(len(case.names), np.bool_)
    setting = setting_of(case.party_id, case.own_rate, case.links, 1.0, none)
    seed_key = np.uint64(key_of(case.seed.to_bytes(8, "little")))
    made = []
    for batch in range(BATCHES):
        desk = new_desk(len(case.names), len(setting.wiring.out_pair))
        made.append(run_batch(setting.wiring, desk, seed_key, batch, BATCHES, SCENARIOS))
    means = np.array(made).T
    return {case.names[i]: means[k] for k, i in enumerate(setting.parties.tolist())}


@pytest.mark.parametrize("file", sorted(PUBLISHED.glob("*.json")), ids=lambda path: path.stem)
def test_fall_if_gone_equals_the_markov_chain(file: Path) -> None:
    case = json.loads(file.read_text("utf-8"))
    ids = [node["id"] for node in case["nodes"]]
    place = {party: k for k, party in enumerate(ids)}
    layers = {name: k for k, name in enumerate(dict.fromkeys(e["layer"] for e in case["edges"]))}
    rows = [
        (place[e["hit"]], place[e["fallen"]], layers[e["layer"]] % 3, e["intensity"])
        for e in case["edges"]
    ]
    own = [node["own_intensity"] for node in case["nodes"]]
    run = recorded(world_of(Case([i.encode() for i in ids], own, rows, 7)), 7, 60_000)
    for gone, exact in case["expected"]["probability_without"].items():
        for party, expected in exact.items():
            found = fall_if_gone(run, place[party], place[gone])
            away = abs(found.difference - (expected - case["expected"]["probability"][party]))
            assert away <= 4 * found.difference_error + 1e-6, (party, gone)
            assert found.run_again <= run.fell[int(run.sorted_place[place[gone]])]
            assert found.scenarios == found.asked == 60_000


def test_pairing_makes_the_difference_surer_than_its_ends() -> None:
    case = Case([b"a", b"b", b"c"], [0.1, 0.02, 0.3], [(0, 1, 0, 1.0), (0, 2, 0, 2.0)], 3)
    run = recorded(world_of(case), 3, 20_000)
    found = fall_if_gone(run, 0, 1)
    alone = chain_risk(case.party_id, case.own_rate, case.links, scenarios=20_000, seed=3)
    assert found.probability == alone.probability[0]
    assert 0 < found.difference_error < alone.standard_error[0] / 3
    assert found.difference < 0


def test_nothing_changed_runs_nothing_again() -> None:
    case = Case([b"b", b"a"], [0.1, 0.2], [(0, 1, 0, 1.0)], 3)
    found = what_if(recorded(world_of(case), 3), world_of(case))
    assert len(found.run_again) == 0
    assert found.before.tobytes() == found.after.tobytes()
    assert found.difference_error(np.array([0, 1])).tolist() == [0, 0]
    assert found.place(b"b") == 1
    assert found.place(b"c") is None


def test_what_is_wrong_in_the_new_world_is_named() -> None:
    case = Case([b"a", b"b"], [0.1, 0.2], [(0, 1, 0, 1.0)], 3)
    run = recorded(world_of(case), 3)
    with pytest.raises(BadInput, match="own partner"):
        fall_if_gone(run, 1, 1)
    with pytest.raises(BadInput, match=r"own rate -0\.1"):
        what_if(run, world_of(replace(case, own=[-0.1, 0.1])))
    with pytest.raises(BadInput, match="rate -1"):
        what_if(run, world_of(replace(case, rows=[(0, 1, 0, -1.0)])))
    assert links_of([]).rate.shape == (0,)
