"""A statement: source S says K, from a line of a file, known since a load.

A row of a kind has the fields of the dictionary and the same housekeeping columns everywhere:

    source  key            who says it, and of what (the natural key of the kind)
    valid_from  valid_to   days of the world on which it holds, half-open
    tx_from  tx_to         loads between which it is known, half-open
    load  file  line       the evidence: which line of which file of which load

`(key, source, valid_from, tx_from)` identifies a row on every store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

from graph_model.schema import RESERVED, Kind, Value

Severity = Literal["warning", "quarantine", "refused"]
"""How bad a finding is: the row counts; it is kept aside; by law nothing of it is kept."""


class RowId(NamedTuple):
    """What identifies a row on every store."""

    key: str
    source: str
    valid_from: str
    tx_from: int


@dataclass(frozen=True)
class Row:
    """One statement as stored; `values` in the order of the kind's fields."""

    source: str
    key: str
    valid_from: str
    valid_to: str
    tx_from: int
    tx_to: int
    load: int
    file: int
    line: int
    values: tuple[Value, ...]

    @property
    def row_id(self) -> RowId:
        """What identifies the row."""
        return RowId(self.key, self.source, self.valid_from, self.tx_from)

    @property
    def cells(self) -> tuple[Value, ...]:
        """Housekeeping columns, then the fields: a row of the stored table."""
        return (
            *(self.source, self.key, self.valid_from, self.valid_to),
            *(self.tx_from, self.tx_to, self.load, self.file, self.line),
            *self.values,
        )

    @classmethod
    def of(cls, cells: Sequence[Any]) -> "Row":
        """Make a row from stored cells."""
        source, key, valid_from, valid_to, tx_from, tx_to, load, file, line, *values = cells
        return cls(
            *(source, key, valid_from, valid_to), *(tx_from, tx_to, load, file, line), tuple(values)
        )

    def named(self, kind: Kind) -> dict[str, Value]:
        """All columns by name."""
        return dict(zip((*RESERVED, *kind.field_names), self.cells, strict=True))


@dataclass(frozen=True)
class Source:
    """Who states, as `source.toml` declares it.

    Parameters
    ----------
    id : str
        Short name, part of every statement key.
    name : str
        Name for people.
    type : str
        A code of `codes/source_type.csv` (Regulation on the Credit Reporting Industry, Art. 21).
    rank : int
        Which source counts when two state one key: the smaller rank, then the id.
    authorisation : str
        On what ground the files were given.
    association_allowed : bool
        Whether the data may be joined with other data for analysis (Regulation on Network Data
        Security, Art. 16); without it the statements are kept and never analysed.
    """

    id: str
    name: str
    type: str
    rank: int
    authorisation: str
    association_allowed: bool


@dataclass(frozen=True)
class SourceFile:
    """One file of a load: what it declares, and how its rows fared.

    `accepted + warned + quarantined == read`; `refused` counts the quarantined rows of which,
    by law, nothing but the clause is kept. `mapping` is the whole mapping as JSON; `replays`
    names the file whose quarantined rows this one takes in again.
    """

    name: str
    sha256: str
    extract: Literal["full", "delta"]
    period_from: str
    period_to: str
    as_of: str
    mapping: str
    replays: str = ""
    read: int = 0
    accepted: int = 0
    warned: int = 0
    quarantined: int = 0
    refused: int = 0
    opened: int = 0
    closed: int = 0

    def as_json(self) -> dict[str, object]:
        """Plain values by name."""
        return asdict(self)


@dataclass(frozen=True)
class Finding:
    """Something wrong or odd about one row of a file.

    `severity` is `warning` (the row counts), `quarantine` (it is kept aside whole, in `row`, and
    can be corrected and replayed) or `refused` (by law nothing of it is kept).
    """

    file: int
    line: int
    column: str
    value: str
    severity: Severity
    rule: str
    way_out: str
    row: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadRecord:
    """One load as the store remembers it."""

    number: int
    state: Literal["unpublished", "published", "aborted"]
    source: Source
    files: tuple[SourceFile, ...]
    started_at: str
    ended_at: str
