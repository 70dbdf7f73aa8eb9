"""Who owns whom: groups of a parent and a few subsidiaries, capital partly unpaid."""

from dataclasses import dataclass

import numpy as np

from ingest.district.population import Population
from ingest.district.settings import DistrictSetting, Floats, Ints

OWNED = 0.12
"""Share of enterprises with an enterprise of the district as shareholder."""


@dataclass(frozen=True)
class Ownership:
    """Holdings; amounts in yuan."""

    owner: Ints
    owned: Ints
    share: Floats
    subscribed: Floats
    paid_in: Floats


def made_ownership(setting: DistrictSetting, population: Population) -> Ownership:
    """Draw the holdings: the larger owns the smaller."""
    random = setting.random("ownership")
    count = population.enterprises
    owned = random.permutation(count)[: int(OWNED * count)]
    draws = random.random(len(owned))
    by_size = np.argsort(population.revenue, kind="stable")
    rank = np.empty(count, np.int64)
    rank[by_size] = np.arange(count)
    owner = by_size[(rank[owned] + 1 + draws * (count - rank[owned] - 1)).astype(np.int64) % count]
    good = (owner != owned) & (rank[owner] > rank[owned])
    owner, owned = owner[good], owned[good]
    share = random.choice([1.0, 0.7, 0.51, 0.3, 0.1], size=len(owned), p=[0.3, 0.2, 0.2, 0.2, 0.1])
    subscribed = np.round(
        population.revenue[owned] * random.uniform(0.05, 0.2, len(owned)) * share, -4
    )
    full = random.random(len(owned)) < 0.6
    paid = np.where(full, 1.0, random.uniform(0.2, 0.9, len(owned)))
    return Ownership(owner, owned, share, subscribed, np.round(subscribed * paid, -4))
