"""Lines and cells of a network folder: read with their place, written without loss."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Context, Decimal, InvalidOperation
from math import isfinite
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph_model.errors import BadInput
from graph_model.network import MISSING, Ints
from graph_model.snapshot import day_number

UNITS = {
    "fen": 1,
    "yuan": 100,
    "thousand": 100_000,
    "wan": 1_000_000,
    "million": 100_000_000,
    "yi": 10_000_000_000,
}
"""Fen of one unit of money."""

EXACT_UNITS = ("fen", "yuan")
JOIN = " ; "
DIGITS = Context(prec=60)


@dataclass(frozen=True)
class Row:
    """One line of a file: where it stands, and its cells by column."""

    place: str
    cells: Mapping[str, str]

    def wrong(self, column: str, rule: str, way_out: str) -> BadInput:
        """Return the error about one cell."""
        value = f"{self.place}, {column}: '{self.cells.get(column, '')}'"
        return BadInput(value, rule, way_out)


def read_rows(path: Path, needed: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Row]:
    """Lines of a CSV file, blank ones left out; a missing file is empty.

    Raises
    ------
    BadInput
        For a header with a missing, doubled or unknown column, and for lines that are not CSV.
    """
    if not path.is_file():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        try:
            header = next(lines, [])
            _check_header(path.name, header, needed, optional)
            for cells in lines:
                place = f"{path.name} line {lines.line_num}"
                if len(cells) > len(header):
                    rule = f"the header has {len(header)} columns, the line {len(cells)}"
                    raise BadInput(place, rule, "Quote cells that hold a comma.")
                if any(cells):
                    padded = [*cells, *[""] * (len(header) - len(cells))]
                    yield Row(place, dict(zip(header, padded, strict=True)))
        except (csv.Error, UnicodeDecodeError) as problem:
            place = f"{path.name} line {lines.line_num}"
            raise BadInput(place, f"it is not CSV in UTF-8 ({problem})", "Save it so.") from None


def _check_header(
    name: str, header: Sequence[str], needed: Sequence[str], optional: Sequence[str]
) -> None:
    allowed = list(dict.fromkeys([*needed, *optional]))
    if absent := [column for column in needed if column not in header]:
        rule = f"it has no column {absent[0]}"
        raise BadInput(
            f"{name} line 1: {','.join(header)}", rule, f"Columns: {', '.join(allowed)}."
        )
    for column in header:
        if column not in allowed:
            rule = "there is no such column"
            raise BadInput(f"{name} line 1: {column}", rule, f"Columns: {', '.join(allowed)}.")
        if header.count(column) > 1:
            raise BadInput(f"{name} line 1: {column}", "a column stands once", "Delete one.")


@dataclass
class Money:
    """Money cells of one folder: decimals of `unit` to fen and back."""

    unit: str
    rounded: int = 0

    def fen(self, row: Row, column: str) -> int:
        """Fen of a cell, `MISSING` where it is empty; counts what had to be rounded."""
        text = row.cells.get(column, "")
        if not text:
            return MISSING
        whole, _, part = text.partition(".")
        if f"{whole.removeprefix('-')}{part}".isdecimal() and text.isascii() and whole != "-":
            places = len(str(UNITS[self.unit])) - 1
            if len(part) <= places and len(whole) + places < 19:  # almost always, and quick
                return int(f"{whole or '0'}{part:0<{places}}")
        try:
            exact = DIGITS.multiply(Decimal(text), Decimal(UNITS[self.unit]))
            fen = int(exact.to_integral_value())  # half to even
        except (InvalidOperation, OverflowError, ValueError):
            raise row.wrong(column, "it is not a decimal number", "Write it as 1234.56.") from None
        if not -(2**63) < fen < 2**63:
            raise row.wrong(column, "it is more than 64 bits of fen hold", "Check the unit.")
        if fen != exact:
            if self.unit in EXACT_UNITS:
                way_out = "Round it, or give the folder the coarser unit that it comes from."
                raise row.wrong(column, "it is finer than a fen", way_out)
            self.rounded += 1
        return fen

    def text(self, fen: int) -> str:
        """The cell of an amount, exact: every unit is a power of ten of a fen.

        >>> Money("yuan").text(-1050)
        '-10.5'
        """
        if fen == MISSING:
            return ""
        places = len(str(UNITS[self.unit])) - 1
        whole, part = divmod(abs(fen), UNITS[self.unit])
        decimals = f"{part:0{places}d}".rstrip("0") if places else ""
        return f"{'-' if fen < 0 else ''}{whole}{'.' if decimals else ''}{decimals}"


def rate_of(row: Row, column: str) -> float:
    """A rate, NaN where the cell is empty."""
    text = row.cells.get(column, "")
    if not text:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise row.wrong(column, "it is not a number", "Write it as 0.05.")
    return value


def day_of(row: Row, column: str) -> int:
    """Days since 1970-01-01 of an ISO date, `MISSING` where the cell is empty."""
    text = row.cells.get(column, "")
    if not text:
        return MISSING
    try:
        return day_number(date.fromisoformat(text))
    except ValueError:
        raise row.wrong(column, "it is not a day", "Write it as 2026-06-30.") from None


def day_text(days: int) -> str:
    """The cell of a day.

    >>> day_text(1)
    '1970-01-02'
    """
    return "" if days == MISSING else (date(1970, 1, 1) + timedelta(days=days)).isoformat()


def count_of(row: Row, column: str) -> int:
    """A count, `MISSING` where the cell is empty."""
    text = row.cells.get(column, "")
    if not text:
        return MISSING
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise row.wrong(column, "it is not a count", "Write a whole number, 0 or more.")
    return int(text)


@dataclass
class Statements:
    """Statements met so far, and where they stand; `fixed` when a file listed them all."""

    place: dict[str, int] = field(default_factory=dict)
    fixed: bool = False

    def places(self, row: Row) -> list[int]:
        """Places of the statements of a line."""
        texts = [t.replace("%3B", ";") for t in row.cells.get("statements", "").split(JOIN) if t]
        if self.fixed and (unknown := [t for t in texts if t not in self.place]):
            rule = f"statements.csv has no '{unknown[0]}'"
            raise row.wrong("statements", rule, "Add it there, or leave statements.csv out.")
        return [self.place.setdefault(text, len(self.place)) for text in texts]


def statements_text(texts: Sequence[str]) -> str:
    """The cell of some statements."""
    return JOIN.join(text.replace(";", "%3B") for text in texts)


def text_array(texts: Sequence[str]) -> npt.NDArray[np.bytes_]:
    """Text as bytes, as wide as the longest."""
    return np.array([text.encode() for text in texts] or [b""])[: len(texts)]


def ragged(lists: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Lists one after the other, and where each starts: (indptr, entries)."""
    indptr = np.zeros(len(lists) + 1, dtype=np.int64)
    np.cumsum([len(entries) for entries in lists], out=indptr[1:])
    return indptr, np.array([k for entries in lists for k in entries], dtype=np.int64)
