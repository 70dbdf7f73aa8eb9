"""`alliance assess`: how sure the levels are, and how long it goes on."""

from pathlib import Path

from conftest_types import Run

NODES = "id,sector,revenue,material_cost,own_rate\n" + "".join(
    f"n{k},3612,{1000 + k},,0.0{k + 1}\n" for k in range(6)
)


def network(folder: Path) -> Path:
    made = folder / "network"
    made.mkdir()
    (made / "network.toml").write_text('unit = "yuan"\ndate = 2026-06-30\n', "utf-8")
    (made / "nodes.csv").write_text(NODES, "utf-8")
    (made / "payable.csv").write_text("row,column,amount\nn0,n1,900\nn1,n2,900\n", "utf-8")
    return made


def test_levels_are_told_at_half_and_twice_theta(run: Run, tmp_path: Path) -> None:
    code, out, err = run("assess", "--network", network(tmp_path), "--scenarios", "640")
    assert code == 0, err
    assert "industries" in out
    for word in ("θ/2", "2θ", "at another level", "between low and high unknown inputs"):
        assert word in " ".join(out.split())
    assert "640 scenarios each" in " ".join(out.split())


def test_a_stated_error_ends_the_run_early(run: Run, tmp_path: Path) -> None:
    words = ["assess", "--network", network(tmp_path), "--scenarios", "50000"]
    code, out, err = run(*words, "--relative-error", "0.02")
    assert code == 0, err
    (line,) = [line for line in out.splitlines() if "seed" in line]
    (told,) = [word for word in line.split() if word.endswith(",")]
    assert 1024 <= int(told.rstrip(",").replace(",", "")) < 50_000
    code, _, err = run(*words, "--relative-error", "0")
    assert code == 2
    assert "relative_error 0.0" in err
