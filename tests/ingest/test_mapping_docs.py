"""Every block of `docs/mapping.md` that names its file is read; rows beside it are loaded."""

import re
from pathlib import Path
from typing import Any

import pytest

from graph_model.schema import Dictionary
from ingest import mapping, source_file
from ingest.mapping import read_mapping
from ingest.raw_table import FileFormat
from ingest.source_file import read_source

PAGE = Path(__file__).parents[2] / "docs" / "mapping.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = {
    name: body
    for _, name, body in re.findall(r"^```(toml|csv)\n# (\S+)\n(.*?)^```$", TEXT, re.M | re.S)
}
TABLES = [
    name.removesuffix(".toml")
    for name in BLOCKS
    if name.removesuffix(".toml") + ".csv" in BLOCKS and name.endswith(".toml")
]


def loaded(member: Any, name: str) -> Any:
    reading = member.maps(f"{name}.toml", BLOCKS[f"{name}.toml"])
    report = member.loads_only(f"{name}.csv", BLOCKS[f"{name}.csv"].rstrip(), reading=reading)
    assert member.rules() == []
    return report.files[0]


def test_the_page_has_the_blocks_that_are_run_here() -> None:
    assert len(BLOCKS) == len(re.findall(r"^```(?:toml|csv)$", TEXT, re.M))
    assert TABLES == ["loans", "payables", "payments"]


def test_source_toml_is_read(tmp_path: Path, dictionary: Dictionary) -> None:
    (tmp_path / "source.toml").write_text(BLOCKS["source.toml"], encoding="utf-8")
    declared = read_source(tmp_path / "source.toml", dictionary)
    assert [file.extract for file in declared.file] == ["full", "delta"]
    assert [str(file.state_day) for file in declared.file] == ["2026-10-31", "2026-11-01"]


@pytest.mark.parametrize("name", TABLES)
def test_each_mapping_is_read(tmp_path: Path, dictionary: Dictionary, name: str) -> None:
    (tmp_path / f"{name}.toml").write_text(BLOCKS[f"{name}.toml"], encoding="utf-8")
    assert read_mapping(tmp_path / f"{name}.toml", dictionary).statement


def test_the_loans_are_read_with_unit_currency_and_footer(member: Any) -> None:
    assert loaded(member, "loans").accepted == 2
    assert [(row["loan_no"], row["balance"]) for row in member.known("loan")] == [
        ("A-1", 12_000_000_000),
        ("A-2", 709_500_000),
    ]


def test_the_payables_make_invoices_and_mention_parties(member: Any) -> None:
    assert loaded(member, "payables").accepted == 4
    invoices = {row["invoice_no"]: row for row in member.known("invoice")}
    assert {no: row["amount"] for no, row in invoices.items()} == {
        "0001": 120_050,
        "0002": -20_050,
        "0003": 9_000,
    }
    assert {no: row["state"] for no, row in invoices.items()} == {
        "0001": "valid",
        "0002": "void",
        "0003": "valid",
    }
    assert invoices["0003"]["seller"].startswith("src:member:n-")
    assert [row["name"] for row in member.known("party")] == [
        "广州云埔衡座汽车座椅（示例）有限公司"
    ]


def test_the_payments_are_three_by_two_payers(member: Any) -> None:
    assert loaded(member, "payments").accepted == 3
    assert len(member.known("payment")) == 3
    assert len({row["payer"] for row in member.known("payment")}) == 2


@pytest.mark.parametrize(
    "model",
    [
        source_file.SourceDeclaration,
        source_file.FileDeclaration,
        mapping.Mapping,
        mapping.Format,
        mapping.Money,
        mapping.Rate,
        mapping.StatementRule,
        mapping.Condition,
        mapping.FieldRule,
    ],
)
def test_every_key_is_explained(model: Any) -> None:
    keys = [field.alias or name for name, field in model.model_fields.items()]
    assert [key for key in keys if not re.search(rf"[`\[.]{key}[`\]. ]", TEXT)] == []


def test_the_form_of_a_file_has_the_keys_of_the_reader() -> None:
    assert set(mapping.Format.model_fields) == set(FileFormat.__dataclass_fields__)
