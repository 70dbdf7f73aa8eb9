"""One row as a file gives it: where it stands, its cells as text, and what harm was seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Damage:
    """Harm that reading saw in one row.

    Attributes
    ----------
    cell : int
        0-based index of the cell, -1 for the row as a whole.
    value : str
        What stood there.
    rule : str
        What is wrong with it.
    way_out : str
        What can be done.
    """

    cell: int
    value: str
    rule: str
    way_out: str


# (1-based line or row number, cells, first damage). A plain tuple: a million are made per file.
RawRow = tuple[int, list[str], Damage | None]
