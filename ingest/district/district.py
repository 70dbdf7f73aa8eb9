"""A district: who lives there, how they are tied, and what happened. All of it from one seed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.district.guarantees import Guarantees, made_guarantees
from ingest.district.ledger import Ledger
from ingest.district.lending import Lending, made_lending, with_guarantees
from ingest.district.ownership import Ownership, made_ownership
from ingest.district.population import Population, made_population
from ingest.district.settings import DistrictSetting
from ingest.district.target_events import TargetEvents, target_events
from ingest.district.trade import Trade, made_trade
from ingest.district.world import simulate


@dataclass(frozen=True)
class District:
    """A made district."""

    setting: DistrictSetting
    population: Population
    trade: Trade
    lending: Lending
    guarantees: Guarantees
    ownership: Ownership
    ledger: Ledger
    events: TargetEvents


def made_district(
    setting: DistrictSetting,
    folder: Path,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> District:
    """Make a district.

    Parameters
    ----------
    setting : DistrictSetting
    folder : pathlib.Path
        With the district's own `chains.csv` and `streets.csv`.
    progress : callable
        Told the months done and all months.
    """
    population = made_population(setting, folder)
    trade = made_trade(setting, population)
    lending = made_lending(setting, population)
    guarantees = made_guarantees(setting, population, np.flatnonzero(lending.line > 0))
    lending = with_guarantees(lending, guarantees.borrower)
    ownership = made_ownership(setting, population)
    ledger = simulate(setting, population, trade, lending, guarantees, ownership, progress)
    events = target_events(setting, lending, ledger)
    return District(setting, population, trade, lending, guarantees, ownership, ledger, events)
