"""Typed columns held against the dictionary: good rows, odd rows, rows to keep aside.

Also the two refusals that law asks for at the door: records of trivial misbehaviour, and rows
about natural persons (穗府办函〔2020〕35号 item (十七); Personal Information Protection Law).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graph_model.schema import Code, Kind, Value, key_of
from graph_model.snapshot import OPEN_DATE, Interval
from ingest.cells import folded, names_a_person, words
from ingest.normalise import Fault, Fields
from ingest.raw_table import RawChunk
from ingest.said import Part

GOOD, WARNED, QUARANTINED, REFUSED = range(4)
SEVERITIES = {"warning": WARNED, "quarantine": QUARANTINED, "refused": REFUSED}


@dataclass(frozen=True)
class Stated:
    """One statement of one row of a chunk, ready to be held against what is in force."""

    place: int
    key: str
    holds: Interval
    values: tuple[Value, ...]


@dataclass
class Checked:
    """What one rule makes of a chunk.

    Attributes
    ----------
    rows : list of Stated
        Statements; whether their rows are good is seen from all faults together.
    unstated : list of tuple
        Parts of the keys of rows that make no statement because something in them is wrong;
        None for a part that cannot be read.
    faults : list of Fault
        What does not fit together.
    """

    rows: list[Stated] = field(default_factory=list)
    unstated: list[Part] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def refusals(
    chunk: RawChunk,
    banned: Mapping[str, Code],
    kind_columns: Iterable[str] | None,
    party_columns: Iterable[str],
) -> list[Fault]:
    """Rows that the law lets nobody keep: of them only line and clause are told.

    Parameters
    ----------
    chunk : RawChunk
        Raw text of one file.
    banned : mapping of str to Code
        Table `trivial_misbehaviour`.
    kind_columns : iterable of str or None
        Columns that say of which kind a credit record is, where the file holds such records:
        there a banned word anywhere in the cell refuses the row, in other columns only a cell
        that is the banned word (an authority may be called 信访局).
    party_columns : iterable of str
        Columns that hold codes or names of parties: an identity number in one, or a name that
        says it is a person's, refuses the row.
    """
    persons = words("person")
    found: dict[int, Fault] = {}
    for header, column in chunk.columns.items():
        if any(role in header for role in words("role_header")):
            continue  # who acts for an enterprise is a person, and the row is not about him
        for place, cell in enumerate(column):
            if cell and (cell in persons or folded(cell) in persons):
                found.setdefault(place, _person(place, header))
    for header in party_columns:
        for place, cell in enumerate(chunk.columns.get(header, ())):
            if names_a_person(cell):
                found.setdefault(place, _identity(place, header))
    if kind_columns is None:
        return list(found.values())
    aliases = [
        (folded(alias), code) for code in banned.values() for alias in (code.zh, *code.aliases)
    ]
    telling = set(kind_columns)
    for header, column in chunk.columns.items():
        for place, cell in enumerate(column):
            text = folded(cell)
            for alias, code in aliases:
                if text == alias or (header in telling and alias in text):
                    found.setdefault(place, _trivial(place, header, code))
    return list(found.values())


def _person(place: int, header: str) -> Fault:
    return Fault(
        *(place, header, "(not kept)", "refused"),
        "PERSON: the row is about a natural person; persons are never stored or scored "
        "(Personal Information Protection Law Art. 28; Regulation on the Credit Reporting "
        "Industry Art. 13)",
        "Take persons out of the file before it is sent.",
    )


def _identity(place: int, header: str) -> Fault:
    return Fault(
        *(place, header, "(not kept)", "refused"),
        "PERSON_ID: a natural person stands where a party should; persons are never stored or "
        "scored (Personal Information Protection Law Art. 28)",
        "Take persons out of the file before it is sent.",
    )


def _trivial(place: int, header: str, code: Code) -> Fault:
    return Fault(
        *(place, header, "(not kept)", "refused"),
        f"TRIVIAL_BAN {code.code} {code.zh}: {code.more.get('ban', '')} ({code.source})",
        "Such records may not enter a credit file; take them out before the file is sent.",
    )


def statements(fields: Fields, state_day: str) -> Checked:
    """Statements of one rule over a chunk, and what does not fit together in them.

    Parameters
    ----------
    fields : Fields
        Typed columns; rows with a fault in them may hold None where a value is required.
    state_day : str
        ISO day from which states hold that bring no date of their own.
    """
    kind = fields.kind
    found = Checked()
    key_columns = [fields.values[name] for name in kind.key]
    value_columns = [fields.values[name] for name in kind.field_names]
    starts = fields.values[kind.valid_from] if kind.valid_from else None
    ends = fields.values[kind.valid_to] if kind.valid_to else None
    for place, applies in enumerate(fields.states):
        if not applies:
            continue
        parts = [column[place] for column in key_columns]
        start = starts[place] if starts is not None else state_day
        if start is None or None in parts:
            # A required value is missing or unreadable: that fault is noted already.
            found.unstated.append(tuple(None if p is None else key_of([p]) for p in parts))
            continue
        end = (ends[place] if ends is not None else None) or OPEN_DATE
        holds = Interval(str(start), str(end))
        if holds.is_empty:
            found.unstated.append(tuple(key_of([p]) for p in parts))
            if place not in fields.damaged:
                found.faults.append(_empty(place, kind, holds))
            continue
        values = tuple(column[place] for column in value_columns)
        found.rows.append(Stated(place, key_of(parts), holds, values))
    return found


def outside(fields: Fields, rows: Iterable[Stated], period: Interval) -> list[Fault]:
    """Events of a full extract that lie outside the days it says it speaks of.

    A later full extract of the same period would not end them.
    """
    if fields.kind.time != "event":
        return []
    return [
        Fault(
            *(row.place, fields.kind.valid_from, row.holds.start, "warning"),
            f"OUTSIDE_PERIOD: the file declares {period.start} to {period.end}",
            "Correct the day, or the period in source.toml.",
        )
        for row in rows
        if not row.holds.starts_in(period)
    ]


def lacking(fields: Fields, rows: Iterable[Stated]) -> list[Fault]:
    """Rows without a field that is required where another field has a certain value.

    A consent on paper has the digest of its scan.
    """
    kind = fields.kind
    names = kind.field_names
    needed = [(f, *f.required_when) for f in kind.fields if f.required_when is not None]
    return [
        Fault(
            *(row.place, field_.name, "", "quarantine"),
            f"{field_.zh} ({field_.name}) is required where {other} is {code}",
            "Complete the source row.",
        )
        for row in rows
        for field_, other, code in needed
        if row.values[names.index(other)] == code and row.values[names.index(field_.name)] is None
    ]


def odd(fields: Fields, rows: Iterable[Stated]) -> list[Fault]:
    """Rows that count and look wrong: one party on both sides, days in the wrong order.

    `apart` in `kinds.csv` names the two sides, `least` in `fields.csv` the day that a day may not
    come before.
    """
    kind, found = fields.kind, list[Fault]()
    sides = [kind.field_names.index(name) for name in kind.apart]
    ordered = [
        (kind.field_names.index(f.name), kind.field_names.index(f.not_before), f)
        for f in kind.fields
        if f.not_before
    ]
    for row in rows:
        if sides and row.values[sides[0]] == row.values[sides[1]]:
            names = ", ".join(kind.field_names[k] for k in sides)
            found.append(
                Fault(
                    *(row.place, names, str(row.values[sides[0]]), "warning"),
                    "ONE_PARTY: the same party stands on both sides; it makes no link",
                    "Correct one of the two parties.",
                )
            )
        for late, early, field_ in ordered:
            day, first = row.values[late], row.values[early]
            if day and first and Interval(str(day), str(first)).is_forward:
                found.append(
                    Fault(
                        *(row.place, field_.name, str(day), "warning"),
                        f"DAY_ORDER: {field_.zh} lies before {kind.field(field_.not_before).zh} "
                        f"{first}",
                        "Correct one of the two days.",
                    )
                )
    return found


def _empty(place: int, kind: Kind, holds: Interval) -> Fault:
    return Fault(
        *(place, kind.valid_to, holds.end, "quarantine"),
        f"{kind.field(kind.valid_to).zh} is not after {kind.field(kind.valid_from).zh} "
        f"{holds.start}",
        "Correct one of the two days.",
    )
