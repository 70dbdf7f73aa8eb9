"""A network folder says what it means, loses nothing, and names the cell that is wrong."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_model.errors import BadInput
from graph_model.network import MISSING
from graph_model.network_folder import read_network_folder, write_network_folder

FILES = {
    "network.toml": 'unit = "yuan"\ndate = 2026-06-30\n',
    "nodes.csv": (
        "id,sector,revenue,own_rate,established_on,overdue_days,statements\n"
        "乙,3612,1000.5,0.02,2020-02-29,30,party:reg:b ; financials:tax:b%3B2\n"
        "甲,3670,,,,,\n"
    ),
    "trade.csv": "row,column,amount,statements\n甲,乙,123.45,contract:x:1\n",
    "guarantee.csv": "row,column,amount,collateral\n乙,甲,5,\n",
    "rates.csv": "hit,fallen,layer,rate\n乙,甲,supply,0.5\n",
    "essentiality.csv": "supplier,buyer,value\n36,36,2\n",
}


def made(folder: Path, **changed: str | None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (FILES | {k.replace("__", "."): v for k, v in changed.items()}).items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_every_cell_arrives_in_its_unit(tmp_path: Path) -> None:
    network = read_network_folder(made(tmp_path))
    assert network.valid_date == date(2026, 6, 30)
    assert network.ids() == ["乙", "甲"]  # in the order of their bytes
    assert network.columns["revenue"].tolist() == [100_050, MISSING]
    assert network.columns["established_on"].tolist() == [18_321, MISSING]  # 29 February 2020
    assert network.columns["overdue_days"].tolist() == [30, MISSING]
    assert network.text("sector", 0) == "3612"
    trade = network.matrices["trade"]
    assert trade.edge(1, 0) == 0  # 甲 sells to 乙
    assert trade.amount.tolist() == [12_345]
    assert network.matrices["guarantee"].quantities["collateral"].tolist() == [MISSING]
    assert network.matrices["loan"].indptr.tolist() == [0, 0, 0]
    assert [network.statements[k] for k in trade.evidence_of(0)] == ["contract:x:1"]
    assert [network.statements[k] for k in network.node_evidence] == [
        "party:reg:b",
        "financials:tax:b;2",
    ]
    assert network.rates.layer.tolist() == [b"supply"]
    assert (network.rates.hit[0], network.rates.fallen[0], network.rates.rate[0]) == (0, 1, 0.5)
    assert network.essentiality == {("36", "36"): 2}


@pytest.mark.parametrize("unit", ["yuan", "fen", "wan", "yi"])
def test_what_is_written_reads_back_to_the_same_id(tmp_path: Path, unit: str) -> None:
    network = read_network_folder(made(tmp_path / "a"))
    write_network_folder(network, tmp_path / "b", unit=unit)
    again = read_network_folder(tmp_path / "b")
    assert again.network_id == network.network_id
    assert again.manifest["rounded_to_fen"] == 0


def test_a_changed_file_no_longer_matches_its_hash(tmp_path: Path) -> None:
    write_network_folder(read_network_folder(made(tmp_path / "a")), tmp_path / "b")
    trade = tmp_path / "b" / "trade.csv"
    trade.write_text(trade.read_text("utf-8").replace("123.45", "123.46"), "utf-8")
    with pytest.raises(BadInput, match="files were changed since"):
        read_network_folder(tmp_path / "b")


def test_a_coarse_unit_is_rounded_to_fen_and_says_so(tmp_path: Path) -> None:
    coarse = {"network__toml": 'unit = "wan"\ndate = "2026-06-30"\n'}
    trade = "row,column,amount\n甲,乙,1.2345675\n乙,甲,2\n"
    network = read_network_folder(made(tmp_path, trade__csv=trade, **coarse))
    # 1.2345675 wan = 1,234,567.5 fen, half to even 1,234,568
    assert network.matrices["trade"].amount.tolist() == [2_000_000, 1_234_568]
    assert network.manifest["rounded_to_fen"] == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"trade__csv": "row,column,amount\n甲,丙,1\n"}, "trade.csv line 2, column: '丙'"),
        ({"trade__csv": "row,column,amount\n甲,乙,1\n\n甲,乙,2\n"}, "line 4.*trade.csv line 2"),
        ({"trade__csv": "row,column,amount\n甲,乙,1.234\n"}, "finer than a fen"),
        ({"trade__csv": "row,column,amount\n甲,乙,1 000\n"}, "line 2, amount: '1 000'"),
        ({"trade__csv": "row,column,amount\n甲,乙,NaN\n"}, "not a decimal number"),
        ({"trade__csv": "row,column,amount\n甲,乙,-3\n"}, "not negative"),
        ({"trade__csv": "row,column,amount\n甲,乙,\n"}, "never empty"),
        ({"trade__csv": "row,column,amount\n甲,甲,3\n"}, "edge to itself"),
        ({"trade__csv": "row,column,amount\n甲,乙,99999999999999999999\n"}, "64 bits"),
        ({"trade__csv": "row,column,amount\n甲,乙,1,2\n"}, "header has 3 columns"),
        ({"trade__csv": "row,column,amount,price\n"}, "no such column"),
        ({"trade__csv": "row,column\n"}, "no column amount"),
        ({"trades__csv": "row,column,amount\n"}, "no such file"),
        ({"nodes__csv": "id,turnover\n甲,1\n乙,2\n"}, "line 1: turnover"),
        ({"nodes__csv": "id\n甲\n甲\n"}, "nodes.csv line 2 has it too"),
        ({"nodes__csv": "id,own_rate\n甲,\n乙,inf\n"}, "line 3, own_rate: 'inf'"),
        ({"nodes__csv": "id,established_on\n甲,2026-02-30\n乙,\n"}, "not a day"),
        ({"nodes__csv": "id,overdue_days\n甲,-1\n乙,\n"}, "not a count"),
        ({"rates__csv": "hit,fallen,layer,rate\n甲,乙,love,1\n"}, "no such layer"),
        ({"rates__csv": "hit,fallen,layer,rate\n甲,乙,supply,-1\n"}, "not negative"),
        ({"essentiality__csv": "supplier,buyer,value\n1,2,3\n"}, "essentiality is 0"),
        ({"network__toml": 'unit = "dollar"\ndate = 2026-06-30\n'}, "unit is one of"),
        ({"network__toml": 'unit = "yuan"\n'}, "it is a day"),
        ({"network__toml": "unit = "}, "not TOML"),
    ],
)
def test_an_error_names_its_place(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_network_folder(made(tmp_path, **changed))


def test_what_a_network_lacks_is_written_as_missing(tmp_path: Path) -> None:
    network = read_network_folder(made(tmp_path / "a"))
    columns = {"name": np.array([b"x", b"y"], dtype="S40")}
    small = replace(network, columns=columns, matrices={"trade": network.matrices["trade"]})
    write_network_folder(small, tmp_path / "b")
    again = read_network_folder(tmp_path / "b")
    assert again.columns["revenue"].tolist() == [MISSING, MISSING]
    assert again.matrices["loan"].indptr.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("-0.5", -50),
        ("1.", 100),
        (".5", 50),
        ("1e3", 100_000),
        ("+2", 200),
        ("1.50", 150),
    ],
)
def test_decimals_are_read_exactly(tmp_path: Path, text: str, fen: int) -> None:
    network = read_network_folder(made(tmp_path, nodes__csv=f"id,equity\n甲,{text}\n乙,\n"))
    assert network.columns["equity"].tolist() == [MISSING, fen]


def test_a_full_folder_is_not_overwritten(tmp_path: Path) -> None:
    network = read_network_folder(made(tmp_path))
    with pytest.raises(BadInput, match="not empty"):
        write_network_folder(network, tmp_path)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.integers(-(2**62), 2**62),
            st.floats(0, 1e6),
            st.text(st.characters(codec="utf-8"), max_size=5),
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(["yuan", "fen", "yi"]),
)
def test_any_money_rate_and_text_survive(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, float, str]],
    unit: str,
) -> None:
    folder = tmp_path_factory.mktemp("folder")
    network = read_network_folder(
        made(folder / "a", nodes__csv="id\n甲\n乙\n" + "".join(f"n{k}\n" for k in range(len(rows))))
    )
    places = [network.place(f"n{k}") for k in range(len(rows))]
    names = [text.replace("\0", "").encode() for _, _, text in rows]
    columns = dict(network.columns)
    for column, values in (
        ("equity", [row[0] for row in rows]),
        ("sigma", [row[1] for row in rows]),
    ):
        columns[column] = columns[column].copy()
        columns[column][places] = values
    columns["name"] = np.zeros(len(network), dtype=f"S{max(map(len, [*names, b'x']))}")
    columns["name"][places] = names
    write_network_folder(replace(network, columns=columns), folder / "b", unit=unit)
    again = read_network_folder(folder / "b")
    assert again.columns["equity"].tolist() == columns["equity"].tolist()
    np.testing.assert_array_equal(again.columns["sigma"], columns["sigma"])
    assert again.columns["name"].tolist() == columns["name"].tolist()
