"""Who stands before a case: the desk, a side of its target, or neither."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from api.services.rights import rules_of
from api.services.workspace import Workspace
from policy.case_rules import OBJECTOR, SIDE
from policy.cases import Case
from policy.visibility import Decision, Sight, Viewer

DESK_ROLE, DESK_PURPOSE = "official", "supervision"
NOT_A_SIDE = (
    "a case is for those whom its statement names, and for the desk (征信业管理条例 Art. 25)"
)
NOT_THE_DESK = "this is for the desk: officials, for the purpose supervision (数据安全法 Art. 38)"


@dataclass(frozen=True)
class Reader:
    """Who asks about cases.

    Attributes
    ----------
    desk : Decision
        Whether it is the desk, by which clause.
    own : Decision
        Whether it may see what is its own, by which clause.
    """

    viewer: Viewer
    desk: Decision
    own: Decision

    def may_see(self, parties: Collection[str]) -> Decision:
        """Whether a case that names these parties may be seen."""
        if self.desk.allowed:
            return self.desk
        named = self.viewer.organisation in parties
        return self.own if named or not self.own.allowed else Decision(Sight.HIDDEN, NOT_A_SIDE)

    def stands_in(self, party: str, sides: Collection[str]) -> set[str]:
        """What it is to a case for a party, in the words of `policy.case_rules`."""
        roles = {DESK_ROLE} if self.desk.allowed else set[str]()
        if self.own.allowed and self.viewer.organisation in sides:
            roles.add(SIDE)
        if self.own.allowed and self.viewer.organisation == party:
            roles.add(OBJECTOR)
        return roles


def reader_of(workspace: Workspace, viewer: Viewer, today: date) -> Reader:
    """What a viewer is to the desk; nothing is written down yet."""
    rules = rules_of(workspace, today)
    stated = rules.purposes.get((viewer.purpose, viewer.role))
    if stated is None:
        words = f"the role {viewer.role} may not state the purpose {viewer.purpose}"
        hidden = Decision(Sight.HIDDEN, f"{words} ({rules.reference}, purposes)")
        return Reader(viewer, hidden, hidden)
    on_duty = (viewer.role, viewer.purpose) == (DESK_ROLE, DESK_PURPOSE)
    shown = Decision(Sight.AMOUNT, stated.clause)
    return Reader(viewer, shown if on_duty else Decision(Sight.HIDDEN, NOT_THE_DESK), shown)


def parties_of(case: Case) -> tuple[str, ...]:
    """Parties whom a case concerns."""
    return (case.opened.party, *case.opened.sides)
