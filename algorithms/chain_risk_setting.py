"""A network as the simulation reads it: sorted, merged to pairs, in whole units.

Sorting by id and by (hit, fallen, layer) forgets the order in which things were given, so that
sums of floats come out the same to the last digit however rows are arranged.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.kernels.contagion import RATE_BITS, RATE_LIMIT, Wiring, packed, slack_units
from algorithms.kernels.sorting import counting_order
from algorithms.links import Floats, Ints, Links, name_of
from graph_model.errors import BadInput


@dataclass(frozen=True)
class Setting:
    """What the simulation reads, and how to find given parties and links in it again.

    Parameters
    ----------
    parties, links : array of int64, shape (n,) and (m,)
        Sorting permutations; all that follows is in sorted order.
    hit : array of int64, shape (m,)
        Place of the party that the link hits.
    pair : array of int64, shape (m,)
        Place of the link's pair in `wiring`; -1 where it can transmit nothing.
    standing : array of bool, shape (m,)
        It comes from a party already fallen and acts from time 0, as own rate does.
    wiring : Wiring
    """

    parties: Ints
    links: Ints
    hit: Ints
    pair: Ints
    standing: npt.NDArray[np.bool_]
    wiring: Wiring


def setting_of(
    party_id: npt.NDArray[np.bytes_],
    own: Floats,
    links: Links,
    years: float,
    fallen_before: npt.NDArray[np.bool_],
) -> Setting:
    """Sort, merge and convert.

    Parameters
    ----------
    party_id : array of bytes, shape (n,)
    own : array of float64, shape (n,)
        Own rate per horizon, 0 for those already fallen.
    links : Links
        Checked.
    years : float
        Length of the horizon.
    fallen_before : array of bool, shape (n,)

    Raises
    ------
    BadInput
        When a party or a link stands twice, or a pair is too fast for the units.
    """
    nodes = len(party_id)
    parties = np.argsort(party_id, kind="stable")
    names = party_id[parties]
    if len(doubled := np.flatnonzero(names[1:] == names[:-1])):
        raise BadInput(name_of(names, doubled[0]), "each party stands once", "Merge its rows.")
    place = np.empty(nodes, np.int64)
    place[parties] = np.arange(nodes)
    layers = max(len(links.layers), 1)
    hit, fallen = place[links.hit], place[links.fallen]
    code = hit * nodes + fallen
    triple = code * layers + links.layer
    by_triple = np.arange(len(links))
    if not (triple[1:] > triple[:-1]).all():  # derived links come in this order
        by_triple = np.argsort(triple, kind="stable")
        hit, fallen, code, triple = (a[by_triple] for a in (hit, fallen, code, triple))
    if len(doubled := np.flatnonzero(triple[1:] == triple[:-1])):
        k = int(by_triple[doubled[0]])
        rule = "a pair has one link in a layer"
        raise BadInput(f"link {k}, layer {links.layers[links.layer[k]]}", rule, "Add them up.")
    rate = links.rate[by_triple] * years
    is_fallen = fallen_before[parties]
    live, standing = rate > 0, np.zeros(len(links), np.bool_)
    if is_fallen.any():
        able = live & ~is_fallen[hit]
        standing, live = able & is_fallen[fallen], able & ~is_fallen[fallen]

    pair = np.full(len(links), -1, np.int64)
    at = slice(None) if live.all() else np.flatnonzero(live)
    code = code[at]
    new = np.ones(len(code), np.bool_)
    new[1:] = code[1:] != code[:-1]
    pair[at] = np.cumsum(new) - 1
    pair_hit, pair_fallen = hit[at][new], fallen[at][new]
    pair_rate = _summed(pair[at], rate[at], len(pair_hit))
    if len(pair_rate) and pair_rate.max() > RATE_LIMIT:
        k = int(np.argmax(pair_rate))
        two = f"{name_of(names, pair_fallen[k])} -> {name_of(names, pair_hit[k])}"
        raise too_fast(f"rate {pair_rate[k]:g} a horizon of the links {two}")

    own_units = _units(own[parties])
    np.add.at(own_units, hit[standing], _units(rate[standing]))
    out_start = _starts(pair_fallen, nodes)
    by_fallen = counting_order(pair_fallen, out_start)
    in_place = np.empty(len(by_fallen), np.int32)
    in_place[by_fallen] = np.arange(len(by_fallen))
    wiring = Wiring(
        key=keys_of(names),
        own=own_units,
        own_bound=slack_units(own_units),
        own_rate=own[parties] + _summed(hit[standing], rate[standing], nodes),
        out_start=out_start,
        out_pair=packed(_units(pair_rate[by_fallen]), pair_hit[by_fallen]),
        out_rate=pair_rate[by_fallen],
        in_start=_starts(pair_hit, nodes),
        in_fallen=pair_fallen.astype(np.int32),
        in_place=in_place,
    )
    pair[at] = in_place[pair[at]]
    return Setting(parties, by_triple, hit, pair, standing, wiring)


def key_of(raw: bytes) -> int:
    """Return the 64-bit key of random numbers that belongs to some bytes."""
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")


def keys_of(party_id: npt.NDArray[np.bytes_]) -> npt.NDArray[np.uint64]:
    """Keys of many parties, each as `key_of` gives it: array of uint64, shape (n,)."""
    digest = hashlib.blake2b
    digests = [digest(raw, digest_size=8).digest() for raw in party_id.tolist()]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def _summed(place: Ints, values: Floats, size: int) -> Floats:
    """Sums by place, added one after the other in the order given."""
    return np.bincount(place, values, size).astype(np.float64, copy=False)


def _units(rate: Floats) -> Ints:
    return np.rint(rate * 2.0**RATE_BITS).astype(np.int64)


def _starts(sorted_places: Ints, nodes: int) -> Ints:
    starts = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(sorted_places, minlength=nodes), out=starts[1:])
    return starts


def too_fast(value: str) -> BadInput:
    """Return the error about a rate above the limit."""
    rule = f"a rate is at most {RATE_LIMIT:.0f} a horizon, a certain fall within days"
    return BadInput(value, rule, "Cap it, or state the party as already fallen.")
