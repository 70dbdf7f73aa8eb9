"""Data of the departments: wrong and duplicate codes, double publicity (双公示), freshness.

    code error rate   rows with a wrong code and rows that give a code again / rows read
    double publicity  working days from a decision to the extract that first has it

An extract says that a record is there by its own day, and the one before that it was not: a
decision is late where even the earliest day is past the term, in time where the latest is within
it, and otherwise cannot be told, because the department sends too rarely. Of the first extract of
a source nobody knows how long its records were there.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 (a field below is called date)
from datetime import timedelta

from api.services.overview import once, rules
from api.services.quality import SourceQuality, quality
from api.services.rights import of_district
from api.services.workspace import Workspace
from graph_model.schema import Value
from graph_model.snapshot import Interval, latest
from graph_model.statement import SourceFile
from policy.pack import Pack
from policy.publicity import PublicityRule, publicity_rule
from policy.visibility import Viewer


@dataclass(frozen=True)
class DepartmentQuality:
    """Codes of one source, as counted over all its loads.

    Attributes
    ----------
    error_rate : float or None
        None where nothing was read.
    within : bool or None
        Whether the rate is at most the target.
    """

    source: str
    name: str
    type: str
    read: int
    accepted: int
    warned: int
    quarantined: int
    refused: int
    waiting: int
    wrong_codes: int
    duplicate_codes: int
    error_rate: float | None
    within: bool | None


@dataclass(frozen=True)
class Publicity:
    """Decisions of one authority that double publicity is about.

    Attributes
    ----------
    in_time, late, untold : int
        Add up to `decisions`.
    most_days : int or None
        Working days of the latest that is certainly late.
    """

    authority: str
    term_days: int
    clause: str
    decisions: int
    in_time: int
    late: int
    untold: int
    most_days: int | None


@dataclass(frozen=True)
class QualityOfData:
    """Every department's codes and punctuality."""

    load: int
    pack: str
    rule: str
    target: float
    target_clause: str
    departments: tuple[DepartmentQuality, ...]
    publicity: tuple[Publicity, ...]


@dataclass(frozen=True)
class SourceFreshness:
    """How old the data of one source is.

    Attributes
    ----------
    as_of : datetime.date
        Day of its newest extract, as the file declares it.
    age_days : int
        From that day to today; 0 where the extract is of a later day.
    last_load, loaded_at : int, str
        Load and wall time.
    """

    source: str
    name: str
    type: str
    as_of: Day
    age_days: int
    last_load: int
    loaded_at: str


@dataclass(frozen=True)
class Freshness:
    """Freshness of every source, the oldest first."""

    today: Day
    load: int
    rule: str
    sources: tuple[SourceFreshness, ...]


def departments(
    workspace: Workspace,
    viewer: Viewer,
    today: Day,
    *,
    action: str = "data quality of the district",
) -> QualityOfData:
    """Answer how good and how punctual the departments' data is, for officials.

    Raises
    ------
    NotAllowed
        For other roles and purposes.
    """
    decision = of_district(workspace, viewer, action, today)
    pack = rules(workspace, today)
    target = pack.parameter("code_error_target")
    found, publicity = once(workspace, "quality", "", pack, lambda: _made(workspace, pack))
    return QualityOfData(
        load=workspace.store.head(),
        pack=pack.reference,
        rule=decision.rule,
        target=pack.number("code_error_target", 0, 1),
        target_clause=target.clause,
        departments=found,
        publicity=publicity,
    )


def freshness(
    workspace: Workspace, viewer: Viewer, today: Day, *, action: str = "freshness of the district"
) -> Freshness:
    """Answer how old the data of each source is; errors as `departments`."""
    decision = of_district(workspace, viewer, action, today)
    newest: dict[str, SourceFreshness] = {}
    for load in workspace.store.loads():
        day = latest(file.as_of for file in load.files)
        if load.state != "published" or day is None:
            continue
        held = newest.get(load.source.id)
        as_of = Day.fromisoformat(latest([day, held.as_of.isoformat()] if held else [day]) or day)
        newest[load.source.id] = SourceFreshness(
            source=load.source.id,
            name=load.source.name,
            type=load.source.type,
            as_of=as_of,
            age_days=max((today - as_of).days, 0),
            last_load=load.number,
            loaded_at=load.ended_at,
        )
    listed = sorted(newest.values(), key=lambda one: (-one.age_days, one.source))
    return Freshness(today, workspace.store.head(), decision.rule, tuple(listed))


def _made(
    workspace: Workspace, pack: Pack
) -> tuple[tuple[DepartmentQuality, ...], tuple[Publicity, ...]]:
    types = {load.source.id: load.source.type for load in workspace.store.loads()}
    target = pack.number("code_error_target", 0, 1)
    found = tuple(_quality(one, types[one.source], target) for one in quality(workspace))
    return found, _publicity(workspace, publicity_rule(pack))


def _quality(one: SourceQuality, type_: str, target: float) -> DepartmentQuality:
    rate = (one.wrong_codes + one.duplicate_codes) / one.read if one.read else None
    counts = ("read", "accepted", "warned", "quarantined", "refused", "waiting")
    return DepartmentQuality(
        source=one.source,
        name=one.name,
        type=type_,
        **{name: getattr(one, name) for name in counts},
        wrong_codes=one.wrong_codes,
        duplicate_codes=one.duplicate_codes,
        error_rate=rate,
        within=None if rate is None else rate <= target,
    )


def _publicity(workspace: Workspace, rule: PublicityRule) -> tuple[Publicity, ...]:
    """Judge each decision by the extract that first had it and the one before."""
    kind = workspace.dictionary.kind("credit_record")
    loads = {load.number: load for load in workspace.store.loads() if load.state == "published"}
    first: dict[tuple[str, str], tuple[int, str, dict[str, Value]]] = {}
    for row in workspace.store.rows("credit_record"):
        values = row.named(kind)
        if values["record_kind"] not in rule.kinds or row.load not in loads:
            continue
        day = loads[row.load].files[row.file].as_of
        held = first.get((row.source, row.key))
        if held is None or row.load < held[0]:
            first[row.source, row.key] = (row.load, day, values)
    days = _extract_days(workspace)
    counts: dict[str, Counter[str]] = {}
    most: dict[str, int] = {}
    for (source, _), (_, day, values) in first.items():
        authority, decided = str(values["authority"]), str(values["recognised_on"])
        verdict, taken = _verdict(rule, authority, decided, day, days[source])
        counts.setdefault(authority, Counter())[verdict] += 1
        if verdict == "late":
            most[authority] = max(most.get(authority, 0), taken)
    return tuple(
        Publicity(
            authority=authority,
            term_days=rule.term(authority)[0],
            clause=rule.term(authority)[1],
            decisions=of.total(),
            in_time=of["in time"],
            late=of["late"],
            untold=of["untold"],
            most_days=most.get(authority),
        )
        for authority, of in sorted(counts.items())
    )


def _extract_days(workspace: Workspace) -> dict[str, list[str]]:
    """Days of all extracts of each source that hold credit records, ascending."""
    found: dict[str, set[str]] = {}
    for load in workspace.store.loads():
        if load.state == "published":
            of = found.setdefault(load.source.id, set())
            of |= {file.as_of for file in load.files if _states_records(file)}
    return {source: sorted(days) for source, days in found.items()}


def _states_records(file: SourceFile) -> bool:
    rules = json.loads(file.mapping).get("statement", ())
    return any(rule["kind"] == "credit_record" for rule in rules)


def _verdict(
    rule: PublicityRule, authority: str, decided: str, arrived: str, extracts: list[str]
) -> tuple[str, int]:
    """In time, late or untold, with the working days taken at least."""
    term, _ = rule.term(authority)
    day = Day.fromisoformat(decided)
    latest_days = rule.calendar.taken(day, Day.fromisoformat(arrived))
    before = latest(one for one in extracts if Interval(one, arrived).is_forward)
    least = 0
    if before is not None:
        least = rule.calendar.taken(day, Day.fromisoformat(before) + timedelta(days=1))
    if latest_days <= term:
        return "in time", latest_days
    return ("late", least) if least > term else ("untold", least)
