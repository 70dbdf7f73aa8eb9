"""The official's pages."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.audit import now
from api.http.documented import REFUSALS
from api.http.exports import FILES, Filed, download
from api.http.shapes_overview import (
    EcosystemShape,
    FreshnessShape,
    LevelsShape,
    OriginsShape,
    QualityShape,
)
from api.http.state import workspace_of
from api.http.today import Today
from api.http.viewer import viewer_of
from api.services import departments, district_origins, ecosystem, levels
from api.services.exporting import Format
from api.services.overview_tables import (
    ecosystem_table,
    freshness_table,
    levels_table,
    origins_table,
    quality_table,
)
from api.services.workspace import Workspace
from policy.visibility import Viewer

router = APIRouter(prefix="/api/v1/overview", tags=["overview"], responses=REFUSALS)

ViewerOf = Annotated[Viewer, Depends(viewer_of)]
WorkspaceOf = Annotated[Workspace, Depends(workspace_of)]
DayQuery = Annotated[
    date | None, Query(alias="date", description="Day of the assessment; default the latest.")
]


@router.get(
    "/ecosystem",
    summary="Eight links times three chains",
    response_model=EcosystemShape,
    responses={200: FILES},
)
def ecosystem_(
    viewer: ViewerOf, workspace: WorkspaceOf, today: Today, kind: Filed, day: DayQuery = None
) -> EcosystemShape | Response:
    """Counts, amounts and gaps; small cells are hidden."""
    action = _as("ecosystem of the district", kind)
    found = ecosystem.ecosystem(workspace, viewer, day, today, action=action)
    if kind is None:
        return EcosystemShape.model_validate(found)
    return download(ecosystem_table(found, viewer, now()), kind)


@router.get(
    "/levels",
    summary="Warning levels by street and by section",
    response_model=LevelsShape,
    responses={200: FILES},
)
def levels_(
    viewer: ViewerOf, workspace: WorkspaceOf, today: Today, kind: Filed, day: DayQuery = None
) -> LevelsShape | Response:
    """Two tables that are never crossed; small rows are hidden, and what would tell them."""
    action = _as("levels of the district", kind)
    found = levels.levels(workspace, viewer, day, today, action=action)
    if kind is None:
        return LevelsShape.model_validate(found)
    return download(levels_table(found, viewer, now()), kind)


@router.get(
    "/origins",
    summary="Who puts most on others",
    response_model=OriginsShape,
    responses={200: FILES},
)
def origins(
    viewer: ViewerOf, workspace: WorkspaceOf, today: Today, kind: Filed, day: DayQuery = None
) -> OriginsShape | Response:
    """Named for supervision, and each named party is written down; else without names."""
    action = _as(district_origins.ACTION, kind)
    found = district_origins.district_origins(workspace, viewer, day, today, action=action)
    if kind is None:
        return OriginsShape.model_validate(found)
    return download(origins_table(found, viewer, now()), kind)


@router.get(
    "/quality",
    summary="Data quality of the departments",
    response_model=QualityShape,
    responses={200: FILES},
)
def quality(
    viewer: ViewerOf, workspace: WorkspaceOf, today: Today, kind: Filed
) -> QualityShape | Response:
    """Wrong and duplicate codes against the target, and punctuality of double publicity."""
    action = _as("data quality of the district", kind)
    found = departments.departments(workspace, viewer, today, action=action)
    if kind is None:
        return QualityShape.model_validate(found)
    return download(quality_table(found, viewer, today, now()), kind)


@router.get(
    "/freshness",
    summary="How old the data of each source is",
    response_model=FreshnessShape,
    responses={200: FILES},
)
def freshness(
    viewer: ViewerOf, workspace: WorkspaceOf, today: Today, kind: Filed
) -> FreshnessShape | Response:
    """Day of the newest extract of every source."""
    action = _as("freshness of the district", kind)
    found = departments.freshness(workspace, viewer, today, action=action)
    if kind is None:
        return FreshnessShape.model_validate(found)
    return download(freshness_table(found, viewer, now()), kind)


def _as(action: str, kind: Format | None) -> str:
    """What the audit journal calls it: taking a file out is more than a look."""
    return action if kind is None else f"{action} as {kind}"
