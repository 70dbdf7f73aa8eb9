"""What an application holds while it runs: the open workspace, or why there is none."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from fastapi import FastAPI, Request

from api.services.workspace import Workspace, open_workspace
from api.settings import Settings
from graph_model.errors import StoreError

AGAIN_SECONDS = 2.0
"""A store that could not be opened is tried again by whoever asks, but not more often."""


class OpenWhenThere:
    """The workspace of an application, opened when the store can be.

    Parameters
    ----------
    settings : Settings
        Which store.
    companions : callables
        What works beside the open workspace, from its opening until it is closed.
    """

    def __init__(
        self, settings: Settings, *companions: Callable[[Workspace], AbstractContextManager[object]]
    ) -> None:
        self._settings = settings
        self._companions = companions
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._workspace: Workspace | None = None
        self._error: StoreError | None = None
        self._tried_at = 0.0

    def workspace(self) -> Workspace:
        """Return the workspace; raises the StoreError that stands in its way."""
        with self._lock:
            if self._workspace is not None:
                return self._workspace
            if self._error is not None and time.monotonic() - self._tried_at < AGAIN_SECONDS:
                raise self._error
            try:
                opened = self._open.enter_context(open_workspace(self._settings))
            except StoreError as error:
                self._error = error
                self._tried_at = time.monotonic()
                raise
            for companion in self._companions:
                self._open.enter_context(companion(opened))
            self._workspace = opened
            return opened

    def close(self) -> None:
        """Close the store."""
        self._open.close()


def keep(app: FastAPI, held: OpenWhenThere) -> None:
    """Let an application answer from this workspace."""
    app.state.workspace = held


def workspace_of(request: Request) -> Workspace:
    """Return the open workspace; raises the error that prevented it."""
    return held_by(request.app)


def held_by(app: FastAPI) -> Workspace:
    """Return the open workspace of an application; raises as `workspace_of`."""
    held = app.state.workspace
    if not isinstance(held, OpenWhenThere):
        raise RuntimeError("the application was not started through its lifespan")
    return held.workspace()
