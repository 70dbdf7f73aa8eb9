"""Files of an archive read back as rows, typed by the dictionary; streaming, a row at a time."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph_model.errors import BadInput
from graph_model.schema import RESERVED, Dictionary, Kind
from graph_model.statement import LoadRecord, Row
from graph_model.store import records
from graph_model.store.archive_manifest import (
    FINDINGS,
    JOURNAL,
    LOADS,
    MANIFEST,
    STATEMENTS,
    FileEntry,
)
from graph_model.store.columns import HOUSE_TYPE
from graph_model.store.protocol import JournalEntry

LOAD_COLUMNS = ("number", "state", "source", "files", "started_at", "ended_at", "source_id")
JOURNAL_COLUMNS = ("stream", "seq", "at", "payload", "previous", "hash")
WHOLE_NUMBERS = {"number", "finding_id", "load", "file", "line", "resolved_by", "seq"}
"""Housekeeping columns of loads, findings and journals that are no text."""

LARGEST_CELL = 2**31 - 1
"""A journal line holds whole manifests; the csv module would stop at 128 KiB."""

Cell = str | int | float | None


@dataclass(frozen=True)
class Archive:
    """An archive whose digests are right; a `protocol.Dump`.

    Attributes
    ----------
    files : dict of str to FileEntry
        By name, relative to the folder.
    head : int
        Number of the last published load.
    store_hash : str
        Equal for equal content; compare it with what was noted when the archive was made.
    """

    folder: Path
    dictionary: Dictionary
    files: dict[str, FileEntry]
    head: int
    store_hash: str

    def loads(self) -> Iterator[LoadRecord]:
        """Every load, by number."""
        for cells in self._cells(LOADS, LOAD_COLUMNS, _whole_numbers(LOAD_COLUMNS)):
            yield records.load_of(*cells[:-1])

    def rows(self, kind: str) -> Iterator[Row]:
        """Every row of a kind, in the order of its identity."""
        name = f"{STATEMENTS}/{kind}.csv"
        if name not in self.files:
            return
        known = self.dictionary.kind(kind)
        columns = (*RESERVED, *known.field_names)
        for cells in self._cells(name, columns, [_reader(known, column) for column in columns]):
            yield Row.of(cells)

    def findings(self) -> Iterator[dict[str, Any]]:
        """Every finding, by its number."""
        columns = records.FINDING_COLUMNS
        for cells in self._cells(FINDINGS, columns, _whole_numbers(columns)):
            yield records.finding_of(cells)

    def journals(self) -> Iterator[tuple[str, JournalEntry]]:
        """(stream, line) of every journal, in order."""
        for cells in self._cells(JOURNAL, JOURNAL_COLUMNS, _whole_numbers(JOURNAL_COLUMNS)):
            yield cells[0], records.entry_of(cells)

    def check_header(self, name: str) -> None:
        """Raise BadInput when a file has a kind or column that is not known."""
        if name in (LOADS, FINDINGS, JOURNAL):
            expected = {LOADS: LOAD_COLUMNS, FINDINGS: records.FINDING_COLUMNS}
            known, asked = expected.get(name, JOURNAL_COLUMNS), "this version of the software"
        else:
            kind = name.removeprefix(f"{STATEMENTS}/").removesuffix(".csv")
            if kind not in self.dictionary.kinds:
                raise BadInput(
                    name,
                    f"the dictionary has no kind {kind}",
                    "Read the archive with the dictionary it was made with, or add the kind to "
                    "kinds.csv and fields.csv.",
                )
            known = (*RESERVED, *self.dictionary.kind(kind).field_names)
            asked = f"kind {kind} of the dictionary"
        with self._opened(name) as lines:
            header = next(lines, [])
        if unknown := [column for column in header if column not in known]:
            raise BadInput(
                name,
                f"{asked} has no column {', '.join(unknown)}",
                "Read the archive with the dictionary it was made with, or add the field to "
                "fields.csv.",
            )
        needed = RESERVED if name.startswith(STATEMENTS) else known
        if missing := [column for column in needed if column not in header]:
            raise BadInput(
                name, f"has no column {', '.join(missing)}", "Make the archive anew from its store."
            )

    @contextmanager
    def _opened(self, name: str) -> Iterator[Iterator[list[str]]]:
        csv.field_size_limit(LARGEST_CELL)  # one for the whole process, only ever set to this
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            yield csv.reader(file, strict=True)

    def _cells(
        self, name: str, columns: Sequence[str], readers: Sequence[Callable[[str], Cell]]
    ) -> Iterator[tuple[Any, ...]]:
        """Typed cells of each row in the order of `columns`; None where the file has no such."""
        count = 0
        with self._opened(name) as lines:
            header = next(lines)
            places = [header.index(column) if column in header else -1 for column in columns]
            known = list(zip(places, readers, strict=True))
            for count, line in enumerate(lines, start=1):
                try:
                    if len(line) != len(header):
                        raise ValueError(f"{len(line)} cells under {len(header)} columns")
                    cells = tuple(None if k < 0 else read(line[k]) for k, read in known)
                except ValueError as error:
                    raise BadInput(
                        f"{name}, row {count}", str(error), "Make the archive anew from its store."
                    ) from error
                yield cells
        if count != self.files[name].rows:
            raise BadInput(
                name,
                f"has {count} rows, and {MANIFEST} says {self.files[name].rows}",
                "Use another copy of the archive.",
            )


def _reader(kind: Kind, column: str) -> Callable[[str], Cell]:
    """How a cell of a column is read, by the dictionary's type."""
    if column in RESERVED:
        return str if column in HOUSE_TYPE else int
    type_ = kind.field(column).type
    if type_ in ("money", "integer", "flag"):
        return _integer
    return _rate if type_ == "rate" else _text


def _text(cell: str) -> str | None:
    return cell or None


def _integer(cell: str) -> int | None:
    return int(cell) if cell else None


def _rate(cell: str) -> float | None:
    return float(cell) if cell else None


def _whole_numbers(columns: Sequence[str]) -> list[Callable[[str], Cell]]:
    return [int if column in WHOLE_NUMBERS else str for column in columns]
