"""Cases: objection and repair, opened by a side, moved on and decided at the desk."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.http.case_shapes import (
    CaseFiguresShape,
    CaseRequest,
    CaseShape,
    StepRequest,
)
from api.http.documented import REFUSALS
from api.http.paging import Page, Paged
from api.http.state import workspace_of
from api.http.today import Today
from api.http.viewer import viewer_of
from api.jobs.follow import follow_cases
from api.services import cases
from api.services.case_figures import case_figures
from api.services.workspace import Workspace
from policy.cases import Target
from policy.visibility import Viewer

router = APIRouter(prefix="/api/v1/cases", tags=["cases"])

Asking = Annotated[Viewer, Depends(viewer_of)]
Opened = Annotated[Workspace, Depends(workspace_of)]
CaseId = Annotated[str, Path(alias="id", max_length=128, description="Such as objection-17.")]


@router.post("", summary="Open a case", status_code=201, responses=REFUSALS)
def opened(viewer: Asking, workspace: Opened, today: Today, body: CaseRequest) -> CaseShape:
    """Object to a statement or a link, or ask for repair; an objection starts its clock."""
    target = Target(body.target.type, body.target.text)
    told = cases.open_case(workspace, viewer, body.kind, target, body.note, today, party=body.party)
    follow_cases(workspace, today)
    return CaseShape.of(told)


@router.get("", summary="Cases that concern the viewer; at the desk all", responses=REFUSALS)
def listed(viewer: Asking, workspace: Opened, today: Today, page: Paged) -> Page[CaseShape]:
    """Those with a running clock come first, the next to end before the others."""
    told = cases.listed(workspace, viewer, today)
    return page.of(told, cases.urgency, CaseShape.of)


@router.get("/{id}", summary="One case", responses=REFUSALS)
def shown(viewer: Asking, workspace: Opened, today: Today, case_id: CaseId) -> CaseShape:
    """Every step of it, and which may be taken now."""
    return CaseShape.of(cases.shown(workspace, viewer, case_id, today))


@router.post("/{id}/events", summary="Take the next step of a case", responses=REFUSALS)
def stepped(
    viewer: Asking, workspace: Opened, today: Today, case_id: CaseId, body: StepRequest
) -> CaseShape:
    """Mark, uphold, correct, reject, grant, refuse at the desk; withdraw by who opened it."""
    told = cases.act(workspace, viewer, case_id, body.action, body.note, today)
    follow_cases(workspace, today)
    return CaseShape.of(told)


@router.get("/{id}/figures", summary="Figures with and without it", responses=REFUSALS)
def figures(
    viewer: Asking,
    workspace: Opened,
    today: Today,
    case_id: CaseId,
    day: Annotated[
        date | None, Query(alias="date", description="Day of the assessment; default the latest.")
    ] = None,
) -> CaseFiguresShape:
    """For the desk: the published run beside the run that differs by this case alone."""
    return CaseFiguresShape.of(case_figures(workspace, viewer, case_id, day, today))
