"""What a lender could lose through one hop: its own borrowers hit by the fall of somebody else.

    through(j) = sum over borrowers i other than j of min(balance_i, sum over layers of loss_ij)
    one hop(i) = min(balance_i, sum over j of loss_ij)
    union      = sum over borrowers i of one hop(i)

A yuan of balance can be lost once: figures of single j overlap and are never added up, the union
is. Losses are those of the contagion layers (`losses.py`), in yuan and without any probability,
also for borrowers whose capacity is unknown. The picture must be the lender's own: without loans
of other lenders.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.capacity import fen
from algorithms.layers import facts_of
from algorithms.losses import LOSSES
from algorithms.parameters import AssessmentParameters
from graph_model.network import CreditNetwork, Ints

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PairLosses:
    """What i loses when j falls, over all layers; a pair stands once.

    Parameters
    ----------
    hit, fallen : array of int64, shape (m,)
        Places in the picture, sorted by hit and then fallen.
    loss_fen : array of int64, shape (m,)
    """

    hit: Ints
    fallen: Ints
    loss_fen: Ints


@dataclass(frozen=True)
class LookThrough:
    """Exposure of one lender.

    Parameters
    ----------
    direct_fen : array of int64, shape (n,)
        Balance owed by each party; 0 for those who owe nothing.
    one_hop_fen : array of int64, shape (n,)
        Part of that balance that falls of others threaten.
    through_fen : array of int64, shape (n,)
        What the fall of each party does to the balances of the lender's other borrowers.
    pairs : PairLosses
        Losses of the borrowers, uncapped.
    """

    direct_fen: Ints
    one_hop_fen: Ints
    through_fen: Ints
    pairs: PairLosses

    @property
    def direct_total_fen(self) -> int:
        """All that is lent."""
        return int(self.direct_fen.sum())

    @property
    def union_fen(self) -> int:
        """What one hop threatens in all, each yuan of balance once."""
        return int(self.one_hop_fen.sum())


def pair_losses(
    network: CreditNetwork,
    parameters: AssessmentParameters,
    hit: Mask,
    told: Mapping[str, Mask] | None = None,
) -> PairLosses:
    """Losses of some parties by the falls of others.

    Parameters
    ----------
    network : CreditNetwork
    parameters : AssessmentParameters
    hit : array of bool, shape (n,)
        Whose losses are wanted.
    told : dict of str to array of bool, shape (n,), optional
        By layer, of which of them; a layer that is not named counts for all.
    """
    facts = facts_of(network, parameters)
    codes, losses = [np.zeros(0, np.int64)], [np.zeros(0)]
    for layer, derive in LOSSES.items():
        wanted = hit if told is None or layer not in told else hit & told[layer]
        for part in derive(facts):
            chosen = wanted[part.hit] & (part.hit != part.fallen) & (part.loss > 0)
            codes.append(part.hit[chosen] * len(network) + part.fallen[chosen])
            losses.append(part.loss[chosen])
    code, place = np.unique(np.concatenate(codes), return_inverse=True)
    total = np.bincount(place, np.concatenate(losses), len(code)).astype(np.float64)
    nodes = max(len(network), 1)
    return PairLosses(code // nodes, code % nodes, fen(total))


def look_through(balance_fen: Ints, pairs: PairLosses) -> LookThrough:
    """Exposure of a lender, direct and through one hop.

    Parameters
    ----------
    balance_fen : array of int64, shape (n,)
        What each party owes the lender, not negative.
    pairs : PairLosses
        Of the picture that has these parties.
    """
    nodes = len(balance_fen)
    capped = np.minimum(pairs.loss_fen, balance_fen[pairs.hit])
    through, whole = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    np.add.at(through, pairs.fallen, capped)
    np.add.at(whole, pairs.hit, pairs.loss_fen)
    return LookThrough(balance_fen, np.minimum(whole, balance_fen), through, pairs)
