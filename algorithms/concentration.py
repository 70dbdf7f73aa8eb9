"""Concentration of a lender's balances: shares by some grouping, and the Herfindahl index.

    share_g = balance of group g / all balances         herfindahl = sum of share_g squared

The index runs from 1 / groups (even) to 1 (all in one). What is in no known group is put into one
group of its own by the caller, so that its share is seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graph_model.network import Ints


@dataclass(frozen=True)
class GroupShare:
    """One group: its key, balance, share of all balances, and how many borrowers are in it."""

    key: str
    amount_fen: int
    share: float
    borrowers: int


@dataclass(frozen=True)
class Concentration:
    """Shares, largest first; `whole_fen` is what they are shares of.

    `herfindahl` is None where nothing is lent. Groupings that overlap (guarantors of one loan) have
    shares that do not add up to 1, and no index.
    """

    groups: tuple[GroupShare, ...]
    whole_fen: int
    herfindahl: float | None


def concentration(
    keys: Sequence[str], amount_fen: Ints, borrower: Ints, whole_fen: int, *, overlapping: bool
) -> Concentration:
    """Group amounts by key.

    Parameters
    ----------
    keys : sequence of str, length m
        Group of each amount.
    amount_fen : array of int64, shape (m,)
    borrower : array of int64, shape (m,)
        Whose balance it is; a borrower may stand several times.
    whole_fen : int
        All balances.
    overlapping : bool
        Whether one yuan may stand in several groups.
    """
    names, place = np.unique(np.array(keys, dtype="U"), return_inverse=True)
    total = np.zeros(len(names), np.int64)
    np.add.at(total, place, amount_fen)
    pairs = np.unique(np.stack((place.astype(np.int64), borrower)), axis=1)
    many = np.bincount(pairs[0], minlength=len(names))
    share = total / whole_fen if whole_fen else np.zeros(len(names))
    order = np.lexsort((names, -total))
    groups = tuple(
        GroupShare(str(names[k]), int(total[k]), float(share[k]), int(many[k])) for k in order
    )
    told = whole_fen > 0 and not overlapping
    return Concentration(groups, whole_fen, float((share**2).sum()) if told else None)
