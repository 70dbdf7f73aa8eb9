"""Network folders: a picture out as CSV, and a CSV picture in without any store."""

from datetime import date
from pathlib import Path

from api.services.assessment import Assessment
from api.services.pictures import picture
from api.services.runs import Progress, assess, pack_for
from api.services.workspace import Workspace
from api.settings import Settings
from graph_model.network import CreditNetwork
from graph_model.network_folder import read_network_folder, write_network_folder


def write_picture(workspace: Workspace, day: date, tx: int | None, folder: Path) -> CreditNetwork:
    """Write the picture of a day as a network folder; returns it."""
    made = picture(workspace, day, tx)
    write_network_folder(made, folder)
    return made


def folder_assessment(
    settings: Settings,
    folder: Path,
    scenarios: int | None = None,
    seed: int | None = None,
    relative_error: float | None = None,
    progress: Progress | None = None,
) -> Assessment:
    """Assess a network folder; nothing is stored."""
    network = read_network_folder(folder)
    return assess(
        network,
        pack_for(network.valid_date, settings),
        scenarios=settings.scenarios if scenarios is None else scenarios,
        seed=settings.seed if seed is None else seed,
        relative_error=relative_error,
        threads=settings.threads,
        progress=progress,
    )
