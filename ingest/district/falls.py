"""Falls, and what they cost others: each loss is a payment that is due, or income that fails."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from graph_model.snapshot import day_number
from ingest.district.guarantees import Guarantees
from ingest.district.invoicing import Invoicing
from ingest.district.ledger import CHANNELS, Failures, Hits
from ingest.district.lending import Lending
from ingest.district.ownership import Ownership
from ingest.district.population import Population
from ingest.district.settings import Bools, DistrictSetting, Floats, Ints, assumed
from ingest.district.ties import Ties

REMEMBERED = 12
"""Months for which a loss counts when asking whether a fall came by contagion."""

GUARANTEE_CALLED_AFTER, CAPITAL_CALLED_AFTER = 2, 3
"""Months from a fall until banks call guarantors and liquidators call capital."""

RECEIVABLE, SALES, SUPPLY, GUARANTEE, OWNERSHIP, LOGISTICS = range(len(CHANNELS))


class Falls:
    """Who stands, who has fallen, and the losses that falls bring.

    Attributes
    ----------
    alive : array of bool, shape (enterprises,)
    gone : array of bool, shape (parties,)
    """

    def __init__(
        self,
        setting: DistrictSetting,
        population: Population,
        lending: Lending,
        guarantees: Guarantees,
        ownership: Ownership,
    ) -> None:
        self._setting, self._population = setting, population
        self._lending, self._guarantees, self._ownership = lending, guarantees, ownership
        self._random = setting.random("falls")
        count = population.enterprises
        self.alive = np.ones(count, bool)
        self.gone = np.zeros(len(population.code), bool)
        self._margin = 1 - population.material
        self._due: dict[int, list[tuple[Ints, Floats]]] = {}
        self._losses = np.zeros((REMEMBERED, len(CHANNELS), count))
        self._hits: list[tuple[Ints, Ints, Ints, Ints, Floats]] = []
        self._failures: list[tuple[Ints, Ints, Bools, Ints, Floats, Floats]] = []
        self.carrier_of = carriers_of(setting, population)

    def calls(self, month: int) -> Floats:
        """Calls on guarantees and capital that are due in a month, shape (enterprises,)."""
        total = np.zeros(self._population.enterprises)
        for who, amount in self._due.pop(month, []):
            np.add.at(total, who, amount)
        return total

    def lose(self, month: int, ties: Ties, usual: Floats) -> None:
        """Note the income that missing partners cost this month, and forget a year-old losses."""
        self._losses[(month + 1) % REMEMBERED] = 0
        if not self._setting.contagion:
            return
        links, lost_buyer = ties.missing()
        slot = self._losses[month % REMEMBERED]
        sold = lost_buyer
        np.add.at(
            slot[SALES],
            links.seller[sold],
            links.weight[sold] * self._margin[links.seller[sold]],
        )
        short = ~lost_buyer & (links.cut > 0)
        buyer = links.buyer[short]
        inside = buyer < self._population.enterprises
        buyer = buyer[inside]
        lost = links.cut[short][inside] * usual[buyer] * self._margin[buyer]
        np.add.at(slot[SUPPLY], buyer, lost)

    def fail(
        self,
        month: int,
        failing: Ints,
        shortfall: Floats,
        debt: Floats,
        ties: Ties,
        invoicing: Invoicing,
    ) -> None:
        """Let enterprises fall, and pass the losses on."""
        if not len(failing):
            return
        remembered = self._losses.sum(axis=0)[:, failing]
        losses = remembered.sum(axis=0)
        by_contagion = (losses > 0) & (losses >= shortfall)
        channel = np.where(by_contagion, remembered.argmax(axis=0), -1)
        day = day_number(self._setting.first_day(month)) + self._random.integers(
            28, size=len(failing)
        )
        self._failures.append((failing, day, by_contagion, channel, shortfall, losses))
        self.alive[failing] = False
        self.gone[failing] = True
        if self._setting.contagion:
            invoicing.bill_at_fall(month, ties, failing)
        waits, lost_buyer, months = ties.break_with(month, failing)
        if not self._setting.contagion:
            ties.succeed(month, waits, lost_buyer, self.alive)
            return
        seller, buyer, amount = invoicing.owed_by(failing)
        self._hit(month, RECEIVABLE, seller, buyer, amount)
        margin = self._margin
        sold = lost_buyer
        self._hit(
            *(month, SALES, waits.seller[sold], waits.buyer[sold]),
            waits.weight[sold] * margin[waits.seller[sold]] * months[sold],
            at_once=False,
        )
        short = ~lost_buyer & (waits.cut > 0) & (waits.buyer < self._population.enterprises)
        usual = self._population.revenue / 12
        buyers = waits.buyer[short]
        self._hit(
            *(month, SUPPLY, buyers, waits.seller[short]),
            waits.cut[short] * usual[buyers] * margin[buyers] * months[short],
            at_once=False,
        )
        self._call_guarantees(month, failing, debt)
        self._call_capital(month, failing)
        self._hold_goods(month, failing)

    def _call_guarantees(self, month: int, failing: Ints, debt: Floats) -> None:
        given = self._guarantees
        chosen = np.isin(given.borrower, failing) & self.alive[given.guarantor]
        guarantor, borrower = given.guarantor[chosen], given.borrower[chosen]
        cover = given.cover_share[chosen] * self._lending.line[borrower]
        pledged = np.bincount(
            self._lending.borrower,
            self._lending.part * self._lending.collateral_share,
            self._population.enterprises,
        )
        left = np.maximum(0, debt - pledged * self._lending.line)
        asked = np.bincount(borrower, cover, self._population.enterprises)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(asked > 0, np.minimum(1, left / asked), 0)
        called = cover * share[borrower]
        self._later(month + GUARANTEE_CALLED_AFTER, guarantor, called)
        self._hit(month, GUARANTEE, guarantor, borrower, called)

    def _call_capital(self, month: int, failing: Ints) -> None:
        held = self._ownership
        chosen = np.isin(held.owned, failing) & self.alive[held.owner]
        unpaid = (held.subscribed - held.paid_in)[chosen]
        self._later(month + CAPITAL_CALLED_AFTER, held.owner[chosen], unpaid)
        self._hit(month, OWNERSHIP, held.owner[chosen], held.owned[chosen], unpaid)

    def _hold_goods(self, month: int, failing: Ints) -> None:
        shipper = np.flatnonzero(np.isin(self.carrier_of, failing) & self.alive)
        usual = self._population.revenue[shipper] / 12
        held = 0.5 * assumed("held_goods") * usual
        carrier = self.carrier_of[shipper]
        self._later(month + 1, shipper, held)
        self._hit(month, LOGISTICS, shipper, carrier, held)
        standing = np.flatnonzero(
            (np.array(self._population.kind[: len(self.alive)]) == "carrier") & self.alive
        )
        if len(standing):
            self.carrier_of[shipper] = standing[
                self._random.integers(len(standing), size=len(shipper))
            ]

    def _later(self, month: int, who: Ints, amount: Floats) -> None:
        self._due.setdefault(month, []).append((who, amount))

    def _hit(
        self,
        month: int,
        channel: int,
        hit: Ints,
        by: Ints,
        amount: Floats,
        *,
        at_once: bool = True,
    ) -> None:
        good = (amount > 0) & (hit < self._population.enterprises)
        hit, by, amount = hit[good], by[good], amount[good]
        self._hits.append((hit, by, np.full(len(hit), month), np.full(len(hit), channel), amount))
        if at_once:
            np.add.at(self._losses[month % REMEMBERED][channel], hit, amount)

    def hits(self) -> Hits:
        """All losses passed on."""
        return Hits(*_columns(self._hits, (np.int64, np.int64, np.int64, np.int64, np.float64)))

    def failures(self) -> Failures:
        """All falls, in their order."""
        types = (np.int64, np.int64, np.bool_, np.int64, np.float64, np.float64)
        return Failures(*_columns(self._failures, types))


def carriers_of(setting: DistrictSetting, population: Population) -> Ints:
    """Carrier of each enterprise that sends goods, -1 for the others."""
    random = setting.random("carriers")
    count = population.enterprises
    carriers = np.flatnonzero(np.array(population.kind[:count]) == "carrier")
    sends = np.isin(population.tier, (0, 1, 2, 3)) & (random.random(count) < 0.35)
    chosen = random.integers(max(len(carriers), 1), size=count)
    return np.where(sends & (len(carriers) > 0), carriers[chosen], -1)


def _columns(
    rows: Sequence[tuple[npt.NDArray[Any], ...]], types: tuple[type, ...]
) -> list[npt.NDArray[Any]]:
    if not rows:
        return [np.zeros(0, kind) for kind in types]
    return [np.concatenate(column) for column in zip(*rows, strict=True)]
