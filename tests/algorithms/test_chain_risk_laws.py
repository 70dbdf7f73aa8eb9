"""Laws of chain risk that hold for any network."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.chain_risk import ChainRisk, chain_risk
from algorithms.chain_risk_setting import key_of, setting_of
from algorithms.kernels.contagion import new_desk, run_batch
from tests.algorithms.networks import Case, cases, links_of, rates

SCENARIOS = 192
NONE = links_of([])


def run_of(case: Case, threads: int = 1, scenarios: int = SCENARIOS) -> ChainRisk:
    return chain_risk(
        case.party_id,
        case.own_rate,
        case.links,
        scenarios=scenarios,
        seed=case.seed,
        threads=threads,
    )


def lost_by_scenario(case: Case, count: int = 40) -> np.ndarray:
    """Ticks of the horizon that each party misses, shape (scenarios, n), in the case's order."""
    setting = setting_of(
        case.party_id, case.own_rate, case.links, 1.0, np.zeros(len(case.names), np.bool_)
    )
    seed_key = np.uint64(key_of(case.seed.to_bytes(8, "little")))
    lost = np.empty((count, len(case.names)), np.int64)
    for scenario in range(count):
        desk = new_desk(len(case.names), len(setting.wiring.out_pair))
        run_batch(setting.wiring, desk, seed_key, scenario, count, count)
        lost[scenario, setting.parties] = desk.lost
    return lost


def equal(one: ChainRisk, other: ChainRisk, parties: list[int], links: list[int]) -> None:
    """Party k of `one` is `parties[k]` of `other`, to the last digit; links likewise."""
    for name in ("probability", "standard_error", "own_part", "falls"):
        assert getattr(one, name).tobytes() == getattr(other, name)[parties].tobytes(), name
    assert one.link_part.tobytes() == other.link_part[links].tobytes()


@settings(max_examples=60)
@given(cases(), st.data())
def test_more_risk_never_makes_anybody_fall_later(case: Case, data: st.DataObject) -> None:
    before = lost_by_scenario(case)
    size = len(case.names)
    taken = {row[:3] for row in case.rows}
    free = [
        (i, j, layer)
        for i in range(size)
        for j in range(size)
        for layer in range(3)
        if i != j and (i, j, layer) not in taken
    ]
    possible = ["own rate", *(["new link"] if free else [])]
    what = data.draw(st.sampled_from(possible + (["rate of a link"] if case.rows else [])))
    if what == "own rate":
        i = data.draw(st.integers(0, size - 1))
        own = list(case.own)
        own[i] += data.draw(rates)
        worse = replace(case, own=own)
    elif what == "rate of a link":
        k = data.draw(st.integers(0, len(case.rows) - 1))
        hit, fallen, layer, rate = case.rows[k]
        rows = list(case.rows)
        rows[k] = (hit, fallen, layer, rate + data.draw(rates))
        worse = replace(case, rows=rows)
    else:
        worse = replace(case, rows=[*case.rows, (*data.draw(st.sampled_from(free)), 0.7)])
    assert (lost_by_scenario(worse) >= before).all()


@settings(max_examples=60)
@given(cases())
def test_parts_add_up(case: Case) -> None:
    run = run_of(case)
    total = run.own_part + np.bincount(case.links.hit, run.link_part, len(case.names))
    np.testing.assert_allclose(total, run.probability, rtol=0, atol=1e-12)
    assert (run.own_part >= 0).all()
    assert (run.link_part >= 0).all()


@settings(max_examples=30)
@given(cases())
def test_without_links_there_is_own_risk_only(case: Case) -> None:
    run = run_of(replace(case, rows=[]), scenarios=6400)
    assert run.probability.tobytes() == run.own_part.tobytes()
    expected = -np.expm1(-case.own_rate)
    # Var(rate * min(T, 1)) <= rate**3 / 3; a single fall moves the mean by at most rate / 6400.
    error = 6 * np.sqrt(case.own_rate**3 / 3 / 6400) + 5 * case.own_rate / 6400
    assert (np.abs(run.probability - expected) <= error).all()


@settings(max_examples=60)
@given(cases(), st.data())
def test_order_of_rows_changes_nothing(case: Case, data: st.DataObject) -> None:
    parties = data.draw(st.permutations(range(len(case.names))))
    links = data.draw(st.permutations(range(len(case.rows))))
    new = {old: k for k, old in enumerate(parties)}
    shuffled = Case(
        [case.names[k] for k in parties],
        [case.own[k] for k in parties],
        [(new[case.rows[k][0]], new[case.rows[k][1]], *case.rows[k][2:]) for k in links],
        case.seed,
    )
    equal(run_of(shuffled), run_of(case), parties, links)


@settings(max_examples=60)
@given(cases(), st.integers(0, 5))
def test_a_party_gone_equals_the_network_without_it(case: Case, chosen: int) -> None:
    gone = chosen % len(case.names)
    kept = [k for k in range(len(case.names)) if k != gone]
    new = {old: k for k, old in enumerate(kept)}
    links = [k for k, row in enumerate(case.rows) if gone not in row[:2]]
    without = Case(
        [case.names[k] for k in kept],
        [case.own[k] for k in kept],
        [(new[case.rows[k][0]], new[case.rows[k][1]], *case.rows[k][2:]) for k in links],
        case.seed,
    )
    own = [0.0 if k == gone else rate for k, rate in enumerate(case.own)]
    rows = [(h, f, la, 0.0 if gone in (h, f) else r) for h, f, la, r in case.rows]
    equal(run_of(without), run_of(replace(case, own=own, rows=rows)), kept, links)


@settings(max_examples=30)
@given(cases(), st.integers(0, 2))
def test_a_layer_switched_off_has_part_zero(case: Case, layer: int) -> None:
    rows = [(h, f, la, 0.0 if la == layer else rate) for h, f, la, rate in case.rows]
    off = run_of(replace(case, rows=rows))
    assert (off.link_part[case.links.layer == layer] == 0).all()
    left = [k for k, row in enumerate(case.rows) if row[2] != layer]
    absent = run_of(replace(case, rows=[case.rows[k] for k in left]))
    equal(absent, off, list(range(len(case.names))), left)


@settings(max_examples=5)
@given(cases(), st.integers(0, 5))
def test_a_thousand_empty_partners_change_nothing(case: Case, chosen: int) -> None:
    size, i = len(case.names), chosen % len(case.names)
    crowd = range(size, size + 1000)
    crowded = Case(
        [*case.names, *(b"empty-%d" % k for k in crowd)],
        [*case.own, *[0.0] * 1000],
        [*case.rows, *((i, k, 1, 2.0) for k in crowd)],
        case.seed,
    )
    run = run_of(crowded)
    assert (run.probability[size:] == 0).all()
    assert (run.link_part[len(case.rows) :] == 0).all()
    one, other = run_of(case), run
    for name in ("probability", "standard_error", "own_part", "falls"):
        assert getattr(one, name).tobytes() == getattr(other, name)[:size].tobytes()


@settings(max_examples=20)
@given(cases(), st.sampled_from([2, 3, 64]))
def test_any_number_of_threads_gives_the_same_bytes(case: Case, threads: int) -> None:
    every = list(range(len(case.names)))
    equal(run_of(case, threads), run_of(case), every, list(range(len(case.rows))))


@settings(max_examples=10)
@given(cases())
def test_another_seed_agrees_within_the_error_bars(case: Case) -> None:
    one = run_of(case, scenarios=12_800)
    other = run_of(replace(case, seed=case.seed ^ 1), scenarios=12_800)
    error = np.hypot(one.standard_error, other.standard_error)
    assert (np.abs(one.probability - other.probability) <= 6 * error + 1e-4).all()
