"""Sources, files, rows and findings made with few words, and everything of a store as one value."""

import math
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa

from graph_model.schema import Dictionary, Value, key_of, load_dictionary
from graph_model.snapshot import OPEN_DATE, OPEN_TX, Snapshot
from graph_model.statement import Finding, Row, Source, SourceFile
from graph_model.store.protocol import Store

DICTIONARY = load_dictionary()
TAX = Source("tax", "税务", "member", 1, "a test", association_allowed=True)
BANK = Source("bank", "银行", "member", 2, "a test", association_allowed=False)
FILE = SourceFile("a.csv", "a" * 64, "delta", "2026-01-01", "2026-02-01", "2026-01-31", "{}")
DAY = date(2026, 6, 1)


def row(
    kind: str,
    load: int,
    /,
    source: str = "tax",
    valid: tuple[str, str] = ("2026-01-01", OPEN_DATE),
    dictionary: Dictionary = DICTIONARY,
    **fields: Value,
) -> Row:
    """A row of the load; fields not named are missing."""
    known = dictionary.kind(kind)
    assert set(fields) <= set(known.field_names)
    key = key_of(fields[name] for name in known.key)
    values = tuple(fields.get(name) for name in known.field_names)
    return Row(source, key, *valid, load, OPEN_TX, load, 0, 2, values)


def invoice(number: int, load: int, amount: int = 100, **more: Any) -> Row:
    """Invoice `number` of seller S to buyer B."""
    fields = {"seller": "uscc:S", "invoice_no": str(number), "buyer": "uscc:B"}
    return row("invoice", load, **(fields | {"issued_on": "2026-01-01", "amount": amount} | more))


def finding(line: int, rule: str = "AMOUNT", column: str = "amount") -> Finding:
    return Finding(0, line, column, "x", "quarantine", rule, "Correct it.", {"金额": "x"})


def state(store: Store, *rows: tuple[str, Row], source: Source = TAX) -> int:
    """One published load of rows; they are given its number."""
    with store.begin(source) as load:
        for kind, one in rows:
            load.open_rows(kind, [replace(one, tx_from=load.number, load=load.number)])
        return load.publish([FILE])


def column(store: Store, kind: str, name: str, day: date = DAY, tx: int | None = None) -> list[Any]:
    """Sorted cells of a column of the picture; missing rates as the text "nan"."""
    snapshot = Snapshot(day, store.head() if tx is None else tx)
    return cells_of(store.table(kind, snapshot, [name]))[0]


def cells_of(table: pa.Table) -> list[list[Any]]:
    """Columns of a table with their rows sorted, NaN as text so that equal is equal."""
    rows = [
        ["nan" if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells]
        for cells in zip(*table.to_pydict().values(), strict=True)
    ]
    columns = zip(*sorted(rows, key=repr), strict=True) if rows else ((),) * table.num_columns
    return [list(cells) for cells in columns]


def dump_of(store: Store) -> dict[str, Any]:
    """Everything that a store shows, but the wall times of loads."""
    return {
        "head": store.head(),
        "rows": {kind: list(store.rows(kind)) for kind in store.dictionary.kinds},
        "loads": [replace(load, started_at="", ended_at="") for load in store.loads()],
        "findings": store.findings(),
        "journals": {stream: list(store.journal(stream)) for stream in store.streams()},
    }
