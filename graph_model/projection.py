"""The picture as a graph for people: parties with their level, and one link a pair and measure.

It is made anew after each publication, for whoever looks at the database itself; nothing is
computed from it. Which measure becomes which relationship is `dictionary/projection.csv`.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from graph_model.network import MISSING, CreditNetwork, Matrix
from graph_model.snapshot import day_of_number

TABLE = Path(__file__).parent / "dictionary" / "projection.csv"
TEXT_COLUMNS = ("name", "kind", "sector", "street", "size", "reg_state")
"""Columns of a party that are shown with it, where they are known."""

Link = tuple[str, str]
"""Party ids, in the direction of the relationship."""

Values = tuple[int | None, ...]


@dataclass(frozen=True)
class Projection:
    """One published picture as nodes and relationships.

    Attributes
    ----------
    date, network_id, run_id : str
        Day, picture and run it shows.
    quantities : mapping of str to tuple of str
        By relationship type, names of its properties.
    nodes : mapping of str to mapping of str to str
        Properties of each party, by party id.
    links : mapping of str to mapping of Link to tuple of int or None
        By type and pair, the quantities (fen; None where nothing is known) and last the number of
        statements behind them.
    """

    date: str
    network_id: str
    run_id: str
    quantities: Mapping[str, tuple[str, ...]]
    nodes: Mapping[str, Mapping[str, str]]
    links: Mapping[str, Mapping[Link, Values]]


@dataclass(frozen=True)
class Refreshed:
    """What a refresh of the graph changed."""

    nodes: int
    links_added: int
    links_changed: int
    links_removed: int


@runtime_checkable
class ShowsGraph(Protocol):
    """A store in which people look at the graph itself."""

    def show(self, projection: Projection) -> Refreshed:
        """Replace the graph; readers see the one before or the one after.

        Raises
        ------
        StoreBusy
            While a load is written.
        StoreError
            When the server cannot keep it.
        """
        ...


@cache
def relationship_types() -> dict[str, str]:
    """Relationship type of each measure."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["measure"]: row["type"] for row in csv.DictReader(file)}


def projection_of(network: CreditNetwork, levels: Sequence[str | None], run_id: str) -> Projection:
    """Make the graph of a picture.

    Parameters
    ----------
    network : CreditNetwork
    levels : sequence of str or None, length n
        Warning level of each party; "" and None where there is none.
    run_id : str
        Published run that the levels are of.
    """
    day = network.valid_date.isoformat()
    ids = network.ids()
    types = {m: t for m, t in relationship_types().items() if m in network.matrices}
    return Projection(
        date=day,
        network_id=network.network_id,
        run_id=run_id,
        quantities={t: _properties(network.matrices[m]) for m, t in types.items()},
        nodes={party: _node(network, k, levels[k]) for k, party in enumerate(ids)},
        links={t: _links(network.matrices[m], ids) for m, t in types.items()},
    )


def _node(network: CreditNetwork, place: int, level: str | None) -> dict[str, str]:
    found = {name: network.text(name, place) for name in TEXT_COLUMNS if name in network.columns}
    found["level"] = level or ""
    event = int(network.columns["event_on"][place].astype(np.int64))
    if event != MISSING:
        found["event_on"] = day_of_number(event).isoformat()
    return {name: text for name, text in found.items() if text}


def _properties(matrix: Matrix) -> tuple[str, ...]:
    return (*(f"{name}_fen" for name in sorted(matrix.quantities)), "statements")


def _links(matrix: Matrix, ids: Sequence[str]) -> dict[Link, Values]:
    columns = [
        [None if value == MISSING else value for value in matrix.quantities[name].tolist()]
        for name in sorted(matrix.quantities)
    ]
    counts = (matrix.evidence_indptr[1:] - matrix.evidence_indptr[:-1]).tolist()
    pairs = zip(matrix.rows.tolist(), matrix.indices.tolist(), strict=True)
    values = zip(*columns, counts, strict=True)
    return {(ids[r], ids[c]): value for (r, c), value in zip(pairs, values, strict=True)}
