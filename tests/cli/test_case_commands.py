"""`alliance case`, `movers` and `audit` as a user types them."""

import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest
from case_world import GUARANTEE_STATED, LINK, OFFICE, RECORD_STATED, fill
from conftest_types import Run
from supplier_world import OTHER, SUPPLIER

from api.services.workspace import open_workspace
from api.settings import load_settings

SELF = ("--as", f"member:{SUPPLIER}")
DESK = ("--as", f"official:{OFFICE}", "--purpose", "supervision")


@pytest.fixture
def alliance(run: Run) -> Run:
    with open_workspace(load_settings()) as opened:
        fill(opened, today=date.today())  # noqa: DTZ011 (cases are dated by the local calendar)
    assert run("assess")[0] == 0
    return run


def test_an_objection_with_its_clock_and_both_figures(alliance: Run) -> None:
    code, out, err = alliance("case", "open", "objection", "--link", LINK, *SELF, "--note", "伪造")
    assert code == 0, err
    due = date.today() + timedelta(days=20)  # noqa: DTZ011
    assert f"objection-1 异议 objection: open, due {due}, 20 days left" in out
    code, out, _ = alliance("case", "list", *DESK)
    assert "mark, reject, uphold, correct" in out
    code, out, err = alliance("case", "show", "objection-1", *DESK, "--figures")
    assert code == 0, err
    assert "伪造" in out
    assert "×" in out
    assert "others move" in out
    code, out, _ = alliance("assess")
    assert "1 × a step of a case" in " ".join(out.split())
    assert "figures differ" in " ".join(out.split())
    assert alliance("case", "decide", "objection-1", "uphold", *SELF, "--purpose", "self")[0] == 4
    code, out, _ = alliance("case", "decide", "objection-1", "reject", *DESK)
    assert "rejected" in out
    assert "what it is about counts" in out


def test_a_repair_and_who_moved(alliance: Run) -> None:
    alliance("case", "open", "repair", "--statement", RECORD_STATED, *SELF)
    alliance("case", "decide", "repair-1", "grant", *DESK)
    alliance("assess")
    code, out, err = alliance("movers", *SELF, "--purpose", "self")
    assert code == 0, err
    assert SUPPLIER in out
    assert OTHER not in out
    code, out, _ = alliance("movers", *DESK)
    assert "3 at a lower one" in out
    code, out, _ = alliance("audit", "mine", *SELF)
    assert code == 0
    assert f"{OFFICE} (official)" in out
    assert "case grant" in out


def test_case_and_movers_say_what_is_wrong(alliance: Run) -> None:
    for words, code in (
        (("open", "objection", *SELF), 2),
        (("open", "objection", "--link", LINK, "--statement", GUARANTEE_STATED, *SELF), 2),
        (("open", "objection", "--link", LINK, "--as", f"member:{OTHER}"), 4),
        (("show", "objection-7", *DESK), 3),
        (("show", "objection-7", *SELF), 4),
    ):
        assert alliance("case", *words)[0] == code, words
    code, _, err = alliance("movers", *SELF, "--purpose", "self")
    assert code == 3
    assert "no other run" in err


def test_the_journals_are_sealed_and_verified(alliance: Run, tmp_path: Path) -> None:
    alliance("audit", "mine", *SELF)
    seals = tmp_path / "elsewhere" / "seals.jsonl"
    seals.parent.mkdir()
    code, out, err = alliance("audit", "seal", "--to", seals)
    assert code == 0, err
    assert "audit: lines 1 to 1 sealed" in out
    assert "nothing new" in alliance("audit", "seal", "--to", seals)[1]
    code, out, _ = alliance("audit", "verify", "--seals", seals)
    assert code == 0
    assert out.count("whole") == 3
    connection = sqlite3.connect(tmp_path / "home" / "alliance.db")
    connection.execute("DELETE FROM journal WHERE stream = 'audit'")
    connection.commit()
    connection.close()
    code, out, err = alliance("audit", "verify", "--seals", seals)
    assert code == 6
    assert "journal audit, line 1" in out
    assert "cut off" in err
