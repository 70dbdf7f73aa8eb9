"""The header of a table: which row it is and what its columns are called."""

import unicodedata
from collections import Counter
from collections.abc import Iterator

from graph_model.errors import BadInput
from ingest.raw_row import RawRow

_DAGGER = "\u2020"


def header_key(cell: str) -> str:
    """Name by which a column is looked up, however its header was typed.

    Parameters
    ----------
    cell : str
        Header cell, or the column a mapping names.

    Returns
    -------
    str
        NFKC without invisible characters (category Cf); spaces and the dagger of a footnote
        are stripped from the ends.

    Examples
    --------
    >>> header_key(" 金额（万元）†")
    '金额(万元)'
    """
    folded = unicodedata.normalize("NFKC", cell)
    if not folded.isascii():
        folded = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    stripped = folded.strip()
    while stripped.startswith(_DAGGER) or stripped.endswith(_DAGGER):
        stripped = stripped.strip(_DAGGER).strip()
    return stripped


def column_names(cells: list[str], where: str) -> list[str]:
    """Names of all columns; an empty header cell becomes "column N" (1-based).

    Parameters
    ----------
    cells : list of str
        The header row.
    where : str
        File and line, for the message.

    Returns
    -------
    list of str
        As many as cells.

    Raises
    ------
    BadInput
        The row is blank, or names two columns alike.
    """
    keys = [header_key(cell) for cell in cells]
    if not any(keys):
        raise BadInput(
            where,
            "the header row is blank",
            "Give the line of the header (header_row) or cells it has (header_has).",
        )
    if any("\0" in key for key in keys):
        raise BadInput(
            where,
            "the header has NUL characters, as UTF-16 without a byte-order mark does",
            "Save the file as UTF-8 or name its encoding.",
        )
    names = [key or f"column {i}" for i, key in enumerate(keys, 1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise BadInput(
            where,
            f"each column needs a name of its own; more than one is called {', '.join(twice)}",
            "Rename the columns in the file.",
        )
    return names


def find_header(
    rows: Iterator[RawRow], header_row: int, header_has: tuple[str, ...], name: str
) -> tuple[int, list[str]]:
    """Read up to the header.

    Parameters
    ----------
    rows : iterator of RawRow
        Afterwards it stands behind the header.
    header_row : int
        1-based line of the header; not used when `header_has` is given.
    header_has : tuple of str
        Cells of which the header has all; the first such row is taken.
    name : str
        File name, for the message.

    Returns
    -------
    line : int
        Where the header stands.
    names : list of str
        See `column_names`.

    Raises
    ------
    BadInput
        There is no such row, or its names cannot be used.
    """
    if header_has:
        line, cells = _row_that_has(rows, header_has, name)
    else:
        line, cells = _row_on_line(rows, header_row, name)
    return line, column_names(cells, f"{name}, line {line}")


def _row_that_has(
    rows: Iterator[RawRow], header_has: tuple[str, ...], name: str
) -> tuple[int, list[str]]:
    wanted = {header_key(cell) for cell in header_has}
    nearest_line, nearest_missing = 0, wanted
    for line, cells, _ in rows:
        missing = wanted.difference(map(header_key, cells))
        if not missing:
            return line, cells
        if len(missing) < len(nearest_missing):
            nearest_line, nearest_missing = line, missing
    nearest = (
        f"; line {nearest_line} comes nearest and lacks {', '.join(sorted(nearest_missing))}"
        if nearest_line
        else ""
    )
    raise BadInput(
        name,
        f"no row has all the header cells {', '.join(header_has)}{nearest}",
        "Correct header_has in the mapping, or the file.",
    )


def _row_on_line(rows: Iterator[RawRow], header_row: int, name: str) -> tuple[int, list[str]]:
    for line, cells, _ in rows:
        if line == header_row:
            return line, cells
    raise BadInput(
        name,
        f"there is no row {header_row}, where the header should be",
        "Correct header_row in the mapping (counted from 1) or use header_has.",
    )
