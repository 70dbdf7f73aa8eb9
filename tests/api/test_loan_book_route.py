"""A lender's loan book over HTTP: anonymous 401, outsider sees nothing, its lender sees it."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bank_world import (
    BANK_A,
    BANK_B,
    BUYER,
    CORE,
    FORMER,
    HOLDING,
    MAKER,
    NAMES,
    RENAMED,
    TRADING,
    World,
    build,
    code,
    consent,
    five_loans,
)
from fastapi.testclient import TestClient
from httpx2 import Response
from stating import DAY, state
from supplier_world import headers

from api.http.app import create_app
from api.services import loan_book
from api.services.workspace import open_workspace
from api.settings import Settings
from ingest.loan_book import HEADERS
from policy.visibility import Viewer

BOOK = "/api/v1/loan-book"
ANSWERS = ("/borrowers", "/concentration", "/limits")


@dataclass(frozen=True)
class Bank:
    """A client, and how bank A asks."""

    client: TestClient
    settings: Settings

    def get(self, path: str, *, bank: str = BANK_A, purpose: str = "post_loan") -> Response:
        asking = headers(self.settings, "financier", bank, purpose)
        return self.client.get(path, headers=asking)

    def send(
        self, text: str, key: str = "book-of-october", *, bank: str = BANK_A, **form: Any
    ) -> Response:
        asking = headers(self.settings, "financier", bank, "post_loan") | {"Idempotency-Key": key}
        file = {"file": ("book.csv", text.encode(), "text/csv")}
        return self.client.post(BOOK, headers=asking, files=file, data=form)

    def borrower(self, party: str) -> dict[str, Any]:
        found = self.get(f"{BOOK}/borrowers").json()["borrowers"]
        return next(one for one in found if one["party"] == party)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    settings = build(tmp_path_factory.mktemp("home"), World())
    with TestClient(create_app(settings)) as client:
        made = Bank(client, settings)
        made.send(five_loans(), capital_fen=20_000_000_00)
        yield made


def test_anonymous_is_asked_to_sign_in(bank: Bank) -> None:
    for path in ANSWERS:
        assert bank.client.get(BOOK + path).status_code == 401
    assert bank.client.post(BOOK).status_code == 401


@pytest.mark.parametrize("role", ["member", "official", "administrator"])
def test_who_is_no_financier_sees_nothing(bank: Bank, role: str) -> None:
    asking = headers(bank.settings, role, BANK_A, "self")
    for path in ANSWERS:
        answer = bank.client.get(BOOK + path, headers=asking)
        assert answer.status_code == 403
        assert "Art. 29" in answer.json()["rule"]
    sent = bank.client.post(
        BOOK,
        headers=asking | {"Idempotency-Key": "12345678"},
        files={"file": ("book.csv", five_loans().encode(), "text/csv")},
    )
    assert sent.status_code == 403


def test_another_bank_sees_nothing_of_the_book(bank: Bank) -> None:
    for path in ANSWERS:
        answer = bank.get(BOOK + path, bank=BANK_B)
        assert answer.status_code == 404
        assert code(BUYER) not in answer.text


def test_of_five_loans_four_are_matched_with_reasons_and_one_is_kept_aside(bank: Bank) -> None:
    answer = bank.send(five_loans(), capital_fen=20_000_000_00)
    assert answer.status_code == 201
    book = answer.json()["book"]
    assert (book["read"], len(book["matched"]), len(book["unmatched"])) == (5, 4, 0)
    why = {one["loan_no"]: [r["code"] for r in one["reasons"]] for one in book["matched"]}
    assert why == {
        "A1": ["code", "name"],
        "A2": ["former_name"],
        "A3": ["code"],
        "A4": ["name_folded"],
    }
    former = next(one for one in book["matched"] if one["loan_no"] == "A2")
    assert (former["party"], former["stated_name"], former["score"]) == (RENAMED, FORMER, 0.9)
    (aside,) = book["aside"]
    assert aside["line"] == 6
    assert aside["rule"].startswith("CHECK_OUTER")
    assert aside["way_out"]
    assert aside["row"]["企业名称"] == NAMES[CORE]


def test_a_book_sent_again_under_its_key_is_the_same_upload(bank: Bank) -> None:
    one, two = (bank.send(five_loans(), capital_fen=20_000_000_00).json() for _ in range(2))
    assert one == two
    other = five_loans().replace("1000000", "1000001")
    answer = bank.send(other)
    assert answer.status_code == 409
    assert "came with another request before" in answer.json()["rule"]
    assert bank.send(five_loans(), key="short").status_code == 422


@pytest.mark.parametrize("capital", [0, -5, 2**53])
def test_a_capital_that_no_bank_has_is_refused(bank: Bank, capital: int) -> None:
    answer = bank.send(five_loans(), capital_fen=capital, key=f"capital-{capital:+d}-fen")
    assert answer.status_code == 422
    assert "90 trillion yuan" in answer.json()["rule"]


def test_of_many_strange_names_the_first_are_compared_and_the_others_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loan_book, "MOST_COMPARED", 2)
    near = NAMES[TRADING].replace("贸易", "贸")
    lines = [f"B{k},,{near},1000,,,," for k in range(3)] + [f"B9,,{NAMES[TRADING]},1000,,,,"]
    path = tmp_path / "book.csv"
    path.write_text("\n".join([",".join(HEADERS), *lines]) + "\n", encoding="utf-8")
    with open_workspace(build(tmp_path / "home", World())) as opened:
        found = loan_book.check(opened, Viewer("financier", BANK_A, "post_loan"), path, DAY)
    reasons = [one.match.reasons[0].code for one in found.unmatched]
    assert reasons == ["not_found", "not_found", "not_compared"]
    assert [bool(one.match.candidates) for one in found.unmatched] == [True, True, False]
    assert [one.line.loan_no for one in found.matched] == ["B9"]


def test_a_file_that_is_no_table_is_refused(bank: Bank) -> None:
    asking = headers(bank.settings, "financier", BANK_A, "post_loan")
    asking |= {"Idempotency-Key": "no-table-at-all"}
    for name, content in (("book.pdf", b"%PDF"), ("book.xlsx", b"PK rubbish"), ("a.csv", b"")):
        sent = bank.client.post(BOOK, headers=asking, files={"file": (name, content, "x/y")})
        assert sent.status_code == 422
        assert "way_out" in sent.json()


def test_a_borrower_that_consented_is_shown_with_level_reasons_and_labels(bank: Bank) -> None:
    one = bank.borrower(MAKER)
    assert one["consent"]
    assert one["level"]
    assert one["reasons"]
    assert one["ratio"] > 1
    assert one["probability"] is None
    assert "uncalibrated" in one["withheld"]
    assert {label["code"] for label in one["labels"]} >= {"records_serious", "overdue_days"}
    assert one["balance_fen"] == 1_500_000_00


def test_of_a_borrower_without_consent_only_the_own_loan_is_shown(bank: Bank) -> None:
    one = bank.borrower(TRADING)
    assert (one["balance_fen"], one["consent"]) == (600_000_00, False)
    assert one["withheld"].startswith("无授权 no consent")
    for hidden in ("level", "rank", "ranked", "ratio", "one_hop_fen", "through_fen", "event_on"):
        assert one[hidden] is None
    assert one["reasons"] == one["hit_by"] == []
    assert {label["code"] for label in one["labels"]} <= {"size", "reg_state"}


def test_exposure_is_direct_and_through_one_hop_and_the_union_counts_once(bank: Bank) -> None:
    found = bank.get(f"{BOOK}/borrowers").json()
    assert found["direct_fen"] == 3_900_000_00
    assert found["without_consent"] == 1
    looked = [one for one in found["borrowers"] if one["consent"]]
    assert found["looked_through_fen"] == sum(one["balance_fen"] for one in looked) == 3_300_000_00
    assert found["union_fen"] == sum(one["one_hop_fen"] for one in looked)
    assert 0 < found["union_fen"] <= found["looked_through_fen"]
    core = next(one for one in found["through"] if one["party"] == CORE)
    # the core firm owes the buyer 900,000 and the maker 2,500,000, both look for another buyer
    assert core["amount_fen"] > 0.6 * 900_000_00
    assert found["expected_loss_fen"] is None
    assert found["ratio"] > 1
    assert found["through_undisclosed"]  # falls of the trading firm, which did not consent
    assert TRADING not in [one["party"] for one in found["through"]]


def test_balances_gather_by_chain_sector_guarantor_and_carrier(bank: Bank) -> None:
    found = bank.get(f"{BOOK}/concentration").json()
    chain = {group["key"]: group["amount_fen"] for group in found["by_chain"]["groups"]}
    assert chain == {"汽车链联盟": 2_500_000_00, "unknown": 1_400_000_00}
    sector = {group["key"]: group["borrowers"] for group in found["by_sector"]["groups"]}
    assert sector == {"36": 3, "51": 1}
    guarantor = {group["key"]: group["amount_fen"] for group in found["by_guarantor"]["groups"]}
    assert guarantor == {BUYER: 700_000_00, MAKER: 700_000_00, CORE: 700_000_00}
    assert found["by_guarantor"]["herfindahl"] is None
    (carrier,) = found["by_carrier"]["groups"]
    assert carrier["amount_fen"] == 1_500_000_00


def test_single_names_groups_and_circles_are_held_against_the_capital(bank: Bank) -> None:
    found = bank.get(f"{BOOK}/limits").json()
    assert found["capital_fen"] == 20_000_000_00
    largest = found["singles"][0]
    assert (largest["parties"][0][0], largest["held"]["verdict"]) == (MAKER, "within")
    (group,) = found["groups"]
    assert {party for party, _ in group["parties"]} == {BUYER, MAKER}
    assert group["heads"] == [NAMES[HOLDING]]
    assert group["held"]["verdict"] == "near"  # 2.5 of 20 million: 12.5 % of at most 15 %
    assert "集团客户" in group["held"]["limit"]["clause"]
    (circle,) = found["circles"]
    assert (circle["shape"], circle["held"]["limit"]["status"]) == ("mutual", "assumption")


def test_opening_a_borrower_needs_consent_and_paper_is_enough(bank: Bank) -> None:
    url = f"/api/v1/partners/{TRADING}/risk"
    refused = bank.get(url)
    assert refused.status_code == 403
    assert "征信业管理条例 Art. 29" in refused.json()["rule"]
    paper = consent(TRADING, "P-1", method="paper", evidence_sha256="a" * 64)
    with open_workspace(bank.settings) as opened:
        state(opened.store, {"consent": [paper]})
    seen = bank.get(url)
    assert seen.status_code == 200
    assert "P-1" in seen.json()["rule"]
    assert {part["key"] for part in seen.json()["explanation"]["children"]} > {"own"}
    one = bank.borrower(TRADING)
    assert one["consent"]
    assert {label["code"] for label in one["labels"]} >= {"records_minor", "size"}


def test_borrowers_come_in_pages_of_one_book(bank: Bank) -> None:
    whole = bank.get(f"{BOOK}/borrowers").json()
    assert whole["next"] is None
    first = bank.get(f"{BOOK}/borrowers?limit=3").json()
    rest = bank.get(first["next"]).json()
    assert first["borrowers"] + rest["borrowers"] == whole["borrowers"]
    assert (rest["offset"], rest["next"]) == (3, None)
    bank.send(five_loans(), key="another-book-sent")
    answer = bank.get(first["next"])
    assert answer.status_code == 422
    assert "another loan book was sent" in answer.json()["rule"]


def test_every_borrower_on_the_page_is_written_down(bank: Bank) -> None:
    with open_workspace(bank.settings) as opened:
        before = len(list(opened.store.journal("audit")))
        bank.get(f"{BOOK}/borrowers?limit=2")
        lines = [line["payload"] for line in opened.store.journal("audit")][before:]
    actions = [line["action"] for line in lines]
    assert actions == ["exposure of the loan book", *["borrower of the loan book"] * 2]
    assert all(line["purpose"] == "post_loan" for line in lines)


def test_nothing_of_the_book_is_a_statement(bank: Bank) -> None:
    with open_workspace(bank.settings) as opened:
        assert FORMER not in [loan.values for loan in opened.store.rows("loan")]
        assert "A1" not in str([row.key for row in opened.store.rows("loan")])


def numbers_of_bank_a(home: Path, world: World) -> list[Any]:
    """Everything bank A can read, with the time of the upload taken out."""
    settings = build(home, world)
    with TestClient(create_app(settings)) as client:
        asking = Bank(client, settings)
        sent = asking.send(five_loans(), capital_fen=20_000_000_00).json()
        answers = [sent, *(asking.get(BOOK + path).json() for path in ANSWERS)]
        asked = (f"/api/v1/partners/{p}/risk" for p in (BUYER, MAKER, RENAMED, CORE, TRADING))
        answers += [asking.get(url).json() for url in asked]
    for answer in answers:
        for name in ("at", "uploaded_at", "request_id"):
            answer.pop(name, None)
    return answers


def test_no_number_that_bank_a_reads_depends_on_a_loan_of_bank_b(tmp_path: Path) -> None:
    small = numbers_of_bank_a(tmp_path / "small", World(100_000, 0))
    large = numbers_of_bank_a(tmp_path / "large", World(9_876_543, 88))
    assert small == large
    assert "9876543" not in str(large)


def test_a_revocation_counts_on_the_next_page(tmp_path: Path) -> None:
    settings = build(tmp_path / "home", World())
    with TestClient(create_app(settings)) as client:
        asking = Bank(client, settings)
        asking.send(five_loans())
        assert asking.borrower(MAKER)["consent"]
        before = asking.get(f"{BOOK}/borrowers").json()
        own = headers(settings, "member", MAKER, "self")
        url = "/api/v1/consents/C-1/revocation"  # of the maker
        assert client.post(url, headers=own, json={}).status_code in (200, 201)
        after = asking.get(f"{BOOK}/borrowers").json()
    (now,) = (one for one in after["borrowers"] if one["party"] == MAKER)
    assert (now["consent"], now["level"], now["one_hop_fen"]) == (False, None, None)
    assert after["without_consent"] == before["without_consent"] + 1
    assert after["looked_through_fen"] == before["looked_through_fen"] - 1_500_000_00


def test_borrowers_can_be_taken_out_whole(bank: Bank) -> None:
    taken = bank.get(f"{BOOK}/borrowers?format=csv&limit=2")
    rows = list(csv.reader(io.StringIO(taken.content.decode("utf-8-sig"))))
    cut = rows.index([])
    shown = bank.get(f"{BOOK}/borrowers").json()["borrowers"]
    assert [row[0] for row in rows[1:cut]] == [one["party"] for one in shown]
    balance = rows[0].index("余额（元） balance")
    told = [round(float(row[balance]) * 100) for row in rows[1:cut]]
    assert told == [one["balance_fen"] for one in shown]
    level = rows[0].index("预警等级 level")
    for row, one in zip(rows[1:cut], shown, strict=True):
        assert one["consent"] or row[level] == ""
    about = dict(rows[cut + 1 :])
    assert about["导出人 exported by"] == f"financier of {BANK_A}, purpose post_loan"
    assert bank.get(f"{BOOK}/borrowers?format=csv", bank=BANK_B).status_code == 404
