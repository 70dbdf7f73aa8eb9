"""`alliance demo`: the whole way on the files of the repository, as the README shows it."""

from pathlib import Path

import pytest
from conftest_types import Run

from api.cli import app as command_app

README = Path(__file__).parents[2] / "README.md"
WIDTH = 96


def test_the_demonstration_prints_the_answer_that_the_readme_shows(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_app.console, "width", WIDTH)
    monkeypatch.delenv("ALLIANCE_SCENARIOS")
    code, out, err = run("demo", "--no-serve", "--home", tmp_path / "demo")
    assert code == 0, err
    assert "25 rows, to be corrected and replayed" in out
    shown = README.read_text(encoding="utf-8").split("```answer\n")[1].split("```")[0]
    # the last line names run and picture, which change with the code
    printed = [line.rstrip() for line in out.splitlines()]
    for line in shown.rstrip().splitlines()[:-1]:
        assert line.rstrip() in printed


def test_a_folder_with_other_things_is_not_cleared(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mine.txt").write_text("keep me", encoding="utf-8")
    code, _, err = run("demo", "--no-serve", "--home", tmp_path / "letters")
    assert code == 2
    assert "is not cleared" in err
    assert (tmp_path / "letters" / "mine.txt").exists()


def test_a_real_store_is_not_cleared_and_a_demonstration_is(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "alliance.db").write_bytes(b"somebody's")
    assert run("demo", "--no-serve", "--home", home)[0] == 2
    assert (home / "alliance.db").read_bytes() == b"somebody's"
    for _ in range(2):
        assert run("demo", "--no-serve", "--home", tmp_path / "demo")[0] == 0


def test_production_makes_no_demonstration(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLIANCE_ENV", "production")
    assert run("demo", "--no-serve")[0] == 4
