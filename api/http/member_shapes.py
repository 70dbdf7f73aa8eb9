"""Shapes of what members ask: search, register entry, neighbours, paths, tier."""

from datetime import date as Day  # noqa: N812 (a field below is called date)
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.services.neighbours import Neighbour
from api.services.origins import OriginShare, PartnerOrigins, PathShown, StepShown
from api.services.partner_view import PartnerView, SightOf
from api.services.register_entry import Entry
from api.services.search import Found
from api.services.tier import Tier, Way

SUPPLIER, BUYER = "uscc:91440112XXXX000191", "uscc:91440112XXXX00027U"


def example(**fields: Any) -> ConfigDict:
    """Model settings with one example."""
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [fields]})


class FoundShape(BaseModel):
    """One result of a search: what any register shows."""

    model_config = example(
        party=SUPPLIER,
        code="91440112XXXX000191",
        name="广州云埔示例有限公司",
        street="440112001",
        sector="3670",
        by="former_name",
        matched="广州市云埔示例厂",
    )

    party: str
    code: str
    name: str
    street: Annotated[str, Field(description="Street code of the address.")]
    sector: Annotated[str, Field(description="GB/T 4754-2017.")]
    by: Annotated[str, Field(description="code, name or former_name.")]
    matched: Annotated[str, Field(description="The code or name that was met.")]

    @classmethod
    def of(cls, found: Found) -> "FoundShape":
        """Shape a result."""
        return cls.model_validate(found)


class SightShape(BaseModel):
    """How much of one class of facts the viewer may see."""

    model_config = example(
        of="chain_risk", zh="链上风险", en="chain risk", sight="amount", rule="consent C-1 …"
    )

    of: Annotated[str, Field(description="Visibility class.")]
    zh: str
    en: str
    sight: Annotated[str, Field(description="hidden, exists, band or amount.")]
    rule: str

    @classmethod
    def of_class(cls, seen: SightOf) -> "SightShape":
        """Shape a sight."""
        return cls.model_validate(seen)


class EntryShape(BaseModel):
    """Register entry: public facts."""

    model_config = ConfigDict(from_attributes=True)

    party: str
    code: str
    name: str
    former_names: list[str]
    kind: str
    sector: str
    street: str
    size: str
    reg_state: str
    established_on: Day | None

    @classmethod
    def of(cls, entry: Entry) -> "EntryShape":
        """Shape an entry."""
        return cls.model_validate(entry)


class PartnerShape(BaseModel):
    """A partner: its register entry, its level if it may be seen, and what else may be."""

    model_config = example(
        entry={
            "party": SUPPLIER,
            "code": "91440112XXXX000191",
            "name": "广州云埔示例有限公司",
            "former_names": ["广州市云埔示例厂"],
            "kind": "enterprise",
            "sector": "3670",
            "street": "440112001",
            "size": "small",
            "reg_state": "active",
            "established_on": "2010-01-01",
        },
        member=True,
        date="2026-10-31",
        level="Ⅲ",
        sights=[
            {
                "of": "chain_risk",
                "zh": "链上风险",
                "en": "chain risk",
                "sight": "amount",
                "rule": "consent C-1 of the subject (征信业管理条例 Art. 29)",
            }
        ],
        run_id="0f…",
    )

    entry: EntryShape
    member: Annotated[bool, Field(description="Whether it is a member of the alliance today.")]
    date: Day
    level: Annotated[
        str | None,
        Field(description="Ⅳ, Ⅲ, Ⅱ, Ⅰ, insufficient, event; null below all or where hidden."),
    ]
    sights: list[SightShape]
    run_id: str

    @classmethod
    def of(cls, view: PartnerView) -> "PartnerShape":
        """Shape a view."""
        return cls(
            entry=EntryShape.of(view.entry),
            member=view.member,
            date=view.date,
            level=view.level,
            sights=[SightShape.of_class(seen) for seen in view.sights],
            run_id=view.run_id,
        )


class NeighbourShape(BaseModel):
    """One link of a party."""

    model_config = example(
        measure="trade",
        direction="row",
        zh="销售给",
        en="sells to",
        party=BUYER,
        code="91440112XXXX00027U",
        name="广州云埔样品有限公司",
        sight="band",
        amount_fen=None,
        band="100万–500万元 1 to 5 million yuan",
        statements=[],
        rule="consent C-1 of the subject (优化营商环境条例 Art. 30: a third party sees a band)",
    )

    measure: Annotated[str, Field(description="trade, payable, guarantee, loan, carriage, …")]
    direction: Annotated[str, Field(description="row or column: where the subject stands.")]
    zh: str
    en: Annotated[str, Field(description="What the subject does to this party.")]
    party: str
    code: str
    name: str
    sight: Annotated[str, Field(description="exists, band or amount.")]
    amount_fen: int | None
    band: str | None
    statements: Annotated[list[str], Field(description="kind:source:key that may be named.")]
    rule: str

    @classmethod
    def of(cls, link: Neighbour) -> "NeighbourShape":
        """Shape a link."""
        return cls.model_validate(link)


class OriginShape(BaseModel):
    """One origin of a party's falls."""

    model_config = ConfigDict(from_attributes=True)

    party: str
    name: str
    share: float

    @classmethod
    def of(cls, origin: OriginShare) -> "OriginShape":
        """Shape an origin."""
        return cls.model_validate(origin)


class StepShape(BaseModel):
    """One step of a path: the fallen party pulls the hit one down."""

    model_config = ConfigDict(from_attributes=True)

    fallen: str
    hit: str
    layers: list[str]
    layers_zh: list[str]
    amount_fen: Annotated[int | None, Field(description="Loss, where it may be seen.")]
    statements: list[str]

    @classmethod
    def of(cls, step: StepShown) -> "StepShape":
        """Shape a step."""
        return cls.model_validate(step)


class PathShape(BaseModel):
    """One path, origin first."""

    parties: list[str]
    names: list[str]
    share: float
    steps: list[StepShape]

    @classmethod
    def of(cls, path: PathShown) -> "PathShape":
        """Shape a path."""
        return cls(
            parties=list(path.parties),
            names=list(path.names),
            share=path.share,
            steps=[StepShape.of(step) for step in path.steps],
        )


class PathsShape(BaseModel):
    """Where the falls of a party begin, and by which ways; shares add up to 1."""

    model_config = example(
        party=SUPPLIER,
        name="广州云埔示例有限公司",
        date="2026-10-31",
        own=0.5,
        origins=[{"party": BUYER, "name": "广州云埔样品有限公司", "share": 0.3}],
        rest=0.0,
        undisclosed=0.2,
        paths=[
            {
                "parties": [BUYER, SUPPLIER],
                "names": ["广州云埔样品有限公司", "广州云埔示例有限公司"],
                "share": 0.3,
                "steps": [
                    {
                        "fallen": BUYER,
                        "hit": SUPPLIER,
                        "layers": ["receivable"],
                        "layers_zh": ["应收账款与债权"],
                        "amount_fen": 42000000,
                        "statements": ["invoice:bank-a:uscc:91440112XXXX000191|0"],
                    }
                ],
            }
        ],
        more_paths=2,
        falls=None,
        scenarios=20000,
        asked=20000,
        withheld="uncalibrated: …",
        rule="consent C-1 of the subject (征信业管理条例 Art. 29)",
        run_id="0f…",
    )

    party: str
    name: str
    date: Day
    own: Annotated[float, Field(description="Share that begins with the party itself.")]
    origins: list[OriginShape]
    rest: Annotated[float, Field(description="Share of origins not listed.")]
    undisclosed: Annotated[float, Field(description="Share of origins that may not be seen.")]
    paths: list[PathShape]
    more_paths: int
    falls: Annotated[int | None, Field(description="Null while probabilities are withheld.")]
    scenarios: int
    asked: int
    withheld: str
    rule: str
    run_id: str

    @classmethod
    def of(cls, answer: PartnerOrigins) -> "PathsShape":
        """Shape an answer."""
        plain = {k: v for k, v in vars(answer).items() if k not in ("origins", "paths")}
        origins = [OriginShape.of(origin) for origin in answer.origins]
        return cls(**plain, origins=origins, paths=[PathShape.of(p) for p in answer.paths])


class WayShape(BaseModel):
    """Shortest way along trades that may be seen."""

    model_config = ConfigDict(from_attributes=True)

    hops: Annotated[int | None, Field(description="Null where no way may be seen.")]
    parties: list[str]
    names: list[str]
    whole: Annotated[bool, Field(description="Whether all that may be seen was looked at.")]

    @classmethod
    def of(cls, way: Way) -> "WayShape":
        """Shape a way."""
        return cls.model_validate(way)


class TierShape(BaseModel):
    """How far up and down the chain a partner stands, seen from here."""

    model_config = example(
        party=BUYER,
        seen_from=SUPPLIER,
        date="2026-10-31",
        upstream={"hops": None, "parties": [], "names": [], "whole": True},
        downstream={
            "hops": 1,
            "parties": [SUPPLIER, BUYER],
            "names": ["广州云埔示例有限公司", "广州云埔样品有限公司"],
            "whole": True,
        },
        run_id="0f…",
    )

    party: str
    seen_from: str
    date: Day
    upstream: Annotated[WayShape, Field(description="I buy from … who buys from it.")]
    downstream: Annotated[WayShape, Field(description="I sell to … who sells to it.")]
    run_id: str

    @classmethod
    def of(cls, tier: Tier) -> "TierShape":
        """Shape a tier."""
        plain = {k: v for k, v in vars(tier).items() if k not in ("upstream", "downstream")}
        ways = {"upstream": WayShape.of(tier.upstream), "downstream": WayShape.of(tier.downstream)}
        return cls(**plain, **ways)
