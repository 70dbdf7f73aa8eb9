"""Simple rules that foretell falls, to hold chain risk against: each one score a party.

    number of links       partners whose fall would cost it something
    largest exposure      what it loses by the one partner that would cost it most, in fen
    exposure / capacity   the same, over what it can lose before it falls
    PageRank              p = (1 - d) v + d * P' p,  v proportional to own risk, P from a fallen
                          party to those it hits, by the loss
    neighbour logistic    log odds = w0 + w . features: own risk, the three above, first-order
                          losses weighed by the partners' own risk, partners that have fallen

Page, Brin, Motwani and Winograd (1999), The PageRank citation ranking; Jeh and Widom (2003),
Scaling personalized web search.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.industry import RunNetwork
from algorithms.links import Floats, Ints
from graph_model.errors import BadInput, NotConverged
from graph_model.network import MISSING

DAMPING = 0.85
PAGERANK_RESIDUAL = 1e-12
PAGERANK_ROUNDS = 1_000
RIDGE = 1.0
"""Penalty on squared weights of standardised features: a prior of one standard deviation."""

FEATURES = (
    "own log rate",
    "log number of links",
    "log largest exposure",
    "log exposure / capacity",
    "log all exposures / capacity",
    "log exposures / capacity by own risk of partners",
    "log exposures / capacity to fallen partners",
    "own risk of partners, mean by loss",
)


@dataclass(frozen=True)
class Pairs:
    """Who would lose what by whose fall, layers added, industries left out.

    Parameters
    ----------
    hit, fallen : array of int64, shape (p,)
        Each pair once.
    loss : array of float64, shape (p,)
        Fen, positive.
    """

    hit: Ints
    fallen: Ints
    loss: Floats


@dataclass(frozen=True)
class Logistic:
    """A fitted logistic regression on standardised features.

    Parameters
    ----------
    intercept : float
    weight, centre, spread : array of float64, shape (f,)
    """

    intercept: float
    weight: Floats
    centre: Floats
    spread: Floats

    def probability(self, features: Floats) -> Floats:
        """Of each row of `features`, shape (n, f): array of float64, shape (n,)."""
        odds = self.intercept + ((features - self.centre) / self.spread) @ self.weight
        return 1 / (1 + np.exp(-odds))


def pairs_of(made: RunNetwork, parties: int) -> Pairs:
    """Losses between the parties of a picture, from its links."""
    links = made.links
    some = (links.hit < parties) & (links.fallen < parties) & (links.loss_fen != MISSING)
    some &= links.loss_fen > 0
    code = links.hit[some].astype(np.int64) * parties + links.fallen[some]
    pairs, place = np.unique(code, return_inverse=True)
    loss = np.zeros(len(pairs))
    np.add.at(loss, place, links.loss_fen[some].astype(np.float64))
    return Pairs(pairs // max(parties, 1), pairs % max(parties, 1), loss)


def link_count(pairs: Pairs, parties: int) -> Floats:
    """Partners of each party, shape (n,)."""
    return np.bincount(pairs.hit, minlength=parties).astype(np.float64)


def largest_exposure(pairs: Pairs, parties: int) -> Floats:
    """Largest loss of each party by one partner, in fen, shape (n,)."""
    largest = np.zeros(parties)
    np.maximum.at(largest, pairs.hit, pairs.loss)
    return largest


def personalised_pagerank(pairs: Pairs, restart: Floats) -> Floats:
    """Where distress that starts with `restart` and follows losses is found.

    Parameters
    ----------
    pairs : Pairs
    restart : array of float64, shape (n,)
        Not negative, not all 0. A party that hits nobody hands on to it.

    Returns
    -------
    array of float64, shape (n,)
        Adds up to 1.

    Raises
    ------
    NotConverged
        When the iteration does not come to rest.
    """
    parties = len(restart)
    if not restart.sum() > 0 or (restart < 0).any():
        rule = "distress starts somewhere: weights are not negative, one is positive"
        raise BadInput("restart", rule, "Give the own risk of the parties.")
    restart = restart / restart.sum()
    given = np.bincount(pairs.fallen, pairs.loss, parties)
    share = pairs.loss / given[pairs.fallen]
    ends = given == 0
    found, residual = restart, 1.0
    for _ in range(PAGERANK_ROUNDS):
        passed = found[ends].sum() * restart
        np.add.at(passed, pairs.hit, share * found[pairs.fallen])
        fresh: Floats = (1 - DAMPING) * restart + DAMPING * passed
        residual = float(np.abs(fresh - found).sum())
        found = fresh
        if residual < PAGERANK_RESIDUAL:
            return found
    rule = f"the residual is below {PAGERANK_RESIDUAL} after {PAGERANK_ROUNDS} rounds"
    raise NotConverged(f"PageRank, residual {residual:g}", rule, "Check the amounts.")


def neighbour_features(
    pairs: Pairs, own_rate: Floats, fallen: npt.NDArray[np.bool_], capacity: Floats
) -> Floats:
    """Features of `FEATURES` for every party.

    Parameters
    ----------
    pairs : Pairs
    own_rate : array of float64, shape (n,)
        Per year; NaN where unknown, which counts as nothing here.
    fallen : array of bool, shape (n,)
        Target event within the year before.
    capacity : array of float64, shape (n,)
        Fen; NaN where unknown, with which nothing is divided.

    Returns
    -------
    array of float64, shape (n, f)
    """
    parties = len(own_rate)
    own = np.nan_to_num(own_rate, nan=0.0)
    room = np.where(np.isnan(capacity) | (capacity <= 0), np.inf, capacity)
    risk = np.where(fallen[pairs.fallen], 0.0, own[pairs.fallen])
    largest = largest_exposure(pairs, parties)
    total = np.bincount(pairs.hit, pairs.loss, parties)
    risky = np.bincount(pairs.hit, pairs.loss * risk, parties)
    gone = np.bincount(pairs.hit, pairs.loss * fallen[pairs.fallen], parties)
    return np.column_stack(
        [
            np.log(np.maximum(own, 1e-6)),
            np.log1p(link_count(pairs, parties)),
            np.log1p(largest),
            _log_share(largest / room),
            _log_share(total / room),
            _log_share(risky / room),
            _log_share(gone / room),
            np.divide(risky, total, out=np.zeros(parties), where=total > 0),
        ]
    )


def fit_logistic(features: Floats, fell: npt.NDArray[np.bool_]) -> Logistic:
    """Maximum likelihood with a ridge, by Newton steps.

    Parameters
    ----------
    features : array of float64, shape (n, f)
    fell : array of bool, shape (n,)
        Both values occur.

    Raises
    ------
    NotConverged
        When the steps do not end.
    """
    centre, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(fell)), (features - centre) / spread])
    ridge = np.diag([0.0, *np.full(features.shape[1], RIDGE)])
    weight = np.zeros(design.shape[1])
    rate = float(fell.mean())
    weight[0] = np.log(rate / (1 - rate))
    here = _penalised(weight, design, fell)
    for _ in range(100):
        p = 1 / (1 + np.exp(-design @ weight))
        slope = design.T @ (fell - p) - ridge @ weight
        step = np.linalg.solve((design * (p * (1 - p))[:, None]).T @ design + ridge, slope)
        if slope @ step < 1e-10:
            return Logistic(float(weight[0]), weight[1:], centre, spread)
        while (beyond := _penalised(weight + step, design, fell)) < here:
            step = step / 2
        weight, here = weight + step, beyond
    raise NotConverged("logistic regression", "its steps end within 100", "Check the features.")


def _penalised(weight: Floats, design: Floats, fell: npt.NDArray[np.bool_]) -> float:
    """Log-likelihood less the ridge: concave, so that every small enough step goes up."""
    odds = design @ weight
    return float((fell * odds - np.logaddexp(0, odds)).sum() - RIDGE / 2 * weight[1:] @ weight[1:])


def _log_share(share: Floats) -> Floats:
    """Logarithm of a share of capacity, from 0.01 % on."""
    return np.log1p(share / 1e-4)
