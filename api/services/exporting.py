"""Tables as files: CSV with a byte order mark and XLSX, with what they were drawn from.

A table that leaves the house says its filters, its date and who took it out: in XLSX on a second
sheet, in CSV below the table after an empty line, so that its first line stays the header.

A text that a spreadsheet would take for a formula (it begins with = + - @, full-width ones
included, or with a tab or line end) is written as text: after an apostrophe in CSV, as a text cell
in XLSX.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from graph_model.errors import BadInput

Format = Literal["csv", "xlsx"]
Cell = str | int | float | Decimal | bool | date | datetime | None

MEDIA: Mapping[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMATS = tuple(MEDIA)

MOST_ROWS = 100_000
"""Rows of one export."""

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


@dataclass(frozen=True)
class Table:
    """A table to be taken out.

    Attributes
    ----------
    name : str
        Of the file and the sheet, plain ASCII.
    columns : tuple of str
        Headers.
    rows : sequence of sequences
        One cell a column; amounts in the unit that the header says.
    filters : mapping of str to str
        What was asked for, by name.
    date : datetime.date
        Day that the data shows.
    exporter : str
        Who takes it out, for which organisation and purpose.
    notes : mapping of str to str
        What else it should say, such as the run and the rule.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    filters: Mapping[str, str]
    date: date
    exporter: str
    exported_at: str
    notes: Mapping[str, str] = field(default_factory=dict)

    def about(self) -> Iterator[tuple[str, str]]:
        """Where it comes from, line by line."""
        yield "数据截至 data as of", self.date.isoformat()
        yield "导出人 exported by", self.exporter
        yield "导出时间 exported at", self.exported_at
        yield "行数 rows", str(len(self.rows))
        for name, value in self.filters.items():
            yield f"筛选 filter: {name}", value
        yield from self.notes.items()


def exported(table: Table, kind: Format) -> bytes:
    """Bytes of the file.

    Raises
    ------
    BadInput
        When there are more rows than one export may have.
    """
    if len(table.rows) > MOST_ROWS:
        raise BadInput(
            f"{len(table.rows):,} rows", f"an export has at most {MOST_ROWS:,}", "Filter more."
        )
    return _csv(table) if kind == "csv" else _xlsx(table)


def plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> plain("=1+1"), plain("广州"), plain("-5")
    ("'=1+1", '广州', "'-5")
    """
    return f"'{text}" if text.startswith(FORMULA) else text


def yuan(fen: int | None) -> Decimal | None:
    """Amount in yuan to the fen; None where nothing is known.

    >>> yuan(123), yuan(None)
    (Decimal('1.23'), None)
    """
    return None if fen is None else Decimal(fen).scaleb(-2)


def _csv(table: Table) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(map(plain, table.columns))
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    writer.writerow([])
    writer.writerows((plain(name), plain(value)) for name, value in table.about())
    return out.getvalue().encode("utf-8-sig")


def _csv_cell(cell: Cell) -> str | int | float | Decimal:
    if isinstance(cell, str):
        return plain(cell)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else cell


def _xlsx(table: Table) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.name[:31])
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)

    def cell(value: Cell, *, head: bool = False) -> Any:
        if not isinstance(value, str):
            return value
        made = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("�", value))
        made.data_type = "s"  # whatever it looks like
        if value.startswith(FORMULA):
            made.quotePrefix = True
        if head:
            made.font = bold
        return made

    sheet.append([cell(name, head=True) for name in table.columns])
    for row in table.rows:
        sheet.append([cell(value) for value in row])
    about = book.create_sheet("about 说明")
    for line in table.about():
        about.append([cell(text) for text in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
