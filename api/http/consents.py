"""Consents: given, revoked and listed by the organisation that is signed in."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from api.http.documented import REFUSALS
from api.http.paging import Page, Paged
from api.http.state import workspace_of
from api.http.today import Today
from api.http.viewer import viewer_of
from api.services import consents
from api.services.consent_index import StatedConsent
from api.services.consents import AskedConsent, Paper
from api.services.workspace import Workspace
from graph_model.snapshot import OPEN_DATE
from policy.visibility import Viewer

router = APIRouter(prefix="/api/v1/consents", tags=["consents"])

Asking = Annotated[Viewer, Depends(viewer_of)]
Opened = Annotated[Workspace, Depends(workspace_of)]
Short = Annotated[str, Field(max_length=128)]


EXAMPLE: dict[str, Any] = {
    "number": "E-2026-0001",
    "grantor": "uscc:91440112XXXX000191",
    "grantee": "uscc:91440112XXXX000474",
    "purpose": "post_loan",
    "scopes": ["chain_risk", "trade"],
    "starts_on": "2026-11-24",
    "ends_on": "2027-12-31",
    "method": "electronic",
    "sources": ["alliance-consents"],
    "state": "in force",
}


class PaperShape(BaseModel):
    """A paper that an administrator enters for its grantor."""

    model_config = ConfigDict(extra="forbid")
    grantor: Annotated[Short, Field(description="Who signed it, by party id or code.")]
    evidence_sha256: Annotated[Short, Field(description="SHA-256 of the scan, hexadecimal.")]

    def paper(self) -> Paper:
        """Plain form for the service."""
        return Paper(self.grantor, self.evidence_sha256)


class ConsentRequest(BaseModel):
    """What may be seen, by whom, for what and how long."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "grantee": "uscc:91440112XXXX000474",
                    "purpose": "post_loan",
                    "scopes": ["chain_risk", "trade"],
                    "ends_on": "2027-12-31",
                }
            ]
        },
    )
    grantee: Annotated[Short, Field(description="Party id or code.")]
    purpose: Annotated[Short, Field(description="Code of a purpose that needs consent.")]
    scopes: Annotated[list[Short], Field(max_length=32, description="Scopes that may be seen.")]
    starts_on: Annotated[date | None, Field(description="First day; today by default.")] = None
    ends_on: Annotated[date | None, Field(description="First day no longer allowed.")] = None
    number: Annotated[Short, Field(description="Of a paper; a signed-in one gets its own.")] = ""
    paper: PaperShape | None = None


class RevocationRequest(BaseModel):
    """What of a consent is taken back."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"scopes": ["trade"]}]}
    )
    scopes: Annotated[
        list[Short], Field(max_length=32, description="Empty takes everything back.")
    ] = []
    paper: PaperShape | None = None


class ConsentShape(BaseModel):
    """One consent as its sources state it together."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    number: str
    grantor: str
    grantee: str
    purpose: str
    scopes: list[str]
    starts_on: date
    ends_on: Annotated[date | None, Field(description="First day no longer allowed.")]
    method: Annotated[str, Field(description="electronic (signed in) or paper.")]
    sources: list[str]
    state: Annotated[
        str,
        Field(description="in force, not yet, ended, withdrawn, disagreement or no scan."),
    ]

    @classmethod
    def of(cls, one: StatedConsent) -> "ConsentShape":
        """Shape one consent."""
        ends_on = None if one.ends_on == OPEN_DATE else date.fromisoformat(one.ends_on)
        plain = vars(one) | {"scopes": sorted(one.scopes), "ends_on": ends_on}
        return cls.model_validate(plain | {"sources": list(one.sources)})


class OwnConsentShape(ConsentShape):
    """One consent of the organisation that asks."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE | {"side": "given"}]})
    side: Annotated[Literal["given", "received"], Field(description="Which side the asker is.")]


@router.get("", summary="Consents given and received", responses=REFUSALS)
def listed(viewer: Asking, workspace: Opened, today: Today, page: Paged) -> Page[OwnConsentShape]:
    """All consents of the organisation that asks, with their state today; those given first."""
    found = consents.list_own(workspace, viewer, today)
    sides = [("given", one) for one in found.given] + [("received", one) for one in found.received]
    rows = sorted(sides, key=_place)
    return page.of(rows, _place, _own)


def _place(row: tuple[str, StatedConsent]) -> tuple[str, str, str]:
    side, one = row
    return side, one.grantor, one.number


def _own(row: tuple[str, StatedConsent]) -> OwnConsentShape:
    side, one = row
    return OwnConsentShape.model_validate(ConsentShape.of(one).model_dump() | {"side": side})


@router.post("", summary="Give a consent", status_code=201, responses=REFUSALS)
def give(viewer: Asking, workspace: Opened, today: Today, body: ConsentRequest) -> ConsentShape:
    """Let an organisation see something; counts from the next question on."""
    asked = AskedConsent(**body.model_dump(exclude={"paper"}))
    paper = body.paper.paper() if body.paper else None
    return ConsentShape.of(consents.give(workspace, viewer, asked, today, paper=paper))


@router.post("/{number}/revocation", summary="Revoke a consent", responses=REFUSALS)
def revoke(
    viewer: Asking,
    workspace: Opened,
    today: Today,
    number: Annotated[str, Path(max_length=128)],
    body: RevocationRequest,
) -> ConsentShape:
    """Take a consent back, or a part of it; counts from the next question on."""
    paper = body.paper.paper() if body.paper else None
    made = consents.revoke(workspace, viewer, number, today, scopes=body.scopes, paper=paper)
    return ConsentShape.of(made)
