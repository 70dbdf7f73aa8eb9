"""Sorting by counting agrees with sorting by comparing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from algorithms.kernels.sorting import counting_order


@given(st.lists(st.integers(0, 9), max_size=40))
def test_the_order_is_the_stable_one(places: list[int]) -> None:
    given_ = np.array(places, np.int64)
    starts = np.concatenate(([0], np.cumsum(np.bincount(given_, minlength=10))))
    expected = np.argsort(given_, kind="stable")
    assert counting_order(given_, starts).tolist() == expected.tolist()
