"""What every store does. SQLite is the embedded adapter; tests hold a plain model as the judge.

A load writes batches under a number that is not published yet, and publishes by one write:
readers see whole loads or nothing. One writer at a time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pyarrow as pa

from graph_model.schema import Dictionary
from graph_model.snapshot import Snapshot
from graph_model.statement import Finding, LoadRecord, Row, RowId, Source, SourceFile

JournalEntry = dict[str, Any]
"""`seq`, `at`, `payload`, `previous`, `hash` of one line of a journal."""


class Load(Protocol):
    """One load at work. Leaving its context without `publish` aborts it."""

    number: int

    def in_force(self, kind: str, source: str, keys: Sequence[str]) -> Mapping[str, list[Row]]:
        """Rows of these keys that no load has closed, this one included, oldest validity first."""
        ...

    def keys_in_force(self, kind: str, source: str) -> Iterator[Row]:
        """Every row of the source in this kind that no load has closed."""
        ...

    def open_rows(self, kind: str, rows: Iterable[Row]) -> int:
        """Write rows whose `tx_from` is this load and whose `tx_to` is open; returns how many.

        Nothing known is None: empty text and infinite rates are refused with StoreError, as is a
        second row of one identity.
        """
        ...

    def close_rows(self, kind: str, row_ids: Iterable[RowId]) -> int:
        """Let rows end with this load; a row that this load opened vanishes.

        Returns how many; rows that are closed already, or were never there, are left alone.
        """
        ...

    def note(self, sha256: str, findings: Iterable[Finding]) -> int:
        """Keep findings about a file; returns how many were new.

        One is known by (source, sha256, line, column, rule), also from an earlier load.
        """
        ...

    def enter(self) -> None:
        """Let this be a load even if it changes no row: the source has changed its terms."""
        ...

    def resolve(self, finding_ids: Iterable[int]) -> int:
        """Mark findings as settled by this load; those settled before stay as they are.

        Returns how many.
        """
        ...

    @property
    def has_written(self) -> bool:
        """Whether anything was written under this number."""
        ...

    def publish(self, files: Sequence[SourceFile]) -> int:
        """Make everything visible at once; returns the number.

        Where nothing was written, nothing is now, and the number is that of the last load.
        """
        ...

    def abort(self, *, forget: bool = False) -> None:
        """Undo everything written under this number; the number itself is not used again.

        With `forget` no record of the load is left either, and its number is free.
        """
        ...


class Store(Protocol):
    """Statements, loads, findings and journals."""

    dictionary: Dictionary

    def head(self) -> int:
        """Return the number of the last published load, 0 before the first."""
        ...

    def begin(self, source: Source, *, wait_seconds: float = 10.0) -> AbstractContextManager[Load]:
        """Start a load; the only writer while it lasts.

        Raises
        ------
        StoreBusy
            When another writer holds the store for longer than `wait_seconds`, or this thread
            has begun a load and not ended it.
        """
        ...

    def table(self, kind: str, snapshot: Snapshot, columns: Sequence[str]) -> pa.Table:
        """Columns of the rows that count as of two dates, in no particular order.

        `tx_to` is open in all of them. Missing text is "", missing integers are
        `network.MISSING`, missing rates NaN.
        """
        ...

    def history(self, key: str) -> list[tuple[str, Row]]:
        """(kind, row) of everything ever published under a key or about a party id, in order."""
        ...

    def rows(self, kind: str, upto: int | None = None) -> Iterator[Row]:
        """Every published row of a kind, in the order of its identity.

        As it was when load `upto` was published, or the last when it is first asked.
        """
        ...

    def loads(self) -> list[LoadRecord]:
        """Every load that was published or aborted, by number."""
        ...

    def findings(self, source: str | None = None, upto: int | None = None) -> list[dict[str, Any]]:
        """Findings of published loads, with `finding_id`, `load` and `resolved_by`.

        By number; as they were when load `upto` was published.
        """
        ...

    def append(self, stream: str, at: str, payload: Mapping[str, Any]) -> JournalEntry:
        """Add one line to a hash-chained journal."""
        ...

    def journal(self, stream: str, after: int = 0) -> Iterator[JournalEntry]:
        """Lines of a journal whose `seq` is beyond `after`, in order."""
        ...

    def streams(self) -> list[str]:
        """Names of the journals that have lines."""
        ...

    def restore(self, dump: "Dump") -> None:
        """Fill an empty store, all or nothing; raises StoreError when it is not empty."""
        ...

    def close(self) -> None:
        """Let go of files and connections, of all threads; nothing can be asked afterwards."""
        ...


class Dump(Protocol):
    """Everything of a store, as the archive reads it back."""

    def loads(self) -> Iterable[LoadRecord]:
        """Every load, by number."""
        ...

    def rows(self, kind: str) -> Iterable[Row]:
        """Every row of a kind."""
        ...

    def findings(self) -> Iterable[dict[str, Any]]:
        """Every finding."""
        ...

    def journals(self) -> Iterable[tuple[str, JournalEntry]]:
        """(stream, line) of every journal."""
        ...
