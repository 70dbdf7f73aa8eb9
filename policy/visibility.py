"""What a viewer may see, and by which rule. Deny by default.

    own file      a party sees its own figure, free and unlimited    Order 204 Art. 15
    consent       the subject let this organisation see it, for this purpose, on this day
                                                                     征信业管理条例 Art. 18, 29
    person        a sole trader counts as a person: shown to nobody else      PIPL Art. 24
    default       everything else is hidden

A neighbour's part of a figure tells about the neighbour, so it is shown only where the neighbour
itself could be shown. What is hidden is folded into one undisclosed part: sums still hold.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from graph_model.errors import BadInput
from graph_model.explanation import UNDISCLOSED, Part
from graph_model.schema import Code

ROLES = ("member", "financier", "official", "administrator")
OWN_FILE = "*"
"""Scope of one's own file: everything but what belongs to others."""

PUBLIC = "public"
"""Visibility class of what any register shows."""

CHAIN_RISK = "chain_risk"
"""Scope that a consent names to let a chain risk be seen."""


NO_CONSENT = (
    "no consent of the subject to this organisation for this purpose (征信业管理条例 Art. 29)"
)


@dataclass(frozen=True)
class Viewer:
    """Who asks, for whom, and why.

    Parameters
    ----------
    role : str
        One of `ROLES`.
    organisation : str
        Party id of the organisation the viewer acts for.
    purpose : str
        Code of `codes/purpose.csv`.
    """

    role: str
    organisation: str
    purpose: str


@dataclass(frozen=True)
class Consent:
    """One consent in force on the day of the question."""

    grantor: str
    grantee: str
    purpose: str
    scopes: frozenset[str]
    number: str


@dataclass(frozen=True)
class Decision:
    """Whether something may be seen, and the rule that says so."""

    allowed: bool
    rule: str
    scopes: frozenset[str] = frozenset()


def viewer(role: str, organisation: str, purpose: str, purposes: Mapping[str, Code]) -> Viewer:
    """Make a viewer.

    Raises
    ------
    BadInput
        When the role or the purpose is none, or no purpose is given: no purpose, no answer.
    """
    if role not in ROLES:
        raise BadInput(repr(role), "is no role", f"Roles are {', '.join(ROLES)}.")
    if not organisation:
        raise BadInput("organisation", "is missing", "Say for whom you ask, by party id.")
    if purpose not in purposes:
        listed = ", ".join(purposes)
        value = repr(purpose) if purpose else "purpose"
        rule = "is no purpose of a query" if purpose else "is missing: no purpose, no answer"
        raise BadInput(value, rule, f"State its code, one of {listed}.")
    return Viewer(role, organisation, purpose)


def decide(
    asking: Viewer, subject: str, consents: Iterable[Consent], *, personal: bool = False
) -> Decision:
    """Decide whether a viewer may see the chain risk of a party.

    Parameters
    ----------
    asking : Viewer
        Who asks and why.
    subject : str
        Party id of whom.
    consents : iterable of Consent
        In force on the day of the question.
    personal : bool
        Whether the subject counts as a person (a sole trader).
    """
    own = asking.organisation == subject
    if asking.purpose == "self":
        if own:
            return Decision(True, "own file (Order 204 Art. 15)", frozenset({OWN_FILE}))
        return Decision(False, "purpose self shows one's own file only (Order 204 Art. 15)")
    if personal and not own:
        return Decision(False, NO_CONSENT)  # in the words that everybody gets: it tells nothing
    for consent in consents:
        named = (consent.grantor, consent.grantee, consent.purpose)
        if named == (subject, asking.organisation, asking.purpose) and CHAIN_RISK in consent.scopes:
            return Decision(True, f"consent {consent.number} of the subject", consent.scopes)
    return Decision(False, NO_CONSENT)


@dataclass(frozen=True)
class Scope:
    """What of a shown answer may be told beside the figures: amounts and statements.

    Attributes
    ----------
    scopes : frozenset of str
        Visibility classes that the subject lets the viewer see; `*` is its own file.
    parties : tuple of str
        Subject and viewer: what names them is theirs.
    of_layer, of_kind : mapping of str to str
        Visibility class of each layer (`layers.csv`) and of each kind (`fields.csv`).
    """

    scopes: frozenset[str]
    parties: tuple[str, ...]
    of_layer: Mapping[str, str]
    of_kind: Mapping[str, str]

    def tells(self, visibility: str) -> bool:
        """Whether a class may be seen; one's own file has all of them."""
        return visibility == PUBLIC or bool(self.scopes & {OWN_FILE, visibility})

    def amount(self, layer: str | None) -> bool:
        """Whether the amounts of a layer may be told."""
        return layer is None or self.tells(self.of_layer.get(layer, ""))

    def cites(self, statement: str) -> bool:
        """Whether a statement (`kind:source:key`) may be named.

        A lender's loan belongs to lender and borrower: it is named only where its key names the
        subject or the viewer (征信业管理条例 Art. 29), or the subject let its loans be seen.
        """
        visibility = self.of_kind.get(statement.partition(":")[0], "")
        if visibility == "loan" and "loan" not in self.scopes:
            return any(party in statement for party in self.parties)
        return self.tells(visibility)

    def trimmed(self, part: Part) -> Part:
        """A neighbour's part without what may not be told."""
        return replace(
            part,
            amount_fen=part.amount_fen if self.amount(part.layer) else None,
            statements=tuple(filter(self.cites, part.statements)),
        )


def redact(root: Part, sees: Callable[[str], bool], scope: Scope) -> Part:
    """Fold what may not be seen into one undisclosed part.

    Parameters
    ----------
    root : Part
        The whole explanation.
    sees : callable
        Whether the viewer could be shown the figure of a party itself.
    scope : Scope
        What may be told beside the figures.

    Returns
    -------
    Part
        Children add up to the root's value as before; `undisclosed` stands last where something
        is hidden.
    """
    shown: list[Part] = []
    for part in root.children:
        if part.layer is None:
            whole = scope.tells("finance")
            shown.append(part if whole else replace(part, children=(), statements=()))
            continue
        named = [p for p in part.children if p.party is not None]
        seen = tuple(scope.trimmed(p) for p in named if p.party is not None and sees(p.party))
        if len(seen) == len(named):
            rest = tuple(p for p in part.children if p.party is None)
            shown.append(replace(scope.trimmed(part), children=seen + rest))
        elif seen:
            amounts = [p.amount_fen for p in seen if p.amount_fen is not None]
            amount = sum(amounts) if amounts else None
            shown.append(replace(part.with_children(seen), amount_fen=amount, statements=()))
    hidden = root.value - sum(part.value for part in shown)
    if any(p.party is not None and not sees(p.party) for p in root.walk()):
        shown.append(Part(UNDISCLOSED, "未披露部分", "undisclosed part", hidden))
    return replace(root, children=tuple(shown))
