import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph_model.errors import BadInput
from graph_model.store.protocol import Store
from ingest.quarantine import replay, waiting, write_quarantine

Invoices = Callable[..., list[str]]
PILOT = "91350211M00013FA1N"


def edited(path: Path, change: Callable[[dict[str, str]], None]) -> Path:
    """Writes a quarantine file again, each line as `change` leaves it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        change(line)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return path


def written(store: Store, tmp_path: Path, name: str = "kept.csv") -> Path:
    write_quarantine(waiting(store), tmp_path / name)
    return tmp_path / name


@pytest.fixture
def kept(member: Any, invoices: Invoices, tmp_path: Path) -> Path:
    """A file of three rows of which two are kept aside, and the quarantine file."""
    member.loads_only("a.csv", *invoices(("1", "5"), ("2", "many"), ("3", "few")), extract="full")
    return written(member.store, tmp_path)


def test_a_quarantine_file_has_the_finding_and_the_whole_row(kept: Path) -> None:
    with kept.open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["source"], first["file"], first["line"]) == ("member", "a.csv", "3")
    assert (first["column"], first["value"], first["rule"]) == ("amount", "many", "is not a number")
    assert (first["row:invoice_no"], second["row:invoice_no"]) == ("2", "3")
    assert first["way_out"]
    assert first["let_through"] == ""


def test_a_row_with_two_faults_stands_on_two_lines_and_is_written_once(
    member: Any, tmp_path: Path, codes: tuple[str, str, str]
) -> None:
    header = "seller,invoice_no,buyer,issued_on,amount"
    member.loads_only("a.csv", header, f"{codes[0]},1,{codes[1]},never,many")
    path = tmp_path / "kept.csv"
    assert write_quarantine(waiting(member.store), path) == 1
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert [line["row:invoice_no"] for line in csv.DictReader(file)] == ["1", ""]


def test_a_corrected_row_is_taken_in_and_an_uncorrected_one_stays(member: Any, kept: Path) -> None:
    def correct(line: dict[str, str]) -> None:
        if line["row:invoice_no"] == "2":
            line["row:amount"] = "6"

    (report,) = replay(member.store, edited(kept, correct))
    (file,) = report.files
    assert (report.load, file.read, file.accepted, file.quarantined) == (2, 2, 1, 1)
    assert {row["invoice_no"]: row["amount"] for row in member.known("invoice")} == {
        "1": 500,
        "2": 600,
    }
    assert [finding["line"] for finding in waiting(member.store)] == [4]


def test_a_row_taken_in_again_keeps_its_line_and_names_both_files(member: Any, kept: Path) -> None:
    replay(member.store, edited(kept, lambda line: line.update({"row:amount": "6"})))
    row = next(row for row in member.known("invoice") if row["invoice_no"] == "2")
    assert (row["source"], row["load"], row["file"], row["line"]) == ("member", 2, 0, 3)
    (file,) = member.store.loads()[1].files
    assert (file.name, file.replays, file.extract) == ("kept.csv", "a.csv", "delta")
    assert {finding["resolved_by"] for finding in member.store.findings()} == {2}


def test_nothing_corrected_writes_nothing(member: Any, kept: Path) -> None:
    (report,) = replay(member.store, kept)
    assert report.load == 0
    assert member.store.head() == 1
    assert len(waiting(member.store)) == 2


def test_all_faults_of_a_row_are_settled_together(
    member: Any, tmp_path: Path, codes: tuple[str, str, str]
) -> None:
    header = "seller,invoice_no,buyer,issued_on,amount"
    member.loads_only("a.csv", header, f"{codes[0]},1,{codes[1]},never,many")
    path = written(member.store, tmp_path)
    good = {"row:issued_on": "2026-05-01", "row:amount": "5"}
    lines = edited(path, lambda line: line.update(good) if line["row:seller"] else None)
    text = lines.read_text(encoding="utf-8-sig").splitlines()
    lines.write_text("\n".join(text[:2]) + "\n", encoding="utf-8-sig")  # the second line is lost
    replay(member.store, lines)
    assert waiting(member.store) == []


class TestLoadedAgain:
    def test_the_same_file_does_not_end_what_was_corrected(self, member: Any, kept: Path) -> None:
        replay(member.store, edited(kept, lambda line: line.update({"row:amount": "6"})))
        assert member.load().load == 0
        assert len(member.known("invoice")) == 3

    def test_not_even_where_the_key_was_wrong(
        self, member: Any, tmp_path: Path, codes: tuple[str, str, str]
    ) -> None:
        full = {"reading": 'kind = "party"', "extract": "full"}
        member.loads_only("p.csv", "party,name,kind", f"{codes[0]}X,甲,企业", **full)
        path = written(member.store, tmp_path)
        replay(member.store, edited(path, lambda line: line.update({"row:party": codes[0]})))
        assert member.load().load == 0
        assert [row["name"] for row in member.known("party")] == ["甲"]

    def test_the_row_that_a_person_chose_stands(
        self, member: Any, invoices: Invoices, tmp_path: Path
    ) -> None:
        member.loads_only("a.csv", *invoices(("1", "5"), ("1", "6")))
        replay(member.store, written(member.store, tmp_path))  # the second is the right one
        assert [row["amount"] for row in member.known("invoice")] == [600]
        assert waiting(member.store) == []
        assert member.load().load == 0
        assert [row["amount"] for row in member.known("invoice")] == [600]

    def test_a_newer_file_counts_again(self, member: Any, kept: Path, invoices: Invoices) -> None:
        replay(member.store, edited(kept, lambda line: line.update({"row:amount": "6"})))
        newer = invoices(("1", "5"), ("2", "7"), ("3", "8"))
        member.sends("a.csv", *newer, extract="full").load()
        assert sorted(row["amount"] for row in member.known("invoice")) == [500, 700, 800]


def test_a_code_of_an_early_pilot_is_let_through_by_hand_with_a_warning(
    member: Any, tmp_path: Path
) -> None:
    party = {"reading": 'kind = "party"'}
    member.loads_only(
        "p.csv", "party,name,kind", f"{PILOT},甲,企业", f"{'0' * 18},乙,企业", **party
    )
    path = written(member.store, tmp_path)
    (report,) = replay(member.store, edited(path, lambda line: line.update(let_through="yes")))
    assert (report.files[0].warned, report.files[0].quarantined) == (1, 1)
    assert [row["party"] for row in member.known("party")] == [f"uscc:{PILOT}"]
    (warning,) = (f for f in member.store.findings() if f["severity"] == "warning")
    assert warning["rule"].startswith("let through by hand; CHECK_OUTER")
    assert [finding["value"] for finding in waiting(member.store)] == ["0" * 18]


def test_a_row_that_now_names_a_person_is_not_taken_and_nothing_of_it_kept(
    member: Any, kept: Path
) -> None:
    person = "440000190001010000"
    replay(member.store, edited(kept, lambda line: line.update({"row:buyer": person})))
    assert len(member.known("invoice")) == 1
    assert person not in str(member.store.findings())


def test_rows_known_by_their_occurrence_do_not_replace_others(
    member: Any, tmp_path: Path, codes: tuple[str, str, str]
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
        payment_no = { occurrence_of = ["from", "amount"] }
        """,
    )
    a, b, _ = codes
    rows = [f"{a},{b},2026-05-01,5", f"{a},{b},never,5"]
    member.loads_only("a.csv", "from,to,day,amount", *rows, reading=reading, extract="full")
    path = written(member.store, tmp_path)
    replay(member.store, edited(path, lambda line: line.update({"row:day": "2026-06-01"})))
    assert [row["paid_on"] for row in member.known("payment")] == ["2026-05-01", "2026-06-01"]
    assert member.load().load == 0


class TestForeignFiles:
    def refused(self, store: Store, path: Path) -> BadInput:
        head = store.head()
        with pytest.raises(BadInput) as caught:
            replay(store, path)
        assert store.head() == head
        assert caught.value.way_out
        return caught.value

    def test_a_file_that_is_none_is_refused(self, member: Any, kept: Path) -> None:
        kept.write_text("a,b\n1,2\n", encoding="utf-8")
        assert "is no quarantine file" in self.refused(member.store, kept).rule

    def test_a_finding_that_was_settled_is_refused(self, member: Any, kept: Path) -> None:
        path = edited(kept, lambda line: line.update({"row:amount": "6"}))
        replay(member.store, path)
        error = self.refused(member.store, path)
        assert "line 2, finding '1'" in error.value
        assert "not waiting" in error.rule

    @pytest.mark.parametrize("finding", ["99", "", "x", "²"])
    def test_a_finding_that_is_not_there_is_refused(
        self, member: Any, kept: Path, finding: str
    ) -> None:
        path = edited(kept, lambda line: line.update(finding=finding))
        assert "not waiting" in self.refused(member.store, path).rule

    @pytest.mark.parametrize("column", ["source", "load", "file", "line"])
    def test_a_file_of_another_store_is_refused(self, member: Any, kept: Path, column: str) -> None:
        path = edited(kept, lambda line: line.update({column: "77"}))
        assert (
            "this store knows the finding as member, 1, a.csv, 3"
            in self.refused(member.store, path).rule
        )

    def test_a_file_that_lost_a_column_of_the_row_is_refused(self, member: Any, kept: Path) -> None:
        text = kept.read_text(encoding="utf-8-sig").replace("row:buyer", "buyer")
        kept.write_text(text, encoding="utf-8-sig")
        error = self.refused(member.store, kept)
        assert "row:buyer" in error.value
        assert "Put them back" in error.way_out


def test_a_dry_replay_writes_nothing(member: Any, kept: Path) -> None:
    def correct(line: dict[str, str]) -> None:
        line["row:amount"] = "5"

    before = (member.store.head(), len(member.store.loads()), len(waiting(member.store)))
    (report,) = replay(member.store, edited(kept, correct), dry_run=True)
    assert (report.load, report.files[0].accepted) == (0, 2)
    assert (member.store.head(), len(member.store.loads()), len(waiting(member.store))) == before
    (report,) = replay(member.store, kept)
    assert report.load == 2


def test_correcting_the_value_instead_of_the_row_is_told(member: Any, kept: Path) -> None:
    def correct(line: dict[str, str]) -> None:
        line["value"] = "5"

    with pytest.raises(BadInput, match="row:"):
        replay(member.store, edited(kept, correct))
