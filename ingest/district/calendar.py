"""When which source sends what: one opening extract of the first months, then month by month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from graph_model.snapshot import day_number
from ingest.district.settings import AFTER_MONTHS, Bools, DistrictSetting, Ints


@dataclass(frozen=True)
class Extract:
    """Months that are sent together, half-open, as of the last day of them.

    `quarter` says whether those who send every three months send too.
    """

    first_month: int
    end_month: int
    start: date
    end: date
    quarter: bool
    opening: bool

    @property
    def name(self) -> str:
        """Folder: year and month of the last day."""
        return f"{self.as_of:%Y-%m}"

    @property
    def as_of(self) -> date:
        """Last day."""
        return self.end - timedelta(days=1)

    @property
    def period(self) -> tuple[date, date]:
        """Days spoken of, half-open."""
        return self.start, self.end

    def has(self, day: Ints) -> Bools:
        """Which day numbers lie within."""
        inside: Bools = (day >= day_number(self.start)) & (day < day_number(self.end))
        return inside


def extracts(setting: DistrictSetting) -> Iterator[Extract]:
    """All extracts of a district, in their order."""
    opening = setting.seen_months - AFTER_MONTHS or setting.seen_months
    spans = [(0, opening), *((m, m + 1) for m in range(opening, setting.seen_months))]
    for first, end in spans:
        yield Extract(
            first_month=first,
            end_month=end,
            start=setting.first_day(first),
            end=setting.first_day(end),
            quarter=(setting.seen_months - end) % 3 == 0,
            opening=first == 0,
        )


def quarter_ends(setting: DistrictSetting, extract: Extract) -> list[int]:
    """Months of an extract whose last day ends a quarter of the district's year."""
    return [
        month
        for month in range(extract.first_month, extract.end_month)
        if (setting.seen_months - 1 - month) % 3 == 0
    ]


def month_numbers(setting: DistrictSetting, day: Ints) -> Ints:
    """Month of each day number; the first month is 0."""
    return np.asarray(np.searchsorted(setting.month_days, day, side="right") - 1)
