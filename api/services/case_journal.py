"""The journal of cases: every step of every case, in order."""

from collections.abc import Iterator

from api.services.workspace import Workspace
from policy.cases import CaseEvent

STREAM = "cases"


def events(workspace: Workspace, upto: int | None = None) -> Iterator[CaseEvent]:
    """All steps, or those of the first lines of the journal."""
    for line in workspace.store.journal(STREAM):
        if upto is not None and line["seq"] > upto:
            return
        yield CaseEvent.of(line)
