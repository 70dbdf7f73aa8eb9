"""The placebo: links that keep every amount and every degree, and lead to somebody else.

Two pairs that transmit, a <- b and c <- d, become a <- d and c <- b, again and again. A pair moves
with all its layers; rates, losses and evidence stay with the party that is hit. So each party keeps
what it stands to lose against what it can bear, each keeps how many it hits, and only *who* hits
*whom* is chance. What a figure gains from knowing one's partners is gone from it.
Maslov and Sneppen (2002), Science 296, 910-913.
"""

from dataclasses import replace

import numpy as np

from algorithms.links import Ints, Links, Places

ROUNDS = 40
"""In each round every pair is offered a swap and takes it by the toss of a coin."""


def rewired(links: Links, parties: int, seed: int) -> Links:
    """Swap the fallen parties of pairs at random.

    Parameters
    ----------
    links : Links
    parties : int
        Links of the first so many nodes are rewired; those of nodes after them (industries) stay.
    seed : int

    Returns
    -------
    Links
        Sorted by hit, fallen and layer. No party hits itself and no pair stands twice.
    """
    among = (links.hit < parties) & (links.fallen < parties)
    code = links.hit[among].astype(np.int64) * parties + links.fallen[among]
    pairs, pair_of_link = np.unique(code, return_inverse=True)
    fallen = _swapped(pairs // max(parties, 1), pairs % max(parties, 1), parties, seed)
    everywhere = links.fallen.copy()
    everywhere[among] = fallen[pair_of_link]
    order = np.lexsort((links.layer, everywhere, links.hit))
    moved = replace(links, fallen=everywhere)
    return _ordered(moved, order)


def _swapped(hit: Ints, fallen: Ints, parties: int, seed: int) -> Places:
    """Fallen party of each pair after the swaps."""
    rng = np.random.default_rng(seed)
    fallen = fallen.copy()
    for _ in range(ROUNDS):
        chance = rng.permutation(len(hit))
        one, other = chance[: len(hit) // 2], chance[len(hit) // 2 : len(hit) // 2 * 2]
        first = hit[one] * parties + fallen[other]
        second = hit[other] * parties + fallen[one]
        good = (hit[one] != fallen[other]) & (hit[other] != fallen[one])
        good &= rng.random(len(one)) < 0.5
        good &= ~np.isin(first, hit * parties + fallen)
        good &= ~np.isin(second, hit * parties + fallen)
        made, times = np.unique(np.concatenate((first[good], second[good])), return_counts=True)
        twice = made[times > 1]
        good &= ~np.isin(first, twice) & ~np.isin(second, twice)
        one, other = one[good], other[good]
        fallen[one], fallen[other] = fallen[other], fallen[one]
    return fallen.astype(np.int32)


def _ordered(links: Links, order: Ints) -> Links:
    lengths = np.diff(links.statements_indptr)[order]
    after = np.cumsum(lengths)
    start = links.statements_indptr[:-1][order]
    place = np.repeat(start - (after - lengths), lengths) + np.arange(lengths.sum())
    return Links(
        hit=links.hit[order],
        fallen=links.fallen[order],
        layer=links.layer[order],
        rate=links.rate[order],
        loss_fen=links.loss_fen[order],
        layers=links.layers,
        statements_indptr=np.concatenate(([0], after)),
        statements=links.statements[place],
    )
