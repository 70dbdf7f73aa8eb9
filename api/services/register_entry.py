"""What any register shows of a party: public facts, for every viewer with a purpose.

Only parties with a code of their own (a unified social credit code, an LEI) stand in a register; a
provisional party is known from somebody's own papers. Sole traders count as persons and are shown
to themselves only. Who is not shown is "not there", whether it exists or not.
"""

from dataclasses import dataclass
from datetime import date

from api import audit
from api.services.assessment import Assessment
from api.services.former_names import former_names
from api.services.lender_views import assessment_for
from api.services.rights import Opened, is_personal, party_id_of, rights_of
from api.services.workspace import Workspace
from api.today import today
from graph_model.errors import NotAllowed, NotFound
from graph_model.network import MISSING
from graph_model.snapshot import day_of_number
from policy.visibility import Decision, Ref, Sight, Viewer, decide

PUBLIC = "public"


@dataclass(frozen=True)
class Entry:
    """Register entry of a party.

    Attributes
    ----------
    code : str
        Unified social credit code or LEI; "" of a provisional party.
    kind, sector, size, reg_state : str
        Codes of the dictionary; "" where nothing is known.
    street : str
        Street code of the address.
    """

    party: str
    code: str
    name: str
    former_names: tuple[str, ...]
    kind: str
    sector: str
    street: str
    size: str
    reg_state: str
    established_on: date | None


def entry_of(workspace: Workspace, assessment: Assessment, place: int) -> Entry:
    """Register entry of the party at a place of the picture."""
    network = assessment.network
    party = network.party_id[place].decode()
    day = int(network.columns["established_on"][place])
    return Entry(
        party=party,
        code=code_of(party),
        name=network.text("name", place),
        former_names=former_names(workspace, assessment).get(party, ()),
        kind=network.text("kind", place),
        sector=network.text("sector", place),
        street=network.text("street", place),
        size=network.text("size", place),
        reg_state=network.text("reg_state", place),
        established_on=None if day == MISSING else day_of_number(day),
    )


def code_of(party: str) -> str:
    """Code that a party id holds; "" where it is provisional.

    >>> code_of("uscc:91440112XXXX000191"), code_of("src:bank-a:7")
    ('91440112XXXX000191', '')
    """
    scheme, _, code = party.partition(":")
    return "" if scheme == "src" else code


def in_register(
    workspace: Workspace, viewer: Viewer, party: str, day: date | None, today: date, action: str
) -> tuple[Opened, int]:
    """Open the picture at a party's register entry, and write the look down; its place too.

    Parameters as `rights.opened`; a lender's answers come from its own view.

    Raises
    ------
    NotAllowed
        When the role may not state the purpose.
    NotFound
        When the party is not in the picture, or is none of a register, in the same words.
    """
    subject = party_id_of(party)
    assessment = assessment_for(workspace, viewer, day)
    rights = rights_of(workspace, today, assessment)
    decision = decide(viewer, Ref(PUBLIC, (subject,)), rights)
    place = assessment.network.place(subject)
    own = subject == viewer.organisation
    missing = place is None or not (own or listed(workspace, assessment, subject))
    if missing and (decision.allowed or (viewer.purpose, viewer.role) in rights.rules.purposes):
        rule = "no register entry of this code is in the picture"
        audit.record(workspace.store, viewer, action, subject, Decision(Sight.HIDDEN, rule), "")
        raise NotFound(subject, rule, "Check the code, or look for the name.")
    shown = assessment.run_id if decision.allowed else ""
    audit.record(workspace.store, viewer, action, subject, decision, shown)
    if place is None or not decision.allowed:
        raise NotAllowed(subject, decision.rule, "State a purpose of your role.")
    return Opened(workspace, viewer, assessment, subject, decision, rights), place


def listed(workspace: Workspace, assessment: Assessment, party: str) -> bool:
    """Whether a register shows a party to everybody."""
    return bool(code_of(party)) and not is_personal(workspace, today(), assessment, party)
