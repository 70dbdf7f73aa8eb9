"""Chain risk on networks small enough to check, and the arguments it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.chain_risk import BATCHES, chain_risk
from algorithms.chain_risk_setting import key_of, setting_of
from algorithms.kernels.contagion import new_desk, run_batch
from graph_model.errors import BadInput
from tests.algorithms.networks import Case, cases, links_of
from tests.algorithms.reference_chain_risk import TICKS, reference

NONE = links_of([])


@settings(max_examples=60)
@given(cases(), st.sampled_from([6, 12, 24]), st.data())
def test_the_kernel_reproduces_the_plain_reference_to_the_tick(
    case: Case, months: int, data: st.DataObject
) -> None:
    first = data.draw(st.sets(st.integers(0, len(case.names) - 1), max_size=1))
    # Equal order, so that the reference can round pair by pair as the kernel does.
    order = sorted(range(len(case.names)), key=lambda i: case.names[i])
    back = {i: k for k, i in enumerate(order)}
    names = [case.names[i] for i in order]
    own = [case.own[i] for i in order]
    links = links_of([(back[h], back[f], layer, rate) for h, f, layer, rate in case.rows])
    years = months / 12
    falls, alive, overlap = reference(
        names, own, links, scenarios=80, seed=case.seed, years=years, first=first
    )
    before = np.array([i in first for i in range(len(names))])
    rate = np.where(before, 0.0, np.array(own) * years)
    setting = setting_of(np.array(names), rate, links, years, before)
    wiring = setting.wiring
    desk = new_desk(len(names), len(wiring.out_pair))
    seed_key = np.uint64(key_of(case.seed.to_bytes(8, "little")))
    for batch in range(BATCHES):
        run_batch(wiring, desk, seed_key, batch, BATCHES, 80)
    assert desk.falls.tolist() == falls
    assert [80 * TICKS - lost for lost in desk.lost.tolist()] == [
        80 * TICKS if i in first else alive[i] for i in range(len(names))
    ]
    met = np.repeat(desk.lost, np.diff(wiring.out_start)) - desk.met
    for k, link in enumerate(setting.links.tolist()):
        if setting.pair[k] >= 0:
            assert met[setting.pair[k]] == overlap[link]
        elif setting.standing[k]:
            assert 80 * TICKS - desk.lost[setting.hit[k]] == overlap[link]

    run = chain_risk(
        np.array(names),
        np.array(own),
        links,
        horizon_months=months,
        scenarios=80,
        seed=case.seed,
        already_fallen=before,
    )
    assert run.falls.tolist() == falls
    for i in range(len(names)):
        if i not in first:
            expected = own[i] * years * alive[i] / (80 * TICKS)
            assert run.own_part[i] == pytest.approx(expected, abs=1e-14)
    for k in range(len(links)):
        if int(links.hit[k]) not in first:
            expected = float(links.rate[k]) * years * overlap[k] / (80 * TICKS)
            assert run.link_part[k] == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_one_party_alone_falls_with_its_own_rate() -> None:
    run = chain_risk(np.array([b"a"]), np.array([0.3]), NONE, scenarios=50_000, seed=1)
    # 1 - exp(-0.3) = 0.25918
    assert abs(run.probability[0] - 0.25918) < 4 * run.standard_error[0]
    assert run.standard_error[0] < 0.001
    assert abs(run.falls[0] / 50_000 - 0.25918) < 4 * (0.259 * 0.741 / 50_000) ** 0.5
    assert run.probability[0] == run.own_part[0]
    assert run.median_relative_error == run.largest_relative_error > 0


def test_unknown_own_rate_gives_no_figure_but_passes_falls_on() -> None:
    names = np.array([b"a", b"b", b"c"])
    own = np.array([0.5, np.nan, 0.0])
    links = links_of([(1, 0, 0, 5.0), (2, 1, 0, 5.0)])  # a -> b -> c
    run = chain_risk(names, own, links, scenarios=2000, seed=1)
    assert np.isnan(run.probability).tolist() == [False, True, False]
    assert np.isnan(run.own_part[1])
    assert np.isnan(run.standard_error[1])
    assert np.isnan(run.link_part).tolist() == [True, False]
    assert run.falls[1] > 0
    assert run.probability[2] > 0.1
    higher = chain_risk(names, own, links, scenarios=2000, seed=1, unknown_rate=0.5)
    assert np.isnan(higher.probability[1])
    assert higher.probability[2] > run.probability[2]


def test_a_party_already_fallen_hits_from_the_first_day() -> None:
    names = np.array([b"a", b"b"])
    links = links_of([(1, 0, 0, 0.5), (0, 1, 0, 0.5)])
    before = np.array([True, False])
    run = chain_risk(
        names, np.array([0.1, 0.2]), links, scenarios=50_000, seed=1, already_fallen=before
    )
    assert np.isnan(run.probability[0])
    assert run.falls[0] == 0
    assert np.isnan(run.link_part).tolist() == [False, True]
    # own 0.2 and 0.5 by the link: 1 - exp(-0.7) = 0.50341, of which 2/7 own
    assert abs(run.probability[1] - 0.50341) < 4 * run.standard_error[1]
    assert run.own_part[1] == pytest.approx(run.probability[1] * 2 / 7, rel=1e-12)


def test_progress_is_told_batch_by_batch_and_may_end_the_run() -> None:
    told: list[tuple[int, int]] = []
    names, own = np.array([b"a"]), np.array([0.3])
    chain_risk(names, own, NONE, scenarios=64, progress=lambda *told_: told.append(told_))
    assert told == [(k + 1, BATCHES) for k in range(BATCHES)]

    def stop(done: int, _: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        chain_risk(names, own, NONE, scenarios=64, progress=stop)


def fifty() -> dict[str, object]:
    """Arguments of a network of fifty parties in a ring."""
    names = np.array([b"%02d" % k for k in range(50)])
    own = np.linspace(0.001, 0.2, 50)
    return {
        "party_id": names,
        "own_rate": own,
        "links": links_of([(k, (k + 1) % 50, 0, 2.0) for k in range(50)]),
        "seed": 9,
    }


@pytest.mark.parametrize(("wanted", "threads"), [(0.05, 1), (0.01, 1), (0.01, 3)])
def test_a_run_stops_at_the_stated_error_and_equals_the_fixed_run(
    wanted: float, threads: int
) -> None:
    told: list[tuple[int, int]] = []
    run = chain_risk(
        **fifty(),  # type: ignore[arg-type]
        scenarios=200_000,
        relative_error=wanted,
        threads=threads,
        progress=lambda *told_: told.append(told_),
    )
    assert run.median_relative_error <= wanted
    assert run.scenarios % BATCHES == 0
    assert run.scenarios < 200_000
    assert told == [(k + 1, k // BATCHES * BATCHES + BATCHES) for k in range(len(told))]
    assert len(told) % BATCHES == 0
    fixed = chain_risk(**fifty(), scenarios=run.scenarios)  # type: ignore[arg-type]
    for name in ("probability", "standard_error", "own_part", "link_part", "falls"):
        assert getattr(run, name).tobytes() == getattr(fixed, name).tobytes(), name
    assert run.median_relative_error == fixed.median_relative_error


@pytest.mark.parametrize("most", [100, 1500])
def test_a_run_that_cannot_reach_the_error_ends_at_the_most_scenarios(most: int) -> None:
    run = chain_risk(**fifty(), scenarios=most, relative_error=1e-4)  # type: ignore[arg-type]
    fixed = chain_risk(**fifty(), scenarios=most)  # type: ignore[arg-type]
    assert run.scenarios == most
    assert run.median_relative_error > 1e-4
    for name in ("probability", "standard_error", "link_part", "falls"):
        assert getattr(run, name).tobytes() == getattr(fixed, name).tobytes(), name


def test_a_run_in_rounds_may_be_ended_too() -> None:
    def stop(done: int, _: int) -> None:
        if done == BATCHES + 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        chain_risk(**fifty(), scenarios=10_000, relative_error=1e-4, progress=stop)  # type: ignore[arg-type]


def test_an_empty_network_has_an_empty_answer() -> None:
    run = chain_risk(np.zeros(0, "S1"), np.zeros(0), NONE, scenarios=64)
    assert len(run.probability) == 0
    assert np.isnan(run.median_relative_error)


PAIR = (np.array([b"a", b"b"]), np.array([0.1, 0.1]), links_of([(0, 1, 0, 1.0)]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"horizon_months": 0}, "horizon_months 0: a horizon is positive"),
        ({"scenarios": 63}, "64 batches"),
        ({"seed": -1}, "seed -1"),
        ({"threads": 0}, "threads 0"),
        ({"unknown_rate": -1.0}, "unknown_rate"),
        ({"relative_error": 0.0}, "relative_error 0.0"),
        ({"party_id": np.array([b"a", b"a"])}, "each party stands once"),
        ({"own_rate": np.array([0.1, -0.1])}, "own rate -0.1 of b"),
        ({"own_rate": np.array([0.1, np.inf])}, "own rate inf of b"),
        ({"own_rate": np.array([0.1, 1e9])}, "at most 128 a horizon"),
        ({"own_rate": np.array([0.1])}, "one float for each"),
        ({"own_rate": np.array([1, 1])}, "one float for each"),
        ({"already_fallen": np.array([0, 1])}, "one bool for each"),
        ({"links": links_of([(0, 0, 0, 1.0)])}, "to itself"),
        ({"links": links_of([(0, 1, 0, -1.0)])}, "rate -1.0 of the link b -> a"),
        ({"links": links_of([(0, 1, 0, np.nan)])}, "rate nan"),
        ({"links": links_of([(0, 1, 0, 1e4)])}, "of the links b -> a"),
        ({"links": links_of([(0, 2, 0, 1.0)])}, "fallen 2"),
        ({"links": links_of([(0, 1, 3, 1.0)])}, "layer 3"),
        ({"links": links_of([(0, 1, 0, 1.0), (0, 1, 0, 1.0)])}, "one link in a layer"),
        ({"links": replace(PAIR[2], rate=np.zeros(2))}, "there are 1 links"),
        ({"links": replace(PAIR[2], statements_indptr=np.zeros(1, np.int64))}, "one entry more"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, object], message: str) -> None:
    given_ = {"party_id": PAIR[0], "own_rate": PAIR[1], "links": PAIR[2], "scenarios": 64}
    with pytest.raises(BadInput, match=message):
        chain_risk(**(given_ | arguments))  # type: ignore[arg-type]


def test_a_dense_network_overflows_the_heap_and_still_agrees() -> None:
    size, random = 40, np.random.default_rng(1)
    names = [b"%02d" % k for k in range(size)]
    rows = [(i, j, 0, 0.3 * random.random()) for i in range(size) for j in range(size) if i != j]
    links, own = links_of(rows), [0.5] * size
    falls, _, overlap = reference(names, own, links, scenarios=64, seed=5, years=1.0, first=set())
    run = chain_risk(np.array(names), np.array(own), links, scenarios=64, seed=5)
    assert run.falls.tolist() == falls
    expected = links.rate * np.array(overlap) / (64 * TICKS)
    np.testing.assert_allclose(run.link_part, expected, rtol=1e-12)
