"""The world: cash in, cash out, month by month; who runs out of cash fails, and others lose by it.

    cash += receipts - payments due - materials bought outside - fixed cost - interest - calls
    fails when cash < 0 and the credit line is drawn

A fall costs suppliers their open invoices (receivable) and a customer until another is found
(sales), buyers a part of their output (supply), guarantors what the bank calls (guarantee), owners
unpaid capital (ownership), shippers goods under way (logistics). Nothing of this looks at any
score: contagion is cash that does not come.
"""

from collections.abc import Callable

import numpy as np

from ingest.district.apart import OwnPurchases
from ingest.district.books import Books
from ingest.district.demand import Demand
from ingest.district.falls import Falls
from ingest.district.guarantees import Guarantees
from ingest.district.invoicing import Invoicing
from ingest.district.ledger import Ledger
from ingest.district.lending import Lending
from ingest.district.ownership import Ownership
from ingest.district.population import Population, steadiness
from ingest.district.settings import DistrictSetting, Floats, assumed
from ingest.district.ties import Ties
from ingest.district.trade import Trade

FALLS_FROM = -4
"""Month of the first falls: their target events come in the first months of the district."""

INTEREST = 0.05
TAX = 0.2
ACCIDENTS = 0.0025
"""Share of enterprises that a one-off loss meets in a month: lawsuits, fires, failed projects."""

FIXED_COST_ADAPTS = 0.03
"""Share of the gap between fixed cost and what sales allow that is closed in a month."""

LATE_BELOW = (1.3, 0.7, 0.3)
"""Liquidity, in months of cost, below which payments come one, two, three months late."""


def simulate(
    setting: DistrictSetting,
    population: Population,
    trade: Trade,
    lending: Lending,
    guarantees: Guarantees,
    ownership: Ownership,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Ledger:
    """Let the months pass.

    Parameters
    ----------
    setting, population, trade, lending, guarantees, ownership
        The world as it begins; see their modules.
    progress : callable
        Told the months done and all months.
    """
    count, burn = population.enterprises, int(assumed("burn_in_months"))
    usual = population.revenue / 12
    cash, kept = _first_cash(setting, usual * steadiness(population))
    debt = lending.line * lending.first_draw
    fixed = usual * (1 - population.material - population.profit)
    stock = usual * population.material
    luck = setting.random("accidents")
    demand = Demand(setting, population)
    apart = OwnPurchases(population, trade)
    ties = Ties(setting, population, trade)
    invoicing = Invoicing(setting, population)
    falls = Falls(setting, population, lending, guarantees, ownership)
    books = Books(setting, population, lending)
    activity = np.ones(len(population.code))
    drawn, strain = np.zeros((setting.months, count)), np.zeros((setting.months, count))
    for month in range(-burn, setting.months):
        alive = falls.alive
        first = setting.first_day(month)
        factor, own = demand.next(first.month)
        ties.replace_partners(month, alive)
        output = ties.output(alive)
        links = ties.links
        if setting.contagion:
            pull = activity[links.buyer] ** assumed("orders_follow_buyer")
            orders = links.weight * pull * np.sqrt(own[links.seller])
        else:
            # What buyers would pass on comes as luck of one's own: it counts twice.
            orders = links.weight * (factor * own)[links.seller]
        orders *= output[links.seller]
        outside = np.where(alive, ties.outside * factor * output, 0)
        revenue = np.asarray(outside + np.bincount(links.seller, orders, count), np.float64)
        bought = np.bincount(links.buyer, orders, len(population.code))[:count]
        needed = population.material * revenue
        elsewhere = np.maximum(0, needed + (population.material * usual - stock) / 6 - bought)
        stock = np.maximum(0, stock + bought + elsewhere - needed)
        cost = np.maximum(needed + fixed, 0.2 * usual)
        liquidity = (cash + np.maximum(lending.line - debt, 0)) / cost
        late = np.zeros(len(population.code), dtype=np.int64)
        late[:count] = sum((liquidity < below).astype(np.int64) for below in LATE_BELOW)
        late[count:] = 1
        invoicing.bill(month, ties, orders)
        received, paid = invoicing.settle(month, late, falls.gone)
        if not setting.contagion:
            paid, elsewhere = apart.pay(needed), np.zeros(count)
        accident = np.where(
            luck.random(count) < ACCIDENTS, usual * luck.lognormal(-0.3, 0.8, count), 0
        )
        interest = debt * INTEREST / 12
        gross = revenue - needed - fixed - interest - accident
        tax = np.maximum(gross, 0) * TAX
        called = falls.calls(month)
        cash = np.where(
            alive,
            cash
            + outside
            + received
            - paid
            - elsewhere
            - fixed
            - interest
            - tax
            - accident
            - called,
            0,
        )
        fixed += FIXED_COST_ADAPTS * (
            revenue * (1 - population.material - population.profit) - fixed
        )
        cash, debt = _bank(cash, debt, lending.line, cost, kept, alive)
        if month >= 0:
            drawn[month], strain[month] = debt, liquidity
        if (
            month < FALLS_FROM
        ):  # while the world finds its feet, newcomers take the place of the fallen
            new = cash < 0
            kept = np.where(new, kept + 0.6 * usual, kept)
            cash, debt = np.where(new, kept / 2, cash), np.where(new, 0.3 * lending.line, debt)
            demand.renew(new)
        else:
            failing = np.flatnonzero(alive & (cash < 0))
            falls.fail(month, failing, -cash[failing], debt, ties, invoicing)
        activity[:count] = np.clip(revenue / usual, 0.2, 3.0)
        books.month(
            first, falls.alive, revenue, needed, gross - tax - called, cash, debt, stock, invoicing
        )
        falls.lose(month, ties, usual)
        progress(month + burn + 1, setting.months + burn)
    return Ledger(
        invoices=invoicing.all(),
        accounts=books.accounts,
        links=ties.history(),
        hits=falls.hits(),
        failures=falls.failures(),
        drawn=drawn,
        strain=strain,
    )


def _first_cash(setting: DistrictSetting, usual: Floats) -> tuple[Floats, Floats]:
    random = setting.random("cash")
    spread = assumed("cash_months_spread")
    buffer = usual * assumed("cash_months_median") * random.lognormal(0, spread, len(usual))
    return buffer, buffer * assumed("cash_months_kept")


def _bank(
    cash: Floats,
    debt: Floats,
    line: Floats,
    cost: Floats,
    kept: Floats,
    alive: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> tuple[Floats, Floats]:
    """Draw on the line when cash is short, pay back when there is plenty, pay out the rest."""
    draw = np.clip(0.5 * cost - cash, 0, np.maximum(line - debt, 0)) * alive
    cash, debt = cash + draw, debt + draw
    back = np.clip((cash - cost) * 0.3, 0, np.maximum(debt - 0.2 * line, 0)) * alive
    cash, debt = cash - back, debt - back
    return cash - 0.5 * np.maximum(cash - kept, 0), debt
