"""The handful of reasons behind a figure, as codes with words in Chinese and English.

    own.FACTOR         a line of the scorecard that lost points against the best line of its factor
    layer.LAYER        a layer that carries a good share of the figure
    partner.LAYER      a partner that carries a good share of it, through one layer
    undisclosed        what the viewer may not see carries a good share

Points and shares have no common measure, so own reasons stand together, and first where own risk
is the larger half of the figure.
"""

from dataclasses import dataclass

import numpy as np

from algorithms.scorecard import Scorecard
from graph_model.explanation import UNDISCLOSED, Part

MOST_OWN, MOST_LAYERS, MOST_PARTNERS = 3, 2, 2

WORTH_NAMING = 0.05
"""Share of the figure below which a layer or a partner is no reason."""


@dataclass(frozen=True)
class Reason:
    """One reason.

    Attributes
    ----------
    code : str
        `own.FACTOR`, `layer.LAYER`, `partner.LAYER` or `undisclosed`.
    zh, en : str
        For people.
    points : float or None
        Points lost on the scorecard, for own reasons.
    share : float or None
        Of the figure, for the others.
    party : str or None
        Party id of the partner.
    """

    code: str
    zh: str
    en: str
    points: float | None = None
    share: float | None = None
    party: str | None = None


def own_reasons(own: Scorecard, place: int) -> tuple[Reason, ...]:
    """Lines of the scorecard on which a party lost most points, most first."""
    best: dict[tuple[str, str], float] = {}
    for line in own.lines:
        key = (line.table, line.factor)
        best[key] = max(best.get(key, -np.inf), line.points)
    lost = [(best[line.table, line.factor] - line.points, line) for line in own.lines_of(place)]
    lost.sort(key=lambda two: (-two[0], two[1].factor))
    return tuple(
        Reason(
            code=f"own.{line.factor}",
            zh=f"{line.reason_zh}（失{points:g}分）",
            en=f"{line.reason_en} ({points:g} points lost)",
            points=points,
        )
        for points, line in lost[:MOST_OWN]
        if points > 0
    )


def reasons(explanation: Part, own: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Reasons behind an explanation, as far as it shows anything.

    Parameters
    ----------
    explanation : Part
        Already redacted for the viewer.
    own : tuple of Reason
        From `own_reasons`; those are left out whose line of the scorecard is not shown.
    """
    whole = explanation.value
    if not whole > 0:
        return ()
    alone = explanation.child("own")
    shown = {f"own.{line.key}" for line in alone.children} if alone is not None else set()
    listed = tuple(reason for reason in own if reason.code in shown)
    linked = (*_layers(explanation, whole), *_partners(explanation, whole))
    first = alone is not None and alone.value >= whole / 2
    return (*listed, *linked) if first else (*linked, *listed)


def _layers(explanation: Part, whole: float) -> list[Reason]:
    parts = [p for p in explanation.children if p.layer is not None or p.key == UNDISCLOSED]
    parts = [p for p in parts if p.value / whole >= WORTH_NAMING]
    return [
        Reason(
            code=part.key if part.layer is None else f"layer.{part.layer}",
            zh=f"{part.label_zh}占本项风险的{part.value / whole:.0%}",
            en=f"{part.label_en}: {part.value / whole:.0%} of the figure",
            share=part.value / whole,
        )
        for part in sorted(parts, key=lambda part: -part.value)[:MOST_LAYERS]
    ]


def _partners(explanation: Part, whole: float) -> list[Reason]:
    found = [
        (partner, layer)
        for layer in explanation.children
        for partner in layer.children
        if partner.layer is not None and partner.value / whole >= WORTH_NAMING
    ]
    found.sort(key=lambda two: -two[0].value)
    return [
        Reason(
            code=f"partner.{partner.layer}",
            zh=f"{partner.label_zh}（{layer.label_zh}）占{partner.value / whole:.0%}",
            en=f"{partner.label_en} ({layer.label_en}): {partner.value / whole:.0%} of the figure",
            share=partner.value / whole,
            party=partner.party,
        )
        for partner, layer in found[:MOST_PARTNERS]
    ]
