import codecs
import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_model.errors import BadInput
from ingest.read import FileFormat, RawChunk, ReadReport, TableReader, header_key, read_table


def write(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def workbook(folder: Path, *rows: Sequence[object], name: str = "table.xlsx") -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "guarantees"
    for row in rows:
        sheet.append(list(row))
    book.save(folder / name)
    return folder / name


def read_whole(path: Path, form: FileFormat | None = None) -> tuple[RawChunk, ReadReport]:
    reader = TableReader(path, form or FileFormat())
    chunks = list(reader)
    assert len(chunks) == 1
    return chunks[0], reader.report


def refused(path: Path, form: FileFormat | None = None) -> BadInput:
    with pytest.raises(BadInput) as caught:
        list(read_table(path, form or FileFormat()))
    assert caught.value.value
    assert caught.value.rule
    assert caught.value.way_out
    return caught.value


# --- text: what is read ---------------------------------------------------------------------


def test_cells_stay_the_text_they_were(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "code,amount\n010100, 12E5 \n914401160784081960,\n")
    chunk, report = read_whole(path)
    assert chunk.columns == {
        "code": ["010100", "914401160784081960"],
        "amount": [" 12E5 ", ""],
    }
    assert chunk.lines == [2, 3]
    assert chunk.faults == {}
    assert report == ReadReport(
        rows=2,
        blank=0,
        preamble=0,
        footer=0,
        header=("code", "amount"),
        header_line=1,
        encoding="utf-8",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


@pytest.mark.parametrize("suffix", [".tsv", ".tab", ".txt", ".TSV"])
def test_tab_separates_by_suffix_and_the_mapping_may_say_otherwise(
    tmp_path: Path, suffix: str
) -> None:
    chunk, _ = read_whole(write(tmp_path, "a" + suffix, "a\tb\n1,5\t2\n"))
    assert chunk.columns == {"a": ["1,5"], "b": ["2"]}
    chunk, _ = read_whole(write(tmp_path, "b" + suffix, "a|b\n1|2\n"), FileFormat(delimiter="|"))
    assert chunk.columns == {"a": ["1"], "b": ["2"]}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_line_end_ends_a_record_and_none_does_inside_quotes(
    tmp_path: Path, line_end: str
) -> None:
    text = line_end.join(["a,b", f'1,"x{line_end}y"', "2,z"])
    chunk, _ = read_whole(write(tmp_path, "a.csv", text))
    assert chunk.columns == {"a": ["1", "2"], "b": [f"x{line_end}y", "z"]}
    # The record on line 2 runs over two lines, so the next begins on line 4.
    assert chunk.lines == [2, 4]


@pytest.mark.parametrize(
    ("line_end", "cell"), [("\r\n", "x\ny"), ("\r\n", "x\ry"), ("\n", "x\ry"), ("|", "x\ny")]
)
def test_only_the_named_line_end_ends_a_record(tmp_path: Path, line_end: str, cell: str) -> None:
    text = line_end.join(["a,b", f"1,{cell}", "2,z"])
    chunk, _ = read_whole(write(tmp_path, "a.csv", text), FileFormat(line_end=line_end))
    assert chunk.columns == {"a": ["1", "2"], "b": [cell, "z"]}
    assert chunk.lines == [2, 3]


def test_quotes_mean_nothing_when_the_mapping_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'a,b\n"1,5" pipe\n')
    chunk, _ = read_whole(path, FileFormat(quote=""))
    assert chunk.columns == {"a": ['"1'], "b": ['5" pipe']}


def test_a_quote_that_is_never_closed_is_named_with_its_line(tmp_path: Path) -> None:
    rows = [f"{i},x" for i in range(100)]
    rows[60] = '60,"x'
    error = refused(write(tmp_path, "a.csv", "\n".join(["a,b", *rows])))
    assert "line 62" in error.value
    assert "quote" in error.way_out


def test_an_open_quote_does_not_swallow_a_large_file(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'a,b\n1,"x\n' + "2,yyyyyyyy\n" * 200_000)
    assert "line 2" in refused(path).value


def test_blank_records_are_skipped_and_counted(tmp_path: Path) -> None:
    chunk, report = read_whole(write(tmp_path, "a.csv", "a,b\n\n1,2\n,\n , \n3,4\n\n"))
    assert chunk.columns["a"] == ["1", "3"]
    assert chunk.lines == [3, 6]
    assert (report.rows, report.blank) == (2, 4)


def test_chunks_follow_one_another_and_faults_count_from_each_chunk(tmp_path: Path) -> None:
    rows = [f"{i},x" for i in range(2500)]
    rows[1203] += ",surplus"
    path = write(tmp_path, "a.csv", "\n".join(["a,b", *rows]))
    for chunk_rows in (1, 600, 1000, 2500, 9999):
        chunks = list(read_table(path, FileFormat(), chunk_rows))
        assert max(len(chunk.lines) for chunk in chunks) <= chunk_rows
        assert [a for chunk in chunks for a in chunk.columns["a"]] == [str(i) for i in range(2500)]
        assert [line for chunk in chunks for line in chunk.lines] == list(range(2, 2502))
        faulty = [chunk.lines[i] for chunk in chunks for i in chunk.faults]
        assert faulty == [1205]


def test_a_header_without_rows_gives_no_chunk_but_a_report(tmp_path: Path) -> None:
    reader = TableReader(write(tmp_path, "a.csv", "a,b\n"), FileFormat())
    assert list(reader) == []
    assert reader.report.header == ("a", "b")
    assert reader.report.rows == 0


def test_the_report_is_not_to_be_had_before_the_end(tmp_path: Path) -> None:
    reader = TableReader(write(tmp_path, "a.csv", "a\n1\n2\n"), FileFormat(), chunk_rows=1)
    next(iter(reader))
    with pytest.raises(RuntimeError, match="after the last chunk"):
        _ = reader.report


texts = st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0"), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.just("k"), texts, texts), min_size=1, max_size=5))
def test_whatever_is_quoted_comes_back(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    text = "".join(",".join(map(quoted, row)) + "\r\n" for row in [("k", "l", "m"), *rows])
    chunk, _ = read_whole(write(tmp_path, "a.csv", text))
    assert list(zip(*chunk.columns.values(), strict=True)) == rows
    assert chunk.faults == {}


# --- text: rows that do not fit -------------------------------------------------------------


def test_a_row_with_too_few_cells_is_padded_and_faulty(tmp_path: Path) -> None:
    chunk, report = read_whole(write(tmp_path, "a.csv", "a,b,c\n1,2\n4,5,6\n"))
    assert chunk.columns == {"a": ["1", "4"], "b": ["2", "5"], "c": ["", "6"]}
    assert chunk.faults[0].rule == "3 columns expected, 2 found"
    assert chunk.faults[0].value == "1,2"
    assert set(chunk.faults) == {0}
    assert report.rows == 2


def test_cells_without_a_column_are_kept_in_the_fault(tmp_path: Path) -> None:
    chunk, _ = read_whole(write(tmp_path, "a.csv", "a,b\n1,2,3,4\n"))
    assert chunk.columns == {"a": ["1"], "b": ["2"]}
    assert chunk.faults[0].rule == "2 columns expected, 4 found"
    assert chunk.faults[0].value == "3,4"


def test_a_nul_character_is_a_fault_of_its_row_alone(tmp_path: Path) -> None:
    chunk, _ = read_whole(write(tmp_path, "a.csv", "a,b\n1,x\0y\n2,z\n"))
    assert chunk.columns["b"] == ["x\0y", "z"]
    assert chunk.lines == [2, 3]
    assert set(chunk.faults) == {0}
    assert (chunk.faults[0].column, chunk.faults[0].value) == ("b", "x\0y")


# --- text: encodings ------------------------------------------------------------------------

NAMES = "编码,名称\n1,广州某某𬭎材料有限公司\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (NAMES.encode(), "utf-8"),
        (codecs.BOM_UTF8 + NAMES.encode(), "utf-8-sig"),
        (NAMES.encode("gb18030"), "gb18030"),
        (NAMES.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + NAMES.encode("utf-16-be"), "utf-16"),
        (NAMES.encode("utf-32"), "utf-32"),
    ],
)
def test_the_encoding_is_decided_by_the_bytes(
    tmp_path: Path, content: bytes, encoding: str
) -> None:
    chunk, report = read_whole(write(tmp_path, "a.csv", content))
    assert chunk.columns == {"编码": ["1"], "名称": ["广州某某𬭎材料有限公司"]}
    assert report.encoding == encoding


@pytest.mark.parametrize("shift", range(4))
def test_characters_cut_by_a_block_are_read_whole(tmp_path: Path, shift: int) -> None:
    for encoding in ("utf-8", "gb18030"):
        cell = "x" * shift + "云埔𬭎" * 100_000
        path = write(tmp_path, "a.csv", f"名称\n{cell}\n{cell}\n", encoding)
        chunk, report = read_whole(path)
        assert chunk.columns["名称"] == [cell, cell]
        assert report.encoding == encoding


def test_an_encoding_may_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "名稱\n黃埔\n", "big5")
    assert read_whole(path, FileFormat(encoding="big5"))[0].columns == {"名稱": ["黃埔"]}
    path = write(tmp_path, "b.csv", NAMES, "gb18030")
    assert read_whole(path, FileFormat(encoding="GBK"))[1].encoding == "gb18030"
    path = write(tmp_path, "c.csv", codecs.BOM_UTF8 + b"a\n1\n")
    assert read_whole(path, FileFormat(encoding="utf-8"))[0].columns == {"a": ["1"]}


def test_a_byte_that_fits_no_encoding_is_named_by_its_place(tmp_path: Path) -> None:
    start = "名称\n" + "云" * 700_000 + "\n"
    offset = len(start.encode())
    error = refused(write(tmp_path, "a.csv", start.encode() + b"\xff\xff\n"))
    assert f"utf-8 fails at byte {offset}" in error.rule
    assert "gb18030 fails at byte" in error.rule


@pytest.mark.parametrize(
    ("content", "encoding"), [(NAMES.encode("gb18030"), "utf-8"), (b"a\n1\n", "utf-16")]
)
def test_a_file_that_breaks_the_named_encoding_is_refused(
    tmp_path: Path, content: bytes, encoding: str
) -> None:
    assert (
        encoding in refused(write(tmp_path, "a.csv", content), FileFormat(encoding=encoding)).rule
    )


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13"])
def test_an_unknown_encoding_is_refused_by_name(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "a.csv", "a\n1\n")
    assert encoding in refused(path, FileFormat(encoding=encoding)).value


def test_utf16_without_a_mark_is_recognised_in_the_header(tmp_path: Path) -> None:
    assert "UTF-16" in refused(write(tmp_path, "a.csv", "a,b\n1,2\n", "utf-16-le")).rule


# --- header, preamble, footer ---------------------------------------------------------------


def test_header_cells_lose_width_marks_and_daggers(tmp_path: Path) -> None:
    assert header_key("\ufeff 金额（万元）\u200b† ") == "金额(万元)"
    chunk, _ = read_whole(write(tmp_path, "a.csv", " 金额（万元）†,,期限 \n1,2,3\n"))
    assert list(chunk.columns) == ["金额(万元)", "column 2", "期限"]


def test_lines_above_the_header_are_not_parsed(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'Report "of May\n\na,b\n1,2\n')
    chunk, report = read_whole(path, FileFormat(header_row=3))
    assert chunk.columns == {"a": ["1"], "b": ["2"]}
    assert chunk.lines == [4]
    assert (report.preamble, report.header_line) == (2, 3)


def test_the_header_is_found_by_its_cells(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "Report\n\n(yuan),x\nb,a†,c\n1,2,3\n")
    chunk, report = read_whole(path, FileFormat(header_has=("a", "b")))
    assert chunk.columns == {"b": ["1"], "a": ["2"], "c": ["3"]}
    assert (report.preamble, report.header_line) == (3, 4)
    assert chunk.lines == [5]


def test_a_header_that_is_not_there_is_refused_with_the_nearest_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "Report\na,c\n1,2\n")
    error = refused(path, FileFormat(header_has=("a", "b")))
    assert "line 2 comes nearest and lacks b" in error.rule


def test_the_footer_and_all_after_it_are_not_data(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "a,b\n1,2\n 合计 ,2\n\n制表人,x,y\n")
    chunk, report = read_whole(path, FileFormat(end_when=("a", "合计")))
    assert chunk.columns == {"a": ["1"], "b": ["2"]}
    assert chunk.faults == {}
    assert (report.rows, report.blank, report.footer) == (1, 0, 2)


def test_a_footer_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "a,b\n1,2\n")
    assert "it has a, b" in refused(path, FileFormat(end_when=("c", "合计"))).rule


@pytest.mark.parametrize(
    ("content", "form", "words"),
    [
        ("a,b, a†\n1,2,3\n", FileFormat(), "called a"),
        ("\n1,2\n", FileFormat(), "header row is blank"),
        ("a,b\n", FileFormat(header_row=5), "no row 5"),
        (codecs.BOM_UTF8, FileFormat(), "no row 1"),
        ("a,b\n", FileFormat(header_row=0), "counted from 1"),
        ("", FileFormat(), "file is empty"),
        ("a,b\n", FileFormat(delimiter="||"), "delimiter is one character"),
        ("a,b\n", FileFormat(line_end=""), "line end is not empty"),
        ("a,b\n", FileFormat(quote=","), "delimiter is one character"),
    ],
)
def test_a_table_without_a_usable_header_or_form_is_refused(
    tmp_path: Path, content: str | bytes, form: FileFormat, words: str
) -> None:
    assert words in str(refused(write(tmp_path, "a.csv", content), form))


# --- files that are no table ----------------------------------------------------------------


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "a.csv").rule
    (tmp_path / "b.csv").mkdir()
    assert "directory" in refused(tmp_path / "b.csv").rule


@pytest.mark.parametrize("name", ["a.xls", "a.pdf", "a", "a.csv.gz"])
def test_another_suffix_is_refused_by_name(tmp_path: Path, name: str) -> None:
    error = refused(write(tmp_path, name, "a\n1\n"))
    assert repr(Path(name).suffix) in error.rule
    assert ".xlsx" in error.way_out


def test_a_workbook_called_text_is_recognised(tmp_path: Path) -> None:
    assert (
        "workbook"
        in refused(workbook(tmp_path, ["a"], [1], name="a.xlsx").rename(tmp_path / "a.csv")).rule
    )


# --- workbooks ------------------------------------------------------------------------------


def test_a_sheet_gives_the_same_text_for_every_kind_of_cell(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ["编码†", "n", "x", "day", "moment", "clock", "long", "yes", "none", "last"],
        [
            *(
                "010100",
                12.0,
                0.1,
                date(2026, 5, 1),
                datetime.fromisoformat("2026-05-01T08:30"),
                time(8, 30),
            ),
            *(timedelta(hours=30), True, None, "z"),
        ],
    )
    chunk, report = read_whole(path)
    assert {name: cells[0] for name, cells in chunk.columns.items()} == {
        "编码": "010100",
        "n": "12",
        "x": "0.1",
        "day": "2026-05-01",
        "moment": "2026-05-01T08:30:00",
        "clock": "08:30:00",
        "long": "PT108000S",
        "yes": "TRUE",
        "none": "",
        "last": "z",
    }
    assert chunk.faults == {}
    assert report.encoding == "xlsx"
    assert report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_long_number_in_a_numeric_cell_is_named_as_damaged(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a", "code"], ["1", 914401160784081960], ["2", 999_999_999_999_999])
    chunk, _ = read_whole(path)
    assert set(chunk.faults) == {0}
    assert chunk.faults[0].column == "code"
    assert chunk.faults[0].value == chunk.columns["code"][0]
    assert "damaged number" in chunk.faults[0].rule
    assert chunk.columns["code"][1] == "999999999999999"


def test_sheet_rows_keep_their_numbers_and_blank_cells_are_no_fault(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, ["Report"], [], ["a", "b"], ["1"], [], ["2", "3"], ["4", "5", "6", "7"]
    )
    chunk, report = read_whole(path, FileFormat(header_row=3))
    assert chunk.columns == {"a": ["1", "2", "4"], "b": ["", "3", "5"]}
    assert chunk.lines == [4, 6, 7]
    assert set(chunk.faults) == {2}
    assert chunk.faults[2].value == "6\t7"
    assert (report.rows, report.blank, report.preamble) == (3, 1, 2)


def test_header_search_and_footer_work_in_a_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["Report"], ["a", "b"], ["1", 2], ["合计", 2], ["制表人"])
    form = FileFormat(header_has=("b", "a"), end_when=("a", "合计"))
    chunk, report = read_whole(path, form)
    assert chunk.columns == {"a": ["1"], "b": ["2"]}
    assert (report.preamble, report.footer) == (1, 2)


def test_a_sheet_is_taken_by_name_and_else_the_first(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["a"])
    book.worksheets[0].append(["1"])
    other = book.create_sheet("发票")
    other.append(["b"])
    other.append(["2"])
    book.active = 1
    path = tmp_path / "a.xlsx"
    book.save(path)
    assert read_whole(path)[0].columns == {"a": ["1"]}
    assert read_whole(path, FileFormat(sheet="发票"))[0].columns == {"b": ["2"]}
    assert "Sheet, 发票" in refused(path, FileFormat(sheet="运单")).rule


def test_what_is_no_workbook_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    assert "not a readable" in refused(write(tmp_path, "a.xlsx", "a,b\n1,2\n")).rule
    whole = workbook(tmp_path, ["a"], *([f"x{i}"] for i in range(2000))).read_bytes()
    assert "not a readable" in refused(write(tmp_path, "b.xlsx", whole[: len(whole) // 2])).rule
    sheet = whole.index(b"xl/worksheets/sheet1.xml") + 200
    harmed = whole[:sheet] + bytes(64) + whole[sheet + 64 :]
    assert "not a readable" in refused(write(tmp_path, "c.xlsx", harmed)).rule
