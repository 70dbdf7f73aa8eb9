"""Fill an empty database from an archive, and take back what was never finished.

No server holds a whole archive in one transaction. So rows, findings and journal lines go in by
batches while nobody can see them (no load is published, no journal has a head), and the last
transaction writes all loads and heads: then everything is there. A mark on the store's node says
that this is going on; whoever writes next and finds it, with its writer gone, empties the database.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, LiteralString

from neo4j import ManagedTransaction

from graph_model.errors import StoreError
from graph_model.schema import Dictionary
from graph_model.snapshot import OPEN_TX
from graph_model.store import records
from graph_model.store.neo4j_columns import ROW_PAGE, ranges
from graph_model.store.neo4j_findings import (
    REOPEN_FINDINGS,
    TAKE_BACK_FINDINGS,
    restore_findings,
)
from graph_model.store.neo4j_journal import CREATE_HEADS, CREATE_LINES, PAGE
from graph_model.store.neo4j_load import CREATE_LOADS
from graph_model.store.neo4j_queries import KindQueries, Ranged, queries_of
from graph_model.store.neo4j_rows import RowWriter
from graph_model.store.neo4j_schema import STORE_NAME, for_kind
from graph_model.store.neo4j_writer import Writer
from graph_model.store.protocol import Dump

HELD: LiteralString = (
    "RETURN EXISTS { MATCH (:_Load) } AS loads, EXISTS { MATCH (:_Journal) } AS journal"
)
RESTORING: LiteralString = "MATCH (w:_Store {name: $name}) RETURN coalesce(w.restoring, false)"
BEGIN_RESTORING: LiteralString = "MATCH (w:_Store {name: $name}) SET w.restoring = true"
END_RESTORING: LiteralString = "MATCH (w:_Store {name: $name}) REMOVE w.restoring"

UNPUBLISHED: LiteralString = (
    "MATCH (l:_Load {state: 'unpublished'}) "
    "RETURN l.number, coalesce(l.opened, []), coalesce(l.closed, []) ORDER BY l.number"
)
ABORTED: LiteralString = (
    "MATCH (l:_Load {number: $number}) SET l.state = 'aborted', l.ended_at = $now"
)

EMPTY_KIND: LiteralString = (
    "MATCH (n:<Kind>) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS"
)
EMPTY_REST: tuple[LiteralString, ...] = tuple(
    EMPTY_KIND.replace("<Kind>", label)
    for label in ("Enterprise", "_Finding", "_JournalLine", "_Journal", "_Load")
)


def undo_unfinished(writer: Writer, dictionary: Dictionary) -> None:
    """Take back what was never published, also after a crash; the writer holds the store."""
    connection = writer.connection
    if connection.read(RESTORING, {"name": STORE_NAME}) == [[True]]:
        _empty(writer, dictionary)
    for number, opened, closed in connection.read(UNPUBLISHED):
        for name in opened:
            _by_ranges(writer, dictionary, name, number, lambda queries: queries.take_back)
        for name in closed:
            _by_ranges(writer, dictionary, name, number, lambda queries: queries.reopen)

        def end(transaction: ManagedTransaction, number: int = number) -> None:
            asked = {"number": number, "now": records.now()}
            for query in (TAKE_BACK_FINDINGS, REOPEN_FINDINGS, ABORTED):
                transaction.run(query, asked).consume()

        writer.writing(end)


def _by_ranges(
    writer: Writer,
    dictionary: Dictionary,
    name: str,
    number: int,
    choose: Callable[[KindQueries], Ranged],
) -> None:
    """Change all rows of a load in one kind, a transaction a range of keys."""
    kind = dictionary.kind(name)
    first: str | None = ""
    while first is not None:

        def change(transaction: ManagedTransaction, first: str = first) -> str | None:
            chosen = choose(queries_of(kind))
            query, bounds = next(ranges(transaction, kind, chosen, ROW_PAGE, first))
            transaction.run(query, {"number": number, "open": OPEN_TX, **bounds}).consume()
            return bounds.get("bound")

        first = writer.writing(change)


def restore(writer: Writer, dictionary: Dictionary, dump: Dump) -> None:
    """Fill the empty store, all or nothing; the writer holds the store."""
    _refuse_unless_empty(writer)
    try:
        rows = RowWriter(writer.writing)
        for kind in dictionary.kinds.values():
            rows.write(kind, dump.rows(kind.name), lambda _: None)
        _in_batches(writer, restore_findings, iter(dump.findings()))
        heads: dict[str, list[Any]] = {}
        _in_batches(writer, _restore_lines, _noting_heads(dump, heads))
        loads = [list(records.cells_of_load(load)) for load in dump.loads()]

        def finish(transaction: ManagedTransaction) -> None:
            transaction.run(CREATE_LOADS, {"rows": loads}).consume()
            transaction.run(CREATE_HEADS, {"rows": list(heads.values())}).consume()
            transaction.run(END_RESTORING, {"name": STORE_NAME}).consume()

        writer.writing(finish)
    except BaseException:
        # The first error is the one to report; the next writer empties what is left.
        with suppress(StoreError):
            _empty(writer, dictionary)
        raise


def _refuse_unless_empty(writer: Writer) -> None:
    def begin(transaction: ManagedTransaction) -> None:
        held = transaction.run(HELD).single(strict=True)
        for what in ("loads", "journal"):
            if held[what]:
                raise StoreError(
                    writer.connection.where,
                    f"an archive is restored into an empty store only, and this one has {what}",
                    "Name a store that does not exist yet (ALLIANCE_STORE or --store).",
                )
        transaction.run(BEGIN_RESTORING, {"name": STORE_NAME}).consume()

    writer.writing(begin)


def _in_batches(
    writer: Writer,
    write: Callable[[ManagedTransaction, Iterable[Any]], int],
    pending: Iterator[Any],
) -> None:
    while batch := list(islice(pending, PAGE)):

        def work(transaction: ManagedTransaction, batch: list[Any] = batch) -> int:
            return write(transaction, batch)

        writer.writing(work)


def _restore_lines(transaction: ManagedTransaction, lines: Iterable[tuple[Any, ...]]) -> int:
    rows = [list(line) for line in lines]
    transaction.run(CREATE_LINES, {"rows": rows}).consume()
    return len(rows)


def _noting_heads(dump: Dump, heads: dict[str, list[Any]]) -> Iterator[tuple[Any, ...]]:
    for stream, line in dump.journals():
        heads[stream] = [stream, line["seq"], line["hash"]]
        yield records.cells_of_entry(stream, line)


def _empty(writer: Writer, dictionary: Dictionary) -> None:
    """Delete everything but the store's node."""
    for kind in dictionary.kinds.values():
        writer.connection.run(for_kind(EMPTY_KIND, kind))
    for query in EMPTY_REST:
        writer.connection.run(query)
    writer.writing(
        lambda transaction: transaction.run(END_RESTORING, {"name": STORE_NAME}).consume()
    )
