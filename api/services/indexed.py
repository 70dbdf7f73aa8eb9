"""What is made of statements once for each load and day, and kept: consents, members, persons."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from api.services.workspace import Workspace
from graph_model.snapshot import Snapshot

Made = TypeVar("Made")


def indexed(
    workspace: Workspace, name: str, today: date, make: Callable[[Workspace, date], Made]
) -> Made:
    """Return what `make` gives for the last load and this day, made once.

    Whatever is stated later is another load, so what was kept before it is not asked again.
    """
    at = (workspace.store.head(), today)
    held: tuple[tuple[int, date], Made] | None = workspace.indexed.get(name)
    if held is None or held[0] != at:
        held = (at, make(workspace, today))
        workspace.indexed[name] = held
    return held[1]


def members(workspace: Workspace, today: date) -> frozenset[str]:
    """Parties that are members of an alliance today; observers are none."""
    return indexed(workspace, "members", today, _members)


def persons(workspace: Workspace, today: date) -> frozenset[str]:
    """Parties that some register calls a kind that counts as a person: sole traders."""
    return indexed(workspace, "persons", today, _persons)


def _members(workspace: Workspace, today: date) -> frozenset[str]:
    pairs = _pairs(workspace, today, "membership", "role")
    return frozenset(party for party, role in pairs if role != "observer")


def _persons(workspace: Workspace, today: date) -> frozenset[str]:
    kinds = workspace.dictionary.codes("party_kind")
    personal = {code for code, row in kinds.items() if row.more.get("personal") == "yes"}
    pairs = _pairs(workspace, today, "party", "kind")
    return frozenset(party for party, kind in pairs if kind in personal)


def _pairs(workspace: Workspace, today: date, kind: str, field: str) -> list[tuple[str, str]]:
    snapshot = Snapshot(today, workspace.store.head())
    table = workspace.store.table(kind, snapshot, ("party", field))
    return list(zip(table["party"].to_pylist(), table[field].to_pylist(), strict=True))
