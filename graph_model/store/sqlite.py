"""The embedded store: one SQLite file, readable by many, written by one load at a time.

Journals may be appended while a load runs; everything else that writes is a load.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from graph_model.errors import StoreBusy, StoreError
from graph_model.schema import RESERVED, Dictionary, Kind
from graph_model.snapshot import OPEN_TX, Snapshot
from graph_model.statement import LoadRecord, Row, Source
from graph_model.store import records
from graph_model.store.journal import GENESIS, line_hash
from graph_model.store.protocol import Dump, JournalEntry
from graph_model.store.sqlite_arrow import read_columns
from graph_model.store.sqlite_connections import Connections
from graph_model.store.sqlite_load import INSERT_LOAD, SqliteLoad, insert_row, undo_unpublished
from graph_model.store.sqlite_tables import create_tables

COUNTS = "tx_from <= ? AND ? < tx_to AND valid_from <= ? AND ? < valid_to"
"""The sentence of `snapshot.py`, once, in SQL: load number twice, then the day twice."""

BATCH = 20_000
"""Rows read at a time, so that no reading transaction outlives a call."""

LOAD_CACHE, READ_CACHE = -262_144, -32_768
"""Page cache in KiB (negative, as SQLite wants it): of the one writer, and of each reader."""

RESTORE_WAIT_SECONDS = 10.0


class SqliteStore:
    """A store in one file.

    Parameters
    ----------
    path : pathlib.Path
        The database file; made when it is not there. Two neighbours (`-wal`, `-shm`) belong to
        SQLite, a third (`.lock`) says who writes.
    dictionary : Dictionary
        Kinds and fields; what is new in it is added to the file.

    Raises
    ------
    StoreError
        When the file is no store, is of a later form, holds what the dictionary lacks, or the
        folder cannot be written.
    """

    def __init__(self, path: Path, dictionary: Dictionary) -> None:
        self.path = path
        self.dictionary = dictionary
        self.connections = Connections(path)
        self._writer = FileLock(f"{path}.lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                str(path), f"the folder cannot be made ({error.strerror})", "Name another place."
            ) from error
        try:
            create_tables(self.connections, dictionary)
        except BaseException:
            self.close()
            raise

    def head(self) -> int:
        """Return the number of the last published load, 0 before the first."""
        query = "SELECT coalesce(max(number), 0) FROM loads WHERE state = 'published'"
        return int(self._ask(query)[0][0])

    @contextmanager
    def begin(self, source: Source, *, wait_seconds: float = 10.0) -> Iterator[SqliteLoad]:
        """Start a load; see `protocol.Store.begin`."""
        with self._alone(wait_seconds), self._large_cache():
            undo_unpublished(self.connections, self.dictionary)
            load = SqliteLoad(self.connections, self.dictionary, source)
            try:
                yield load
            except BaseException:
                # The first error is the one to report; the next load undoes what is left.
                with suppress(StoreError):
                    load.abort()
                raise
            load.abort()

    @contextmanager
    def _alone(self, wait_seconds: float) -> Iterator[None]:
        """Hold the writer's lock."""
        if self._writer.is_locked:
            raise StoreBusy(
                str(self.path), "this thread is in the middle of a load", "End that load first."
            )
        try:
            self._writer.acquire(timeout=wait_seconds)
        except Timeout as error:
            raise StoreBusy(
                str(self.path),
                f"another load has been writing for more than {wait_seconds:g} s",
                "Wait until it ends, or raise the waiting time.",
            ) from error
        except OSError as error:
            raise StoreError(
                f"{self.path}.lock",
                f"cannot be written ({error.strerror})",
                "Give this user the right to write the file and its folder.",
            ) from error
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def _large_cache(self) -> Iterator[None]:
        """Keep the pages that random keys touch in memory while this thread loads."""
        self._ask(f"PRAGMA cache_size = {LOAD_CACHE}")
        try:
            yield
        finally:
            with suppress(StoreError):  # closed meanwhile
                self._ask(f"PRAGMA cache_size = {READ_CACHE}")

    def table(self, kind: str, snapshot: Snapshot, columns: Sequence[str]) -> pa.Table:
        """Columns of the rows that count; see `protocol.Store.table`."""
        known, day = self.dictionary.kind(kind), snapshot.date.isoformat()
        tx = self._published(snapshot.tx)
        with self.connections.translated():
            own = self.connections.own()
            return read_columns(own, known, columns, COUNTS, (tx, tx, day, day))

    def history(self, key: str) -> list[tuple[str, Row]]:
        """Everything ever published under a key or about a party; see `protocol.Store.history`."""
        head, found = self.head(), list[tuple[str, Row]]()
        for kind in self.dictionary.kinds.values():
            roles = "".join(f' OR "{name}" = ?2' for name in kind.party_fields)
            # One pass over the table: walking the index to save a sort costs a seek per row.
            query = (
                f'SELECT {_columns(kind)} FROM "k_{kind.name}" NOT INDEXED '  # noqa: S608
                f"WHERE tx_from <= ?1 AND (key = ?2{roles}) "
                "ORDER BY key, source, valid_from, tx_from"
            )
            found += [(kind.name, Row.of(cells)) for cells in self._ask(query, head, key)]
        return found

    def rows(self, kind: str, upto: int | None = None) -> Iterator[Row]:
        """Every published row of a kind; see `protocol.Store.rows`."""
        known = self.dictionary.kind(kind)
        query = (
            f'SELECT {_columns(known)} FROM "k_{kind}" '  # noqa: S608
            "WHERE tx_from <= ?1 AND (key, source, valid_from, tx_from) > (?2, ?3, ?4, ?5) "
            "ORDER BY key, source, valid_from, tx_from LIMIT ?6"
        )
        head = self._published(upto)
        after: tuple[str | int, ...] = ("", "", "", -1)
        while page := [Row.of(cells) for cells in self._ask(query, head, *after, BATCH)]:
            yield from page
            after = page[-1].row_id

    def loads(self) -> list[LoadRecord]:
        """Every load that has ended, by number."""
        query = (
            "SELECT number, state, source, files, started_at, ended_at FROM loads "
            "WHERE state <> 'unpublished' ORDER BY number"
        )
        return [records.load_of(*row) for row in self._ask(query)]

    def findings(self, source: str | None = None, upto: int | None = None) -> list[dict[str, Any]]:
        """Findings of published loads; see `protocol.Store.findings`."""
        head = self._published(upto)
        query = (
            f"SELECT {', '.join(records.FINDING_COLUMNS)} FROM findings "  # noqa: S608
            "WHERE load <= ?1 AND (?2 IS NULL OR source = ?2) ORDER BY finding_id"
        )
        found = [records.finding_of(row) for row in self._ask(query, head, source)]
        for finding in found:
            if finding["resolved_by"] > head:
                finding["resolved_by"] = 0
        return found

    def append(self, stream: str, at: str, payload: Mapping[str, Any]) -> JournalEntry:
        """Add one line to a journal; see `protocol.Store.append`."""
        # Through JSON and back: names that are no text sort otherwise once they have become it.
        text = records.json_of(json.loads(records.json_of(payload)))
        with self.connections.writing() as connection:
            last = connection.execute(
                "SELECT seq, hash FROM journal WHERE stream = ? ORDER BY seq DESC LIMIT 1",
                (stream,),
            ).fetchone()
            seq, previous = (last[0] + 1, last[1]) if last else (1, GENESIS)
            entry = (stream, seq, at, text, previous, line_hash(previous, stream, seq, at, text))
            connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)", entry)
        return records.entry_of(entry)

    def journal(self, stream: str, after: int = 0) -> Iterator[JournalEntry]:
        """Lines of a journal, in order; see `protocol.Store.journal`."""
        query = "SELECT * FROM journal WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?"
        seq = after
        while page := self._ask(query, stream, seq, BATCH):
            yield from map(records.entry_of, page)
            seq = page[-1][1]

    def streams(self) -> list[str]:
        """Names of the journals that have lines."""
        return [row[0] for row in self._ask("SELECT DISTINCT stream FROM journal ORDER BY stream")]

    def restore(self, dump: Dump) -> None:
        """Fill an empty store in one transaction; see `protocol.Store.restore`."""
        with (
            self._alone(RESTORE_WAIT_SECONDS),
            self._large_cache(),
            self.connections.writing() as connection,
        ):
            _refuse_unless_empty(connection, self.path)
            connection.executemany(INSERT_LOAD, map(records.cells_of_load, dump.loads()))
            for kind in self.dictionary.kinds.values():
                connection.executemany(
                    insert_row(kind), (row.cells for row in dump.rows(kind.name))
                )
            marks = ", ".join("?" * len(records.FINDING_COLUMNS))
            connection.executemany(
                f"INSERT INTO findings VALUES ({marks})",  # noqa: S608
                map(records.cells_of_finding, dump.findings()),
            )
            connection.executemany(
                "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)",
                (records.cells_of_entry(stream, line) for stream, line in dump.journals()),
            )

    def close(self) -> None:
        """Close the connections of all threads; the store answers nothing afterwards."""
        self.connections.close()

    def _published(self, tx: int | None) -> int:
        """A load number that readers may look at: no later than the last published."""
        head = self.head()
        return head if tx is None else min(tx, head)

    def _ask(self, query: str, *parameters: str | int | None) -> list[Any]:
        with self.connections.translated():
            return self.connections.own().execute(query, parameters).fetchall()


def _columns(kind: Kind) -> str:
    """Columns of a row as published at load ?1: what a later one closes is still open."""
    house = [
        f"CASE WHEN tx_to > ?1 THEN {OPEN_TX} ELSE tx_to END" if name == "tx_to" else name
        for name in RESERVED
    ]
    return ", ".join([*house, *(f'"{name}"' for name in kind.field_names)])


def _refuse_unless_empty(connection: sqlite3.Connection, path: Path) -> None:
    for table in ("loads", "journal"):
        query = f"SELECT EXISTS (SELECT 1 FROM {table})"  # noqa: S608
        if connection.execute(query).fetchone()[0]:
            raise StoreError(
                str(path),
                f"an archive is restored into an empty store only, and this one has {table}",
                "Name a store that does not exist yet (ALLIANCE_STORE or --store).",
            )
