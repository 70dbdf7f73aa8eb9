import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as second_opinion

from graph_model import uscc
from graph_model.errors import BadInput
from graph_model.uscc_arithmetic import (
    OUTER_ALPHABET,
    PROVINCES,
    expected_checks,
    organisation_check,
)
from graph_model.uscc_reasons import code_table, reasons

with Path(__file__).with_name("uscc_examples.csv").open(encoding="utf-8", newline="") as _file:
    EXAMPLES = list(csv.DictReader(_file))

KNOWN_CATEGORIES = sorted(
    row["authority_code"] + row["category_code"]
    for row in code_table("uscc_authority_category.csv")
)
bodies = st.text(OUTER_ALPHABET, min_size=8, max_size=8).filter(lambda body: body != "0" * 8)
regions = st.builds(
    lambda province, rest: f"{province}{rest:04d}",
    st.sampled_from(sorted(PROVINCES)),
    st.integers(0, 9999),
)
valid_codes = st.builds(uscc.make, st.sampled_from(KNOWN_CATEGORIES), regions, bodies)

# How the table's words map to ours. A fault of writing is "invalid as written" there and gone
# after normalising here; why a wrong check character came about cannot be seen from the code.
REASON_IN_OUR_WORDS = {
    "CHECK_OUTER_LEGACY": "CHECK_OUTER",
    "CHECK_OUTER_FABRICATED": "CHECK_OUTER",
    "STDNUM_FALSE_REJECT": "",
}
VERDICT_IN_OUR_WORDS = {"valid_but_stdnum_rejects": "valid"}
ONLY_WRITTEN_ODDLY = {"CHARSET_FULLWIDTH", "CHARSET_INVISIBLE"}


def expected_of(example: dict[str, str]) -> tuple[str, str]:
    reason = REASON_IN_OUR_WORDS.get(example["reason_code"], example["reason_code"])
    verdict = VERDICT_IN_OUR_WORDS.get(example["expected"], example["expected"])
    return ("valid" if reason in ONLY_WRITTEN_ODDLY else verdict), reason


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: ascii(example["code"]))
def test_every_row_of_the_example_table_gets_its_verdict_and_reason(
    example: dict[str, str],
) -> None:
    verdict, reason = expected_of(example)
    found = uscc.check(example["code"])
    assert found.verdict == verdict
    assert found.raw == example["code"]
    if reason:
        assert reason in found.reasons
    else:
        assert found.reasons == ()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: ascii(example["code"]))
def test_check_characters_agree_with_the_columns_of_the_example_table(
    example: dict[str, str],
) -> None:
    code = example["code"]
    if example["outer_mod31_ok"] and set(code) <= set(OUTER_ALPHABET):
        assert (expected_checks(code)[0] == code[17]) == (example["outer_mod31_ok"] == "Y")
    if example["inner_gb11714_ok"]:
        folded = unicodedata.normalize("NFKC", code)
        fits = organisation_check(folded[8:16]) == folded[16]
        assert fits == (example["inner_gb11714_ok"] == "Y")


def test_both_check_characters_of_one_code_by_hand() -> None:
    # 91440112 XXXX0001: X is 29 of 31 symbols and 33 of 36.
    # outer: 9*1+1*3+4*9+4*27+0+1*26+1*16+2*17 = 232; 29*(20+29+25+13) = 2523; 1*30 (the last
    #        of the body), and the inner check 9*28 = 252: 3037 mod 31 = 30, so 31 - 30 = 1.
    # inner: 33*(3+7+9+10) + 1*2 = 959; 959 mod 11 = 2, so 11 - 2 = 9.
    assert uscc.make("91", "440112", "XXXX0001") == "91440112XXXX000191"


@given(valid_codes)
def test_a_code_that_was_made_is_valid(code: str) -> None:
    assert uscc.check(code) == uscc.UsccCheck(code, code, "valid")
    assert uscc.check_organisation_code(code[8:17])
    parts = uscc.split(code)
    organisation_body = parts.organisation_code[:8]
    assert uscc.make(parts.authority + parts.category, parts.region, organisation_body) == code


@given(valid_codes)
def test_every_single_substitution_is_found(code: str) -> None:
    for place in range(18):
        for symbol in OUTER_ALPHABET:
            if symbol != code[place]:
                changed = code[:place] + symbol + code[place + 1 :]
                assert uscc.check(changed).verdict == "invalid", changed


@given(valid_codes)
def test_every_adjacent_transposition_is_found(code: str) -> None:
    for place in range(17):
        left, right = code[place], code[place + 1]
        if left != right:
            changed = code[:place] + right + left + code[place + 2 :]
            assert uscc.check(changed).verdict == "invalid", changed


@given(valid_codes)
def test_letters_of_an_unsure_hand_are_repaired_but_never_accepted(code: str) -> None:
    for digit, letter in zip("0152", "OISZ", strict=True):
        typed = code.replace(digit, letter, 1)
        if typed != code:
            found = uscc.check(typed)
            assert (found.verdict, found.suggestion) == ("invalid", code)


def test_no_repair_is_suggested_when_it_would_not_fit_or_give_a_filler() -> None:
    assert uscc.check("9144010668S266317Q").suggestion is None
    assert uscc.check("O0000000000000000O").suggestion is None
    assert uscc.check("91440106683266318Q").suggestion is None


@given(st.text(OUTER_ALPHABET + "IOSVZ", min_size=17, max_size=19) | valid_codes)
def test_where_the_second_opinion_is_complete_it_agrees(code: str) -> None:
    ours = uscc.check(code)
    if code[:8].isdigit() and ours.verdict != "warning" and ours.reasons != ("PLACEHOLDER",):
        assert (ours.verdict == "valid") == second_opinion.is_valid(code)


GAPS = [
    ("91440112XXXX00130W", True, "warning", "it does not look at the inner check"),
    ("91999999XXXX001235", True, "warning", "it does not look at the region"),
    ("97440112XXXX00115P", True, "warning", "it does not look at the category"),
    ("N2440112XXXX0014X7", False, "valid", "it refuses the authorities A, N, Y"),
    ("000000000000000000", True, "invalid", "it has no list of fillers"),
    ("91440106683266317Ｑ", False, "valid", "it does not fold full-width letters"),
    ("91440106683266317Q\u200b", False, "valid", "it does not drop invisible characters"),
]


@pytest.mark.parametrize(("code", "theirs", "ours", "gap"), GAPS)
def test_the_known_gaps_of_the_second_opinion_are_still_there(
    code: str, theirs: bool, ours: str, gap: str
) -> None:
    assert second_opinion.is_valid(code) == theirs, gap
    assert uscc.check(code).verdict == ours


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "EMPTY"),
        (" — —\u200b", "EMPTY"),
        ("暂无", "PLACEHOLDER"),
        ("123456789012345678", "PLACEHOLDER"),
        ("X" * 18, "PLACEHOLDER"),
        (uscc.make("91", "440112", "00000000"), "PLACEHOLDER"),
        ("913302******531452", "MASKED"),
        ("9.1440116078408E17", "FORMAT_SCIENTIFIC"),
        ("914401160784081000", "FORMAT_ROUNDED"),
        ("914401160784081920", "FORMAT_ROUNDED"),
        ("914401160784081920.0", "FORMAT_ROUNDED"),
        # GB 11643's own example number.
        ("11010519491231002X", "PERSON_ID"),
        ("68326631-7", "ORG_CODE_ONLY"),
        ("440106683266317", "OLD_REGISTRATION_NO"),
        ("4401062012345", "OLD_REGISTRATION_NO"),
        ("9144010668326631７", "LENGTH"),
        ("9144010668326631#Q", "CHARSET"),
    ],
)
def test_what_stands_in_the_place_of_a_code_is_named(text: str, reason: str) -> None:
    found = uscc.check(text)
    assert found.verdict == "invalid"
    assert reason in found.reasons


def test_the_double_next_to_a_real_code_is_the_damaged_form_seen_in_workbooks() -> None:
    assert int(float("914401160784081960")) == 914401160784081920
    assert uscc.check("914401160784081960").verdict == "valid"


def test_an_identity_number_needs_its_check_digit_and_a_day_of_the_calendar() -> None:
    assert uscc.check("110105194912310021").reasons[0] == "CHECK_OUTER"
    assert "PERSON_ID" not in uscc.check("110105194913310020").reasons


def test_a_wrong_outer_check_outweighs_what_is_only_odd() -> None:
    found = uscc.check("97999999XXXX001235")
    assert found.verdict == "invalid"
    assert {"CHECK_OUTER", "REGION", "CATEGORY"} <= set(found.reasons)


def test_normalising_folds_width_and_drops_what_cannot_be_seen() -> None:
    for text in (
        "\ufeff９１４４０１０６６８３２６６３１７ｑ",
        "9144\u00a00106\u30006832\t6631\u20117Q\u200b",
        "91440106-683266317-q\n",
    ):
        assert uscc.normalise(text) == "91440106683266317Q"


@given(st.text(OUTER_ALPHABET + "qxＱ９ \u200b\u3000-", max_size=20))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = uscc.normalise(text)
    assert uscc.normalise(once) == once


@given(st.text(max_size=24))
def test_any_text_gets_a_verdict_and_known_reasons(text: str) -> None:
    found = uscc.check(text)
    severities = {reasons()[reason].severity for reason in found.reasons}
    assert ("quarantine" in severities) == (found.verdict == "invalid")
    assert found.verdict != "warning" or "warning" in severities


def test_the_inner_check_counts_letters_in_36_symbols() -> None:
    # 91440101MA59LU9AX1: with 31 symbols for L, M and U the sum would not give X.
    assert organisation_check("MA59LU9A") == "X"
    assert uscc.check_organisation_code("MA59LU9A-X")
    assert not uscc.check_organisation_code("MA59LU9A-9")
    assert not uscc.check_organisation_code("MA59LU9A")


@pytest.mark.parametrize(
    "parts",
    [
        ("9", "440112", "XXXX0001"),
        ("91", "44011", "XXXX0001"),
        ("91", "44011X", "XXXX0001"),
        ("91", "440112", "XXXX000O"),
    ],
)
def test_parts_that_cannot_be_in_a_code_are_refused(parts: tuple[str, str, str]) -> None:
    with pytest.raises(BadInput, match=r"6 digits|2, 6 and 8"):
        uscc.make(*parts)


def test_a_text_of_another_shape_cannot_be_split() -> None:
    with pytest.raises(BadInput, match="quarantine"):
        uscc.split("9144010668326631")


def test_every_region_of_guangzhou_passes_the_region_rule() -> None:
    for row in code_table("uscc_regions_guangzhou.csv"):
        assert uscc.check(uscc.make("91", row["code"], "XXXX0001")).verdict == "valid"


def test_every_reason_has_words_a_way_out_and_a_source() -> None:
    for row in code_table("uscc_reasons.csv"):
        assert all(row.values()), row
        assert row["severity"] in ("quarantine", "warning", "note")
