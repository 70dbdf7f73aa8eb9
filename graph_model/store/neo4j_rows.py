"""Write statements, the same for a load and for an archive; every cell is checked before."""

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from operator import attrgetter
from types import NoneType
from typing import Any

from neo4j import ManagedTransaction

from graph_model.errors import StoreError
from graph_model.schema import RESERVED, Kind
from graph_model.statement import Row
from graph_model.store.columns import column_type
from graph_model.store.neo4j_queries import MERGE_PARTIES, queries_of

WRITE_BATCH = 10_000
"""Rows of one transaction."""

PYTHON_TYPES: dict[str, set[type]] = {
    "TEXT": {str},
    "INTEGER": {int, bool},
    "REAL": {float, int, bool},
}

Cells = list[tuple[Any, ...]]
Writing = Callable[[Callable[[ManagedTransaction], int]], int]


class RowWriter:
    """Writes rows, and remembers which parties are in the database."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._known: set[str] = set()

    def write(
        self, kind: Kind, rows: Iterable[Row], before: Callable[[ManagedTransaction], object]
    ) -> int:
        """Write rows in transactions that each begin with `before`; returns how many."""
        pending, written = iter(rows), 0
        names = (*RESERVED, *kind.field_names)
        places = [names.index(role) for role in kind.party_fields]
        while batch := list(islice(pending, WRITE_BATCH)):
            batch.sort(key=attrgetter("key"))  # neighbours in the index are written together
            cells = list(_checked(kind, [row.cells for row in batch]))
            parties = {row[place] for row in cells for place in places} - {None}
            new = sorted(parties - self._known)
            roles = sum(row[place] is not None for row in cells for place in places)

            def work(
                transaction: ManagedTransaction,
                cells: Cells = cells,
                new: list[str] = new,
                roles: int = roles,
            ) -> int:
                before(transaction)
                if new:
                    transaction.run(MERGE_PARTIES, {"ids": new}).consume()
                done = transaction.run(queries_of(kind).create, {"rows": cells}).consume()
                if done.counters.relationships_created != roles:
                    raise StoreError(
                        kind.name,
                        f"{roles} roles make as many relationships, and the server made "
                        f"{done.counters.relationships_created}",
                        "Load again; somebody else deletes from the database.",
                    )
                return done.counters.nodes_created

            written += self._writing(work)
            self._known |= parties
        return written

    def forget_parties(self) -> None:
        """Ask the database again who is there: some may have been deleted."""
        self._known.clear()


def _checked(kind: Kind, rows: Cells) -> Iterator[tuple[Any, ...]]:
    """Rows whose every cell is of its column's type; rates become floats, flags integers."""
    columns: list[Iterable[Any]] = []
    names = (*RESERVED, *kind.field_names)
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        type_ = column_type(kind, name)
        found = set(map(type, column)) - {NoneType}
        rates = [cell for cell in column if cell is not None] if type_ == "REAL" else []
        if (
            not found <= PYTHON_TYPES[type_]
            or (name in kind.field_names and type_ == "TEXT" and "" in column)
            or not all(map(math.isfinite, rates))
        ):
            raise StoreError(
                f"{kind.name}.{name}",
                "a value is of its field's type, never empty text and never infinite",
                "Give None where nothing is known.",
            )
        if type_ == "REAL" and found - {float}:
            columns.append([None if cell is None else float(cell) for cell in column])
        elif type_ == "INTEGER" and found - {int}:
            columns.append([None if cell is None else int(cell) for cell in column])
        else:
            columns.append(column)
    return zip(*columns, strict=True)
