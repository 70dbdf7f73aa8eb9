"""Loads, findings and journal lines as rows of a table, and back; the same on every store."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from graph_model.errors import StoreError
from graph_model.statement import LoadRecord, Source, SourceFile
from graph_model.store.protocol import JournalEntry

FINDING_COLUMNS = (
    *("finding_id", "load", "source", "sha256", "file", "line", "column_name"),
    *("value", "severity", "rule", "way_out", "row", "resolved_by"),
)


LOADS_KEPT = 4096
"""Load records that are kept once made: every load asks for all that ended before it."""


@lru_cache(maxsize=LOADS_KEPT)
def load_of(
    number: int,
    state: Literal["unpublished", "published", "aborted"],
    source: str,
    files: str,
    started_at: str,
    ended_at: str,
) -> LoadRecord:
    """Make a load record from stored cells; source and files are JSON."""
    listed = tuple(SourceFile(**file) for file in json.loads(files))
    return LoadRecord(number, state, Source(**json.loads(source)), listed, started_at, ended_at)


def cells_of_load(load: LoadRecord) -> tuple[Any, ...]:
    """Stored cells of a load record, its source's id last."""
    return (
        load.number,
        load.state,
        json_of(asdict(load.source)),
        json_of([file.as_json() for file in load.files]),
        load.started_at,
        load.ended_at,
        load.source.id,
    )


def finding_of(cells: Sequence[Any]) -> dict[str, Any]:
    """Make a finding from stored cells; `row` becomes a dict."""
    found = dict(zip(FINDING_COLUMNS, cells, strict=True))
    return found | {"row": json.loads(found["row"])}


def cells_of_finding(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    """Stored cells of a finding."""
    flat = {**finding, "row": json_of(finding["row"])}
    return tuple(flat[name] for name in FINDING_COLUMNS)


def entry_of(cells: Sequence[Any]) -> JournalEntry:
    """Make a journal line from stored cells."""
    stream, seq, at, text, previous, hash_ = cells
    try:
        payload = json.loads(text)
    except ValueError as error:
        rule = f"its content cannot be read ({error}): the line was changed"
        way_out = "Compare with an archive made before, and find out who could write to the store."
        raise StoreError(f"journal {stream}, line {seq}", rule, way_out) from error
    return {"seq": seq, "at": at, "payload": payload, "previous": previous, "hash": hash_}


def cells_of_entry(stream: str, line: Mapping[str, Any]) -> tuple[Any, ...]:
    """Stored cells of a journal line."""
    payload = json_of(line["payload"])
    return (stream, line["seq"], line["at"], payload, line["previous"], line["hash"])


def json_of(content: object) -> str:
    """One text per content: sorted names, no spaces, no escapes."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def now() -> str:
    """Wall time of a load's start or end: ISO, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")
