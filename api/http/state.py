"""What an application holds while it runs: the open workspace, or why there is none."""

from fastapi import FastAPI, Request

from api.services.workspace import Workspace
from graph_model.errors import AllianceError


def set_workspace(app: FastAPI, opened: Workspace | AllianceError) -> None:
    """Keep the workspace, or the error that stands in its way."""
    app.state.workspace = opened


def workspace_of(request: Request) -> Workspace:
    """Return the open workspace; raises the error that prevented it."""
    return held_by(request.app)


def held_by(app: FastAPI) -> Workspace:
    """Return the open workspace of an application; raises as `workspace_of`."""
    held = app.state.workspace
    if isinstance(held, AllianceError):
        raise held
    if not isinstance(held, Workspace):
        raise RuntimeError("the application was not started through its lifespan")
    return held
