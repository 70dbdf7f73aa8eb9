"""Who looked at the viewer's organisation, and why."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.http.documented import REFUSALS
from api.http.state import workspace_of
from api.http.viewer import viewer_of
from api.services.auditing import Look, who_looked
from api.services.workspace import Workspace
from policy.visibility import Viewer

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])


EXAMPLE: dict[str, Any] = {
    "seq": 17,
    "at": "2026-11-24T08:00:00+00:00",
    "who": "uscc:91440112XXXX000474",
    "name": "甲银行",
    "role": "financier",
    "purpose": "post_loan",
    "purpose_zh": "贷后管理",
    "action": "partner risk",
    "allowed": True,
    "sight": "amount",
    "rule": "consent C-1 of the subject (征信业管理条例 Art. 29)",
    "shown": "0f…",
}


class LookShape(BaseModel):
    """One look at the viewer's organisation."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    seq: Annotated[int, Field(description="Line of the audit journal.")]
    at: Annotated[str, Field(description="Wall time, UTC.")]
    who: Annotated[str, Field(description="Organisation that looked, by party id.")]
    name: Annotated[str, Field(description="Its name, where the published picture knows it.")]
    role: str
    purpose: str
    purpose_zh: str
    action: Annotated[str, Field(description="Which answer it asked for.")]
    allowed: bool
    sight: Annotated[str, Field(description="How much it was shown: hidden, exists, band, amount")]
    rule: str
    shown: Annotated[str, Field(description="Run or case the answer came from.")]

    @classmethod
    def of(cls, look: Look) -> "LookShape":
        """Shape a look."""
        return cls(**vars(look))


class LooksShape(BaseModel):
    """Looks, the latest first; `next` is the `before` of the page after this one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"looks": [EXAMPLE], "next": None}]})

    looks: list[LookShape]
    next: int | None


@router.get("/mine", summary="Who looked at my organisation, and why", responses=REFUSALS)
def mine(
    viewer: Annotated[Viewer, Depends(viewer_of)],
    workspace: Annotated[Workspace, Depends(workspace_of)],
    own: Annotated[bool, Query(description="Also its looks at itself.")] = False,
    before: Annotated[
        int | None, Query(ge=1, le=2**62, description="Only earlier lines than this.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> LooksShape:
    """Own lines only, refused looks too; free and as often as one likes (Order 204 Art. 15)."""
    today = date.today()  # noqa: DTZ011 (consents are dated by the calendar of the place)
    found = who_looked(workspace, viewer, today, own=own, before=before, limit=limit)
    last = found[-1].seq if len(found) == limit else None
    return LooksShape(looks=[LookShape.of(look) for look in found], next=last)
