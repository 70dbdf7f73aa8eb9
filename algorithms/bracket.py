"""How far a figure could be off: low and high inputs, and half and twice the scale of contagion.

    low, high        unknown capacities, margins and own rates at the ends of their intervals
    half, twice      everything as in the run, theta / 2 and 2 * theta

In every scenario more risk makes nobody fall later, so low <= point <= high is a law and not a
confidence interval: no seed is involved. The four runs have the seed of the point run, and may have
fewer scenarios than it. Where that alone would put one on the wrong side of the point, the point
stands in its place.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from algorithms.capacity import Floats
from algorithms.chain_risk import ChainRisk, chain_risk
from algorithms.explain import INSUFFICIENT
from algorithms.industry import RunNetwork, run_network
from algorithms.parameters import AssessmentParameters, Level
from graph_model.network import CreditNetwork


@dataclass(frozen=True)
class Bracket:
    """Probabilities of all parties under other inputs; NaN where the run has none.

    Parameters
    ----------
    low, high : array of float64, shape (n,)
        With the lowest and the highest risk that unknown inputs leave open.
    half_theta, twice_theta : array of float64, shape (n,)
    scenarios : int
        Of each of the four runs.
    """

    low: Floats
    high: Floats
    half_theta: Floats
    twice_theta: Floats
    scenarios: int


def bracket(
    network: CreditNetwork,
    parameters: AssessmentParameters,
    own_rate: Floats,
    run: ChainRisk,
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Bracket:
    """Run with other inputs.

    Parameters
    ----------
    network : CreditNetwork
    parameters : AssessmentParameters
        States how many scenarios each run has at most.
    own_rate : array of float64, shape (n,)
        As the scorecard gives them.
    run : ChainRisk
        The point run, of `run_network(network, parameters, own_rate)`.
    threads : int, optional
    progress : callable, optional
        Called as `progress(batches done, 256)`.
    """
    scenarios = min(run.scenarios, parameters.bracket_scenarios)
    half, twice = (replace(parameters, theta=parameters.theta * k) for k in (0.5, 2.0))
    settings: list[Callable[[], RunNetwork]] = [
        lambda: run_network(network, parameters, own_rate, bound="low"),
        lambda: run_network(network, parameters, own_rate, bound="high"),
        lambda: run_network(network, half, own_rate),
        lambda: run_network(network, twice, own_rate),
    ]
    found: list[Floats] = []
    for number, setting in enumerate(settings):

        def told(done: int, of: int, number: int = number) -> None:
            if progress is not None:
                progress(number * of + done, len(settings) * of)

        made = setting()
        other = chain_risk(
            made.party_id,
            made.own_rate,
            made.links,
            horizon_months=run.horizon_months,
            scenarios=scenarios,
            seed=run.seed,
            threads=threads,
            already_fallen=made.already_fallen,
            unknown_rate=made.unknown_rate,
            progress=told,
        )
        found.append(other.probability[: len(network)])
    point = run.probability[: len(network)]
    low, high, less, more = found
    return Bracket(
        low=np.minimum(low, point),
        high=np.maximum(high, point),
        half_theta=np.minimum(less, point),
        twice_theta=np.maximum(more, point),
        scenarios=scenarios,
    )


@dataclass(frozen=True)
class Migration:
    """How many parties stand at which level.

    Parameters
    ----------
    levels : tuple of str
        `none`, the levels from the lowest, `insufficient`.
    half_theta, point, twice_theta : tuple of int
        Parties at each of `levels`.
    changed_by_half, changed_by_twice : int
        Parties at another level than at the point.
    changed_by_unknowns : int
        Parties whose level at low inputs is another than at high ones.
    """

    levels: tuple[str, ...]
    half_theta: tuple[int, ...]
    point: tuple[int, ...]
    twice_theta: tuple[int, ...]
    changed_by_half: int
    changed_by_twice: int
    changed_by_unknowns: int


def migration(point: Floats, other: Bracket, levels: tuple[Level, ...]) -> Migration:
    """Compare the levels of the parties (`point` of shape (n,)) over the bracket."""
    bounds = np.array([level.lower for level in levels])

    def reached(probability: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        place = np.searchsorted(bounds, probability, side="right")
        return np.where(np.isnan(probability), len(levels) + 1, place)

    columns = [other.half_theta, point, other.twice_theta, other.low, other.high]
    half, middle, twice, low, high = (reached(column) for column in columns)
    half_theta, at_point, twice_theta = (
        tuple(np.bincount(column, minlength=len(levels) + 2).tolist())
        for column in (half, middle, twice)
    )
    return Migration(
        levels=("none", *(level.name for level in levels), INSUFFICIENT),
        half_theta=half_theta,
        point=at_point,
        twice_theta=twice_theta,
        changed_by_half=int((half != middle).sum()),
        changed_by_twice=int((twice != middle).sum()),
        changed_by_unknowns=int((low != high).sum()),
    )
