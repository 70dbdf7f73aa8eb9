"""What a party loses when another falls, layer by layer, in fen; no yuan stands in two layers.

With m = 1 - material cost / revenue of the party that is hit, W the yearly trade:

    receivable  lgd * (what j owes i + what i has lent to j and no guarantor covers)
    sales       m_i * W_ij / 12 * months to replace a buyer (sector of i)
    supply      m_i / (1 - m_i) * W_ji / 12 * months to replace an input (sector of j), where it is
                essential; never more than m_i * revenue_i of those months
    guarantee   max(0, min(cover, debt of j - things pledged for it)) * (1 - recovery)
    logistics   goods of i in custody of j + m_i * goods carried by j / 12 * months to reroute
    ownership   unpaid capital + claims of i on j in full, where i owns of j; those claims then
                are not in `receivable`

What guarantors cover of a borrower's debt is taken off its lenders' losses in proportion: it is
lost by the guarantors. Things pledged are stated with the loans and again with the guarantees;
the larger statement counts. Where no loan to the borrower is known, its debt is the cover.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.capacity import Floats
from algorithms.parameters import AssessmentParameters
from graph_model.network import MISSING, CreditNetwork, Ints, Matrix


@dataclass(frozen=True)
class Losses:
    """Losses of one layer from the edges of one matrix; a pair may stand in several.

    Parameters
    ----------
    hit, fallen : array of int64, shape (k,)
    loss : array of float64, shape (k,)
        Fen.
    measure : str
        Matrix of the edges.
    edge : array of int64, shape (k,)
        Edges that are the evidence.
    """

    hit: Ints
    fallen: Ints
    loss: Floats
    measure: str
    edge: Ints

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Losses":
        """Some of them (mask of shape (k,))."""
        return Losses(
            self.hit[chosen],
            self.fallen[chosen],
            self.loss[chosen],
            self.measure,
            self.edge[chosen],
        )


@dataclass(frozen=True)
class Facts:
    """What the formulas need beside the matrices: margin and revenue of every party, NaN-free."""

    network: CreditNetwork
    parameters: AssessmentParameters
    margin: Floats
    revenue: Floats

    @property
    def sector(self) -> npt.NDArray[np.generic]:
        """Sector of every party, shape (n,)."""
        return self.network.columns["sector"]


def receivable(facts: Facts) -> Iterator[Losses]:
    """Claims outside a group, at the loss given default."""
    for claims in _claims(facts.network):
        outside = claims.where(~_owns(facts.network, claims))
        yield _scaled(outside, facts.parameters.lgd)


def ownership(facts: Facts) -> Iterator[Losses]:
    """Unpaid capital, and claims of the owner in full."""
    yield _edges(facts.network, "ownership")
    for claims in _claims(facts.network):
        yield claims.where(_owns(facts.network, claims))


def sales(facts: Facts) -> Iterator[Losses]:
    """Margin on what the fallen party bought, until another buys it."""
    sold = _edges(facts.network, "trade")
    months = facts.parameters.months_to_replace_buyer.values(facts.sector)
    yield _scaled(sold, facts.margin[sold.hit] / 12 * months[sold.hit])


def supply(facts: Facts) -> Iterator[Losses]:
    """Margin on what cannot be made without an essential input, until another delivers it."""
    table = facts.parameters.essentiality.over(facts.network.essentiality)
    bought = _edges(facts.network, "trade", column_is_hit=True)
    sector = facts.sector
    bought = bought.where(table.values(sector[bought.fallen], sector[bought.hit]) == 2)
    months = facts.parameters.months_to_replace_input.values(sector)[bought.fallen]
    margin = facts.margin[bought.hit]
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = _scaled(bought, margin / (1 - margin) / 12 * months)
    most = margin * facts.revenue[bought.hit] / 12 * months
    loss = np.where(bought.loss > 0, np.fmin(lost.loss, most), 0.0)
    yield Losses(lost.hit, lost.fallen, loss, lost.measure, lost.edge)


def guarantee(facts: Facts) -> Iterator[Losses]:
    """What the guarantor is called for and does not get back; debts are cited with it."""
    called = _called(facts.network)
    yield _scaled(called, 1 - facts.parameters.recovery)
    loan = facts.network.matrices["loan"]
    by_borrower = np.argsort(loan.indices, kind="stable")
    counts = np.bincount(loan.indices, minlength=len(facts.network))
    first = np.cumsum(counts) - counts
    many = counts[called.fallen]
    place = np.repeat(first[called.fallen] - (np.cumsum(many) - many), many) + np.arange(many.sum())
    yield Losses(
        np.repeat(called.hit, many),
        np.repeat(called.fallen, many),
        np.zeros(int(many.sum())),
        "loan",
        by_borrower[place],
    )


def logistics(facts: Facts) -> Iterator[Losses]:
    """Goods with the carrier, and margin on what it carries until goods go another way."""
    carried = _edges(facts.network, "carriage", column_is_hit=True)
    custody = _known(facts.network.matrices["carriage"], "in_custody")[carried.edge]
    late = facts.margin[carried.hit] * facts.parameters.months_to_reroute / 12 * carried.loss
    yield Losses(carried.hit, carried.fallen, custody + late, "carriage", carried.edge)


LOSSES: Mapping[str, Callable[[Facts], Iterator[Losses]]] = {
    "receivable": receivable,
    "sales": sales,
    "supply": supply,
    "guarantee": guarantee,
    "logistics": logistics,
    "ownership": ownership,
}
"""The layers that are derived from amounts."""


def _claims(network: CreditNetwork) -> Iterator[Losses]:
    """Claims as (creditor is hit, debtor falls): payables, and loans less what is covered."""
    yield _edges(network, "payable", column_is_hit=True)
    lent = _edges(network, "loan")
    debt = np.bincount(lent.fallen, lent.loss, len(network))
    called = _called(network)
    covered = np.minimum(np.bincount(called.fallen, called.loss, len(network)), debt)
    left = 1 - covered / np.where(debt > 0, debt, 1)
    yield _scaled(lent, left[lent.fallen])


def _called(network: CreditNetwork) -> Losses:
    """What each guarantor is called for: cover, or what is left of the debt."""
    given = _edges(network, "guarantee")
    lent = _edges(network, "loan")
    nodes = len(network)
    debt = np.bincount(lent.fallen, lent.loss, nodes)[given.fallen]
    debt = np.where(np.bincount(lent.fallen, minlength=nodes)[given.fallen] > 0, debt, given.loss)
    pledged = np.bincount(lent.fallen, _known(network.matrices["loan"], "collateral"), nodes)
    also = _known(network.matrices["guarantee"], "collateral")
    left = debt - np.maximum(pledged[given.fallen], also)
    return Losses(
        given.hit,
        given.fallen,
        np.maximum(np.minimum(given.loss, left), 0.0),
        "guarantee",
        given.edge,
    )


def _owns(network: CreditNetwork, claims: Losses) -> npt.NDArray[np.bool_]:
    """Whether the creditor owns of the debtor."""
    owned = network.matrices["ownership"]
    code = owned.rows.astype(np.int64) * len(network) + owned.indices
    return np.isin(claims.hit * len(network) + claims.fallen, code)


def _edges(network: CreditNetwork, measure: str, *, column_is_hit: bool = False) -> Losses:
    """Return all edges of a matrix with their amount as the loss; the row is hit by default."""
    matrix = network.matrices[measure]
    rows, columns = matrix.rows.astype(np.int64), matrix.indices.astype(np.int64)
    hit, fallen = (columns, rows) if column_is_hit else (rows, columns)
    return Losses(hit, fallen, _known(matrix, "amount"), measure, np.arange(len(rows)))


def _known(matrix: Matrix, quantity: str) -> Floats:
    values = matrix.quantities[quantity]
    return np.where(values == MISSING, 0, values).astype(np.float64)


def _scaled(losses: Losses, factor: float | Floats) -> Losses:
    return Losses(losses.hit, losses.fallen, losses.loss * factor, losses.measure, losses.edge)
