"""What may by law not be kept: refused at the door, and no byte of the row in the store."""

from pathlib import Path
from typing import Any

import pytest

from graph_model.schema import load_dictionary

HEADER = "party,record_no,record_kind,severity,authority,recognised_on,remark"
RECORD = {"reading": 'kind = "credit_record"'}
BAN = load_dictionary().codes("trivial_misbehaviour")
PERSON = "440000190001010000"
NUMBER, REMARK = "KEEP-NO-2026-1", "keep-no-remark"


def bytes_of(folder: Path) -> bytes:
    """Everything the store has on disk, its write-ahead log too."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("store.db*")))


def left_in(store_folder: Path, *texts: str) -> list[str]:
    held = bytes_of(store_folder)
    return [text for text in texts if text.encode() in held]


def record(party: str, kind: str, authority: str = "某局", remark: str = REMARK) -> str:
    return f"{party},{NUMBER},{kind},轻微,{authority},2026-05-01,{remark}"


@pytest.mark.parametrize("act", sorted(set(BAN) - {"TB99"}))
def test_each_trivial_act_is_refused_with_its_clause_and_nothing_is_kept(
    member: Any, tmp_path: Path, codes: tuple[str, str, str], act: str
) -> None:
    for word in (BAN[act].zh, *BAN[act].aliases):
        member.loads_only("r.csv", HEADER, record(codes[0], word), **RECORD)
        (found,) = (f for f in member.store.findings() if f["load"] == member.store.head())
        assert found["severity"] == "refused"
        assert found["rule"].startswith(f"TRIVIAL_BAN {act} {BAN[act].zh}")
        assert "穗府办函〔2020〕35号 item (十七)" in found["rule"]
        assert (found["value"], found["row"]) == ("(not kept)", {})
    assert member.known("credit_record") == []
    assert left_in(tmp_path, NUMBER, REMARK, codes[0]) == []


@pytest.mark.parametrize(
    "word",
    ["行人闯红灯", "闯红灯处罚", "未执行垃圾分类（2次）", "其他轻微失信行为（“等”）", " 养犬 "],
)
def test_a_banned_act_is_found_inside_the_kind_of_the_record(
    member: Any, codes: tuple[str, str, str], word: str
) -> None:
    member.loads_only("r.csv", HEADER, record(codes[0], word), **RECORD)
    assert [severity for _, severity, _ in member.rules()] == ["refused"]


def test_a_banned_act_is_found_as_a_cell_of_any_column(
    member: Any, tmp_path: Path, codes: tuple[str, str, str]
) -> None:
    row = record(codes[0], "admin_penalty", remark="闯红灯")
    member.loads_only("r.csv", HEADER, row, **RECORD)
    ((_, severity, rule),) = member.rules()
    assert (severity, rule[:16]) == ("refused", "TRIVIAL_BAN TB03")
    assert left_in(tmp_path, NUMBER, codes[0]) == []


def test_an_enterprise_may_be_punished_by_an_office_whose_name_has_a_banned_word(
    member: Any, tmp_path: Path, codes: tuple[str, str, str]
) -> None:
    row = record(codes[0], "行政处罚", authority="黄埔区信访局（示例）", remark="违规收取物业费")
    report = member.loads_only("r.csv", HEADER, row, **RECORD)
    assert report.files[0].accepted == 1
    assert [r["authority"] for r in member.known("credit_record")] == ["黄埔区信访局（示例）"]
    assert left_in(tmp_path, NUMBER, codes[0]) == [NUMBER, codes[0]]  # bytes do show what is kept


def test_files_without_credit_records_are_not_searched_for_banned_words(
    member: Any, codes: tuple[str, str, str]
) -> None:
    rows = f"{codes[0]},拆迁,企业"
    report = member.loads_only("p.csv", "party,name,kind", rows, reading='kind = "party"')
    assert report.files[0].accepted == 1


@pytest.mark.parametrize("word", ["自然人", "个人", " 自然人 "])
def test_a_row_that_says_it_is_about_a_person_is_refused_in_every_kind_of_file(
    member: Any, tmp_path: Path, codes: tuple[str, str, str], word: str
) -> None:
    header = "seller,invoice_no,buyer,issued_on,amount,buyer_is"
    member.loads_only("a.csv", header, f"{codes[0]},{NUMBER},{codes[1]},2026-05-01,5,{word}")
    ((line, severity, rule),) = member.rules()
    assert (line, severity, rule[:7]) == (2, "refused", "PERSON:")
    assert "Personal Information Protection Law" in rule
    assert left_in(tmp_path, NUMBER, codes[0], codes[1]) == []


def test_a_column_on_who_acts_for_the_enterprise_says_nothing_of_the_row(
    member: Any, codes: tuple[str, str, str]
) -> None:
    header = "seller,invoice_no,buyer,issued_on,amount,法定代表人类型"
    rows = f"{codes[0]},{NUMBER},{codes[1]},2026-05-01,5,自然人"
    assert member.loads_only("a.csv", header, rows).files[0].accepted == 1


def test_an_identity_number_in_place_of_a_party_is_refused_and_nothing_is_kept(
    member: Any, tmp_path: Path, codes: tuple[str, str, str]
) -> None:
    header = "seller,invoice_no,buyer,issued_on,amount"
    report = member.loads_only("a.csv", header, f"{codes[0]},{NUMBER},{PERSON},no-day,no-sum")
    assert (report.files[0].quarantined, report.files[0].refused) == (1, 1)
    ((_, severity, rule),) = member.rules()
    assert (severity, rule[:9]) == ("refused", "PERSON_ID")
    assert left_in(tmp_path, PERSON, NUMBER, codes[0], "no-day", "no-sum") == []


def test_so_it_is_in_a_row_with_a_wrong_number_of_cells(
    member: Any, tmp_path: Path, codes: tuple[str, str, str]
) -> None:
    header = "seller,invoice_no,buyer,issued_on,amount"
    member.loads_only("a.csv", header, f"{codes[0]},{NUMBER},{PERSON},2026-05-01,5,surplus")
    assert [severity for _, severity, _ in member.rules()] == ["refused"]
    assert left_in(tmp_path, PERSON, NUMBER, codes[0], "surplus") == []


def test_an_identity_number_beside_a_wrong_row_is_taken_out_of_what_is_kept(
    member: Any, tmp_path: Path, codes: tuple[str, str, str]
) -> None:
    header = "seller,invoice_no,buyer,issued_on,amount,handled_by"
    rows = [
        f"{codes[0]},1,{codes[1]},2026-05-01,many,{PERSON}",
        f"{codes[0]},2,{codes[1]},2026-05-01,{PERSON},甲",
        f"{codes[0]},3,{codes[1]},2026-05-01,5,甲,{PERSON}",
    ]
    member.loads_only("a.csv", header, *rows)
    assert [severity for _, severity, _ in member.rules()] == ["quarantine"] * 3
    assert left_in(tmp_path, PERSON) == []
    (kept,) = (f["row"] for f in member.store.findings() if f["line"] == 2)
    assert (kept["invoice_no"], kept["handled_by"]) == ("1", "(identity number not kept)")


def test_a_refused_row_does_not_hold_up_the_others(
    member: Any, codes: tuple[str, str, str]
) -> None:
    rows = [record(codes[0], "闯红灯"), record(codes[0], "行政处罚").replace(NUMBER, "2")]
    report = member.loads_only("r.csv", HEADER, *rows, **RECORD)
    assert (report.files[0].accepted, report.files[0].refused) == (1, 1)
    assert [r["record_no"] for r in member.known("credit_record")] == ["2"]


@pytest.mark.parametrize("name", ["张某（个人）", "李某440000190001010001", "440000190001010001"])
def test_a_person_named_where_a_code_is_missing_is_refused(
    member: Any, tmp_path: Path, codes: tuple[str, str, str], name: str
) -> None:
    mapping = member.maps(
        "named.toml",
        'name = "x"\n[[statement]]\nkind = "invoice"\n[statement.fields]\n'
        + "\n".join(f'{f} = {{ column = "{f}" }}' for f in ("seller", "invoice_no", "issued_on"))
        + '\namount = { column = "amount" }\nbuyer = { column = "buyer", name_column = "name" }\n',
    )
    header = "seller,invoice_no,buyer,name,issued_on,amount"
    rows = f"{codes[0]},{NUMBER},,{name},2026-05-01,5"
    report = member.loads_only("a.csv", header, rows, reading=mapping)
    assert (report.files[0].quarantined, report.files[0].refused) == (1, 1)
    assert left_in(tmp_path, NUMBER, name) == []


def test_a_mistyped_identity_number_in_place_of_a_code_is_refused(
    member: Any, tmp_path: Path, codes: tuple[str, str, str]
) -> None:
    header = "seller,invoice_no,buyer,issued_on,amount"
    rows = f"{codes[0]},{NUMBER},440000190001010001,2026-05-01,5"
    assert member.loads_only("a.csv", header, rows).files[0].refused == 1
    assert left_in(tmp_path, NUMBER, "440000190001010001") == []
