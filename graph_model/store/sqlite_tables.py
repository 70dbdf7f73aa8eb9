"""Tables of the embedded store, made from the dictionary: one per kind, and the housekeeping.

Only what is missing is written, so that a store opens on a full disk and beside a writer.
"""

import sqlite3

from graph_model.errors import StoreError
from graph_model.schema import RESERVED, Dictionary, Field, Kind
from graph_model.store.columns import COLUMN_TYPE, HOUSE_TYPE
from graph_model.store.sqlite_connections import Connections

FORMAT = 1
"""Number of the housekeeping tables' form, kept in `PRAGMA user_version`."""

APPLICATION_ID = int.from_bytes(b"CRAL")
"""Says in the file's header whose file it is (`PRAGMA application_id`)."""

HOUSEKEEPING_TABLES = (
    "CREATE TABLE IF NOT EXISTS loads ("
    "number INTEGER PRIMARY KEY, state TEXT NOT NULL, source TEXT NOT NULL, files TEXT NOT NULL, "
    "source_id TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS findings ("
    "finding_id INTEGER PRIMARY KEY, load INTEGER NOT NULL REFERENCES loads, source TEXT NOT NULL, "
    "sha256 TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL, "
    "column_name TEXT NOT NULL, value TEXT NOT NULL, severity TEXT NOT NULL, rule TEXT NOT NULL, "
    "way_out TEXT NOT NULL, row TEXT NOT NULL, resolved_by INTEGER NOT NULL, "
    "UNIQUE (source, sha256, line, column_name, rule)) STRICT",
    "CREATE TABLE IF NOT EXISTS journal ("
    "stream TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL, payload TEXT NOT NULL, "
    "previous TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (stream, seq)) STRICT, WITHOUT ROWID",
)


def create_tables(connections: Connections, dictionary: Dictionary) -> None:
    """Make what is missing: housekeeping, a table per kind, a column per new field.

    Raises
    ------
    StoreError
        When the file is of another form or another program, or holds a kind or field that the
        dictionary no longer has, or has with another type.
    """
    with connections.translated():
        wanted = _missing(connections, dictionary)
    if not wanted:
        return
    with connections.writing() as connection:
        for statement in _missing(connections, dictionary):  # another process may have been faster
            connection.execute(statement)


def _missing(connections: Connections, dictionary: Dictionary) -> list[str]:
    """SQL that makes what is not there yet."""
    connection = connections.own()
    held = _tables(connection)
    statements: list[str] = []
    if not _is_ours(connections, held):
        statements += [f"PRAGMA user_version = {FORMAT}"]
        statements += [f"PRAGMA application_id = {APPLICATION_ID}", *HOUSEKEEPING_TABLES]
    for kind in dictionary.kinds.values():
        if f"k_{kind.name}" in held:
            statements += _new_columns(connection, kind)
        else:
            statements += _new_table(kind)
    kinds = {name.removeprefix("k_") for name in held if name.startswith("k_")}
    if gone := kinds - set(dictionary.kinds):
        raise StoreError(
            ", ".join(sorted(gone)),
            "the store holds kinds that the dictionary no longer has",
            "Put them back into kinds.csv and fields.csv: what was stated is not dropped.",
        )
    return statements


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }


def _is_ours(connections: Connections, held: set[str]) -> bool:
    """Whether the file is a store; False for an empty file.

    Raises StoreError for what is neither.
    """
    form, program = (
        int(connections.own().execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("user_version", "application_id")
    )
    if program == APPLICATION_ID and form > FORMAT:
        raise StoreError(
            f"{connections.path}, a store of form {form}",
            f"this version reads forms up to {FORMAT}",
            "Open it with the version that wrote it, and move by `alliance archive`.",
        )
    if program != APPLICATION_ID and (held or form or program):
        raise StoreError(
            str(connections.path),
            "is an SQLite file of another program",
            "Name the file of a store, or a new one.",
        )
    return program == APPLICATION_ID


def _new_table(kind: Kind) -> list[str]:
    house = [f"{name} {HOUSE_TYPE.get(name, 'INTEGER')} NOT NULL" for name in RESERVED]
    own = [_column(field) for field in kind.fields]
    return [
        f'CREATE TABLE "k_{kind.name}" ({", ".join(house + own)}) STRICT',
        f'CREATE UNIQUE INDEX "k_{kind.name}_row" '
        f'ON "k_{kind.name}" (key, source, valid_from, tx_from)',
    ]


def _new_columns(connection: sqlite3.Connection, kind: Kind) -> list[str]:
    held = {row[1]: row[2] for row in connection.execute(f'PRAGMA table_info("k_{kind.name}")')}
    own = {field.name: COLUMN_TYPE[field.type] for field in kind.fields}
    if gone := set(held) - set(RESERVED) - set(own):
        raise StoreError(
            f"{kind.name}: {', '.join(sorted(gone))}",
            "the store holds fields that the dictionary no longer has",
            "Put them back into fields.csv: what was stated is not dropped.",
        )
    if changed := [name for name, type_ in own.items() if held.get(name, type_) != type_]:
        raise StoreError(
            f"{kind.name}: {', '.join(changed)}",
            "the store holds these fields with another type than the dictionary gives them",
            "Put the type in fields.csv back, and give the new meaning a field of its own.",
        )
    new = [field for field in kind.fields if field.name not in held]
    return [f'ALTER TABLE "k_{kind.name}" ADD COLUMN {_column(field)}' for field in new]


def _column(field: Field) -> str:
    """A column that refuses what would read as missing: empty text, an infinite rate."""
    type_ = COLUMN_TYPE[field.type]
    rule = {
        "TEXT": f"CHECK (\"{field.name}\" <> '')",
        "REAL": f'CHECK (abs("{field.name}") < 9e999)',
    }
    return f'"{field.name}" {type_} {rule.get(type_, "")}'.rstrip()
