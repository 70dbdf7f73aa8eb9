"""An archive as the files of Neo4j's own bulk import: the same nodes as the adapter writes.

    archive -> enterprise.csv, KIND.csv, KIND.ROLE.csv, _load.csv, … and import.args
    neo4j-admin database import full neo4j @import.args      (in that folder, server stopped)

The import takes them into an empty database, all or nothing. Constraints are made when the store
is opened for the first time. Text is quoted and nothing else is, so that "" and nothing differ.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from graph_model.schema import RESERVED, Dictionary, Kind
from graph_model.store import records
from graph_model.store.archive import written_aside
from graph_model.store.archive_reading import (
    JOURNAL_COLUMNS,
    LOAD_COLUMNS,
    WHOLE_NUMBERS,
    Archive,
)
from graph_model.store.columns import column_type
from graph_model.store.neo4j_schema import (
    ENTERPRISE,
    FORMAT,
    STORE_NAME,
    fields_of,
    label_of,
    role_of,
)

ARGUMENTS = "import.args"
IMPORT_TYPE = {"TEXT": "string", "INTEGER": "long", "REAL": "double"}
STRICT = (
    *("--strict=true", "--bad-tolerance=0", "--skip-duplicate-nodes=false"),
    *("--skip-bad-relationships=false", "--ignore-empty-strings=false", "--trim-strings=false"),
)


def write_bulk(archive: Archive, folder: Path) -> int:
    """Write an archive as files for the bulk import; returns how many nodes and relationships.

    Parameters
    ----------
    archive : Archive
        As `read_archive` gave it; all parties that it names are held in memory.
    folder : pathlib.Path
        Appears whole or not at all; must not exist yet, or be empty.

    Raises
    ------
    BadInput
        When there is something at `folder`.
    StoreFull, StoreError
        When the disk is full, or the folder cannot be written.
    """
    with written_aside(folder) as aside:
        files = _Files(aside)
        parties: set[str] = set()
        for kind in archive.dictionary.kinds.values():
            if f"statements/{kind.name}.csv" in archive.files:
                _write_kind(files, kind, archive, parties)
        files.nodes(ENTERPRISE, [f"party_id:ID({ENTERPRISE})"], ((p,) for p in sorted(parties)))
        _write_housekeeping(files, archive)
        (aside / ARGUMENTS).write_text("\n".join(files.arguments()) + "\n", encoding="utf-8")
    return files.written


class _Files:
    """CSV files of nodes and relationships, and the arguments that name them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = 0
        self._named: list[str] = []
        self._has_breaks = False

    def nodes(self, label: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        name = f"{label}.csv"
        with self.open(name, header) as file:
            for row in rows:
                self.line(file, row)
        self.are_nodes(label, name)

    def open(self, name: str, header: Sequence[str]) -> TextIO:
        file = (self.folder / name).open("w", encoding="utf-8", newline="")
        file.write(",".join(header) + "\n")
        return file

    def line(self, file: TextIO, cells: Iterable[Any]) -> None:
        text = ",".join(map(_cell, cells))
        self._has_breaks = self._has_breaks or "\n" in text or "\r" in text
        file.write(text + "\n")
        self.written += 1

    def are_nodes(self, label: str, name: str) -> None:
        self._named.append(f"--nodes={label}=./{name}")

    def are_relationships(self, type_: str, name: str) -> None:
        self._named.append(f"--relationships={type_}=./{name}")

    def arguments(self) -> Iterator[str]:
        yield from STRICT
        yield f"--multiline-fields={str(self._has_breaks).lower()}"
        yield from self._named


def _write_kind(files: _Files, kind: Kind, archive: Archive, parties: set[str]) -> None:
    columns = (*RESERVED, *kind.field_names)
    header = [f":ID({kind.name})", *(_typed(name, column_type(kind, name)) for name in columns)]
    ends = [f":START_ID({kind.name})", f":END_ID({ENTERPRISE})"]
    places = {role: columns.index(role) for role in kind.party_fields}
    roles = {role: files.open(f"{kind.name}.{role}.csv", ends) for role in places}
    nodes = files.open(f"{kind.name}.csv", header)
    try:
        for number, row in enumerate(archive.rows(kind.name)):
            cells = row.cells
            files.line(nodes, (number, *cells))
            for role, place in places.items():
                party = cells[place]
                if party is not None:
                    files.line(roles[role], (number, party))
                    parties.add(str(party))
    finally:
        for file in (nodes, *roles.values()):
            file.close()
    files.are_nodes(label_of(kind), f"{kind.name}.csv")
    for role in roles:
        files.are_relationships(role_of(role), f"{kind.name}.{role}.csv")


def _write_housekeeping(files: _Files, archive: Archive) -> None:
    dictionary: Dictionary = archive.dictionary
    mark = (STORE_NAME, FORMAT, json.dumps(fields_of(dictionary)))
    files.nodes("_Store", ["name:string", "form:long", "fields:string"], [mark])
    loads = map(records.cells_of_load, archive.loads())
    files.nodes("_Load", _house(LOAD_COLUMNS), loads)
    findings = map(records.cells_of_finding, archive.findings())
    files.nodes("_Finding", _house(records.FINDING_COLUMNS), findings)
    heads: dict[str, tuple[Any, ...]] = {}

    def lines() -> Iterator[tuple[Any, ...]]:
        for stream, line in archive.journals():
            heads[stream] = (stream, line["seq"], line["hash"])
            yield records.cells_of_entry(stream, line)

    files.nodes("_JournalLine", _house(JOURNAL_COLUMNS), lines())
    files.nodes("_Journal", _house(("stream", "seq", "hash")), heads.values())


def _house(columns: Sequence[str]) -> list[str]:
    return [_typed(name, "INTEGER" if name in WHOLE_NUMBERS else "TEXT") for name in columns]


def _typed(name: str, type_: str) -> str:
    return f"{name}:{IMPORT_TYPE[type_]}"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return repr(int(value)) if isinstance(value, bool) else repr(value)
