"""Shapes of the official's pages: ecosystem, levels, origins, data quality, freshness."""

from datetime import date as date_type
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class _Plain(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CellShape(_Plain):
    """One link of one chain; numbers are null where they are hidden or there is no source."""

    link: str
    link_zh: str
    link_en: str
    chain: str
    chain_zh: str
    chain_en: str
    kind: Annotated[str, Field(description="Kind of statement counted; empty without a source.")]
    state: Annotated[str, Field(description="shown, hidden, gap or no source.")]
    statements: int | None
    enterprises: int | None
    amount_fen: int | None
    told_zh: str
    told_en: str


class EcosystemShape(_Plain):
    """Eight links times three chains."""

    date: date_type
    load: int
    run_id: str
    pack: str
    rule: str
    cells: list[CellShape]
    gaps: int
    without_source: int


class LevelRowShape(_Plain):
    """One street or section; counts are null where they are hidden."""

    key: str
    zh: str
    en: str
    counts: list[int] | None
    enterprises: int | None


class LevelTableShape(_Plain):
    """Counts by row and level; the total is over all rows, hidden ones too."""

    name: str
    rows: list[LevelRowShape]
    total: list[int] | None
    hidden_rows: int


class LevelsShape(_Plain):
    """Two tables over the same enterprises, never crossed."""

    date: date_type
    run_id: str
    pack: str
    rule: str
    suppression: str
    levels: Annotated[list[str], Field(description="Columns of both tables.")]
    by_street: LevelTableShape
    by_section: LevelTableShape


class OriginShape(_Plain):
    """A party whose fall puts much on others; named for supervision only."""

    rank: int
    party: str | None
    name: str | None
    section: str | None
    street: str | None
    share: Annotated[float, Field(description="Of all parts in figures of others.")]
    falls_of_others: Annotated[float | None, Field(description="Null while uncalibrated.")]
    hit: Annotated[int | None, Field(description="Null without a name, or below 5.")]
    loss_band: str | None


class OriginsShape(_Plain):
    """Those that put most on others."""

    date: date_type
    run_id: str
    scenarios: int
    median_relative_error: float
    rule: str
    withheld: str
    origins: list[OriginShape]
    share_of_all: float


class DepartmentShape(_Plain):
    """Codes of one source."""

    source: str
    name: str
    type: str
    read: int
    accepted: int
    warned: int
    quarantined: int
    refused: int
    waiting: int
    wrong_codes: int
    duplicate_codes: int
    error_rate: float | None
    within: bool | None


class PublicityShape(_Plain):
    """Punctuality of one authority; in_time + late + untold = decisions."""

    authority: str
    term_days: int
    clause: str
    decisions: int
    in_time: int
    late: int
    untold: int
    most_days: int | None


class QualityShape(_Plain):
    """Data quality of the departments."""

    load: int
    pack: str
    rule: str
    target: float
    target_clause: str
    departments: list[DepartmentShape]
    publicity: list[PublicityShape]


class SourceFreshnessShape(_Plain):
    """How old the data of one source is."""

    source: str
    name: str
    type: str
    as_of: date_type
    age_days: int
    last_load: int
    loaded_at: str


class FreshnessShape(_Plain):
    """Freshness of every source, the oldest first."""

    today: date_type
    load: int
    rule: str
    sources: list[SourceFreshnessShape]
