from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from graph_model.errors import BadInput
from graph_model.store.protocol import Store

Invoices = Callable[..., list[str]]


def state_of(store: Store) -> tuple[Any, ...]:
    kinds = store.dictionary.kinds
    rows = [list(store.rows(kind)) for kind in kinds]
    return store.head(), rows, store.findings(), [load.number for load in published(store)]


def published(store: Store) -> list[Any]:
    return [load for load in store.loads() if load.state == "published"]


def test_accepted_warned_and_quarantined_are_all_that_was_read(
    member: Any, invoices: Invoices, codes: tuple[str, str, str]
) -> None:
    a, b, _ = codes
    header, *good = invoices(("1", "5"), ("2", "6"))
    rows = [
        *(f"{row}," for row in good),
        f"{a},3,{b},2026-05-01,7,odd",  # unknown state: counts with a warning
        f"{a},4,{b},2026-05-01,many,",
        f"{a},5,440000190001010000,2026-05-01,8,",  # a person: refused
        f"{a},6,{b},2026-05-01",
        ",,,,,",
    ]
    report = member.loads_only("a.csv", f"{header},state", *rows)
    (file,) = report.files
    assert (file.read, file.accepted, file.warned, file.quarantined) == (6, 2, 1, 3)
    assert (file.refused, file.opened, file.closed) == (1, 3, 0)
    assert report.rules == {
        ("warning", "is not in the code table"): 1,
        ("quarantine", "is not a number"): 1,
        ("refused", "PERSON_ID"): 1,
        ("quarantine", "6 columns expected, 4 found"): 1,
    }


def test_evidence_names_load_file_and_line(member: Any, invoices: Invoices) -> None:
    member.sends("a.csv", *invoices(("1", "5")))
    member.sends("b.csv", "", *invoices(("2", "5"), ("3", "5")), reading=skip_line(member)).load()
    found = {
        row["invoice_no"]: (row["load"], row["file"], row["line"])
        for row in member.known("invoice")
    }
    assert found == {"1": (1, 0, 2), "2": (1, 1, 3), "3": (1, 1, 4)}
    (load,) = member.store.loads()
    assert [file.name for file in load.files] == ["a.csv", "b.csv"]
    assert load.source.authorisation == "a test"


def skip_line(member: Any) -> str:
    fields = ("seller", "invoice_no", "buyer", "issued_on", "amount")
    listed = "\n".join(f'{name} = {{ column = "{name}" }}' for name in fields)
    return str(
        member.maps(
            "second-line.toml",
            'name = "x"\n[format]\nheader_row = 2\n'
            f'[[statement]]\nkind = "invoice"\n[statement.fields]\n{listed}\n',
        )
    )


def test_the_same_folder_again_writes_nothing(member: Any, invoices: Invoices) -> None:
    lines = invoices(("1", "5"), ("2", "many"), ("1", "6"), ("3", "7"))
    first = member.loads_only("a.csv", *lines, extract="full")
    before = state_of(member.store)
    again = member.load()
    assert (first.load, again.load) == (1, 0)
    assert state_of(member.store) == before
    assert len(member.store.loads()) == 1
    counts = [(f.read, f.accepted, f.quarantined) for f in (*first.files, *again.files)]
    assert counts == [(4, 2, 2), (4, 2, 2)]
    assert [f.opened for f in again.files] == [0]


def test_a_finding_alone_is_worth_a_load(member: Any, invoices: Invoices) -> None:
    report = member.loads_only("a.csv", *invoices(("1", "many")))
    assert report.load == 1
    assert len(member.rules()) == 1


def test_an_error_leaves_nothing_of_the_load(member: Any, invoices: Invoices) -> None:
    member.loads_only("a.csv", *invoices(("1", "5")))
    before = state_of(member.store)
    member.sends("a.csv", *invoices(("1", "9"), ("2", "many")))
    member.sends("b.csv", "seller,invoice_no")
    with pytest.raises(BadInput, match=r"b\.csv"):
        member.load()
    assert state_of(member.store) == before
    member.sends("b.csv", *invoices(("7", "1")))
    assert member.load().load == 3  # the number of the load that failed is not used again


def test_a_dry_run_counts_and_publishes_nothing(member: Any, invoices: Invoices) -> None:
    before = state_of(member.store)
    member.sends("a.csv", *invoices(("1", "5"), ("2", "many")))
    report = member.load(dry_run=True)
    assert (report.load, report.files[0].accepted, report.files[0].quarantined) == (0, 1, 1)
    assert report.rules == {("quarantine", "is not a number"): 1}
    assert state_of(member.store) == before
    assert member.store.loads() == []
    assert member.load().load == 1


def test_a_file_that_is_not_there_is_named_before_anything_is_read(
    member: Any, invoices: Invoices
) -> None:
    member.sends("a.csv", *invoices(("1", "5"))).sends("b.csv", *invoices(("2", "5")))
    (member.folder / "b.csv").unlink()
    with pytest.raises(BadInput, match=r"b\.csv: source\.toml names a file that is not there"):
        member.load()
    assert member.store.loads() == []


def test_a_file_with_a_header_and_no_rows_is_read(member: Any, invoices: Invoices) -> None:
    report = member.loads_only("a.csv", *invoices())
    assert (report.load, report.files[0].read) == (0, 0)


def test_a_header_without_rows_is_held_against_the_mapping_too(member: Any) -> None:
    with pytest.raises(BadInput, match=r"a\.csv: invoice_no or 发票号码"):
        member.loads_only("a.csv", "seller,buyer,issued_on,amount")


def test_two_sources_may_name_one_invoice_and_both_are_kept(
    sender: Callable[..., Any], invoices: Invoices
) -> None:
    seller, buyer = sender("seller", 20), sender("buyer", 30)
    seller.loads_only("a.csv", *invoices(("1", "5")), extract="full")
    buyer.loads_only("b.csv", *invoices(("1", "6")), extract="full")
    (one,), (other,) = seller.known("invoice"), buyer.known("invoice")
    assert one["key"] == other["key"]
    assert (one["amount"], other["amount"]) == (500, 600)
    assert seller.rules() == buyer.rules() == []


def test_a_full_extract_ends_nothing_of_another_source(
    sender: Callable[..., Any], invoices: Invoices
) -> None:
    seller, buyer = sender("seller", 20), sender("buyer", 30)
    seller.loads_only("a.csv", *invoices(("1", "5"), ("2", "5")), extract="full")
    buyer.loads_only("b.csv", *invoices(("1", "6")), extract="full")
    assert len(seller.known("invoice")) == 2


def test_one_row_may_make_several_statements_or_none_of_them(
    member: Any, codes: tuple[str, str, str]
) -> None:
    reading = member.maps(
        "both.toml",
        """
        name = "loans and their guarantees"
        [[statement]]
        kind = "loan"
        [statement.fields]
        lender = { column = "bank" }
        loan_no = { column = "no" }
        borrower = { column = "who" }
        balance = { column = "owed" }
        [[statement]]
        kind = "guarantee"
        when = [{ column = "by", missing = true, not = true }]
        [statement.fields]
        guarantor = { column = "by" }
        guarantee_no = { column = "no" }
        borrower = { column = "who" }
        starts_on = { column = "since" }
        cover = { column = "owed" }
        """,
    )
    a, b, c = codes
    rows = [f"{a},1,{b},5,,", f"{a},2,{b},5,{c},2026-01-01", f"{a},3,{b},5,{c},never"]
    report = member.loads_only("a.csv", "bank,no,who,owed,by,since", *rows, reading=reading)
    assert [row["loan_no"] for row in member.known("loan")] == ["1", "2"]
    assert [row["guarantee_no"] for row in member.known("guarantee")] == ["2"]
    assert (report.files[0].accepted, report.files[0].quarantined) == (2, 1)


def test_several_files_of_one_pattern_are_one_extract(
    member: Any, codes: tuple[str, str, str]
) -> None:
    reading = member.maps(
        "payments.toml",
        """
        name = "payments without numbers"
        [[statement]]
        kind = "payment"
        [statement.fields]
        payer = { column = "from" }
        payee = { column = "to" }
        paid_on = { column = "day" }
        amount = { column = "amount" }
        payment_no = { occurrence_of = ["from", "to", "day", "amount"] }
        """,
    )
    row = f"{codes[0]},{codes[1]},2026-05-01,5"
    member.sends("pay-1.csv", "from,to,day,amount", row, reading=reading, extract="full")
    (member.folder / "pay-2.csv").write_text(f"from,to,day,amount\n{row}\n", encoding="utf-8")
    member.declared["pay-1.csv"] = member.declared["pay-1.csv"].replace("pay-1", "pay-*")
    report = member.load()
    assert [file.name for file in report.files] == ["pay-1.csv", "pay-2.csv"]
    assert len(member.known("payment")) == 2
    assert member.load().load == 0


def test_findings_of_two_sheets_of_one_workbook_are_both_kept(
    member: Any, codes: tuple[str, str, str]
) -> None:
    book = openpyxl.Workbook()
    for sheet in (book.worksheets[0], book.create_sheet("two")):
        sheet.append(["party", "name", "kind"])
        sheet.append(["0" * 18, "x", "enterprise"])
        sheet.append([codes[0], "x", "enterprise"])
    book.worksheets[0].title = "one"
    fields = "\n".join(f'{name} = {{ column = "{name}" }}' for name in ("party", "name", "kind"))
    for name in ("one", "two"):
        reading = member.maps(
            f"{name}.toml",
            f'name = "x"\n[format]\nsheet = "{name}"\n[[statement]]\nkind = "party"\n'
            f"[statement.fields]\n{fields}\n",
        )
        member.sends("parties.xlsx", reading=reading)
        member.declared[name] = member.declared.pop("parties.xlsx")
    book.save(member.folder / "parties.xlsx")
    member.load()
    assert [(line, rule[:11]) for line, _, rule in member.rules()] == [(2, "PLACEHOLDER")] * 2
    assert member.load().load == 0


def test_progress_is_told_by_file_and_rows(member: Any, invoices: Invoices) -> None:
    told: list[tuple[str, int]] = []
    member.sends("a.csv", *invoices(("1", "5"), ("2", "5")))
    member.load(progress=lambda name, rows: told.append((name, rows)))
    assert told == [("a.csv", 2)]


def test_a_mapping_may_be_put_in_place_of_all(member: Any, codes: tuple[str, str, str]) -> None:
    skip_line(member)
    member.sends(
        "a.csv",
        "title",
        "seller,invoice_no,buyer,issued_on,amount",
        ",".join([codes[0], "1", codes[1], "2026-05-01", "5"]),
    )
    member.load(mapping=Path(member.folder / "second-line.toml"))
    assert len(member.known("invoice")) == 1


def test_an_event_outside_the_declared_days_of_a_full_extract_is_warned_about(
    member: Any, invoices: Invoices
) -> None:
    header, row = invoices(("1", "5"))
    odd = row.replace("2026-05-01", "2024-05-01").replace(",1,", ",2,")
    report = member.loads_only("a.csv", header, row, odd, extract="full")
    (file,) = report.files
    assert (file.accepted, file.warned) == (1, 1)
    assert [rule.partition(":")[0] for _, _, rule in member.rules()] == ["OUTSIDE_PERIOD"]


def test_one_party_on_both_sides_and_days_in_the_wrong_order_are_warned_about(
    member: Any, codes: tuple[str, str, str]
) -> None:
    a, b, _ = codes
    header = "seller,invoice_no,buyer,issued_on,amount,due_on"
    rows = (f"{a},1,{a},2026-05-01,5,", f"{a},2,{b},2026-05-01,5,2026-04-30")
    report = member.loads_only("a.csv", header, *rows)
    assert (report.files[0].accepted, report.files[0].warned) == (0, 2)
    assert report.rules == {("warning", "ONE_PARTY"): 1, ("warning", "DAY_ORDER"): 1}


def test_a_row_that_comes_again_as_wrong_as_before_waits_once(
    member: Any, invoices: Invoices
) -> None:
    header, bad, good = invoices(("1", "many"), ("2", "5"))
    member.loads_only("a.csv", header, bad)
    member.loads_only("b.csv", header, good, bad)
    waits = [f for f in member.store.findings() if not f["resolved_by"]]
    assert [(f["load"], f["line"]) for f in waits] == [(2, 3)]


def test_a_newer_full_extract_settles_what_the_older_had_wrong(
    member: Any, invoices: Invoices
) -> None:
    header, bad, good = invoices(("1", "many"), ("1", "5"))
    member.loads_only("a.csv", header, bad, extract="full")
    member.loads_only("a.csv", header, good, extract="full")
    assert [f for f in member.store.findings() if not f["resolved_by"]] == []
    member.loads_only("a.csv", header, bad, extract="full")  # the old file comes once more
    assert len(list(member.known("invoice"))) == 1


def test_a_source_that_changes_its_terms_is_heard_though_no_row_changes(
    member: Any, invoices: Invoices
) -> None:
    member.loads_only("a.csv", *invoices(("1", "5")))
    member.rank += 1
    report = member.load()
    assert (report.load, report.files[0].opened) == (2, 0)
    assert member.store.loads()[-1].source.rank == member.rank
    assert member.load().load == 0


def test_a_consent_on_paper_without_the_digest_of_its_scan_is_kept_aside(
    member: Any, codes: tuple[str, str, str]
) -> None:
    a, b, _ = codes
    header = "grantor,consent_no,grantee,purpose,scopes,starts_on,method,evidence_sha256"
    rows = [
        f"{a},{number},{b},post_loan,chain_risk,2026-01-01,{method},{digest}"
        for number, method, digest in (
            ("1", "paper", ""),
            ("2", "paper", "ab" * 32),
            ("3", "electronic", ""),
        )
    ]
    member.loads_only("consents.csv", header, *rows, reading='kind = "consent"')
    assert [row["consent_no"] for row in member.known("consent")] == ["2", "3"]
    rule = "授权文件摘要 (evidence_sha256) is required where method is paper"
    assert member.rules() == [(2, "quarantine", rule)]
