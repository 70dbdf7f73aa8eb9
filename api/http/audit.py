"""Who looked at the viewer's organisation, and why."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.http.documented import REFUSALS
from api.http.paging import Page, Paged
from api.http.state import workspace_of
from api.http.today import Today
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


@router.get("/mine", summary="Who looked at my organisation, and why", responses=REFUSALS)
def mine(
    viewer: Annotated[Viewer, Depends(viewer_of)],
    workspace: Annotated[Workspace, Depends(workspace_of)],
    today: Today,
    page: Paged,
    own: Annotated[bool, Query(description="Also its looks at itself.")] = False,
) -> Page[LookShape]:
    """The latest first, refused looks too; free and as often as one likes (Order 204 Art. 15)."""
    found = who_looked(workspace, viewer, today, own=own)
    return page.of(found, lambda look: (-look.seq,), LookShape.of)
