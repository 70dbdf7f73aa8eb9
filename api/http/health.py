"""Whether the process is alive, and whether it can answer."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.http.shapes import Alive, Problem, Ready
from api.http.state import workspace_of
from api.services import readiness
from api.services.workspace import Workspace

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process is alive")
def healthz() -> Alive:
    """Answer as long as the process runs."""
    return Alive(status="alive")


@router.get("/readyz", summary="Questions can be answered", responses={503: {"model": Problem}})
def readyz(workspace: Annotated[Workspace, Depends(workspace_of)]) -> Ready:
    """Answer when the store is open and an assessment is published; otherwise 503 says why."""
    found = readiness.readiness(workspace)
    return Ready(status="ready", load=found.load, date=found.date, run_id=found.run_id)
