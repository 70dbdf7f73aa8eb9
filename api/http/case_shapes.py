"""Shapes of cases and of their figures."""

from datetime import date as date_type
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.services.case_figures import CaseFigures
from api.services.cases import CaseTold
from api.services.figures import Figure

EXAMPLE: dict[str, Any] = {
    "id": "objection-1",
    "kind": "objection",
    "zh": "异议",
    "en": "objection",
    "target": {"type": "statement", "text": "credit_record:market-office:uscc:9144…|R1"},
    "party": "uscc:91440112XXXX000191",
    "state": "open",
    "out": True,
    "opened_on": "2026-11-24",
    "due_on": "2026-12-14",
    "days_left": 20,
    "steps": [
        {
            "day": "2026-11-24",
            "action": "open",
            "zh": "提出",
            "en": "opened",
            "state": "open",
            "by": "uscc:91440112XXXX000191",
            "note": "the decision was annulled",
        }
    ],
    "possible": ["withdraw"],
    "clause": "征信业管理条例 Art. 25",
    "rule": "own file (Order 204 Art. 15)",
}
FIGURE: dict[str, Any] = {
    "party": "uscc:91440112XXXX000191",
    "name": "广州云埔示例有限公司",
    "level_with": "Ⅱ",
    "level_without": "Ⅲ",
    "rank_with": 3,
    "rank_without": 9,
    "ratio": 0.7,
    "ratio_error": 0.01,
    "probability_with": None,
    "probability_without": None,
    "difference": None,
    "difference_error": None,
}
FIGURES: dict[str, Any] = {
    "case": "objection-1",
    "date": "2026-10-31",
    "counts": False,
    "parties": [FIGURE],
    "movers": [],
    "others_moved": 0,
    "withheld": "uncalibrated: …",
    "rule": "open to this role for this purpose",
    "run_id": "0f…",
    "with_it": "a1…",
    "without_it": "b2…",
    "scenarios": 20000,
    "asked": 20000,
    "run_again": 41,
}


def _example(example: dict[str, Any], extra: Literal["forbid", "ignore"] = "ignore") -> ConfigDict:
    return ConfigDict(extra=extra, json_schema_extra={"examples": [example]})


Words = Annotated[str, Field(max_length=500)]
Id = Annotated[str, Field(max_length=128)]


class TargetShape(BaseModel):
    """What a case is about."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["statement", "link"]
    text: Annotated[
        str, Field(max_length=300, description="kind:source:key, or MEASURE:ROW:COLUMN by party id")
    ]


class CaseRequest(BaseModel):
    """A case to open."""

    model_config = _example({k: EXAMPLE[k] for k in ("kind", "target")}, "forbid")

    kind: Annotated[Id, Field(description="objection or repair.")]
    target: TargetShape
    note: Annotated[Words, Field(description="Reason, and where its proof is kept.")] = ""
    party: Annotated[
        Id | None, Field(description="For whom the desk opens it; otherwise left out.")
    ] = None


class StepRequest(BaseModel):
    """The next step of a case."""

    model_config = _example({"action": "withdraw", "note": "settled between us"}, "forbid")

    action: Annotated[Id, Field(description="One of the case's `possible`.")]
    note: Words = ""


class StepShape(BaseModel):
    """A step that was taken."""

    day: date_type
    action: str
    zh: str
    en: str
    state: str
    by: Annotated[str, Field(description="An organisation that the case concerns, or desk.")]
    note: Annotated[str, Field(description="For the one it was opened for, and the desk.")]


class CaseShape(BaseModel):
    """A case as its reader may see it."""

    model_config = _example(EXAMPLE)

    id: str
    kind: str
    zh: str
    en: str
    target: TargetShape
    party: Annotated[str, Field(description="For whom it was opened.")]
    state: str
    out: Annotated[bool, Field(description="Whether what it is about is out of every picture.")]
    opened_on: date_type
    due_on: Annotated[date_type | None, Field(description="Last day for the desk.")]
    days_left: Annotated[int | None, Field(description="Negative when the clock is over.")]
    steps: list[StepShape]
    possible: Annotated[list[str], Field(description="Steps that this reader may take now.")]
    clause: str
    rule: str

    @classmethod
    def of(cls, told: CaseTold) -> "CaseShape":
        """Shape a case."""
        plain = {k: v for k, v in vars(told).items() if k not in ("target_type", "target")}
        plain |= {
            "target": {"type": told.target_type, "text": told.target},
            "steps": [vars(step) for step in told.steps],
            "possible": list(told.possible),
            "due_on": told.due_on or None,
        }
        return cls.model_validate(plain)


class CaseFigureShape(BaseModel):
    """One party with what the case is about, and without."""

    party: str
    name: str
    level_with: str | None
    level_without: str | None
    rank_with: int | None
    rank_without: int | None
    ratio: Annotated[float | None, Field(description="Figure without over figure with.")]
    ratio_error: Annotated[float | None, Field(description="Its standard error, paired.")]
    probability_with: Annotated[float | None, Field(description="Null while it is withheld.")]
    probability_without: float | None
    difference: float | None
    difference_error: float | None

    @classmethod
    def of(cls, figure: Figure) -> "CaseFigureShape":
        """Shape a figure."""
        renamed = {
            k.replace("_before", "_with").replace("_after", "_without"): v
            for k, v in vars(figure).items()
        }
        return cls(**renamed)


class CaseFiguresShape(BaseModel):
    """Both figures of a case, for the desk."""

    model_config = _example(FIGURES)

    case: str
    date: date_type
    counts: Annotated[bool, Field(description="Whether it counts in the published run.")]
    parties: list[CaseFigureShape]
    movers: list[CaseFigureShape]
    others_moved: int
    withheld: Annotated[str, Field(description='Why there is no probability; "" if there is.')]
    rule: str
    run_id: str
    with_it: Annotated[str, Field(description="Picture; equal to the other where none rests on it")]
    without_it: str
    scenarios: int
    asked: int
    run_again: int

    @classmethod
    def of(cls, told: CaseFigures) -> "CaseFiguresShape":
        """Shape an answer."""
        plain = {k: v for k, v in vars(told).items() if k not in ("parties", "movers")}
        parties, movers = (
            [CaseFigureShape.of(one) for one in figures] for figures in (told.parties, told.movers)
        )
        return cls(**plain, parties=parties, movers=movers)
