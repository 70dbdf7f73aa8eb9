"""Former names of the parties of a picture, from the register rows that count in it."""

from collections.abc import Mapping

import numpy as np

from api.services.assessment import Assessment
from api.services.runs import of_run
from api.services.workspace import Workspace
from graph_model.snapshot import Snapshot

SEPARATOR = "；"
KIND = b"party:"


def former_names(workspace: Workspace, assessment: Assessment) -> Mapping[str, tuple[str, ...]]:
    """Former names by party id, of those that have any."""
    return of_run(workspace, assessment, "former names", _read)


def _read(workspace: Workspace, assessment: Assessment) -> Mapping[str, tuple[str, ...]]:
    network = assessment.network
    columns = ("source", "key", "party", "former_names")
    table = workspace.store.table(
        "party", Snapshot(network.valid_date, workspace.store.head()), columns
    )
    stated = zip(*(table[name].to_pylist() for name in columns), strict=True)
    rows = [row for row in stated if row[3]]
    counting = _counting(assessment) if rows else frozenset()
    found: dict[str, dict[str, None]] = {}
    for source, key, party, names in rows:
        if f"party:{source}:{key}" in counting:
            found.setdefault(party, {}).update(dict.fromkeys(filter(None, names.split(SEPARATOR))))
    return {party: tuple(names) for party, names in found.items()}


def _counting(assessment: Assessment) -> frozenset[str]:
    """Register rows behind the picture."""
    statements = assessment.network.statements
    blob, first = statements.blob, statements.offsets[:-1]
    mark = np.frombuffer(KIND, np.uint8)
    ours = np.diff(statements.offsets) > len(mark)
    at = first[ours]
    told = np.ones(len(at), np.bool_)
    for k, letter in enumerate(mark):
        told &= blob[at + k] == letter
    return frozenset(statements[k] for k in np.flatnonzero(ours)[told].tolist())
