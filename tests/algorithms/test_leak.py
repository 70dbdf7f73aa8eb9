"""What a reader names: worked by hand, and against scores that know all or nothing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.leak import in_all, move, names_by_score, names_told

EVERYTHING = np.ones((3, 2), np.bool_)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_the_best_threshold_names_as_worked_by_hand() -> None:
    # By falling score: right, wrong, right, wrong. F1 = 2 right / (named + 2 hidden):
    # 2/3, 2/4, 4/5, 4/6. So three pairs are named, two of them right.
    score = np.array([[0.9], [0.8], [0.7], [0.1]])
    hidden = np.array([[1], [0], [1], [0]], np.bool_)
    found = names_by_score(score, hidden, [np.ones((4, 1), np.bool_)], rng())
    assert int(found.pairs.sum()) == 3
    assert int(found.right.sum()) == found.hidden == 2
    assert (found.precision, found.recall) == (pytest.approx(2 / 3), 1)


def test_a_fall_that_moves_all_less_is_read_by_who_moves_most() -> None:
    # Absolute scores put a wrong pair (0.8) above a right one (0.01); over the most of the same
    # fall the right ones are 1 and the wrong one 8/9.
    score = np.array([[0.9, 0.0], [0.8, 0.001], [0.0, 0.01]])
    hidden = np.array([[1, 0], [0, 0], [0, 1]], np.bool_)
    found = names_by_score(score, hidden, [EVERYTHING], rng())
    assert (found.precision, found.recall) == (1, 1)


def test_whoever_knows_the_other_ties_names_better() -> None:
    score = np.array([[0.9, 0.8], [0.5, 0.0], [0.0, 0.4]])
    hidden = np.array([[0, 0], [1, 0], [0, 1]], np.bool_)
    untied = np.array([[0, 0], [1, 1], [1, 1]], np.bool_)
    alone = names_by_score(score, hidden, [EVERYTHING], rng())
    knowing = names_by_score(score, hidden, [EVERYTHING, untied], rng())
    assert alone.precision == 0.5
    assert knowing.precision == knowing.recall == 1


def test_nothing_published_names_nothing() -> None:
    hidden = np.array([[1, 0], [0, 0], [0, 1]], np.bool_)
    found = names_by_score(np.zeros((3, 2)), hidden, [EVERYTHING], rng())
    assert not found.pairs.any()
    assert math.isnan(found.precision)
    assert not found.learnt


def test_a_score_that_knows_beats_chance_and_one_that_does_not_is_left_out() -> None:
    draw = np.random.default_rng(7)
    hidden = draw.random((60, 20)) < 0.05
    ignorant, knowing = draw.random((60, 20)), hidden + 0.5 * draw.random((60, 20))
    everything = [np.ones(hidden.shape, np.bool_)]
    learnt = names_by_score(knowing, hidden, everything, rng())
    guessed = names_by_score(ignorant, hidden, everything, rng())
    assert learnt.learnt
    assert learnt.recall == 1
    assert learnt.low < learnt.hidden < learnt.high
    assert learnt.chance < 0.2 * learnt.hidden
    assert not guessed.learnt
    assert guessed.right.any()
    assert (in_all([guessed, learnt], hidden).pairs == learnt.pairs).all()


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.floats(0.01, 100))
def test_shuffling_is_no_knowledge_where_all_falls_move_alike(seed: int, size: float) -> None:
    draw = np.random.default_rng(seed)
    hidden = draw.random((12, 5)) < 0.2
    score = np.repeat(size * draw.random((12, 1)), 5, axis=1)
    found = names_by_score(score, hidden, [np.ones(hidden.shape, np.bool_)], rng())
    assert not found.learnt
    assert found.p_value == 1
    assert found.chance == int(found.right.sum())


def test_what_is_told_outright_needs_no_chance() -> None:
    pairs = np.array([[1, 0], [1, 0], [0, 0]], np.bool_)
    hidden = np.array([[1, 0], [0, 0], [0, 1]], np.bool_)
    found = names_told(pairs, hidden)
    assert (found.precision, found.recall) == (0.5, 0.5)
    assert found.learnt


def test_moves_are_read_of_positive_figures_only() -> None:
    assert move(1, math.e) == pytest.approx(1)
    assert move(math.e, 1) == pytest.approx(1)
    assert move(0, 1) == move(None, 1) == move(1, None) == move(float("nan"), 1) == 0
