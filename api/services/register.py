"""Names and codes of the register to match against, made once for each load of the store."""

from datetime import date

from api.services.workspace import Workspace
from graph_model.snapshot import OPEN_TX, Interval
from ingest.matching import NamedParty, Register


def register(workspace: Workspace, today: date) -> Register:
    """All parties by code and by the names they have or had, as last loaded.

    Of several sources that name a party the one of the smallest rank counts; sources that do not
    let their data be joined are left out.
    """
    at = (workspace.store.head(), today)
    held: tuple[tuple[int, date], Register] | None = workspace.indexed.get("register")
    if held is None or held[0] != at:
        held = (at, Register.of(_named(workspace, today)))
        workspace.indexed["register"] = held
    return held[1]


def _named(workspace: Workspace, today: date) -> list[NamedParty]:
    sources = {
        load.source.id: load.source for load in workspace.store.loads() if load.state == "published"
    }
    kind = workspace.dictionary.kind("party")
    name_at, former_at, kind_at = map(kind.field_names.index, ("name", "former_names", "kind"))
    kinds = workspace.dictionary.codes("party_kind")
    persons = {code for code, row in kinds.items() if row.more.get("personal") == "yes"}
    counting: dict[str, tuple[int, str]] = {}
    rows = [
        row
        for row in workspace.store.rows("party")
        if row.tx_to == OPEN_TX and sources[row.source].association_allowed
    ]
    for row in rows:
        rank = (sources[row.source].rank, row.source)
        counting[row.key] = min(counting.get(row.key, rank), rank)
    found: list[NamedParty] = []
    for row in rows:
        if counting[row.key][1] != row.source:
            continue
        current = Interval(row.valid_from, row.valid_to).holds_on(today.isoformat())
        named = str(row.values[name_at] or "")
        since, until = ("", "") if current else (row.valid_from, row.valid_to)
        person = row.values[kind_at] in persons
        found.append(NamedParty(row.key, named, current, since, until, person))
        former = str(row.values[former_at] or "")
        found += [
            NamedParty(row.key, name, current=False, person=person)
            for name in former.split("；")
            if name.strip()
        ]
    return found
