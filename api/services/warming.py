"""What every question needs of the published run, made before the first one asks."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from api.services.consent_index import consent_index
from api.services.former_names import former_names
from api.services.links import columns_of
from api.services.recorded_runs import recorded
from api.services.runs import published, published_id
from api.services.search import index_of
from api.services.workspace import Workspace
from api.today import today
from graph_model.errors import AllianceError, NotFound

LOG = logging.getLogger("alliance.warming")
LOOK_SECONDS = 2.0
CLOSE_SECONDS = 5.0


def warm(workspace: Workspace) -> None:
    """Load the published run, and make of it what answers need."""
    assessment = published(workspace)
    consent_index(workspace, today())
    columns_of(workspace, assessment)
    former_names(workspace, assessment)
    index_of(workspace, assessment)
    recorded(assessment)


@contextmanager
def kept_warm(workspace: Workspace) -> Iterator[None]:
    """Warm up now and after each publication, beside whatever is done inside."""
    stop = Event()
    thread = Thread(target=_watch, args=(workspace, stop), name="warming", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(CLOSE_SECONDS)


def _watch(workspace: Workspace, stop: Event) -> None:
    warmed = ""
    while not stop.is_set():
        try:
            newest = published_id(workspace)
            if newest != warmed:
                warm(workspace)
                warmed = newest
        except NotFound:
            pass  # nothing is published yet
        except AllianceError as error:
            LOG.warning("not warmed up: %s", error)
        stop.wait(LOOK_SECONDS)
