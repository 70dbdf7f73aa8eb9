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
from algorithms.kernels.contagion import (
    RATE_LIMIT,
    TICKS,
    Desk,
    Wiring,
    continue_batch,
    new_desk,
    run_batch,
)
from algorithms.links import Floats, Ints, Links, check_links, name_of
from graph_model.errors import BadInput

__all__ = ["BATCHES", "ChainRisk", "Links", "chain_risk"]

BATCHES = 64
"""Scenario s belongs to batch s % 64; error bars come from the means of the batches."""

FIRST_ROUND = 16 * BATCHES
"""Scenarios after which a run that stops at a stated error looks at its error first."""

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
        Scenarios are those simulated.
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
    relative_error: float | None = None,
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
        At least 64; with `relative_error` the most.
    seed : int
        0 to 2**64 - 1.
    threads : int, optional
        The processors this process may use, if not given. Each takes 12 bytes a pair and
        128 bytes a party.
    already_fallen : array of bool, shape (n,), optional
    unknown_rate : float
        Per year.
    relative_error : float, optional
        Stop as soon as the median relative error of the parties above 0.1 % is at most this. All
        64 batches go on together in rounds, each planned from the error reached, so that the
        result is, byte for byte, that of a run with the number of scenarios it says. Takes
        1,536 bytes a party more.
    progress : callable, optional
        Called as `progress(batches done, all batches)` in this thread, with 64 batches for every
        round begun; what it raises ends the run.

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
    _check_arguments(horizon_months, scenarios, seed, threads, unknown_rate, relative_error)
    _check_parties(party_id, own_rate, fallen_before, horizon_months)
    check_links(links, party_id)
    years = horizon_months / 12
    own = np.where(np.isnan(own_rate), unknown_rate, own_rate) * years
    own[fallen_before] = 0.0
    setting = setting_of(party_id, own, links, years, fallen_before)
    seed_key = np.uint64(key_of(seed.to_bytes(8, "little")))
    silent = (np.isnan(own_rate) | fallen_before)[setting.parties]
    work = (setting.wiring, seed_key, scenarios, threads or _processors(), progress)
    if relative_error is None:
        sums = _simulate(*work)
    else:
        sums = _simulate_until(*work, relative_error, ~silent)

    scenarios = sums.scenarios
    whole = float(scenarios) * TICKS
    time_alive = (scenarios * TICKS - sums.lost) / whole
    overlap = (np.repeat(sums.lost, np.diff(setting.wiring.out_start)) - sums.met) / whole
    own_part = own[setting.parties] * time_alive
    overlap = np.append(overlap, 0.0)  # for the links without a pair, whose place is -1
    share = np.where(setting.standing, time_alive[setting.hit], overlap[setting.pair])
    link_part = links.rate[setting.links] * years * share
    probability = own_part + np.bincount(setting.hit, link_part, len(party_id))
    link_part[silent[setting.hit]] = np.nan
    for column in (probability, own_part, sums.error):
        column[silent] = np.nan
    relative = _relative(probability, sums.error)
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
    scenarios: int


def _simulate(
    wiring: Wiring,
    seed_key: np.uint64,
    scenarios: int,
    threads: int,
    progress: Callable[[int, int], None] | None,
) -> _Sums:
    """All batches; integer sums need no order, batch means are merged in the order of batches."""
    crew = _Crew(wiring, threads)

    def batch(desk: Desk, number: int) -> Floats:
        return run_batch(wiring, desk, seed_key, number, BATCHES, scenarios)

    _, error = crew.mean_and_error(batch, scenarios, progress)
    total = crew.totals()
    return _Sums(total.lost, total.falls, total.met, error, scenarios)


def _simulate_until(
    wiring: Wiring,
    seed_key: np.uint64,
    most: int,
    threads: int,
    progress: Callable[[int, int], None] | None,
    relative_error: float,
    counted: npt.NDArray[np.bool_],
) -> _Sums:
    """Rounds that carry all batches on, until the error is reached; keeps 1,536 bytes a party."""
    crew, nodes = _Crew(wiring, threads), len(wiring.key)
    sums, met = np.zeros((BATCHES, nodes, 2), np.int64), np.zeros((BATCHES, nodes))
    done, after, rounds = 0, min(most, FIRST_ROUND), 0
    while True:

        def batch(desk: Desk, number: int, start: int = done, stop: int = after) -> Floats:
            own = desk._replace(batch=sums[number], batch_met=met[number])
            before = start // BATCHES
            return continue_batch(wiring, own, seed_key, start + number, BATCHES, stop, before)

        def told(number: int, of: int, before: int = rounds * BATCHES) -> None:
            if progress is not None:
                progress(before + number, before + of)

        mean, error = crew.mean_and_error(batch, after, told)
        done, rounds = after, rounds + 1
        relative = _relative(mean[counted], error[counted])
        reached = float(np.median(relative)) if len(relative) else 0.0
        if done == most or reached <= relative_error:
            break
        # The error falls with the root of the scenarios; a little more, to need no third guess.
        wanted = 1.03 * done * (reached / relative_error) ** 2
        wanted = min(max(wanted, 1.25 * done), 4.0 * done)
        after = min(most, -(-int(wanted) // BATCHES) * BATCHES)
    total = crew.totals()
    return _Sums(sums[:, :, 0].sum(axis=0), sums[:, :, 1].sum(axis=0), total.met, error, done)


class _Crew:
    """Threads, each at a desk of its own."""

    def __init__(self, wiring: Wiring, threads: int) -> None:
        nodes, pairs = len(wiring.key), len(wiring.out_pair)
        self.desks = [new_desk(nodes, pairs) for _ in range(min(threads, BATCHES))]
        self.free: SimpleQueue[Desk] = SimpleQueue()
        for desk in self.desks:
            self.free.put(desk)

    def mean_and_error(
        self,
        batch: Callable[[Desk, int], Floats],
        scenarios: int,
        progress: Callable[[int, int], None] | None,
    ) -> tuple[Floats, Floats]:
        """Mean of the batches, weighted by their scenarios, and its standard error."""

        def seated(number: int) -> Floats:
            desk = self.free.get()
            try:
                return batch(desk, number)
            finally:
                self.free.put(desk)

        nodes, weight = len(self.desks[0].fall), 0
        mean, squares = np.zeros(nodes), np.zeros(nodes)
        with ThreadPoolExecutor(len(self.desks)) as pool:
            waiting = deque(pool.submit(seated, number) for number in range(BATCHES))
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
        return mean, np.sqrt(np.maximum(squares, 0.0) / (scenarios * (BATCHES - 1)))

    def totals(self) -> Desk:
        """Sums of all desks, at the first."""
        first = self.desks[0]
        for desk in self.desks[1:]:
            for name in ("lost", "falls", "met"):
                total = getattr(first, name)
                total += getattr(desk, name)
        return first


def _relative(probability: Floats, error: Floats) -> Floats:
    """Relative errors of the parties above 0.1 %."""
    noticed = probability > NOTICED_FROM
    relative: Floats = error[noticed] / probability[noticed]
    return relative


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_arguments(
    horizon_months: int,
    scenarios: int,
    seed: int,
    threads: int | None,
    unknown_rate: float,
    relative_error: float | None,
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
    if relative_error is not None and not relative_error > 0:
        rule = "a relative error is positive"
        raise BadInput(f"relative_error {relative_error}", rule, "0.01 is usual.")


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
