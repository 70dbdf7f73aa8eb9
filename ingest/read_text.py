r"""Rows of delimited text (CSV, TSV) as they stand, one at a time.

RFC 4180 with what real files do: any line end (\n, \r\n, bare \r), line ends inside quotation
marks, records of uneven length. A quotation mark that is never closed would swallow the rest of
the file without a word; it is found and named instead.
"""

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

from graph_model.errors import BadInput
from ingest.raw_row import Damage, RawRow

# A cell larger than this many characters is a quotation mark left open.
_LARGEST_CELL = 1 << 20
_BLOCK_CHARS = 1 << 20
# Fed behind the last line: a record of its own unless a quotation mark is open. Noncharacters of
# Unicode stand for nothing in any file; private-use characters do (rare names in GB18030).
_END = "\ufdd2"
# Stand-ins, during parsing only, for line ends that are data because the mapping named another.
_HIDE = str.maketrans("\n\r", "\ufdd0\ufdd1")
_SHOW = str.maketrans("\ufdd0\ufdd1", "\n\r")


class _LinesEndedBy:
    """Lines that end with one text and nothing else; other line ends in them are hidden."""

    def __init__(self, file: TextIO, line_end: str) -> None:
        self.has_hidden = False
        self._file = file
        self._line_end = line_end

    def __iter__(self) -> Iterator[str]:
        rest = ""
        while block := self._file.read(_BLOCK_CHARS):
            *whole, rest = (rest + block).split(self._line_end)
            for line in whole:
                yield self._hide(line) + "\n"
        if rest:
            yield self._hide(rest) + "\n"

    def _hide(self, line: str) -> str:
        # A carriage return before the newline belongs to the line end.
        plain = line.removesuffix("\r") if self._line_end == "\n" else line
        if "\r" not in plain and "\n" not in plain:
            return plain
        self.has_hidden = True
        return plain.translate(_HIDE)


def text_rows(
    path: Path,
    encoding: str,
    delimiter: str,
    quote: str = '"',
    line_end: str | None = None,
    skip_lines: int = 0,
    look_for_nul: bool = False,
) -> Iterator[RawRow]:
    r"""Read the records of a delimited text file.

    Parameters
    ----------
    path : Path
        A file that decodes with `encoding` (see `read_encoding.scan_text`).
    encoding : str
        Codec name.
    delimiter : str
        One character.
    quote : str
        One character, or "" when quotation marks mean nothing.
    line_end : str or None
        What ends a line; None takes \n, \r\n and bare \r alike. When given, other line ends
        are part of their cell.
    skip_lines : int
        Lines to leave out before the first record.
    look_for_nul : bool
        Whether the file has NUL characters, so that each row must be searched for them.

    Yields
    ------
    RawRow
        With the 1-based line on which the record begins. A blank line has no cells.

    Raises
    ------
    BadInput
        The delimiter or quote is not one character, or a quotation mark is never closed.
    """
    if len(delimiter) != 1 or len(quote) > 1 or delimiter == quote or line_end == "":
        raise BadInput(
            f"delimiter {delimiter!r}, quote {quote!r}, line_end {line_end!r}",
            "the delimiter is one character, the quote is another or none, "
            "and the line end is not empty",
            "Correct the mapping.",
        )
    # The limit is one for the whole process; it is only ever set to this.
    csv.field_size_limit(_LARGEST_CELL)
    with path.open(encoding=encoding, newline="") as file:
        named = None if line_end is None else _LinesEndedBy(file, line_end)
        lines = iter(named or file)
        for _ in range(skip_lines):
            next(lines, None)
        ended = False

        def end_mark() -> Iterator[str]:
            nonlocal ended
            ended = True
            yield _END

        records = csv.reader(
            chain(lines, end_mark()),
            delimiter=delimiter,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        )
        line = skip_lines + 1
        try:
            for record in records:
                if ended:
                    if record != [_END]:
                        raise _never_closed(path, line)
                    return
                cells = record
                if named and named.has_hidden:
                    cells = [cell.translate(_SHOW) for cell in record]
                yield line, cells, _nul_in(cells) if look_for_nul else None
                line = skip_lines + records.line_num + 1
        except csv.Error as error:
            raise _never_closed(path, line) from error


def _never_closed(path: Path, line: int) -> BadInput:
    return BadInput(
        f"{path.name}, record on line {line}",
        "a quotation mark is opened and not closed before the end of the file, or a cell is "
        f"longer than {_LARGEST_CELL:,} characters",
        'Correct the line, or set quote = "" in the mapping if quotation marks mean nothing.',
    )


def _nul_in(cells: list[str]) -> Damage | None:
    for i, cell in enumerate(cells):
        if "\0" in cell:
            return Damage(i, cell, "has a NUL character", "Ask the source for the row without it.")
    return None
