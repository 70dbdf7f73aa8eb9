"""One's own file: everything that is stated about an organisation, by whom, and whether it counts.

Free and unlimited (Order 204 Art. 15). It holds what is in force: what a later load corrected or
took back is history (`alliance history`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from api.services.pictures import out_by_cases
from api.services.rights import of_own, rights_of
from api.services.workspace import Workspace
from graph_model.schema import Field, Kind, Value
from graph_model.snapshot import OPEN_DATE, OPEN_TX, Interval, Snapshot
from graph_model.statement import LoadRecord, Row
from policy.standing import standing
from policy.visibility import Rights, Sight, Viewer, decide, row_ref

COUNTS = "counts"
NOT_TODAY = ("not_in_force", "it holds on other days than today")


@dataclass(frozen=True)
class Fact:
    """One field of a statement, as far as it may be seen.

    Attributes
    ----------
    value : str, int, float or None
        Fen for money; None where it is not stated.
    """

    field: str
    zh: str
    unit: str
    value: Value


@dataclass(frozen=True)
class Statement:
    """One statement about the organisation.

    Attributes
    ----------
    id : str
        kind:source:key, as explanations cite it.
    stated_by : str
        Name of the source.
    held_from, held_to : str
        First day, and first day no longer; "" while open.
    known_since : str
        When the load that brought it was published.
    evidence : str
        File and line.
    standing : str
        `counts`, or why it does not: expired, repaired, withdrawn, no_joining, not_in_force, …
    clause : str
        Of that reason; "" where it counts.
    """

    id: str
    kind: str
    kind_zh: str
    key: str
    source: str
    stated_by: str
    facts: tuple[Fact, ...]
    held_from: str
    held_to: str
    known_since: str
    evidence: str
    standing: str
    clause: str

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Place in the list."""
        return self.kind, self.key, self.source, self.held_from


def own_file(
    workspace: Workspace,
    viewer: Viewer,
    today: date,
    kind: str | None = None,
    *,
    action: str = "own file",
) -> tuple[Statement, ...]:
    """Everything stated about the viewer's organisation, in the order of `Statement.place`.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
        Sees the file of the organisation it acts for.
    today : datetime.date
        Day on which statements are asked whether they count.
    kind : str, optional
        Only statements of this kind.
    action : str
        As the audit journal names it.

    Raises
    ------
    NotAllowed
        When the role may not state the purpose.
    BadInput
        When there is no such kind.
    """
    if kind is not None:
        workspace.dictionary.kind(kind)
    of_own(workspace, viewer, action, today)
    rights = rights_of(workspace, today, None)
    loads = {load.number: load for load in workspace.store.loads()}
    by_kind: dict[str, list[Row]] = {}
    for name, row in workspace.store.history(viewer.organisation):
        if row.tx_to == OPEN_TX and kind in (None, name):
            by_kind.setdefault(name, []).append(row)
    found = [
        told
        for name, rows in by_kind.items()
        for told in _of_kind(workspace, viewer, rights, name, rows, loads, today)
    ]
    return tuple(sorted(found, key=lambda one: one.place))


def _of_kind(
    workspace: Workspace,
    viewer: Viewer,
    rights: Rights,
    name: str,
    rows: Sequence[Row],
    loads: Mapping[int, LoadRecord],
    today: date,
) -> Iterator[Statement]:
    kind = workspace.dictionary.kind(name)
    stands = _standing(workspace, kind, rows, loads, today)
    for row, (reason, clause) in zip(rows, stands, strict=True):
        load = loads[row.tx_from]
        facts = tuple(_facts(viewer, rights, kind, row))
        if not facts:
            continue
        yield Statement(
            id=f"{name}:{row.source}:{row.key}",
            kind=name,
            kind_zh=kind.zh,
            key=row.key,
            source=row.source,
            stated_by=load.source.name,
            facts=facts,
            held_from=row.valid_from,
            held_to="" if row.valid_to == OPEN_DATE else row.valid_to,
            known_since=load.ended_at,
            evidence=f"{loads[row.load].files[row.file].name}, line {row.line}",
            standing=reason,
            clause=clause,
        )


def _facts(viewer: Viewer, rights: Rights, kind: Kind, row: Row) -> Iterator[Fact]:
    """Fields that say something and may be seen to the last digit."""
    values = row.named(kind)
    for field in kind.fields:
        if values[field.name] is not None and _may_see(viewer, rights, kind, values, field):
            yield Fact(field.name, field.zh, field.unit, values[field.name])


def _may_see(
    viewer: Viewer, rights: Rights, kind: Kind, values: Mapping[str, Value], field: Field
) -> bool:
    ref = row_ref(kind, values, field.visibility)
    return decide(viewer, ref, rights).sight == Sight.AMOUNT


def _standing(
    workspace: Workspace,
    kind: Kind,
    rows: Sequence[Row],
    loads: Mapping[int, LoadRecord],
    today: date,
) -> list[tuple[str, str]]:
    """(reason, clause) of every row, by the same rules that make pictures."""
    named = [row.named(kind) for row in rows]
    columns = {field.name: [values[field.name] for values in named] for field in kind.fields}
    columns |= {"source": [row.source for row in rows], "key": [row.key for row in rows]}
    columns |= {"tx_from": [row.tx_from for row in rows]}
    dates = {field.name for field in kind.fields if field.type == "date"}
    filled = {
        name: [("" if value is None and name in dates else value) for value in values]
        for name, values in columns.items()
    }
    sources = [load.source for load in loads.values() if load.state == "published"]
    allowed = {source.id: source.association_allowed for source in sources}
    ranks = {source.id: source.rank for source in sources}
    out, _ = out_by_cases(workspace, Snapshot(today, workspace.store.head()))
    table = pa.table(filled)
    found = standing({kind.name: table}, allowed, today, out, ranks)[kind.name]
    day = today.isoformat()
    return [
        found.reasons.get(k, (COUNTS, ""))
        if Interval(row.valid_from, row.valid_to).holds_on(day)
        else NOT_TODAY
        for k, row in enumerate(rows)
    ]
