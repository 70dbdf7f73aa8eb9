"""One load at work on Neo4j.

As on the embedded store, rows are opened under a number that nobody reads yet, and rows that end
get that number as their `tx_to`, which readers do not count either until the load is published.
Undoing is therefore deleting what was opened and reopening what was closed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, LiteralString

from neo4j import ManagedTransaction

from graph_model.errors import StoreError
from graph_model.schema import Dictionary
from graph_model.snapshot import OPEN_TX
from graph_model.statement import Finding, LoadRecord, Row, RowId, Source, SourceFile
from graph_model.store import records
from graph_model.store.neo4j_columns import in_order, read_rows
from graph_model.store.neo4j_findings import keep_findings, resolve_findings
from graph_model.store.neo4j_queries import queries_of
from graph_model.store.neo4j_rows import RowWriter
from graph_model.store.neo4j_writer import Writer

ASK_BATCH, CLOSE_BATCH, NOTE_BATCH = 20_000, 10_000, 10_000

LAST_LOAD: LiteralString = "MATCH (l:_Load) RETURN coalesce(max(l.number), 0)"
HEAD: LiteralString = (
    "MATCH (l:_Load) WHERE l.state = 'published' RETURN coalesce(max(l.number), 0)"
)
CREATE_LOADS: LiteralString = (
    "UNWIND $rows AS r CREATE (:_Load {number: r[0], state: r[1], source: r[2], files: r[3], "
    "started_at: r[4], ended_at: r[5], source_id: r[6]})"
)
TOUCH: dict[Literal["opened", "closed"], LiteralString] = {
    "opened": "MATCH (l:_Load {number: $number}) WHERE NOT $kind IN coalesce(l.opened, []) "
    "SET l.opened = coalesce(l.opened, []) + $kind",
    "closed": "MATCH (l:_Load {number: $number}) WHERE NOT $kind IN coalesce(l.closed, []) "
    "SET l.closed = coalesce(l.closed, []) + $kind",
}
"""What a load has done to which kinds, so that undoing looks nowhere else."""

PUBLISH: LiteralString = (
    "MATCH (l:_Load {number: $number, state: 'unpublished'}) "
    "SET l.state = 'published', l.files = $files, l.ended_at = $now RETURN count(l)"
)
FORGET: LiteralString = "MATCH (l:_Load {number: $number}) DELETE l"


class Neo4jLoad:
    """See `protocol.Load`. Made by `Neo4jStore.begin`, which holds the right to write."""

    def __init__(
        self, writer: Writer, dictionary: Dictionary, source: Source, undo: Callable[[], None]
    ) -> None:
        self._writer = writer
        self._connection = writer.connection
        self._dictionary = dictionary
        self._source = source
        self._undo = undo
        self._rows = RowWriter(self._write)
        self.number = int(self._connection.read(LAST_LOAD)[0][0]) + 1
        self._begun = False
        self._ended = False

    @property
    def has_written(self) -> bool:
        """Whether anything was written under this number."""
        return self._begun

    def in_force(self, kind: str, source: str, keys: Sequence[str]) -> Mapping[str, list[Row]]:
        """Rows of these keys that no load has closed; see `protocol.Load.in_force`."""
        query = queries_of(self._dictionary.kind(kind)).in_force
        pending = iter(dict.fromkeys(keys))
        cells: list[Any] = []
        while wanted := list(islice(pending, ASK_BATCH)):
            asked = {"keys": wanted, "source": source, "open": OPEN_TX}
            cells += self._connection.read(query, asked)[0][0]
        found: dict[str, list[Row]] = {}
        for row in in_order(cells):
            found.setdefault(row.key, []).append(row)
        return found

    def keys_in_force(self, kind: str, source: str) -> Iterator[Row]:
        """Every row of the source in this kind that no load has closed, in batches."""
        known = self._dictionary.kind(kind)
        asked = {"source": source, "open": OPEN_TX}
        return read_rows(self._connection, known, queries_of(known).open_rows, asked)

    def open_rows(self, kind: str, rows: Iterable[Row]) -> int:
        """Write rows; see `protocol.Load.open_rows`."""
        self._refuse_when_ended()
        known = self._dictionary.kind(kind)
        return self._rows.write(
            known,
            map(self._own, rows),
            lambda transaction: self._touch(transaction, "opened", kind),
        )

    def _own(self, row: Row) -> Row:
        if row.tx_from != self.number or row.tx_to != OPEN_TX:
            raise StoreError(
                f"row {row.key} with tx_from {row.tx_from}, tx_to {row.tx_to}",
                f"load {self.number} opens rows from its own number on, with an open end",
                "Make the row with tx_from = load.number and tx_to = OPEN_TX.",
            )
        return row

    def close_rows(self, kind: str, row_ids: Iterable[RowId]) -> int:
        """Let rows end with this load; see `protocol.Load.close_rows`."""
        self._refuse_when_ended()
        queries = queries_of(self._dictionary.kind(kind))
        pending, closed = iter(dict.fromkeys(row_ids)), 0
        while listed := list(islice(pending, CLOSE_BATCH)):
            own = [list(row_id) for row_id in listed if row_id.tx_from == self.number]
            older = [list(row_id) for row_id in listed if row_id.tx_from != self.number]

            def work(
                transaction: ManagedTransaction,
                own: list[Any] = own,
                older: list[Any] = older,
            ) -> int:
                more = {"open": OPEN_TX, "number": self.number}
                ended = _count(transaction, queries.close, {"ids": older, **more}) if older else 0
                if ended:
                    self._touch(transaction, "closed", kind)
                vanished = _count(transaction, queries.delete, {"ids": own, **more}) if own else 0
                return ended + vanished

            closed += self._write(work)
            if own:
                self._rows.forget_parties()
        return closed

    def note(self, sha256: str, findings: Iterable[Finding]) -> int:
        """Keep findings; see `protocol.Load.note`."""
        self._refuse_when_ended()
        pending, kept = iter(findings), 0
        while listed := list(islice(pending, NOTE_BATCH)):

            def work(transaction: ManagedTransaction, listed: list[Finding] = listed) -> int:
                return keep_findings(transaction, self.number, self._source.id, sha256, listed)

            kept += self._write(work)
        return kept

    def enter(self) -> None:
        """Let this be a load in any case; see `protocol.Load.enter`."""
        self._refuse_when_ended()
        if not self._begun:
            self._write(lambda _: 1)

    def resolve(self, finding_ids: Iterable[int]) -> int:
        """Mark findings as settled by this load; see `protocol.Load.resolve`."""
        self._refuse_when_ended()
        listed = list(dict.fromkeys(finding_ids))
        if not listed:
            return 0
        return self._write(lambda transaction: resolve_findings(transaction, self.number, listed))

    def publish(self, files: Sequence[SourceFile]) -> int:
        """Make everything visible at once; see `protocol.Load.publish`."""
        self._refuse_when_ended()
        if not self._begun:
            self._ended = True
            return int(self._connection.read(HEAD)[0][0])
        listed = records.json_of([file.as_json() for file in files])
        asked = {"number": self.number, "files": listed, "now": records.now()}
        if not self._writer.writing(lambda transaction: _count(transaction, PUBLISH, asked)):
            raise StoreError(f"load {self.number}", "was taken back meanwhile", "Load again.")
        self._ended = True
        return self.number

    def abort(self, *, forget: bool = False) -> None:
        """Undo everything written under this number; nothing after `publish`."""
        if self._ended:
            return
        self._ended = True
        if self._begun:
            self._undo()
            if forget:
                named = {"number": self.number}
                self._writer.writing(lambda transaction: transaction.run(FORGET, named).consume())

    def _write(self, work: Callable[[ManagedTransaction], int]) -> int:
        """One transaction; the first that changes something enters the load among the loads."""

        def entered(transaction: ManagedTransaction) -> int:
            if not self._begun:
                record = LoadRecord(self.number, "unpublished", self._source, (), records.now(), "")
                rows = [records.cells_of_load(record)]
                transaction.run(CREATE_LOADS, {"rows": rows}).consume()
            changed = work(transaction)
            if not (changed or self._begun):
                transaction.run(FORGET, {"number": self.number}).consume()
            return changed

        changed = self._writer.writing(entered)
        self._begun = self._begun or changed > 0
        return changed

    def _touch(
        self, transaction: ManagedTransaction, what: Literal["opened", "closed"], kind: str
    ) -> None:
        transaction.run(TOUCH[what], {"number": self.number, "kind": kind}).consume()

    def _refuse_when_ended(self) -> None:
        if self._ended:
            raise StoreError(
                f"load {self.number}", "has ended and takes no more", "Begin another load."
            )


def _count(
    transaction: ManagedTransaction, query: LiteralString, parameters: dict[str, Any]
) -> int:
    found = transaction.run(query, parameters).single()
    return int(found[0]) if found else 0
