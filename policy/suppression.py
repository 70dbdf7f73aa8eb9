"""Small cells of official tables: which rows may be shown, so that no firm can be read off them.

    a row is shown      at least 5 enterprises, none above 80 % of the row's sales
    one hidden row      would be the total less the others: the next smallest is hidden with it
    the hidden rows     together must be a row that could be shown, for their sum can be read off
    the total           stays; it is hidden where it could not be shown as a row itself

Own proposal after common practice for tabular data (Hundepool et al. 2012, Statistical Disclosure
Control, ch. 4). A level that none of the hidden rows has is seen to be empty in all of them, as it
is in a row that is shown. Tables that share a total are never crossed with one another.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph_model.errors import BadInput

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CLAUSE = "small cells are hidden: fewer than 5 enterprises, or one above 80 % of sales"


@dataclass(frozen=True)
class SmallCells:
    """What makes a row too small."""

    least_enterprises: int
    most_share: float


@dataclass(frozen=True)
class Suppressed:
    """A table as it may be shown.

    Parameters
    ----------
    counts : array of int64, shape (rows, columns)
        With 0 in hidden rows: read `shown` first.
    shown : array of bool, shape (rows,)
    total : array of int64, shape (columns,), or None
        Over all rows, hidden ones too; None where it may not be shown.
    """

    counts: Ints
    shown: npt.NDArray[np.bool_]
    total: Ints | None


def suppressed(counts: Ints, sales: Floats, largest: Floats, rule: SmallCells) -> Suppressed:
    """Hide what is too small, and what would tell it.

    Parameters
    ----------
    counts : array of int64, shape (rows, columns)
        Enterprises by row and level; every enterprise stands in one row.
    sales : array of float64, shape (rows,)
        Of the enterprises of the row, as far as known.
    largest : array of float64, shape (rows,)
        Of its largest enterprise.
    rule : SmallCells

    Raises
    ------
    BadInput
        When shapes do not match.
    """
    if not counts.shape[0] == len(sales) == len(largest):
        raise BadInput(f"{counts.shape[0]} rows", "sales and largest are per row", "Give them so.")
    many = counts.sum(axis=1)
    empty = many == 0

    def may_stand(rows: npt.NDArray[np.bool_]) -> bool:
        whole, most = float(sales[rows].sum()), float(largest[rows].max(initial=0.0))
        return (
            int(many[rows].sum()) >= rule.least_enterprises and not most > rule.most_share * whole
        )

    each = np.eye(len(many), dtype=np.bool_)
    shown = np.array([empty[k] or may_stand(each[k]) for k in range(len(many))], np.bool_)
    by_size = [int(k) for k in np.argsort(many, kind="stable") if not empty[k]]
    while not shown.all():
        hidden = ~shown
        if hidden.sum() > 1 and may_stand(hidden):
            break
        further = next((k for k in by_size if shown[k]), None)
        if further is None:
            break
        shown[further] = False
    whole = np.ones(len(many), np.bool_)
    total = counts.sum(axis=0) if may_stand(whole) else None
    if total is None:
        shown = np.zeros(len(many), np.bool_)
    elif (~shown).sum() == 1:  # the only row there is: the total is that row
        total = None
    return Suppressed(np.where(shown[:, None], counts, 0), shown, total)
