"""One load at work: the files of a source, chunk by chunk, and then what they no longer say.

accepted + warned + quarantined = read, for every file
"""

from collections import ChainMap, Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from graph_model.errors import BadInput
from graph_model.schema import Dictionary, Kind
from graph_model.snapshot import Interval
from graph_model.statement import Finding, Row, Severity, SourceFile
from graph_model.store.protocol import Load
from ingest import check, said
from ingest.cells import without_person_ids
from ingest.delta import Delta, Evidence, delta, ending
from ingest.extract import Extract, content_of
from ingest.mapping import Mapping as FileMapping
from ingest.normalise import Fault, Fields, Normaliser
from ingest.raw_table import RawChunk
from ingest.read import TableReader
from ingest.read_encoding import sha256_of
from ingest.said import Place, Said, Settled

SHRINK_LIMIT = 0.05
"""A full extract that ends a larger share of what it speaks of needs a word from a person."""

Progress = Callable[[str, int], None]
"""Called with the file's name and the rows read so far."""


@dataclass(frozen=True)
class Taken:
    """What became of the rows of one chunk; `status` is one of `check.GOOD` and so on per row."""

    status: list[int]
    faults: list[Fault]
    opened: int
    closed: int

    def counted(self, file: SourceFile) -> SourceFile:
        """The file with this chunk counted in."""
        counts = Counter(self.status)
        return replace(
            file,
            read=file.read + len(self.status),
            accepted=file.accepted + counts[check.GOOD],
            warned=file.warned + counts[check.WARNED],
            quarantined=file.quarantined + counts[check.QUARANTINED] + counts[check.REFUSED],
            refused=file.refused + counts[check.REFUSED],
            opened=file.opened + self.opened,
            closed=file.closed + self.closed,
        )


class Loading:
    """Takes the files of one source into one load.

    Parameters
    ----------
    load : Load
        Begun and not yet published.
    dictionary : Dictionary
        Kinds, fields and code tables.
    source : str
        Id of the source.
    progress : Progress
        Told how far it is.
    settled : mapping of str to Settled, optional
        By content, the rows that a person has corrected and taken in again.
    """

    def __init__(
        self,
        load: Load,
        dictionary: Dictionary,
        source: str,
        progress: Progress,
        settled: Mapping[str, Settled] | None = None,
    ) -> None:
        self.load = load
        self.rules: Counter[tuple[Severity, str]] = Counter()
        self.kept_aside: set[tuple[str, ...]] = set()
        self.contents: set[str] = set()
        self._dictionary = dictionary
        self._source = source
        self._progress = progress
        self._files: dict[int, SourceFile] = {}
        self._settled = settled or {}
        self._spared: set[tuple[int, int]] = set()
        self._said = Said()

    @property
    def files(self) -> list[SourceFile]:
        """The files taken so far, in the order in which `source.toml` names them."""
        return [self._files[number] for number in sorted(self._files)]

    def take(self, extracts: Iterable[Extract], *, allow_shrink: bool) -> None:
        """Load all files, and end what the full extracts no longer say.

        States and periods end after all files of their day, events after all files: a second
        file may name what the first does not.
        """
        full: list[Extract] = []
        for _, same_day in groupby(sorted(extracts, key=lambda e: e.order), key=lambda e: e.day):
            today = list(same_day)
            for extract in today:
                self._take_extract(extract)
            today = [extract for extract in today if extract.declared.extract == "full"]
            self._end_all(today, allow_shrink, events=False)
            full += today
        self._end_all(full, allow_shrink, events=True)

    def _take_extract(self, extract: Extract) -> None:
        # One for all files of the extract, so that `occurrence_of` counts over them.
        normaliser = Normaliser(extract.mapping, self._dictionary, self._source)
        for number, path in enumerate(extract.paths, extract.first):
            self._take_file(extract, number, path, normaliser)

    def _take_file(
        self, extract: Extract, file_number: int, path: Path, normaliser: Normaliser
    ) -> None:
        declared, mapping = extract.declared, extract.mapping
        reader = TableReader(path, mapping.format.file_format())
        file = SourceFile(
            name=path.name,
            sha256=sha256_of(path),
            extract=declared.extract,
            period_from=declared.period.start.isoformat(),
            period_to=declared.period.end.isoformat(),
            as_of=extract.day,
            mapping=mapping.as_json(),
        )
        content = content_of(file, mapping)
        settled = self._settled.get(content, frozenset())
        self._spared |= settled
        for count, chunk in enumerate(reader):
            if count == 0:
                normaliser.check_header(list(chunk.columns), path.name)
            taken = self.take_chunk(
                file, normaliser, mapping, chunk, number=file_number, settled=settled
            )
            self.note(content, chunk, taken.faults, taken.status, number=file_number)
            file = taken.counted(file)
            self._progress(path.name, file.read)
        if not file.read:
            normaliser.check_header(reader.report.header, path.name)
        self._files[file_number] = file

    def take_chunk(
        self,
        file: SourceFile,
        normaliser: Normaliser,
        mapping: FileMapping,
        chunk: RawChunk,
        *,
        number: int = 0,
        let_through: frozenset[int] = frozenset(),
        settled: Settled = frozenset(),
    ) -> Taken:
        """Load the good rows of one chunk; the caller notes the faults and counts the rows."""
        faults = _reading_faults(chunk) + self._refusals(mapping, chunk)
        stated: list[tuple[Fields, list[check.Stated]]] = []
        for fields in normaliser.read(chunk, let_through):
            found = check.statements(fields, file.as_of)
            stated.append((fields, found.rows))
            faults += [*fields.faults, *found.faults]
            if file.extract == "full":
                period = Interval(file.period_from, file.period_to)
                faults += check.outside(fields, found.rows, period)
            faults += check.lacking(fields, found.rows)
            faults += check.odd(fields, found.rows)
            whole = [str(key) for key in map(_whole, found.unstated) if key is not None]
            self._said.add_aside(fields.kind.name, file.as_of, whole, found.unstated)
        status = [check.GOOD] * len(chunk.lines)
        for fault in faults:
            status[fault.place] = max(status[fault.place], check.SEVERITIES[fault.severity])
        evidence = Evidence(
            *(self._source, self.load.number, number, file.name), chunk.lines, settled
        )
        deltas = self._deltas(stated, status, faults, evidence, file.as_of)
        opened = closed = 0
        for name, change in deltas:
            closed += self.load.close_rows(name, change.close)
            opened += self.load.open_rows(name, change.open)
        return Taken(status, faults, opened, closed)

    def _deltas(
        self,
        stated: list[tuple[Fields, list[check.Stated]]],
        status: list[int],
        faults: list[Fault],
        evidence: Evidence,
        day: str,
    ) -> list[tuple[str, Delta]]:
        """Changes of every statement rule; a row that contradicts takes back all it says."""
        while True:
            deltas: list[tuple[str, Delta]] = []
            in_force: dict[str, dict[str, list[Row]]] = {}
            keys: dict[str, ChainMap[str, Place | None]] = {}
            contradictions: list[Fault] = []
            for fields, rows in stated:
                good = [row for row in rows if status[row.place] < check.QUARANTINED]
                kind = fields.kind
                held = in_force.setdefault(kind.name, {})
                held |= self.load.in_force(
                    kind.name, self._source, [row.key for row in good if row.key not in held]
                )
                said_now = keys.setdefault(kind.name, said.drafted(self._said.before(kind, day)))
                first = fields.repeats == "first"
                found = delta(kind, good, held, said_now, evidence, first_stands=first)
                deltas.append((kind.name, found))
                contradictions += [
                    _contradiction(statement, fields, earlier, evidence.name)
                    for statement, earlier in found.contradictions
                ]
            if not contradictions:
                break
            faults += contradictions
            for fault in contradictions:
                status[fault.place] = check.QUARANTINED
        for name, drafted in keys.items():
            self._said.add(name, day, drafted.maps[0])
        for fields, rows in stated:
            self._said.add_aside(fields.kind.name, day, (row.key for row in rows), ())
        return deltas

    def _refusals(self, mapping: FileMapping, chunk: RawChunk) -> list[Fault]:
        records = [rule for rule in mapping.statement if rule.kind == "credit_record"]
        columns = [c for rule in records for c in rule.fields["record_kind"].columns]
        banned = self._dictionary.codes("trivial_misbehaviour")
        parties = self._party_columns(mapping)
        return check.refusals(chunk, banned, columns if records else None, parties)

    def _party_columns(self, mapping: FileMapping) -> list[str]:
        """Columns of codes and names of parties, as the mapping has them."""
        found: list[str] = []
        for rule in mapping.statement:
            kind = self._dictionary.kind(rule.kind)
            for name, field_rule in rule.fields.items():
                named = (kind.name, name) == ("party", "name")
                if kind.field(name).type == "party" or named:
                    found += field_rule.columns
                    found += [field_rule.name_column] if field_rule.name_column else []
        return list(dict.fromkeys(found))

    def note(
        self,
        content: str,
        chunk: RawChunk,
        faults: Iterable[Fault],
        status: list[int],
        *,
        number: int = 0,
    ) -> None:
        """Keep the faults with the load; a row kept aside is kept whole, a refused one not.

        Identity numbers of persons are not kept in either.
        """
        findings: list[Finding] = []
        told: set[tuple[int, str]] = set()
        for fault in faults:
            worst = status[fault.place]
            refused = worst == check.REFUSED
            rule = fault.rule.partition(":")[0]
            if refused and (fault.severity != "refused" or (fault.place, rule) in told):
                continue
            told.add((fault.place, rule))
            row = {}
            if worst == check.QUARANTINED:
                row = {
                    header: without_person_ids(column[fault.place])
                    for header, column in chunk.columns.items()
                }
                self.kept_aside.add(row_key(row))
            findings.append(
                Finding(
                    file=number,
                    line=chunk.lines[fault.place],
                    column=fault.column,
                    value="(not kept)" if refused else without_person_ids(fault.value),
                    severity=fault.severity,
                    rule=fault.rule,
                    way_out=fault.way_out,
                    row=row,
                )
            )
            self.rules[fault.severity, rule] += 1
        if findings:
            self.load.note(content, findings)
        self.contents.add(content)

    def _end_all(self, full: Iterable[Extract], allow_shrink: bool, *, events: bool) -> None:
        for extract in full:
            kinds = [self._dictionary.kind(name) for name in extract.listed]
            closed = sum(
                self._end(kind, extract, allow_shrink)
                for kind in kinds
                if (kind.time == "event") == events
            )
            last = extract.first + len(extract.paths) - 1
            file = self._files[last]
            self._files[last] = replace(file, closed=file.closed + closed)

    def _end(self, kind: Kind, extract: Extract, allow_shrink: bool) -> int:
        """End what a full extract no longer names; returns how many rows were closed."""
        declared, day = extract.declared, extract.day

        def is_said(row: Row) -> bool:
            return (row.load, row.line) in self._spared or self._said.names(kind, day, row)

        period = Interval(declared.period.start.isoformat(), declared.period.end.isoformat())
        in_force = self.load.keys_in_force(kind.name, self._source)
        ended, spoken_of = ending(kind, in_force, is_said, period, day)
        if len(ended) > SHRINK_LIMIT * spoken_of and not allow_shrink:
            raise BadInput(
                f"{declared.path}, {kind.zh} ({kind.name})",
                f"the full extract no longer names {len(ended)} of {spoken_of} rows in force, "
                f"more than {SHRINK_LIMIT:.0%}",
                "If the file is whole, load it with --allow-shrink; if it is a part, declare it "
                "as delta.",
            )
        self.load.close_rows(kind.name, [row.row_id for row, _ in ended])
        left = (replace(rest, tx_from=self.load.number) for _, rest in ended if rest is not None)
        self.load.open_rows(kind.name, left)
        return len(ended)


def row_key(row: Mapping[str, str]) -> tuple[str, ...]:
    """What tells one row kept aside from another: its columns and cells."""
    return tuple(cell for header in sorted(row) for cell in (header, row[header]))


def _reading_faults(chunk: RawChunk) -> list[Fault]:
    return [
        Fault(place, fault.column, fault.value, "quarantine", fault.rule, fault.way_out)
        for place, fault in chunk.faults.items()
    ]


def _whole(parts: said.Part) -> str | None:
    return None if None in parts else "|".join(str(part) for part in parts)


def _contradiction(statement: check.Stated, fields: Fields, earlier: Place, name: str) -> Fault:
    elsewhere = f" of {earlier.file}" if earlier.file != name else ""
    return Fault(
        *(statement.place, ", ".join(fields.kind.key), statement.key, "quarantine"),
        f"CONTRADICTION: says otherwise of the same {fields.kind.zh} than line "
        f"{earlier.line}{elsewhere}",
        "Keep the right one of the two rows.",
    )
