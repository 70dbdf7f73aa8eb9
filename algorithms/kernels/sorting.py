"""Sorting by small whole numbers, in time proportional to how many there are."""

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@numba.njit(cache=True, nogil=True)
def counting_order(places: Ints, starts: Ints) -> Ints:
    """Stable sorting permutation of `places` (shape (m,)), from 0 to below n.

    `starts` (shape (n + 1,)) says how many lie below each place. Returns array of int64.
    """
    order = np.empty(len(places), np.int64)
    following = starts[:-1].copy()
    for k in range(len(places)):
        order[following[places[k]]] = k
        following[places[k]] += 1
    return order
