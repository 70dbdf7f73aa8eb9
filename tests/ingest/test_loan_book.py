"""A lender's own loan book: read by the template, judged row by row, loaded nowhere."""

from pathlib import Path

import openpyxl
import pytest

from graph_model.errors import BadInput
from graph_model.schema import load_dictionary
from ingest.loan_book import HEADERS, LoanBook, read_loan_book, write_template

GOOD, OTHER = "91440112XXXX000191", "91440112XXXX00027U"
WRONG = GOOD[:-1] + "2"  # another check character
TYPED = "9144O112XXXX000191"  # the letter O for a zero


def book(tmp_path: Path, *rows: str, name: str = "book.csv") -> LoanBook:
    path = tmp_path / name
    path.write_text("\n".join([",".join(HEADERS), *rows]) + "\n", encoding="utf-8")
    return read_loan_book(path, load_dictionary())


def test_rows_are_lines_of_the_book_or_kept_aside(tmp_path: Path) -> None:
    found = book(
        tmp_path,
        f'L1,{GOOD},甲公司,"1,000,000.00",,2026-01-01,2027-01-01,未逾期',
        "L2,,乙公司,250000,100000,,,12",
        f"L3,{WRONG},丙公司,5,,,,",
        f"L4,{GOOD},丁公司,,,,,",
    )
    assert found.read == len(found.lines) + len(found.aside) == 4
    one, two = found.lines
    assert (one.code, one.balance_fen, one.overdue_days) == (f"uscc:{GOOD}", 1_000_000_00, None)
    assert (two.code, two.name, two.collateral_fen, two.overdue_days) == (
        *("", "乙公司", 100_000_00),
        12,
    )
    wrong, lacking = found.aside
    assert (wrong.line, wrong.value) == (4, WRONG)
    assert wrong.rule.startswith("CHECK_OUTER")
    assert wrong.way_out
    assert wrong.row["借据号"] == "L3"
    assert "balance" in lacking.rule


def test_a_letter_typed_for_a_digit_is_suggested_and_not_taken(tmp_path: Path) -> None:
    (aside,) = book(tmp_path, f"L1,{TYPED},甲公司,5,,,,").aside
    assert f"Perhaps {GOOD} was meant" in aside.way_out


def test_a_number_that_stands_twice_counts_once(tmp_path: Path) -> None:
    found = book(tmp_path, f"L1,{GOOD},甲公司,5,,,,", f"L1,{OTHER},乙公司,6,,,,")
    assert [line.balance_fen for line in found.lines] == [500]
    assert found.aside[0].rule == "LOAN_NO: the number stands on line 2 already"


def test_persons_are_refused_and_nothing_of_them_is_kept(tmp_path: Path) -> None:
    identity = "440000190001010001"
    found = book(tmp_path, f"L1,{identity},张某,5,,,,", "L2,,李某（个人）,5,,,,")
    assert not found.lines
    assert [aside.row for aside in found.aside] == [{}, {}]
    assert identity not in repr(found)
    assert "李某" not in repr(found)


def test_rows_without_code_and_name_are_kept_aside(tmp_path: Path) -> None:
    (aside,) = book(tmp_path, "L1,,,5,,,,").aside
    assert "is required" in aside.rule


@pytest.mark.parametrize("name", ["template.xlsx", "template.csv"])
def test_the_template_is_read_back_by_its_mapping(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_template(path)
    if name.endswith("xlsx"):
        made = openpyxl.load_workbook(path)
        made.active.append(["L1", GOOD, "甲公司", "1000", None, None, None, None])  # type: ignore[union-attr]
        made.save(path)
    else:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"L1,{GOOD},甲公司,1000,,,,\n")
    (line,) = read_loan_book(path, load_dictionary()).lines
    assert (line.code, line.balance_fen) == (f"uscc:{GOOD}", 1000_00)


def test_a_template_has_one_of_two_forms(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.xlsx or \.csv"):
        write_template(tmp_path / "template.pdf")


def test_a_file_with_other_headers_needs_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text(f"no,borrower,balance\nL1,{GOOD},5\n", encoding="utf-8")
    with pytest.raises(BadInput, match="no such column"):
        read_loan_book(path, load_dictionary())
    mapping = tmp_path / "other.toml"
    mapping.write_text(
        'name = "other"\n[money]\nunit = "wan"\n[[statement]]\nkind = "loan"\n[statement.fields]\n'
        'lender = { constant = "x", as = "local" }\nloan_no = { column = "no" }\n'
        'borrower = { column = "borrower" }\nbalance = { column = "balance" }\n',
        encoding="utf-8",
    )
    (line,) = read_loan_book(path, load_dictionary(), mapping).lines
    assert line.balance_fen == 50_000_00
