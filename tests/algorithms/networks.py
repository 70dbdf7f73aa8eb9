"""Small random networks for the laws of chain risk."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from algorithms.links import Links

LAYERS = ("receivable", "sales", "supply")


def links_of(rows: list[tuple[int, int, int, float]]) -> Links:
    """Links from (hit, fallen, layer, rate), without amounts or statements."""
    count = len(rows)
    return Links(
        hit=np.array([row[0] for row in rows], np.int32),
        fallen=np.array([row[1] for row in rows], np.int32),
        layer=np.array([row[2] for row in rows], np.int8),
        rate=np.array([row[3] for row in rows], np.float64),
        loss_fen=np.zeros(count, np.int64),
        layers=LAYERS,
        statements_indptr=np.zeros(count + 1, np.int64),
        statements=np.zeros(0, np.int64),
    )


@dataclass(frozen=True)
class Case:
    """Names, own rates and links of a small network."""

    names: list[bytes]
    own: list[float]
    rows: list[tuple[int, int, int, float]]
    seed: int

    @property
    def party_id(self) -> NDArray[np.bytes_]:
        return np.array(self.names)

    @property
    def own_rate(self) -> NDArray[np.float64]:
        return np.array(self.own)

    @property
    def links(self) -> Links:
        return links_of(self.rows)


rates = st.one_of(st.just(0.0), st.floats(1e-4, 0.2), st.floats(0.2, 8.0))


@st.composite
def cases(draw: st.DrawFn, most: int = 6) -> Case:
    size = draw(st.integers(2, most))
    names = draw(
        st.lists(
            st.binary(min_size=1, max_size=6).filter(lambda b: not b.endswith(b"\0")),
            min_size=size,
            max_size=size,
            unique=True,
        )
    )
    triples = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1), st.integers(0, 2))
    chosen = draw(st.lists(triples.filter(lambda t: t[0] != t[1]), unique=True, max_size=14))
    return Case(
        names,
        draw(st.lists(rates, min_size=size, max_size=size)),
        [(*triple, draw(rates)) for triple in chosen],
        draw(st.integers(0, 2**64 - 1)),
    )
