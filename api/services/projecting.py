"""The graph that people look at in the database, refreshed with each published run."""

import numpy as np

from algorithms.explain import level_of
from api.services.assessment import Assessment
from api.services.workspace import Workspace
from graph_model.errors import StoreBusy, StoreError
from graph_model.network import MISSING
from graph_model.projection import Refreshed, ShowsGraph, projection_of

EVENT = "event"
LATER = "The run is published all the same; refresh the graph later: `alliance graph`."


def refresh_graph(workspace: Workspace, assessment: Assessment) -> Refreshed | None:
    """Show a published run in the graph; None where the store has none.

    Raises
    ------
    StoreError, StoreBusy
        When the server does not keep it; the run stays published.
    """
    store = workspace.store
    if not isinstance(store, ShowsGraph):
        return None
    projection = projection_of(assessment.network, graph_levels(assessment), assessment.run_id)
    try:
        return store.show(projection)
    except StoreBusy as error:
        raise StoreBusy(error.value, error.rule, LATER) from error
    except StoreError as error:
        raise StoreError(error.value, error.rule, f"{error.way_out} {LATER}") from error


def graph_levels(assessment: Assessment) -> list[str | None]:
    """Level of every party: Ⅳ Ⅲ Ⅱ Ⅰ, event, insufficient, or None below the least."""
    network, run = assessment.network, assessment.run
    fallen = network.columns["event_on"].astype(np.int64) != MISSING
    return [
        EVENT if event else level_of(probability, assessment.parameters.levels)
        for event, probability in zip(
            fallen.tolist(), run.probability[: len(network)].tolist(), strict=True
        )
    ]
