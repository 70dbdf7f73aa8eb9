"""What an official's pages share: the right asked, the run, the rules, and answers kept.

A figure of the district is computed once for each published run and load of the store, after
suppression, and given to everybody who may see it; the look is written down each time.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import TypeVar

from api.services.assessment import Assessment
from api.services.rights import of_district
from api.services.runs import pack_folders, published
from api.services.workspace import Workspace
from policy.pack import Pack, pack_in_force
from policy.suppression import SmallCells
from policy.visibility import Decision, Viewer

Made = TypeVar("Made")

KEPT_ANSWERS = 32
"""Answers that one process keeps: four pages of several days."""

_making = Lock()


@dataclass(frozen=True)
class OpenedDistrict:
    """The published assessment, opened for an official.

    Attributes
    ----------
    decision : Decision
        By which rule.
    """

    workspace: Workspace
    viewer: Viewer
    assessment: Assessment
    decision: Decision
    pack: Pack

    @property
    def small_cells(self) -> SmallCells:
        """What makes a row of a table too small to be shown."""
        return SmallCells(
            least_enterprises=int(self.pack.number("least_enterprises", 1, 1000)),
            most_share=self.pack.number("most_share", 0, 1),
        )


def opened_district(
    workspace: Workspace, viewer: Viewer, day: date | None, today: date, action: str
) -> OpenedDistrict:
    """Open the published assessment for an official, and write the look down.

    Raises
    ------
    NotAllowed
        For other roles and purposes.
    NotFound
        When no assessment is published.
    """
    decision = of_district(workspace, viewer, action, today)
    assessment = published(workspace, day)
    return OpenedDistrict(workspace, viewer, assessment, decision, rules(workspace, today))


def rules(workspace: Workspace, today: date) -> Pack:
    """Pack of the topic `overview` in force."""
    shipped, own = pack_folders(workspace.settings, "overview")
    return pack_in_force(shipped, today, own)


def once(
    workspace: Workspace,
    name: str,
    run_id: str,
    rule: Pack,
    make: Callable[[], Made],
    *,
    cases: int = 0,
) -> Made:
    """Return an answer made for a run, the last load and a pack; made at the first question.

    `cases` is the last step of a case that it sees, where it rests on statements themselves.
    """
    at = (workspace.store.head(), cases, workspace.settings.district, rule.digest)
    kept: OrderedDict[tuple[str, str], tuple[tuple[int, int, str, str], Made]]
    kept = workspace.indexed.setdefault("overview", OrderedDict())
    held = kept.get((name, run_id))
    if held is None or held[0] != at:
        with _making:
            held = kept.get((name, run_id))
            if held is None or held[0] != at:
                held = (at, make())
                kept[name, run_id] = held
                while len(kept) > KEPT_ANSWERS:
                    kept.popitem(last=False)
    return held[1]
