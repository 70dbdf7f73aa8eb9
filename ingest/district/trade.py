"""Who buys from whom: few buyers a seller, the large attract, most within one's chain."""

from dataclasses import dataclass, replace

import numpy as np

from ingest.district.population import Population
from ingest.district.settings import Bools, DistrictSetting, Floats, Ints, assumed

SOLD_INSIDE = {0: 0.55, 1: 0.95, 2: 0.95, 3: 0.95, -1: 0.15, 9: 0.8}
"""Share of sales to named buyers of the district, by tier; the rest goes to the world outside."""

OTHER_CHAIN = 0.12
"""Share of sellers that sell into another chain than their own."""

PUBLIC_SALES = 0.04
"""Share of links that lead to a public buyer."""

SERVICE_CHAIN = "port_logistics"
"""All roles of this chain but its customers serve every chain."""


@dataclass(frozen=True)
class Trade:
    """Links from seller to buyer.

    Parameters
    ----------
    seller, buyer : array of int64, shape (links,)
        Places of parties; buyers may be public.
    weight : array of float64
        Usual monthly sales in yuan.
    every : array of int64
        Months between two invoices.
    phase : array of int64
    term : array of int64
        Months from invoice to due day.
    cut : array of float64
        Share of the buyer's output that stops while the seller is missing.
    outside : array of float64, shape (enterprises,)
        Usual monthly sales of each enterprise to the world outside.
    """

    seller: Ints
    buyer: Ints
    weight: Floats
    every: Ints
    phase: Ints
    term: Ints
    cut: Floats
    outside: Floats

    def __len__(self) -> int:
        return len(self.seller)

    def where(self, chosen: Bools) -> "Trade":
        """Some of the links."""
        names = ("seller", "buyer", "weight", "every", "phase", "term", "cut")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})


def buyers_sought(population: Population) -> list[tuple[Ints, Ints]]:
    """(sellers, possible buyers) of every role, as places of enterprises."""
    found = []
    service = [r.tier == 9 or (r.chain == SERVICE_CHAIN and r.tier >= 0) for r in population.role]
    everybody = np.arange(population.enterprises)
    for number, role in enumerate(population.role):
        sellers = np.flatnonzero(population.role_of == number)
        wanted = 0
        if service[number]:
            buyers = np.flatnonzero(~np.array(service)[population.role_of])
        elif role.tier == -1:
            buyers = everybody[:0]
        else:
            wanted = role.tier - 1
            in_chain = np.array([r.chain == role.chain for r in population.role])
            at = np.array([r.tier == wanted for r in population.role])
            buyers = np.flatnonzero((in_chain & at)[population.role_of])
        found.append((sellers, buyers))
    return found


def made_trade(setting: DistrictSetting, population: Population) -> Trade:
    """Draw the links of trade, so that nobody buys more than his materials."""
    random = setting.random("trade")
    count = population.enterprises
    monthly = population.revenue / 12
    tier = population.tier
    everybody = np.flatnonzero(tier <= 1)
    sellers, buyers = [], []
    for own, wanted in buyers_sought(population):
        many = 1 + random.poisson(
            assumed("buyers_mean") + 0.5 * np.log10(np.maximum(population.revenue[own] / 1e7, 1)),
        )
        seller = np.repeat(own, many)
        crossing = random.random(len(seller)) < OTHER_CHAIN
        public = random.random(len(seller)) < PUBLIC_SALES
        draws = random.random((2, len(seller)))
        far = _drawn(everybody, population.revenue, draws[1])
        near = _drawn(wanted, population.revenue, draws[0]) if len(wanted) else far
        buyer = np.where(crossing, far, near)
        places = np.array(population.public_buyers)
        buyer = np.where(public, places[random.integers(len(places), size=len(seller))], buyer)
        keep = np.ones(len(seller), bool) if len(wanted) else public | crossing
        sellers.append(seller[keep])
        buyers.append(buyer[keep])
    seller, buyer = np.concatenate(sellers), np.concatenate(buyers)
    pair = np.unique((seller * len(population.code) + buyer)[seller != buyer])
    seller, buyer = pair // len(population.code), pair % len(population.code)
    inside = np.vectorize(SOLD_INSIDE.__getitem__, otypes=[float])(tier)
    share = random.gamma(assumed("concentration"), size=len(seller)) + 1e-3
    share /= np.bincount(seller, share, count)[seller]
    weight = monthly[seller] * inside[seller] * share
    weight *= _fitting(population, buyer, weight)
    many = np.searchsorted(np.sort(weight), weight) / max(len(weight), 1)
    every = np.select([many > 0.9, many > 0.65, many > 0.35], [1, 2, 3], 4)
    bought = np.bincount(buyer, weight, len(population.code))[buyer]
    important = weight > 0.1 * bought
    essential = important & (random.random(len(seller)) < assumed("essential_share"))
    goods = ~np.isin(tier, (9,))[seller]
    cut = np.where(essential & goods, np.minimum(1, 2 * weight / bought), 0)
    return Trade(
        seller=seller,
        buyer=buyer,
        weight=weight,
        every=every.astype(np.int64),
        phase=random.integers(12, size=len(seller)),
        term=random.choice([1, 2, 3, 4, 6], size=len(seller), p=[0.1, 0.25, 0.3, 0.25, 0.1]),
        cut=cut * assumed("supply_cut"),
        outside=np.maximum(monthly - np.bincount(seller, weight, count), 0.02 * monthly),
    )


def _drawn(places: Ints, weight: Floats, draw: Floats) -> Ints:
    """Places drawn in proportion to weight."""
    total = np.cumsum(weight[places])
    found: Ints = places[np.minimum(np.searchsorted(total, draw * total[-1]), len(places) - 1)]
    return found


def _fitting(population: Population, buyer: Ints, weight: Floats) -> Floats:
    """Factor on each link so that nobody buys more inside than his materials allow."""
    count = population.enterprises
    most = np.full(len(population.code), np.inf)
    most[:count] = assumed("purchases_inside") * population.material * population.revenue / 12
    bought = np.bincount(buyer, weight, len(population.code))
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(bought > most, most / bought, 1.0)
    return np.asarray(factor[buyer])
