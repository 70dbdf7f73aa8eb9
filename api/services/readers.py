"""Readers of published figures: what a viewer may be told, under a publishing policy.

Everything comes out of the answers that are given to viewers, for whatever purpose the role may
state; only the look is not written down, for nobody is shown anything.
"""

from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from api.services.assessment import Assessment
from api.services.consent_index import consent_index
from api.services.indexed import members
from api.services.partners import PartnerRisk, as_opened
from api.services.rights import Opened, rights_of
from api.services.workspace import Workspace
from policy.visibility import CHAIN_RISK, Decision, Ref, Rights, Rules, Sight, Viewer, decide

OUTSIDER = "src:outsider:member"
"""A member of the alliance that is a side of nothing and has no consent."""


@dataclass(frozen=True)
class Reader:
    """One organisation, with every purpose that its role may state.

    Attributes
    ----------
    key : str
        `outsider`, or `most.ROLE`: the organisation of that role to which most consented.
    rights : Rights
        Under the publishing policy.
    """

    workspace: Workspace
    key: str
    role: str
    organisation: str
    rights: Rights
    _decided: dict[str, list[tuple[Viewer, Decision]]] = field(default_factory=dict)

    @cached_property
    def viewers(self) -> tuple[Viewer, ...]:
        """The organisation, once for each purpose."""
        stated = self.rights.rules.purposes
        return tuple(
            Viewer(self.role, self.organisation, purpose)
            for purpose, role in stated
            if role == self.role
        )

    def sight(self, ref: Ref) -> Sight:
        """How much of a thing may be seen for the purpose that shows most."""
        return max(decide(viewer, ref, self.rights).sight for viewer in self.viewers)

    def openings(self, assessment: Assessment, party: str) -> list[Opened]:
        """The party's figure, once a purpose that opens it, the one that shows most first."""
        if party not in self._decided:
            ref = Ref(CHAIN_RISK, (party,))
            found = [(viewer, decide(viewer, ref, self.rights)) for viewer in self.viewers]
            found.sort(key=lambda one: -one[1].sight)
            self._decided[party] = [one for one in found if one[1].allowed]
        return [
            Opened(self.workspace, viewer, assessment, party, decision, self.rights)
            for viewer, decision in self._decided[party]
        ]

    def told(self, assessment: Assessment, whole: PartnerRisk) -> list[PartnerRisk]:
        """Answers about one party, the one that shows most first; none where it is refused."""
        return [as_opened(whole, opening) for opening in self.openings(assessment, whole.party)]

    def most(self, assessment: Assessment, party: str) -> Opened | None:
        """The opening that shows most, or None."""
        return next(iter(self.openings(assessment, party)), None)


def readers(workspace: Workspace, assessment: Assessment, publishing: str) -> list[Reader]:
    """Who reads under a publishing policy, by the consents in force on the day of the assessment.

    Parameters
    ----------
    workspace : Workspace
    assessment : Assessment
    publishing : str
        One of `policy.visibility.rights.PUBLISHING`.

    Returns
    -------
    list of Reader
        The outsider; then the member and the financier to whom most parties consented, where
        there is one.
    """
    day = assessment.network.valid_date
    given, inside = rights_of(workspace, day, assessment), members(workspace, day)
    rights = replace(
        given,
        rules=replace(given.rules, publishing=publishing),
        personal=cache(given.personal),
        member=lambda party: party == OUTSIDER or party in inside,
    )
    found = [Reader(workspace, "outsider", "member", OUTSIDER, rights)]
    for role in ("member", "financier"):
        most = _most_consented(workspace, assessment, rights.rules, role)
        if most is not None:
            found.append(Reader(workspace, f"most.{role}", role, most, rights))
    return found


def _most_consented(
    workspace: Workspace, assessment: Assessment, rules: Rules, role: str
) -> str | None:
    """Organisation to which most parties consented, for a purpose that only this role may state."""
    others = {purpose for purpose, other in rules.purposes if other != role}
    purposes = {p for p, of in rules.purposes if of == role} - others
    index = consent_index(workspace, assessment.network.valid_date)
    grantors: dict[str, set[str]] = {}
    for party in assessment.network.ids():
        for one in index.given_by(party):
            open_ = one.state == "in force" and CHAIN_RISK in one.scopes
            if open_ and one.purpose in purposes:
                grantors.setdefault(one.grantee, set()).add(party)
    return min(grantors, key=lambda party: (-len(grantors[party]), party), default=None)
