from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph_model.errors import BadInput
from graph_model.schema import Dictionary
from ingest.mapping import default_mapping, mapping_from_json, read_mapping
from ingest.source_file import SourceDeclaration, files_of, mapping_of, read_source

GOOD = """
name = "invoices"

[money]
unit = "wan"
currency = "USD"

[money.rates.USD]
rate = "7.0950"
date = 2026-10-30
source = "a table of rates"

[[statement]]
kind = "invoice"

[statement.fields]
seller = { column = "卖方" }
invoice_no = { column = ["发票号码", "发票号"] }
buyer = { constant = "91440112XXXX000191" }
issued_on = { column = "日期", format = "%d.%m.%Y" }
amount = { column = "金额（万元）" }
"""
SOURCE = """
id = "made"
name = "made"
type = "member"
rank = 20
authorisation = "a test"
association_allowed = true

[[file]]
path = "a.csv"
kind = "invoice"
extract = "full"
period = { start = 2025-11-01, end = 2026-11-01 }
"""
Broken = Callable[[str, str], BadInput]


@pytest.fixture
def broken(tmp_path: Path, dictionary: Dictionary) -> Broken:
    """The error of the good mapping with one part of it changed."""

    def refused(part: str, instead: str) -> BadInput:
        assert part in GOOD
        path = tmp_path / "invoices.toml"
        path.write_text(GOOD.replace(part, instead, 1), encoding="utf-8")
        with pytest.raises(BadInput) as caught:
            read_mapping(path, dictionary)
        assert "invoices.toml" in caught.value.value
        assert caught.value.rule
        assert caught.value.way_out
        return caught.value

    return refused


def test_a_good_mapping_is_read_and_comes_back_from_what_a_load_keeps(
    tmp_path: Path, dictionary: Dictionary
) -> None:
    path = tmp_path / "invoices.toml"
    path.write_text(GOOD, encoding="utf-8")
    mapping = read_mapping(path, dictionary)
    assert mapping.statement[0].fields["amount"].columns == ("金额(万元)",)
    assert mapping_from_json(mapping.as_json(), dictionary) == mapping


@pytest.mark.parametrize(
    ("part", "instead", "place", "rule"),
    [
        ('name = "inv', 'titel = "x"\nname = "inv', "titel", "Extra inputs"),
        ('unit = "wan"', 'units = "wan"', "money.units", "Extra inputs"),
        ('{ column = "卖方" }', '{ colum = "卖方" }', "seller", "Extra inputs|exactly one"),
        ('kind = "invoice"', 'kind = "invoize"', "invoize", "not a kind"),
        ("amount = {", "total = {", "statement invoice", "required field amount"),
        ("amount = {", "price = {", "price", "no such field"),
        (
            '{ column = "卖方" }',
            '{ column = "卖方", constant = "x" }',
            "seller",
            "exactly one of column",
        ),
        ('{ column = "卖方" }', "{}", "seller", "exactly one of column"),
        ('{ column = "卖方" }', '{ column = "卖方", as = "iban" }', "seller.as", "'auto', 'uscc'"),
        ('unit = "wan"', 'unit = "dozen"', "money.unit: 'dozen'", "no unit of money"),
        (
            '"金额（万元）" }',
            '"金额（万元）", unit = "斤" }',
            "amount.unit: '斤'",
            "no unit of money",
        ),
        ('rate = "7.0950"', 'rate = "seven"', "money.rates.USD.rate", "match pattern"),
        ("date = 2026-10-30", 'date = "soon"', "money.rates.USD.date", "date"),
        ('source = "a table of rates"', 'source = ""', "money.rates.USD.source", "at least 1"),
        (
            "[[statement]]",
            '[format]\ndelimiter = "||"\n\n[[statement]]',
            "format.delimiter",
            "at most 1",
        ),
        (
            "[[statement]]",
            "[format]\nheader_row = 0\n\n[[statement]]",
            "format.header_row",
            "greater",
        ),
        (
            "[statement.fields]",
            'repeats = "last"\n[statement.fields]',
            "statement.0.repeats",
            "'refuse'",
        ),
        (
            "[statement.fields]",
            'when = [{ column = "x" }]\n[statement.fields]',
            "when",
            "exactly one of equals",
        ),
        (
            '{ column = "卖方" }',
            '{ constant = "x", joined_with = ["y"] }',
            "seller",
            "joined_with needs",
        ),
        ("[money]", "[money", "invoices.toml", "is not TOML"),
    ],
)
def test_an_error_says_file_place_rule_and_way_out(
    broken: Broken, part: str, instead: str, place: str, rule: str
) -> None:
    error = broken(part, instead)
    assert place in error.value
    assert any(word in error.rule for word in rule.split("|"))


def test_a_mapping_that_is_not_there_is_named(tmp_path: Path, dictionary: Dictionary) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.toml.*no such mapping"):
        read_mapping(tmp_path / "nowhere.toml", dictionary)


def test_a_file_without_a_needed_column_is_refused_with_those_it_has(member: Any) -> None:
    reading = member.maps("invoices.toml", GOOD)
    member.sends("a.csv", "卖方,日期,金额(万元)", reading=reading)
    with pytest.raises(BadInput) as caught:
        member.load()
    assert caught.value.value == "a.csv: 发票号码 or 发票号"
    assert "卖方, 日期, 金额(万元)" in caught.value.way_out


def test_columns_that_only_conditions_and_names_use_are_needed_too(member: Any) -> None:
    fields = GOOD.replace('{ column = "卖方" }', '{ column = "卖方", name_column = "名称" }')
    fields = fields.replace(
        "[statement.fields]", 'when = [{ column = "状态", equals = "有效" }]\n[statement.fields]'
    )
    reading = member.maps("invoices.toml", fields)
    member.sends("a.csv", "卖方,发票号,日期,金额(万元)", reading=reading)
    with pytest.raises(BadInput, match=r"a\.csv: 状态, 名称"):
        member.load()


def test_a_currency_needs_a_rate_or_a_column(member: Any) -> None:
    reading = member.maps("invoices.toml", GOOD.replace('currency = "USD"', 'currency = "EUR"'))
    member.sends("a.csv", "卖方,发票号,日期,金额(万元)", reading=reading)
    with pytest.raises(
        BadInput, match=r"a\.csv, invoice\.amount, currency 'EUR'.*money\.rates\.EUR"
    ):
        member.load()


def test_by_default_headers_are_field_names_or_chinese_labels(dictionary: Dictionary) -> None:
    mapping = default_mapping(dictionary.kind("loan"))
    assert mapping.statement[0].fields["balance"].columns == ("balance", "贷款余额")
    assert mapping.statement[0].fields["collateral"].may_lack
    assert not mapping.statement[0].fields["lender"].may_lack


@pytest.mark.parametrize(
    ("part", "instead", "place", "rule"),
    [
        ('type = "member"', 'type = "friend"', "type: 'friend'", "Art. 21"),
        ('id = "made"', 'id = "Made It"', "id", "match pattern"),
        ("rank = 20", "rank = -1", "rank", "greater"),
        ('authorisation = "a test"', 'authorisation = ""', "authorisation", "at least 1"),
        ("association_allowed = true", "", "association_allowed", "required"),
        ('kind = "invoice"', "", "file.0", "exactly one of kind, mapping"),
        ('kind = "invoice"', 'kind = "invoice"\nmapping = "x.toml"', "file.0", "exactly one of"),
        ('extract = "full"', 'extract = "whole"', "file.0.extract", "'full' or 'delta'"),
        ("start = 2025-11-01", "start = 2026-11-01", "file.0.period", "before end"),
        ('path = "a.csv"', 'path = "../a.csv"', "file.0.path", "inside the folder"),
        ('path = "a.csv"', 'path = "/a.csv"', "file.0.path", "inside the folder"),
        ('path = "a.csv"', 'path = ""', "file.0.path", "inside the folder"),
        ('path = "a.csv"', 'path = "a.csv"\ncomment = "x"', "file.0.comment", "Extra inputs"),
        ("[[file]]", "[[dossier]]", "file", "required"),
    ],
)
def test_an_error_of_source_toml_says_place_and_rule(
    tmp_path: Path, dictionary: Dictionary, part: str, instead: str, place: str, rule: str
) -> None:
    assert part in SOURCE
    path = tmp_path / "source.toml"
    path.write_text(SOURCE.replace(part, instead, 1), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_source(path, dictionary)
    assert "source.toml" in caught.value.value
    assert place in caught.value.value
    assert rule in caught.value.rule
    assert caught.value.way_out


def declared(tmp_path: Path, dictionary: Dictionary, path: str) -> SourceDeclaration:
    toml = tmp_path / "source.toml"
    toml.write_text(SOURCE.replace("a.csv", path), encoding="utf-8")
    return read_source(toml, dictionary)


def test_a_pattern_names_its_files_in_order(tmp_path: Path, dictionary: Dictionary) -> None:
    for name in ("b-2.csv", "b-1.csv", "c.csv"):
        (tmp_path / name).touch()
    (file,) = declared(tmp_path, dictionary, "b-*.csv").file
    assert [path.name for path in files_of(file, tmp_path)] == ["b-1.csv", "b-2.csv"]


def test_a_name_with_brackets_is_a_name_where_such_a_file_is(
    tmp_path: Path, dictionary: Dictionary
) -> None:
    (tmp_path / "report[1].csv").touch()
    (file,) = declared(tmp_path, dictionary, "report[1].csv").file
    assert [path.name for path in files_of(file, tmp_path)] == ["report[1].csv"]


def test_states_hold_from_the_end_of_the_period_where_no_day_is_given(
    tmp_path: Path, dictionary: Dictionary
) -> None:
    (file,) = declared(tmp_path, dictionary, "a.csv").file
    assert file.state_day.isoformat() == "2026-11-01"


def test_an_override_is_the_mapping_of_every_file(tmp_path: Path, dictionary: Dictionary) -> None:
    (tmp_path / "other.toml").write_text(GOOD, encoding="utf-8")
    (file,) = declared(tmp_path, dictionary, "a.csv").file
    assert mapping_of(file, tmp_path, dictionary).name == "invoice by its field names"
    override = mapping_of(file, tmp_path, dictionary, tmp_path / "other.toml")
    assert override.name == "invoices"
