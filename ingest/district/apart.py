"""Purchases in a world in which nothing spreads: what one pays depends on nobody else.

Invoices are still written and paid on paper; cash goes by one's own needs alone: what is usually
bought from suppliers of the district is paid two months later, the rest at once.
"""

import numpy as np

from ingest.district.population import Population
from ingest.district.settings import Floats
from ingest.district.trade import Trade

MONTHS_TO_PAY = 2


class OwnPurchases:
    """What each enterprise pays for its own needs."""

    def __init__(self, population: Population, trade: Trade) -> None:
        count = population.enterprises
        usual = population.revenue / 12 * population.material
        bought = np.bincount(trade.buyer, trade.weight, len(population.code))[:count]
        self._inside = np.minimum(bought / usual, 1)
        self._owed = [self._inside * usual] * MONTHS_TO_PAY

    def pay(self, needed: Floats) -> Floats:
        """Cash that goes for a month's needs and for those that have come due."""
        self._owed.append(self._inside * needed)
        return np.asarray(self._owed.pop(0) + (1 - self._inside) * needed)
