"""What departments, courts and banks write down of a fall, some ninety days later."""

from dataclasses import dataclass

import numpy as np

from ingest.district.ledger import Ledger
from ingest.district.lending import Lending
from ingest.district.settings import DistrictSetting, Ints, assumed

KINDS = ("loan_90_days", "payable_90_days", "dishonest_judgment_debtor", "bankruptcy_filing")
"""Target events of the catalogue of credit records that happen here."""

LOAN, PAYABLE, COURT, BANKRUPTCY = range(len(KINDS))

LATER_COURT, LATER_BANKRUPTCY = 0.4, 0.12
"""Shares of the fallen that a court lists, or whose bankruptcy it takes on, months later."""


@dataclass(frozen=True)
class TargetEvents:
    """Records of target events; the first of a party is its event.

    Parameters
    ----------
    party, day, kind, failure : array of int64, shape (records,)
        Place of the enterprise, day number, place in `KINDS`, and place among the failures.
    first : array of bool
    """

    party: Ints
    day: Ints
    kind: Ints
    failure: Ints
    first: np.ndarray[tuple[int], np.dtype[np.bool_]]


def target_events(setting: DistrictSetting, lending: Lending, ledger: Ledger) -> TargetEvents:
    """Records of every fall, sorted by day."""
    random = setting.random("target events")
    fallen = ledger.failures
    count = len(fallen.party)
    delay = int(assumed("event_delay_days"))
    borrows = lending.line[fallen.party] > 0
    draw = random.random(count)
    kind = np.where(draw < 0.75, PAYABLE, np.where(draw < 0.93, COURT, BANKRUPTCY))
    kind = np.where(borrows & (random.random(count) < 0.88), LOAN, kind)
    place = np.arange(count)
    parts = [(place, fallen.day + delay, kind, np.ones(count, bool))]
    for share, later, months in (
        (LATER_COURT, COURT, (2, 7)),
        (LATER_BANKRUPTCY, BANKRUPTCY, (4, 10)),
    ):
        chosen = (random.random(count) < share) & (kind != later)
        wait = delay + random.integers(30 * months[0], 30 * months[1], count)
        many = int(chosen.sum())
        parts.append(
            (
                place[chosen],
                (fallen.day + wait)[chosen],
                np.full(many, later),
                np.zeros(many, bool),
            )
        )
    failure, day, kinds, first = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((failure, day))
    failure = failure[order]
    return TargetEvents(fallen.party[failure], day[order], kinds[order], failure, first[order])
