"""How well scores foretell who falls: area under the curve, capture, Brier score, calibration.

    AUC      = P(score of a fallen party > score of one that stood) + P(equal) / 2
    capture  = share of all falls among the tenth of parties with the highest scores; parties of
               one score at the edge count in part, as if drawn from among them
    Brier    = mean of (probability - fell)^2

Districts are scored one by one and averaged, so that no figure compares parties of two districts.
Intervals come from a bootstrap in two stages: districts are drawn with replacement, and in each its
parties; falls of one district come together, and drawing districts allows for it. All scores are
weighed by the same draws, so that differences between them are paired.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.links import Floats, Ints
from graph_model.errors import BadInput

TOP = 0.1
"""Share of parties that `capture` looks at."""

AT_ONCE = 100
"""Bootstrap samples weighed together: 8 bytes a party and sample."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scored:
    """Scores of the parties of one district by several predictors, and who fell.

    Parameters
    ----------
    fell : array of bool, shape (n,)
        With at least one party that fell and one that stood.
    scores : dict of str to array of float64, shape (n,)
        By predictor; higher is more likely to fall.
    probabilities : frozenset of str
        Predictors whose scores are probabilities.
    """

    fell: Bools
    scores: Mapping[str, Floats]
    probabilities: frozenset[str]

    def __post_init__(self) -> None:
        falls = int(self.fell.sum())
        if not 0 < falls < len(self.fell):
            value = f"{falls} falls among {len(self.fell)} parties"
            rule = "scores are compared where some fell and some stood"
            raise BadInput(value, rule, "Take a larger district, or another seed.")
        for name, score in self.scores.items():
            if score.shape != self.fell.shape or np.isnan(score).any():
                rule = f"every one of the {len(self.fell)} parties has a score"
                raise BadInput(f"scores of {name}", rule, "Leave parties without one out.")


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """One predictor over all districts, and how far it is from the first one.

    Parameters
    ----------
    auc, capture : Estimate
    brier : Estimate or None
        None where its scores are no probabilities.
    auc_lead, capture_lead, brier_lead : Estimate or None
        By how much the first predictor is better (positive), paired; None for the first itself.
    """

    auc: Estimate
    capture: Estimate
    brier: Estimate | None
    auc_lead: Estimate | None
    capture_lead: Estimate | None
    brier_lead: Estimate | None


@dataclass(frozen=True)
class CalibrationBin:
    """Parties whose probability lies from `lower` to below `upper`.

    Parameters
    ----------
    parties, falls : int
    expected : float
        Mean probability; NaN without parties.
    seen : Estimate
        Share that fell, with its interval; NaN without parties.
    """

    lower: float
    upper: float
    parties: int
    falls: int
    expected: float
    seen: Estimate


def auc(score: Floats, fell: Bools) -> float:
    """Area under the receiver operating characteristic; ties count half.

    Parameters
    ----------
    score : array of float64, shape (n,)
    fell : array of bool, shape (n,)
        Both values occur.
    """
    return float(_Ranking(score, fell).auc(_once(fell))[0])


def capture(score: Floats, fell: Bools) -> float:
    """Share of the falls among the tenth of parties with the highest scores; as `auc`."""
    return float(_Ranking(score, fell).capture(_once(fell))[0])


def brier(probability: Floats, fell: Bools) -> float:
    """Mean squared distance of probabilities from what happened (1 or 0)."""
    return float(np.mean((probability - fell) ** 2))


def compare(
    districts: Sequence[Scored], *, draws: int = 1000, seed: int = 0
) -> dict[str, Comparison]:
    """Score all predictors over all districts, with bootstrap intervals.

    Parameters
    ----------
    districts : sequence of Scored
        At least one; all with the same predictors in the same order.
    draws : int
        Bootstrap samples.
    seed : int

    Returns
    -------
    dict of str to Comparison
        In the order given; leads are those of the first predictor. An interval always holds its
        figure: where all samples lie on one side of it, it ends there.
    """
    names = tuple(districts[0].scores)
    first, given = names[0], districts[0].probabilities
    points = {at: np.zeros(len(districts)) for at in _figures(names, given)}
    samples = {at: np.zeros(draws) for at in points}
    for k, district in enumerate(districts):
        for at, value in _measured(district, _once(district.fell)).items():
            points[at][k] = value[0]
    for k, some, weights in _draws(districts, draws, seed):
        for at, value in _measured(districts[k], weights).items():
            samples[at][some] += value / len(districts)
    means = {at: float(values.mean()) for at, values in points.items()}

    def lead(name: str, measure: str) -> Estimate | None:
        one, other = (first, measure), (name, measure)
        if name == first or one not in means or other not in means:
            return None
        sign = -1 if measure == "brier" else 1
        return _estimate(sign * (means[one] - means[other]), sign * (samples[one] - samples[other]))

    def told(name: str, measure: str) -> Estimate:
        return _estimate(means[name, measure], samples[name, measure])

    return {
        name: Comparison(
            auc=told(name, "auc"),
            capture=told(name, "capture"),
            brier=told(name, "brier") if name in given else None,
            auc_lead=lead(name, "auc"),
            capture_lead=lead(name, "capture"),
            brier_lead=lead(name, "brier"),
        )
        for name in names
    }


def calibration_bins(
    districts: Sequence[Scored],
    predictor: str,
    edges: Sequence[float],
    *,
    draws: int = 1000,
    seed: int = 0,
) -> list[CalibrationBin]:
    """What was expected and what was seen, by probability, the parties of all districts together.

    Parameters
    ----------
    districts : sequence of Scored
    predictor : str
        One whose scores are probabilities.
    edges : sequence of float
        Ascending, the first 0; the last bin is open.
    draws, seed : int
        As for `compare`. An interval is the wider of the bootstrap's and Wilson's, which takes
        falls as independent but knows that none seen is not none possible.
    """
    limits = np.append(np.asarray(edges, np.float64), np.inf)
    bins = [np.digitize(d.scores[predictor], limits) - 1 for d in districts]
    count = len(edges)
    parties, falls, expected = np.zeros(count), np.zeros(count), np.zeros(count)
    drawn, drawn_falls = np.zeros((draws, count)), np.zeros((draws, count))
    for district, place in zip(districts, bins, strict=True):
        parties += np.bincount(place, minlength=count)
        falls += np.bincount(place, district.fell, count)
        expected += np.bincount(place, district.scores[predictor], count)
    for k, some, weights in _draws(districts, draws, seed):
        for b in range(count):
            inside = bins[k] == b
            drawn[some, b] += weights[:, inside].sum(axis=1)
            drawn_falls[some, b] += weights[:, inside & districts[k].fell].sum(axis=1)
    return [
        CalibrationBin(
            lower=float(limits[b]),
            upper=float(limits[b + 1]),
            parties=int(parties[b]),
            falls=int(falls[b]),
            expected=float(expected[b] / parties[b]) if parties[b] else float("nan"),
            seen=_share_seen(int(falls[b]), int(parties[b]), drawn_falls[:, b], drawn[:, b]),
        )
        for b in range(count)
    ]


def spearman(one: Floats, other: Floats, *, draws: int = 1000, seed: int = 0) -> Estimate:
    """Rank correlation of two columns (shape (n,)), ties at their mean rank, bootstrapped by row.

    Raises
    ------
    BadInput
        When one of them does not vary.
    """
    for column in (one, other):
        if not _varies(column):
            rule = "ranks are correlated where values differ"
            raise BadInput(f"{len(column)} equal values", rule, "Leave the column out.")
    rng = np.random.default_rng(seed)
    found = np.empty(draws)
    for k in range(draws):
        at = np.zeros(len(one), np.int64)
        while not (_varies(one[at]) and _varies(other[at])):
            at = rng.integers(0, len(one), len(one))
        found[k] = _correlation(one[at], other[at])
    return _estimate(_correlation(one, other), found)


class _Ranking:
    """Parties of one predictor from the highest score to the lowest, equal scores together."""

    def __init__(self, score: Floats, fell: Bools) -> None:
        self.order = np.argsort(-score, kind="stable")
        ranked = score[self.order]
        self.start = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
        self.fell = fell[self.order].astype(np.float64)

    def _groups(self, weights: Floats) -> tuple[Floats, Floats]:
        """Weight of all and of the fallen in each group of equal scores, shape (draws, groups)."""
        ranked = weights[:, self.order]
        every = np.add.reduceat(ranked, self.start, axis=1)
        return every, np.add.reduceat(ranked * self.fell, self.start, axis=1)

    def auc(self, weights: Floats) -> Floats:
        every, fell = self._groups(weights)
        stood = every - fell
        total = stood.sum(axis=1, keepdims=True)
        below = total - np.cumsum(stood, axis=1) + stood / 2
        area: Floats = (fell * below).sum(axis=1) / (fell.sum(axis=1) * total[:, 0])
        return area

    def capture(self, weights: Floats) -> Floats:
        every, fell = self._groups(weights)
        before = np.cumsum(every, axis=1) - every
        room = TOP * every.sum(axis=1, keepdims=True) - before
        inside = np.clip(room / np.where(every > 0, every, 1), 0, 1)
        share: Floats = (fell * inside).sum(axis=1) / fell.sum(axis=1)
        return share


def _figures(names: Sequence[str], given: frozenset[str]) -> list[tuple[str, str]]:
    """Every predictor with the measures it has."""
    measures = [(name, m) for name in names for m in ("auc", "capture")]
    return measures + [(name, "brier") for name in names if name in given]


def _measured(district: Scored, weights: Floats) -> dict[tuple[str, str], Floats]:
    """Measures of all predictors of a district at some weights of its parties."""
    found: dict[tuple[str, str], Floats] = {}
    for name, score in district.scores.items():
        ranking = _Ranking(score, district.fell)
        found[name, "auc"] = ranking.auc(weights)
        found[name, "capture"] = ranking.capture(weights)
        if name in district.probabilities:
            found[name, "brier"] = weights @ (score - district.fell) ** 2 / weights.sum(axis=1)
    return found


def _once(fell: Bools) -> Floats:
    return np.ones((1, len(fell)))


def _draws(
    districts: Sequence[Scored], draws: int, seed: int
) -> Iterator[tuple[int, Ints, Floats]]:
    """District, the samples that drew it, and how often each drew its parties (shape (some, n)).

    A district that a sample draws twice comes twice, with parties drawn anew.
    """
    rng = np.random.default_rng(seed)
    count = len(districts)
    times = rng.multinomial(count, np.full(count, 1 / count), draws)
    for k, district in enumerate(districts):
        size = len(district.fell)
        for again in range(int(times[:, k].max())):
            asked = np.flatnonzero(times[:, k] > again)
            for start in range(0, len(asked), AT_ONCE):
                some = asked[start : start + AT_ONCE]
                weights = np.empty((len(some), size))
                bad = np.ones(len(some), np.bool_)
                while bad.any():  # a sample needs parties that fell and that stood
                    even = np.full(size, 1 / size)
                    weights[bad] = rng.multinomial(size, even, int(bad.sum()))
                    falls = weights @ district.fell
                    bad = (falls == 0) | (falls == size)
                yield k, some, weights


def _estimate(value: float, sample: Floats) -> Estimate:
    low, high = np.quantile(sample, (0.025, 0.975))
    return Estimate(value, min(float(low), value), max(float(high), value))


def _share_seen(falls: int, parties: int, drawn_falls: Floats, drawn: Floats) -> Estimate:
    if not parties:
        return Estimate(float("nan"), float("nan"), float("nan"))
    share, z = falls / parties, 1.959964
    middle = (share + z * z / (2 * parties)) / (1 + z * z / parties)
    half = z * np.sqrt(share * (1 - share) / parties + z * z / (4 * parties * parties))
    half /= 1 + z * z / parties
    some = drawn > 0
    boot = _estimate(share, drawn_falls[some] / drawn[some])
    return Estimate(share, min(boot.low, max(middle - half, 0.0)), max(boot.high, middle + half))


def _varies(values: Floats) -> bool:
    return bool((values != values[0]).any())


def _correlation(one: Floats, other: Floats) -> float:
    ranks = [_mean_ranks(column) for column in (one, other)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _mean_ranks(values: Floats) -> Floats:
    """Ranks from 1, equal values at the mean of theirs."""
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    mean: Floats = (last - (count - 1) / 2)[group]
    return mean
