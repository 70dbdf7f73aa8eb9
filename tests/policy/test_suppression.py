"""Small cells of official tables cannot be read off what is shown."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_model.errors import BadInput
from policy.suppression import SmallCells, Suppressed, suppressed

RULE = SmallCells(5, 0.8)


def hide(
    counts: list[list[int]], sales: list[float] | None = None, largest: list[float] | None = None
) -> Suppressed:
    rows = len(counts)
    table = np.array(counts, np.int64).reshape(rows, -1)
    return suppressed(
        table,
        np.array(sales if sales is not None else [1.0] * rows),
        np.array(largest if largest is not None else [0.1] * rows),
        RULE,
    )


def test_a_street_of_four_is_hidden_with_the_next_smallest_and_the_total_stays() -> None:
    found = hide([[3, 1], [4, 2], [9, 3], [20, 5]])
    assert found.shown.tolist() == [False, False, True, True]
    assert found.total is not None
    assert found.total.tolist() == [36, 11]
    # what can be read off: the sum of the hidden rows, ten enterprises of two streets
    assert (found.total - found.counts.sum(axis=0)).tolist() == [7, 3]


def test_a_street_with_one_firm_above_four_fifths_of_its_sales_is_hidden() -> None:
    found = hide([[6, 0], [7, 1], [30, 2]], [100.0, 50.0, 900.0], [81.0, 5.0, 90.0])
    assert found.shown.tolist() == [False, False, True]
    at_the_limit = hide([[6, 0], [7, 1]], [100.0, 50.0], [80.0, 5.0])
    assert at_the_limit.shown.all()


def test_hidden_rows_together_must_be_a_row_that_could_be_shown() -> None:
    # two streets of two: their sum of four could be read off, so a third goes with them
    found = hide([[2, 0], [1, 1], [5, 3], [9, 9]])
    assert found.shown.tolist() == [False, False, False, True]


def test_a_single_small_street_takes_the_total_with_it() -> None:
    found = hide([[2, 1]])
    assert found.total is None
    assert not found.shown.any()
    alone = hide([[6, 1], [0, 0]], [10.0, 0.0], [9.0, 0.0])  # the total is that street
    assert alone.total is None


def test_empty_streets_are_told_as_empty() -> None:
    assert hide([[0, 0], [6, 6]]).shown.all()


def test_shapes_must_match() -> None:
    with pytest.raises(BadInput, match="per row"):
        hide([[6, 6]], [1.0, 2.0])


tables = st.integers(1, 7).flatmap(
    lambda rows: st.tuples(
        st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=rows, max_size=rows),
        st.lists(st.floats(0.01, 1.0), min_size=rows, max_size=rows),
    )
)


def equations(found: Suppressed) -> tuple[np.ndarray, np.ndarray]:
    """All that is published, as equations in the cells: rows that are shown, and the total."""
    rows, columns = found.counts.shape
    left, right = [], []
    for row, column in product(range(rows), range(columns)):
        if found.shown[row]:
            cell = np.zeros((rows, columns))
            cell[row, column] = 1
            left.append(cell.ravel())
            right.append(found.counts[row, column])
    if found.total is not None:
        for column in range(columns):
            cell = np.zeros((rows, columns))
            cell[:, column] = 1
            left.append(cell.ravel())
            right.append(found.total[column])
    return np.array(left).reshape(-1, rows * columns), np.array(right, dtype=np.float64)


@settings(max_examples=300)
@given(tables)
def test_no_hidden_cell_follows_from_what_is_published(
    table: tuple[list[list[int]], list[float]],
) -> None:
    counts, dominance = table
    sales = [float(sum(row)) for row in counts]
    largest = [share * whole for share, whole in zip(dominance, sales, strict=True)]
    found = hide(counts, sales, largest)
    left, _ = equations(found)
    known = np.linalg.matrix_rank(left) if left.size else 0
    rows, columns = found.counts.shape
    for row, column in product(range(rows), range(columns)):
        unit = np.zeros((1, rows * columns))
        unit[0, row * columns + column] = 1
        follows = bool(left.size) and np.linalg.matrix_rank(np.vstack((left, unit))) == known
        assert follows == bool(found.shown[row])
    # nor does the number of enterprises of a hidden row, or of all but one of the hidden rows
    for row in np.flatnonzero(~found.shown).tolist():
        sum_ = np.zeros((1, rows * columns))
        sum_[0, row * columns : (row + 1) * columns] = 1
        assert not left.size or np.linalg.matrix_rank(np.vstack((left, sum_))) > known


@settings(max_examples=300)
@given(tables)
def test_whole_numbers_leave_every_hidden_street_open(
    table: tuple[list[list[int]], list[float]],
) -> None:
    """Also who knows that cells are counts finds at least two answers for a hidden street."""
    counts, dominance = table
    sales = [float(sum(row)) for row in counts]
    largest = [share * whole for share, whole in zip(dominance, sales, strict=True)]
    found = hide(counts, sales, largest)
    hidden = np.flatnonzero(~found.shown)
    if found.total is None or not len(hidden):
        return
    left = found.total - found.counts.sum(axis=0)
    assert left.sum() >= RULE.least_enterprises
    filled = [row for row in hidden.tolist() if sum(counts[row])]
    assert len(filled) >= 2
    # the truth, and the truth with one enterprise moved between two hidden streets
    for row in filled:
        other = next(k for k in filled if k != row)
        column = next(c for c in range(3) if counts[row][c])
        moved = np.array(counts)
        moved[row, column] -= 1
        moved[other, column] += 1
        shown = np.where(found.shown[:, None], moved, 0)
        assert (shown == found.counts).all()
        assert (moved.sum(axis=0) == found.total).all()
