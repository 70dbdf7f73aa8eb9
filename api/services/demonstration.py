"""The demonstration: a district's own files, one day, one viewer, all named in its folder."""

import shutil
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from api.services import ingesting, runs
from api.services.partners import PartnerRisk, partner_risk
from api.services.production import DEMONSTRATION
from api.services.workspace import Workspace
from api.settings import Settings
from graph_model.errors import BadInput
from ingest.quarantine import waiting
from policy.visibility import Viewer, viewer


def clear(settings: Settings) -> None:
    """Make the folder anew; refuses one that no demonstration has made.

    Raises
    ------
    BadInput
        When the folder holds anything and no mark.
    """
    home = settings.home
    if home.exists() and any(home.iterdir()):
        if not (home / DEMONSTRATION).is_file():
            raise BadInput(
                str(home),
                "is not empty, and no demonstration has made it: it is not cleared",
                "Name another folder with --home.",
            )
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / DEMONSTRATION).touch()


def load(workspace: Workspace, begun: Callable[[str], None]) -> list[ingesting.Ingested]:
    """Take all demonstration files in."""
    return ingesting.ingest(workspace, _folder(workspace), begun=begun)


def told_quarantine(workspace: Workspace) -> Iterator[str]:
    """One line for each finding that keeps a row aside."""
    for finding in waiting(workspace.store):
        yield (
            f"{finding['source']} {finding['file_name']}, line {finding['line']}, "
            f"{finding['column_name'] or 'row'}: {finding['value']!r} {finding['rule']}. "
            f"{finding['way_out']}"
        )


def assess(workspace: Workspace, progress: runs.Progress) -> runs.Assessment:
    """Assess the demonstration's day."""
    day = date.fromisoformat(_stated(workspace)["date"])
    return runs.assess_day(workspace, day, progress=progress)


def viewer_of_demo(workspace: Workspace) -> Viewer:
    """Return the viewer that the demonstration's folder names."""
    stated = _stated(workspace)["viewer"]
    purposes = workspace.dictionary.codes("purpose")
    return viewer(stated["role"], stated["organisation"], stated["purpose"], purposes)


def answer(workspace: Workspace, asking: Viewer) -> PartnerRisk:
    """Ask about the party that the demonstration's folder names, on the day it names."""
    stated = _stated(workspace)
    day = date.fromisoformat(stated["date"])
    return partner_risk(workspace, asking, stated["party"], None, day)


def _folder(workspace: Workspace) -> Any:
    return workspace.settings.district_folder / "demo"


def _stated(workspace: Workspace) -> dict[str, Any]:
    return tomllib.loads((_folder(workspace) / "demo.toml").read_text(encoding="utf-8"))
