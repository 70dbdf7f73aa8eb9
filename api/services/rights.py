"""Who may have an answer about whom: asked once for every answer, and written down once."""

from dataclasses import dataclass
from datetime import date

from api import audit
from api.services.runs import Assessment, published
from api.services.workspace import Workspace
from graph_model import uscc
from graph_model.errors import NotAllowed
from graph_model.identity import is_sole_trader, of_uscc
from graph_model.schema import load_dictionary
from graph_model.snapshot import OPEN_TX, Interval
from graph_model.statement import Row
from policy.visibility import Consent, Decision, Scope, Viewer, decide


@dataclass(frozen=True)
class Opened:
    """An assessment opened for a viewer who may see the subject.

    Attributes
    ----------
    subject : str
        Party id.
    decision : Decision
        By which rule, and with which scopes.
    """

    workspace: Workspace
    viewer: Viewer
    assessment: Assessment
    subject: str
    decision: Decision
    consents: tuple[Consent, ...]

    def decided(self, other: str) -> Decision:
        """Whether the viewer could be shown another party's own figure, and why."""
        personal = is_personal(self.workspace, self.assessment, other)
        return decide(self.viewer, other, self.consents, personal=personal)

    def sees(self, other: str) -> bool:
        """Whether the viewer could be shown another party's own figure."""
        return self.decided(other).allowed

    @property
    def scope(self) -> Scope:
        """What may be told beside the figures."""
        return scope_of(self.decision, self.subject, self.viewer.organisation)


def opened(
    workspace: Workspace, viewer: Viewer, party: str, day: date | None, today: date, action: str
) -> Opened:
    """Open the published assessment for a viewer, and write the look down, refused or not.

    Parameters
    ----------
    workspace : Workspace
        Where the published run and the consents are.
    viewer : Viewer
        Who asks and why.
    party : str
        Party id or unified social credit code.
    day : datetime.date, optional
        Day of the assessment; the latest by default.
    today : datetime.date
        Day on which consents must be in force.
    action : str
        Which answer is asked for, as the audit journal names it.

    Raises
    ------
    NotAllowed
        When no rule lets the viewer see the party; the same words whether it exists or not.
    NotFound
        When no assessment is published.
    """
    subject = party_id_of(party)
    consents = tuple(consents_in_force(workspace, today))
    assessment = published(workspace, day)
    personal = is_personal(workspace, assessment, subject)
    decision = decide(viewer, subject, consents, personal=personal)
    shown = assessment.run_id if decision.allowed else ""
    audit.record(workspace.store, viewer, action, subject, decision, shown)
    if not decision.allowed:
        raise refused(subject, decision)
    return Opened(workspace, viewer, assessment, subject, decision, consents)


def refused(party: str, decision: Decision) -> NotAllowed:
    """Refuse a party, in the words that everybody gets."""
    way_out = "Ask the subject for its consent, and state the purpose it was given for."
    return NotAllowed(party, decision.rule, way_out)


def scope_of(decision: Decision, *parties: str) -> Scope:
    """What may be told beside the figures, under a decision, of what names these parties."""
    dictionary = load_dictionary()
    return Scope(
        decision.scopes,
        parties,
        {layer.layer: layer.visibility for layer in dictionary.layers},
        {name: kind.visibility for name, kind in dictionary.kinds.items()},
    )


def party_id_of(text: str) -> str:
    """Party id of what a user typed: an id, or a unified social credit code."""
    if text.startswith(("uscc:", "lei:", "src:")):
        return text
    found = uscc.check(text)
    return of_uscc(found.code) if found.verdict != "invalid" else text


def is_personal(workspace: Workspace, assessment: Assessment, party: str) -> bool:
    """Whether a party counts as a person (a sole trader), by its code or by the register."""
    if is_sole_trader(party):
        return True
    place = assessment.network.place(party)
    if place is None:
        return False
    kind = workspace.dictionary.codes("party_kind").get(assessment.network.text("kind", place))
    return kind is not None and kind.more.get("personal") == "yes"


def consents_in_force(workspace: Workspace, today: date) -> list[Consent]:
    """Consents that hold today, as last loaded: a revocation counts on the next question.

    Where several sources state one consent, all of them must still say that it holds.
    """
    kind = workspace.dictionary.kind("consent")
    stated: dict[str, list[Row]] = {}
    for row in workspace.store.rows("consent"):
        if row.tx_to == OPEN_TX:
            stated.setdefault(row.key, []).append(row)
    found: list[Consent] = []
    for rows in stated.values():
        of_source: dict[str, list[Row]] = {}
        for row in rows:
            of_source.setdefault(row.source, []).append(row)
        holding = [
            [r for r in of if Interval(r.valid_from, r.valid_to).holds_on(today.isoformat())]
            for of in of_source.values()
        ]
        if all(holding):
            told = holding[0][0].named(kind)
            scopes = frozenset.intersection(
                *(frozenset(str(of[0].named(kind)["scopes"]).split("；")) for of in holding)
            )
            grantor, grantee, purpose, number = (
                str(told[name]) for name in ("grantor", "grantee", "purpose", "consent_no")
            )
            found.append(Consent(grantor, grantee, purpose, scopes, number))
    return found
