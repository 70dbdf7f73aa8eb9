"""Shapes of a lender's loan book: upload, borrowers, concentration, limits."""

from datetime import date as date_type
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.http.shapes import ReasonShape
from api.services.exposure import Exposure
from api.services.loan_book import Judged, MatchedBook, Upload


class _Plain(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class MatchReasonShape(_Plain):
    """One reason for a match, or for there being none."""

    code: str
    zh: str
    en: str


class CandidateShape(_Plain):
    """A party that may be meant; never taken without a person."""

    party: str
    name: str
    score: float
    reasons: list[MatchReasonShape]


class LineShape(BaseModel):
    """One line of the book, and who is meant by it."""

    line: Annotated[int, Field(description="Line of the file, or row of the sheet.")]
    loan_no: str
    stated_code: str
    stated_name: str
    balance_fen: int
    warnings: list[str]
    party: Annotated[str | None, Field(description="Null where nobody is taken.")]
    name: str
    score: float
    reasons: list[MatchReasonShape]
    candidates: list[CandidateShape]

    @classmethod
    def of(cls, judged: Judged) -> "LineShape":
        """Shape one line."""
        line, found = judged.line, judged.match
        return cls(
            line=line.line,
            loan_no=line.loan_no,
            stated_code=line.code,
            stated_name=line.name,
            balance_fen=line.balance_fen,
            warnings=list(line.warnings),
            party=found.party,
            name=found.name,
            score=found.score,
            reasons=[MatchReasonShape.model_validate(reason) for reason in found.reasons],
            candidates=[CandidateShape.model_validate(one) for one in found.candidates],
        )


class AsideShape(_Plain):
    """A row kept aside, with its rule and way out."""

    line: int
    column: str
    value: str
    rule: str
    way_out: str
    row: Annotated[dict[str, str], Field(description="Empty where the law lets nothing be kept.")]


class BookShape(BaseModel):
    """A book: read = matched + unmatched + aside."""

    sha256: str
    read: int
    matched: list[LineShape]
    unmatched: list[LineShape]
    aside: list[AsideShape]

    @classmethod
    def of(cls, book: MatchedBook) -> "BookShape":
        """Shape a book."""
        return cls(
            sha256=book.sha256,
            read=book.read,
            matched=[LineShape.of(one) for one in book.matched],
            unmatched=[LineShape.of(one) for one in book.unmatched],
            aside=[AsideShape.model_validate(row) for row in book.aside],
        )


class UploadShape(BaseModel):
    """An upload as kept, for its lender alone."""

    number: int
    lender: str
    at: str
    file_name: str
    capital_fen: int | None
    book: BookShape

    @classmethod
    def of(cls, upload: Upload) -> "UploadShape":
        """Shape an upload."""
        plain = {k: v for k, v in vars(upload).items() if k not in ("book", "key", "load")}
        return cls(**plain, book=BookShape.of(upload.book))


class LabelShape(_Plain):
    """A band or flag of a borrower."""

    code: str
    zh: str
    en: str


class ThroughShape(_Plain):
    """A party whose fall hits the balances; amounts of several overlap and are not added up."""

    party: str
    name: str
    amount_fen: int


class ReasonOfShape(ReasonShape):
    """A reason behind a borrower's figure."""

    model_config = ConfigDict(from_attributes=True)


class BorrowerShape(_Plain):
    """One borrower: the lender's own loan, and its figure where the borrower consented."""

    party: str
    name: str
    loans: list[str]
    balance_fen: int
    collateral_fen: int
    match_score: float
    match_reasons: list[MatchReasonShape]
    consent: bool
    rule: str
    level: str | None
    rank: int | None
    ranked: int | None
    ratio: float | None
    probability: float | None
    standard_error: float | None
    withheld: str
    event_on: date_type | None
    labels: list[LabelShape]
    reasons: list[ReasonOfShape]
    one_hop_fen: Annotated[
        int | None, Field(description="Part of the balance that falls of partners threaten.")
    ]
    through_fen: Annotated[
        int | None, Field(description="What its own fall does to the lender's other borrowers.")
    ]
    hit_by: list[ThroughShape]


class ExposureShape(_Plain):
    """The whole book and one page of borrowers."""

    lender: str
    upload: int
    uploaded_at: str
    date: date_type
    run_id: str
    network_id: str
    scenarios: int
    borrowers_in_all: int
    matched: int
    unmatched: int
    aside: int
    direct_fen: int
    unmatched_fen: int
    looked_through_fen: Annotated[
        int, Field(description="Balances of borrowers that consented: union_fen is part of them.")
    ]
    union_fen: Annotated[
        int, Field(description="What one hop threatens of them, each yuan counted once.")
    ]
    without_consent: int
    ratio: Annotated[
        float | None, Field(description="Expected loss with contagion over that without.")
    ]
    expected_loss_fen: Annotated[int | None, Field(description="Null while uncalibrated.")]
    expected_loss_alone_fen: int | None
    standard_error_fen: int | None
    withheld: str
    through: list[ThroughShape]
    through_undisclosed: bool
    offset: Annotated[int, Field(description="Place of the first borrower of this page.")]
    borrowers: list[BorrowerShape]
    next: Annotated[
        str | None, Field(description="Path and query of the next page; null on the last.")
    ]

    @classmethod
    def of(cls, answer: Exposure, following: str | None) -> "ExposureShape":
        """Shape one page."""
        return cls.model_validate(vars(answer) | {"next": following})


class GroupShareShape(_Plain):
    """One group of balances."""

    key: str
    amount_fen: int
    share: float
    borrowers: int


class ConcentrationShape(_Plain):
    """Shares by one grouping; those that overlap have no index."""

    groups: list[GroupShareShape]
    whole_fen: int
    herfindahl: float | None


class ConcentrationsShape(_Plain):
    """Where balances gather."""

    lender: str
    upload: int
    date: date_type
    run_id: str
    direct_fen: int
    by_chain: ConcentrationShape
    by_sector: ConcentrationShape
    by_guarantor: ConcentrationShape
    by_carrier: ConcentrationShape
    names: Annotated[dict[str, str], Field(description="Names of the keys.")]


class LimitShape(_Plain):
    """One limit with its clause; status says whether a rule states it or it is assumed."""

    limit: str
    zh: str
    en: str
    share: float
    status: str
    clause: str
    read_as: str


class HeldShape(_Plain):
    """A balance held against a limit."""

    limit: LimitShape
    balance_fen: int
    share: float | None
    verdict: str


class HeldGroupShape(_Plain):
    """Borrowers held together against a limit."""

    parties: list[tuple[str, str]]
    heads: list[str]
    shape: str
    held: HeldShape


class LimitsShape(_Plain):
    """Single names, groups of one control and guarantee circles against the lender's capital."""

    lender: str
    upload: int
    date: date_type
    run_id: str
    pack: str
    capital_fen: int | None
    capital_source: str
    singles: list[HeldGroupShape]
    groups: list[HeldGroupShape]
    circles: list[HeldGroupShape]
