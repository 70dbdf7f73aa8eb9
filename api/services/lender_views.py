"""What a lender reads of chain risk: the published run, made on its own picture.

Its picture has no loan of another lender (`policy.lender_view`), so no number it reads can tell
one. It is run once for each lender and published run, with the same constants, scenarios and seed,
and kept like every run; where no other lender states a loan it is the published run itself.
"""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from threading import Lock
from typing import Any

from api.services.assessment import Assessment
from api.services.pictures import picture
from api.services.runs import assess_once, published, published_entries, run_of
from api.services.workspace import Workspace
from policy.visibility import Viewer

LIVE_VIEWS = 4
"""Views that one process keeps in memory."""

Place = tuple[str, str, str]
"""Folder of runs, published run, lender."""

_live: OrderedDict[Place, Assessment] = OrderedDict()
_making: dict[Place, Lock] = {}
_looking = Lock()


def assessment_for(workspace: Workspace, asking: Viewer, day: date | None) -> Assessment:
    """Assessment that a viewer's answers come from: a lender's own view, everybody's for others.

    Raises
    ------
    NotFound
        When none is published.
    """
    base = published(workspace, day)
    if asking.role != "financier":
        return base
    return lender_view(workspace, asking.organisation, base)


def entry_for(workspace: Workspace, asking: Viewer, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Line of the journal about a published run, naming run and picture that a viewer reads."""
    if asking.role != "financier":
        return dict(entry)
    seen = lender_view(workspace, asking.organisation, run_of(workspace, entry))
    return {**entry, "run_id": seen.run_id, "network_id": seen.network.network_id}


def lender_view(workspace: Workspace, lender: str, base: Assessment) -> Assessment:
    """The published run as made on a lender's own picture."""
    place = (str(workspace.runs.resolve()), base.run_id, lender)
    with _looking:
        if place in _live:
            _live.move_to_end(place)
            return _live[place]
        making = _making.setdefault(place, Lock())
    with making:  # one lender waits for its own view only
        with _looking:
            found = _live.get(place)
        if found is None:
            found = _made(workspace, lender, base)
        with _looking:
            _live[place] = found
            _making.pop(place, None)
            while len(_live) > LIVE_VIEWS:
                _live.popitem(last=False)
    return found


def _made(workspace: Workspace, lender: str, base: Assessment) -> Assessment:
    lines = reversed(published_entries(workspace))
    # Of the run itself: another one of the same day knows another load.
    entry = next(line for line in lines if line["run_id"] == base.run_id)
    day, tx, cases = base.network.valid_date, entry["tx"], entry.get("cases")
    own = picture(workspace, day, tx, cases, lender=lender)
    if own.network_id == base.network.network_id:
        return base
    return assess_once(
        workspace, own, entry["pack"], scenarios=base.run.scenarios, seed=base.run.seed
    )
