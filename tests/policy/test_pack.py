"""A pack is read whole and checked, or refused with file, line, rule and way out."""

from datetime import date
from pathlib import Path

import pytest

from graph_model.errors import BadInput
from policy.pack import pack_in_force, read_pack

HEAD = """id = "x"
title = "t"
version = "0.1"
issuer = "i"
status = "assumption"
in_force_from = 2026-01-01
"""
PARAMETER = """
[parameters.theta]
value = 1.5
unit = "per year"
status = "assumption"
read_as = "so much"
reason = "because"
"""


def made(folder: Path, head: str = HEAD + PARAMETER, table: str = "a,b\n1,x\n") -> Path:
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text(head, "utf-8")
    (folder / "levels.csv").write_text(table, "utf-8")
    return folder


def test_a_pack_answers_by_name(tmp_path: Path) -> None:
    pack = read_pack(made(tmp_path / "0.1"))
    assert pack.reference == "x 0.1"
    assert pack.number("theta", 0, 2) == 1.5
    assert pack.parameter("theta").reason == "because"
    (row,) = pack.table("levels")
    assert (row.number("a"), row.text("b")) == (1.0, "x")


def test_its_digest_changes_with_any_file(tmp_path: Path) -> None:
    one = read_pack(made(tmp_path / "a" / "0.1")).digest
    assert one == read_pack(made(tmp_path / "b" / "0.1")).digest
    assert one != read_pack(made(tmp_path / "c" / "0.1", table="a,b\n2,x\n")).digest
    assert one != read_pack(made(tmp_path / "d" / "0.1", head=HEAD + PARAMETER + "#")).digest


@pytest.mark.parametrize(
    ("head", "table", "message"),
    [
        ("id =", "a\n", "not TOML"),
        (HEAD.replace('issuer = "i"', ""), "a\n", "issuer: a pack states it"),
        (HEAD + "colour = 1", "a\n", "no such entry"),
        (HEAD.replace("2026-01-01", '"soon"'), "a\n", "it is a day"),
        (HEAD.replace("assumption", "guess"), "a\n", "status is one of"),
        (HEAD + PARAMETER.replace('reason = "because"', ""), "a\n", "clause or gives a reason"),
        (HEAD + PARAMETER.replace('read_as = "so much"', ""), "a\n", "theta.read_as"),
        (HEAD + PARAMETER.replace("1.5", "true"), "a\n", "number or a text"),
        (HEAD + PARAMETER + "colour = 1", "a\n", "theta.colour"),
        (HEAD + "[parameters]\ntheta = 1", "a\n", "table of its own"),
        (HEAD, "a,b\n1\n", "levels.csv line 2.*header has 2 columns"),
        (HEAD, "a,a\n", "levels.csv line 1"),
    ],
)
def test_a_broken_pack_is_refused(tmp_path: Path, head: str, table: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_pack(made(tmp_path / "0.1", head, table))


def test_a_wrong_name_or_cell_is_refused(tmp_path: Path) -> None:
    pack = read_pack(made(tmp_path / "0.1"))
    (row,) = pack.table("levels")
    for ask, message in (
        (lambda: pack.parameter("phi"), "does not state it"),
        (lambda: pack.number("theta", 0, 1), "theta = 1.5 per year.*from 0 to 1"),
        (lambda: pack.table("points"), "no such table"),
        (lambda: row.number("b"), "line 2, b: 'x'"),
        (lambda: row.text("c"), "no such column"),
        (lambda: row.one_of("b", ("y", "z")), "Allowed: y, z"),
    ):
        with pytest.raises(BadInput, match=message):
            ask()
    with pytest.raises(BadInput, match="a pack has this file"):
        read_pack(tmp_path)


def test_no_pack_in_force_is_an_error_and_never_a_guess(tmp_path: Path) -> None:
    made(tmp_path / "0.1", HEAD + "in_force_to = 2026-07-01")
    later = HEAD.replace("0.1", "0.2").replace("2026-01-01", "2026-07-01")
    made(tmp_path / "0.2", later)
    assert pack_in_force(tmp_path, date(2026, 6, 30)).version == "0.1"
    assert pack_in_force(tmp_path, date(2026, 7, 1)).version == "0.2"
    with pytest.raises(BadInput, match=r"2025-12-31; there is 0\.1 from"):
        pack_in_force(tmp_path, date(2025, 12, 31))
    with pytest.raises(BadInput, match="no pack is in force"):
        pack_in_force(tmp_path / "nowhere", date(2026, 7, 1))
    made(tmp_path / "0.3", HEAD.replace("0.1", "0.3"))
    with pytest.raises(BadInput, match=r"versions 0\.1 and 0\.3 are both"):
        pack_in_force(tmp_path, date(2026, 6, 30))


def test_a_later_version_takes_over_wherever_it_stands(tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    made(shipped / "0.1")
    later = HEAD.replace("0.1", "0.2").replace("2026-01-01", "2026-07-01")
    made(own / "0.2", later)
    made(own / ".0.3.part", later.replace("0.2", "0.3"))  # somebody is writing it
    assert pack_in_force(shipped, date(2026, 6, 30), own).version == "0.1"
    assert pack_in_force(shipped, date(2026, 7, 1), own).version == "0.2"
    assert pack_in_force(shipped, date(2026, 7, 1), tmp_path / "nowhere").version == "0.1"
    made(own / "0.4", later.replace("0.2", "0.4"))
    with pytest.raises(BadInput, match=r"0\.2 and 0\.4 are both in force from 2026-07-01"):
        pack_in_force(shipped, date(2026, 8, 1), own)
    made(own / "0.1")
    with pytest.raises(BadInput, match=r"both are version 0\.1"):
        pack_in_force(shipped, date(2026, 8, 1), own)
