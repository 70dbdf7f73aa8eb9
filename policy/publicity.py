"""Double publicity (双公示): whether a decision was published within its working days.

    days taken = working days after the decision, up to and including the day it arrived

Weekends are free unless the pack's calendar says they are worked; public holidays come from the
same table. The term depends on the authority: 7 working days, market regulators 20.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from policy.pack import Pack


@dataclass(frozen=True)
class WorkingDays:
    """A calendar: days off on weekdays, and weekend days that are worked."""

    off: tuple[str, ...]
    worked: tuple[str, ...]

    @cached_property
    def _calendar(self) -> np.busdaycalendar:
        return np.busdaycalendar(holidays=[np.datetime64(day) for day in self.off])

    def taken(self, decided: date, arrived: date) -> int:
        """Working days from the day after the decision to the day of arrival.

        >>> WorkingDays((), ()).taken(date(2026, 9, 4), date(2026, 9, 7))  # Friday to Monday
        1
        """
        one = np.timedelta64(1, "D")
        start, stop = np.datetime64(decided) + one, np.datetime64(arrived) + one
        if not start < stop:
            return 0
        count = int(np.busday_count(start, stop, busdaycal=self._calendar))
        extra = np.array(self.worked, dtype="datetime64[D]")
        return count + int(((extra >= start) & (extra < stop)).sum())


@dataclass(frozen=True)
class PublicityRule:
    """Terms and calendar of a pack of the topic `overview`."""

    calendar: WorkingDays
    days: int
    days_market: int
    market_regulators: str
    kinds: tuple[str, ...]
    clause: str
    clause_market: str

    def term(self, authority: str) -> tuple[int, str]:
        """Working days that an authority has, and the clause."""
        if self.market_regulators in authority:
            return self.days_market, self.clause_market
        return self.days, self.clause


def publicity_rule(pack: Pack) -> PublicityRule:
    """Read the rule from its pack; raises BadInput where the pack does not state it."""
    days: dict[str, list[str]] = {"yes": [], "no": []}
    for row in pack.table("holidays"):
        days[row.one_of("works", ("yes", "no"))].append(row.text("day"))
    market, usual = pack.parameter("publicity_days_market"), pack.parameter("publicity_days")
    return PublicityRule(
        calendar=WorkingDays(tuple(days["no"]), tuple(days["yes"])),
        days=int(pack.number("publicity_days", 1, 250)),
        days_market=int(pack.number("publicity_days_market", 1, 250)),
        market_regulators=str(pack.parameter("market_regulators").value),
        kinds=tuple(str(pack.parameter("public_kinds").value).split()),
        clause=usual.clause,
        clause_market=market.clause,
    )
