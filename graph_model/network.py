"""The picture: one dated network as immutable arrays, the only thing algorithms see.

Conventions, stated once: amounts are integer fen; a row *owes*, *sells to*, *guarantees*,
*lends to*, *carries for* or *owns* the column (`dictionary/measures.csv`); nodes are sorted by
party id; missing money is `MISSING`, a missing rate is NaN: unknown is not zero.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

MISSING: int = int(np.iinfo(np.int64).min)
"""Stands in integer columns (money, counts, days) where nothing is known."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def known(column: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Which entries of a node column are known (bool, same shape)."""
    if column.dtype.kind == "f":
        return ~np.isnan(column.astype(np.float64))
    if column.dtype.kind == "S":
        return np.asarray(column != b"")
    return np.asarray(column != MISSING)


@dataclass(frozen=True)
class TextColumn:
    """Many strings in two arrays, so that they can be memory-mapped.

    Parameters
    ----------
    blob : array of uint8, shape (bytes,)
        All texts in UTF-8, one after the other.
    offsets : array of int64, shape (n + 1,)
        Text k is `blob[offsets[k]:offsets[k + 1]]`.
    """

    blob: npt.NDArray[np.uint8]
    offsets: Ints

    @classmethod
    def of(cls, texts: Iterable[str]) -> "TextColumn":
        """Pack texts.

        >>> TextColumn.of(["甲", "b"])[0]
        '甲'
        """
        encoded = [text.encode() for text in texts]
        offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(part) for part in encoded], out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, k: int) -> str:
        return self.blob[self.offsets[k] : self.offsets[k + 1]].tobytes().decode()


@dataclass(frozen=True)
class Matrix:
    """One measure between parties in compressed sparse rows, with the statements behind it.

    Parameters
    ----------
    indptr : array of int64, shape (n + 1,)
    indices : array of int32, shape (m,)
        Columns, ascending within a row; a pair stands once.
    quantities : dict of str to array of int64, shape (m,)
        `amount`, and what else `measures.csv` lists for this measure, in fen.
    evidence_indptr : array of int64, shape (m + 1,)
    evidence : array of int64
        Statements of edge e: `evidence[evidence_indptr[e]:evidence_indptr[e + 1]]`, as places in
        `CreditNetwork.statements`.
    """

    indptr: Ints
    indices: npt.NDArray[np.int32]
    quantities: Mapping[str, Ints]
    evidence_indptr: Ints
    evidence: Ints

    @property
    def amount(self) -> Ints:
        """The main quantity, in fen."""
        return self.quantities["amount"]

    @cached_property
    def rows(self) -> npt.NDArray[np.int32]:
        """Row of every edge (the inverse of `indptr`)."""
        counts = np.diff(self.indptr)
        return np.repeat(np.arange(len(counts), dtype=np.int32), counts)

    def edge(self, row: int, column: int) -> int | None:
        """Place of the edge, or None where there is none."""
        start, stop = int(self.indptr[row]), int(self.indptr[row + 1])
        k = start + int(np.searchsorted(self.indices[start:stop], column))
        return k if k < stop and int(self.indices[k]) == column else None

    def evidence_of(self, edge: int) -> Ints:
        """Places of the statements behind one edge."""
        return self.evidence[self.evidence_indptr[edge] : self.evidence_indptr[edge + 1]]


@dataclass(frozen=True)
class StatedRates:
    """Contagion rates that a network folder states outright, instead of amounts.

    Parameters
    ----------
    hit, fallen : array of int32, shape (m,)
        When `fallen` falls, `hit` is hit.
    layer : array of bytes ("S16"), shape (m,)
        Name of a layer of `layers.csv`.
    rate : array of float64, shape (m,)
        Added intensity of `hit` per year.
    """

    hit: npt.NDArray[np.int32]
    fallen: npt.NDArray[np.int32]
    layer: npt.NDArray[np.bytes_]
    rate: Floats


NO_RATES = StatedRates(
    np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, "S16"), np.zeros(0)
)


@dataclass(frozen=True)
class CreditNetwork:
    """One dated picture of the alliance.

    Parameters
    ----------
    valid_date : datetime.date
        Day of the world it shows.
    party_id : array of bytes, shape (n,)
        Sorted, each once.
    columns : dict of str to array, shape (n,)
        Node columns of `dictionary/node_columns.csv`: text as bytes, money, counts and days
        (since 1970-01-01) as int64 with `MISSING`, rates as float64 with NaN.
    matrices : dict of str to Matrix
        One per measure of `measures.csv`.
    statements : TextColumn
        `kind:source:key` of every statement that counts, sorted.
    node_evidence_indptr, node_evidence : array of int64
        Statements behind the columns of each node, as places in `statements`.
    dictionary_digest : str
        Digest of the dictionary (kinds, fields, measures) the picture was made with.
    rates : StatedRates
        Rates stated outright; pairs named here are not derived from amounts.
    essentiality : dict of (str, str) to int
        (sector of the supplier, sector of the buyer) -> 0, 1 or 2, where stated.
    manifest : dict
        What does not change the content: load number, standing, findings, sources.
    """

    valid_date: date
    party_id: npt.NDArray[np.bytes_]
    columns: Mapping[str, npt.NDArray[np.generic]]
    matrices: Mapping[str, Matrix]
    statements: TextColumn
    node_evidence_indptr: Ints
    node_evidence: Ints
    dictionary_digest: str
    rates: StatedRates = NO_RATES
    essentiality: Mapping[tuple[str, str], int] = field(default_factory=dict)
    manifest: Mapping[str, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.party_id)

    @cached_property
    def network_id(self) -> str:
        """Digest of date, arrays, statement keys and dictionary: equal on every store."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(self.valid_date.isoformat().encode())
        digest.update(self.dictionary_digest.encode())
        for name, array in self.arrays().items():
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Every array under a name of its own, in a fixed order: what is saved and hashed."""
        found: dict[str, npt.NDArray[np.generic]] = {"party_id": self.party_id}
        found |= {f"node.{name}": self.columns[name] for name in sorted(self.columns)}
        for name in sorted(self.matrices):
            matrix = self.matrices[name]
            found[f"{name}.indptr"] = matrix.indptr
            found[f"{name}.indices"] = matrix.indices
            found |= {f"{name}.{q}": matrix.quantities[q] for q in sorted(matrix.quantities)}
            found[f"{name}.evidence_indptr"] = matrix.evidence_indptr
            found[f"{name}.evidence"] = matrix.evidence
        found["statements.blob"] = self.statements.blob
        found["statements.offsets"] = self.statements.offsets
        found["node_evidence.indptr"] = self.node_evidence_indptr
        found["node_evidence.evidence"] = self.node_evidence
        for name in ("hit", "fallen", "layer", "rate"):
            found[f"rates.{name}"] = getattr(self.rates, name)
        pairs = sorted((*pair, value) for pair, value in self.essentiality.items())
        found["essentiality.supplier"] = np.array([p[0].encode() for p in pairs], dtype="S8")
        found["essentiality.buyer"] = np.array([p[1].encode() for p in pairs], dtype="S8")
        found["essentiality.value"] = np.array([p[2] for p in pairs], dtype=np.int64)
        return found

    def place(self, party_id: str) -> int | None:
        """Place of a party among the nodes, or None."""
        k = int(np.searchsorted(self.party_id, party_id.encode()))
        return k if k < len(self) and self.party_id[k] == party_id.encode() else None

    def text(self, column: str, place: int) -> str:
        """One entry of a text column, decoded."""
        return bytes(self.columns[column][place]).decode()

    def ids(self) -> list[str]:
        """All party ids, decoded."""
        return [raw.decode() for raw in self.party_id.tolist()]
