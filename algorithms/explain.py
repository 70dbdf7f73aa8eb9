"""A party's chain risk taken apart: own part, and under each layer the part of each partner.

The children of every part add up to it to 1e-9; what is left of floating-point sums, where it is
more than dust, is a part of its own named "rounding".
"""

import numpy as np
import numpy.typing as npt

from algorithms.chain_risk import ChainRisk
from algorithms.industry import division_of
from algorithms.links import Links
from algorithms.parameters import Level
from algorithms.scorecard import Scorecard
from graph_model.explanation import Part
from graph_model.network import MISSING, CreditNetwork
from graph_model.schema import load_dictionary

ROUNDING = "rounding"
INSUFFICIENT = "insufficient"
DUST = 1e-12
"""Remainders below this are no part of their own; parts re-add to a thousand times as much."""


def explain(
    network: CreditNetwork,
    run: ChainRisk,
    links: Links,
    place: int,
    own: Scorecard | None = None,
) -> Part:
    """Explain the probability of one party.

    Parameters
    ----------
    network : CreditNetwork
    run : ChainRisk
        Computed with `links`.
    links : Links
        Of the picture; places from `len(network)` on are industries.
    place : int
        Of the party.
    own : Scorecard, optional
        Then the lines that apply stand under the own part. They do not divide it: points add up,
        probabilities do not. Each of them has value 0 but its points in its label, and one child
        holds the own part itself.

    Returns
    -------
    Part
        Root with the probability as value (NaN where there is none, then without layers); under
        it `own`, then the layers and within them the partners, largest first.
    """
    value = float(run.probability[place])
    own_part = _own(network, run, place, own)
    if np.isnan(value):
        children: tuple[Part, ...] = (own_part,)
    else:
        children = _closed((own_part, *_layers(network, run, links, place)), value)
    return Part(
        key="chain_risk",
        label_zh="链上风险",
        label_en="chain risk",
        value=value,
        children=children,
    )


def level_of(probability: float, levels: tuple[Level, ...]) -> str | None:
    """Warning level of a probability within 12 months.

    Returns
    -------
    str or None
        Name of the highest level reached, None below all, "insufficient" for NaN.
    """
    if np.isnan(probability):
        return INSUFFICIENT
    reached = [level.name for level in levels if probability >= level.lower]
    return reached[-1] if reached else None


def ratio_with_without(run: ChainRisk) -> npt.NDArray[np.float64]:
    """Probability with contagion over that without, per party.

    Without contagion it is 1 - exp(-own rate * horizon), exactly.

    Returns
    -------
    array of float64, shape (n,)
        NaN where there is no probability, and where the own rate is 0.
    """
    alone = -np.expm1(-run.own_rate * (run.horizon_months / 12))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(alone > 0, run.probability / alone, np.nan)


def _own(network: CreditNetwork, run: ChainRisk, place: int, own: Scorecard | None) -> Part:
    value = float(run.own_part[place])
    start, stop = network.node_evidence_indptr[place : place + 2]
    return Part(
        key="own",
        label_zh="自身风险",
        label_en="own risk",
        value=value,
        statements=_statements(network, network.node_evidence[start:stop]),
        children=_scored(own, place, value) if own is not None else (),
    )


def _scored(own: Scorecard, place: int, value: float) -> tuple[Part, ...]:
    lines = own.lines_of(place)
    if not lines:
        return ()
    total = own.points[place]
    sum_ = Part("points", f"评分合计 {total:+g} 分", f"{total:+g} points in all", value)
    notes = tuple(
        Part(
            key=line.factor,
            label_zh=f"{line.reason_zh}（{line.points:+g}分）",
            label_en=f"{line.reason_en} ({line.points:+g} points)",
            value=0.0,
        )
        for line in sorted(lines, key=lambda line: line.points)
    )
    return (sum_, *notes)


def _layers(network: CreditNetwork, run: ChainRisk, links: Links, place: int) -> list[Part]:
    labels = {layer.layer: (layer.zh, layer.en) for layer in load_dictionary().layers}
    at = np.flatnonzero(links.hit == place)
    parts = []
    for k in np.unique(links.layer[at]).tolist():
        layer = links.layers[k]
        chosen = at[links.layer[at] == k]
        order = np.lexsort((links.fallen[chosen], -run.link_part[chosen]))
        partners = tuple(_partner(network, run, links, int(e)) for e in chosen[order])
        value = float(run.link_part[chosen].sum())
        losses = [p.amount_fen for p in partners if p.amount_fen is not None]
        parts.append(
            Part(
                key=layer,
                label_zh=labels[layer][0],
                label_en=labels[layer][1],
                value=value,
                amount_fen=sum(losses) if losses else None,
                layer=layer,
                children=_closed(partners, value),
            )
        )
    return sorted(parts, key=lambda part: -part.value)


def _partner(network: CreditNetwork, run: ChainRisk, links: Links, link: int) -> Part:
    place = int(links.fallen[link])
    if place >= len(network):
        return _industry(run, links, link)
    party = network.party_id[place].decode()
    name = network.text("name", place) or party
    loss = int(links.loss_fen[link])
    start, stop = links.statements_indptr[link : link + 2]
    return Part(
        key=party,
        label_zh=name,
        label_en=name,
        value=float(run.link_part[link]),
        amount_fen=None if loss == MISSING else loss,
        party=party,
        layer=links.layers[int(links.layer[link])],
        statements=_statements(network, links.statements[start:stop]),
    )


def _industry(run: ChainRisk, links: Links, link: int) -> Part:
    """Part of an industry: no party, so there is nobody whose consent it needs."""
    key = run.party_id[int(links.fallen[link])].decode()
    row = load_dictionary().codes("gbt4754").get(division_of(key) or "")
    return Part(
        key=key,
        label_zh=row.zh if row else key,
        label_en=(row.en if row else "") or (row.zh if row else key),
        value=float(run.link_part[link]),
        layer=links.layers[int(links.layer[link])],
    )


def _closed(parts: tuple[Part, ...], value: float) -> tuple[Part, ...]:
    """Add what floating-point sums leave over, unless it is dust."""
    left = value - sum(part.value for part in parts)
    if abs(left) < DUST:
        return parts
    return (*parts, Part(ROUNDING, "舍入", "rounding", left))


def _statements(network: CreditNetwork, places: npt.NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(network.statements[int(k)] for k in places)
