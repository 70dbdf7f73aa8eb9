"""Limits with their clause: over, near, within, or no verdict without a known capital."""

from datetime import date
from pathlib import Path

import pytest

from graph_model.errors import BadInput
from policy.limits import held, limits_of
from policy.pack import pack_in_force
from policy.publicity import WorkingDays, publicity_rule

PACKS = Path(__file__).parents[2] / "policy" / "packs"
DAY = date(2026, 10, 31)
PACK = pack_in_force(PACKS / "limits" / "huangpu", DAY)


@pytest.mark.parametrize(
    ("balance", "verdict"), [(10_000, "near"), (10_001, "over"), (8_000, "near"), (7_999, "within")]
)
def test_a_tenth_of_the_capital_is_the_most_for_one_name(balance: int, verdict: str) -> None:
    single = limits_of(PACK, "lender")["single"]
    found = held(single, balance, 100_000, PACK.number("near_share", 0, 1))
    assert found.verdict == verdict
    assert "商业银行法" in found.limit.clause


def test_without_capital_there_is_no_verdict() -> None:
    found = held(limits_of(PACK, "guarantor")["group"], 5, None, 0.8)
    assert (found.share, found.verdict) == (None, "capital unknown")
    assert "融资担保公司" in found.limit.clause


def test_every_limit_says_whether_a_rule_states_it() -> None:
    for kind in ("lender", "guarantor"):
        for limit in limits_of(PACK, kind).values():
            assert limit.status in ("rule", "assumption")
            assert limit.clause


def test_a_pack_without_a_limit_is_refused() -> None:
    with pytest.raises(BadInput, match="single, group, circle"):
        limits_of(PACK, "nobody")


def test_working_days_leave_out_weekends_and_holidays_and_count_worked_sundays() -> None:
    rule = publicity_rule(pack_in_force(PACKS / "overview" / "huangpu", DAY))
    # decided Friday 25 September 2026 (Mid-Autumn), arrived Friday 9 October: of the days between,
    # 28, 29 and 30 September and 8 and 9 October are worked
    assert rule.calendar.taken(date(2026, 9, 25), date(2026, 10, 9)) == 5
    # the Saturday 10 October is worked
    assert rule.calendar.taken(date(2026, 10, 9), date(2026, 10, 10)) == 1
    assert WorkingDays((), ()).taken(date(2026, 9, 7), date(2026, 9, 7)) == 0


def test_market_regulators_have_twenty_working_days() -> None:
    rule = publicity_rule(pack_in_force(PACKS / "overview" / "huangpu", DAY))
    assert rule.term("黄埔区市场监督管理局")[0] == 20
    assert rule.term("黄埔区生态环境分局")[0] == 7
