"""All source folders of a district, extract by extract."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.district.calendar import extracts
from ingest.district.dirt import Dirt, Spot
from ingest.district.district import District
from ingest.district.files import write_delivery
from ingest.district.papers import Papers
from ingest.district.sources_alliance import alliance
from ingest.district.sources_lending import LendingFiles
from ingest.district.sources_official import official
from ingest.district.sources_register import accounts, register
from ingest.district.sources_tax import tax
from ingest.district.sources_trade import TradeFiles


@dataclass(frozen=True)
class Written:
    """What was written: how many rows, the papers of trade, and the dirt."""

    rows: int
    papers: Papers
    spots: list[Spot]


def write_sources(
    district: District, folder: Path, begun: Callable[[str], None] = lambda _name: None
) -> Written:
    """Write all source folders.

    Parameters
    ----------
    district : District
    folder : pathlib.Path
        Gets one folder for each month, with one for each source that sends in it.
    begun : callable
        Told the month that begins.
    """
    trade, lending = TradeFiles(district), LendingFiles(district)
    dirt = Dirt(district.setting)
    rows = 0
    for extract in extracts(district.setting):
        begun(extract.name)
        for delivery in (
            *register(district, extract),
            *accounts(district, extract),
            *trade.deliveries(extract),
            *lending.deliveries(extract),
            *official(district, extract),
            *tax(district, extract),
            *alliance(district, extract),
        ):
            soiled = dirt.soil(delivery)
            write_delivery(soiled, folder)
            rows += sum(len(file.sheet) for file in soiled.files)
    return Written(rows, trade.papers, dirt.spots)
