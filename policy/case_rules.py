"""Which steps a case may take, by whom, and what they mean: two tables of the pack `cases`.

    kinds.csv        case_kind, what it may be about, state after which it is not opened again
    transitions.csv  case_kind, from, action, to, role, clock_days, takes_out, reason, clause

`role` lists who may take the step: `side` (an organisation that the target names), `objector` (for
whom the case was opened), or a role of a viewer. `clock_days` starts a clock of so many calendar
days, the day itself not counted; `keep` lets it run on; empty stops it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from graph_model.errors import BadInput, NotAllowed
from policy.cases import Case, Effect, Target
from policy.pack import Pack, Row

EFFECTS = ("no", "all", "known_when_opened", "every_source")
SIDE, OBJECTOR = "side", "objector"
OPEN = "open"
"""Action that opens a case."""


@dataclass(frozen=True)
class CaseKind:
    """A kind of case; `of_kinds` are the kinds of statement it may be about, empty for all."""

    name: str
    zh: str
    en: str
    targets: tuple[str, ...]
    of_kinds: tuple[str, ...]
    once: tuple[str, ...]

    def check(self, target: Target) -> None:
        """Raise BadInput when a case of this kind is not about such a target."""
        of = target.statement()[0] if target.type == "statement" else ""
        if target.type not in self.targets or (self.of_kinds and of not in self.of_kinds):
            rule = f"a case of {self.name} is not about it"
            kinds = f" ({', '.join(self.of_kinds)})" if self.of_kinds else ""
            raise BadInput(target.text, rule, f"It is about a {' or '.join(self.targets)}{kinds}.")


@dataclass(frozen=True)
class Transition:
    """One step that a case may take."""

    kind: str
    was: str
    action: str
    to: str
    roles: tuple[str, ...]
    clock: str
    effect: Effect
    reason: str
    clause: str
    zh: str
    en: str

    def due_on(self, day: date, running: str) -> str:
        """Last day of the clock after this step (ISO), "" where none runs."""
        if self.clock == "keep":
            return running
        return (day + timedelta(days=int(self.clock))).isoformat() if self.clock else ""


@dataclass(frozen=True)
class CaseRules:
    """The tables of one version of the pack."""

    reference: str
    kinds: dict[str, CaseKind]
    transitions: tuple[Transition, ...]
    note_length: int

    @classmethod
    def of(cls, pack: Pack) -> "CaseRules":
        """Read them from a pack of the topic `cases`; raises BadInput for a wrong cell."""
        kinds = {
            row.text("case_kind"): CaseKind(
                row.text("case_kind"),
                row.text("zh"),
                row.text("en"),
                _listed(row, "targets", ("statement", "link")),
                _words(row.text("of_kinds")),
                _words(row.text("once_rejected")),
            )
            for row in pack.table("kinds")
        }
        steps = tuple(_transition(row, tuple(kinds)) for row in pack.table("transitions"))
        length = int(pack.number("note_length", 1, 100_000))
        return cls(pack.reference, kinds, steps, length)

    def kind(self, name: str) -> CaseKind:
        """Return a kind of case; raises BadInput when there is none of this name."""
        if name not in self.kinds:
            listed = ", ".join(self.kinds)
            raise BadInput(repr(name), "is no kind of case", f"Kinds are {listed}.")
        return self.kinds[name]

    def from_state(self, kind: str, state: str) -> tuple[Transition, ...]:
        """Steps that lead out of a state."""
        return tuple(t for t in self.transitions if (t.kind, t.was) == (kind, state))

    def step(self, kind: str, state: str, action: str, standing_in: Collection[str]) -> Transition:
        """Return the step that an action is, for somebody who stands in these roles.

        Raises
        ------
        BadInput
            When the state has no such step.
        NotAllowed
            When it has, and is not for this one to take.
        """
        possible = self.from_state(kind, state)
        found = next((t for t in possible if t.action == action), None)
        if found is None:
            listed = ", ".join(t.action for t in possible) or "none, it has ended"
            rule = f"a case of {kind} in state '{state or 'new'}' has no such step"
            raise BadInput(repr(action), rule, f"Steps are: {listed}.")
        if not set(found.roles) & set(standing_in):
            rule = f"this step is for {', '.join(found.roles)} ({found.clause})"
            raise NotAllowed(f"{kind} {action}", rule, "Ask the objection and repair desk.")
        return found

    def effect_of(self, kind: str) -> Effect:
        """What a case of a kind takes out where it takes something out."""
        return next(
            t.effect
            for t in self.transitions
            if t.kind == kind and t.effect not in ("no", "known_when_opened")
        )


def days_left(case: Case, today: date) -> int | None:
    """Days until the clock of a case ends, negative when it is over; None where none runs."""
    due = case.last.due_on
    return date.fromisoformat(due).toordinal() - today.toordinal() if due else None


def _transition(row: Row, kinds: tuple[str, ...]) -> Transition:
    clock = row.text("clock_days")
    if clock not in ("", "keep") and not clock.isdigit():
        raise row.wrong("clock_days", "it is days, keep, or empty", "Write 20.")
    return Transition(
        kind=row.one_of("case_kind", kinds),
        was=row.text("from"),
        action=row.text("action"),
        to=row.text("to"),
        roles=_words(row.text("role")),
        clock=clock,
        effect=cast(Effect, row.one_of("takes_out", EFFECTS)),
        reason=row.text("reason"),
        clause=row.text("clause"),
        zh=row.text("zh"),
        en=row.text("en"),
    )


def _listed(row: Row, column: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    found = _words(row.text(column))
    if not found or not set(found) <= set(allowed):
        raise row.wrong(column, "it is not allowed here", f"Allowed: {', '.join(allowed)}.")
    return found


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split("；") if word)
