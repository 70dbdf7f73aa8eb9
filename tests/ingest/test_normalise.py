from collections.abc import Sequence

import pytest

from graph_model import identity
from graph_model.schema import Dictionary
from ingest.mapping import Mapping, checked
from ingest.normalise import Fields, Normaliser
from ingest.raw_table import CellFault, RawChunk

SELLER, BUYER = "91440112XXXX000191", "91440112XXXX00027U"
INVOICE = {
    "seller": {"column": "s"},
    "invoice_no": {"column": "n"},
    "buyer": {"column": "b"},
    "issued_on": {"column": "d"},
    "amount": {"column": "a"},
}
ROW = {"s": SELLER, "n": "1", "b": BUYER, "d": "2026-05-01", "a": "5"}


class Reading:
    """Reads rows (dicts that change the good row) by a mapping with changed field rules."""

    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary

    def __call__(
        self,
        *rows: dict[str, str],
        faults: dict[int, CellFault] | None = None,
        kind: str = "invoice",
        alone: bool = False,
        when: Sequence[dict[str, object]] = (),
        rest: dict[str, object] | None = None,
        **rules: dict[str, object] | None,
    ) -> Fields:
        base = INVOICE if kind == "invoice" else {}
        fields = {k: v for k, v in {**base, **rules}.items() if v is not None}
        content = {
            "name": "made",
            "statement": [{"kind": kind, "fields": fields, "when": list(when)}],
            **(rest or {}),
        }
        mapping = checked(Mapping.model_validate(content), self.dictionary, "made")
        whole = [{**ROW, **row} for row in rows] or [ROW]
        columns = {h: [row.get(h, "") for row in whole] for h in {k: 0 for r in whole for k in r}}
        chunk = RawChunk(columns, list(range(2, 2 + len(whole))), faults or {})
        normaliser = Normaliser(mapping, self.dictionary, "me", alone=alone)
        normaliser.check_header(list(columns), "made.csv")
        return normaliser.read(chunk)[0]


@pytest.fixture
def reading(dictionary: Dictionary) -> Reading:
    return Reading(dictionary)


def told(fields: Fields) -> list[tuple[int, str, str]]:
    return [(fault.place, fault.severity, fault.rule) for fault in fields.faults]


def test_a_row_becomes_typed_fields_and_what_no_rule_gives_is_missing(reading: Reading) -> None:
    fields = reading()
    assert {name: column[0] for name, column in fields.values.items()} == {
        "seller": f"uscc:{SELLER}",
        "invoice_no": "1",
        "buyer": f"uscc:{BUYER}",
        "issued_on": "2026-05-01",
        "due_on": None,
        "amount": 500,
        "total": None,
        "state": None,
    }
    assert fields.faults == []
    assert fields.states == [True]


@pytest.mark.parametrize("cell", ["", " ", "-", "——", "暂无", "N/A", "－", "\u3000"])
def test_words_for_nothing_are_nothing(reading: Reading, cell: str) -> None:
    fields = reading({"due": cell}, due_on={"column": "due"})
    assert fields.values["due_on"] == [None]
    assert fields.faults == []


def test_a_missing_required_value_keeps_the_row_aside(reading: Reading) -> None:
    assert told(reading({"b": "无"})) == [(0, "quarantine", "购方 (buyer) is required")]


def test_a_mapping_and_a_field_may_have_null_words_of_their_own(reading: Reading) -> None:
    due = {"column": "due", "null_words": ["未约定"]}
    rest = {"null_words": ["（空）"]}
    fields = reading({"due": "未约定"}, {"due": "(空)"}, due_on=due, rest=rest)
    assert fields.values["due_on"] == [None, None]
    assert told(reading({"b": "未约定"}, due_on={"column": "d"}))[0][1] == "quarantine"


@pytest.mark.parametrize(
    "cell",
    ["长期", "9999-12-31", "9999/12/31", "99991231", "2099年12月31日", "1900/1/1", "0000-00-00"],
)
def test_days_that_stand_for_no_end_are_no_days_however_written(
    reading: Reading, cell: str
) -> None:
    fields = reading({"due": cell}, due_on={"column": "due"})
    assert fields.values["due_on"] == [None]
    assert fields.faults == []
    assert told(reading({"d": cell})) == [(0, "quarantine", "开票日期 (issued_on) is required")]


def test_an_optional_field_that_lacks_lets_the_row_make_no_statement(reading: Reading) -> None:
    fields = reading({"b": ""}, {}, buyer={"column": "b", "optional": True})
    assert fields.states == [False, True]
    assert fields.faults == []


def test_faults_of_a_statement_that_is_not_made_do_not_matter(reading: Reading) -> None:
    fields = reading({"s": "wrong", "b": ""}, buyer={"column": "b", "optional": True})
    assert fields.faults == []


def test_the_first_of_several_columns_that_is_there_counts(reading: Reading) -> None:
    fields = reading({"n2": "9"}, invoice_no={"column": ["absent", "n2", "n"]})
    assert fields.values["invoice_no"] == ["9"]


def test_a_constant_stands_in_every_row(reading: Reading) -> None:
    fields = reading({}, {}, state={"constant": "有效"})
    assert fields.values["state"] == ["valid", "valid"]


def test_values_are_translated_before_they_are_read(reading: Reading) -> None:
    state = {"column": "st", "values": {"正数（蓝字）": "有效", "其他": ""}}
    fields = reading({"st": "正数(蓝字)"}, {"st": " 其他"}, {"st": "作废"}, state=state)
    assert fields.values["state"] == ["valid", None, "void"]


def test_an_unknown_code_is_left_empty_with_a_warning_where_none_is_needed(
    reading: Reading,
) -> None:
    fields = reading({"st": "红冲"}, state={"column": "st"})
    assert fields.values["state"] == [None]
    assert told(fields) == [(0, "warning", "is not in the code table")]
    assert "left empty" in fields.faults[0].way_out


def test_amounts_go_by_the_unit_of_the_field_before_that_of_the_file(reading: Reading) -> None:
    fields = reading(
        {"t": "1,000"}, total={"column": "t", "unit": "元"}, rest={"money": {"unit": "万元"}}
    )
    assert fields.values["amount"] == [5_000_000]
    assert fields.values["total"] == [100_000]


def test_amounts_are_converted_by_the_rate_of_their_currency(reading: Reading) -> None:
    rate = {"rate": "7.0950", "date": "2026-10-30", "source": "made"}
    rest = {"money": {"currency": "币种", "rates": {"USD": rate}}}
    rows = [{"币种": word} for word in ("USD", "CNY", "人民币", "", "JPY")]
    fields = reading(*rows, rest=rest)
    assert fields.values["amount"] == [3548, 500, 500, 500, None]  # 5 * 7.095 = 35.475 -> 35.48
    assert told(fields) == [(4, "quarantine", "there is no rate for JPY in the mapping")]


def test_an_amount_below_the_least_is_refused_and_below_nought_elsewhere_not(
    reading: Reading,
) -> None:
    assert reading({"a": "-5"}).values["amount"] == [-500]
    loan = {
        "lender": {"column": "s"},
        "loan_no": {"column": "n"},
        "borrower": {"column": "b"},
        "balance": {"column": "a"},
    }
    fields = reading({"a": "-5"}, kind="loan", **loan)
    assert told(fields) == [(0, "quarantine", "贷款余额 (balance) is less than 0")]


@pytest.mark.parametrize(
    ("condition", "states"),
    [
        ({"equals": "甲（1）"}, [True, False, False]),
        ({"among": ["甲(1)", "乙"]}, [True, True, False]),
        ({"starts_with": "甲（"}, [True, False, False]),
        ({"missing": True}, [False, False, True]),
        ({"missing": True, "not": True}, [True, True, False]),
        ({"equals": "乙", "not": True}, [True, False, True]),
    ],
)
def test_a_condition_says_which_rows_make_the_statement(
    reading: Reading, condition: dict[str, object], states: list[bool]
) -> None:
    rows = [{"k": "甲(1)"}, {"k": "乙"}, {"k": "—"}]
    assert reading(*rows, when=[{"column": "k", **condition}]).states == states


def test_all_conditions_must_hold(reading: Reading) -> None:
    when = [{"column": "k", "equals": "x"}, {"column": "m", "missing": True}]
    fields = reading({"k": "x", "m": ""}, {"k": "x", "m": "1"}, {"k": "y", "m": ""}, when=when)
    assert fields.states == [True, False, False]


class TestParties:
    LEI = "529900T8BM49AURSDO55"

    def test_a_party_is_a_credit_code_or_an_lei_as_it_comes(self, reading: Reading) -> None:
        fields = reading({"s": self.LEI.lower()}, {"s": SELLER.lower()})
        assert fields.values["seller"] == [f"lei:{self.LEI}", f"uscc:{SELLER}"]

    def test_an_lei_may_be_asked_for(self, reading: Reading) -> None:
        fields = reading({"s": SELLER}, seller={"column": "s", "as": "lei"})
        assert fields.values["seller"] == [None]
        assert "ISO 17442" in told(fields)[0][2]

    def test_an_id_of_the_source_is_provisional_and_its_own(self, reading: Reading) -> None:
        fields = reading({"s": "14"}, seller={"column": "s", "as": "local"})
        assert fields.values["seller"] == ["src:me:14"]

    def test_a_name_stands_for_a_party_where_there_is_no_code(self, reading: Reading) -> None:
        seller = {"column": "s", "name_column": "名称"}
        rows = [
            {"s": "", "名称": "广州（示例）公司"},
            {"s": "-", "名称": "广州(示例) 公司"},
            {"s": "", "名称": "无"},
        ]
        fields = reading(*rows, seller=seller)
        known = identity.of_name("me", "广州(示例)公司")
        assert fields.values["seller"] == [known, known, None]
        assert told(fields) == [(2, "quarantine", "销方 (seller) is required")]

    def test_a_wrong_code_is_not_replaced_by_the_name(self, reading: Reading) -> None:
        seller = {"column": "s", "name_column": "名称"}
        fields = reading({"s": "91440112XXXX000192", "名称": "某公司"}, seller=seller)
        assert told(fields)[0][2].startswith("CHECK_OUTER")

    def test_cells_that_name_only_together_are_joined(self, reading: Reading) -> None:
        seller = {"column": "s", "as": "name", "joined_with": ["c"]}
        fields = reading({"s": "财政部", "c": "甲国"}, {"s": "财政部", "c": "乙国"}, seller=seller)
        assert len(set(fields.values["seller"])) == 2


OCCURRENCE: dict[str, object] = {"occurrence_of": ["s", "d", "a"]}


class TestOccurrences:
    def test_equal_rows_are_numbered_so_that_both_count(self, reading: Reading) -> None:
        fields = reading({}, {"a": "6"}, {}, invoice_no=OCCURRENCE)
        first, other, second = (str(v).split(".") for v in fields.values["invoice_no"])
        assert first[0] == second[0] != other[0]
        assert (first[1], second[1], other[1]) == ("1", "2", "1")

    def test_amounts_that_differ_only_in_the_point_are_not_one(self, reading: Reading) -> None:
        fields = reading({"a": "12.5"}, {"a": "125"}, {"a": "-125"}, invoice_no=OCCURRENCE)
        assert len({str(v).split(".")[0] for v in fields.values["invoice_no"]}) == 3

    def test_rows_without_the_rest_of_their_file_are_numbered_by_line(
        self, reading: Reading
    ) -> None:
        fields = reading({}, {}, invoice_no=OCCURRENCE, alone=True)
        assert [str(v).split(".")[1] for v in fields.values["invoice_no"]] == ["l2", "l3"]


def test_of_a_damaged_row_only_the_key_is_of_use_and_its_cells_are_not_judged(
    reading: Reading,
) -> None:
    damage = {0: CellFault("", "x", "5 columns expected, 4 found", "Correct it.")}
    fields = reading({"a": "no number"}, faults=damage)
    assert fields.faults == []
    assert fields.values["invoice_no"] == ["1"]


def test_a_person_in_a_damaged_row_is_still_refused(reading: Reading) -> None:
    damage = {0: CellFault("", "x", "5 columns expected, 4 found", "Correct it.")}
    fields = reading({"s": "440000190001010000"}, faults=damage)
    assert [severity for _, severity, _ in told(fields)] == ["refused"]


def test_a_list_without_items_is_missing(reading: Reading) -> None:
    consent = {
        name: {"column": column}
        for name, column in (("grantor", "s"), ("consent_no", "n"), ("grantee", "b"))
    }
    fixed = {"purpose": {"constant": "self"}, "method": {"constant": "paper"}}
    rule = {"scopes": {"column": "w"}, "starts_on": {"column": "d"}}
    fields = reading({"w": "；、"}, kind="consent", **consent, **fixed, **rule)
    assert told(fields) == [(0, "quarantine", "授权数据范围 (scopes) is required")]
