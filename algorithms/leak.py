"""How many hidden links a reader of published figures can name.

    score[i, k]   how far something that is published of party i moves when party k falls
    named         all pairs (i, k) with score[i, k] >= t, or with score[i, k] / max_i score >= t

t, and which of the two, are those with the highest F1 against the truth: no reader of this score
who has to guess them does better. What the same reader names when the falls are shuffled, each
score read as if another party had fallen, is chance; only what beats it has been learnt.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SHUFFLES = 200
"""Shuffles of the falls, and resamples of them: a 95 % interval rests on five at each end."""

BY_CHANCE = 0.025
TINY = 1e-12


@dataclass(frozen=True)
class Named:
    """What a reader names, and how much of it is right.

    Attributes
    ----------
    pairs : array of bool, shape (n, falls)
        Named pairs.
    right : array of bool, shape (n, falls)
        Those of them that are hidden links.
    hidden : int
        Hidden links among all pairs.
    f1 : float
        Harmonic mean of precision and recall.
    p_value : float
        Share of shuffles, with this reading among them, in which F1 is as high; the threshold is
        chosen anew in each.
    chance : float
        Right names at the same threshold when falls are shuffled, on average.
    low, high : float
        95 % interval of the right names, falls drawn again with replacement.
    """

    pairs: Mask
    right: Mask
    hidden: int
    f1: float = 0.0
    p_value: float = 1.0
    chance: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @property
    def precision(self) -> float:
        """Share of the names that are right; NaN without any."""
        named = int(self.pairs.sum())
        return int(self.right.sum()) / named if named else float("nan")

    @property
    def learnt(self) -> bool:
        """Whether so good names come by chance in at most 2.5 % of shuffles."""
        return self.p_value <= BY_CHANCE

    @property
    def recall(self) -> float:
        """Share of the hidden links that are named; NaN without any."""
        return int(self.right.sum()) / self.hidden if self.hidden else float("nan")


def move(before: float | None, after: float | None) -> float:
    """How far a positive figure moves: |log(after / before)|.

    Returns
    -------
    float
        0 where one of them is missing or not positive: nothing is read there.

    >>> round(move(0.02, 0.01), 3), move(None, 0.01)
    (0.693, 0.0)
    """
    if before is None or after is None or not (before > 0 and after > 0):
        return 0.0
    return abs(math.log(after / before))


def names_by_score(
    score: Floats, hidden: Mask, readings: Sequence[Mask], rng: np.random.Generator
) -> Named:
    """Name the pairs that move most, with the best threshold there is.

    Parameters
    ----------
    score : array of float64, shape (n, falls)
        Not negative; pairs of score 0 are never named.
    hidden : array of bool, shape (n, falls)
        The truth.
    readings : sequence of array of bool, shape (n, falls)
        Pairs that a reader takes into account, one array for each way to read; the best counts.
    rng : numpy.random.Generator
        For shuffles and resamples.
    """
    most = score.max(axis=0, initial=0.0)
    scores = (score, np.divide(score, most, out=np.zeros_like(score), where=most > 0))
    best = max(
        (_best(one, hidden, reading) for one, reading in product(scores, readings)),
        key=lambda found: found.f1,
    )
    count = int(hidden.sum())
    if not best.f1:
        return Named(np.zeros_like(hidden), np.zeros_like(hidden), count)
    falls = score.shape[1]
    f1, right = [], []
    for _ in range(SHUFFLES):
        order = rng.permutation(falls)
        tries = [_best(one[:, order], hidden, r) for one, r in product(scores, readings)]
        f1.append(max(found.f1 for found in tries))
        right.append(int((best.named(order) & hidden).sum()))
    pairs = best.named(np.arange(falls))
    per_fall = (pairs & hidden).sum(axis=0)
    drawn = per_fall[rng.integers(0, falls, size=(SHUFFLES, falls))].sum(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
    return Named(
        pairs=pairs,
        right=pairs & hidden,
        hidden=count,
        f1=best.f1,
        p_value=float((1 + np.sum(np.array(f1) >= best.f1 - TINY)) / (1 + SHUFFLES)),
        chance=float(np.mean(right)),
        low=low,
        high=high,
    )


def names_told(pairs: Mask, hidden: Mask) -> Named:
    """Names that an answer tells outright: there is no chance in them."""
    right = pairs & hidden
    count, all_ = int(right.sum()), int(hidden.sum())
    f1 = 2 * count / (int(pairs.sum()) + all_) if count else 0.0
    p_value = 0.0 if count else 1.0
    return Named(pairs, right, all_, f1=f1, p_value=p_value, low=count, high=count)


def in_all(found: Sequence[Named], hidden: Mask) -> Named:
    """Pairs named by one means or another, of those means that beat chance."""
    pairs = np.zeros(hidden.shape, np.bool_)
    for one in found:
        if one.learnt:
            pairs |= one.pairs
    return Named(pairs, pairs & hidden, int(hidden.sum()))


@dataclass(frozen=True)
class _Best:
    """A score read in one way, with the threshold of highest F1."""

    score: Floats
    reading: Mask
    threshold: float
    f1: float

    def named(self, order: npt.NDArray[np.int64]) -> Mask:
        """Pairs named when the falls come in another order."""
        score = self.score[:, order]
        return self.reading & (score > 0) & (score >= self.threshold)


def _best(score: Floats, hidden: Mask, reading: Mask) -> _Best:
    moved = reading & (score > 0)
    values = score[moved]
    if not len(values):
        return _Best(score, reading, math.inf, 0.0)
    order = np.argsort(-values)
    falling = values[order]
    last = np.append(falling[1:] < falling[:-1], True)  # of equal scores
    right = np.cumsum(hidden[moved][order])
    named = np.arange(1, len(order) + 1)
    f1 = np.where(last, 2 * right / (named + int(hidden.sum())), 0.0)
    k = int(f1.argmax())
    return _Best(score, reading, float(falling[k]), float(f1[k]))
