"""The official's pages."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.http.documented import REFUSALS
from api.http.shapes_overview import (
    EcosystemShape,
    FreshnessShape,
    LevelsShape,
    OriginsShape,
    QualityShape,
)
from api.http.state import workspace_of
from api.http.viewer import viewer_of
from api.services import departments, district_origins, ecosystem, levels
from api.services.workspace import Workspace
from policy.visibility import Viewer

router = APIRouter(prefix="/api/v1/overview", tags=["overview"])

ViewerOf = Annotated[Viewer, Depends(viewer_of)]
WorkspaceOf = Annotated[Workspace, Depends(workspace_of)]
DayQuery = Annotated[
    date | None, Query(alias="date", description="Day of the assessment; default the latest.")
]


@router.get("/ecosystem", summary="Eight links times three chains", responses=REFUSALS)
def ecosystem_(viewer: ViewerOf, workspace: WorkspaceOf, day: DayQuery = None) -> EcosystemShape:
    """Counts, amounts and gaps; small cells are hidden."""
    found = ecosystem.ecosystem(workspace, viewer, day, _today())
    return EcosystemShape.model_validate(found)


@router.get("/levels", summary="Warning levels by street and by section", responses=REFUSALS)
def levels_(viewer: ViewerOf, workspace: WorkspaceOf, day: DayQuery = None) -> LevelsShape:
    """Two tables that are never crossed; small rows are hidden, and what would tell them."""
    return LevelsShape.model_validate(levels.levels(workspace, viewer, day, _today()))


@router.get("/origins", summary="Who puts most on others", responses=REFUSALS)
def origins(viewer: ViewerOf, workspace: WorkspaceOf, day: DayQuery = None) -> OriginsShape:
    """Named for supervision, and each named party is written down; else without names."""
    found = district_origins.district_origins(workspace, viewer, day, _today())
    return OriginsShape.model_validate(found)


@router.get("/quality", summary="Data quality of the departments", responses=REFUSALS)
def quality(viewer: ViewerOf, workspace: WorkspaceOf) -> QualityShape:
    """Wrong and duplicate codes against the target, and punctuality of double publicity."""
    return QualityShape.model_validate(departments.departments(workspace, viewer, _today()))


@router.get("/freshness", summary="How old the data of each source is", responses=REFUSALS)
def freshness(viewer: ViewerOf, workspace: WorkspaceOf) -> FreshnessShape:
    """Day of the newest extract of every source."""
    return FreshnessShape.model_validate(departments.freshness(workspace, viewer, _today()))


def _today() -> date:
    return date.today()  # noqa: DTZ011 (rules are dated by the calendar of the place)
