"""Figures of two worlds side by side, from a paired rerun: who moves, from where to where."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from algorithms.explain import level_of
from algorithms.industry import PREFIX, run_network
from algorithms.parameters import AssessmentParameters
from algorithms.scorecard import scorecard
from algorithms.what_if import WhatIf, World
from api.services.assessment import Assessment
from api.services.partners import event_day
from graph_model.network import CreditNetwork


@dataclass(frozen=True)
class Figure:
    """How one party stands before and after.

    Attributes
    ----------
    level_before, level_after : str or None
        Warning levels; "insufficient" where there is no figure, "event" after a target event,
        None below the least.
    rank_before, rank_after : int or None
        1 for the highest figure; None where there is none.
    ratio, ratio_error : float or None
        Figure after over figure before, and its standard error; None where one is 0 or missing.
    probability_before, probability_after, difference, difference_error : float or None
        None while probabilities are withheld.
    """

    party: str
    name: str
    level_before: str | None
    level_after: str | None
    rank_before: int | None
    rank_after: int | None
    ratio: float | None
    ratio_error: float | None
    probability_before: float | None
    probability_after: float | None
    difference: float | None
    difference_error: float | None


@dataclass(frozen=True)
class Comparison:
    """A run and its like in another world; places are those of `found`.

    Attributes
    ----------
    assessment : Assessment
        Whose run was made again.
    other : CreditNetwork
        Picture of the other world.
    found : WhatIf
    backwards : bool
        Whether the other world stands for "before", and the run for "after".
    """

    assessment: Assessment
    other: CreditNetwork
    found: WhatIf
    backwards: bool = False

    @property
    def shown(self) -> bool:
        """Whether probabilities are told."""
        return self.assessment.stated or self.assessment.parameters.calibrated

    @property
    def before(self) -> npt.NDArray[np.float64]:
        """Probabilities before, shape (n,)."""
        return self.found.after if self.backwards else self.found.before

    @property
    def after(self) -> npt.NDArray[np.float64]:
        """Probabilities after, shape (n,)."""
        return self.found.before if self.backwards else self.found.after

    @cached_property
    def moved(self) -> list[int]:
        """Parties whose figure changes, the largest difference first."""
        size = np.abs(np.nan_to_num(self.after - self.before))
        at = np.flatnonzero(size > 0)
        at = at[np.argsort(-size[at], kind="stable")]
        return [k for k in at.tolist() if self._real[k]]

    @cached_property
    def gained_or_lost(self) -> list[int]:
        """Parties that have a figure in one of the worlds only."""
        one = np.isnan(self.before) != np.isnan(self.after)
        return np.flatnonzero(one & self._real).tolist()

    def figures(self, places: Sequence[int]) -> list[Figure]:
        """Figures of some parties."""
        errors = self.found.difference_error(np.array(places, dtype=np.int64))
        return [self._figure(k, float(e)) for k, e in zip(places, errors, strict=True)]

    @cached_property
    def _real(self) -> npt.NDArray[np.bool_]:
        """Which of them are parties, and not industries."""
        return ~np.char.startswith(self.found.party_id, PREFIX.encode())

    @cached_property
    def _ranked(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Figures of parties before and after, sorted."""
        before, after = (
            np.sort(figures[self._real & ~np.isnan(figures)])
            for figures in (self.before, self.after)
        )
        return before, after

    def _figure(self, k: int, error: float) -> Figure:
        before, after = float(self.before[k]), float(self.after[k])
        both = before > 0 and not np.isnan(after)
        party = self.found.party_id[k].decode()
        networks = (self.assessment.network, self.other)
        was, now = networks[::-1] if self.backwards else networks
        levels = self.assessment.parameters.levels
        names = [n.text("name", at) for n in (now, was) if (at := n.place(party)) is not None]
        return Figure(
            party=party,
            name=next(filter(None, names), ""),
            level_before="event" if _fell(was, party) else level_of(before, levels),
            level_after="event" if _fell(now, party) else level_of(after, levels),
            rank_before=_rank(self._ranked[0], before),
            rank_after=_rank(self._ranked[1], after),
            ratio=after / before if both else None,
            ratio_error=error / before if both else None,
            probability_before=_told(before, self.shown),
            probability_after=_told(after, self.shown),
            difference=_told(after - before, self.shown),
            difference_error=_told(error, self.shown),
        )


def world_of(network: CreditNetwork, parameters: AssessmentParameters) -> World:
    """What a run of a picture is made on."""
    made = run_network(network, parameters, scorecard(network, parameters).own_rate)
    return World(made.party_id, made.own_rate, made.links, made.already_fallen, made.unknown_rate)


def _fell(network: CreditNetwork, party: str) -> bool:
    place = network.place(party)
    return place is not None and event_day(network, place) is not None


def _rank(ranked: npt.NDArray[np.float64], figure: float) -> int | None:
    """1 for the highest of sorted figures."""
    if np.isnan(figure):
        return None
    return len(ranked) - int(np.searchsorted(ranked, figure, side="right")) + 1


def _told(value: float, shown: bool) -> float | None:
    return value if shown and not np.isnan(value) else None
