"""Cases at the desk: opened by a side, moved on by the desk, told to whom they concern.

A side of a statement or a link (whoever it names) opens a case about it for itself; an official,
for the purpose supervision, opens one for a side and decides. Who is neither is told nothing. Every
look and every step is written to the audit journal once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from api import audit
from api.services.case_journal import STREAM, events
from api.services.case_targets import sides_of
from api.services.desk import NOT_THE_DESK, Reader, parties_of, reader_of
from api.services.rights import party_id_of
from api.services.runs import pack_folders
from api.services.workspace import Workspace
from graph_model.errors import BadInput, NotAllowed, NotFound
from graph_model.snapshot import latest
from policy.case_rules import OPEN, CaseRules, Transition, days_left
from policy.cases import Case, CaseEvent, Target, folded
from policy.pack import pack_in_force
from policy.visibility import Decision, Sight, Viewer

WAY_OUT = "Ask the objection and repair desk."


@dataclass(frozen=True)
class Step:
    """One step of a case; `by` is an organisation, or `desk`; notes only for objector and desk."""

    day: str
    action: str
    zh: str
    en: str
    state: str
    by: str
    note: str


@dataclass(frozen=True)
class CaseTold:
    """A case as its reader may see it.

    Attributes
    ----------
    party : str
        For whom it was opened.
    out : bool
        Whether what it is about is out of every picture from the last step's day on.
    due_on : str
        Last day for the desk (ISO), "" where no clock runs.
    days_left : int or None
        Until that day; negative when it is over.
    possible : tuple of str
        Actions that this reader may take now.
    clause : str
        What the last step rests on.
    rule : str
        By which rule the reader sees it.
    """

    id: str
    kind: str
    zh: str
    en: str
    target_type: str
    target: str
    party: str
    state: str
    out: bool
    opened_on: str
    due_on: str
    days_left: int | None
    steps: tuple[Step, ...]
    possible: tuple[str, ...]
    clause: str
    rule: str


def open_case(
    workspace: Workspace,
    viewer: Viewer,
    kind: str,
    target: Target,
    note: str,
    today: date,
    party: str | None = None,
) -> CaseTold:
    """Open a case, for the viewer's organisation or, at the desk, for one of the sides.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
    kind : str
        Of `kinds.csv` of the pack in force.
    target : Target
        Statement or link, stated on the day.
    note : str
        Reason, and where its proof is kept.
    today : datetime.date
        Day on which it takes effect.
    party : str, optional
        For whom the desk opens it.

    Raises
    ------
    NotAllowed
        When the target does not name the party, or the viewer is neither it nor the desk; the
        same words whether it is stated or not.
    BadInput
        When the kind is not about such a target, or there is such a case already.
    """
    rules, reader = case_rules(workspace, today), reader_of(workspace, viewer, today)
    known = rules.kind(kind)
    known.check(target)
    sides = sides_of(workspace, target, rules.effect_of(kind), today)
    for_whom = party_id_of(party) if party else viewer.organisation
    own = for_whom == viewer.organisation
    decision = reader.may_see(sides if own else ())
    if decision.allowed and for_whom not in sides:
        decision = Decision(Sight.HIDDEN, f"nothing stated on {today} names {for_whom} so")
    audit.record(workspace.store, viewer, f"case {kind} {OPEN}", for_whom, decision, "")
    if not decision.allowed:
        raise NotAllowed(target.text, decision.rule, WAY_OUT)
    step = rules.step(kind, "", OPEN, reader.stands_in(for_whom, sides))
    for case in _cases(workspace):
        same = (case.opened.kind, case.target) == (kind, target)
        if same and case.last.state not in known.again_after:
            rule = f"there is {case.id} about it already, in state '{case.last.state}'"
            raise BadInput(target.text, rule, f"New evidence? {WAY_OUT}")
    written = _write(workspace, reader, rules, step, None, target, for_whom, sides, note, today)
    return _told(written, reader, rules, today)


def act(
    workspace: Workspace, viewer: Viewer, case_id: str, action: str, note: str, today: date
) -> CaseTold:
    """Take the next step of a case.

    Raises
    ------
    NotAllowed
        When the case is not the viewer's to see, or the step not the viewer's to take.
    NotFound
        When the desk names a case that is none.
    BadInput
        When the state has no such step, or somebody else was faster.
    """
    rules, reader = case_rules(workspace, today), reader_of(workspace, viewer, today)
    case = _found(workspace, reader, case_id, f"case {action}")
    opened = case.opened
    stands_in = reader.stands_in(opened.party, opened.sides)
    step = rules.step(opened.kind, case.last.state, action, stands_in)
    written = _write(
        *(workspace, reader, rules, step, case),
        *(case.target, opened.party, opened.sides, note, today),
    )
    return _told(written, reader, rules, today)


def shown(workspace: Workspace, viewer: Viewer, case_id: str, today: date) -> CaseTold:
    """Return one case to whom it concerns, or the desk; raises as `act`."""
    rules, reader = case_rules(workspace, today), reader_of(workspace, viewer, today)
    return _told(_found(workspace, reader, case_id, "case"), reader, rules, today)


def listed(workspace: Workspace, viewer: Viewer, today: date) -> list[CaseTold]:
    """Cases that concern the viewer's organisation, or at the desk all; those due first come first.

    Raises
    ------
    NotAllowed
        When the role may not state the purpose.
    """
    rules, reader = case_rules(workspace, today), reader_of(workspace, viewer, today)
    decision = reader.desk if reader.desk.allowed else reader.own
    audit.record(workspace.store, viewer, "cases", viewer.organisation, decision, "")
    if not decision.allowed:
        raise NotAllowed("cases", decision.rule, "State a purpose of this role, such as self.")
    told = [
        _told(case, reader, rules, today)
        for case in _cases(workspace)
        if reader.may_see(parties_of(case)).allowed
    ]
    return sorted(told, key=urgency)


def urgency(case: CaseTold) -> tuple[int, str, int, str]:
    """Place of a case in lists: those due first come first, then by their numbers."""
    return (int(not case.due_on), case.due_on, int(case.id.rpartition("-")[2]), case.id)


def case_for_desk(
    workspace: Workspace, viewer: Viewer, case_id: str, today: date, action: str
) -> tuple[Case, Decision]:
    """Return a case to the desk, and only to it; raises as `act`."""
    reader = reader_of(workspace, viewer, today)
    if not reader.desk.allowed:
        about = viewer.organisation
        audit.record(workspace.store, viewer, action, about, reader.desk, "")
        raise NotAllowed(case_id, NOT_THE_DESK, WAY_OUT)
    return _found(workspace, reader, case_id, action), reader.desk


def case_rules(workspace: Workspace, today: date) -> CaseRules:
    """Rules of the pack of cases in force."""
    shipped, own = pack_folders(workspace.settings, "cases")
    return CaseRules.of(pack_in_force(shipped, today, own))


def _cases(workspace: Workspace) -> list[Case]:
    return list(folded(events(workspace)).values())


def _found(workspace: Workspace, reader: Reader, case_id: str, action: str) -> Case:
    """Find a case by its id; the look is written down."""
    case = next((c for c in _cases(workspace) if c.id == case_id), None)
    decision = reader.may_see(parties_of(case) if case else ())
    seen = case is not None and decision.allowed
    about = case.opened.party if case and seen else reader.viewer.organisation
    audit.record(workspace.store, reader.viewer, action, about, decision, case_id if seen else "")
    if not decision.allowed:
        raise NotAllowed(case_id, decision.rule, WAY_OUT)
    if case is None:
        raise NotFound(case_id, "there is no such case", "List them: `alliance case list`.")
    return case


def _write(
    workspace: Workspace,
    reader: Reader,
    rules: CaseRules,
    step: Transition,
    case: Case | None,
    target: Target,
    party: str,
    sides: Sequence[str],
    note: str,
    today: date,
) -> Case:
    """Write a step into the journal; raises BadInput when another one was written meanwhile."""
    if len(note) > rules.note_length:
        rule = f"a note has at most {rules.note_length} characters"
        raise BadInput(f"note of {len(note)} characters", rule, "Name the file it stands in.")
    day = latest([today.isoformat(), *([case.last.day] if case else [])])
    event = CaseEvent(
        seq=0,
        case=case.opened.case if case else 0,
        at=audit.now(),
        day=day or today.isoformat(),
        tx=workspace.store.head(),
        kind=step.kind,
        action=step.action,
        was=step.was,
        state=step.to,
        target=target,
        party=party,
        sides=tuple(sides),
        role=reader.viewer.role,
        organisation=reader.viewer.organisation,
        effect=step.effect,
        reason=step.reason,
        clause=step.clause,
        due_on=step.due_on(today, case.last.due_on if case else ""),
        note=note,
        pack=rules.reference,
    )
    line = workspace.store.append(STREAM, event.at, event.payload())
    written = folded(events(workspace)).get(event.case or line["seq"])
    if written is None or all(e.seq != line["seq"] for e in written.events):
        rule = "somebody else took a step of this case at the same time"
        raise BadInput(step.action, rule, "Look at the case again.")
    return written


def _told(case: Case, reader: Reader, rules: CaseRules, today: date) -> CaseTold:
    opened, last = case.opened, case.last
    kind = rules.kind(opened.kind)
    stands_in = reader.stands_in(opened.party, opened.sides)
    words = {(t.was, t.action): t for t in rules.transitions if t.kind == opened.kind}
    notes = reader.desk.allowed or reader.viewer.organisation == opened.party
    return CaseTold(
        id=case.id,
        kind=opened.kind,
        zh=kind.zh,
        en=kind.en,
        target_type=case.target.type,
        target=case.target.text,
        party=opened.party,
        state=last.state,
        out=last.effect != "no",
        opened_on=opened.day,
        due_on=last.due_on,
        days_left=days_left(case, today),
        steps=tuple(
            Step(
                day=e.day,
                action=e.action,
                zh=words[e.was, e.action].zh if (e.was, e.action) in words else e.action,
                en=words[e.was, e.action].en if (e.was, e.action) in words else e.action,
                state=e.state,
                by="desk" if e.organisation not in parties_of(case) else e.organisation,
                note=e.note if notes else "",
            )
            for e in case.events
        ),
        possible=tuple(
            t.action for t in rules.from_state(opened.kind, last.state) if set(t.roles) & stands_in
        ),
        clause=last.clause,
        rule=reader.may_see(parties_of(case)).rule,
    )
