"""Who puts most on others: for each party, what its fall has part in of all other figures.

    put_on_others_j = sum over links (i is hit by j) of the part of that link in probability_i

These are the parts of the published run; nothing is simulated again. Only what a party does
directly is its own here: what a fall hands on counts for those through whom it comes.
"""

from dataclasses import dataclass

import numpy as np

from algorithms.chain_risk import ChainRisk
from algorithms.links import Floats, Ints, Links
from graph_model.network import MISSING


@dataclass(frozen=True)
class SystemOrigins:
    """What the fall of each party does to all others.

    Parameters
    ----------
    put_on_others : array of float64, shape (n,)
        Sum of probabilities over the horizon: expected falls of others that come from it.
    share : array of float64, shape (n,)
        Of the sum over all parties and industries; 0 where nobody puts anything on anybody.
    hit : array of int64, shape (n,)
        How many others it hits.
    loss_fen : array of int64, shape (n,)
        What all of them lose when it falls.
    """

    put_on_others: Floats
    share: Floats
    hit: Ints
    loss_fen: Ints

    def top(self, most: int) -> list[int]:
        """Places of those with the most, largest first; none that puts nothing on anybody."""
        order = np.argsort(-self.put_on_others, kind="stable")[:most]
        return [int(k) for k in order if self.put_on_others[k] > 0]


def system_origins(run: ChainRisk, links: Links, parties: int) -> SystemOrigins:
    """Sum the parts of a run by who falls.

    Parameters
    ----------
    run : ChainRisk
        Computed with `links`.
    links : Links
    parties : int
        How many of the nodes are parties; after them stand industries, whose figures count among
        the others' and who are not ranked.
    """
    part = np.nan_to_num(np.asarray(run.link_part))
    nodes = len(run.party_id)
    total = np.bincount(links.fallen, part, nodes).astype(np.float64)
    loss = np.where(links.loss_fen == MISSING, 0, links.loss_fen)
    lost = np.zeros(nodes, np.int64)
    np.add.at(lost, links.fallen, loss)
    to_party = links.hit < parties
    pairs = np.unique(links.hit[to_party].astype(np.int64) * nodes + links.fallen[to_party])
    hit = np.bincount(pairs % max(nodes, 1), minlength=nodes)
    whole = float(total.sum())
    share = total / whole if whole > 0 else np.zeros(nodes)
    return SystemOrigins(total[:parties], share[:parties], hit[:parties], lost[:parties])
