"""Statements that count, as of two dates, to one picture.

The same statements give the same picture on every store: rows are put in canonical order, of
several sources that name one thing one counts, and only what an edge or a node rests on is cited.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph_model.assemble_matrices import MatrixBuilder
from graph_model.assemble_nodes import evidence_of_nodes, node_columns
from graph_model.assemble_tables import Disagreement, KindTable
from graph_model.network import CreditNetwork, Ints, Matrix, TextColumn
from graph_model.schema import Dictionary

FINDINGS_KEPT = 1000
"""Disagreements, and statements out for one reason, that a manifest lists; all are counted."""


@dataclass(frozen=True)
class Standing:
    """Which rows of a kind count today, and why the others do not.

    Attributes
    ----------
    counts : array of bool, shape (rows,)
    reasons : dict of int to (str, str)
        Row -> (reason, clause).
    """

    counts: npt.NDArray[np.bool_]
    reasons: Mapping[int, tuple[str, str]]


def columns_needed(dictionary: Dictionary, kind: str) -> list[str]:
    """Columns of a kind that `assemble` and standing want from the store."""
    return ["key", "source", "tx_from", *dictionary.kind(kind).field_names]


def kinds_needed(dictionary: Dictionary) -> tuple[str, ...]:
    """Kinds that a picture is made of: those measured, and those the node table rests on."""
    measured = {m.kind for m in dictionary.measures}
    nodes = {"party", "financials", "credit_record", "loan"}
    return tuple(name for name in dictionary.kinds if name in measured | nodes)


def assemble(
    dictionary: Dictionary,
    tables: Mapping[str, pa.Table],
    standing: Mapping[str, Standing],
    ranks: Mapping[str, int],
    day: date,
    manifest: Mapping[str, object],
) -> CreditNetwork:
    """Make the picture of one day.

    Parameters
    ----------
    dictionary : Dictionary
        Kinds, measures and node columns.
    tables : dict of str to pyarrow.Table
        For each of `kinds_needed` the rows as of both dates, with `columns_needed`.
    standing : dict of str to Standing
        What counts of each kind, row by row of `tables`.
    ranks : dict of str to int
        Rank of each source.
    day : datetime.date
        Day of the world that the tables were taken as of.
    manifest : dict
        What the caller wants to keep with the picture (load number, sources).

    Returns
    -------
    CreditNetwork
        Nodes are all parties that a counting statement names. `manifest` also has
        `disagreements` (their number), `findings` (the first of them), `standing` (how many rows
        do not count, by kind and reason) and `not_counted` (the first of each reason by name).
    """
    kinds = kinds_needed(dictionary)
    counted = {
        name: KindTable(dictionary.kind(name), tables[name], standing[name].counts, ranks)
        for name in kinds
    }
    party_id, node_of = _nodes(counted)
    first: dict[str, int] = {}
    total = 0
    for name in kinds:
        first[name] = total
        total += len(counted[name])
    nodes = len(party_id)
    builder = MatrixBuilder(dictionary, counted, node_of, first, nodes, day)
    matrices = {name: builder.matrix(name) for name in dictionary.measure_names()}
    columns = node_columns(dictionary, counted, node_of, builder.open_claims, party_id, day)
    node, statement = evidence_of_nodes(counted, node_of, first)
    matrices, statement, cited = _cited_only(matrices, statement, total)
    keys = pa.concat_arrays([counted[name].statement_keys() for name in kinds])
    disagreements = [d for table in counted.values() for d in table.disagreements]
    disagreements += [_with_names(d, party_id) for d in builder.disagreements]
    indptr = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(node, minlength=nodes), out=indptr[1:])
    return CreditNetwork(
        valid_date=day,
        party_id=party_id,
        columns=columns,
        matrices=matrices,
        statements=_packed(keys.take(pa.array(cited))),
        node_evidence_indptr=indptr,
        node_evidence=statement,
        dictionary_digest=dictionary.digest,
        manifest={
            **manifest,
            "disagreements": len(disagreements),
            "findings": [vars(d) for d in disagreements[:FINDINGS_KEPT]],
            "standing": _told(standing),
            "not_counted": _named(standing, tables),
        },
    )


def _nodes(
    counted: Mapping[str, KindTable],
) -> tuple[npt.NDArray[np.bytes_], dict[tuple[str, str], Ints]]:
    """Sorted ids of all parties named, and the place of each row's parties among them."""
    encoded = {
        (name, field): table.parties(field)
        for name, table in counted.items()
        for field in table.kind.party_fields
    }
    ids = sorted({name.encode() for names, _ in encoded.values() for name in names if name})
    party_id = np.array(ids) if ids else np.zeros(0, dtype="S1")
    node_of: dict[tuple[str, str], Ints] = {}
    for at, (names, rows) in encoded.items():
        place = np.full(len(names) + 1, -1, dtype=np.int64)
        known = [k for k, name in enumerate(names) if name]
        wanted = np.array([names[k].encode() for k in known] or [b""])
        if known:
            place[known] = np.searchsorted(party_id, wanted)
        node_of[at] = place[rows]
    return party_id, node_of


def _cited_only(
    matrices: Mapping[str, Matrix], node_statement: Ints, total: int
) -> tuple[dict[str, Matrix], Ints, Ints]:
    """Number the statements anew, leaving out those that nothing rests on."""
    used = np.zeros(total, dtype=bool)
    used[node_statement] = True
    for matrix in matrices.values():
        used[matrix.evidence] = True
    new = np.cumsum(used) - 1
    renamed = {
        name: replace(matrix, evidence=new[matrix.evidence]) for name, matrix in matrices.items()
    }
    return renamed, new[node_statement], np.flatnonzero(used)


def _packed(keys: pa.Array) -> TextColumn:
    """Arrow's own buffers as a text column."""
    large = keys.cast(pa.large_string())
    if not len(large):
        return TextColumn.of([])
    _, offsets, data = large.buffers()
    starts = np.frombuffer(offsets, dtype=np.int64)[large.offset : large.offset + len(large) + 1]
    blob = np.frombuffer(data, dtype=np.uint8)[starts[0] : starts[-1]]
    return TextColumn(blob, starts - starts[0])


def _with_names(found: Disagreement, party_id: npt.NDArray[np.bytes_]) -> Disagreement:
    measure, row, column = found.about.split(" ")
    ids = [party_id[int(place)].decode() for place in (row, column)]
    return replace(found, about=f"{measure} {ids[0]} {ids[1]}")


def _told(standing: Mapping[str, Standing]) -> dict[str, dict[str, int]]:
    """How many rows of each kind do not count, by reason."""
    told: dict[str, dict[str, int]] = {}
    for kind, found in standing.items():
        for reason, _ in found.reasons.values():
            of_kind = told.setdefault(kind, {})
            of_kind[reason] = of_kind.get(reason, 0) + 1
    return told


def _named(
    standing: Mapping[str, Standing], tables: Mapping[str, pa.Table]
) -> list[dict[str, str]]:
    """The first statements that do not count, by reason, with their clause."""
    told: dict[str, list[dict[str, str]]] = {}
    for kind, found in standing.items():
        for row, (reason, clause) in found.reasons.items():
            listed = told.setdefault(reason, [])
            if len(listed) < FINDINGS_KEPT:
                source, key = (tables[kind][name][row].as_py() for name in ("source", "key"))
                listed.append(
                    {"statement": f"{kind}:{source}:{key}", "reason": reason, "clause": clause}
                )
    return [one for listed in told.values() for one in listed]
