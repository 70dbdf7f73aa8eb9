"""The demonstration: a made district, from its source files to three answers.

The constants are fitted on what the source files show: the picture of a year before their last
day, as it was known then, and the target events that the files tell of in the year since.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from api.services import districts
from api.services.calibration import Calibrated, calibrate_network
from api.services.demonstration_questions import Question
from api.services.ingesting import Ingested
from api.services.outcomes import write_outcomes
from api.services.partners import PartnerRisk, partner_risk
from api.services.pictures import picture
from api.services.production import DEMONSTRATION
from api.services.workspace import Workspace
from api.settings import Settings
from graph_model.errors import BadInput
from graph_model.snapshot import months_before
from ingest.district.settings import DistrictSetting

DISTRICT = "district"
"""Folder, in the home folder, of the made district."""

HORIZON_MONTHS = 12


@dataclass(frozen=True)
class TakenIn:
    """What was taken in.

    Attributes
    ----------
    until : datetime.date
        Last day that the files speak of.
    known_then : int
        Last load of the month a year before it.
    done : list of Ingested
        Every load.
    """

    until: date
    known_then: int
    done: list[Ingested]


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


def make(settings: Settings, setting: DistrictSetting, told: Callable[[str], None]) -> int:
    """Make the district; returns how many rows its source files hold."""
    return districts.make(settings, setting, settings.home / DISTRICT, told).rows


def take_in(workspace: Workspace, begun: Callable[[str], None]) -> TakenIn:
    """Take the district's source files in, month by month."""
    sources = _sources(workspace.settings)
    until = districts.last_day(sources)
    done: list[Ingested] = []
    past = months_before(until, HORIZON_MONTHS)
    known_then = districts.take_in(workspace, sources, past, begun, done)
    return TakenIn(until, known_then, done)


def calibrate(
    workspace: Workspace, taken: TakenIn, progress: Callable[[int], None]
) -> Calibrated | BadInput:
    """Fit the constants to what the files show, or say why they stay assumptions."""
    before = picture(workspace, months_before(taken.until, HORIZON_MONTHS), taken.known_then)
    outcomes = workspace.settings.home / "outcomes.csv"
    write_outcomes(outcomes, before, picture(workspace, taken.until))
    try:
        return calibrate_network(workspace.settings, before, outcomes, progress=progress)
    except BadInput as problem:
        return problem


def answer(workspace: Workspace, asked: Question, day: date) -> PartnerRisk:
    """Answer one question, as its viewer may see it."""
    return partner_risk(workspace, asked.viewer, asked.party, None, day)


def _sources(settings: Settings) -> Path:
    return settings.home / DISTRICT / districts.SOURCES
