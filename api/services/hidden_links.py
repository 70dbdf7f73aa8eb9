"""Which guarantees and loans there are, and which of them a reader may see as statements."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from algorithms.leak import Mask
from algorithms.links import Links
from api.services.readers import Reader
from api.services.workspace import Workspace
from graph_model.network import CreditNetwork
from graph_model.snapshot import Snapshot
from policy.visibility import Sight, row_ref

LINKS = ("guarantee", "loan")
"""Kinds, and measures, of the links that are looked for; the first party of their key is hit when
the borrower falls."""

LAYERS = ("guarantee", "receivable")
"""Layers through which they spread a fall."""

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


def borrowers_weighing(network: CreditNetwork, links: Links) -> Places:
    """Borrowers whose fall reaches their lender or guarantor: places, ascending."""
    hit, fallen = _spreading(links)
    reached = set(zip(hit.tolist(), fallen.tolist(), strict=True))
    borrowers = {
        borrower
        for measure in LINKS
        for row, borrower in zip(
            network.matrices[measure].rows.tolist(),
            network.matrices[measure].indices.tolist(),
            strict=True,
        )
        if (row, borrower) in reached
    }
    return np.array(sorted(borrowers), np.int64)


def links_weighing(links: Links, falls: Places, parties: int) -> Mask:
    """Pairs between which a guarantee or a claim spreads a fall: mask (parties, falls)."""
    found = np.zeros((parties, len(falls)), np.bool_)
    hit, fallen = _spreading(links)
    for k, place in enumerate(falls.tolist()):
        found[hit[(fallen == place) & (hit < parties)], k] = True
    return found


def _spreading(links: Links) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Who is hit by whom through the layers of guarantees and claims."""
    layers = [k for k, layer in enumerate(links.layers) if layer in LAYERS]
    spreads = np.isin(links.layer, layers) & (links.rate > 0)
    return links.hit[spreads], links.fallen[spreads]


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
