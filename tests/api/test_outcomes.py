"""Outcomes are what the records of a later picture show."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from api.services.calibration import read_outcomes
from api.services.outcomes import recorded_falls, write_outcomes
from graph_model.errors import BadInput
from graph_model.network import MISSING, CreditNetwork
from graph_model.snapshot import day_number
from graph_model.uscc import make
from tests.algorithms.pictures import picture

BEFORE, AFTER = date(2025, 6, 30), date(2026, 6, 30)
A, B, C = (f"uscc:{make('91', '440112', f'XXXX{k:04d}')}" for k in (1, 2, 3))
PERSON = f"uscc:{make('92', '440112', 'XXXX0004')}"


def pictured(day: date, *rows: str) -> CreditNetwork:
    made = picture(nodes="|".join(["id,kind,event_on", *rows]))
    return replace(made, valid_date=day)


@pytest.fixture
def pictures() -> tuple[CreditNetwork, CreditNetwork]:
    kinds = (f"{A},enterprise,", f"{B},carrier,", f"{PERSON},sole_trader,", "src:x:1,enterprise,")
    before = pictured(BEFORE, *kinds, f"{C},lender,")
    after = pictured(
        AFTER, f"{A},enterprise,2026-03-01", f"{PERSON},sole_trader,2026-03-02", f"{C},lender,"
    )
    return before, after


def test_falls_are_found_by_party(pictures: tuple[CreditNetwork, CreditNetwork]) -> None:
    before, after = pictures
    found = dict(zip(before.ids(), recorded_falls(before, after).tolist(), strict=True))
    assert found[A] == day_number(date(2026, 3, 1))
    assert found[B] == MISSING  # no longer in the picture: no event is known
    assert found[C] == MISSING


def test_the_file_is_the_one_that_calibration_reads(
    pictures: tuple[CreditNetwork, CreditNetwork], tmp_path: Path
) -> None:
    before, after = pictures
    path = tmp_path / "outcomes.csv"
    assert write_outcomes(path, before, after) == 1
    # lenders, persons and parties outside the register are not in it
    assert path.read_text("utf-8").splitlines() == [
        "party,date,fell",
        *sorted([f"{A},2026-03-01,yes", f"{B},,no"]),
    ]
    found = read_outcomes(path, before, AFTER)
    assert [before.ids()[k] for k in found.place] == sorted([A, B])
    assert int(found.fell.sum()) == 1


def test_pictures_are_a_year_apart(pictures: tuple[CreditNetwork, CreditNetwork]) -> None:
    before, after = pictures
    with pytest.raises(BadInput, match="outcomes are those of 12 months"):
        recorded_falls(replace(before, valid_date=date(2025, 7, 31)), after)
