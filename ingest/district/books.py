"""Yearly accounts: what an enterprise says of itself once a year, drawn up from its cash flow."""

from datetime import date

import numpy as np

from ingest.district.invoicing import Invoicing
from ingest.district.ledger import Accounts
from ingest.district.lending import Lending
from ingest.district.population import Population
from ingest.district.settings import Bools, DistrictSetting, Floats

SHORT_DEBT = 0.7
"""Share of bank debt that is due within a year."""

OTHER_DEBT_MONTHS = 1.0
"""Wages, taxes and advances owed, in months of cost."""


class Books:
    """Adds months up to years."""

    def __init__(self, setting: DistrictSetting, population: Population, lending: Lending) -> None:
        random = setting.random("books")
        self._fixed_assets = population.revenue * random.lognormal(
            -1.4, 0.5, len(population.revenue)
        )
        self._long_debt = self._fixed_assets * random.uniform(0, 1.2, len(population.revenue))
        self._usual = population.revenue / 12
        self._line = lending.line
        self.accounts: list[Accounts] = []
        self._clear()

    def _clear(self) -> None:
        self._revenue = np.zeros_like(self._usual)
        self._material = np.zeros_like(self._usual)
        self._profit = np.zeros_like(self._usual)

    def month(
        self,
        first: date,
        alive: Bools,
        revenue: Floats,
        material: Floats,
        profit: Floats,
        cash: Floats,
        debt: Floats,
        stock: Floats,
        invoicing: Invoicing,
    ) -> None:
        """Take a month in; at the end of a year, close the books."""
        self._revenue = self._revenue + revenue
        self._material = self._material + material
        self._profit = self._profit + profit
        if first.month != 12:
            return
        gone = np.zeros(int(invoicing.parties), bool)
        gone[: len(alive)] = ~alive
        current = np.maximum(cash, 0) + invoicing.receivable(gone) + stock
        owed = invoicing.payable() + SHORT_DEBT * debt + OTHER_DEBT_MONTHS * self._usual
        total = current + self._fixed_assets
        equity = total - owed - (1 - SHORT_DEBT) * debt - self._long_debt
        self.accounts.append(
            Accounts(
                year=first.year,
                revenue=self._revenue,
                material_cost=self._material,
                net_profit=self._profit,
                equity=equity,
                total_assets=total,
                current_assets=current,
                current_liabilities=owed,
                alive=alive.copy(),
            )
        )
        self._clear()
