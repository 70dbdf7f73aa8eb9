"""`alliance what-if` and the questions of `explain` as a user types them."""

from pathlib import Path

import pytest
from conftest_types import Run

NODES = (
    "id,name,kind,sector,revenue,material_cost,equity,liquidity,own_rate\n"
    "E0,甲,enterprise,3612,10000,7500,1000,2000,0.02\n"
    "E1,乙,enterprise,3612,10000,7500,1000,2000,0.2\n"
    "E2,丙,enterprise,3612,10000,7500,1000,2000,0.1\n"
)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    made = tmp_path / "net"
    made.mkdir()
    (made / "network.toml").write_text('unit = "yuan"\ndate = 2026-06-30\n', encoding="utf-8")
    (made / "nodes.csv").write_text(NODES, encoding="utf-8")
    (made / "payable.csv").write_text("row,column,amount\nE1,E0,900\n", encoding="utf-8")
    (made / "guarantee.csv").write_text("row,column,amount\nE0,E2,600\n", encoding="utf-8")
    return made


def test_a_dropped_guarantee_lowers_the_figure_as_a_folder_without_it(
    run: Run, network: Path
) -> None:
    code, out, err = run("what-if", "E0", "--network", network, "--drop", "guarantee:E0:E2")
    assert code == 0, err
    line = next(line for line in out.splitlines() if "E0" in line)
    before, after = line.split("│")[5].replace("→", " ").split()
    assert float(after[:-1]) < float(before[:-1])
    (network / "guarantee.csv").unlink()
    code, out, _ = run("explain", "E0", "--network", network)
    assert f"probability {after}" in out


def test_a_supposed_party_is_added_with_its_facts(run: Run, network: Path) -> None:
    words = ("--add-party", "new:x", "--change-party", "new:x:own_rate=0.5")
    words += ("--add", "payable:new:x:E0=1,000.50", "--change", "payable:E1:E0=0")
    code, out, err = run("what-if", "E0", "--network", network, *words)
    assert code == 0, err
    assert "run again" in out
    assert "×" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "nothing is changed"),
        (["--add", "payable:E9:E0=1"], "no such party"),
        (["--add", "payable:E1:E0=1"], "Use --change"),
        (["--change", "payable:E2:E0=1"], "Use --add"),
        (["--drop", "payable:E2:E0"], "no such link"),
        (["--drop", "payable:E1:E0=1"], "Leave out ="),
        (["--drop", "loan.collateral:E1:E0"], "dropped whole"),
        (["--add", "payable:E2:E0"], "names no amount"),
        (["--add", "payable:E2:E0=1,00"], "1,000,000"),
        (["--add", "payable:E2:E0=-1"], "not negative"),
        (["--add", "payable:E2:E0=99999999999999999"], "more than an amount"),
        (["--add", "payable:E2=1"], "names two parties"),
        (["--add", "payable:E2:E2=1"], "no link to itself"),
        (["--add", "debt:E2:E0=1"], "is no measure"),
        (["--add", "loan.interest:E2:E0=1"], "is nothing of loan"),
        (["--add", "loan.collateral:E2:E0=1"], "begins with its amount"),
        (["--add-party", "E1"], "--change-party"),
        (["--drop-party", "E0"], "Ask about another party"),
        (["--drop-party", "E9"], "no such party"),
        (["--change-party", "E1:income=5"], "is no fact"),
        (["--change-party", "E1"], "ID:FIELD=VALUE"),
        (["--change-party", "E1:own_rate=high"], "is no rate"),
        (["--change-party", "E1:own_rate=1000"], "0 to 100"),
        (["--change-party", "E1:established_on=May"], "is no date"),
    ],
)
def test_a_change_that_cannot_be_read_says_what_and_why(
    run: Run, network: Path, words: list[str], told: str
) -> None:
    code, _, err = run("what-if", "E0", "--network", network, *words)
    assert code == 2, err
    assert told in err
    assert "way out" in err


def test_facts_of_every_type_can_be_changed(run: Run, network: Path) -> None:
    facts = ("equity=2,000", "liquidity=-5", "overdue_days=30", "established_on=2020-01-01")
    words = [w for f in (*facts, "sector=5810", "own_rate=") for w in ("--change-party", f"E1:{f}")]
    code, out, err = run("what-if", "E0", "--network", network, *words)
    assert code == 0, err
    assert "insufficient" not in out.splitlines()[3]


def test_a_stated_rate_is_not_moved_by_amounts_and_said_so(run: Run, network: Path) -> None:
    (network / "rates.csv").write_text("hit,fallen,layer,rate\nE0,E1,receivable,0.5\n", "utf-8")
    code, out, err = run("what-if", "E0", "--network", network, "--change", "payable:E1:E0=1")
    assert code == 0, err
    assert "stated outright: payable:E1:E0 (receivable)" in out
    assert ", 0 run again" in out


def test_who_asks_of_the_store_must_be_said(run: Run) -> None:
    code, _, err = run("what-if", "E0", "--drop-party", "E1")
    assert code == 2
    assert "--as" in err


def test_explain_tells_origins_paths_and_the_fall_if_gone(run: Run, network: Path) -> None:
    code, out, err = run("explain", "E0", "--network", network, "--paths", "--if-gone", "E1")
    assert code == 0, err
    assert "乙 → 甲" in out
    assert "应收账款与债权 receivable  loss 540.00 元" in out  # 900 yuan x LGD 0.6
    assert "if it were gone" in out
    assert "partner.receivable" in out
    code, _, err = run("explain", "E0", "--network", network, "--if-gone", "E0")
    assert code == 2
    assert "own partner" in err
