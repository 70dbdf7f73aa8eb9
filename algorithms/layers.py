"""Contagion links of a picture: losses in fen over capacity in fen, times one scale.

    rate_ij = min(cap, theta * ratio_layer * loss_ij / capacity_i)      per year

Losses are yuan, never shares, so that partners who trade nothing dilute nothing. Rates that the
picture states outright replace what would be derived for their party, partner and layer. The
industry layer has no yuan: `algorithms.industry` adds its links to these.
"""

from collections.abc import Collection
from typing import Literal

import numpy as np

from algorithms.capacity import Floats, capacity, fen, margin, money
from algorithms.links import Links, merged
from algorithms.losses import LOSSES, Facts, Losses
from algorithms.parameters import AssessmentParameters
from graph_model.errors import BadInput
from graph_model.network import MISSING, CreditNetwork, Ints

LAYERS = (*LOSSES, "industry")

Bound = Literal["point", "low", "high"]
"""Which end of unknown inputs: `low` and `high` give the lowest and the highest risk."""


def derive_links(
    network: CreditNetwork,
    parameters: AssessmentParameters,
    *,
    off: Collection[str] = (),
    bound: Bound = "point",
) -> Links:
    """Derive all links of a picture.

    A party whose capacity is unknown ("insufficient") is hit by stated rates only.

    Parameters
    ----------
    network : CreditNetwork
    parameters : AssessmentParameters
    off : collection of str
        Layers switched off: they have no links, and the others are as they were.
    bound : {"point", "low", "high"}
        Capacity and unknown margins at the geometric mean of their bounds, or at the ends.

    Returns
    -------
    Links
        Sorted by hit, fallen and layer.

    Raises
    ------
    BadInput
        For a layer that does not exist.
    """
    for layer in [*off, *(raw.decode() for raw in np.unique(network.rates.layer).tolist())]:
        if layer not in LAYERS:
            raise BadInput(layer, "is not a layer", f"Layers are: {', '.join(LAYERS)}.")
    bounds = capacity(network, parameters)
    able = {"point": bounds.point, "low": bounds.high, "high": bounds.low}[bound]
    facts = facts_of(network, parameters, bound)
    layers = [layer for layer in LOSSES if layer not in off]
    found = [(LAYERS.index(layer), part) for layer in layers for part in LOSSES[layer](facts)]
    return _with_stated(network, _summed(network, parameters, found, able), off)


def facts_of(
    network: CreditNetwork, parameters: AssessmentParameters, bound: Bound = "point"
) -> Facts:
    """What the losses of a picture are derived from; `bound` as in `derive_links`."""
    return Facts(network, parameters, _margin(network, parameters, bound), _revenue(network))


def _margin(network: CreditNetwork, parameters: AssessmentParameters, bound: Bound) -> Floats:
    low, high = parameters.margin_unknown
    assumed = {"point": (low * high) ** 0.5, "low": low, "high": high}[bound]
    own = margin(network)
    return np.where(np.isnan(own), assumed, own)


def _revenue(network: CreditNetwork) -> Floats:
    return np.nan_to_num(money(network, "revenue"))


def _summed(
    network: CreditNetwork,
    parameters: AssessmentParameters,
    found: list[tuple[int, Losses]],
    able: Floats,
) -> Links:
    """One link for each hit, fallen and layer, with the statements of all edges behind it."""
    nodes = len(network)
    parts = [part for _, part in found]
    layer = np.concatenate([np.full(len(p.hit), k) for k, p in found] or [np.zeros(0, np.int64)])
    hit, fallen = _joined([p.hit for p in parts]), _joined([p.fallen for p in parts])
    loss = np.concatenate([p.loss for p in parts] or [np.zeros(0)])
    code = (hit * nodes + fallen) * len(LAYERS) + layer
    order = np.argsort(code, kind="stable")
    code = code[order]
    new = np.diff(code, prepend=-1) != 0
    group = np.cumsum(new) - 1
    total = np.bincount(group, loss[order], np.count_nonzero(new)).astype(np.float64)
    code = code[new]
    hit, layer = code // len(LAYERS) // max(nodes, 1), code % len(LAYERS)
    ratio = np.array([parameters.ratio.get(name, 0.0) for name in LAYERS])
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = parameters.theta * ratio[layer] * total / able[hit]
    rate = np.minimum(rate, parameters.rate_cap)
    kept = rate > 0  # also leaves out those without capacity
    start, stop, evidence = _evidence(network, parts)
    chosen = order[kept[group]]
    lengths = (stop - start)[chosen]
    many = np.bincount(group[kept[group]], lengths, len(kept))[kept].astype(np.int64)
    before = np.cumsum(lengths) - lengths
    place = np.repeat(start[chosen] - before, lengths) + np.arange(lengths.sum())
    return Links(
        hit=hit[kept].astype(np.int32),
        fallen=(code // len(LAYERS) % max(nodes, 1))[kept].astype(np.int32),
        layer=layer[kept].astype(np.int8),
        rate=rate[kept],
        loss_fen=fen(total[kept]),
        layers=LAYERS,
        statements_indptr=np.concatenate(([0], np.cumsum(many))),
        statements=evidence[place],
    )


def _evidence(network: CreditNetwork, parts: list[Losses]) -> tuple[Ints, Ints, Ints]:
    """Statements of all matrices in one array, and where those of each loss start and stop."""
    offset, stretches = {}, [np.zeros(0, np.int64)]
    for measure in dict.fromkeys(part.measure for part in parts):
        offset[measure] = sum(map(len, stretches))
        stretches.append(network.matrices[measure].evidence)
    starts, stops = [], []
    for part in parts:
        indptr = network.matrices[part.measure].evidence_indptr + offset[part.measure]
        starts.append(indptr[part.edge])
        stops.append(indptr[part.edge + 1])
    return _joined(starts), _joined(stops), _joined(stretches)


def _with_stated(network: CreditNetwork, derived: Links, off: Collection[str]) -> Links:
    """Put stated rates in place of derived ones, and sort again."""
    stated = network.rates
    names = [raw.decode() for raw in stated.layer.tolist()]
    layer = np.array([LAYERS.index(name) for name in names], dtype=np.int64)
    on = np.array([name not in off for name in names], dtype=np.bool_)
    if not on.any():
        return derived
    nodes = len(network)

    def code(hit: Ints, fallen: Ints, layer: Ints) -> Ints:
        return (hit * nodes + fallen) * len(LAYERS) + layer

    given = code(stated.hit.astype(np.int64), stated.fallen.astype(np.int64), layer)[on]
    own = code(
        *(places.astype(np.int64) for places in (derived.hit, derived.fallen, derived.layer))
    )
    outright = Links(
        hit=stated.hit[on],
        fallen=stated.fallen[on],
        layer=layer[on].astype(np.int8),
        rate=stated.rate[on],
        loss_fen=np.full(len(given), MISSING),
        layers=LAYERS,
        statements_indptr=np.zeros(len(given) + 1, np.int64),
        statements=np.zeros(0, np.int64),
    )
    return merged(derived.where(~np.isin(own, given)), outright)


def _joined(arrays: list[Ints]) -> Ints:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.int64)
