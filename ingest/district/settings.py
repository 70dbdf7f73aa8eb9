"""What is asked of a district, its calendar, and the constants it assumes."""

import tomllib
import zlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph_model.errors import BadInput
from graph_model.snapshot import day_number, months_before

SEEN_UNTIL = date(2026, 10, 31)
"""Last day that the source files speak of."""

AFTER_MONTHS = 12
"""Months that only the truth speaks of."""

LEAST, MOST = 60, 400_000
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class DistrictSetting:
    """What is asked of a district.

    Parameters
    ----------
    enterprises : int
    seed : int
    months : int
        Of which the last twelve are not seen.
    contagion : bool
        Whether a fall spreads. Without, nothing that happens to one enterprise reaches another.
    """

    enterprises: int = 3_000
    seed: int = 2
    months: int = 36
    contagion: bool = True

    def __post_init__(self) -> None:
        if not LEAST <= self.enterprises <= MOST:
            raise BadInput(
                f"{self.enterprises} enterprises",
                f"a district has {LEAST} to {MOST:,}",
                "Name another number.",
            )
        if not 24 <= self.months <= 60:
            raise BadInput(
                f"{self.months} months",
                "a district has 24 to 60, of which 12 are not seen",
                "Name another number.",
            )

    @property
    def seen_months(self) -> int:
        """Months that the source files speak of."""
        return self.months - AFTER_MONTHS

    @cached_property
    def month_days(self) -> Ints:
        """First day (day number) of month 0 (the first), 1, …, and of the one after the last."""
        first = date.fromordinal(SEEN_UNTIL.toordinal() + 1)
        return np.array(
            [
                day_number(months_before(first, self.seen_months - month))
                for month in range(self.months + 1)
            ],
            dtype=np.int64,
        )

    def first_day(self, month: int) -> date:
        """First day of a month; the first month is 0."""
        first = SEEN_UNTIL + timedelta(days=1)
        return months_before(first, self.seen_months - month)

    def last_day(self, month: int) -> date:
        """Last day of a month; the first month is 0."""
        return self.first_day(month + 1) - timedelta(days=1)

    def random(self, subject: str) -> np.random.Generator:
        """Random numbers of one subject, the same whatever other subjects draw."""
        return np.random.default_rng([self.seed, zlib.crc32(subject.encode())])


@cache
def assumptions() -> dict[str, float]:
    """Values of `assumptions.toml` by name."""
    path = Path(__file__).parent / "assumptions.toml"
    stated = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: float(line["value"]) for name, line in stated.items()}


def assumed(name: str) -> float:
    """Value of one assumption."""
    return assumptions()[name]
