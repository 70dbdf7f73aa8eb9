"""Links of trade through time: they break when an end falls, and are replaced after months."""

from dataclasses import replace

import numpy as np

from ingest.district.ledger import NEVER, Links
from ingest.district.population import Population
from ingest.district.settings import Bools, DistrictSetting, Floats, Ints, assumed
from ingest.district.trade import Trade

TAKEN_OUTSIDE = 0.5
"""Share of lost customers who are replaced by one outside the district."""


class Ties:
    """Links in force, and those whose one end is missing.

    Parameters
    ----------
    setting : DistrictSetting
    population : Population
    trade : Trade
        The links of the beginning.

    Attributes
    ----------
    links : Trade
        In force this month.
    outside : array of float64, shape (enterprises,)
        Usual monthly sales to the world outside.
    accrued : array of float64, shape (links,)
        Delivered and not yet invoiced.
    """

    def __init__(self, setting: DistrictSetting, population: Population, trade: Trade) -> None:
        self._random = setting.random("replacement")
        self._contagion = setting.contagion
        self._population = population
        self.links = trade
        self.accrued = np.zeros(len(trade))
        self._since = np.full(len(trade), -(10**5), dtype=np.int64)
        self.outside = trade.outside.copy()
        self._ended: list[Links] = []
        self._left = np.zeros(0)
        # Links that wait for a new end: the trade, which end is missing, until when.
        self._waiting = trade.where(np.zeros(len(trade), bool))
        self._lost_buyer = np.zeros(0, bool)
        self._until = np.zeros(0, np.int64)

    def break_with(self, month: int, fallen: Ints) -> tuple[Trade, Bools, Ints]:
        """End the links of fallen parties; those whose other end stands wait for a new one.

        Returns
        -------
        Trade
            The links that wait.
        array of bool
            Whether the buyer is the end that fell.
        array of int64
            Months until it is replaced.
        """
        gone = np.zeros(len(self._population.code), bool)
        gone[fallen] = True
        seller, buyer = gone[self.links.seller], gone[self.links.buyer]
        broken = seller | buyer
        ended = self.links.where(broken)
        self._ended.append(
            Links(
                *(ended.seller, ended.buyer, ended.weight, self._since[broken]),
                np.full(len(ended), month + 1),
            )
        )
        waits = self.links.where(broken & ~(seller & buyer))
        lost_buyer = gone[waits.buyer]
        months = self._months(lost_buyer)
        self._left = self.accrued[broken & ~(seller & buyer)]
        kept = ~broken
        self.links = self.links.where(kept)
        self.accrued, self._since = self.accrued[kept], self._since[kept]
        if not self._contagion:
            return waits, lost_buyer, months
        # What waits for a party that has now fallen too waits no longer.
        left = ~(gone[self._waiting.seller] & self._lost_buyer)
        left &= ~(gone[self._waiting.buyer] & ~self._lost_buyer)
        self._waiting = _joined(self._waiting.where(left), waits)
        self._lost_buyer = np.concatenate([self._lost_buyer[left], lost_buyer])
        self._until = np.concatenate([self._until[left], month + 1 + months])
        return waits, lost_buyer, months

    def _months(self, lost_buyer: Bools) -> Ints:
        mean = np.where(
            lost_buyer, assumed("buyer_replaced_months"), assumed("supplier_replaced_months")
        )
        return 1 + self._random.poisson(mean - 1)

    def missing(self) -> tuple[Trade, Bools]:
        """Links that wait for a new end, and whether the buyer is missing."""
        return self._waiting, self._lost_buyer

    def output(self, alive: Bools) -> Floats:
        """Share of its usual output that each enterprise can make without missing suppliers."""
        count = self._population.enterprises
        output = np.ones(len(self._population.code))
        short = ~self._lost_buyer & (self._waiting.cut > 0)
        np.multiply.at(output, self._waiting.buyer[short], 1 - self._waiting.cut[short])
        return np.asarray(np.maximum(output[:count], 0.3) * alive)

    def replace_partners(self, month: int, alive: Bools) -> None:
        """Give a new end to the links whose waiting is over."""
        ready = self._until <= month
        if not ready.any():
            return
        links, lost_buyer = self._waiting.where(ready), self._lost_buyer[ready]
        self._waiting = self._waiting.where(~ready)
        self._lost_buyer, self._until = self._lost_buyer[~ready], self._until[~ready]
        seller, buyer = links.seller.copy(), links.buyer.copy()
        kept = np.ones(len(links), bool)
        for place, buyer_fell in enumerate(lost_buyer.tolist()):
            fallen = int(buyer[place] if buyer_fell else seller[place])
            other = self._like(fallen, alive)
            if buyer_fell and (other is None or self._random.random() < TAKEN_OUTSIDE):
                self.outside[seller[place]] += links.weight[place]
                kept[place] = False
            elif other is None or other == (seller if buyer_fell else buyer)[place]:
                kept[place] = False
            elif buyer_fell:
                buyer[place] = other
            else:
                seller[place] = other
        self._add(month, replace(links, seller=seller, buyer=buyer).where(kept))

    def _add(self, month: int, new: Trade, accrued: Floats | None = None) -> None:
        self.links = _joined(self.links, new)
        begun = np.zeros(len(new)) if accrued is None else accrued
        self.accrued = np.concatenate([self.accrued, begun])
        self._since = np.concatenate([self._since, np.full(len(new), month)])

    def succeed(self, month: int, waits: Trade, lost_buyer: Bools, alive: Bools) -> None:
        """Put another buyer in the place of each fallen one at once; a fallen seller's links end.

        The seller sells as before, and nobody's sales grow by the fall of another.
        """
        links = waits.where(lost_buyer)
        heirs = np.flatnonzero(alive)
        size = self._population.revenue[heirs]
        order = heirs[np.argsort(-size, kind="stable")]
        tier = self._population.tier
        buyer = np.array(
            [
                next((o for o in order.tolist() if tier[o] == tier[b] and o != s), int(order[0]))
                for s, b in zip(links.seller.tolist(), links.buyer.tolist(), strict=True)
            ],
            dtype=np.int64,
        )
        self._add(month + 1, replace(links, buyer=buyer), self._left[lost_buyer])

    def _like(self, party: int, alive: Bools) -> int | None:
        """A party of the same role that stands, the large more likely."""
        if party >= self._population.enterprises:
            return party
        same = self._population.role_of == self._population.role_of[party]
        places = np.flatnonzero(same & alive)
        if not len(places):
            return None
        total = np.cumsum(self._population.revenue[places])
        return int(places[np.searchsorted(total, self._random.random() * total[-1])])

    def history(self) -> Links:
        """All links that there have been."""
        standing = Links(
            *(self.links.seller, self.links.buyer, self.links.weight, self._since),
            np.full(len(self.links), NEVER),
        )
        parts = [*self._ended, standing]
        return Links(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("seller", "buyer", "weight", "since", "until")
            )
        )


def _joined(first: Trade, second: Trade) -> Trade:
    names = ("seller", "buyer", "weight", "every", "phase", "term", "cut")
    return Trade(
        **{n: np.concatenate([getattr(first, n), getattr(second, n)]) for n in names},
        outside=first.outside,
    )
