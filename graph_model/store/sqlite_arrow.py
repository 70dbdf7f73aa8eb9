"""Columns of a kind straight into Arrow, without a Python object per cell.

SQLite itself joins the cells of a column to one text (`group_concat`), a stretch of rows at a
time; numpy finds the separators. So a million rows come as columns in about a second, through
the one SQLite library of this process: a second copy of it in another driver would, on closing
the file, drop this one's POSIX locks (https://www.sqlite.org/howtocorrupt.html, section 2.2.1).
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph_model.errors import BadInput
from graph_model.network import MISSING
from graph_model.schema import RESERVED, Kind
from graph_model.snapshot import OPEN_TX
from graph_model.store.columns import arrow_type

STRETCH = 200_000
"""Rows joined at a time; keeps a column's text far below SQLite's limit of 10^9 bytes."""

SEPARATOR = 0x1F
"""Unit separator of ASCII. A column with it in a cell is read cell by cell."""


def read_columns(
    connection: sqlite3.Connection,
    kind: Kind,
    columns: Sequence[str],
    where: str,
    parameters: Sequence[str | int],
) -> pa.Table:
    """Columns of the rows for which the SQL `where` holds; see `protocol.Store.table`."""
    if not columns:
        raise BadInput(kind.name, "no column was asked for", "Name at least one column.")
    schema = pa.schema([(name, arrow_type(kind, name)) for name in columns])
    with _one_moment(connection):
        (last,) = connection.execute(
            f'SELECT coalesce(max(rowid), 0) FROM "k_{kind.name}"'  # noqa: S608
        ).fetchone()
        read = [
            _stretch(connection, kind, schema, where, (*parameters, first, first + STRETCH))
            for first in range(0, int(last), STRETCH)
        ]
    return pa.concat_tables([schema.empty_table(), *read])


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Let all stretches see the same rows, whatever is published meanwhile."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()


def _stretch(
    connection: sqlite3.Connection,
    kind: Kind,
    schema: pa.Schema,
    where: str,
    parameters: Sequence[str | int],
) -> pa.Table:
    """Rows of one stretch of row ids, in their order."""
    filled = {name: _filled(name, schema.field(name).type) for name in schema.names}
    picked = ", ".join(f"{sql} AS c{k}" for k, sql in enumerate(filled.values()))
    rows = (
        f'SELECT {picked} FROM "k_{kind.name}" '  # noqa: S608 (names of the dictionary)
        f"WHERE {where} AND rowid > ? AND rowid <= ? ORDER BY rowid"
    )
    joined = ", ".join(
        "NULL" if pa.types.is_floating(schema.field(name).type) else _joined(k, schema, name)
        for k, name in enumerate(schema.names)
    )
    query = f"SELECT count(*), {joined} FROM ({rows})"  # noqa: S608
    count, *texts = connection.execute(query, tuple(parameters)).fetchone()
    if not count:
        return schema.empty_table()

    def cell_by_cell(place: int) -> pa.Array:
        found = connection.execute(f"SELECT c{place} FROM ({rows})", tuple(parameters))  # noqa: S608
        return pa.array([cell for (cell,) in found], type=schema.field(place).type)

    arrays = []
    for place, (name, text) in enumerate(zip(schema.names, texts, strict=True)):
        type_ = schema.field(name).type
        if pa.types.is_floating(type_):
            rates = cell_by_cell(place).to_numpy(zero_copy_only=False)
            arrays.append(pa.array(np.where(rates < np.inf, rates, np.nan)))
        elif pa.types.is_integer(type_):
            arrays.append(pa.array(np.fromstring(text, dtype=np.int64, sep=" ")))
        else:
            split = _split(text, int(count))
            arrays.append(cell_by_cell(place) if split is None else split)
    return pa.Table.from_arrays(arrays, schema=schema)


def _joined(place: int, schema: pa.Schema, name: str) -> str:
    if pa.types.is_integer(schema.field(name).type):
        return f"group_concat(c{place}, ' ')"
    return f"CAST(group_concat(c{place}, char({SEPARATOR})) AS BLOB)"


def _split(text: bytes, count: int) -> pa.Array | None:
    """Cells of a joined text; None when some cell holds the separator itself."""
    raw: npt.NDArray[np.uint8] = np.frombuffer(text, dtype=np.uint8)
    marks = np.flatnonzero(raw == SEPARATOR)
    if len(marks) != count - 1:
        return None
    offsets = np.zeros(count + 1, dtype=np.int32)
    offsets[1:] = np.append(marks, len(raw)) - np.arange(count)
    cells = np.delete(raw, marks) if len(marks) else raw
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets.tobytes()), pa.py_buffer(cells.tobytes())
    )


def _filled(column: str, type_: pa.DataType) -> str:
    """Column as SQL, with what stands for missing put in.

    A required field can be missing too, in rows older than the field.
    """
    if column == "tx_to":
        return str(OPEN_TX)  # as it was known then; a later load may have closed the row
    if column in RESERVED:
        return f'"{column}"'
    if pa.types.is_string(type_):
        missing = "''"
    elif pa.types.is_integer(type_):
        missing = str(MISSING)
    else:
        missing = "9e999"  # infinity, which is never stored; SQL has no NaN
    return f'coalesce("{column}", {missing})'
