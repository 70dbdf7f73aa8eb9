"""Statements of one kind as columns, in canonical order, each natural key counted once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph_model.network import MISSING, Ints
from graph_model.schema import Kind
from graph_model.snapshot import day_numbers


@dataclass(frozen=True)
class Disagreement:
    """Two sources, or two kinds, say different things of one; the first counts.

    Attributes
    ----------
    about : str
        Kind and key, or measure and pair.
    counts, other : str
        Statement that counts, and the one that says otherwise.
    fields : tuple of str
        Fields in which they differ.
    """

    about: str
    counts: str
    other: str
    fields: tuple[str, ...]


class KindTable:
    """Rows of one kind that count, sorted by key; of several sources naming a key one counts.

    Parameters
    ----------
    kind : Kind
        Their kind.
    table : pyarrow.Table
        Columns `key`, `source` and the fields of the kind, from a store.
    counts : array of bool, shape (rows,)
        What standing leaves.
    ranks : dict of str to int
        Rank of each source; the smaller counts, then the id.
    """

    def __init__(
        self,
        kind: Kind,
        table: pa.Table,
        counts: npt.NDArray[np.bool_],
        ranks: Mapping[str, int],
    ) -> None:
        self.kind = kind
        self.disagreements: list[Disagreement] = []
        kept = table.filter(pa.array(counts)).combine_chunks()
        rank = np.array([ranks.get(s, 1000) for s in kept["source"].unique().to_pylist()])
        place = kept["source"].combine_chunks().dictionary_encode().indices.to_numpy()
        kept = kept.append_column("rank", pa.array(rank[place] if len(place) else place))
        kept = _sorted(kept, ("key", "rank", "source"))
        if _has_equal_neighbours(kept):
            # Ingest lets no source say one thing of a day twice; who writes past it still gets the
            # same picture from every store.
            kept = _sorted(kept, ("key", "rank", "source", *kind.field_names))
        if len(rank) > 1:
            kept = self._each_key_once(kept)
        self.table = kept
        self._dates: dict[str, Ints] = {}

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def _each_key_once(self, table: pa.Table) -> pa.Table:
        keys = table["key"].combine_chunks().dictionary_encode().indices.to_numpy()
        first = np.ones(len(keys), dtype=bool)
        first[1:] = keys[1:] != keys[:-1]
        winner = np.maximum.accumulate(np.where(first, np.arange(len(keys)), 0))
        losers = np.flatnonzero(~first)
        counting = table.take(pa.array(winner[losers])).to_pylist()
        for counts, other in zip(counting, table.take(pa.array(losers)).to_pylist(), strict=True):
            self._compare(counts, other)
        return table.filter(pa.array(first))

    def _compare(self, counts: Mapping[str, object], other: Mapping[str, object]) -> None:
        """Note where two sources that name one key differ in a field that both give."""
        differing = tuple(
            name
            for name in self.kind.field_names
            if not _absent(counts[name]) and not _absent(other[name])
            if counts[name] != other[name]
        )
        if differing:
            name, key = self.kind.name, counts["key"]
            self.disagreements.append(
                Disagreement(
                    about=f"{name} {key}",
                    counts=f"{name}:{counts['source']}:{key}",
                    other=f"{name}:{other['source']}:{key}",
                    fields=differing,
                )
            )

    def statement_keys(self) -> pa.Array:
        """`kind:source:key` of every row."""
        name = pa.scalar(self.kind.name)
        joined = pc.binary_join_element_wise(name, self.table["source"], self.table["key"], ":")
        return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined

    def texts(self, column: str) -> list[str]:
        """One text column."""
        return [str(value) for value in self.table[column].to_pylist()]

    def ints(self, column: str) -> Ints:
        """One integer column (money, counts), `MISSING` where unknown."""
        return np.asarray(self.table[column].to_numpy(), dtype=np.int64)

    def days(self, column: str) -> Ints:
        """One date column as days since 1970-01-01, `MISSING` where unknown."""
        if column not in self._dates:
            encoded = self.table[column].combine_chunks().dictionary_encode()
            known = day_numbers(encoded.dictionary.to_pylist(), MISSING)
            places = encoded.indices.to_numpy()
            self._dates[column] = known[places] if len(places) else np.zeros(0, np.int64)
        return self._dates[column]

    def parties(self, column: str) -> tuple[list[str], Ints]:
        """Distinct party ids of a column, and for every row which of them (-1: none)."""
        encoded = self.table[column].combine_chunks().dictionary_encode()
        names = [str(value) for value in encoded.dictionary.to_pylist()]
        places = np.asarray(encoded.indices.to_numpy(), dtype=np.int64)
        if "" in names:
            places = np.where(places == names.index(""), -1, places)
        return names, places

    def first_known(self, columns: Sequence[str]) -> Ints:
        """Of several integer columns the first that is known, row by row."""
        found = self.ints(columns[0]).copy()
        for column in columns[1:]:
            found = np.where(found == MISSING, self.ints(column), found)
        return found

    def holds(self, test: str) -> npt.NDArray[np.bool_]:
        """Rows that pass a test of `measures.csv`: `field=value`, `field!=value`, "" for all."""
        if not test:
            return np.ones(len(self), dtype=bool)
        name, _, wanted = test.partition("!=" if "!=" in test else "=")
        equal = np.asarray(pc.equal(self.table[name], wanted).to_numpy(zero_copy_only=False))
        return ~equal if "!=" in test else equal


def _absent(value: object) -> bool:
    """Whether a cell stands for nothing known: "", MISSING or NaN."""
    return value == "" or value == MISSING or value != value


def _sorted(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    return table.take(pc.sort_indices(table, [(name, "ascending") for name in columns]))


def _has_equal_neighbours(table: pa.Table) -> bool:
    """Whether two rows that follow each other are of one key and one source."""
    same = [pc.equal(table[name][1:], table[name][:-1]) for name in ("key", "source")]
    return bool(pc.any(pc.and_(*same)).as_py())
