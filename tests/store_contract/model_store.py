"""The judge: a store of lists and loops, slow and plain, that says what every store must do.

A load works on a copy of everything; publishing puts the copy in place, aborting drops it.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pyarrow as pa

from graph_model.errors import StoreBusy, StoreError
from graph_model.network import MISSING
from graph_model.schema import RESERVED, Dictionary, Kind
from graph_model.snapshot import OPEN_TX, Snapshot
from graph_model.statement import Finding, LoadRecord, Row, RowId, Source, SourceFile
from graph_model.store.journal import GENESIS, line_hash
from graph_model.store.protocol import Dump, JournalEntry

NOW = "2026-11-01T00:00:00+00:00"
"""Wall time of the model."""


@dataclass
class Content:
    """Everything that loads write."""

    rows: list[tuple[str, Row]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)


class ModelLoad:
    """A load of the model, on its own copy of the content."""

    def __init__(self, store: "ModelStore", source: Source) -> None:
        self.number = max((load.number for load in store.records), default=0) + 1
        self.store = store
        self.source = source
        self.draft = deepcopy(store.content)
        self.ended = False
        self.wrote = False

    @property
    def has_written(self) -> bool:
        return self.wrote

    def in_force(self, kind: str, source: str, keys: Sequence[str]) -> Mapping[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.keys_in_force(kind, source):
            if row.key in keys:
                found.setdefault(row.key, []).append(row)
        return found

    def keys_in_force(self, kind: str, source: str) -> Iterator[Row]:
        open_ = [
            row
            for its_kind, row in self.draft.rows
            if its_kind == kind and row.source == source and row.tx_to == OPEN_TX
        ]
        return iter(sorted(open_, key=lambda row: row.row_id))

    def open_rows(self, kind: str, rows: Iterable[Row]) -> int:
        self._refuse_when_ended()
        known = self.store.dictionary.kind(kind)
        count = 0
        for row in rows:
            if row.tx_from != self.number or row.tx_to != OPEN_TX:
                raise StoreError(row.key, "opens under its own number", "Use load.number.")
            if any(row.row_id == there.row_id for k, there in self.draft.rows if k == kind):
                raise StoreError(row.key, "is there already", "Close the earlier row first.")
            for name, value in zip(known.field_names, row.values, strict=True):
                if value == "" or (isinstance(value, float) and math.isinf(value)):
                    raise StoreError(name, "is empty text or infinite", "Give None.")
            self.draft.rows.append((kind, row))
            self.wrote = True
            count += 1
        return count

    def close_rows(self, kind: str, row_ids: Iterable[RowId]) -> int:
        self._refuse_when_ended()
        count = 0
        for row_id in row_ids:
            for place, (its_kind, row) in enumerate(self.draft.rows):
                if its_kind == kind and row.row_id == row_id and row.tx_to == OPEN_TX:
                    if row.tx_from == self.number:
                        del self.draft.rows[place]
                    else:
                        self.draft.rows[place] = (kind, replace(row, tx_to=self.number))
                    self.wrote = True
                    count += 1
                    break
        return count

    def note(self, sha256: str, findings: Iterable[Finding]) -> int:
        self._refuse_when_ended()
        count = 0
        for finding in findings:
            same = ("source", "sha256", "line", "column_name", "rule")
            identity = (self.source.id, sha256, finding.line, finding.column, finding.rule)
            if any(tuple(f[n] for n in same) == identity for f in self.draft.findings):
                continue
            number = max((f["finding_id"] for f in self.draft.findings), default=0) + 1
            as_stored = asdict(finding) | {"row": dict(finding.row)}
            as_stored["column_name"] = as_stored.pop("column")
            self.draft.findings.append(
                {"finding_id": number, "load": self.number, "source": self.source.id}
                | {"sha256": sha256, "resolved_by": 0}
                | as_stored
            )
            self.wrote = True
            count += 1
        return count

    def enter(self) -> None:
        self._refuse_when_ended()
        self.wrote = True

    def resolve(self, finding_ids: Iterable[int]) -> int:
        self._refuse_when_ended()
        count = 0
        for finding_id in finding_ids:
            for finding in self.draft.findings:
                if finding["finding_id"] == finding_id and finding["resolved_by"] == 0:
                    finding["resolved_by"] = self.number
                    self.wrote = True
                    count += 1
        return count

    def publish(self, files: Sequence[SourceFile]) -> int:
        self._refuse_when_ended()
        self.ended = True
        if not self.wrote:
            return self.store.head()
        self.store.content = self.draft
        record = LoadRecord(self.number, "published", self.source, tuple(files), NOW, NOW)
        self.store.records.append(record)
        return self.number

    def abort(self, *, forget: bool = False) -> None:
        if not self.ended and self.wrote and not forget:
            record = LoadRecord(self.number, "aborted", self.source, (), NOW, NOW)
            self.store.records.append(record)
        self.ended = True

    def _refuse_when_ended(self) -> None:
        if self.ended:
            raise StoreError(f"load {self.number}", "has ended", "Begin another load.")


class ModelStore:
    """The whole protocol in one thread."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self.content = Content()
        self.records: list[LoadRecord] = []
        self.lines: dict[str, list[JournalEntry]] = {}
        self.loading = False

    def head(self) -> int:
        return max((load.number for load in self.records if load.state == "published"), default=0)

    @contextmanager
    def begin(self, source: Source, *, wait_seconds: float = 10.0) -> Iterator[ModelLoad]:
        if self.loading:
            raise StoreBusy("the model", "is in the middle of a load", f"Not in {wait_seconds} s.")
        load = ModelLoad(self, source)
        self.loading = True
        try:
            yield load
        finally:
            load.abort()
            self.loading = False

    def table(self, kind: str, snapshot: Snapshot, columns: Sequence[str]) -> pa.Table:
        known = self.dictionary.kind(kind)
        day, tx = snapshot.date.isoformat(), min(snapshot.tx, self.head())
        counted = [
            row.named(known)
            for row in self.rows(kind, tx)
            if row.valid_from <= day < row.valid_to and row.tx_from <= tx < row.tx_to
        ]
        arrays = {}
        for name in columns:
            type_, missing = _type_of(known, name)
            cells = [missing if row[name] is None else row[name] for row in counted]
            arrays[name] = pa.array(cells, type_)
        return pa.table(arrays)

    def history(self, key: str) -> list[tuple[str, Row]]:
        found = []
        for kind in self.dictionary.kinds.values():
            for row in self.rows(kind.name):
                named = row.named(kind)
                if key in [row.key, *(named[role] for role in kind.party_fields)]:
                    found.append((kind.name, row))
        return found

    def rows(self, kind: str, upto: int | None = None) -> Iterator[Row]:
        tx = self.head() if upto is None else min(upto, self.head())
        self.dictionary.kind(kind)
        for its_kind, row in sorted(self.content.rows, key=lambda pair: pair[1].row_id):
            if its_kind == kind and row.tx_from <= tx:
                yield row if row.tx_to <= tx else replace(row, tx_to=OPEN_TX)

    def loads(self) -> list[LoadRecord]:
        return list(self.records)

    def findings(self, source: str | None = None, upto: int | None = None) -> list[dict[str, Any]]:
        tx = self.head() if upto is None else min(upto, self.head())
        found = []
        for finding in self.content.findings:
            if finding["load"] <= tx and source in (None, finding["source"]):
                settled = finding["resolved_by"] if finding["resolved_by"] <= tx else 0
                found.append({**finding, "resolved_by": settled})
        return found

    def append(self, stream: str, at: str, payload: Mapping[str, Any]) -> JournalEntry:
        lines = self.lines.setdefault(stream, [])
        previous = lines[-1]["hash"] if lines else GENESIS
        kept = json.loads(json.dumps(payload))
        text = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        seq = len(lines) + 1
        lines.append(
            {"seq": seq, "at": at, "payload": kept, "previous": previous}
            | {"hash": line_hash(previous, stream, seq, at, text)}
        )
        return deepcopy(lines[-1])

    def journal(self, stream: str, after: int = 0) -> Iterator[JournalEntry]:
        return iter(deepcopy(self.lines.get(stream, [])[after:]))

    def streams(self) -> list[str]:
        return sorted(self.lines)

    def restore(self, dump: Dump) -> None:
        if self.records or self.lines:
            raise StoreError("the model", "is not empty", "Take a new one.")
        self.records = list(dump.loads())
        for kind in self.dictionary.kinds:
            self.content.rows += [(kind, row) for row in dump.rows(kind)]
        self.content.findings = list(dump.findings())
        for stream, line in dump.journals():
            self.lines.setdefault(stream, []).append(line)

    def close(self) -> None:
        pass


def _type_of(kind: Kind, column: str) -> tuple[pa.DataType, str | int | float]:
    """Arrow type of a column, and what stands for missing in it."""
    if column in RESERVED:
        text = column in ("source", "key", "valid_from", "valid_to")
    else:
        type_ = kind.field(column).type
        if type_ == "rate":
            return pa.float64(), math.nan
        text = type_ not in ("money", "integer", "flag")
    return (pa.string(), "") if text else (pa.int64(), MISSING)
