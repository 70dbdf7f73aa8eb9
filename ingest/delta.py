"""What a new statement changes in what is in force: pure, on the rows of one key.

An *event* or *period* is said as a whole and replaced as a whole. A *state* holds from the day
of the extract that says it until the next day for which something else is said; a different
value from a later day leaves the days before as they were.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from graph_model.schema import Kind
from graph_model.snapshot import OPEN_TX, Interval, first_after
from graph_model.statement import Row, RowId
from ingest.check import Stated
from ingest.said import Keys, Place, Settled


@dataclass
class Delta:
    """Rows to open and to close, and rows of the file that contradict an earlier one."""

    open: list[Row] = field(default_factory=list)
    close: list[RowId] = field(default_factory=list)
    contradictions: list[tuple[Stated, Place]] = field(default_factory=list)
    repeats: int = 0


@dataclass(frozen=True)
class Evidence:
    """Where the rows of one chunk come from.

    `settled` are rows in force that a person has corrected from this very content: reading it
    again does not undo that.
    """

    source: str
    load: int
    file: int
    name: str
    lines: Sequence[int]
    settled: Settled = frozenset()


def delta(
    kind: Kind,
    stated: Iterable[Stated],
    in_force: dict[str, list[Row]],
    said: Keys,
    evidence: Evidence,
    *,
    first_stands: bool = False,
) -> Delta:
    """Hold statements against what is in force, in their order.

    Parameters
    ----------
    kind : Kind
        Their kind.
    stated : iterable of Stated
        From one chunk of one file.
    in_force : dict of str to list of Row
        By key, oldest validity first; brought up to date as statements are taken in.
    said : mapping of str to Place or None
        Where a good row of this load has named a key already (of states: as of the same day);
        brought up to date too.
    evidence : Evidence
        Source, load, file and line numbers.
    first_stands : bool
        A second statement of a key in one load is passed over rather than called a contradiction.
    """
    found = Delta()
    opened: dict[RowId, Row] = {}
    for statement in stated:
        rows = in_force.get(statement.key, [])
        new = _row(statement, evidence)
        earlier = said.get(statement.key)
        if earlier is None:
            said[statement.key] = Place(evidence.name, new.line)
        if any((row.load, row.line) in evidence.settled for row in rows):
            continue
        if earlier is not None:
            if first_stands or _agrees(kind, new, rows):
                found.repeats += 1
            else:
                found.contradictions.append((statement, earlier))
            continue
        close, fresh = _changes(kind, new, rows)
        if not close and not fresh:
            continue
        for row in close:
            if opened.pop(row.row_id, None) is None:
                found.close.append(row.row_id)
        opened |= {row.row_id: row for row in fresh}
        kept = [row for row in rows if row not in close]
        in_force[statement.key] = sorted([*kept, *fresh], key=lambda row: row.valid_from)
    found.open = list(opened.values())
    return found


def _row(statement: Stated, evidence: Evidence) -> Row:
    return Row(
        *(evidence.source, statement.key, statement.holds.start, statement.holds.end),
        *(evidence.load, OPEN_TX, evidence.load, evidence.file),
        evidence.lines[statement.place],
        statement.values,
    )


def _agrees(kind: Kind, new: Row, rows: Iterable[Row]) -> bool:
    """Whether what an earlier row of the load has said, which is in force, says the same."""
    return any(
        row.values == new.values
        and (
            kind.time != "state" or Interval(row.valid_from, row.valid_to).holds_on(new.valid_from)
        )
        for row in rows
    )


def _changes(kind: Kind, new: Row, rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Rows to close and rows to open, for one new statement."""
    if kind.time != "state":
        return _replacement(new, rows)
    day = new.valid_from
    for row in rows:
        holds = Interval(row.valid_from, row.valid_to)
        if holds.holds_on(day):
            if row.values == new.values:
                return [], []
            earlier = holds.before(day)
            fresh = [replace(new, valid_to=row.valid_to)]
            if not earlier.is_empty:
                fresh.insert(0, replace(row, valid_to=earlier.end, tx_from=new.tx_from))
            return [row], fresh
    return [], [replace(new, valid_to=first_after(day, (row.valid_from for row in rows)))]


def _replacement(new: Row, rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    same = [
        row
        for row in rows
        if (row.valid_from, row.valid_to, row.values) == (new.valid_from, new.valid_to, new.values)
    ]
    if same:
        return [row for row in rows if row is not same[0]], []
    return list(rows), [new]


def ending(
    kind: Kind, rows: Iterable[Row], is_said: Callable[[Row], bool], period: Interval, day: str
) -> tuple[list[tuple[Row, Row | None]], int]:
    """What a full extract no longer says.

    Parameters
    ----------
    kind : Kind
        Kind of the rows.
    rows : iterable of Row
        Everything of the source in this kind that is in force.
    is_said : callable
        Whether the extract names what a row speaks of, be it in a row kept aside.
    period : Interval
        Days the extract speaks of; events outside are left alone.
    day : str
        ISO day as of which periods and states that are no longer named have ended.

    Returns
    -------
    list of (Row, Row or None)
        The row to close, and what is left of it before `day`.
    int
        How many rows the extract spoke of, ended or not: what shrinking is measured against.
    """
    ended: list[tuple[Row, Row | None]] = []
    spoken_of = 0
    for row in rows:
        holds = Interval(row.valid_from, row.valid_to)
        event = kind.time == "event"
        if not (holds.starts_in(period) if event else holds.holds_on(day)):
            continue
        spoken_of += 1
        if is_said(row):
            continue
        earlier = holds.before(day)
        left = None if event or earlier.is_empty else replace(row, valid_to=earlier.end)
        ended.append((row, left))
    return ended, spoken_of
