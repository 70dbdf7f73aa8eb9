"""Statements of one kind that count on a day, each natural key once."""

from datetime import date

from api.services.pictures import out_by_cases
from api.services.workspace import Workspace
from graph_model.assemble import columns_needed
from graph_model.assemble_tables import KindTable
from graph_model.snapshot import Snapshot
from graph_model.statement import Source
from policy.lender_view import without_other_lenders
from policy.standing import standing


def counted(
    workspace: Workspace, kind: str, day: date, tx: int, *, lender: str | None = None
) -> KindTable:
    """Rows of a kind as of two dates, less what does not count.

    Parameters
    ----------
    workspace : Workspace
    kind : str
    day : datetime.date
        Day of the world.
    tx : int
        Last load taken into account.
    lender : str, optional
        Then without what only other lenders may know.
    """
    dictionary, snapshot = workspace.dictionary, Snapshot(day, tx)
    sources = sources_upto(workspace, tx)
    kinds = {kind} if lender is None else {kind, "loan", "credit_record"}
    tables = {
        name: workspace.store.table(name, snapshot, columns_needed(dictionary, name))
        for name in sorted(kinds)
    }
    allowed = {source.id: source.association_allowed for source in sources.values()}
    ranks = {source.id: source.rank for source in sources.values()}
    out, _ = out_by_cases(workspace, snapshot)
    counting = standing(tables, allowed, day, out, ranks)
    if lender is not None:
        types = {source.id: source.type for source in sources.values()}
        counting = without_other_lenders(counting, tables, types, lender)
    return KindTable(dictionary.kind(kind), tables[kind], counting[kind].counts, ranks)


def sources_upto(workspace: Workspace, tx: int) -> dict[str, Source]:
    """Sources as the last published load up to `tx` declares each of them."""
    return {
        load.source.id: load.source
        for load in workspace.store.loads()
        if load.state == "published" and load.number <= tx
    }
