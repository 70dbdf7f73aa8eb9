from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_model.errors import BadInput
from graph_model.schema import Dictionary
from ingest import cells
from ingest.cells import Unreadable

YUAN = Decimal(100)


@pytest.mark.parametrize(
    "written",
    [
        *("2026-05-01", "2026-5-1", "2026/5/1", "2026.05.01", "20260501", "2026年5月1日"),
        *("20260501083000", "202605010830", "2026-5-1 8:30", "2026-05-01T08:30:00.5"),
        *(
            "2026-05-01T08:30:00+08:00",
            "2026-05-01T00:30:00Z",
            "２０２６－０５－０１",
            " 2026-05-01 ",
        ),
    ],
)
def test_a_day_is_read_in_every_usual_form(written: str) -> None:
    assert cells.parse_date(written, ()) == "2026-05-01"


@pytest.mark.parametrize(
    "written",
    [
        "1/5/2026",
        "05-01-2026",
        "2026-02-30",
        "2026-13-01",
        "46143",
        "2026-5-1230",
        "May 2026",
        "26-5-1",
    ],
)
def test_what_is_no_day_or_leaves_a_choice_is_refused(written: str) -> None:
    with pytest.raises(Unreadable, match="is not a date") as caught:
        cells.parse_date(written, ())
    assert "2026-05-01" in caught.value.way_out


def test_a_stated_form_is_the_only_one_read() -> None:
    assert cells.parse_date("05/01/2026", ["%m/%d/%Y", "%d.%m.%Y"]) == "2026-05-01"
    assert cells.parse_date("31.12.2025", ["%m/%d/%Y", "%d.%m.%Y"]) == "2025-12-31"
    with pytest.raises(Unreadable, match="no stated form fits"):
        cells.parse_date("2026-05-01", ["%m/%d/%Y"])


@given(st.dates())
def test_iso_days_come_back_as_they_were(day: object) -> None:
    assert cells.parse_date(str(day), ()) == str(day)


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        *(("1200.5", 120050), ("1,200.50", 120050), ("1,234,567", 123456700), ("¥5", 500)),
        *(("１，２００．５０", 120050), ("￥1,200.50", 120050), ("1 200.50", 120050)),
        *(("-3", -300), ("(1,200.50)", -120050), ("（3）", -300), ("12E5", 120000000)),
        *(("0.005", 0), ("0.015", 2), ("0.025", 2), ("1e-40", 0)),
    ],
)
def test_an_amount_becomes_fen_half_to_even(written: str, fen: int) -> None:
    assert cells.parse_money(written, YUAN) == fen


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        *(("5,000000", "thousands mark"), ("1,20", "thousands mark"), ("壹万", "is not a number")),
        *(("1.2.3", "is not a number"), ("5万元", "is not a number"), ("--5", "is not a number")),
        *(("1e99", "90 trillion"), ("9" * 40, "90 trillion"), ("90071992547410", "90 trillion")),
    ],
)
def test_what_is_no_amount_is_refused(written: str, rule: str) -> None:
    with pytest.raises(Unreadable, match=rule):
        cells.parse_money(written, YUAN)


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_every_amount_in_fen_comes_back_from_yuan(fen: int) -> None:
    assert cells.parse_money(f"{Decimal(fen) / 100:,.2f}", YUAN) == fen


@pytest.mark.parametrize(
    ("unit", "fen"),
    [
        ("fen", 1),
        ("元", 100),
        ("thousand", 10**5),
        ("万元", 10**6),
        ("million", 10**8),
        ("yi", 10**10),
    ],
)
def test_units_go_by_their_names_in_both_languages(unit: str, fen: int) -> None:
    assert cells.parse_money("1", cells.unit_factor(unit, "a mapping")) == fen


def test_an_unknown_unit_is_named_with_its_place() -> None:
    with pytest.raises(BadInput, match=r"a mapping: 'dozen'.*wan"):
        cells.unit_factor("dozen", "a mapping")


@pytest.mark.parametrize(
    ("written", "share"),
    [("0.25", 0.25), ("25%", 0.25), ("１００％", 1.0), ("0", 0.0), ("12.5 %", 0.125)],
)
def test_a_share_is_a_fraction_or_per_cent(written: str, share: float) -> None:
    assert cells.parse_rate(written) == share


@pytest.mark.parametrize("written", ["25", "-0.1", "101%"])
def test_a_share_outside_nought_to_one_is_refused(written: str) -> None:
    with pytest.raises(Unreadable, match="between 0 and 1"):
        cells.parse_rate(written)


def test_a_count_is_a_whole_number() -> None:
    assert cells.parse_integer("1,024") == 1024
    assert cells.parse_integer("3.0") == 3
    for written in ("3.5", "1e99", "三"):
        with pytest.raises(Unreadable):
            cells.parse_integer(written)


def test_flags_are_yes_or_no_in_the_words_of_the_table() -> None:
    assert [cells.parse_flag(word) for word in ("是", "Y", "1", "TRUE", "有", "１")] == [1] * 6
    assert [cells.parse_flag(word) for word in ("否", "N", "2", "FALSE", "0")] == [0] * 5
    with pytest.raises(Unreadable, match="neither yes nor no"):
        cells.parse_flag("也许")


def test_a_list_is_split_at_any_of_the_usual_marks() -> None:
    assert cells.parse_list("甲; 乙；丙、丁|戊\n己；；") == "甲；乙；丙；丁；戊；己"
    assert cells.parse_list(" ； ") == ""


def test_a_code_goes_by_code_name_or_alias(dictionary: Dictionary) -> None:
    spelling = cells.spellings(dictionary.codes("party_kind"))
    for written in ("lender", "金融机构", "银行", " lender "):
        assert cells.parse_code(written, spelling) == "lender"
    with pytest.raises(Unreadable, match="not in the code table"):
        cells.parse_code("慈善家", spelling)


def test_the_word_tables_know_what_means_nothing_and_what_has_no_end() -> None:
    assert {"", "-", "暂无", "N/A", "— —"} <= cells.words("missing")
    assert {"长期", "9999-9-9", "1900-1-1"} <= cells.words("open_end")
    assert {"9999-12-31", "2099-12-31", "1900-01-01"} <= cells.open_end_days()


def test_texts_keep_their_form_and_lose_only_spaces() -> None:
    assert cells.tidy("  广州（示例）  有限\n公司 ") == "广州（示例） 有限 公司"
    assert cells.folded("（ＡＢ\u200b） ") == "(AB)"


class TestCodesOfParties:
    def test_a_good_code_gives_a_party_and_nothing_to_say(self) -> None:
        written = "9144 0112-ｘｘｘｘ000191"
        assert cells.parse_uscc(written) == ("uscc:91440112XXXX000191", "", "")

    def test_an_odd_one_counts_with_a_warning(self) -> None:
        party, rule, way_out = cells.parse_uscc("91440112XXXX00130W")
        assert party == "uscc:91440112XXXX00130W"
        assert rule.startswith("CHECK_INNER")
        assert way_out

    @pytest.mark.parametrize(
        ("written", "reason"),
        [
            *(("91440112XXXX000192", "CHECK_OUTER"), ("0" * 18, "PLACEHOLDER")),
            *(("9.14401E+17", "FORMAT_SCIENTIFIC"), ("9144**********0191", "MASKED")),
            *(("683266317", "ORG_CODE_ONLY"), ("暂缺", "PLACEHOLDER")),
        ],
    )
    def test_a_wrong_one_is_kept_aside(self, written: str, reason: str) -> None:
        with pytest.raises(Unreadable, match=reason) as caught:
            cells.parse_uscc(written)
        assert caught.value.severity == "quarantine"

    def test_a_likely_repair_is_told_and_not_taken(self) -> None:
        with pytest.raises(Unreadable) as caught:
            cells.parse_uscc("9144O112XXXX000191")
        assert "91440112XXXX000191" in caught.value.way_out

    def test_an_identity_number_is_refused(self) -> None:
        with pytest.raises(Unreadable, match="PERSON_ID") as caught:
            cells.parse_uscc("440000190001010000")
        assert caught.value.severity == "refused"

    @pytest.mark.parametrize("written", ["91350211M00013FA1N", "91350211Ｍ00013FA1Ｎ"])
    def test_a_person_may_let_a_code_of_an_early_pilot_through(self, written: str) -> None:
        party, rule, _ = cells.parse_uscc(written, let_through=True)
        assert party == "uscc:91350211M00013FA1N"
        assert rule.startswith("let through by hand")

    def test_nobody_may_let_a_filler_through(self) -> None:
        with pytest.raises(Unreadable):
            cells.parse_uscc("0" * 18, let_through=True)


def test_identity_numbers_are_taken_out_of_what_is_kept() -> None:
    """Also mistyped ones; a code, and digits that hold no birthday, stay."""
    text = "甲,440000190001010000,91440112XXXX000191,440000190001010001,440000190013010001"
    assert cells.without_person_ids(text) == (
        "甲,(identity number not kept),91440112XXXX000191,"
        "(identity number not kept),440000190013010001"
    )


@pytest.mark.parametrize("text", ["４４００００１９０００１０１００００", "440000 19000101 0000"])
def test_identity_numbers_are_known_in_any_width_and_spacing(text: str) -> None:
    assert cells.without_person_ids(text) == "(identity number not kept)"


@pytest.mark.parametrize("name", ["张某（个人）", "李某(自然人)", "王某440000190001010001"])
def test_a_name_can_say_that_it_is_a_persons(name: str) -> None:
    assert cells.names_a_person(name)


@pytest.mark.parametrize(
    "name", ["广州个人护理用品有限公司", "91440112XXXX000191", "914401160784081960"]
)
def test_other_names_and_codes_do_not(name: str) -> None:
    assert not cells.names_a_person(name)
