"""Whether questions can be answered: an open store and a published assessment."""

from dataclasses import dataclass

from api.services.runs import published
from api.services.workspace import Workspace
from graph_model.errors import NotFound, NotReady


@dataclass(frozen=True)
class Readiness:
    """What answers stand on."""

    load: int
    date: str
    run_id: str


def readiness(workspace: Workspace) -> Readiness:
    """Return what answers stand on.

    Raises
    ------
    NotReady
        When no assessment is published.
    StoreError
        When the store or the run's files cannot be read.
    """
    try:
        made = published(workspace)
    except NotFound as error:
        raise NotReady(error.value, error.rule, error.way_out) from error
    head = workspace.store.head()
    return Readiness(head, made.network.valid_date.isoformat(), made.run_id)
