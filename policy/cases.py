"""Cases: what was asked of the desk about a statement or a link, and how it ended.

A case is a list of events, one a step, in the order of the journal; its state is what the last of
them says. An event keeps what its step meant when it was taken (state, clock, what it takes out,
clause), so that a later rulebook changes no earlier day:

    seen as of (day, tx)  <=>  event.day <= day  and  event.tx <= tx      tx: last load at its time

Nothing here compares dates; `graph_model.snapshot` does. Which steps there are: `case_rules`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from graph_model.errors import BadInput
from graph_model.schema import Dictionary
from graph_model.snapshot import Snapshot
from policy.standing import TakenOut

Effect = Literal["no", "all", "known_when_opened", "every_source"]
"""Takes out nothing; every version of the target; the versions known when the case was opened;
what any source says under the key of the target."""


@dataclass(frozen=True)
class Target:
    """What a case is about: one statement, or one link with all statements of it.

    Parameters
    ----------
    type : {"statement", "link"}
    text : str
        `kind:source:key`, or `MEASURE:ROW:COLUMN` with a measure of `measures.csv`.
    """

    type: Literal["statement", "link"]
    text: str

    def statement(self) -> tuple[str, str, str]:
        """Kind, source and key of a statement."""
        kind, _, rest = self.text.partition(":")
        source, _, key = rest.partition(":")
        return kind, source, key


@dataclass(frozen=True)
class Link:
    """Measure and both parties of a link target."""

    measure: str
    row: str
    column: str


@dataclass(frozen=True)
class CaseEvent:
    """One step of a case, as one line of the journal.

    Attributes
    ----------
    seq : int
        Line of the journal.
    case : int
        Line that opened the case.
    at : str
        Wall time; `day` is the day of the place on which it takes effect.
    tx : int
        Last published load when it was taken.
    was, state : str
        State before and after.
    target : Target
    party : str
        For whom the case was opened.
    sides : tuple of str
        Parties that the target names.
    role, organisation : str
        Who took the step.
    effect, reason, clause
        What it takes out, and why.
    due_on : str
        Last day for the desk (ISO), "" where no clock runs.
    """

    seq: int
    case: int
    at: str
    day: str
    tx: int
    kind: str
    action: str
    was: str
    state: str
    target: Target
    party: str
    sides: tuple[str, ...]
    role: str
    organisation: str
    effect: Effect
    reason: str
    clause: str
    due_on: str
    note: str
    pack: str

    def payload(self) -> dict[str, Any]:
        """What the journal keeps; its line number and time stand beside it."""
        plain = {k: v for k, v in vars(self).items() if k not in ("seq", "at")}
        return plain | {
            "case": 0 if self.was == "" else self.case,
            "target": [self.target.type, self.target.text],
            "sides": list(self.sides),
        }

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> "CaseEvent":
        """Read a line of the journal; the line that opens a case gives it its number."""
        told = dict(line["payload"])
        told["target"] = Target(*told["target"])
        told["sides"] = tuple(told["sides"])
        told["case"] = told["case"] or line["seq"]
        return cls(seq=line["seq"], at=line["at"], **told)


@dataclass(frozen=True)
class Case:
    """A case with all steps that were taken, the last one telling where it stands."""

    events: tuple[CaseEvent, ...]

    @property
    def opened(self) -> CaseEvent:
        """The step that opened it."""
        return self.events[0]

    @property
    def last(self) -> CaseEvent:
        """The step that was taken last."""
        return self.events[-1]

    @property
    def id(self) -> str:
        """Name for people: `objection-17`."""
        return f"{self.opened.kind}-{self.opened.case}"

    @property
    def target(self) -> Target:
        """What it is about."""
        return self.opened.target


def folded(events: Iterable[CaseEvent]) -> dict[int, Case]:
    """Cases by number.

    A step taken from a state that was no longer there (two desks at once) is overtaken: it is
    left out, whoever folds.
    """
    found: dict[int, list[CaseEvent]] = {}
    for event in events:
        if event.was == "":
            found[event.case] = [event]
        elif event.case in found and found[event.case][-1].state == event.was:
            found[event.case].append(event)
    return {number: Case(tuple(steps)) for number, steps in found.items()}


def as_of(events: Iterable[CaseEvent], snapshot: Snapshot) -> dict[int, Case]:
    """Cases as they stood as of both dates of a picture."""
    return folded(e for e in events if snapshot.knows(e.day, e.tx))


def taken_out(cases: Iterable[Case], dictionary: Dictionary) -> list[TakenOut]:
    """What cases take out of a picture, for `policy.standing`."""
    return [
        found
        for case in cases
        if case.last.effect != "no"
        for found in targeted(case, dictionary, case.last.effect)
    ]


def targeted(case: Case, dictionary: Dictionary, effect: Effect) -> list[TakenOut]:
    """The statements a case is about, as if it took them out so."""
    last = case.last
    reason, clause = last.reason or case.opened.kind, f"{last.clause}; {case.id}"
    upto = case.opened.tx if effect == "known_when_opened" else None
    return [
        replace(one, reason=reason, clause=clause, upto=upto)
        for one in meant(case.target, dictionary, effect)
    ]


def meant(target: Target, dictionary: Dictionary, effect: Effect) -> list[TakenOut]:
    """The statements of a target: one entry, or for a link one for each kind it is measured by.

    Raises
    ------
    BadInput
        When the target cannot be read.
    """
    if target.type == "statement":
        kind, source, key = target.statement()
        if kind not in dictionary.kinds or not source or not key:
            raise BadInput(target.text, "is no statement", "Write it as KIND:SOURCE:KEY.")
        named = {"key": key} if effect == "every_source" else {"source": source, "key": key}
        return [TakenOut(kind, named, "", "")]
    link = link_of(target.text, dictionary)
    measured = {(m.kind, m.row, m.column) for m in dictionary.measures if m.measure == link.measure}
    return [
        TakenOut(kind, {row: link.row, column: link.column}, "", "")
        for kind, row, column in sorted(measured)
    ]


def link_of(text: str, dictionary: Dictionary) -> Link:
    """Read `MEASURE:ROW:COLUMN`; ids hold colons themselves.

    >>> from graph_model.schema import load_dictionary
    >>> link_of("guarantee:uscc:A:uscc:B", load_dictionary())
    Link(measure='guarantee', row='uscc:A', column='uscc:B')

    Raises
    ------
    BadInput
        When it does not name a measure and two parties.
    """
    measure, _, pair = text.partition(":")
    names = dictionary.measure_names()
    if measure not in names:
        rule = "a link names a measure and two parties"
        raise BadInput(text, rule, f"Write MEASURE:ROW:COLUMN; measures are {', '.join(names)}.")
    pieces = pair.split(":")
    for k in range(1, len(pieces)):
        row, column = ":".join(pieces[:k]), ":".join(pieces[k:])
        if all(side.startswith(("uscc:", "lei:", "src:")) for side in (row, column)):
            return Link(measure, row, column)
    rule = "a link names two parties by id"
    raise BadInput(text, rule, "Write it as guarantee:uscc:CODE:uscc:CODE.")
