"""One load at work on the embedded store.

Rows are opened under a number that nobody reads yet; rows that end get that number as their
`tx_to`, which readers do not count either until the load is published. Undoing is therefore
deleting what was opened and reopening what was closed.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from operator import attrgetter
from typing import Any

from graph_model.errors import StoreError
from graph_model.schema import RESERVED, Dictionary, Kind
from graph_model.snapshot import OPEN_TX
from graph_model.statement import Finding, LoadRecord, Row, RowId, Source, SourceFile
from graph_model.store import records
from graph_model.store.sqlite_connections import Connections

WRITE_BATCH = 100_000
"""Rows of one transaction: large, for each touches most pages of the index; some 120 MB."""

READ_BATCH = 20_000

INSERT_LOAD = (
    "INSERT INTO loads (number, state, source, files, started_at, ended_at, source_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def insert_row(kind: Kind) -> str:
    """SQL that writes one row of a kind; columns by name, for a new field stands last."""
    names = (*RESERVED, *kind.field_names)
    listed = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    return f'INSERT INTO "k_{kind.name}" ({listed}) VALUES ({marks})'  # noqa: S608


class SqliteLoad:
    """See `protocol.Load`. Made by `SqliteStore.begin`, which holds the writer's lock.

    Belongs to the thread that began it.
    """

    def __init__(self, connections: Connections, dictionary: Dictionary, source: Source) -> None:
        self._connections = connections
        self._dictionary = dictionary
        self._source = source
        self.number = int(self._ask("SELECT coalesce(max(number), 0) + 1 FROM loads")[0][0])
        self._begun = False
        self._ended = False

    @property
    def has_written(self) -> bool:
        """Whether anything was written under this number."""
        return self._begun

    def in_force(self, kind: str, source: str, keys: Sequence[str]) -> Mapping[str, list[Row]]:
        """Rows of these keys that no load has closed; see `protocol.Load.in_force`."""
        query = (
            f"SELECT {self._columns(kind)} FROM json_each(?) AS wanted "  # noqa: S608
            f'CROSS JOIN "k_{kind}" AS k ON k.key = wanted.value '
            "WHERE k.source = ? AND k.tx_to = ? ORDER BY k.key, k.valid_from, k.tx_from"
        )
        wanted = json.dumps(list(dict.fromkeys(keys)))
        found: dict[str, list[Row]] = {}
        for cells in self._ask(query, wanted, source, OPEN_TX):
            row = Row.of(cells)
            found.setdefault(row.key, []).append(row)
        return found

    def keys_in_force(self, kind: str, source: str) -> Iterator[Row]:
        """Every row of the source in this kind that no load has closed, in batches."""
        query = (
            f'SELECT {self._columns(kind)} FROM "k_{kind}" AS k '  # noqa: S608
            "WHERE (k.key, k.source, k.valid_from, k.tx_from) > (?, ?, ?, ?) "
            "AND k.source = ? AND k.tx_to = ? "
            "ORDER BY k.key, k.source, k.valid_from, k.tx_from LIMIT ?"
        )
        after: tuple[str | int, ...] = ("", "", "", -1)
        while page := self._ask(query, *after, source, OPEN_TX, READ_BATCH):
            rows = [Row.of(cells) for cells in page]
            yield from rows
            after = rows[-1].row_id

    def open_rows(self, kind: str, rows: Iterable[Row]) -> int:
        """Write rows; see `protocol.Load.open_rows`."""
        query = insert_row(self._dictionary.kind(kind))
        written = 0
        pending = iter(rows)
        while batch := list(islice(pending, WRITE_BATCH)):
            self._refuse_other_loads(batch)
            batch.sort(key=attrgetter("key"))  # neighbours in the index are written together
            with self._transaction() as connection:
                connection.executemany(query, (row.cells for row in batch))
            written += len(batch)
        return written

    def _refuse_other_loads(self, rows: list[Row]) -> None:
        for row in rows:
            if row.tx_from != self.number or row.tx_to != OPEN_TX:
                raise StoreError(
                    f"row {row.key} with tx_from {row.tx_from}, tx_to {row.tx_to}",
                    f"load {self.number} opens rows from its own number on, with an open end",
                    "Make the row with tx_from = load.number and tx_to = OPEN_TX.",
                )

    def close_rows(self, kind: str, row_ids: Iterable[RowId]) -> int:
        """Let rows end with this load; see `protocol.Load.close_rows`."""
        listed = list(row_ids)
        if not listed:
            return 0
        table = f'"k_{self._dictionary.kind(kind).name}"'
        where = f"key = ? AND source = ? AND valid_from = ? AND tx_from = ? AND tx_to = {OPEN_TX}"
        own = [row_id for row_id in listed if row_id.tx_from == self.number]
        older = [row_id for row_id in listed if row_id.tx_from != self.number]
        with self._transaction() as connection:
            vanished = connection.executemany(f"DELETE FROM {table} WHERE {where}", own)  # noqa: S608
            ended = connection.executemany(
                f"UPDATE {table} SET tx_to = {self.number} WHERE {where}",  # noqa: S608
                older,
            )
        return max(vanished.rowcount, 0) + max(ended.rowcount, 0)  # -1 when none was listed

    def note(self, sha256: str, findings: Iterable[Finding]) -> int:
        """Keep findings; see `protocol.Load.note`."""
        cells = [
            (
                *(self.number, self._source.id, sha256, f.file, f.line, f.column, f.value),
                *(f.severity, f.rule, f.way_out, records.json_of(f.row), 0),
            )
            for f in findings
        ]
        if not cells:
            return 0
        columns = ", ".join(records.FINDING_COLUMNS[1:])
        marks = ", ".join("?" * (len(records.FINDING_COLUMNS) - 1))
        with self._transaction() as connection:
            kept = connection.executemany(
                f"INSERT INTO findings ({columns}) VALUES ({marks}) "  # noqa: S608
                "ON CONFLICT (source, sha256, line, column_name, rule) DO NOTHING",
                cells,
            )
        return kept.rowcount

    def enter(self) -> None:
        """Let this be a load in any case; see `protocol.Load.enter`."""
        self._refuse_when_ended()
        if not self._begun:
            record = LoadRecord(self.number, "unpublished", self._source, (), records.now(), "")
            with self._connections.writing() as connection:
                connection.execute(INSERT_LOAD, records.cells_of_load(record))
            self._begun = True

    def resolve(self, finding_ids: Iterable[int]) -> int:
        """Mark findings as settled by this load; see `protocol.Load.resolve`."""
        listed = [(self.number, finding_id) for finding_id in finding_ids]
        if not listed:
            return 0
        with self._transaction() as connection:
            settled = connection.executemany(
                "UPDATE findings SET resolved_by = ? WHERE finding_id = ? AND resolved_by = 0",
                listed,
            )
        return settled.rowcount

    def publish(self, files: Sequence[SourceFile]) -> int:
        """Make everything visible at once; see `protocol.Load.publish`."""
        self._refuse_when_ended()
        if not self._begun:
            self._ended = True
            query = "SELECT coalesce(max(number), 0) FROM loads WHERE state = 'published'"
            return int(self._ask(query)[0][0])
        listed = records.json_of([file.as_json() for file in files])
        with self._connections.writing() as connection:
            connection.execute(
                "UPDATE loads SET state = 'published', files = ?, ended_at = ? WHERE number = ?",
                (listed, records.now(), self.number),
            )
        self._ended = True
        return self.number

    def abort(self, *, forget: bool = False) -> None:
        """Undo everything written under this number; nothing after `publish`."""
        if self._ended:
            return
        self._ended = True
        if self._begun:
            undo_unpublished(self._connections, self._dictionary)
            if forget:
                with self._connections.writing() as connection:
                    connection.execute("DELETE FROM loads WHERE number = ?", (self.number,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction; the first that changes something enters the load among the loads."""
        self._refuse_when_ended()
        with self._connections.writing() as connection:
            if not self._begun:
                record = LoadRecord(self.number, "unpublished", self._source, (), records.now(), "")
                connection.execute(INSERT_LOAD, records.cells_of_load(record))
            before = connection.total_changes
            yield connection
            if connection.total_changes == before:
                connection.rollback()
                return
        self._begun = True

    def _refuse_when_ended(self) -> None:
        if self._ended:
            raise StoreError(
                f"load {self.number}", "has ended and takes no more", "Begin another load."
            )

    def _columns(self, kind: str) -> str:
        names = (*RESERVED, *self._dictionary.kind(kind).field_names)
        return ", ".join(f'k."{name}"' for name in names)

    def _ask(self, query: str, *parameters: str | int) -> list[Any]:
        with self._connections.translated():
            return self._connections.own().execute(query, parameters).fetchall()


def undo_unpublished(connections: Connections, dictionary: Dictionary) -> None:
    """Take back what loads have written that were never published (also after a crash)."""
    query = "SELECT number FROM loads WHERE state = 'unpublished'"
    with connections.translated():
        numbers = connections.own().execute(query).fetchall()
    for number in numbers:
        with connections.writing() as connection:
            for kind in dictionary.kinds:
                connection.execute(f'DELETE FROM "k_{kind}" WHERE tx_from = ?', number)  # noqa: S608
                connection.execute(
                    f'UPDATE "k_{kind}" SET tx_to = {OPEN_TX} WHERE tx_to = ?',  # noqa: S608
                    number,
                )
            connection.execute("DELETE FROM findings WHERE load = ?", number)
            connection.execute("UPDATE findings SET resolved_by = 0 WHERE resolved_by = ?", number)
            connection.execute(
                "UPDATE loads SET state = 'aborted', ended_at = ? WHERE number = ?",
                (records.now(), *number),
            )
