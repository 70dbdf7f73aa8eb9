"""The command as a user types it: what it prints, how it ends, what it says of bad input."""

from pathlib import Path

from conftest_types import Run

SELLER = "91440112XXXX000191"


def test_a_folder_goes_in_and_rows_add_up(run: Run, folder: Path, tmp_path: Path) -> None:
    code, out, _ = run("ingest", folder)
    assert code == 0
    (row,) = [line for line in out.splitlines() if "invoices.csv" in line]
    assert row.split()[1:5] == ["4", "2", "1", "1"]  # read = accepted + warned + kept aside
    (kept,) = (tmp_path / "home" / "quarantine").iterdir()
    assert str(kept) in out


def test_loading_again_writes_nothing(run: Run, folder: Path) -> None:
    run("ingest", folder)
    code, out, _ = run("ingest", folder)
    assert code == 0
    assert "nothing new" in out


def test_a_dry_run_leaves_no_trace(run: Run, folder: Path) -> None:
    code, out, _ = run("ingest", folder, "--dry-run")
    assert code == 0
    assert "nothing was written" in out
    assert run("history", SELLER)[0] == 3


def test_a_corrected_quarantine_file_is_replayed(run: Run, folder: Path, tmp_path: Path) -> None:
    run("ingest", folder)
    (kept,) = (tmp_path / "home" / "quarantine").iterdir()
    text = kept.read_text(encoding="utf-8-sig")
    kept.write_text(text.replace(",91440112XXXX00028U,", ",91440112XXXX00027U,"), encoding="utf-8")
    code, _, _ = run("ingest", "--replay", kept)
    assert code == 0
    assert "A4" in run("history", f"uscc:{SELLER}|A4")[1]
    told = [line.split() for line in run("quality")[1].splitlines() if "seller-book" in line]
    assert told[0][6:8] == ["1", "0"]  # settled, waiting


def test_history_tells_both_times_and_the_evidence(run: Run, folder: Path) -> None:
    run("ingest", folder)
    path = folder / "invoices.csv"
    path.write_text(path.read_text("utf-8").replace("1000.00", "1100.00"), encoding="utf-8")
    run("ingest", folder)
    code, out, _ = run("history", f"uscc:{SELLER}|A1")
    assert code == 0
    for told in ("1,000.00 元", "1,100.00 元", "load 1", "load 2", "invoices.csv, line 2"):
        assert told in out
    assert "销售台账" in out


def test_assess_and_explain_from_the_store(run: Run, folder: Path) -> None:
    run("ingest", folder)
    code, out, _ = run("assess", "--date", "2026-10-31")
    assert code == 0
    assert "parties" in out
    who = f"member:uscc:{SELLER}"
    code, out, err = run("explain", SELLER, "--as", who, "--purpose", "self")
    assert code == 0, err
    assert "own file" in out
    code, _, err = run("explain", SELLER, "--as", "member:uscc:X", "--purpose", "partner_check")
    assert code == 4
    assert "Art. 29" in err


def test_a_picture_goes_out_as_a_folder_and_in_again(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    run("ingest", folder)
    out_folder = tmp_path / "network"
    assert run("network", out_folder, "--date", "2026-10-31")[0] == 0
    code, out, _ = run("assess", "--network", out_folder)
    assert code == 0
    assert "parties" in out


def test_an_archive_restores_with_the_same_hash(run: Run, folder: Path, tmp_path: Path) -> None:
    run("ingest", folder)
    code, out, _ = run("archive", tmp_path / "archive")
    assert code == 0
    code, again, _ = run("restore", tmp_path / "archive", "--store", tmp_path / "other.db")
    assert code == 0
    assert out.split()[-1] == again.split()[-1]
    code, _, err = run("restore", tmp_path / "archive", "--store", tmp_path / "other.db")
    assert code == 6
    assert "empty store" in err


def test_bad_input_names_value_rule_and_way_out(run: Run, folder: Path, tmp_path: Path) -> None:
    assert "there is no store" in run("quality")[2]
    for words, told in (
        (["ingest", tmp_path / "nowhere"], "source.toml"),
        (["ingest"], "--replay"),
        (["ingest", folder, "--mapping", tmp_path / "no.toml"], "no such mapping"),
        (["ingest", folder, "--source", tmp_path / "no.toml"], "no such file"),
        (["assess", "--date", "31.10.2026"], "2026-10-31"),
        (["assess"], "nothing has been loaded yet"),
        (["assess", "--network", tmp_path / "nowhere"], "nowhere"),
        (["explain", SELLER], "--as"),
        (["explain", SELLER, "--as", "member:x"], "no purpose, no answer"),
        (["explain", SELLER, "--as", "king:x", "--purpose", "self"], "is no role"),
        (["network", tmp_path / "out", "--tx", "7"], "nothing has been loaded yet"),
        (["dictionary", "--json-schema", "person"], "is not a kind"),
        (["restore", tmp_path / "nowhere"], "nowhere"),
        (["token", "--as", "member:x"], "ALLIANCE_TOKEN_KEY"),
    ):
        code, _, err = run(*words)
        assert code in (2, 3, 6), (words, err)
        assert told in err, (words, err)
        assert "way out" in err, (words, err)


def test_bad_settings_name_the_variable(run: Run, monkeypatch) -> None:
    monkeypatch.setenv("ALLIANCE_PORT", "http")
    code, _, err = run("quality")
    assert code == 2
    assert "ALLIANCE_PORT=http" in err


def test_tokens_are_not_handed_out_in_production(run: Run, monkeypatch) -> None:
    monkeypatch.setenv("ALLIANCE_ENV", "production")
    monkeypatch.setenv("ALLIANCE_TOKEN_KEY", "k" * 64)
    assert run("token", "--as", "member:x")[0] == 4


def test_a_full_file_that_shrank_needs_a_word(run: Run, folder: Path) -> None:
    run("ingest", folder)
    path = folder / "invoices.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:2]), encoding="utf-8")
    code, _, err = run("ingest", folder)
    assert code == 2
    assert "--allow-shrink" in err
    assert run("ingest", folder, "--allow-shrink")[0] == 0
    assert "until load 2" in run("history", f"uscc:{SELLER}|A2")[1]
