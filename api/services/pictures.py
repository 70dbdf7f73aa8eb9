"""The picture of one day: assembled once, saved, memory-mapped by everybody after."""

import hashlib
from datetime import date
from functools import cache
from pathlib import Path

import graph_model
import policy.lender_view
import policy.standing
from api.services.workspace import Workspace
from graph_model.assemble import assemble, columns_needed, kinds_needed
from graph_model.errors import BadInput
from graph_model.network import CreditNetwork
from graph_model.network_files import load, save
from graph_model.snapshot import Snapshot
from policy.lender_view import without_other_lenders
from policy.standing import standing


def picture(
    workspace: Workspace, day: date, tx: int | None = None, *, lender: str | None = None
) -> CreditNetwork:
    """Picture of a day, as known after a load (the last one by default).

    With `lender` it is that lender's own: without loans of other lenders.

    Raises
    ------
    BadInput
        When the store holds nothing, or has no such load.
    """
    store = workspace.store
    head = store.head()
    known = head if tx is None else tx
    if not head:
        raise BadInput(
            workspace.settings.store_address,
            "nothing has been loaded yet",
            "Load source files first: `alliance ingest DIR`.",
        )
    if not 1 <= known <= head:
        raise BadInput(f"load {known}", f"the last load is {head}", f"Name one of 1..{head}.")
    whose = (
        "" if lender is None else f"-{hashlib.blake2b(lender.encode(), digest_size=8).hexdigest()}"
    )
    index = workspace.pictures / f"{day}-tx{known}-{made_with()}{whose}.txt"
    if index.is_file():
        return load(workspace.pictures / index.read_text(encoding="utf-8"))
    made = _assemble(workspace, Snapshot(day, known), lender)
    folder = workspace.pictures / made.network_id
    if not folder.is_dir():
        save(made, folder)
    fresh = index.with_suffix(".part")
    fresh.write_text(made.network_id, encoding="utf-8")
    fresh.replace(index)
    return load(folder)


@cache
def made_with() -> str:
    """Digest of what makes a picture: code and tables of `graph_model`, and standing."""
    digest = hashlib.blake2b(digest_size=8)
    root = Path(graph_model.__file__).parent
    sources = [p for p in root.rglob("*") if p.suffix in (".py", ".csv")]
    rules = (policy.standing, policy.lender_view)
    for path in [*sorted(sources), *(Path(str(rule.__file__)) for rule in rules)]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _assemble(workspace: Workspace, snapshot: Snapshot, lender: str | None) -> CreditNetwork:
    dictionary, store = workspace.dictionary, workspace.store
    sources = {
        loaded.source.id: loaded.source
        for loaded in store.loads()
        if loaded.state == "published" and loaded.number <= snapshot.tx
    }
    tables = {
        kind: store.table(kind, snapshot, columns_needed(dictionary, kind))
        for kind in kinds_needed(dictionary)
    }
    allowed = {source.id: source.association_allowed for source in sources.values()}
    counting = standing(tables, allowed, snapshot.date)
    if lender is not None:
        types = {source.id: source.type for source in sources.values()}
        counting = without_other_lenders(counting, tables, types, lender)
    return assemble(
        dictionary,
        tables,
        counting,
        {source.id: source.rank for source in sources.values()},
        snapshot.date,
        {"tx": snapshot.tx, "sources": sorted(sources)},
    )
