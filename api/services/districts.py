"""Make a district: source files as departments and banks would send them, and the truth apart."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from api.settings import Settings
from graph_model.errors import BadInput
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
