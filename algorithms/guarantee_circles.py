"""Guarantee circles (担保圈): parties that guarantee one another, directly or around a ring.

A circle is a strongly connected component of "guarantees" with two parties or more: when one of
them is called, the call can come back to it. Tarjan, R. E. (1972), SIAM Journal on Computing 1(2).
"""

from dataclasses import dataclass
from typing import Literal

import networkx as nx

from graph_model.network import Ints

Shape = Literal["mutual", "ring", "web"]


@dataclass(frozen=True)
class Circle:
    """One circle.

    Attributes
    ----------
    parties : tuple of int
        Places, ascending.
    guarantees : int
        Pairs (guarantor, borrower) within it.
    shape : {"mutual", "ring", "web"}
        Two who guarantee each other; each guarantees exactly one; anything denser.
    """

    parties: tuple[int, ...]
    guarantees: int
    shape: Shape


def guarantee_circles(guarantor: Ints, borrower: Ints) -> tuple[Circle, ...]:
    """All circles, the largest first.

    Parameters
    ----------
    guarantor, borrower : array of int64, shape (m,)
        Places of the two parties of each guarantee; pairs may repeat.
    """
    graph: nx.DiGraph[int] = nx.DiGraph()
    pairs = zip(guarantor.tolist(), borrower.tolist(), strict=True)
    graph.add_edges_from((giver, taker) for giver, taker in pairs if giver != taker)
    found = []
    for members in nx.strongly_connected_components(graph):
        if len(members) < 2:
            continue
        count = graph.subgraph(members).number_of_edges()
        shape: Shape = "web"
        if count == len(members):
            shape = "mutual" if count == 2 else "ring"
        found.append(Circle(tuple(sorted(members)), count, shape))
    return tuple(sorted(found, key=lambda circle: (-len(circle.parties), circle.parties)))
