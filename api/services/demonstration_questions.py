"""Three questions worth asking of an assessed district, found in its figures and its consents.

A supplier asks about itself, a lender about a borrower that let it look, an official about the
district as a whole. Who they are also becomes the accounts of the demonstration.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from api.services.assessment import Assessment
from api.services.consent_index import ConsentIndex, consent_index
from api.services.indexed import members
from api.services.workspace import Workspace
from graph_model.errors import NotFound
from policy.visibility import CHAIN_RISK, Viewer, viewer

MEMBER_PURPOSE, LENDER_PURPOSE = "partner_check", "post_loan"
MOST_ASKING = 200
"""So many members with the largest parts of partners are looked at."""

PARTNERS = 3
"""The supplier's figure rests on so many partners or more."""


@dataclass(frozen=True)
class Question:
    """Who asks about whom."""

    viewer: Viewer
    party: str


@dataclass(frozen=True)
class Questions:
    """Who asks: a supplier, a lender, and an official of the district."""

    supplier: Question
    lender: Question
    official: Viewer


def questions(workspace: Workspace, made: Assessment, today: date) -> Questions:
    """Find the three questions.

    Raises
    ------
    NotFound
        When nobody has a figure that partners add to, or no lender a consent.
    """
    network, links = made.network, made.links
    part = np.nan_to_num(made.run.link_part)
    # After the parties stand industries.
    company = (links.fallen < len(network)) & (links.hit < len(network))
    hit, fallen, part = links.hit[company], links.fallen[company], part[company]
    of_party = np.bincount(hit, part, len(made.run.party_id))[: len(network)]
    partners = np.bincount(
        np.unique(np.column_stack([hit, fallen]), axis=0)[:, 0], minlength=len(network)
    )[: len(network)]
    in_alliance = members(workspace, today)
    ids = [raw.decode() for raw in network.party_id.tolist()]
    given = consent_index(workspace, today)
    by_risk = [k for k in np.argsort(-of_party, kind="stable").tolist() if of_party[k] > 0]
    asking = [ids[k] for k in by_risk if partners[k] >= PARTNERS and ids[k] in in_alliance]
    lenders = [ids[k] for k in np.flatnonzero(network.columns["kind"] == b"lender").tolist()]
    found = _Links(ids, hit, fallen, part)
    supplier = found.own(
        {one: _letting(given, one, MEMBER_PURPOSE) for one in asking[:MOST_ASKING]}
    )
    lent = found.others(
        {one: _letting(given, one, LENDER_PURPOSE) for one in lenders}, without=supplier
    )
    public = np.flatnonzero(network.columns["kind"] == b"public_body").tolist()
    if supplier is None or lent is None or not public:
        raise NotFound(
            "a question for the demonstration",
            "nobody who let a lender look has a figure that partners add to",
            "Make a larger district: --enterprises.",
        )
    purposes = workspace.dictionary.codes("purpose")
    lender, borrower = lent
    return Questions(
        Question(viewer("member", supplier, MEMBER_PURPOSE, purposes), supplier),
        Question(viewer("financier", lender, LENDER_PURPOSE, purposes), borrower),
        viewer("official", ids[public[0]], "ecosystem", purposes),
    )


def _letting(consents: ConsentIndex, grantee: str, purpose: str) -> set[str]:
    """Who lets somebody see its chain risk for a purpose."""
    return {
        one.grantor
        for one in consents.received_by(grantee)
        if one.state == "in force" and one.purpose == purpose and CHAIN_RISK in one.scopes
    }


@dataclass(frozen=True)
class _Links:
    """Links between enterprises: places of who is hit and who fell, and the part of the figure."""

    ids: list[str]
    hit: npt.NDArray[np.int32]
    fallen: npt.NDArray[np.int32]
    part: npt.NDArray[np.float64]

    def _told(self, lets: set[str]) -> npt.NDArray[np.float64]:
        """By party, the part of its figure that comes from partners who let somebody look."""
        seen = np.array([party in lets for party in self.ids])
        shown = seen[self.fallen]
        return np.bincount(self.hit[shown], self.part[shown], len(self.ids)).astype(np.float64)

    def own(self, lets: dict[str, set[str]]) -> str | None:
        """Who sees most of its own figure: the part of partners that let it look."""
        place = {party: k for k, party in enumerate(self.ids)}
        told = {one: float(self._told(grantors)[place[one]]) for one, grantors in lets.items()}
        best = max(told, key=lambda one: told[one], default=None)
        return best if best is not None and told[best] > 0 else None

    def others(self, lets: dict[str, set[str]], without: str | None) -> tuple[str, str] | None:
        """(lender, borrower) of the figure of which a lender sees most."""
        best, found = 0.0, None
        for grantee, grantors in lets.items():
            subject = np.array([party in grantors and party != without for party in self.ids])
            told = np.where(subject, self._told(grantors), 0.0)
            place = int(told.argmax())
            if told[place] > best:
                best, found = float(told[place]), (grantee, self.ids[place])
        return found


def write_accounts(path: Path, asked: Questions) -> None:
    """Write the accounts of the demonstration, as `api.services.accounts` reads them."""
    rows = (
        ("member", asked.supplier.viewer, "供货企业（联盟成员）", "a supplier, an alliance member"),
        ("financier", asked.lender.viewer, "贷款银行（金融机构）", "its bank, a financier"),
        ("official", asked.official, "区信用主管部门（政府）", "the district's credit office"),
    )
    text = "# Accounts of the demonstration; their tokens are taken in demonstrations only.\n"
    for name, who, zh, en in rows:
        text += (
            f'\n[[account]]\nname = "{name}"\nrole = "{who.role}"\n'
            f'organisation = "{who.organisation}"\npurpose = "{who.purpose}"\n'
            f'zh = "{zh}"\nen = "{en}"\n'
        )
    path.write_text(text, encoding="utf-8")
