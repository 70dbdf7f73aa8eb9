"""One's own file: what is stated about the viewer's organisation, and what others see of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.audit import now
from api.http.documented import REFUSALS
from api.http.exports import FILES, Filed, download
from api.http.own_shapes import SeenShape, StatementShape
from api.http.paging import Page, Paged
from api.http.state import workspace_of
from api.http.today import Today
from api.http.viewer import viewer_of
from api.services.own_file import own_file
from api.services.own_tables import own_table, seen_table
from api.services.seen_by_others import visible_to_others
from api.services.workspace import Workspace
from policy.visibility import Viewer

router = APIRouter(prefix="/api/v1/own", tags=["own file"], responses=REFUSALS)

Asking = Annotated[Viewer, Depends(viewer_of)]
Opened = Annotated[Workspace, Depends(workspace_of)]


@router.get(
    "",
    summary="Everything stated about my organisation",
    response_model=Page[StatementShape],
    responses={200: FILES},
)
def own(
    viewer: Asking,
    workspace: Opened,
    today: Today,
    page: Paged,
    kind: Filed,
    statements: Annotated[
        str | None,
        Query(alias="kind", max_length=40, description="Only statements of this kind."),
    ] = None,
) -> Page[StatementShape] | Response:
    """Every statement in force, with source, date and whether it counts; free and unlimited."""
    action = "own file" if kind is None else f"own file as {kind}"
    found = own_file(workspace, viewer, today, statements, action=action)
    if kind is None:
        return page.of(found, lambda one: one.place, StatementShape.of)
    return download(own_table(found, viewer, statements, today, now()), kind)


@router.get(
    "/visible-to-others",
    summary="What others could see of my organisation now",
    response_model=Page[SeenShape],
    responses={200: FILES},
)
def visible(
    viewer: Asking, workspace: Opened, today: Today, page: Paged, kind: Filed
) -> Page[SeenShape] | Response:
    """Say by role, purpose and class, and by each consent given, how much may be seen and why."""
    action = "own file: visible to others"
    action = action if kind is None else f"{action}, as {kind}"
    found = visible_to_others(workspace, viewer, today, action=action)
    if kind is None:
        return page.of(found, lambda one: one.key, SeenShape.of_seen)
    return download(seen_table(found, viewer, today, now()), kind)
