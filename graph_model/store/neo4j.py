"""The production store: one database of a Neo4j server, readable by many, written by one load.

Journals may be appended while a load runs; everything else that writes is a load.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, LiteralString

import pyarrow as pa

from graph_model.errors import StoreBusy, StoreError
from graph_model.schema import Dictionary
from graph_model.snapshot import OPEN_TX, Snapshot
from graph_model.statement import LoadRecord, Row, Source
from graph_model.store import neo4j_journal, records
from graph_model.store.neo4j_columns import in_order, read_columns, read_rows
from graph_model.store.neo4j_connection import Address, Connection
from graph_model.store.neo4j_findings import findings_upto
from graph_model.store.neo4j_load import HEAD, Neo4jLoad
from graph_model.store.neo4j_queries import queries_of
from graph_model.store.neo4j_restore import restore, undo_unfinished
from graph_model.store.neo4j_schema import prepare
from graph_model.store.neo4j_writer import Writer
from graph_model.store.protocol import Dump, JournalEntry

LOADS: LiteralString = (
    "MATCH (l:_Load) WHERE l.state <> 'unpublished' "
    "RETURN l.number, l.state, l.source, l.files, l.started_at, l.ended_at ORDER BY l.number"
)

RESTORE_WAIT_SECONDS = 10.0


class Neo4jStore:
    """A store in one database of a server.

    Parameters
    ----------
    address : neo4j_connection.Address
        Server, database, user and password.
    dictionary : Dictionary
        Kinds and fields; what is new in it gets its constraint.

    Raises
    ------
    StoreError
        When no server answers, it refuses the user, is too old, has no such database, or the
        database is of a later form, of another program, or holds what the dictionary lacks.
    """

    def __init__(self, address: Address, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self.connection = Connection(address)
        self._own = threading.local()
        try:
            prepare(self.connection, dictionary)
        except BaseException:
            self.close()
            raise

    def head(self) -> int:
        """Return the number of the last published load, 0 before the first."""
        return int(self.connection.read(HEAD)[0][0])

    @contextmanager
    def begin(self, source: Source, *, wait_seconds: float = 10.0) -> Iterator[Neo4jLoad]:
        """Start a load; see `protocol.Store.begin`."""
        with self._alone(wait_seconds) as writer:

            def undo() -> None:
                undo_unfinished(writer, self.dictionary)

            undo()
            load = Neo4jLoad(writer, self.dictionary, source, undo)
            try:
                yield load
            except BaseException:
                # The first error is the one to report; the next load undoes what is left.
                with suppress(StoreError):
                    load.abort()
                raise
            load.abort()

    @contextmanager
    def _alone(self, wait_seconds: float) -> Iterator[Writer]:
        if getattr(self._own, "is_writing", False):
            raise StoreBusy(
                self.connection.where,
                "this thread is in the middle of a load",
                "End that load first.",
            )
        writer = Writer(self.connection)
        with writer.held(wait_seconds):
            self._own.is_writing = True
            try:
                yield writer
            finally:
                self._own.is_writing = False

    def table(self, kind: str, snapshot: Snapshot, columns: Sequence[str]) -> pa.Table:
        """Columns of the rows that count; see `protocol.Store.table`."""
        known = self.dictionary.kind(kind)
        asked = replace(snapshot, tx=self._published(snapshot.tx))
        return read_columns(self.connection, known, columns, asked)

    def history(self, key: str) -> list[tuple[str, Row]]:
        """Everything ever published under a key or about a party; see `protocol.Store.history`."""
        asked = {"key": key, "tx": self.head(), "open": OPEN_TX}
        found: list[tuple[str, Row]] = []
        for kind in self.dictionary.kinds.values():
            cells = self.connection.read(queries_of(kind).history, asked)[0][0]
            found += [(kind.name, row) for row in in_order(cells)]
        return found

    def rows(self, kind: str, upto: int | None = None) -> Iterator[Row]:
        """Every published row of a kind; see `protocol.Store.rows`."""
        known = self.dictionary.kind(kind)
        asked = {"tx": self._published(upto), "open": OPEN_TX}
        yield from read_rows(self.connection, known, queries_of(known).rows, asked)

    def loads(self) -> list[LoadRecord]:
        """Every load that has ended, by number."""
        return [records.load_of(*row) for row in self.connection.read(LOADS)]

    def findings(self, source: str | None = None, upto: int | None = None) -> list[dict[str, Any]]:
        """Findings of published loads; see `protocol.Store.findings`."""
        return findings_upto(self.connection, source, self._published(upto))

    def append(self, stream: str, at: str, payload: Mapping[str, Any]) -> JournalEntry:
        """Add one line to a journal; see `protocol.Store.append`."""
        return neo4j_journal.append(self.connection, stream, at, payload)

    def journal(self, stream: str, after: int = 0) -> Iterator[JournalEntry]:
        """Lines of a journal, in order; see `protocol.Store.journal`."""
        return neo4j_journal.lines(self.connection, stream, after)

    def streams(self) -> list[str]:
        """Names of the journals that have lines."""
        return neo4j_journal.streams(self.connection)

    def restore(self, dump: Dump) -> None:
        """Fill an empty store, all or nothing; see `protocol.Store.restore`."""
        with self._alone(RESTORE_WAIT_SECONDS) as writer:
            undo_unfinished(writer, self.dictionary)
            restore(writer, self.dictionary, dump)

    def close(self) -> None:
        """Close the connections of all threads; the store answers nothing afterwards."""
        self.connection.close()

    def _published(self, tx: int | None) -> int:
        """A load number that readers may look at: no later than the last published."""
        head = self.head()
        return head if tx is None else min(tx, head)
