"""`alliance district`: a made district in a new folder, and in no other."""

import tomllib
from pathlib import Path

from conftest_types import Run


def test_a_district_is_made_with_its_truth_apart(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "made"
    words = ("district", "--enterprises", 60, "--months", 24, "--contagion", "off", out)
    code, told, err = run(*words)
    assert code == 0, err
    stated = tomllib.loads((out / "truth" / "district.toml").read_text(encoding="utf-8"))
    assert stated["contagion"] is False
    assert (str(stated["first_day"]), str(stated["ends"])) == ("2025-11-01", "2027-10-31")
    assert f"{stated['source_rows']:,} rows" in told
    assert sorted(path.name for path in out.iterdir()) == ["sources", "truth"]


def test_a_folder_with_other_things_is_not_written_to(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me", encoding="utf-8")
    code, _, err = run("district", tmp_path)
    assert code == 2
    assert "is not empty" in err


def test_too_few_enterprises_are_refused(run: Run, tmp_path: Path) -> None:
    code, _, err = run("district", "--enterprises", 10, tmp_path / "made")
    assert code == 2
    assert "10 enterprises" in err
