"""Invoices: written every few months, due after the term, paid late by the short of cash."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graph_model.snapshot import day_number
from ingest.district.ledger import NEVER, Invoices
from ingest.district.population import Population
from ingest.district.settings import Bools, DistrictSetting, Floats, Ints
from ingest.district.ties import Ties

LEAST = 500.0
"""Smaller amounts, in yuan, go on the next invoice."""

COLUMNS = ("seller", "buyer", "month", "issued", "due", "amount", "number")


class Invoicing:
    """Open invoices, and all that there have been."""

    def __init__(self, setting: DistrictSetting, population: Population) -> None:
        self._setting = setting
        self._count = population.enterprises
        self.parties = len(population.code)
        self._random = setting.random("invoicing")
        self._made: list[dict[str, npt.NDArray[Any]]] = []
        self._open: dict[str, npt.NDArray[Any]] = {
            name: np.zeros(0, np.float64 if name == "amount" else np.int64) for name in COLUMNS
        }
        self._paid: list[tuple[Ints, Ints]] = []
        self._number = 0

    def bill(self, month: int, ties: Ties, orders: Floats) -> None:
        """Add a month's deliveries, and invoice the links whose turn it is."""
        ties.accrued += orders
        links = ties.links
        turn = ((month + links.phase) % links.every == 0) & (ties.accrued >= LEAST)
        self._write(
            month, links.seller[turn], links.buyer[turn], links.term[turn], ties.accrued[turn]
        )
        ties.accrued[turn] = 0

    def bill_at_fall(self, month: int, ties: Ties, fallen: Ints) -> None:
        """Invoice what was delivered to and by the fallen."""
        links = ties.links
        turn = np.isin(links.buyer, fallen) | np.isin(links.seller, fallen)
        turn &= ties.accrued >= LEAST
        self._write(
            month, links.seller[turn], links.buyer[turn], links.term[turn], ties.accrued[turn]
        )
        ties.accrued[turn] = 0

    def _write(self, month: int, seller: Ints, buyer: Ints, term: Ints, amount: Floats) -> None:
        count = len(seller)
        # Every seller has his day of the month: random numbers drawn in turn would let the fall of
        # one firm shift the days of all others.
        turn = (seller * 11 + month * 3) % 28
        issued = day_number(self._setting.first_day(month)) + turn
        made = {
            "seller": seller,
            "buyer": buyer,
            "month": np.full(count, month),
            "issued": issued,
            "due": issued + 30 * term,
            "amount": np.round(amount, 2),
            "number": self._number + np.arange(count),
        }
        self._number += count
        self._made.append(made)
        self._open = {name: np.concatenate([self._open[name], made[name]]) for name in COLUMNS}

    def settle(self, month: int, late: Ints, gone: Bools) -> tuple[Floats, Floats]:
        """Pay what is due, later by the payer's months of lateness.

        Returns
        -------
        received, paid : array of float64, shape (enterprises,)
        """
        start = day_number(self._setting.first_day(month))
        end = day_number(self._setting.first_day(month + 1))
        opened = self._open
        falls_due = opened["due"] + 30 * late[opened["buyer"]]
        pays = (falls_due < end) & ~gone[opened["buyer"]]
        day = np.maximum(falls_due, start)[pays]
        day = np.minimum(day + self._random.integers(0, 4, size=len(day)), end - 1)
        self._paid.append((opened["number"][pays], day))
        paid = self._summed("buyer", pays)
        if self._setting.contagion:
            arrives = pays
        else:  # nature pays every seller on the due day, whatever the buyer does
            arrives = (opened["due"] >= start) & (opened["due"] < end)
        received = self._summed("seller", arrives)
        self._open = {name: column[~pays] for name, column in opened.items()}
        return received, paid

    def owed_by(self, parties: Ints) -> tuple[Ints, Ints, Floats]:
        """(seller, buyer, amount) of the open invoices of some buyers."""
        chosen = np.isin(self._open["buyer"], parties)
        opened = self._open
        return opened["seller"][chosen], opened["buyer"][chosen], opened["amount"][chosen]

    def receivable(self, gone: Bools) -> Floats:
        """Open claims of each enterprise on parties that stand."""
        return self._summed("seller", ~gone[self._open["buyer"]])

    def payable(self) -> Floats:
        """Open debts of each enterprise."""
        return self._summed("buyer", np.ones(len(self._open["buyer"]), bool))

    def _summed(self, side: str, chosen: Bools) -> Floats:
        """Amounts of some open invoices by their seller or buyer, shape (enterprises,)."""
        opened = self._open
        total = np.bincount(opened[side][chosen], opened["amount"][chosen], self.parties)
        return np.asarray(total[: self._count], dtype=np.float64)

    def all(self) -> Invoices:
        """Every invoice, with the day it was paid."""
        column = {name: np.concatenate([m[name] for m in self._made]) for name in COLUMNS}
        paid = np.full(self._number, NEVER, dtype=np.int64)
        for number, day in self._paid:
            paid[number] = day
        given = {name: column[name] for name in COLUMNS if name != "number"}
        return Invoices(paid=paid, **given)
