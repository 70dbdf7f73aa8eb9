"""Tables by sector: the longest code that a sector starts with counts.

Sectors are GB/T 4754-2017 codes, as stated by the sources: section letter, division, group or
class, with or without the letter ("C3612" and "3612" are one class).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_WITH_SECTION = re.compile(r"[A-T](\d{2,4})")


def bare(sector: str) -> str:
    """Sector code without the section letter, where more than the letter is given.

    >>> bare("C3612"), bare("C"), bare("36")
    ('3612', 'C', '36')
    """
    found = _WITH_SECTION.fullmatch(sector)
    return found[1] if found else sector


def division(sector: str) -> str | None:
    """GB/T 4754 division of a sector code; None where it states none.

    >>> division("C3612"), division("36"), division("C"), division("")
    ('36', '36', None, None)
    """
    code = bare(sector)
    return code[:2] if code.isdigit() and len(code) >= len("36") else None


def _wider(code: str) -> list[str]:
    """A code, then its group and its division; a code of another form stands alone.

    >>> _wider("3612"), _wider("1")
    (['3612', '361', '36'], ['1'])
    """
    if not code.isdigit():
        return [code]
    return [code[:length] for length in range(len(code), min(len(code), 2) - 1, -1)]


@dataclass(frozen=True)
class SectorTable:
    """A number for every sector.

    Parameters
    ----------
    rows : dict of str to float
        By sector code.
    default : float
        Where no row fits.
    """

    rows: Mapping[str, float]
    default: float

    def of(self, sector: str) -> float:
        """Return the number of one sector."""
        return next(
            (self.rows[code] for code in _wider(bare(sector)) if code in self.rows), self.default
        )

    def values(self, sectors: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
        """Numbers of many sectors (array of bytes, shape (n,)) as array of float64, shape (n,)."""
        codes, inverse = np.unique(sectors, return_inverse=True)
        found = np.array([self.of(_text(code)) for code in codes.tolist()], dtype=np.float64)
        return found[inverse]


@dataclass(frozen=True)
class EssentialityTable:
    """How much a buyer sector needs a supplier sector.

    0 is irrelevant, 1 not essential, 2 essential: without it production stops.

    Parameters
    ----------
    rows : dict of (str, str) to int
        (supplier, buyer); the longest supplier code counts, then the longest buyer code.
    default : int
    """

    rows: Mapping[tuple[str, str], int]
    default: int

    def over(self, other: Mapping[tuple[str, str], int]) -> "EssentialityTable":
        """Return this table with the pairs of `other` in place of its own."""
        return EssentialityTable({**self.rows, **other}, self.default) if other else self

    def values(
        self, suppliers: npt.NDArray[np.generic], buyers: npt.NDArray[np.generic]
    ) -> npt.NDArray[np.int8]:
        """Essentiality of pairs of sectors.

        Parameters
        ----------
        suppliers, buyers : array of bytes, shape (m,)

        Returns
        -------
        array of int8, shape (m,)
        """
        supplier_codes, supplier = np.unique(suppliers, return_inverse=True)
        buyer_codes, buyer = np.unique(buyers, return_inverse=True)
        selling = [bare(_text(code)) for code in supplier_codes.tolist()]
        buying = [bare(_text(code)) for code in buyer_codes.tolist()]
        table = np.full((len(selling), len(buying)), self.default, dtype=np.int8)
        for (a, b), value in sorted(
            ((bare(a), bare(b)), value) for (a, b), value in self.rows.items()
        ):
            # In sorted order a longer supplier, and below it a longer buyer, comes later.
            rows = [k for k, code in enumerate(selling) if a in _wider(code)]
            columns = [k for k, code in enumerate(buying) if b in _wider(code)]
            table[np.ix_(rows, columns)] = value
        return np.asarray(table[supplier, buyer])


def _text(code: object) -> str:
    return code.decode() if isinstance(code, bytes) else str(code)
