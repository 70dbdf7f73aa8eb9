"""The two dates a picture is taken as of, and the only place that compares them.

    a row counts  <=>  valid_from <= date < valid_to   and   tx_from <= tx < tx_to

`valid_*` are days of the world, `tx_*` numbers of loads. Both are half-open; open ends are
values, never NULL, so that one comparison serves all rows. Each store adapter repeats this
sentence once, in its own language, as one constant; `tests/test_dates_are_compared_once.py`
looks for others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

OPEN_DATE = "9999-12-31"
"""End of a fact that has no known end (ISO text, as stored)."""

OPEN_TX = 2**62
"""End of a row that no later load has replaced."""


@dataclass(frozen=True)
class Snapshot:
    """As of which day of the world, and as of which load.

    Parameters
    ----------
    date : datetime.date
        Day of the world.
    tx : int
        Number of the last published load that is taken into account.
    """

    date: date
    tx: int

    def counts(
        self,
        valid_from: npt.ArrayLike,
        valid_to: npt.ArrayLike,
        tx_from: npt.ArrayLike,
        tx_to: npt.ArrayLike,
    ) -> npt.NDArray[np.bool_]:
        """Which rows count; ISO dates as text arrays, loads as integers, all of one shape."""
        return holds_on(self.date, valid_from, valid_to) & known_at(self.tx, tx_from, tx_to)

    def knows(self, day: str, tx: int) -> bool:
        """Whether both dates see what was done on a day (ISO) when `tx` was the last load."""
        return day <= self.date.isoformat() and tx <= self.tx


def holds_on(
    day: date, valid_from: npt.ArrayLike, valid_to: npt.ArrayLike
) -> npt.NDArray[np.bool_]:
    """Which facts hold on `day` (ISO text arrays of one shape)."""
    iso = day.isoformat()
    start, end = np.asarray(valid_from, dtype="U10"), np.asarray(valid_to, dtype="U10")
    return np.asarray((start <= iso) & (iso < end))


def known_at(tx: int, tx_from: npt.ArrayLike, tx_to: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which rows were known after load `tx`."""
    start, end = np.asarray(tx_from, dtype=np.int64), np.asarray(tx_to, dtype=np.int64)
    return np.asarray((start <= tx) & (tx < end))


@dataclass(frozen=True, order=True)
class Interval:
    """Days on which a fact holds, half-open, as ISO text.

    >>> Interval("2026-01-01", OPEN_DATE).holds_on("2026-01-01")
    True
    """

    start: str
    end: str

    @property
    def is_empty(self) -> bool:
        """Whether it holds on no day."""
        return not self.is_forward

    @property
    def is_forward(self) -> bool:
        """Whether its first day lies before its end."""
        return self.start < self.end

    def holds_on(self, day: str) -> bool:
        """Whether `day` is one of its days."""
        return self.start <= day < self.end

    def starts_in(self, other: "Interval") -> bool:
        """Whether its first day is a day of `other`."""
        return other.holds_on(self.start)

    def before(self, day: str) -> "Interval":
        """Its days before `day`."""
        return Interval(self.start, min(self.end, day))

    def since(self, day: str) -> "Interval":
        """Its days from `day` on."""
        return Interval(max(self.start, day), self.end)


def first_after(day: str, starts: Iterable[str]) -> str:
    """Return the earliest of `starts` after `day`, the open end where there is none."""
    return min((start for start in starts if start > day), default=OPEN_DATE)


def latest(days: Iterable[str]) -> str | None:
    """Return the last of ISO days, None of none."""
    return max(days, default=None)


def in_window(
    day: date, months: int | None, event_day: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Which events fall into the `months` before `day`, that day included.

    Parameters
    ----------
    day : datetime.date
        Last day of the window.
    months : int or None
        Length; None takes all events up to `day`.
    event_day : array of int64
        Days since 1970-01-01, as `day_number` gives them.
    """
    upto = event_day <= day_number(day)
    if months is None:
        return upto
    return upto & (event_day > day_number(months_before(day, months)))


def has_come(day: date, days: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which days are `day` or before it; a missing day (the least integer) has not come."""
    return np.asarray((days <= day_number(day)) & (days != np.iinfo(np.int64).min))


def days_past(day: date, days: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many days `day` lies after each, 0 where it does not or where the day is missing."""
    late = day_number(day) - np.where(days == np.iinfo(np.int64).min, day_number(day), days)
    return np.asarray(np.maximum(late, 0), dtype=np.int64)


def day_numbers(iso: Iterable[str], missing: int) -> npt.NDArray[np.int64]:
    """Days since 1970-01-01 of ISO texts; "" gives `missing`."""
    return np.array([day_number(date.fromisoformat(d)) if d else missing for d in iso], np.int64)


def months_before(day: date, months: int) -> date:
    """Return the same day `months` earlier; the last of the month where that day is missing.

    >>> months_before(date(2026, 3, 31), 1)
    datetime.date(2026, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


def day_number(day: date) -> int:
    """Days since 1970-01-01.

    >>> day_number(date(1970, 1, 2))
    1
    """
    return day.toordinal() - date(1970, 1, 1).toordinal()


def day_of_number(number: int) -> date:
    """Return the day that is so many days after 1970-01-01.

    >>> day_of_number(1)
    datetime.date(1970, 1, 2)
    """
    return date.fromordinal(date(1970, 1, 1).toordinal() + number)
