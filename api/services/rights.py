"""Who may have an answer about whom: asked once for every answer, and written down once.

opened        one party's assessment            403 in the same words whether it exists or not
of_many       the chain risks of several        one line of the journal a party
of_district   figures of the district           officials, for a purpose of their duty
of_own        what an organisation has itself   its own file, its consents
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from api import audit
from api.services.assessment import Assessment
from api.services.consent_index import consent_index
from api.services.indexed import members, persons
from api.services.lender_views import assessment_for
from api.services.runs import of_run, pack_folders
from api.services.workspace import Workspace
from graph_model import uscc
from graph_model.errors import AllianceError, NotAllowed
from graph_model.identity import is_sole_trader, of_uscc
from policy.pack import pack_in_force
from policy.visibility import CHAIN_RISK, Decision, Ref, Rights, Rules, Sight, Viewer, decide
from policy.visibility import rules_of as rules_of_pack

DISTRICT_ROLE = "official"


@dataclass(frozen=True)
class Opened:
    """An assessment opened for a viewer who may see the subject.

    Attributes
    ----------
    subject : str
        Party id.
    decision : Decision
        How much of the subject's chain risk may be seen, and by which rule.
    rights : Rights
        What other things are decided with.
    """

    workspace: Workspace
    viewer: Viewer
    assessment: Assessment
    subject: str
    decision: Decision
    rights: Rights

    def decided(self, other: str) -> Decision:
        """How much of another party's own figure the viewer could be shown, and why."""
        return decide(self.viewer, Ref(CHAIN_RISK, (other,)), self.rights)

    def sees(self, other: str) -> bool:
        """Whether the viewer could be shown another party's own figure to the last digit."""
        return self.decided(other).sight == Sight.AMOUNT

    def decision_of(self, ref: Ref) -> Decision:
        """How much of anything the viewer may see, and why."""
        return decide(self.viewer, ref, self.rights)


def opened(
    workspace: Workspace,
    viewer: Viewer,
    party: str,
    day: date | None,
    today: date,
    action: str,
    *,
    least: Sight = Sight.AMOUNT,
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
    least : Sight
        How much of the chain risk the answer tells at least; whoever may see less is refused.

    Raises
    ------
    NotAllowed
        When no rule lets the viewer see the party; the same words whether it exists or not.
    NotFound
        When the viewer may see it and no assessment is published.
    """
    subject = party_id_of(party)
    assessment, missing = _published(workspace, viewer, day)
    rights = rights_of(workspace, today, assessment)
    decision = _at_least(decide(viewer, Ref(CHAIN_RISK, (subject,)), rights), least)
    shown = assessment.run_id if assessment and decision.allowed else ""
    audit.record(workspace.store, viewer, action, subject, decision, shown)
    if not decision.allowed:
        raise refused(subject, decision)
    if assessment is None:
        raise missing or AssertionError("either there is a run or a reason why not")
    return Opened(workspace, viewer, assessment, subject, decision, rights)


def of_many(
    workspace: Workspace,
    viewer: Viewer,
    parties: Sequence[str],
    day: date | None,
    today: date,
    action: str,
    *,
    least: Sight = Sight.AMOUNT,
) -> list[Decision]:
    """How much of each party's chain risk a viewer may see, in their order; one line each.

    Parameters as `opened`; a party named twice is written down once.

    Raises
    ------
    NotFound
        When no assessment is published; the looks are written down all the same.
    """
    assessment, missing = _published(workspace, viewer, day)
    rights = rights_of(workspace, today, assessment)
    found: dict[str, Decision] = {}
    for subject in map(party_id_of, parties):
        if subject not in found:
            decision = _at_least(decide(viewer, Ref(CHAIN_RISK, (subject,)), rights), least)
            shown = assessment.run_id if assessment and decision.allowed else ""
            audit.record(workspace.store, viewer, action, subject, decision, shown)
            found[subject] = decision
    if missing is not None:
        raise missing
    return [found[party_id_of(party)] for party in parties]


def of_district(workspace: Workspace, viewer: Viewer, action: str, today: date) -> Decision:
    """Let an official see figures of the district for a purpose of the duty; written down.

    Raises
    ------
    NotAllowed
        For every other role or purpose.
    """
    stated = rules_of(workspace, today).purposes.get((viewer.purpose, viewer.role))
    within_duty = stated and not stated.needs_consent and viewer.purpose != "self"
    if stated and within_duty and viewer.role == DISTRICT_ROLE:
        decision = Decision(Sight.AMOUNT, stated.clause)
    else:
        rule = "figures of the district are for officials, for a purpose of their duty"
        decision = Decision(Sight.HIDDEN, f"{rule} (数据安全法 Art. 38)")
    subject = f"district:{workspace.settings.district}"
    audit.record(workspace.store, viewer, action, subject, decision, "")
    if not decision.allowed:
        way_out = "State the purpose supervision or ecosystem, as an official."
        raise NotAllowed(action, decision.rule, way_out)
    return decision


def of_own(workspace: Workspace, viewer: Viewer, action: str, today: date) -> Decision:
    """Let an organisation see what is its own, for any purpose its role may state; written down.

    Raises
    ------
    NotAllowed
        When the role may not state the purpose.
    """
    rights = rights_of(workspace, today, None)
    decision = decide(viewer, Ref(CHAIN_RISK, (viewer.organisation,)), rights)
    audit.record(workspace.store, viewer, action, viewer.organisation, decision, "")
    if not decision.allowed:
        raise NotAllowed(action, decision.rule, "State a purpose of this role, such as self.")
    return decision


def refused(party: str, decision: Decision) -> NotAllowed:
    """Refuse a party, in the words that everybody gets."""
    way_out = "Ask the subject for its consent, and state the purpose it was given for."
    return NotAllowed(party, decision.rule, way_out)


def rights_of(workspace: Workspace, today: date, assessment: Assessment | None) -> Rights:
    """What questions of today are decided with."""
    known = (persons(workspace, today), _persons_of(workspace, assessment))
    return Rights(
        rules=rules_of(workspace, today),
        consents=consent_index(workspace, today),
        dictionary=workspace.dictionary,
        personal=lambda party: is_sole_trader(party) or any(party in some for some in known),
        member=lambda party: party in members(workspace, today),
    )


def rules_of(workspace: Workspace, today: date) -> Rules:
    """Rules of the visibility pack in force today."""
    held: tuple[date, Rules] | None = workspace.indexed.get("visibility")
    if held is None or held[0] != today:
        shipped, own = pack_folders(workspace.settings, "visibility")
        held = (today, rules_of_pack(pack_in_force(shipped, today, own), workspace.dictionary))
        workspace.indexed["visibility"] = held
    return held[1]


def party_id_of(text: str) -> str:
    """Party id of what a user typed: an id, or a unified social credit code."""
    if text.startswith(("uscc:", "lei:", "src:")):
        return text
    found = uscc.check(text)
    return of_uscc(found.code) if found.verdict != "invalid" else text


def is_personal(
    workspace: Workspace, today: date, assessment: Assessment | None, party: str
) -> bool:
    """Whether a party counts as a person: by its code, by a register today, or in the picture."""
    if is_sole_trader(party) or party in persons(workspace, today):
        return True
    return party in _persons_of(workspace, assessment)


def _persons_of(workspace: Workspace, assessment: Assessment | None) -> frozenset[str]:
    """Persons by the register of a picture; none without one."""
    if assessment is None:
        return frozenset()
    return of_run(workspace, assessment, "persons", _persons)


def _persons(workspace: Workspace, assessment: Assessment) -> frozenset[str]:
    """Parties whose kind in the picture is that of a person."""
    kinds = workspace.dictionary.codes("party_kind")
    personal = [code.encode() for code, row in kinds.items() if row.more.get("personal") == "yes"]
    network = assessment.network
    found = network.party_id[np.isin(network.columns["kind"], np.array(personal))]
    return frozenset(party.decode() for party in found.tolist())


def _published(
    workspace: Workspace, viewer: Viewer, day: date | None
) -> tuple[Assessment | None, AllianceError | None]:
    """Return the run, or why there is none: the look is written down before it is told."""
    try:
        return assessment_for(workspace, viewer, day), None
    except AllianceError as error:
        return None, error


def _at_least(decision: Decision, least: Sight) -> Decision:
    """The decision, or where it shows too little for the answer a refusal."""
    if not decision.allowed or decision.sight >= least:
        return decision
    words = f"this answer shows more than {decision.rule} lets be seen"
    return Decision(Sight.HIDDEN, words)
