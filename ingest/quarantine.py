"""Rows kept aside: written to a file that can be corrected, and taken in again from it.

Each line has the finding (load, file, line, column, value, rule, way out) and the whole row as
it came, in columns that begin with `row:`. Correct the row, or write `yes` under `let_through`
where a person has judged that an unusual code is real, and replay the file.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from graph_model.errors import BadInput
from graph_model.statement import LoadRecord, SourceFile
from graph_model.store.protocol import Store
from ingest.check import QUARANTINED
from ingest.extract import content_of
from ingest.load import LoadReport
from ingest.loading import Loading
from ingest.mapping import mapping_from_json
from ingest.normalise import Normaliser
from ingest.raw_table import FileFormat, RawChunk
from ingest.read import TableReader
from ingest.read_encoding import sha256_of

FIELDS = (
    *("finding", "source", "load", "file", "line", "column", "value", "severity"),
    *("rule", "way_out", "let_through"),
)
ROW = "row:"
FRESH: dict[str, Any] = dict.fromkeys(
    ("read", "accepted", "warned", "quarantined", "refused", "opened", "closed"), 0
)
"""Counts of a file before any of its rows is taken."""


def waiting(store: Store, source: str | None = None) -> list[dict[str, Any]]:
    """Findings whose rows are kept aside and not settled yet, with the name of their file."""
    names = {load.number: load.files for load in store.loads()}
    return [
        finding | {"file_name": names[finding["load"]][finding["file"]].name}
        for finding in store.findings(source)
        if finding["severity"] == "quarantine" and not finding["resolved_by"]
    ]


def write_quarantine(findings: Iterable[dict[str, Any]], path: Path) -> int:
    """Write findings of `waiting` to a CSV file (UTF-8 with a mark, as spreadsheets want it).

    Returns
    -------
    int
        How many rows are kept aside; a row with several faults stands on several lines, and
        only its first line carries the row.
    """
    listed = list(findings)
    headers = list(dict.fromkeys(header for f in listed for header in f["row"]))
    seen: set[tuple[int, int, int]] = set()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*FIELDS, *(f"{ROW}{header}" for header in headers)])
        for finding in listed:
            place = (finding["load"], finding["file"], finding["line"])
            row = [finding["row"].get(header, "") for header in headers]
            writer.writerow(
                [
                    *(finding["finding_id"], finding["source"], finding["load"]),
                    *(finding["file_name"], finding["line"], finding["column_name"]),
                    *(finding["value"], finding["severity"], finding["rule"]),
                    *(finding["way_out"], ""),
                    *(row if place not in seen else [""] * len(row)),
                ]
            )
            seen.add(place)
    return len(seen)


@dataclass
class Part:
    """Rows of one file of one load that are to be taken in again."""

    load: LoadRecord
    file: SourceFile
    rows: dict[int, dict[str, str]] = field(default_factory=dict)
    findings: dict[int, list[int]] = field(default_factory=dict)
    let_through: set[int] = field(default_factory=set)

    def chunk(self) -> RawChunk:
        """The rows as a reader would give them, under the line numbers they first had."""
        lines = sorted(self.rows)
        headers = list(dict.fromkeys(h for line in lines for h in self.rows[line]))
        columns = {h: [self.rows[line].get(h, "") for line in lines] for h in headers}
        return RawChunk(columns, lines, {})


def replay(store: Store, path: Path, *, dry_run: bool = False) -> list[LoadReport]:
    """Take corrected rows in again, by the mapping they first came through.

    Rows that are good now are loaded and their findings settled; the others stay as they are. A
    dry run does everything and publishes nothing.

    Raises
    ------
    BadInput
        When the file is no quarantine file of this store, or names a finding that is not waiting.
    """
    parts = _parts(store, path)
    if not parts:
        raise BadInput(
            path.name,
            "holds no row",
            "Write the file anew with `alliance quality --quarantine FILE` and correct its rows.",
        )
    return [_replay_part(store, path, part, dry_run=dry_run) for part in parts]


def _replay_part(store: Store, path: Path, part: Part, *, dry_run: bool) -> LoadReport:
    mapping = mapping_from_json(part.file.mapping, store.dictionary)
    source = part.load.source
    chunk = part.chunk()
    let_through = frozenset(k for k, line in enumerate(chunk.lines) if line in part.let_through)
    file = replace(
        part.file,
        name=path.name,
        sha256=sha256_of(path),
        extract="delta",
        replays=part.file.name,
        **FRESH,
    )
    with store.begin(source) as load:
        loading = Loading(load, store.dictionary, source.id, lambda _name, _rows: None)
        normaliser = Normaliser(mapping, store.dictionary, source.id, alone=True)
        normaliser.check_header(list(chunk.columns), path.name)
        taken = loading.take_chunk(file, normaliser, mapping, chunk, let_through=let_through)
        good = {k for k, status in enumerate(taken.status) if status < QUARANTINED}
        faults = [fault for fault in taken.faults if fault.place in good]
        loading.note(content_of(file, mapping), chunk, faults, taken.status)
        load.resolve(f for k in sorted(good) for f in part.findings[chunk.lines[k]])
        counted = taken.counted(file)
        if dry_run:
            load.abort(forget=True)
        number = load.publish([counted]) if load.has_written and not dry_run else 0
    rules = Counter((fault.severity, fault.rule.partition(":")[0]) for fault in taken.faults)
    return LoadReport(number, source.id, (counted,), rules)


def _parts(store: Store, path: Path) -> list[Part]:
    known = {finding["finding_id"]: finding for finding in waiting(store)}
    of_row: dict[tuple[int, int, int], list[int]] = {}
    for finding in known.values():
        of_row.setdefault(_row_of(finding), []).append(finding["finding_id"])
    loads = {load.number: load for load in store.loads()}
    parts: dict[tuple[int, int], Part] = {}
    for chunk in TableReader(path, FileFormat()):
        if lacking := [name for name in FIELDS if name not in chunk.columns]:
            raise BadInput(
                path.name,
                f"is no quarantine file: it has no column {', '.join(lacking)}",
                "Write one with `alliance quality --quarantine FILE`, correct it and replay that.",
            )
        cells = {h.removeprefix(ROW): c for h, c in chunk.columns.items() if h.startswith(ROW)}
        for k, line in enumerate(chunk.lines):
            finding = _finding_on(chunk, k, known, f"{path.name}, line {line}")
            load = loads[finding["load"]]
            part = parts.setdefault(
                (load.number, finding["file"]), Part(load, load.files[finding["file"]])
            )
            at = int(finding["line"])
            part.findings[at] = of_row[_row_of(finding)]
            if lacking := [header for header in finding["row"] if header not in cells]:
                raise BadInput(
                    f"{path.name}: {', '.join(ROW + header for header in lacking)}",
                    "the columns of the row are not all there",
                    "Put them back; correct cells, and leave the columns as they are.",
                )
            row = {header: cells[header][k] for header in finding["row"]}
            told = chunk.columns["value"][k].strip()
            if told != finding["value"].strip() and row == finding["row"]:
                raise BadInput(
                    f"{path.name}, line {line}, value {told!r}",
                    "the column value only tells what was found; it is not read",
                    f"Correct the row itself, in the columns that begin with {ROW!r}.",
                )
            if any(row.values()):
                # A row with several faults stands on its first line; what is written on the
                # others corrects it further.
                written = {header: cell for header, cell in row.items() if cell}
                part.rows[at] = part.rows[at] | written if at in part.rows else row
            if chunk.columns["let_through"][k].strip().lower() == "yes":
                part.let_through.add(at)
    return [part for part in parts.values() if part.rows]


def _row_of(finding: dict[str, Any]) -> tuple[int, int, int]:
    return finding["load"], finding["file"], finding["line"]


def _finding_on(
    chunk: RawChunk, k: int, known: dict[int, dict[str, Any]], where: str
) -> dict[str, Any]:
    """Finding that a line names, provided that it is the one of this store."""
    named, *told = (
        chunk.columns[name][k].strip() for name in ("finding", "source", "load", "file", "line")
    )
    finding = known.get(int(named)) if named.isdecimal() else None
    if finding is None:
        raise BadInput(
            f"{where}, finding {named!r}",
            "is not waiting in quarantine",
            "It may have been settled by an earlier replay: take the line out.",
        )
    held = [str(finding[name]) for name in ("source", "load", "file_name", "line")]
    if told != held:
        raise BadInput(
            f"{where}, finding {named}: {', '.join(told)}",
            f"this store knows the finding as {', '.join(held)}",
            "The file was written by another store, or its columns were changed.",
        )
    return finding
