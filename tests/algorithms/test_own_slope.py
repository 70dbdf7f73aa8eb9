"""How steep own risk is: found again, shrunk where little is known, and never turned round."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from algorithms.own_slope import LEAST, PRIOR_SPREAD, own_slope


def outcomes(rng: np.random.Generator, steepness: float, count: int = 4000) -> tuple:  # type: ignore[type-arg]
    doublings = rng.normal(0, 1.5, count)
    odds = np.exp(-3 + steepness * np.log(2) * doublings)
    return doublings, rng.random(count) < odds / (1 + odds)


@pytest.mark.parametrize("steepness", [0.5, 1.0, 1.6])
def test_a_steepness_is_found_again(steepness: float) -> None:
    found = own_slope(*outcomes(np.random.default_rng(1), steepness))
    assert found.interval[0] < steepness < found.interval[1]
    assert found.interval[1] - found.interval[0] < 0.5
    assert found.parties == 4000


def test_with_many_outcomes_it_is_the_plain_logistic() -> None:
    doublings, fell = outcomes(np.random.default_rng(2), 0.7, 40_000)
    judge = LogisticRegression(C=np.inf, tol=1e-10).fit(doublings[:, None] * np.log(2), fell)
    assert own_slope(doublings, fell).value == pytest.approx(judge.coef_[0, 0], abs=0.005)


def test_few_outcomes_move_it_little() -> None:
    # the one that fell lost fewest points: the plain logistic would run away to minus infinity
    doublings, fell = np.arange(-5.0, 5.0), np.arange(10) == 0
    found = own_slope(doublings, fell)
    assert LEAST <= found.value < 1
    assert found.interval[1] - found.interval[0] <= 2 * 1.96 * PRIOR_SPREAD


def test_points_that_mean_the_reverse_leave_a_flat_scorecard() -> None:
    doublings, fell = outcomes(np.random.default_rng(3), -1.0)
    assert own_slope(doublings, fell).value == LEAST


def test_nothing_is_learned_where_all_stood_or_no_points_are_known() -> None:
    stood = own_slope(np.arange(5.0), np.zeros(5, bool))
    assert (stood.value, stood.falls) == (1.0, 0)
    unknown = own_slope(np.full(3, np.nan), np.array([True, False, False]))
    assert (unknown.value, unknown.parties, unknown.falls) == (1.0, 0, 0)
