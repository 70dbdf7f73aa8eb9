"""Capacity: what a party can lose before it falls, as an interval.

    both known        max(floor * revenue, min(equity, current assets - current liabilities))
    one known         from the floor to that one
    none known        from 5 % to 30 % of revenue (bounds from the pack)
    lender, guarantor regulatory capital, where it is known, in place of both

The point is the geometric mean of the bounds. Without revenue (and without regulatory capital)
there is no capacity: "insufficient", and no loss can be weighed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.parameters import AssessmentParameters
from graph_model.network import MISSING, CreditNetwork, Ints, known

Floats = npt.NDArray[np.float64]

LENDERS = (b"lender", b"guarantor")


@dataclass(frozen=True)
class Capacity:
    """Capacity of every party in fen; NaN where it is insufficiently known.

    Parameters
    ----------
    low, high, point : array of float64, shape (n,)
        Bounds and their geometric mean.
    """

    low: Floats
    high: Floats
    point: Floats


def capacity(network: CreditNetwork, parameters: AssessmentParameters) -> Capacity:
    """Capacity of all parties of a picture.

    Parameters
    ----------
    network : CreditNetwork
        Uses revenue, equity, liquidity (or current assets and current liabilities), capital
        and kind.
    parameters : AssessmentParameters
    """
    revenue, equity, capital = (money(network, n) for n in ("revenue", "equity", "capital"))
    liquid = liquidity(network)
    revenue = np.where(revenue > 0, revenue, np.nan)
    floor = parameters.capacity_floor * revenue
    least = np.fmin(equity, liquid)  # the known one where only one is known
    high = np.fmax(floor, least)
    both = ~np.isnan(equity) & ~np.isnan(liquid)
    low = np.where(both, high, floor)
    none = np.isnan(least)
    low = np.where(none, parameters.capacity_unknown[0] * revenue, low)
    high = np.where(none, parameters.capacity_unknown[1] * revenue, high)
    low, high = (np.where(np.isnan(revenue), np.nan, bound) for bound in (low, high))
    lender = np.isin(network.columns["kind"], LENDERS) & (capital > 0)
    low, high = (np.where(lender, np.fmax(capital, floor), bound) for bound in (low, high))
    return Capacity(low, high, np.sqrt(low * high))


def money(network: CreditNetwork, column: str) -> Floats:
    """A money column in fen, NaN where it is unknown: array of float64, shape (n,)."""
    values = network.columns[column]
    return np.where(known(values), values.astype(np.float64), np.nan)


def liquidity(network: CreditNetwork) -> Floats:
    """Current assets less current liabilities in fen, NaN where unknown: shape (n,)."""
    stated = money(network, "liquidity")
    derived = money(network, "current_assets") - money(network, "current_liabilities")
    return np.where(np.isnan(stated), derived, stated)


def margin(network: CreditNetwork) -> Floats:
    """1 - material cost / revenue, not below 0; NaN where unknown: shape (n,)."""
    revenue, cost = money(network, "revenue"), money(network, "material_cost")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(revenue > 0, 1 - cost / revenue, np.nan)
    return np.maximum(share, 0.0)


def fen(values: Floats) -> Ints:
    """Round to whole fen, half to even; `MISSING` where NaN."""
    gap = np.isnan(values)
    return np.where(gap, MISSING, np.rint(np.where(gap, 0.0, values)).astype(np.int64))
