"""Which guarantees and loans there are, and which of them a reader may see as statements."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from algorithms.leak import Mask
from api.services.readers import Reader
from api.services.workspace import Workspace
from graph_model.network import CreditNetwork
from graph_model.snapshot import Snapshot
from policy.visibility import Sight, row_ref

LINKS = ("guarantee", "loan")
"""Kinds, and measures, of the links that are looked for; the first party of their key is hit when
the borrower falls."""

Places = npt.NDArray[np.int64]


def pairs_of(
    network: CreditNetwork, measures: Sequence[str], falls: Places, *, either_way: bool = False
) -> Mask:
    """Which party (row) has an entry with which that falls (column): mask (n, falls)."""
    found = np.zeros((len(network), len(falls)), np.bool_)
    column = np.full(len(network), -1)
    column[falls] = np.arange(len(falls))
    for measure in measures:
        matrix = network.matrices[measure]
        ends = [(matrix.rows, matrix.indices), (matrix.indices, matrix.rows)]
        for row, fallen in ends if either_way else ends[:1]:
            fell = column[fallen] >= 0
            found[row[fell], column[fallen[fell]]] = True
    return found


def ways_to_read(
    network: CreditNetwork, falls: Places, unseen: Mask, organisation: str
) -> list[Mask]:
    """Pairs that may be named: all that are not known already; or those without another tie."""
    pairs = unseen.copy()
    pairs[falls, np.arange(len(falls))] = False
    if (own := network.place(organisation)) is not None:
        pairs[own] = False
        pairs[:, falls == own] = False
    others = [measure for measure in network.matrices if measure not in LINKS]
    return [pairs, pairs & ~pairs_of(network, others, falls, either_way=True)]


def links_shown(
    workspace: Workspace, reader: Reader, network: CreditNetwork, column: Mapping[int, int]
) -> Mask:
    """Guarantees and loans that the reader may see, as statements: mask (n, falls)."""
    found = np.zeros((len(network), len(column)), np.bool_)
    snapshot = Snapshot(network.valid_date, workspace.store.head())
    for name in LINKS:
        kind = workspace.dictionary.kind(name)
        fields = [*kind.party_fields, *(f for f in ("is_public",) if f in kind.field_names)]
        for row in workspace.store.table(name, snapshot, fields).to_pylist():
            hit, borrower = network.place(row[kind.key[0]]), network.place(row["borrower"])
            k = column.get(-1 if borrower is None else borrower)
            values = {**row, "is_public": row.get("is_public") == 1}
            if hit is not None and k is not None:
                found[hit, k] |= reader.sight(row_ref(kind, values)) > Sight.HIDDEN
    return found
