"""May this viewer see this thing, how much of it, and by which rule.

Of the relations that hold between the viewer's organisation and the thing, the one that shows
most counts:

    own       the thing is about the organisation alone: its figure, its accounts, its records
    side      the organisation is one of its sides: one up, one down
    consent   a side let the organisation see the class, for this purpose, today
    none      nothing of these; beyond public things only for a purpose that needs no consent

Before all: the role must be one that may state the purpose; `self` shows nothing that is only
others'; and what has a person (a sole trader) among its sides is shown to its sides only. Where the
publishing policy shows a chain risk, it is shown as if the subject had consented.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from policy.visibility.rights import CHAIN_RISK, Line, Rights, Sight
from policy.visibility.viewer import Viewer

__all__ = ["CHAIN_RISK", "Decision", "Ref", "Sight", "decide"]

SELF = "self"
PUBLIC = "public"
"""Class of what any register shows."""

NO_CONSENT = (
    "no consent of the subject to this organisation for this purpose (征信业管理条例 Art. 29)"
)
OTHERS_FILE = "purpose self shows one's own file only (Order 204 Art. 15)"
UNSTATED = "no line of the visibility matrix shows it"


@dataclass(frozen=True)
class Ref:
    """A thing that may be seen or not.

    Parameters
    ----------
    visibility : str
        Its class, as `classes.csv` of the pack describes it.
    sides : tuple of str
        Party ids of all whom it is about.
    subject : str
        The side whose consent opens it: of a loan its borrower. "" where any side's does.
    """

    visibility: str
    sides: tuple[str, ...]
    subject: str = ""

    @property
    def grantors(self) -> tuple[str, ...]:
        """Sides whose consent opens it."""
        return (self.subject,) if self.subject else self.sides


@dataclass(frozen=True)
class Decision:
    """How much may be seen, and the rule that says so."""

    sight: Sight
    rule: str

    @property
    def allowed(self) -> bool:
        """Whether anything may be seen."""
        return self.sight > Sight.HIDDEN


def decide(viewer: Viewer, ref: Ref, rights: Rights) -> Decision:
    """Decide how much of a thing a viewer may see.

    Parameters
    ----------
    viewer : Viewer
        Who asks and why.
    ref : Ref
        What is asked for.
    rights : Rights
        Rules and consents of the day.

    Returns
    -------
    Decision
        A refusal of what is about a party alone says the same whether the party exists, is a
        person, or has consented to others.
    """
    asked = (viewer, ref)
    found: Decision | None = rights.decided.get(asked)
    if found is None:
        found = rights.decided[asked] = _decide(viewer, ref, rights)
    return found


def _decide(viewer: Viewer, ref: Ref, rights: Rights) -> Decision:
    stated = rights.rules.purposes.get((viewer.purpose, viewer.role))
    if stated is None:
        rule = f"the role {viewer.role} may not state the purpose {viewer.purpose}"
        return Decision(Sight.HIDDEN, f"{rule} ({rights.rules.reference}, purposes)")
    best = Decision(Sight.HIDDEN, OTHERS_FILE if viewer.purpose == SELF else NO_CONSENT)
    for line, rule in _relations(viewer, ref, rights, stated.needs_consent):
        if line.sight > best.sight:
            best = Decision(line.sight, rule)
    return best


def _relations(
    viewer: Viewer, ref: Ref, rights: Rights, needs_consent: bool
) -> Iterator[tuple[Line, str]]:
    """Lines of the matrix that apply, each with the rule in words."""
    rules, organisation = rights.rules, viewer.organisation
    if set(ref.sides) == {organisation}:
        yield _line(viewer, "own", ref, rights, "own file")
        return
    if organisation in ref.sides:
        yield _line(viewer, "side", ref, rights, "one of its sides")
    elif any(map(rights.personal, ref.sides)):
        return
    if viewer.purpose != SELF:
        scope = rules.scope_of.get(ref.visibility, "")
        for grantor in ref.grantors:
            given = rights.consents.opening(grantor, organisation, viewer.purpose, scope)
            if given is not None:
                words = f"consent {given.number} of the subject"
                yield _line(viewer, "consent", ref, rights, words)
        if ref.visibility == CHAIN_RISK and _published(viewer, ref, rights):
            words = f"publishing policy {rules.publishing}"
            yield _line(viewer, "consent", ref, rights, words)
    if ref.visibility == PUBLIC or not (needs_consent or viewer.purpose == SELF):
        yield _line(viewer, "none", ref, rights, "open to this role for this purpose")


def _published(viewer: Viewer, ref: Ref, rights: Rights) -> bool:
    if rights.rules.publishing == "members":
        return all(map(rights.member, (viewer.organisation, *ref.sides)))
    return rights.rules.publishing == "open"


def _line(viewer: Viewer, relation: str, ref: Ref, rights: Rights, words: str) -> tuple[Line, str]:
    found = rights.rules.matrix.get((viewer.role, relation, ref.visibility))
    line = Line(Sight.HIDDEN, UNSTATED) if found is None else found
    return line, f"{words} ({line.clause})" if line.clause else words
