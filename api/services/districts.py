"""Make a district: source files as departments and banks would send them, and the truth apart."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from api.services.ingesting import Ingested, ingest
from api.services.workspace import Workspace
from api.settings import Settings
from graph_model.errors import BadInput
from graph_model.snapshot import months_before
from ingest.district.district import District, made_district
from ingest.district.settings import DistrictSetting
from ingest.district.sources import write_sources
from ingest.district.truth import write_truth

SOURCES, TRUTH = "sources", "truth"


@dataclass(frozen=True)
class Made:
    """A district that was written, and the rows its source files hold."""

    district: District
    rows: int


def make(
    settings: Settings,
    setting: DistrictSetting,
    out: Path,
    progress: Callable[[str], None] = lambda _what: None,
) -> Made:
    """Make a district below an empty or new folder.

    Raises
    ------
    BadInput
        When the folder holds anything.
    """
    if out.exists() and any(out.iterdir()):
        raise BadInput(str(out), "is not empty", "Name a new folder.")
    district = made_district(
        setting,
        settings.district_folder,
        lambda done, of: progress(f"world: month {done} of {of}"),
    )
    written = write_sources(district, out / SOURCES, lambda name: progress(f"files of {name}"))
    write_truth(district, out / TRUTH, written)
    return Made(district, written.rows)


def last_day(sources: Path) -> date:
    """Last day that the source files of a district speak of: the end of its last month."""
    last = months(sources)[-1].name
    try:
        first = date.fromisoformat(f"{last}-01")
    except ValueError:
        raise BadInput(str(sources / last), "a month is YYYY-MM", "Make it again.") from None
    return months_before(first, -1) - timedelta(days=1)


def take_in(
    workspace: Workspace,
    sources: Path,
    day: date,
    begun: Callable[[str], None] = lambda _what: None,
    done: list[Ingested] | None = None,
) -> int:
    """Take the files of a district in, month by month; returns the last load of a day's month.

    Raises
    ------
    BadInput
        When no folder is that of the day's month.
    """
    known_then = None
    for month in months(sources):
        ingest(workspace, month, begun=partial(_told, begun, month.name), done=done)
        if month.name == f"{day:%Y-%m}":
            known_then = workspace.store.head()
    if known_then is None:
        rule = f"no month ends on {day}, the day to calibrate on"
        raise BadInput(str(sources), rule, "Make a district of 36 months.")
    return known_then


def _told(begun: Callable[[str], None], month: str, source: str) -> None:
    begun(f"{month} {source}")


def months(sources: Path) -> list[Path]:
    """Folders of the months of a district's source files, in order."""
    found = sorted(p for p in sources.iterdir() if p.is_dir()) if sources.is_dir() else []
    if not found:
        raise BadInput(str(sources), "holds no months of source files", "Make a district there.")
    return found
