"""Guarantee circles, control groups, concentration: small cases by hand, and one law each."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.concentration import concentration
from algorithms.control_groups import control_groups
from algorithms.guarantee_circles import guarantee_circles


def places(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


def test_circles_are_told_by_their_shape() -> None:
    # 0 <-> 1; 2 -> 3 -> 4 -> 2; 5 -> 6 -> 7 -> 5 and 6 -> 5; 8 -> 9 is no circle
    giver = places(0, 1, 2, 3, 4, 5, 6, 7, 6, 8, 0)
    taker = places(1, 0, 3, 4, 2, 6, 7, 5, 5, 9, 1)
    found = {circle.parties: circle.shape for circle in guarantee_circles(giver, taker)}
    assert found == {(0, 1): "mutual", (2, 3, 4): "ring", (5, 6, 7): "web"}


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_a_circle_is_who_can_be_reached_and_reaches_back(pairs: list[tuple[int, int]]) -> None:
    giver, taker = places(*(p[0] for p in pairs)), places(*(p[1] for p in pairs))
    graph = nx.DiGraph(pairs)
    reach = {k: nx.descendants(graph, k) for k in graph}
    for circle in guarantee_circles(giver, taker):
        for one in circle.parties:
            back = {other for other in reach[one] if one in reach[other]} | {one}
            assert back == set(circle.parties)
    together = {k for circle in guarantee_circles(giver, taker) for k in circle.parties}
    assert together == {k for k in graph if any(k in reach[o] and o in reach[k] for o in graph)}


def groups(*rows: tuple[int, int, float]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    owner, owned = places(*(r[0] for r in rows)), places(*(r[1] for r in rows))
    share = np.array([r[2] for r in rows])
    found = control_groups(owner, owned, share, least_share=0.2)
    return [(group.parties, group.heads) for group in found]


def test_more_than_half_controls_and_so_does_the_largest_holder() -> None:
    # 0 has 78 % of 1, which has 51 % of 2; 3 has 35 % of 4, more than 5 with 30 %
    found = groups((0, 1, 0.78), (1, 2, 0.51), (3, 4, 0.35), (5, 4, 0.30))
    assert found == [((0, 1, 2), (0,)), ((3, 4), (3,))]


def test_small_equal_or_unstated_holdings_control_nothing() -> None:
    assert groups((0, 1, 0.1), (2, 3, 0.3), (4, 3, 0.3), (5, 6, float("nan"))) == []


def test_two_holdings_of_one_owner_add_up() -> None:
    assert groups((0, 1, 0.3), (0, 1, 0.3), (2, 1, 0.4)) == [((0, 1), (0,))]


def test_shares_and_the_herfindahl_index() -> None:
    amounts = places(50_00, 30_00, 20_00)
    found = concentration(["C", "C", "G"], amounts, places(1, 2, 3), 100_00, overlapping=False)
    assert [(g.key, g.amount_fen, g.borrowers) for g in found.groups] == [
        ("C", 80_00, 2),
        ("G", 20_00, 1),
    ]
    assert found.herfindahl == pytest.approx(0.68)  # 0.8 ** 2 + 0.2 ** 2


def test_an_empty_book_has_no_index_and_overlapping_groups_have_none() -> None:
    none = places()
    assert concentration([], none, none, 0, overlapping=False).herfindahl is None
    both = concentration(["x", "y"], places(5, 5), places(1, 1), 5, overlapping=True)
    assert both.herfindahl is None
    assert [g.share for g in both.groups] == [1.0, 1.0]
