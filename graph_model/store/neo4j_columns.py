"""Statements of a kind read in ranges of keys: as columns for pictures, as rows for the rest.

A range comes as one record of collected lists: row by row the driver would take three times as
long.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, LiteralString

import pyarrow as pa
from neo4j import ManagedTransaction

from graph_model.errors import BadInput
from graph_model.network import MISSING
from graph_model.schema import Kind
from graph_model.snapshot import OPEN_TX, Snapshot
from graph_model.statement import Row
from graph_model.store.columns import arrow_type
from graph_model.store.neo4j_connection import Connection
from graph_model.store.neo4j_queries import Ranged, queries_of, table_queries

TABLE_PAGE = 50_000
ROW_PAGE = 10_000
"""Rows of one range, and all rows of its first key besides."""

FILLING = {"no_text": "", "no_integer": MISSING, "no_rate": math.nan, "open": OPEN_TX}
"""What stands for a missing cell in a table."""


def read_columns(
    connection: Connection, kind: Kind, columns: Sequence[str], snapshot: Snapshot
) -> pa.Table:
    """Columns of the rows that count; `snapshot.tx` is published; see `protocol.Store.table`."""
    if not columns:
        raise BadInput(kind.name, "no column was asked for", "Name at least one column.")
    schema = pa.schema([(name, arrow_type(kind, name)) for name in columns])
    queries = table_queries(kind, tuple(columns))
    asked = {"tx": snapshot.tx, "day": snapshot.date.isoformat(), **FILLING}

    def ask(transaction: ManagedTransaction) -> list[pa.Table]:
        tables = []
        for query, bounds in ranges(transaction, kind, queries, TABLE_PAGE):
            found = transaction.run(query, {**asked, **bounds}).single(strict=True)
            count, *cells = found.values()
            if count:
                arrays = [pa.array(c, f.type) for c, f in zip(cells, schema, strict=True)]
                tables.append(pa.Table.from_arrays(arrays, schema=schema))
        return tables

    return pa.concat_tables([schema.empty_table(), *connection.reading(ask)])


def read_rows(
    connection: Connection,
    kind: Kind,
    queries: Ranged,
    parameters: Mapping[str, Any],
) -> Iterator[Row]:
    """Rows of the ranges of a kind, in the order of their identity; a transaction a range."""
    first: str | None = ""
    while first is not None:

        def ask(transaction: ManagedTransaction, first: str = first) -> tuple[str | None, Any]:
            query, bounds = next(ranges(transaction, kind, queries, ROW_PAGE, first))
            found = transaction.run(query, {**parameters, **bounds}).single(strict=True)
            return bounds.get("bound"), found[0]

        first, cells = connection.reading(ask)
        yield from in_order(cells)


def in_order(cells: Iterable[Sequence[Any]]) -> list[Row]:
    """Rows of stored cells, by their identity."""
    return sorted(map(Row.of, cells), key=attrgetter("row_id"))


def ranges(
    transaction: ManagedTransaction,
    kind: Kind,
    queries: Ranged,
    page: int,
    first: str = "",
) -> Iterator[tuple[LiteralString, dict[str, str]]]:
    """From a key on, each range's query and bounds; the last one has no `bound`."""

    def bound_after(many: int) -> str | None:
        asked = {"first": first, "page": many}
        found = transaction.run(queries_of(kind).bound, asked).single()
        return found[0] if found else None

    while (bound := bound_after(page)) is not None:
        query = queries.between
        # The index has code points in order, but a range whose bounds stand the other way round as
        # UTF-16 is taken for empty; then one key at a time, until they do not.
        if _as_utf16(first) >= _as_utf16(bound):
            query, bound = queries.alone, str(bound_after(0))
        yield query, {"first": first, "bound": bound}
        first = bound
    yield queries.onwards, {"first": first}


def _as_utf16(text: str) -> bytes:
    return text.encode("utf-16-be")
