"""Theta and the scale of own risk, fitted together to who fell and who did not.

    l(theta, s) = sum over fallen of log PD_i(theta, s) + sum over others of log(1 - PD_i(theta, s))

PD_i is the simulated probability with links derived at theta and own intensities times s. Fitted
alone, own risk would already contain average contagion; fitted together, each gets its share, and
where falls do not follow the links theta is 0. All points use the same thresholds (common random
numbers), on which PD_i is a continuous function of both: the surface can be climbed.

Climbing is scoring: with slopes D of the probabilities by differences, one step solves
(D' V^-1 D) step = D' V^-1 (fell - PD), V = PD (1 - PD), and is halved until l rises. It starts from
the best of a coarse grid of theta, each with its own best s.

A probability above 0.9 counts as 0.9. Near certainty a simulated figure is uncertain by one over
the root of the scenarios, and what stands there is the cap on a link more than evidence; without
the bound a single party that stood at 0.999 would weigh as much as a hundred others.

Intervals are those of the profile likelihood: all values at which l, at its best over the other
constant, is less than 1.92 (half the 95 % point of chi-square with one degree of freedom) below
its highest. Falls that spread are not independent, so that l alone would be too sure: 1.92 is
multiplied by how much more the slope of l varies over simulated years than if they were
("dependence", never below 1).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from algorithms.chain_risk import ChainRisk, chain_risk
from algorithms.industry import RunNetwork, run_network
from algorithms.links import Floats, Ints
from algorithms.parameters import AssessmentParameters
from algorithms.scorecard import scorecard
from graph_model.errors import BadInput, NotConverged
from graph_model.network import CreditNetwork

Worlds = Callable[[float, float], RunNetwork]
"""What chain risk runs on at a (theta, own_scale): always the same parties in the same order."""

Progress = Callable[[int], None]
"""Called with the number of simulations done; what it raises ends the fit."""

THETA, SCALE = 0, 1  # axes of a point: theta, and the logarithm of the own scale
LOWEST = np.array([0.0, np.log(0.001)])
HIGHEST = np.array([100.0, np.log(20.0)])  # beyond it every link stands at its cap
GRID = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)
HALF_CHI_SQUARE = 1.92
ENOUGH = 0.005  # of l: small against what bounds an interval
HOPELESS = 10.0  # of l below the best: the grid ends
MOST_STEPS = 60
OTHER_SEEDS = 8
YEARS_OF_SLOPES = 64  # times 64 simulated years: their variance is known to a fifth
LEAST_PD, SUREST = 1e-12, 0.9

Point = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """The fit, how sure it is, and what it rests on.

    Parameters
    ----------
    theta, own_scale : float
    log_likelihood : float
        At both.
    own_scale_alone, log_likelihood_alone : float
        The best without contagion (theta = 0).
    theta_interval, own_scale_interval : (float, float)
        95 %; the lower end of theta is 0 where no contagion cannot be excluded, its upper end
        `inf` where the outcomes set none.
    theta_dependence, own_scale_dependence : float
        By how much falls that come together widen what 1.92 would allow.
    parties, falls : int
        That the fit rests on.
    insufficient, already_fallen : int
        Outcomes left out: no figure for want of evidence, or fallen before the start.
    log_likelihood_error, theta_error, own_scale_error : float
        Simulation error: standard deviation from one seed to another (of the own scale, relative).
    scenarios, seed, horizon_months, simulations : int
    """

    theta: float
    own_scale: float
    log_likelihood: float
    own_scale_alone: float
    log_likelihood_alone: float
    theta_interval: tuple[float, float]
    own_scale_interval: tuple[float, float]
    theta_dependence: float
    own_scale_dependence: float
    parties: int
    falls: int
    insufficient: int
    already_fallen: int
    log_likelihood_error: float
    theta_error: float
    own_scale_error: float
    scenarios: int
    seed: int
    horizon_months: int
    simulations: int

    @property
    def simulation_share(self) -> float:
        """Largest simulation error of a constant, as a share of half its interval."""
        theta = (self.theta_interval[1] - self.theta_interval[0]) / 2
        scale = float(np.diff(np.log(self.own_scale_interval))[0]) / 2
        return max(self.theta_error / theta, self.own_scale_error / scale)


def worlds_of(network: CreditNetwork, parameters: AssessmentParameters) -> Worlds:
    """Own intensities and links of a picture, at any theta and own scale.

    Links are derived again for each theta: their rates are capped, so they do not scale with it.
    """

    def world(theta: float, own_scale: float) -> RunNetwork:
        changed = replace(parameters, theta=theta, own_scale=own_scale)
        return run_network(network, changed, scorecard(network, changed).own_rate)

    return world


def calibrate(
    world: Worlds,
    place: Ints,
    fell: npt.NDArray[np.bool_],
    *,
    falls_needed: int,
    horizon_months: int = 12,
    scenarios: int = 1_000,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Fit theta and the own scale to outcomes.

    The result does not depend on the order of the outcomes.

    Parameters
    ----------
    world : callable
        What chain risk runs on at a theta and an own scale; `worlds_of` gives that of a picture.
        Parties already fallen at the start hit others, and their outcomes are left out.
    place : array of int64, shape (k,)
        Parties whose outcome is known; each once.
    fell : array of bool, shape (k,)
        Whether it fell within the horizon.
    falls_needed : int
        Least number of falls, and of parties that stood, among those with a figure.
    horizon_months, scenarios, seed, threads
        As for `chain_risk`.
    progress : callable, optional

    Raises
    ------
    BadInput
        When outcomes are too few or stand twice, or when they say nothing about a constant: no
        party's figure changes with theta, or none with the own scale.
    NotConverged
        When the climb does not end.
    """
    plain = world(0.0, 1.0)
    gone = plain.already_fallen
    order = np.argsort(place, kind="stable")
    place, fell = place[order], fell[order]
    if len(doubled := np.flatnonzero(place[1:] == place[:-1])):
        name = bytes(plain.party_id[place[doubled[0]]]).decode(errors="replace")
        raise BadInput(name, "each party has one outcome", "Leave one of its rows out.")
    insufficient = np.isnan(plain.own_rate) & ~gone
    used = ~(insufficient | gone)[place]
    falls, stood = int(fell[used].sum()), int((~fell[used]).sum())
    for count, what in ((falls, "falls"), (stood, "parties that did not fall")):
        if count < falls_needed:
            raise BadInput(
                f"{count} {what} among {falls + stood} outcomes with a figure",
                f"a fit needs at least {falls_needed}",
                "Collect more outcomes, of more parties or from an earlier day; keep the pack.",
            )

    cached = lru_cache(4)(world)  # a third of all simulations are of one point, with other seeds

    def simulate(point: Point, how_many: int, keyed: int) -> ChainRisk:
        made = cached(float(point[THETA]), float(np.exp(point[SCALE])))
        return chain_risk(
            made.party_id,
            made.own_rate,
            made.links,
            horizon_months=horizon_months,
            scenarios=how_many,
            seed=keyed,
            threads=threads,
            already_fallen=made.already_fallen,
            unknown_rate=made.unknown_rate,
        )

    surface = _Surface(simulate, place[used], fell[used], scenarios, seed, progress)
    _identified(surface)
    alone, best = _start(surface)
    best = _climb(surface, best, (THETA, SCALE))
    if (best >= HIGHEST).any() or best[SCALE] <= LOWEST[SCALE]:
        value = f"theta {best[THETA]:.4g}, own scale {np.exp(best[SCALE]):.4g}"
        rule = "the likelihood still rises at the edge of what is sensible"
        raise NotConverged(value, rule, "Check outcomes and amounts; keep the pack.")
    for _ in range(3):
        fit = _Quality(surface, best)
        low_high = [fit.interval(axis) for axis in (THETA, SCALE)]
        if surface.value(surface.best) <= surface.value(best) + 0.05:
            break
        best = _climb(surface, surface.best, (THETA, SCALE))  # a profile has found a higher hill
    level_error, theta_error, scale_error = fit.simulation_errors()
    return Calibration(
        theta=float(best[THETA]),
        own_scale=float(np.exp(best[SCALE])),
        log_likelihood=surface.value(best),
        own_scale_alone=float(np.exp(alone[SCALE])),
        log_likelihood_alone=surface.value(alone),
        theta_interval=low_high[THETA],
        own_scale_interval=(float(np.exp(low_high[SCALE][0])), float(np.exp(low_high[SCALE][1]))),
        theta_dependence=float(fit.dependence[THETA]),
        own_scale_dependence=float(fit.dependence[SCALE]),
        parties=falls + stood,
        falls=falls,
        insufficient=int(insufficient[place].sum()),
        already_fallen=int(gone[place].sum()),
        log_likelihood_error=level_error,
        theta_error=theta_error,
        own_scale_error=scale_error,
        scenarios=scenarios,
        seed=seed,
        horizon_months=horizon_months,
        simulations=surface.simulations,
    )


class _Surface:
    """The likelihood over (theta, log own scale); points once simulated are kept."""

    def __init__(
        self,
        simulate: Callable[[Point, int, int], ChainRisk],
        place: Ints,
        fell: npt.NDArray[np.bool_],
        scenarios: int,
        seed: int,
        progress: Progress | None,
    ) -> None:
        self._simulate, self._progress = simulate, progress
        self.place, self.fell = place, fell
        self.scenarios, self.seed = scenarios, seed
        self.simulations = 0
        self.best: Point = np.zeros(2)
        self._values: dict[bytes, float] = {}
        self._last: dict[bytes, Floats] = {}

    def run(self, point: Point, scenarios: int, seed: int) -> ChainRisk:
        """Simulate once more, with any seed."""
        made = self._simulate(point, scenarios, seed % 2**64)
        self.simulations += 1
        if self._progress is not None:
            self._progress(self.simulations)
        return made

    def clipped(self, probability: Floats) -> Floats:
        """Probabilities of the outcomes' parties, between the bounds."""
        return np.clip(probability[self.place], LEAST_PD, SUREST)

    def probability(self, point: Point) -> Floats:
        """Of the parties with an outcome, shape (k,)."""
        key = point.tobytes()
        if key not in self._last:
            made = self.clipped(self.run(point, self.scenarios, self.seed).probability)
            self._last[key] = made
            self._values[key] = self.log_likelihood(made)
            if len(self._last) > 8:
                del self._last[next(iter(self._last))]
            if self._values[key] > self._values.get(self.best.tobytes(), -np.inf):
                self.best = point
        return self._last[key]

    def value(self, point: Point) -> float:
        """Log-likelihood at a point."""
        key = point.tobytes()
        if key not in self._values:
            self.probability(point)
        return self._values[key]

    def log_likelihood(self, probability: Floats) -> float:
        """Of the outcomes, at some probabilities."""
        return float(np.log(np.where(self.fell, probability, 1 - probability)).sum())

    def slopes(self, point: Point, axes: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Probabilities (shape (k,)) and their slopes by differences (shape (k, axes))."""
        here = self.probability(point)
        found = np.empty((len(here), len(axes)))
        for column, axis in enumerate(axes):
            step = 0.02 * (1 + point[THETA]) if axis == THETA else 0.02
            beside = point.copy()
            beside[axis] += step
            found[:, column] = (self.probability(beside) - here) / step
        return here, found


def _identified(surface: _Surface) -> None:
    """Refuse outcomes from which a constant cannot be told."""
    plain = surface.probability(np.zeros(2))
    contagious = surface.probability(np.array([1.0, 0.0]))
    scaled = surface.probability(np.array([0.0, 0.5]))
    if (plain == contagious).all():
        rule = "no party with an outcome can be hit by a link that scales with theta"
        raise BadInput("theta", rule, "Load what parties owe and deliver; leave out rates.csv.")
    if (plain == scaled).all():
        rule = "every party with an outcome has a stated own_rate, on which no scale acts"
        raise BadInput("own_scale", rule, "Leave own_rate out, so that the scorecard gives it.")


def _start(surface: _Surface) -> tuple[Point, Point]:
    """Best point without contagion, and best point of the grid of theta."""
    point, found = np.zeros(2), []
    for theta in GRID:
        point = _climb(surface, np.array([theta, point[SCALE]]), (SCALE,))
        found.append(point)
        if surface.value(point) < surface.value(surface.best) - HOPELESS:
            break  # the grid ascends, and strong contagion takes the longest to simulate
    return found[0], max(found, key=surface.value)


def _scored(
    probability: Floats, slopes: Floats, fell: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Slope of the log-likelihood, shape (axes,), and its information, shape (axes, axes)."""
    variance = probability * (1 - probability)
    return slopes.T @ ((fell - probability) / variance), slopes.T @ (slopes / variance[:, None])


def _climb(surface: _Surface, point: Point, axes: tuple[int, ...]) -> Point:
    """Go up along some axes, the other fixed, until l gains less than `ENOUGH`."""
    for _ in range(MOST_STEPS):
        here = surface.value(point)
        step = np.zeros(2)
        score, information = _scored(*surface.slopes(point, axes), surface.fell)
        step[list(axes)] = np.linalg.lstsq(information, score)[0]
        if point[THETA] <= 0 and step[THETA] < 0 and SCALE in axes:
            step[THETA] = 0.0  # at the boundary: go on along the other axis alone
            step[SCALE] = score[-1] / information[-1, -1]
        if step[list(axes)] @ score / 2 < ENOUGH:
            return point
        step = np.clip(step, [-1.0 - point[THETA], -1.0], [1.0 + point[THETA], 1.0])
        for _ in range(6):
            beyond = np.clip(point + step, LOWEST, HIGHEST)
            if surface.value(beyond) > here:
                break
            step = step / 3
        else:
            return point
        point = beyond
        if surface.value(point) - here < ENOUGH:
            return point
    value = f"theta {point[THETA]:.4g}, own scale {np.exp(point[SCALE]):.4g}"
    rule = f"the likelihood still rises after {MOST_STEPS} steps"
    raise NotConverged(value, rule, "Give more scenarios, or another seed.")


class _Quality:
    """How sure a fit is: information, dependence, intervals, simulation errors."""

    def __init__(self, surface: _Surface, best: Point) -> None:
        self.surface, self.best = surface, best
        self.probability, self.slopes = surface.slopes(best, (THETA, SCALE))
        variance = self.probability * (1 - self.probability)
        self.weight = self.slopes / variance[:, None]
        self.inverse = np.linalg.pinv(self.slopes.T @ self.weight).astype(np.float64)
        varied = self.inverse @ self._variance_of_slope() @ self.inverse
        alone = np.diag(self.inverse)
        ratio = np.divide(np.diag(varied), alone, out=np.ones(2), where=alone > 0)
        self.dependence: Floats = np.maximum(ratio, 1.0).astype(np.float64)

    def _variance_of_slope(self) -> Floats:
        """Variance of the slope of l over simulated years, shape (2, 2)."""
        surface, years = self.surface, 64
        found = np.empty((YEARS_OF_SLOPES, 2))
        for k in range(YEARS_OF_SLOPES):
            falls = surface.run(self.best, years, surface.seed + 1000 + k).falls[surface.place]
            found[k] = self.weight.T @ (falls - years * self.probability)
        return np.cov(found, rowvar=False) / years

    def interval(self, axis: int) -> tuple[float, float]:
        """Ends of the interval of one constant, the other at its best."""
        low, high = self._end(axis, -1), self._end(axis, 1)
        return low, float("inf") if axis == THETA and high >= HIGHEST[THETA] else high

    def _end(self, axis: int, way: Literal[-1, 1]) -> float:
        surface, other = self.surface, (SCALE if axis == THETA else THETA)
        top, allowed = surface.value(self.best), HALF_CHI_SQUARE * self.dependence[axis]
        ridge = [self.best]

        def beyond(value: float) -> float:
            """Root of the drop of l at a value, less the root of what is allowed."""
            start = min(ridge, key=lambda point: abs(float(point[axis]) - value)).copy()
            start[axis] = value
            ridge.append(_climb(surface, start, (other,)))
            return float(np.sqrt(max(top - surface.value(ridge[-1]), 0.0)) - np.sqrt(allowed))

        inner, short = float(self.best[axis]), -float(np.sqrt(allowed))
        wide = float(np.sqrt(2 * allowed * self.inverse[axis, axis]))
        wide = float(np.clip(wide, 0.01, 0.5 + self.best[THETA] if axis == THETA else 0.7))
        while True:
            outer = float(np.clip(inner + way * wide, LOWEST[axis], HIGHEST[axis]))
            if outer == inner or (over := beyond(outer)) < 0:
                if outer in (LOWEST[axis], HIGHEST[axis]):
                    return outer
                inner, short, wide = outer, over, wide * 1.5
                continue
            break
        for _ in range(20):  # the root of the drop is nearly straight: a few secants do
            share = float(np.clip(short / (short - over), 0.1, 0.9))
            middle = inner + (outer - inner) * share
            reached = beyond(middle)
            if abs(reached) < 0.02:
                return middle
            if reached < 0:
                inner, short, over = middle, reached, over / 2
            else:
                outer, over, short = middle, reached, short / 2
        return outer

    def simulation_errors(self) -> tuple[float, float, float]:
        """Standard deviations over other seeds: of l, of theta, of log own scale."""
        surface = self.surface
        levels, moved = [], []
        for k in range(1, OTHER_SEEDS + 1):
            run = surface.run(self.best, surface.scenarios, surface.seed + k)
            probability = surface.clipped(run.probability)
            levels.append(surface.log_likelihood(probability))
            score, _ = _scored(probability, self.slopes, surface.fell)
            moved.append(self.inverse @ score)
        theta, scale = np.std(moved, axis=0, ddof=1)
        return float(np.std(levels, ddof=1)), float(theta), float(scale)
