"""Types of stored columns, the same on every store: text, 64-bit integers, floats."""

import pyarrow as pa

from graph_model.schema import RESERVED, Kind

COLUMN_TYPE = {
    "party": "TEXT",
    "text": "TEXT",
    "code": "TEXT",
    "date": "TEXT",
    "list": "TEXT",
    "money": "INTEGER",
    "integer": "INTEGER",
    "flag": "INTEGER",
    "rate": "REAL",
}
"""How a field of each type of the dictionary is stored."""

HOUSE_TYPE = {"source": "TEXT", "key": "TEXT", "valid_from": "TEXT", "valid_to": "TEXT"}
"""Housekeeping columns that are text; the others are integers."""

ARROW_TYPE = {"TEXT": pa.string(), "INTEGER": pa.int64(), "REAL": pa.float64()}


def column_type(kind: Kind, column: str) -> str:
    """How a column of a kind is stored; raises BadInput when the kind has no such column."""
    if column in RESERVED:
        return HOUSE_TYPE.get(column, "INTEGER")
    return COLUMN_TYPE[kind.field(column).type]


def arrow_type(kind: Kind, column: str) -> pa.DataType:
    """Type of a column in `table`: text, 64-bit integers, or floats for rates."""
    return ARROW_TYPE[column_type(kind, column)]
