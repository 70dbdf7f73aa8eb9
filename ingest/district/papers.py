"""The papers of trade: what happened, and six kinds of fraud that only look as if it had.

phantom_invoice     nothing was agreed, delivered or paid
circular_trade      three firms sell one another the same goods in a ring within days
double_invoice      one delivery is invoiced under two numbers
inflated_invoice    the seller's file says more than the buyer's ledger
round_trip_payment  the payee sends the money back within days
reused_waybill      one transport is shown by two carriers
"""

from dataclasses import dataclass, replace

import numpy as np

from ingest.district.calendar import month_numbers
from ingest.district.district import District
from ingest.district.ledger import NEVER, Invoices
from ingest.district.settings import Bools, DistrictSetting, Floats, Ints

FRAUD_KINDS = (
    "phantom_invoice",
    "circular_trade",
    "double_invoice",
    "inflated_invoice",
    "round_trip_payment",
    "reused_waybill",
)
CASES_PER = 750
"""One case of each kind for so many enterprises, and at least two."""

INFLATED_BY = 1.6


@dataclass(frozen=True)
class Fraud:
    """One case: `paper` is the place of an invoice."""

    kind: str
    party: int
    partner: int
    paper: int
    detail: str


@dataclass(frozen=True)
class Papers:
    """Invoices as they are shown, made-up ones among them.

    Parameters
    ----------
    invoices : Invoices
    real : array of bool
        False for invoices that no trade stands behind.
    seller_says : array of float64
        Amount in the seller's own file.
    number : list of str
    frauds : tuple of Fraud
    """

    invoices: Invoices
    real: Bools
    seller_says: Floats
    number: list[str]
    frauds: tuple[Fraud, ...]

    def of_kind(self, kind: str) -> Ints:
        """Places of the invoices that the cases of a kind speak of."""
        return np.array([case.paper for case in self.frauds if case.kind == kind], np.int64)


def made_papers(district: District, member: Bools, core: Bools, has_carrier: Bools) -> Papers:
    """Plant the frauds among the invoices.

    Parameters
    ----------
    district : District
    member, core : array of bool, shape (parties,)
        Who sends invoices sold, and who sends a ledger of invoices received.
    has_carrier : array of bool, shape (enterprises,)
        Whose goods a carrier moves.
    """
    setting, people, real = district.setting, district.population, district.ledger.invoices
    random = setting.random("frauds")
    cases = max(2, people.enterprises // CASES_PER)
    seen = (real.month >= 1) & (real.month < setting.seen_months - 1) & member[real.seller]
    frauds: list[Fraud] = []
    new: list[tuple[int, int, int, int, float]] = []  # seller, buyer, issued, paid, amount
    at = len(real)
    firms = np.flatnonzero(member[: people.enterprises] & (people.tier > 0))
    first, last = setting.month_days[2], setting.month_days[setting.seen_months - 2]
    for _ in range(cases):
        a, b, c = random.choice(firms, 3, replace=False).tolist()
        usual = float(people.revenue[a]) / 24
        for k in range(3):
            day = int(random.integers(first, last))
            frauds.append(
                Fraud("phantom_invoice", a, b, at + len(new), f"one of 3 over {usual:.0f}")
            )
            new.append((a, b, day, NEVER, round(usual * (1 + 0.1 * k), 2)))
        a, b, c = random.choice(firms, 3, replace=False).tolist()
        day, amount = int(random.integers(first, last)), float(people.revenue[a]) / 18
        for step, (seller, buyer) in enumerate(((a, b), (b, c), (c, a))):
            frauds.append(Fraud("circular_trade", seller, buyer, at + len(new), f"step {step + 1}"))
            same = round(amount * (1 + 0.002 * step), 2)
            new.append((seller, buyer, day + 3 * step, day + 3 * step + 5, same))
    for k in _picked(random, seen, cases):
        frauds.append(Fraud("double_invoice", *_ends(real, k), at + len(new), "second of two"))
        new.append((*_ends(real, k), int(real.issued[k]) + 1, NEVER, float(real.amount[k])))
    says = np.concatenate([real.amount, [row[4] for row in new]])
    both = seen & core[real.buyer]
    for k in _picked(random, both, cases):
        says[k] = round(says[k] * INFLATED_BY, 2)
        frauds.append(Fraud("inflated_invoice", *_ends(real, k), k, f"times {INFLATED_BY}"))
    paid = seen & (real.paid != NEVER)
    paid &= month_numbers(setting, real.paid) < setting.seen_months - 1
    frauds += [
        Fraud("round_trip_payment", *_ends(real, k), k, "returned within 5 days")
        for k in _picked(random, paid, cases)
    ]
    moved = seen & has_carrier[real.seller]
    frauds += [
        Fraud("reused_waybill", *_ends(real, k), k, "shown by two carriers")
        for k in _picked(random, moved, cases)
    ]
    merged = _with(setting, real, new)
    return Papers(
        invoices=merged,
        real=np.arange(len(merged)) < at,
        seller_says=says,
        number=_numbers(setting, merged),
        frauds=tuple(frauds),
    )


def _picked(random: np.random.Generator, chosen: Bools, count: int) -> list[int]:
    places = np.flatnonzero(chosen)
    picks: list[int] = random.permutation(places)[:count].tolist()
    return sorted(picks)


def _ends(invoices: Invoices, k: int) -> tuple[int, int]:
    return int(invoices.seller[k]), int(invoices.buyer[k])


def _with(
    setting: DistrictSetting, real: Invoices, new: list[tuple[int, int, int, int, float]]
) -> Invoices:
    seller, buyer, issued, paid = (np.array([row[k] for row in new], np.int64) for k in range(4))
    added = {
        "seller": seller,
        "buyer": buyer,
        "month": month_numbers(setting, issued),
        "issued": issued,
        "due": issued + 60,
        "paid": paid,
        "amount": np.array([row[4] for row in new]),
    }
    joined = {name: np.concatenate([getattr(real, name), part]) for name, part in added.items()}
    return replace(real, **joined)


def _numbers(setting: DistrictSetting, invoices: Invoices) -> list[str]:
    """Invoice numbers: two digits of the year, the province, a serial number."""
    first = setting.first_day(0)
    year = (first.year * 12 + first.month - 1 + invoices.month) // 12 % 100
    return [f"{y:02d}44{k:016d}" for k, y in enumerate(year.tolist())]
