"""`alliance leak`: counts on the screen and as a page, and no names."""

from pathlib import Path

from conftest_types import Run

from api.settings import DISTRICTS

FILES = DISTRICTS / "huangpu" / "demo"


def test_the_figure_is_printed_and_written_and_names_nobody(run: Run, tmp_path: Path) -> None:
    home, out = tmp_path / "demo", tmp_path / "leak.md"
    assert run("ingest", "--home", home, FILES)[0] == 0
    of = ("--home", home, "--date", "2026-10-31")
    words = ("leak", *of, "--policy", "consent", "--falls", 3, "--out", out)
    code, printed, err = run(*words)
    assert code == 0, err
    written = out.read_text(encoding="utf-8")
    assert "`huangpu`, 2026-10-31: 33 parties with 11 guarantees, 17 loans" in written
    assert "the one in\n  force is **consent**" in written
    for text in (printed, written):
        assert "most.financier" in text
        assert "uscc:" not in text
        assert "示例" not in text


def test_what_is_no_policy_is_refused(run: Run, tmp_path: Path) -> None:
    assert run("ingest", "--home", tmp_path / "demo", FILES)[0] == 0
    of = ("--home", tmp_path / "demo", "--date", "2026-10-31")
    code, _, err = run("leak", *of, "--policy", "secret")
    assert code == 2
    assert "consent, members, open" in err
