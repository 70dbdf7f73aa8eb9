"""Credit lines: who has one, of which lender, how large, and what is pledged for it."""

from dataclasses import dataclass, replace

import numpy as np

from ingest.district.population import Population, steadiness
from ingest.district.settings import DistrictSetting, Floats, Ints, assumed

GUARANTORS = 4
"""The last of the lenders are guarantee companies: they lend nothing."""


@dataclass(frozen=True)
class Lending:
    """One loan each: a line of an enterprise at a lender.

    Parameters
    ----------
    borrower, lender : array of int64, shape (loans,)
        Places of parties.
    part : array of float64
        Share of the borrower's line.
    collateral_share : array of float64
        Value pledged, as a share of the loan's part of the line.
    issued : array of int64
        Day number.
    line : array of float64, shape (enterprises,)
        Most that an enterprise can draw, in yuan; 0 without a line.
    first_draw : array of float64, shape (enterprises,)
        Drawn at the beginning, as a share of the line.
    """

    borrower: Ints
    lender: Ints
    part: Floats
    collateral_share: Floats
    issued: Ints
    line: Floats
    first_draw: Floats


GUARANTEED_LINE = 2.5
"""Banks lend so many times more against guarantees."""


def with_guarantees(lending: Lending, borrower: Ints) -> Lending:
    """Larger lines for those whom somebody guarantees."""
    line = lending.line.copy()
    line[np.unique(borrower)] *= GUARANTEED_LINE
    return replace(lending, line=line)


def made_lending(setting: DistrictSetting, population: Population) -> Lending:
    """Draw the credit lines; large lenders have most of the customers."""
    random = setting.random("lending")
    count = population.enterprises
    has = random.random(count) < assumed("credit_share")
    months = (
        assumed("credit_line_months") * random.lognormal(0, 0.5, count) * steadiness(population)
    )
    line = np.where(has, np.round(population.revenue / 12 * months, -4), 0)
    borrowers = np.flatnonzero(line > 0)
    two = random.random(len(borrowers)) < 0.25
    first = np.where(two, random.uniform(0.5, 0.8, len(borrowers)), 1.0)
    lenders = np.array(population.lenders[:-GUARANTORS])
    pull = 1 / np.arange(1, len(lenders) + 1) ** 1.1
    main = random.choice(len(lenders), size=len(borrowers), p=pull / pull.sum())
    other = (main + 1 + random.integers(len(lenders) - 1, size=len(borrowers))) % len(lenders)
    borrower = np.concatenate([borrowers, borrowers[two]])
    part = np.concatenate([first, 1 - first[two]])
    pledged = random.random(len(borrower)) < 0.35
    return Lending(
        borrower=borrower,
        lender=lenders[np.concatenate([main, other[two]])],
        part=part,
        collateral_share=np.where(pledged, random.uniform(0.4, 1.2, len(borrower)), 0),
        issued=setting.month_days[0] - random.integers(30, 500, len(borrower)),
        line=line,
        first_draw=random.uniform(0.25, 0.8, count),
    )
