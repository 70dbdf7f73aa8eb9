"""What the world outside asks for: season, common shocks of a chain, and each firm's own luck."""

import numpy as np

from ingest.district.population import Population
from ingest.district.settings import Bools, DistrictSetting, Floats, assumed

SHOCKED_CHAINS = 2
SHOCK_MONTHS = 6


class Demand:
    """Demand of one month after the other; must be asked for each month in turn.

    Without contagion the chains have no common shocks: enterprises then share nothing.
    """

    def __init__(self, setting: DistrictSetting, population: Population) -> None:
        self._own = setting.random("own demand")
        common = setting.random("industry demand")
        self._chain = population.chain
        chains = int(self._chain.max()) + 1
        months = int(assumed("burn_in_months")) + setting.months
        self._luck = self._own.normal(0, 0.2, population.enterprises)
        self._drift = self._own.normal(0, assumed("drift_spread"), population.enterprises)
        self._slope = np.zeros(population.enterprises)
        self.common = np.cumsum(
            common.normal(0, assumed("industry_noise"), (months, chains)), axis=0
        )
        self.common -= self.common.mean(axis=0)
        for chain in common.choice(chains, SHOCKED_CHAINS, replace=False).tolist():
            start = int(assumed("burn_in_months")) + int(common.integers(6, setting.months - 6))
            self.common[start : start + SHOCK_MONTHS, chain] += np.log(
                1 - assumed("industry_shock")
            )
        if not setting.contagion:
            self.common[:] = 0
        self._phase = common.uniform(-0.5, 0.5, chains)
        self._at = 0

    def next(self, calendar_month: int) -> tuple[Floats, Floats]:
        """Factor on usual sales of every enterprise: (all of it, the own part alone)."""
        memory, noise = assumed("demand_memory"), assumed("demand_noise")
        count = len(self._luck)
        self._luck = memory * self._luck + noise * self._own.standard_normal(count)
        self._slope += self._drift
        own = np.exp(self._luck + self._slope - 0.02)
        turn = 2 * np.pi * (calendar_month - 1) / 12
        season = 1 + assumed("season") * np.sin(turn + np.pi + self._phase)
        common = (season * np.exp(self.common[self._at]))[self._chain]
        self._at += 1
        return own * common, own

    def renew(self, chosen: Bools) -> None:
        """Start some enterprises anew, without the luck of those before them."""
        self._luck[chosen] = 0
        self._slope[chosen] = 0
        self._drift[chosen] /= 2
