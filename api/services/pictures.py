"""The picture of one day: assembled once, saved, memory-mapped by everybody after.

It is known by the day, the last load, and the last step of a case that both dates see: what is
loaded or decided later changes nothing of it.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import graph_model
import policy.cases
import policy.lender_view
import policy.standing
from api.services.case_journal import events
from api.services.workspace import Workspace
from graph_model.assemble import assemble, columns_needed, kinds_needed
from graph_model.errors import BadInput
from graph_model.network import CreditNetwork
from graph_model.network_files import load, save
from graph_model.snapshot import Snapshot
from policy.cases import CaseEvent, folded, taken_out
from policy.lender_view import without_other_lenders
from policy.standing import TakenOut, standing


def picture(
    workspace: Workspace,
    day: date,
    tx: int | None = None,
    cases: int | None = None,
    *,
    lender: str | None = None,
) -> CreditNetwork:
    """Picture of a day, as known after a load and a step of a case (the last ones by default).

    Parameters
    ----------
    workspace : Workspace
    day : datetime.date
        Day of the world; steps that were taken later do not count.
    tx : int, optional
        Number of a load; steps that were taken after the next one do not count.
    cases : int, optional
        Line of the journal of cases.
    lender : str, optional
        Then that lender's own picture: without loans of other lenders.

    Raises
    ------
    BadInput
        When the store holds nothing, or has no such load.
    """
    snapshot = snapshot_of(workspace, day, tx)
    out, last = out_by_cases(workspace, snapshot, cases)
    whose = "" if lender is None else f"-{hashlib.blake2b(lender.encode()).hexdigest()[:16]}"
    known = f"{day}-tx{snapshot.tx}-cases{last}{whose}"
    index = workspace.pictures / f"{known}-{_store_mark(workspace)}-{made_with()}.json"
    if index.is_file():
        told = json.loads(index.read_text(encoding="utf-8"))
        return replace(load(workspace.pictures / told["network_id"]), manifest=told["manifest"])
    made = assembled(workspace, snapshot, out, last, lender=lender)
    folder = workspace.pictures / made.network_id
    if not folder.is_dir():
        save(made, folder)
    fresh = index.with_suffix(f".{os.getpid()}.part")
    told = {"network_id": made.network_id, "manifest": dict(made.manifest)}
    fresh.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    fresh.replace(index)
    return replace(load(folder), manifest=told["manifest"])


def snapshot_of(workspace: Workspace, day: date, tx: int | None = None) -> Snapshot:
    """Both dates of a picture; raises BadInput when the store has no such load."""
    head = workspace.store.head()
    known = head if tx is None else tx
    if not head:
        raise BadInput(
            workspace.settings.store_address,
            "nothing has been loaded yet",
            "Load source files first: `alliance ingest DIR`.",
        )
    if not 1 <= known <= head:
        raise BadInput(f"load {known}", f"the last load is {head}", f"Name one of 1..{head}.")
    return Snapshot(day, known)


def seen_steps(
    workspace: Workspace, snapshot: Snapshot, cases: int | None = None
) -> list[CaseEvent]:
    """Steps of cases that both dates see, in order."""
    return [e for e in events(workspace, cases) if snapshot.knows(e.day, e.tx)]


def out_by_cases(
    workspace: Workspace, snapshot: Snapshot, cases: int | None = None
) -> tuple[list[TakenOut], int]:
    """What cases take out as of both dates, for `policy.standing`, and the last step that is seen.

    Whoever asks for standing beside a picture asks this too.
    """
    seen = seen_steps(workspace, snapshot, cases)
    out = taken_out(folded(seen).values(), workspace.dictionary)
    return out, seen[-1].seq if seen else 0


def _store_mark(workspace: Workspace) -> str:
    """Mark of the store: two stores may share the folders, and not their numbers of loads."""
    address = workspace.settings.store_address.encode()
    return hashlib.blake2b(address, digest_size=4).hexdigest()


@cache
def made_with() -> str:
    """Digest of what makes a picture: code and tables of `graph_model`, standing and cases."""
    digest = hashlib.blake2b(digest_size=8)
    root = Path(graph_model.__file__).parent
    sources = [p for p in root.rglob("*") if p.suffix in (".py", ".csv")]
    rules = (policy.standing, policy.cases, policy.lender_view)
    ours = [Path(str(rule.__file__)) for rule in rules]
    for path in [*sorted(sources), *ours]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def assembled(
    workspace: Workspace,
    snapshot: Snapshot,
    out: Sequence[TakenOut],
    cases: int,
    *,
    lender: str | None = None,
) -> CreditNetwork:
    """Make a picture without what cases take out; nothing is saved.

    Parameters
    ----------
    workspace : Workspace
    snapshot : Snapshot
    out : sequence of TakenOut
    cases : int
        Last line of the journal of cases that was looked at, for the manifest.
    lender : str, optional
        Whose own picture it is.
    """
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
    ranks = {source.id: source.rank for source in sources.values()}
    counting = standing(tables, allowed, snapshot.date, out, ranks)
    if lender is not None:
        types = {source.id: source.type for source in sources.values()}
        counting = without_other_lenders(counting, tables, types, lender)
    return assemble(
        dictionary,
        tables,
        counting,
        ranks,
        snapshot.date,
        {"tx": snapshot.tx, "cases": cases, "sources": sorted(sources)},
    )
