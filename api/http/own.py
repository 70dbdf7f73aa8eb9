"""One's own file: what is stated about the viewer's organisation, and what others see of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.audit import now
from api.http.documented import REFUSALS
from api.http.exports import FILES, Filed, download, exporter_of
from api.http.own_shapes import SeenShape, StatementShape
from api.http.paging import Page, Paged
from api.http.state import workspace_of
from api.http.today import Today
from api.http.viewer import viewer_of
from api.services.exporting import Table
from api.services.own_file import Statement, own_file
from api.services.seen_by_others import visible_to_others
from api.services.workspace import Workspace
from policy.visibility import Viewer

router = APIRouter(prefix="/api/v1/own", tags=["own file"], responses=REFUSALS)

STATED = (
    *("statement", "类别", "stated by", "stated", "from", "until"),
    *("known since", "evidence", "standing", "clause"),
)
"""Columns of one's own file as a table."""

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
    rows = [
        (
            *(one.id, one.kind_zh, one.stated_by, _words(one), one.held_from, one.held_to),
            *(one.known_since, one.evidence, one.standing, one.clause),
        )
        for one in found
    ]
    filters = {"party": viewer.organisation, "kind": statements or "all"}
    about = (today, exporter_of(viewer), now())
    return download(Table("own-file", STATED, rows, filters, *about), kind)


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
    columns = ("who", "role", "purpose", "class", "类别", "sight", "rule")
    rows = [(s.who, s.role, s.purpose, s.en, s.zh, s.sight, s.rule) for s in found]
    filters = {"party": viewer.organisation}
    about = (today, exporter_of(viewer), now())
    return download(Table("visible-to-others", columns, rows, filters, *about), kind)


def _words(stated: Statement) -> str:
    """Facts in one line; money in yuan."""
    return "；".join(
        f"{fact.zh} {fact.value / 100:.2f} 元"
        if fact.unit == "fen" and isinstance(fact.value, int)
        else f"{fact.zh} {fact.value}"
        for fact in stated.facts
    )
