"""The official's pages: anonymous 401, outsider sees nothing, an official sees the district."""

import csv
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from stating import DAY, party, state
from supplier_world import headers

from api.http.app import create_app
from api.services.departments import departments
from api.services.ingesting import ingest
from api.services.runs import assess_day, published
from api.services.workspace import open_workspace
from api.settings import Settings, load_settings
from graph_model.statement import Source
from policy.visibility import Viewer

OVERVIEW = "/api/v1/overview"
PAGES = ("ecosystem", "levels", "origins", "quality", "freshness")
OFFICE = "uscc:11440112XXXX00017B"
STREETS = {"440112001": 4, "440112002": 6, "440112003": 12, "440112005": 3}
REGISTER = Source("register", "登记库", "registry", 1, "test", association_allowed=True)
FIRMS = [party(k) for k in range(25)]
TRADER = party(90, "92")
OUTSIDE = party(91)


@dataclass(frozen=True)
class Office:
    client: TestClient
    settings: Settings

    def get(
        self, page: str, *, role: str = "official", purpose: str | None = "supervision"
    ) -> Response:
        asking = headers(self.settings, role, OFFICE, purpose)
        return self.client.get(f"{OVERVIEW}/{page}", headers=asking)


def fill(settings: Settings) -> None:
    """25 firms in four streets, of which one has four and one three; sections C and G."""
    street = [code for code, many in STREETS.items() for _ in range(many)]
    accounts = {"year": 2025, "period_end": "2025-12-31", "revenue": 1_000_000_00}
    accounts |= {"equity": 90_000_00, "current_assets": 80_000_00, "total_assets": 300_000_00}
    accounts |= {"current_liabilities": 50_000_00, "material_cost": 800_000_00}
    common = {"established_on": "2010-01-01", "kind": "enterprise"}
    parties: list[dict[str, Any]] = [
        {"party": p, "name": f"公司{k}", "street": street[k]}
        | common
        | {"sector": "5431" if k % 4 == 0 else "3670"}
        for k, p in enumerate(FIRMS)
    ]
    parties.append({"party": TRADER, "name": "个体", "sector": "3670", "kind": "sole_trader"})
    parties.append({"party": OUTSIDE, "name": "区外", "sector": "3670"} | common)
    stated = {
        "party": parties,
        "financials": [{"party": p, **accounts} for p in FIRMS],
        "invoice": [
            {"seller": FIRMS[k], "buyer": FIRMS[(k + 1) % 25], "invoice_no": f"I{k}"}
            | {"issued_on": "2026-06-01", "amount": 50_000_00 + k * 100}
            for k in range(25)
        ]
        + [
            {"seller": TRADER, "buyer": FIRMS[3], "invoice_no": "T", "issued_on": "2026-06-01"}
            | {"amount": 9_000_00}
        ],
        "guarantee": [
            {"guarantor": FIRMS[k], "guarantee_no": f"G{k}", "borrower": FIRMS[k + 1]}
            | {"starts_on": "2026-01-01", "cover": 100_000_00}
            for k in (1, 2, 5, 6, 9, 10)
        ],
        "loan": [
            {"lender": party(101), "loan_no": "L1", "borrower": FIRMS[1], "balance": 70_000_00}
        ],
    }
    with open_workspace(settings) as opened:
        state(opened.store, stated, REGISTER)
        assess_day(opened, DAY)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home = tmp_path_factory.mktemp("home")
    settings = load_settings(home=home, store="", token_key="k" * 64, scenarios=2000)
    fill(settings)
    with TestClient(create_app(settings)) as client:
        yield Office(client, settings)


def test_anonymous_is_asked_to_sign_in(office: Office) -> None:
    for page in PAGES:
        assert office.client.get(f"{OVERVIEW}/{page}").status_code == 401


@pytest.mark.parametrize(
    ("role", "purpose"),
    [("member", "self"), ("financier", "post_loan"), ("official", "self"), ("member", "ecosystem")],
)
def test_who_is_no_official_on_duty_sees_nothing(office: Office, role: str, purpose: str) -> None:
    for page in PAGES:
        answer = office.get(page, role=role, purpose=purpose)
        assert answer.status_code == 403
        assert "数据安全法" in answer.json()["rule"]
    assert office.get("levels", purpose=None).status_code == 422


def test_a_street_of_four_is_hidden_and_cannot_be_computed_from_the_totals(office: Office) -> None:
    answer = office.get("levels", purpose="ecosystem").json()
    rows = {row["key"]: row for row in answer["by_street"]["rows"]}
    assert [key for key, row in rows.items() if row["counts"] is None] == [
        "440112001",
        "440112005",
        "other",
    ]
    total = np.array(answer["by_street"]["total"])
    assert total.sum() == 26  # the firms, and one outside; no sole trader
    shown = sum(np.array(row["counts"]) for row in rows.values() if row["counts"] is not None)
    left = int((total - shown).sum())
    assert left == 4 + 3 + 1  # three hidden rows: eight of them, in no known proportion
    assert rows["440112001"]["enterprises"] is None
    # the table by section has the same total, and tells nothing more
    assert answer["by_section"]["total"] == answer["by_street"]["total"]
    assert {row["key"] for row in answer["by_section"]["rows"]} == {"C", "G"}


def test_both_published_tables_together_leave_every_hidden_cell_open(office: Office) -> None:
    answer = office.get("levels").json()
    columns, left, unknown = len(answer["levels"]), [], 0
    tables = (answer["by_street"], answer["by_section"])
    size = sum(len(table["rows"]) for table in tables) * columns
    hidden = []
    for table in tables:
        for row in table["rows"]:
            for column in range(columns):
                if row["counts"] is not None:
                    left.append(np.eye(1, size, unknown + column)[0])
                else:
                    hidden.append(unknown + column)
            unknown += columns
        first = unknown - len(table["rows"]) * columns
        for column in range(columns):
            equation = np.zeros(size)
            equation[first + column : unknown : columns] = 1
            left.append(equation)
    assert hidden
    rank = np.linalg.matrix_rank(np.array(left))
    for cell in hidden:
        with_it = np.vstack((left, np.eye(1, size, cell)))
        assert np.linalg.matrix_rank(with_it) == rank + 1


def test_the_ecosystem_has_24_cells_with_counts_amounts_and_gaps(office: Office) -> None:
    answer = office.get("ecosystem").json()
    cells = {(cell["link"], cell["chain"]): cell for cell in answer["cells"]}
    assert len(cells) == 24  # supervision is counted by three kinds: records, grades, commitments
    assert len({(c["link"], c["chain"], c["kind"]) for c in answer["cells"]}) == 30
    sales = cells["sales", "supply"]
    assert (sales["state"], sales["statements"], sales["enterprises"]) == ("shown", 26, 26)
    assert sales["amount_fen"] == sum(50_000_00 + k * 100 for k in range(25)) + 9_000_00
    compensation = cells["risk_compensation", "supply"]
    assert (compensation["state"], compensation["statements"]) == ("no source", None)
    carried = cells["logistics", "supply"]
    assert (carried["state"], carried["statements"], carried["told_en"]) == (
        *("gap", 0),
        "no waybill leads to a buyer",
    )
    lent = cells["financing", "industry"]  # one loan to one firm
    assert (lent["state"], lent["statements"], lent["amount_fen"]) == ("hidden", None, None)
    assert cells["financing", "supply"]["state"] == "hidden"  # the same loan, in the wider chain
    assert answer["gaps"] == sum(cell["state"] == "gap" for cell in answer["cells"])
    assert answer["without_source"] == 3


def test_a_chain_without_a_guarantor_is_a_gap(office: Office) -> None:
    answer = office.get("ecosystem").json()
    cells = {(cell["link"], cell["chain"]): cell for cell in answer["cells"]}
    # guarantees are for firms 2, 3, 6, 7, 10, 11: manufacturers, none of transport (0, 4, 8, …)
    assert cells["guarantee", "industry"]["statements"] == 6
    assert cells["guarantee", "logistics"]["told_zh"] == "本链没有保证人"


def test_the_origins_that_put_most_on_others_are_named_for_supervision(office: Office) -> None:
    with open_workspace(office.settings) as opened:
        before = len(list(opened.store.journal("audit")))
        answer = office.get("origins").json()
        lines = [line["payload"] for line in opened.store.journal("audit")][before:]
        run = published(opened)
        links, part = run.links, np.nan_to_num(run.run.link_part)
    assert len(answer["origins"]) == 20
    shares = [one["share"] for one in answer["origins"]]
    assert shares == sorted(shares, reverse=True)
    first = answer["origins"][0]
    place = run.network.place(first["party"])
    expected = part[links.fallen == place].sum() / part.sum()
    assert first["share"] == pytest.approx(expected, abs=1e-12)
    assert first["falls_of_others"] is None
    assert (first["hit"], first["loss_band"]) == (None, None)  # fewer than five others
    assert "uncalibrated" in answer["withheld"]
    assert {line["subject"] for line in lines[1:]} == {
        one["party"] for one in answer["origins"] if one["party"]
    }
    assert TRADER not in str(answer)


def test_for_the_ecosystem_the_origins_have_no_names(office: Office) -> None:
    answer = office.get("origins", purpose="ecosystem").json()
    assert {one["party"] for one in answer["origins"]} == {None}
    assert "公司" not in str(answer)


def test_answers_kept_are_given_again_and_still_written_down(office: Office) -> None:
    office.get("levels")
    with open_workspace(office.settings) as opened:
        before = len(list(opened.store.journal("audit")))
        started = time.perf_counter()
        for _ in range(5):
            office.get("levels")
        assert time.perf_counter() - started < 5
        assert len(list(opened.store.journal("audit"))) == before + 5


SOURCE = """
id = "double-publicity"
name = "双公示"
type = "official"
rank = 5
authorisation = "test"
association_allowed = true
[[file]]
path = "penalties.csv"
kind = "credit_record"
extract = "delta"
period = {{ start = 2026-01-01, end = {end} }}
as_of = {as_of}
"""
HEADER = "party,record_no,record_kind,severity,authority,recognised_on\n"


def extract(folder: Path, as_of: str, end: str, *rows: str) -> Path:
    made = folder / as_of
    made.mkdir()
    (made / "source.toml").write_text(SOURCE.format(as_of=as_of, end=end), "utf-8")
    (made / "penalties.csv").write_text(HEADER + "\n".join(rows) + "\n", "utf-8")
    return made


def test_wrong_codes_and_late_decisions_are_counted_by_department(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", store="")
    good = FIRMS[1].removeprefix("uscc:")
    wrong = good[:-1] + ("1" if good[-1] != "1" else "2")
    bureau, market = "生态环境分局", "市场监督管理局"

    def row(code: str, number: str, authority: str, day: str) -> str:
        return f"{code},{number},admin_penalty,minor,{authority},{day}"

    august = extract(
        *(tmp_path, "2026-08-31", "2026-09-01"),
        row(good, "OLD", bureau, "2026-03-02"),  # nobody knows how long it was there
        row(wrong, "BAD", bureau, "2026-08-03"),
    )
    september = extract(
        *(tmp_path, "2026-09-30", "2026-10-01"),
        row(good, "LATE", bureau, "2026-08-03"),  # 20 working days to the extract that lacked it
        row(good, "SOON", bureau, "2026-09-24"),  # 4 days: in time
        row(good, "MAYBE", bureau, "2026-09-01"),  # between 0 and 21 days: cannot be told
        row(good, "MARKET", market, "2026-09-03"),  # 20 days, of 20
    )
    asking = Viewer("official", OFFICE, "supervision")
    with open_workspace(settings) as opened:
        for folder in (august, september):
            ingest(opened, folder)
        found = departments(opened, asking, date(2026, 10, 31))
    (source,) = found.departments
    assert (source.read, source.wrong_codes, source.error_rate) == (6, 1, 1 / 6)
    assert source.within is False
    of = {one.authority: one for one in found.publicity}
    assert (of[bureau].decisions, of[bureau].in_time, of[bureau].late, of[bureau].untold) == (
        *(4, 1, 1),
        2,
    )
    assert of[bureau].most_days == 21
    assert (of[market].term_days, of[market].in_time) == (20, 1)


def test_a_code_given_to_two_parties_is_a_duplicate(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", store="")
    folder = tmp_path / "register"
    folder.mkdir()
    toml = SOURCE.format(as_of="2026-10-31", end="2026-11-01").replace("double-publicity", "reg")
    toml = toml.replace("penalties", "parties").replace("credit_record", "party")
    (folder / "source.toml").write_text(toml, "utf-8")
    rows = [f"{FIRMS[k].removeprefix('uscc:')},公司{n},enterprise" for n, k in enumerate((1, 2, 1))]
    (folder / "parties.csv").write_text("party,name,kind\n" + "\n".join(rows) + "\n", "utf-8")
    asking = Viewer("official", OFFICE, "supervision")
    with open_workspace(settings) as opened:
        ingest(opened, folder)
        (source,) = departments(opened, asking, date(2026, 10, 31)).departments
    assert (source.read, source.duplicate_codes, source.wrong_codes) == (3, 1, 0)
    assert source.error_rate == pytest.approx(1 / 3)


def test_freshness_tells_the_day_of_the_newest_extract(office: Office) -> None:
    (source,) = office.get("freshness").json()["sources"]
    assert (source["source"], source["as_of"]) == ("register", "2026-01-01")
    assert source["age_days"] > 300


@pytest.mark.parametrize("page", PAGES)
def test_each_page_can_be_taken_out_and_hides_what_the_page_hides(
    office: Office, page: str
) -> None:
    taken = office.get(f"{page}?format=csv")
    assert taken.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(taken.content.decode("utf-8-sig"))))
    cut = rows.index([])
    width = len(rows[0])
    assert cut > 1
    assert {len(row) for row in rows[:cut]} == {width}
    about = dict(rows[cut + 1 :])
    assert about["导出人 exported by"] == f"official of {OFFICE}, purpose supervision"
    assert {"数据截至 data as of", "导出时间 exported at", "依据 rule"} <= set(about)
    with open_workspace(office.settings) as opened:
        last = list(opened.store.journal("audit"))[-1]["payload"]
    assert last["action"].endswith(" as csv")
    if page == "levels":
        table = office.get(page).json()["by_street"]
        hidden = [row["key"] for row in table["rows"] if row["counts"] is None]
        shown = {row[1]: row[4:] for row in rows[1:cut] if row[0] == table["name"]}
        assert hidden
        assert all(set(shown[key]) == {"隐藏 hidden"} for key in hidden)
    assert office.get(f"{page}?format=xlsx").content[:2] == b"PK"
    assert office.get(f"{page}?format=csv", role="member", purpose="self").status_code == 403
