"""Questions about a partner."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.http.documented import REFUSALS
from api.http.shapes import PartnerRiskShape
from api.http.state import workspace_of
from api.http.viewer import viewer_of
from api.services.partners import partner_risk
from api.services.workspace import Workspace
from policy.visibility import Viewer

router = APIRouter(prefix="/api/v1/partners", tags=["partners"])


@router.get("/{party}/risk", summary="Chain risk of a partner", responses=REFUSALS)
def risk(
    viewer: Annotated[Viewer, Depends(viewer_of)],
    workspace: Annotated[Workspace, Depends(workspace_of)],
    party: Annotated[
        str, Path(max_length=128, description="Party id or unified social credit code.")
    ],
    day: Annotated[
        date | None, Query(alias="date", description="Day of the assessment; default the latest.")
    ] = None,
) -> PartnerRiskShape:
    """Level, rank and parts that add up, as far as the viewer may see them."""
    today = date.today()  # noqa: DTZ011 (consents are dated by the calendar of the place)
    return PartnerRiskShape.of(partner_risk(workspace, viewer, party, day, today))
