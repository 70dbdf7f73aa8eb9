"""Shapes of one's own file."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.http.member_shapes import example
from api.services.own_file import Fact, Statement
from api.services.seen_by_others import Seen


class FactShape(BaseModel):
    """One field of a statement."""

    model_config = ConfigDict(from_attributes=True)

    field: str
    zh: str
    unit: Annotated[str, Field(description="fen for money.")]
    value: str | int | float | None

    @classmethod
    def of(cls, fact: Fact) -> "FactShape":
        """Shape a fact."""
        return cls.model_validate(fact)


class StatementShape(BaseModel):
    """One statement about the organisation: who says it, since when, and whether it counts."""

    model_config = example(
        id="invoice:bank-a:uscc:91440112XXXX000191|0",
        kind="invoice",
        kind_zh="发票",
        key="uscc:91440112XXXX000191|0",
        source="bank-a",
        stated_by="甲银行",
        facts=[{"field": "amount", "zh": "金额", "unit": "fen", "value": 70000000}],
        held_from="2026-06-01",
        held_to="",
        known_since="2026-11-01T00:00:00+00:00",
        evidence="invoices.csv, line 2",
        standing="counts",
        clause="",
    )

    id: Annotated[str, Field(description="kind:source:key.")]
    kind: str
    kind_zh: str
    key: str
    source: str
    stated_by: Annotated[str, Field(description="Name of the source.")]
    facts: list[FactShape]
    held_from: Annotated[str, Field(description="First day.")]
    held_to: Annotated[str, Field(description='First day no longer; "" while open.')]
    known_since: str
    evidence: Annotated[str, Field(description="File and line.")]
    standing: Annotated[
        str, Field(description="counts, expired, repaired, withdrawn, no_joining, not_in_force, …")
    ]
    clause: str

    @classmethod
    def of(cls, stated: Statement) -> "StatementShape":
        """Shape a statement."""
        plain = {k: v for k, v in vars(stated).items() if k != "facts"}
        return cls(**plain, facts=[FactShape.of(fact) for fact in stated.facts])


class SeenShape(BaseModel):
    """What somebody else could see of the organisation now."""

    model_config = example(
        who="uscc:91440112XXXX000474",
        role="financier",
        purpose="post_loan",
        of="chain_risk",
        zh="链上风险",
        en="chain risk",
        sight="amount",
        rule="consent C-0 of the subject (征信业管理条例 Art. 29)",
    )

    who: Annotated[
        str, Field(description="anybody, members, counterparty, or an organisation with consent.")
    ]
    role: str
    purpose: str
    of: Annotated[str, Field(description="Visibility class.")]
    zh: str
    en: str
    sight: Annotated[str, Field(description="exists, band or amount.")]
    rule: str

    @classmethod
    def of_seen(cls, seen: Seen) -> "SeenShape":
        """Shape one line."""
        return cls(**vars(seen))
