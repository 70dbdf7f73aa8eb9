"""Rows of a workbook sheet (.xlsx) as text, with numbers that can no longer be trusted named.

A spreadsheet keeps 15 digits of a number. An 18-digit code typed into a numeric cell has lost its
end for good, so such a cell is a fault whatever it looks like. A formula counts by the value saved
with it. Rows are streamed; the workbook's table of shared strings is held in memory.
"""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook.workbook import Workbook

from graph_model.errors import BadInput
from ingest.raw_row import Damage, RawRow

# First number with more digits than a spreadsheet keeps.
_TOO_LONG = 10**15
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    ParseError,
    EOFError,
    KeyError,
    ValueError,
)


def _text(value: object) -> str:
    """Text of a cell value, the same on every machine."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return f"PT{value.total_seconds():.15g}S"
        case _:
            return str(value)


def _damage(values: tuple[object, ...]) -> Damage | None:
    """First number of a row that has more digits than a spreadsheet keeps."""
    for i, value in enumerate(values):
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and abs(value) >= _TOO_LONG
        ):
            return Damage(
                i,
                _text(value),
                "damaged number: a numeric cell of more than 15 digits has lost its last ones",
                "Ask the source to send the column as text.",
            )
    return None


def _broken(path: Path, error: Exception) -> BadInput:
    return BadInput(
        path.name,
        f"is not a readable .xlsx workbook ({type(error).__name__}: {error})",
        "Open it in a spreadsheet program and save it again as .xlsx, without a password.",
    )


def _open(path: Path, file: BinaryIO) -> Workbook:
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions it does not know; only values count here.
            warnings.simplefilter("ignore", UserWarning)
            return openpyxl.load_workbook(file, read_only=True, data_only=True)
    except _BROKEN as error:
        raise _broken(path, error) from error


def xlsx_rows(path: Path, sheet: str | None = None) -> Iterator[RawRow]:
    """Read the rows of one sheet.

    Parameters
    ----------
    path : Path
        Workbook.
    sheet : str or None
        Name of the sheet; None takes the first.

    Yields
    ------
    RawRow
        With the sheet's own row number; empty cells at the end of a row are left out. Dates are
        ISO text (without the time at midnight), booleans TRUE and FALSE, whole numbers have no
        decimals, others the shortest digits that give the number back, durations PT…S.

    Raises
    ------
    BadInput
        The file is no workbook, is damaged, or has no such sheet.
    """
    # openpyxl leaves a file open that it fails to understand, so it is opened and closed here.
    with path.open("rb") as file:
        workbook = _open(path, file)
        sheets = {worksheet.title: worksheet for worksheet in workbook.worksheets}
        if (sheet is not None and sheet not in sheets) or not sheets:
            raise BadInput(
                f"sheet {sheet!r} of {path.name}",
                f"there is no such sheet; there are {', '.join(sheets) or 'none'}",
                "Correct the sheet in the mapping.",
            )
        worksheet = workbook.worksheets[0] if sheet is None else sheets[sheet]
        # Some programs write a wrong extent; believing it would cut rows off.
        worksheet.reset_dimensions()
        try:
            for number, values in enumerate(worksheet.iter_rows(values_only=True), 1):
                cells = [_text(value) for value in values]
                while cells and not cells[-1]:
                    cells.pop()
                yield number, cells, _damage(values)
        except _BROKEN as error:
            raise _broken(path, error) from error
