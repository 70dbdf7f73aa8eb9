"""Chain risk: the probability that a party falls within the horizon, alone or by contagion.

Each party has one unit-exponential threshold E_i and falls at the first time at which

    L_i(t) = own_i * t + sum over links (i is hit by j) of rate_ij * (t - T_j)+  >=  E_i

    probability_i = E[L_i(T_i and H)]
                  = own_i * E[T_i and H]  +  sum over links of rate_ij * E[((T_i and H) - T_j)+]

Falls are simulated, never counted: the compensator L_i(T_i and H) has the same mean and far less
variance, and its terms are the parts of the figure, link by link. Infectious default in
continuous time: Davis and Lo (2001), Quantitative Finance 1(4), 382-387; Jarrow and Yu (2001),
Journal of Finance 56(5), 1765-1799. Random numbers are keyed by (seed, scenario, party id), so two
networks are compared scenario by scenario.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt

from algorithms.chain_risk_setting import key_of, setting_of, too_fast
from algorithms.kernels.contagion import RATE_LIMIT, TICKS, Desk, Wiring, new_desk, run_batch
from algorithms.links import Floats, Ints, Links, check_links, name_of
from graph_model.errors import BadInput

__all__ = ["BATCHES", "ChainRisk", "Links", "chain_risk"]

BATCHES = 64
"""Scenario s belongs to batch s % 64; error bars come from the means of the batches."""

NOTICED_FROM = 0.001
"""Relative errors are stated over parties above this probability."""


@dataclass(frozen=True)
class ChainRisk:
    """Probabilities with their parts and error bars.

    Parameters
    ----------
    party_id : array of bytes, shape (n,)
    own_rate : array of float64, shape (n,)
        Own intensity per year as given; NaN where unknown.
    probability : array of float64, shape (n,)
        Of a fall within the horizon; NaN where the own rate is unknown ("insufficient") and for
        those already fallen. An estimate: close to certainty it may exceed 1 by its error.
    standard_error : array of float64, shape (n,)
        Of `probability`, from the means of 64 batches.
    own_part : array of float64, shape (n,)
    link_part : array of float64, shape (m,)
        `own_part` and the parts of the links that hit a party add up to its `probability`; NaN
        where that is NaN.
    falls : array of int64, shape (n,)
        In how many scenarios the party fell; 0 for those already fallen.
    already_fallen : array of bool, shape (n,)
    scenarios, horizon_months, seed : int
    unknown_rate : float
        Own intensity with which parties of unknown own rate were let fall, per year.
    median_relative_error, largest_relative_error : float
        Of `standard_error / probability` over parties above 0.1 %; NaN where there is none.
    """

    party_id: npt.NDArray[np.bytes_]
    own_rate: Floats
    probability: Floats
    standard_error: Floats
    own_part: Floats
    link_part: Floats
    falls: Ints
    already_fallen: npt.NDArray[np.bool_]
    scenarios: int
    horizon_months: int
    seed: int
    unknown_rate: float
    median_relative_error: float
    largest_relative_error: float


def chain_risk(
    party_id: npt.NDArray[np.bytes_],
    own_rate: Floats,
    links: Links,
    *,
    horizon_months: int = 12,
    scenarios: int = 20_000,
    seed: int = 0,
    threads: int | None = None,
    already_fallen: npt.NDArray[np.bool_] | None = None,
    unknown_rate: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> ChainRisk:
    """Simulate the falls and average their compensators.

    The result depends on nothing but its arguments: not on the order of parties or links, and
    not on `threads`. A party whose own rate is NaN has no probability of its own, but it is not
    taken out: it is hit by its links, falls with the rate `unknown_rate` and passes its fall on.
    With the default 0 its neighbours' figures are lower bounds; run again with another rate for
    the upper one. A party already fallen falls at time 0, hits others and has no probability.

    Parameters
    ----------
    party_id : array of bytes, shape (n,)
        Each once; the key of the random numbers.
    own_rate : array of float64, shape (n,)
        Own intensity per year; NaN where unknown.
    links : Links
    horizon_months : int
    scenarios : int
        At least 64.
    seed : int
        0 to 2**64 - 1.
    threads : int, optional
        The processors this process may use, if not given. Each takes 8 bytes a pair and about
        100 bytes a party.
    already_fallen : array of bool, shape (n,), optional
    unknown_rate : float
        Per year.
    progress : callable, optional
        Called as `progress(batches done, 64)` in this thread; what it raises ends the run.

    Returns
    -------
    ChainRisk

    Raises
    ------
    BadInput
        For shapes that do not match, negative or endless rates, links of a party to itself,
        links or parties that stand twice, and arguments out of their range.
    """
    fallen_before = np.zeros(len(party_id), np.bool_) if already_fallen is None else already_fallen
    _check_arguments(horizon_months, scenarios, seed, threads, unknown_rate)
    _check_parties(party_id, own_rate, fallen_before, horizon_months)
    check_links(links, party_id)
    years = horizon_months / 12
    own = np.where(np.isnan(own_rate), unknown_rate, own_rate) * years
    own[fallen_before] = 0.0
    setting = setting_of(party_id, own, links, years, fallen_before)
    seed_key = np.uint64(key_of(seed.to_bytes(8, "little")))
    sums = _simulate(setting.wiring, seed_key, scenarios, threads or _processors(), progress)

    whole = float(scenarios) * TICKS
    time_alive = (scenarios * TICKS - sums.lost) / whole
    overlap = (np.repeat(sums.lost, np.diff(setting.wiring.out_start)) - sums.met) / whole
    own_part = own[setting.parties] * time_alive
    overlap = np.append(overlap, 0.0)  # for the links without a pair, whose place is -1
    share = np.where(setting.standing, time_alive[setting.hit], overlap[setting.pair])
    link_part = links.rate[setting.links] * years * share
    silent = (np.isnan(own_rate) | fallen_before)[setting.parties]
    probability = own_part + np.bincount(setting.hit, link_part, len(party_id))
    link_part[silent[setting.hit]] = np.nan
    for column in (probability, own_part, sums.error):
        column[silent] = np.nan
    noticed = probability > NOTICED_FROM
    relative = sums.error[noticed] / probability[noticed]
    back = np.argsort(setting.parties)
    return ChainRisk(
        party_id=party_id,
        own_rate=own_rate,
        probability=probability[back],
        standard_error=sums.error[back],
        own_part=own_part[back],
        link_part=link_part[np.argsort(setting.links)],
        falls=sums.falls[back],
        already_fallen=fallen_before,
        scenarios=scenarios,
        horizon_months=horizon_months,
        seed=seed,
        unknown_rate=unknown_rate,
        median_relative_error=float(np.median(relative)) if len(relative) else float("nan"),
        largest_relative_error=float(relative.max()) if len(relative) else float("nan"),
    )


@dataclass(frozen=True)
class _Sums:
    lost: Ints
    falls: Ints
    met: Ints
    error: Floats


def _simulate(
    wiring: Wiring,
    seed_key: np.uint64,
    scenarios: int,
    threads: int,
    progress: Callable[[int, int], None] | None,
) -> _Sums:
    """All batches; integer sums need no order, batch means are merged in the order of batches."""
    nodes, pairs = len(wiring.key), len(wiring.out_pair)
    desks = [new_desk(nodes, pairs) for _ in range(min(threads, BATCHES))]
    free: SimpleQueue[Desk] = SimpleQueue()
    for desk in desks:
        free.put(desk)

    def batch(number: int) -> Floats:
        desk = free.get()
        try:
            return run_batch(wiring, desk, seed_key, number, BATCHES, scenarios)
        finally:
            free.put(desk)

    mean, squares, weight = np.zeros(nodes), np.zeros(nodes), 0
    with ThreadPoolExecutor(len(desks)) as pool:
        waiting = deque(pool.submit(batch, number) for number in range(BATCHES))
        try:
            for number in range(BATCHES):
                value = waiting.popleft().result()
                size = len(range(number, scenarios, BATCHES))
                weight += size
                step = value - mean
                mean += step * (size / weight)
                squares += size * step * (value - mean)
                if progress is not None:
                    progress(number + 1, BATCHES)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    error = np.sqrt(np.maximum(squares, 0.0) / (scenarios * (BATCHES - 1)))
    lost, falls, met = desks[0].lost, desks[0].falls, desks[0].met
    for desk in desks[1:]:
        lost += desk.lost
        falls += desk.falls
        met += desk.met
    return _Sums(lost, falls, met, error)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_arguments(
    horizon_months: int, scenarios: int, seed: int, threads: int | None, unknown_rate: float
) -> None:
    if horizon_months <= 0:
        raise BadInput(f"horizon_months {horizon_months}", "a horizon is positive", "12 is usual.")
    if scenarios < BATCHES:
        rule = f"error bars come from {BATCHES} batches of at least one scenario"
        raise BadInput(f"scenarios {scenarios}", rule, "20,000 is usual.")
    if not 0 <= seed < 2**64:
        raise BadInput(f"seed {seed}", "a seed is an integer from 0 to 2**64 - 1", "Choose one.")
    if threads is not None and threads < 1:
        raise BadInput(f"threads {threads}", "at least one thread works", "Leave it out.")
    if not 0 <= unknown_rate * horizon_months / 12 <= RATE_LIMIT:
        rule = f"a rate is from 0 to {RATE_LIMIT:.0f} a horizon"
        raise BadInput(f"unknown_rate {unknown_rate}", rule, "0 gives lower bounds.")


def _check_parties(
    party_id: npt.NDArray[np.bytes_],
    own_rate: Floats,
    fallen_before: npt.NDArray[np.bool_],
    horizon_months: int,
) -> None:
    for name, array, kind in (("own_rate", own_rate, "f"), ("already_fallen", fallen_before, "b")):
        if array.shape != party_id.shape or array.dtype.kind != kind:
            found = f"{name} {array.dtype}{list(array.shape)}"
            rule = f"{name} has one {'float' if kind == 'f' else 'bool'} for each of the parties"
            raise BadInput(found, rule, f"Give {len(party_id)} of them.")
    if len(bad := np.flatnonzero((own_rate < 0) | np.isinf(own_rate))):
        value = f"own rate {own_rate[bad[0]]} of {name_of(party_id, int(bad[0]))}"
        raise BadInput(value, "an own rate is not negative", "Give NaN where it is unknown.")
    if len(bad := np.flatnonzero(own_rate * (horizon_months / 12) > RATE_LIMIT)):
        raise too_fast(f"own rate {own_rate[bad[0]]:g} a year of {name_of(party_id, int(bad[0]))}")
