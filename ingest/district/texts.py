"""Arrays to columns of text: days, amounts, names by place."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from graph_model.snapshot import day_number
from ingest.district.ledger import NEVER
from ingest.district.settings import Floats, Ints

_FIRST, _LAST = date(1990, 1, 1), date(2045, 12, 31)
_OFFSET = day_number(_FIRST)
_ISO = np.array(
    [(_FIRST + timedelta(days=k)).isoformat() for k in range((_LAST - _FIRST).days + 1)],
    dtype=object,
)


def days(number: Ints) -> list[str]:
    """ISO days of day numbers; "" where there is none."""
    known = number != NEVER
    found = _ISO[np.where(known, number - _OFFSET, 0)]
    texts: list[str] = np.where(known, found, "").tolist()
    return texts


def yuan(amount: Floats) -> list[str]:
    """Amounts in yuan with two decimals."""
    return [f"{value:.2f}" for value in amount.tolist()]


def wan(amount: Floats) -> list[str]:
    """Amounts in yuan as 万元 with two decimals."""
    return [f"{value:.2f}" for value in (amount / 1e4).tolist()]


def picked(words: Sequence[str], place: Ints) -> list[str]:
    """Words by their places."""
    return [words[k] for k in place.tolist()]
