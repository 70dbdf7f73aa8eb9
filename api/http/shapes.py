"""Shapes of what goes over the wire."""

from datetime import date as date_type
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.services.partners import PartnerRisk
from graph_model.explanation import Part, shortened

MOST_PARTS, MOST_STATEMENTS = 40, 10
"""What one answer carries; the whole list of partners stands under `neighbours`, in pages."""


class Problem(BaseModel):
    """problem+json (RFC 9457) with the rule and the way out."""

    type: str
    title: str
    status: int
    detail: str
    rule: str
    way_out: str
    instance: str
    request_id: str


class Alive(BaseModel):
    """The process runs."""

    status: str


class Ready(BaseModel):
    """What answers stand on."""

    status: str
    load: Annotated[int, Field(description="Last published load.")]
    date: Annotated[str, Field(description="Day of the published assessment.")]
    run_id: str


class PartShape(BaseModel):
    """One summand; the children add up to it."""

    key: str
    label_zh: str
    label_en: str
    value: Annotated[float, Field(description="Probability, or share where it is withheld.")]
    amount_fen: int | None
    band: Annotated[str | None, Field(description="Of an amount not shown to the fen.")]
    party: str | None
    layer: str | None
    statements: Annotated[
        list[str],
        Field(description=f"kind:source:key of what it rests on, {MOST_STATEMENTS} at most."),
    ]
    more_statements: Annotated[int, Field(description="Beside these.")] = 0
    children: Annotated[
        list["PartShape"],
        Field(description=f"{MOST_PARTS} at most; the smallest stand together under the key rest."),
    ]

    @classmethod
    def of(cls, part: Part) -> "PartShape":
        """Shape a part and all under it, as much as one answer carries."""
        return cls._of(shortened(part, MOST_PARTS))

    @classmethod
    def _of(cls, part: Part) -> "PartShape":
        return cls(
            key=part.key,
            label_zh=part.label_zh,
            label_en=part.label_en,
            value=part.value,
            amount_fen=part.amount_fen,
            band=part.band,
            party=part.party,
            layer=part.layer,
            statements=list(part.statements[:MOST_STATEMENTS]),
            more_statements=max(0, len(part.statements) - MOST_STATEMENTS),
            children=[cls._of(child) for child in part.children],
        )


class ReasonShape(BaseModel):
    """One of the reasons that matter most."""

    code: Annotated[
        str, Field(description="own.FACTOR, layer.LAYER, partner.LAYER or undisclosed.")
    ]
    zh: str
    en: str
    points: Annotated[float | None, Field(description="Lost on the scorecard.")]
    share: Annotated[float | None, Field(description="Of the figure.")]
    party: str | None


class PartnerRiskShape(BaseModel):
    """Chain risk of a partner, as far as the viewer may see it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "party": "uscc:91440112XXXX000191",
                    "name": "广州云埔示例有限公司",
                    "date": "2026-10-31",
                    "horizon_months": 12,
                    "level": "Ⅲ",
                    "level_low": "Ⅳ",
                    "level_high": "Ⅲ",
                    "event_on": None,
                    "rank": 3,
                    "ranked": 24,
                    "ratio": 1.4,
                    "probability": None,
                    "standard_error": None,
                    "withheld": "uncalibrated: …",
                    "explanation": {
                        "key": "chain_risk",
                        "label_zh": "链上风险",
                        "label_en": "chain risk",
                        "value": 1.0,
                        "amount_fen": None,
                        "band": None,
                        "party": None,
                        "layer": None,
                        "statements": [],
                        "children": [],
                    },
                    "reasons": [
                        {
                            "code": "layer.receivable",
                            "zh": "应收账款与债权占本项风险的28%",
                            "en": "receivable: 28% of the figure",
                            "points": None,
                            "share": 0.28,
                            "party": None,
                        }
                    ],
                    "rule": "own file (Order 204 Art. 15)",
                    "run_id": "0f…",
                    "network_id": "a1…",
                    "scenarios": 20000,
                }
            ]
        }
    )

    party: str
    name: str
    date: date_type
    horizon_months: int
    level: Annotated[
        str | None, Field(description="Ⅳ, Ⅲ, Ⅱ, Ⅰ, insufficient, event, or null for none.")
    ]
    level_low: Annotated[
        str | None, Field(description="Level with the lowest risk that unknown inputs leave open.")
    ]
    level_high: Annotated[str | None, Field(description="With the highest.")]
    event_on: Annotated[
        date_type | None, Field(description="Day of the target event, if it happened.")
    ]
    rank: Annotated[int | None, Field(description="1 for the highest figure.")]
    ranked: int
    ratio: Annotated[float | None, Field(description="With contagion over without.")]
    probability: Annotated[float | None, Field(description="Null while it is withheld.")]
    standard_error: float | None
    withheld: Annotated[str, Field(description='Why there is no probability; "" if there is.')]
    explanation: Annotated[PartShape | None, Field(description="Null where there is no figure.")]
    reasons: Annotated[list[ReasonShape], Field(description="What matters most.")]
    rule: Annotated[str, Field(description="By which rule the viewer sees this.")]
    run_id: str
    network_id: str
    scenarios: int

    @classmethod
    def of(cls, answer: PartnerRisk) -> "PartnerRiskShape":
        """Shape an answer."""
        plain = {k: v for k, v in vars(answer).items() if k not in ("explanation", "reasons")}
        told = None if answer.explanation is None else PartShape.of(answer.explanation)
        reasons = [ReasonShape(**vars(reason)) for reason in answer.reasons]
        return cls(**plain, explanation=told, reasons=reasons)
