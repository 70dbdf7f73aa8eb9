"""The node table of a picture: what is known of each party itself, never of its neighbours."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import numpy.typing as npt

from graph_model.assemble_matrices import OpenClaims, overdue_on
from graph_model.assemble_tables import KindTable
from graph_model.network import MISSING, Ints
from graph_model.schema import Dictionary
from graph_model.snapshot import in_window

FINANCING_KINDS = (b"lender", b"guarantor")
"""Kinds of party whose own capital stands behind what they lend or guarantee."""

TARGET_EVENT_MONTHS = 12
"""A target event counts as "already fallen" for this long; later it is evidence only."""


def node_columns(
    dictionary: Dictionary,
    tables: Mapping[str, KindTable],
    node_of: Mapping[tuple[str, str], Ints],
    open_claims: list[OpenClaims],
    party_id: npt.NDArray[np.bytes_],
    day: date,
) -> dict[str, npt.NDArray[np.generic]]:
    """All columns of `node_columns.csv`, shape (nodes,).

    Parameters
    ----------
    dictionary : Dictionary
        Names the columns and where they come from.
    tables, node_of
        As in `MatrixBuilder`.
    open_claims : list of OpenClaims
        Own debts still open, for the days past due.
    party_id : array of bytes, shape (nodes,)
        The nodes.
    day : datetime.date
        Day of the picture.
    """
    nodes = len(party_id)
    columns: dict[str, npt.NDArray[np.generic]] = {}
    latest, before = _latest_accounts(tables["financials"], node_of["financials", "party"], nodes)
    for made in dictionary.node_columns:
        kind, _, name = made.source.partition(".")
        if kind == "party":
            columns[made.column] = _of_party(tables["party"], node_of, name, made.type, nodes)
        elif kind == "financials":
            chosen = before if made.column.endswith("_previous") else latest
            columns[made.column] = _picked(tables["financials"].ints(name), chosen)
        else:
            columns[made.column] = _unknown(made.type, nodes)
    current, due = (columns[n].astype(np.int64) for n in ("current_assets", "current_liabilities"))
    both = (current != MISSING) & (due != MISSING)
    columns["liquidity"] = np.where(both, current - np.where(both, due, 0), MISSING)
    traders = np.char.startswith(party_id, b"uscc:92")  # GB 32100-2015, whatever a source calls it
    columns["kind"] = np.where(traders, b"sole_trader", columns["kind"].astype(np.bytes_))
    finances = np.isin(columns["kind"], FINANCING_KINDS)
    columns["capital"] = np.where(finances, columns["equity"].astype(np.int64), MISSING)
    columns["overdue_days"] = _overdue(tables["loan"], node_of, open_claims, nodes, day)
    columns |= _records(dictionary, tables["credit_record"], node_of, nodes, day)
    return columns


def _unknown(type_: str, nodes: int) -> npt.NDArray[np.generic]:
    if type_ == "text":
        return np.zeros(nodes, dtype="S1")
    if type_ == "rate":
        return np.full(nodes, np.nan)
    return np.full(nodes, MISSING, dtype=np.int64)


def _of_party(
    table: KindTable,
    node_of: Mapping[tuple[str, str], Ints],
    name: str,
    type_: str,
    nodes: int,
) -> npt.NDArray[np.generic]:
    place = node_of["party", "party"]
    if type_ == "date":
        filled = np.full(nodes, MISSING, dtype=np.int64)
        filled[place] = table.days(name)
        return filled
    encoded = np.array([text.encode() for text in table.texts(name)] or [b""])
    texts = np.zeros(nodes, dtype=encoded.dtype)
    texts[place] = encoded if len(table) else texts[place]
    return texts


def _latest_accounts(table: KindTable, node: Ints, nodes: int) -> tuple[Ints, Ints]:
    """Row of the latest accounts of each node and of the year before them, -1 where unknown."""
    latest = np.full(nodes, -1, dtype=np.int64)
    before = latest.copy()
    year = table.ints("year")
    order = np.lexsort((year, node))
    node, year = node[order], year[order]
    last = np.ones(len(node), dtype=bool)
    last[:-1] = node[1:] != node[:-1]
    latest[node[last]] = order[last]
    at = np.flatnonzero(last)
    previous = at - 1
    good = (previous >= 0) & (node[previous] == node[at]) & (year[previous] == year[at] - 1)
    before[node[at[good]]] = order[previous[good]]
    return latest, before


def _picked(values: Ints, rows: Ints) -> Ints:
    if not len(values):
        return np.full(len(rows), MISSING, dtype=np.int64)
    return np.where(rows >= 0, values[np.maximum(rows, 0)], MISSING)


def _overdue(
    loans: KindTable,
    node_of: Mapping[tuple[str, str], Ints],
    open_claims: list[OpenClaims],
    nodes: int,
    day: date,
) -> Ints:
    """Most days past due on own loans and own debts; unknown without any of either."""
    late = np.full(nodes, MISSING, dtype=np.int64)
    borrower = node_of["loan", "borrower"]
    known = borrower >= 0
    np.maximum.at(late, borrower[known], np.maximum(loans.ints("overdue_days")[known], MISSING))
    for claim in open_claims:
        np.maximum.at(late, claim.debtor, 0)
    return overdue_on(day, open_claims, late)


def _records(
    dictionary: Dictionary,
    table: KindTable,
    node_of: Mapping[tuple[str, str], Ints],
    nodes: int,
    day: date,
) -> dict[str, npt.NDArray[np.generic]]:
    """Counts of recognised records by severity, and the day of the latest target event."""
    node = node_of["credit_record", "party"]
    found: dict[str, npt.NDArray[np.generic]] = {}
    severity = np.array(table.texts("severity"), dtype=str)
    for name in ("minor", "general", "serious"):
        found[f"records_{name}"] = np.bincount(node[severity == name], minlength=nodes).astype(
            np.int64
        )
    catalogue = dictionary.codes("record_catalogue")
    target = {code for code, row in catalogue.items() if row.more.get("target_event") == "yes"}
    is_target = np.array([kind in target for kind in table.texts("record_kind")], dtype=bool)
    when = table.days("recognised_on")
    recent = is_target & in_window(day, TARGET_EVENT_MONTHS, when)
    event = np.full(nodes, MISSING, dtype=np.int64)
    np.maximum.at(event, node[recent], when[recent])
    found["event_on"] = event
    return found


def evidence_of_nodes(
    tables: Mapping[str, KindTable],
    node_of: Mapping[tuple[str, str], Ints],
    first_statement: Mapping[str, int],
) -> tuple[Ints, Ints]:
    """(node, statement) pairs: which statements the columns of each node rest on."""
    nodes, statements = [], []
    for kind, field in (("party", "party"), ("financials", "party"), ("credit_record", "party")):
        place = node_of[kind, field]
        nodes.append(place)
        statements.append(first_statement[kind] + np.arange(len(place), dtype=np.int64))
    overdue = tables["loan"].ints("overdue_days") > 0
    nodes.append(node_of["loan", "borrower"][overdue])
    statements.append(first_statement["loan"] + np.flatnonzero(overdue))
    node, statement = np.concatenate(nodes), np.concatenate(statements)
    order = np.lexsort((statement, node))
    return node[order], statement[order]
