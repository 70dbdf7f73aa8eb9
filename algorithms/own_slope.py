"""How steeply own risk rises with the points lost: one number, fitted before theta and the scale.

    log odds of a fall = a + b * log 2 * (reference points - points) / points to double the odds

b = 1 is the scorecard as the pack states it; at b = 1/2 it takes twice as many points to double
the odds. A scorecard that is too steep calls its worst parties far worse than they are, and no
scale can mend that. b is the mode of the posterior with a normal prior around 1, so that few
outcomes move it little. Falls by contagion, which own points do not foretell, flatten b a little;
what they add is found by theta afterwards.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.links import Floats
from graph_model.errors import NotConverged

PRIOR_SPREAD = 0.5
"""Standard deviation of b before any outcome: between nothing and twice the pack's steepness."""

LEAST = 0.1
"""A scorecard never turns round: more points never mean more risk."""


@dataclass(frozen=True)
class OwnSlope:
    """Steepness of own risk against that of the pack.

    Parameters
    ----------
    value : float
        b, at least 0.1.
    interval : (float, float)
        95 %.
    parties, falls : int
        With points, that it rests on.
    """

    value: float
    interval: tuple[float, float]
    parties: int
    falls: int


def own_slope(doublings: Floats, fell: npt.NDArray[np.bool_]) -> OwnSlope:
    """Fit b.

    Parameters
    ----------
    doublings : array of float64, shape (n,)
        (reference points - points) / points to double the odds; NaN for parties without points,
        which are left out.
    fell : array of bool, shape (n,)

    Raises
    ------
    NotConverged
        When the steps do not end.
    """
    used = ~np.isnan(doublings)
    x, y = doublings[used] * np.log(2), fell[used]
    falls = int(y.sum())
    if not 0 < falls < len(y):  # nothing to learn from
        return OwnSlope(1.0, (LEAST, 1 + 1.96 * PRIOR_SPREAD), len(y), falls)
    design = np.column_stack([np.ones(len(x)), x])
    weight = np.array([np.log(falls / (len(y) - falls)) - x.mean(), 1.0])
    prior = np.array([0.0, PRIOR_SPREAD**-2])

    def height(at: Floats) -> float:
        odds = design @ at
        return float((y * odds - np.logaddexp(0, odds)).sum() - prior[1] / 2 * (at[1] - 1) ** 2)

    here = height(weight)
    for _ in range(100):
        p = 1 / (1 + np.exp(-design @ weight))
        information = (design * (p * (1 - p))[:, None]).T @ design + np.diag(prior)
        slope = design.T @ (y - p) - prior * (weight - 1)
        step = np.linalg.solve(information, slope)
        if slope @ step < 1e-10:
            error = float(np.sqrt(np.linalg.inv(information)[1, 1]))
            value, half = float(weight[1]), 1.96 * error
            ends = (max(value - half, LEAST), max(value + half, LEAST))
            return OwnSlope(max(value, LEAST), ends, len(y), falls)
        while (beyond := height(weight + step)) < here:
            step = step / 2
        weight, here = weight + step, beyond
    raise NotConverged("slope of own risk", "its steps end within 100", "Check the outcomes.")
