"""Columns of a kind straight into Arrow, without a Python object per cell."""

from collections.abc import Sequence
from pathlib import Path

import adbc_driver_sqlite.dbapi as adbc
import numpy as np
import pyarrow as pa

from graph_model.errors import BadInput, StoreError
from graph_model.network import MISSING
from graph_model.schema import RESERVED, Kind
from graph_model.snapshot import OPEN_TX
from graph_model.store.sqlite_tables import HOUSE_TYPE

BATCH_ROWS = "65536"


def read_columns(
    path: Path, kind: Kind, columns: Sequence[str], where: str, parameters: Sequence[str | int]
) -> pa.Table:
    """Columns of the rows for which the SQL `where` holds; see `protocol.Store.table`."""
    if not columns:
        raise BadInput(kind.name, "no column was asked for", "Name at least one column.")
    schema = pa.schema([(name, arrow_type(kind, name)) for name in columns])
    picked = ", ".join(_filled(name, schema.field(name).type) for name in columns)
    query = f'SELECT {picked} FROM "k_{kind.name}" WHERE {where}'  # noqa: S608 (dictionary names)
    address = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with adbc.connect(address) as connection, connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": BATCH_ROWS})
            cursor.execute(query, tuple(parameters))
            table = cursor.fetch_arrow_table()
    except adbc.Error as error:
        raise StoreError(
            str(path), f"cannot be read ({error})", "Check the file, or restore an archive."
        ) from error
    if not table.num_rows:
        return schema.empty_table()
    for place, name in enumerate(columns):
        if pa.types.is_floating(schema.field(name).type):
            filled = table[name].to_numpy().astype(np.float64)
            table = table.set_column(
                place, name, pa.array(np.where(filled < np.inf, filled, np.nan))
            )
    return table.cast(schema)


def arrow_type(kind: Kind, column: str) -> pa.DataType:
    """Type of a column in `table`: text, 64-bit integers, or floats for rates."""
    if column in RESERVED:
        return pa.string() if column in HOUSE_TYPE else pa.int64()
    type_ = kind.field(column).type
    if type_ in ("money", "integer", "flag"):
        return pa.int64()
    return pa.float64() if type_ == "rate" else pa.string()


def _filled(column: str, type_: pa.DataType) -> str:
    """Column as SQL, with what stands for missing put in.

    The driver takes a column's type from its first batch, so no batch may be all NULL; a required
    field can be missing too, in rows older than the field.
    """
    if column == "tx_to":
        return f"{OPEN_TX} AS tx_to"  # as it was known then; a later load may have closed the row
    if column in RESERVED:
        return f'"{column}"'
    if pa.types.is_string(type_):
        missing = "''"
    elif pa.types.is_integer(type_):
        missing = str(MISSING)
    else:
        missing = "9e999"  # infinity, which is never stored; SQL has no NaN
    return f'coalesce("{column}", {missing}) AS "{column}"'
