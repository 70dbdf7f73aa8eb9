"""Dictionaries that gained or lost rows."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

from graph_model.schema import DICTIONARY_FOLDER, Dictionary, load_dictionary

Table = list[dict[str, str]]


def changed(folder: Path, **changes: Callable[[Table], Table]) -> Dictionary:
    """A copy of the dictionary in `folder`, with the named tables changed."""
    shutil.copytree(DICTIONARY_FOLDER, folder)
    for name, change in changes.items():
        path = folder / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.DictReader(file)
            columns, rows = list(lines.fieldnames or ()), list(lines)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(change(rows))
    return load_dictionary(folder)


def more(*rows: dict[str, str]) -> Callable[[Table], Table]:
    """Rows at the end."""
    return lambda table: [*table, *rows]


def without(**cells: str) -> Callable[[Table], Table]:
    """All rows but those with these cells."""
    return lambda table: [row for row in table if not cells.items() <= row.items()]


def field(kind: str, name: str, type_: str, **more: str) -> dict[str, str]:
    """A row of `fields.csv`."""
    return {"kind": kind, "field": name, "zh": name, "type": type_, "visibility": "trade"} | more
