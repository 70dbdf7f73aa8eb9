"""`alliance demo`: a made district from source files to answers, as the README shows it."""

from pathlib import Path

import pytest
from conftest_types import Run

from api.cli import app as command_app
from api.services import demonstration
from api.settings import load_settings
from graph_model.errors import BadInput

README = Path(__file__).parents[2] / "README.md"
WIDTH = 96


def test_the_demonstration_prints_the_answer_that_the_readme_shows(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_app.console, "width", WIDTH)
    monkeypatch.delenv("ALLIANCE_SCENARIOS")
    code, out, err = run("demo", "--no-serve", "--home", tmp_path / "demo")
    assert code == 0, err
    assert "to be corrected and replayed" in out
    assert "uncalibrated" not in out
    shown = README.read_text(encoding="utf-8").split("```answer\n")[1].split("```")[0]
    # the last line names run and picture, which change with the code
    printed = [line.rstrip() for line in out.splitlines()]
    for line in shown.rstrip().splitlines()[:-1]:
        assert line.rstrip() in printed


def test_a_small_district_stays_uncalibrated_and_says_why(run: Run, tmp_path: Path) -> None:
    code, out, err = run("demo", "--no-serve", "--enterprises", 200, "--home", tmp_path / "demo")
    assert code == 0, err
    assert "uncalibrated" in out
    assert "the district 全区" in out


def test_a_folder_with_other_things_is_not_cleared(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mine.txt").write_text("keep me", encoding="utf-8")
    code, _, err = run("demo", "--no-serve", "--home", tmp_path / "letters")
    assert code == 2
    assert "is not cleared" in err
    assert (tmp_path / "letters" / "mine.txt").exists()


def test_a_real_store_is_not_cleared_and_a_demonstration_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "alliance.db").write_bytes(b"somebody's")
    with pytest.raises(BadInput, match="is not cleared"):
        demonstration.clear(load_settings(home=home))
    assert (home / "alliance.db").read_bytes() == b"somebody's"
    settings = load_settings(home=tmp_path / "demo")
    demonstration.clear(settings)
    (settings.home / "left.txt").touch()
    demonstration.clear(settings)
    assert not (settings.home / "left.txt").exists()


def test_production_makes_no_demonstration(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLIANCE_ENV", "production")
    assert run("demo", "--no-serve")[0] == 4
