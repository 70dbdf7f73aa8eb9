"""What happened in a world, month by month: the one thing that files and truth are written from."""

from dataclasses import dataclass

from ingest.district.settings import Bools, Floats, Ints

NEVER = -(10**6)
"""A day or month that has not come."""

CHANNELS = ("receivable", "sales", "supply", "guarantee", "ownership", "logistics")
"""Ways in which a fall reaches another, as `layers.csv` calls them."""


@dataclass(frozen=True)
class Invoices:
    """All invoices of the world; amounts in yuan without tax.

    Parameters
    ----------
    seller, buyer : array of int64, shape (invoices,)
    month : array of int64
        Month of issue; below 0 before the first month.
    issued, due : array of int64
        Day numbers.
    paid : array of int64
        Day number, `NEVER` while open.
    amount : array of float64
    """

    seller: Ints
    buyer: Ints
    month: Ints
    issued: Ints
    due: Ints
    paid: Ints
    amount: Floats

    def __len__(self) -> int:
        return len(self.seller)


@dataclass(frozen=True)
class Accounts:
    """One year of accounts of every enterprise, in yuan, shape (enterprises,) each."""

    year: int
    revenue: Floats
    material_cost: Floats
    net_profit: Floats
    equity: Floats
    total_assets: Floats
    current_assets: Floats
    current_liabilities: Floats
    alive: Bools


@dataclass(frozen=True)
class Links:
    """Trade links as they came and went.

    `since` and `until` are months, half-open; `until` is `NEVER` for links that stand.
    """

    seller: Ints
    buyer: Ints
    weight: Floats
    since: Ints
    until: Ints


@dataclass(frozen=True)
class Hits:
    """Losses that a fall brought to others, in yuan; `month` is the month of the fall."""

    hit: Ints
    by: Ints
    month: Ints
    channel: Ints
    amount: Floats


@dataclass(frozen=True)
class Failures:
    """Enterprises whose cash ran out.

    Parameters
    ----------
    party, day : array of int64, shape (failures,)
        Place and day number of the default.
    by_contagion : array of bool
        Whether cash would have lasted without the losses of twelve months from fallen partners.
    channel : array of int64
        Of the largest such loss; -1 for own causes.
    shortfall, losses : array of float64
        What was lacking, and the losses of twelve months from fallen partners, in yuan.
    """

    party: Ints
    day: Ints
    by_contagion: Bools
    channel: Ints
    shortfall: Floats
    losses: Floats


@dataclass(frozen=True)
class Ledger:
    """Everything that happened.

    Parameters
    ----------
    drawn : array of float64, shape (months, enterprises)
        Drawn on the credit line at the end of each month, in yuan.
    strain : array of float64, shape (months, enterprises)
        Liquidity in months of cost at the end of each month.
    """

    invoices: Invoices
    accounts: list[Accounts]
    links: Links
    hits: Hits
    failures: Failures
    drawn: Floats
    strain: Floats
