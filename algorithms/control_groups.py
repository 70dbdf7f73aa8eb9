"""Control groups: parties under one hand, as far as holdings say.

A holder controls a party when it holds more than half of its capital, or, where nobody does, when
it holds more than any other and at least the least share. Parties that control joins are a group.
"""

from dataclasses import dataclass
from math import isnan

import networkx as nx
import numpy as np
import numpy.typing as npt

from graph_model.network import Ints

HALF = 0.5


@dataclass(frozen=True)
class ControlGroup:
    """One group.

    Attributes
    ----------
    parties : tuple of int
        Places, ascending.
    heads : tuple of int
        Those of them whom nobody in the group controls; empty where control goes in a ring.
    """

    parties: tuple[int, ...]
    heads: tuple[int, ...]


def control_groups(
    owner: Ints, owned: Ints, share: npt.NDArray[np.float64], *, least_share: float
) -> tuple[ControlGroup, ...]:
    """All groups of two parties or more, the largest first.

    Parameters
    ----------
    owner, owned : array of int64, shape (m,)
        Places; several holdings of one pair add up.
    share : array of float64, shape (m,)
        Of the capital; NaN where it is not stated, and then it controls nothing.
    least_share : float
        The largest holder below half controls from this share on.
    """
    held: dict[int, dict[int, float]] = {}
    for giver, taker, part in zip(owner.tolist(), owned.tolist(), share.tolist(), strict=True):
        if giver != taker and not isnan(part):
            of = held.setdefault(taker, {})
            of[giver] = of.get(giver, 0.0) + part
    graph: nx.DiGraph[int] = nx.DiGraph()
    for taker, holders in held.items():
        most = max(holders.values())
        largest = [giver for giver, part in holders.items() if part == most]
        if most > HALF or (len(largest) == 1 and most >= least_share):
            graph.add_edge(largest[0], taker)
    found = []
    for members in nx.weakly_connected_components(graph):
        heads = tuple(sorted(k for k in members if graph.in_degree(k) == 0))
        found.append(ControlGroup(tuple(sorted(members)), heads))
    return tuple(sorted(found, key=lambda group: (-len(group.parties), group.parties)))
