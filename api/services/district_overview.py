"""The district as a whole: how many stand at which level, and what falls cost through which links.

Counts of fewer than five are not shown, so that nobody can be singled out.
"""

from dataclasses import dataclass

import numpy as np

from algorithms.explain import level_of
from api.services.runs import Assessment

FEWEST = 5


@dataclass(frozen=True)
class Overview:
    """One published assessment in totals.

    Attributes
    ----------
    levels : dict of str to (int or None)
        Enterprises at each warning level, "" below the least; None where fewer than five stand.
    ranked : int
        Enterprises with a figure.
    already_fallen : int or None
    expected_falls : float
        Sum of the probabilities.
    by_layer : dict of str to float
        Share of `expected_falls` that comes through each layer; the rest is own risk.
    calibrated : bool
        Whether the constants are fitted, so that `expected_falls` may be told.
    """

    levels: dict[str, int | None]
    ranked: int
    already_fallen: int | None
    expected_falls: float
    by_layer: dict[str, float]
    calibrated: bool


def overview(made: Assessment) -> Overview:
    """Totals of an assessment."""
    parties = len(made.network)
    probability = made.run.probability[:parties]
    known = ~np.isnan(probability)
    names = ["", *(level.name for level in made.parameters.levels)]
    counts = dict.fromkeys(names, 0)
    for value in probability[known].tolist():
        counts[level_of(value, made.parameters.levels) or ""] += 1
    total = float(probability[known].sum())
    links = made.links
    mine = links.hit < parties
    part = np.nan_to_num(made.run.link_part[mine])
    by_layer = np.bincount(links.layer[mine], part, len(links.layers)) / max(total, 1e-12)
    return Overview(
        levels={name: _shown(count) for name, count in counts.items()},
        ranked=int(known.sum()),
        already_fallen=_shown(int(made.run.already_fallen[:parties].sum())),
        expected_falls=total,
        by_layer=dict(zip(links.layers, by_layer.tolist(), strict=True)),
        calibrated=made.parameters.calibrated,
    )


def _shown(count: int) -> int | None:
    return None if 0 < count < FEWEST else count
