"""What every route shares: request ids, limits, keys of POSTs, pages, files."""

import base64
import csv
import io
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import openpyxl
import pytest
from fastapi import Body, Depends
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from supplier_world import BANK_PARTY, SUPPLIER, headers

from api.http.app import create_app
from api.http.exports import FILES, Filed, download
from api.http.limits import Rates
from api.http.paging import Page, PageAsked, Paged
from api.http.problems import TooMany
from api.http.viewer import viewer_of
from api.services.exporting import Table, exported
from api.services.once import Answer, Once
from api.settings import Settings, load_settings
from graph_model.errors import Conflict
from policy.visibility import Viewer

ROWS = [f"r{k:03d}" for k in range(120)]


class Held:
    """Lets a test hold a request, and counts those that were done."""

    def __init__(self) -> None:
        self.done = 0
        self.entered = threading.Event()
        self.go = threading.Event()
        self.go.set()


def app_with_toys(settings: Settings, held: Held) -> Any:
    """The application with a list and a POST of the tests' own."""
    app = create_app(settings)

    @app.get("/api/v1/toys", response_model=None, responses={200: FILES})
    def toys(
        _viewer: Annotated[Viewer, Depends(viewer_of)], page: Paged, kind: Filed, begins: str = "r"
    ) -> Any:
        chosen = [row for row in ROWS if row.startswith(begins)]
        if kind is not None:
            table = Table("toys", ["toy"], [[r] for r in chosen], {"begins": begins}, DAY, "", "")
            return download(table, kind)
        return page.of(chosen, lambda row: (row,), str)

    @app.post("/api/v1/toys", status_code=201)
    def make(
        _viewer: Annotated[Viewer, Depends(viewer_of)], name: Annotated[str, Body(embed=True)]
    ) -> dict[str, Any]:
        held.entered.set()
        held.go.wait(10)
        held.done += 1
        if name == "broken":
            raise RuntimeError("it broke")
        return {"name": name, "number": held.done}

    return app


DAY = date(2026, 10, 31)


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def toys(filled: Settings, held: Held) -> Iterator[TestClient]:
    app = app_with_toys(filled, held)
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def signed(filled: Settings) -> dict[str, str]:
    return headers(filled, "member", SUPPLIER, "partner_check")


def test_a_well_formed_request_id_is_kept_and_stands_in_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "alliance.http.requests")
    path = f"/api/v1/partners/{SUPPLIER}/risk"
    answer = client.get(path, headers={"X-Request-Id": "desk-7.2026_11"})
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"] == "desk-7.2026_11"
    (line,) = [r.getMessage() for r in caplog.records if r.name == "alliance.http.requests"]
    assert line.startswith("desk-7.2026_11 GET /api/v1/partners/{party}/risk 401 ")
    assert SUPPLIER not in line


@pytest.mark.parametrize("given", ["short", "with space in it", "x" * 65, "a\tbcdefghij", ""])
def test_an_odd_request_id_is_replaced(client: TestClient, given: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] != given
    assert len(answer.headers["X-Request-Id"]) == 32


def test_a_large_body_is_refused_declared_or_not(
    toys: TestClient, signed: dict[str, str], filled: Settings
) -> None:
    large = b"x" * (filled.body_limit + 1)

    def undeclared() -> Iterator[bytes]:
        yield from (large[: len(large) // 2], large[len(large) // 2 :])

    for content in (large, undeclared()):
        answer = toys.post("/api/v1/toys", content=content, headers=signed)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["X-Request-Id"] == answer.json()["request_id"]


def test_an_organisation_that_asks_too_often_waits_and_others_do_not(filled: Settings) -> None:
    settings = load_settings(**{**vars_of(filled), "asks_per_minute": 2})
    with TestClient(app_with_toys(settings, Held())) as client:
        asking = headers(settings, "member", SUPPLIER, "partner_check")
        statuses = [client.get("/api/v1/toys", headers=asking).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        answer = client.get("/api/v1/toys", headers=asking)
        assert 1 <= int(answer.headers["Retry-After"]) <= 30
        assert "at most 2 a minute" in answer.json()["rule"]
        other = headers(settings, "financier", BANK_PARTY, "post_loan")
        assert client.get("/api/v1/toys", headers=other).status_code == 200
        own = headers(settings, "member", SUPPLIER, "self")
        url = f"/api/v1/partners/{SUPPLIER}/risk"
        assert {client.get(url, headers=own).status_code for _ in range(6)} == {200}
        mine = "/api/v1/audit/mine"
        assert {client.get(mine, headers=own).status_code for _ in range(3)} == {200}
        others = "/api/v1/partners?q=9144"
        assert client.get(others, headers=own).status_code == 429, "purpose self frees no search"


def vars_of(settings: Settings) -> dict[str, Any]:
    return {"home": settings.home, "store": "", "token_key": settings.token_key}


def test_a_bucket_fills_again_with_time() -> None:
    clock = [0.0]
    rates = Rates({"ask": 60}, lambda: clock[0])
    for _ in range(60):
        rates.spend("a", "ask")
    with pytest.raises(TooMany) as met:
        rates.spend("a", "ask")
    assert met.value.seconds == 1
    clock[0] += 1.5
    rates.spend("a", "ask")
    with pytest.raises(TooMany):
        rates.spend("a", "ask")


def test_the_same_key_with_the_same_request_is_done_once(
    toys: TestClient, signed: dict[str, str], held: Held
) -> None:
    keyed = {**signed, "Idempotency-Key": "key-0001"}
    first = toys.post("/api/v1/toys", json={"name": "ball"}, headers=keyed)
    again = toys.post("/api/v1/toys", json={"name": "ball"}, headers=keyed)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert held.done == 1
    assert again.headers["Idempotent-Replayed"] == "true"
    other = toys.post("/api/v1/toys", json={"name": "doll"}, headers=keyed)
    assert other.status_code == 409
    assert other.headers["content-type"] == "application/problem+json"
    purpose = {**keyed, "X-Purpose": "self"}
    assert toys.post("/api/v1/toys", json={"name": "ball"}, headers=purpose).status_code == 409
    assert held.done == 1


def test_a_key_belongs_to_its_viewer(
    toys: TestClient, signed: dict[str, str], held: Held, filled: Settings
) -> None:
    bank = headers(filled, "financier", BANK_PARTY, "post_loan")
    for asking in (signed, bank):
        keyed = {**asking, "Idempotency-Key": "key-0002"}
        assert toys.post("/api/v1/toys", json={"name": "ball"}, headers=keyed).status_code == 201
    assert held.done == 2
    anonymous = {"Idempotency-Key": "key-0002", "X-Purpose": "self"}
    assert toys.post("/api/v1/toys", json={"name": "ball"}, headers=anonymous).status_code == 401


def test_what_was_refused_or_failed_may_be_sent_again(
    toys: TestClient, signed: dict[str, str], held: Held
) -> None:
    keyed = {**signed, "Idempotency-Key": "key-0003"}
    assert toys.post("/api/v1/toys", json={}, headers=keyed).status_code == 422
    assert toys.post("/api/v1/toys", json={"name": "broken"}, headers=keyed).status_code == 500
    assert toys.post("/api/v1/toys", json={"name": "ball"}, headers=keyed).status_code == 201
    assert held.done == 2
    bad = {**signed, "Idempotency-Key": "key"}
    assert toys.post("/api/v1/toys", json={"name": "ball"}, headers=bad).status_code == 422


def test_the_claim_of_a_process_that_died_lapses_and_so_does_an_old_answer(tmp_path: Path) -> None:
    once = Once(tmp_path, keep_seconds=3600)
    assert once.begin("a", "key", "print") is None
    with pytest.raises(Conflict):
        once.begin("a", "key", "print")
    (claim,) = tmp_path.iterdir()
    os.utime(claim, (time.time() - 601,) * 2)
    assert once.begin("a", "key", "print") is None
    once.keep("a", "key", "print", Answer(201, (), b"made"))
    os.utime(claim, (time.time() - 3000,) * 2)
    assert once.begin("a", "key", "print") == Answer(201, (), b"made")
    os.utime(claim, (time.time() - 3601,) * 2)
    assert Once(tmp_path, keep_seconds=3600).begin("a", "key", "print") is None  # swept


def test_a_second_request_beside_the_first_is_told_to_wait(
    toys: TestClient, signed: dict[str, str], held: Held
) -> None:
    keyed = {**signed, "Idempotency-Key": "key-0004"}
    held.go.clear()
    statuses: list[int] = []

    def send() -> None:
        answer = toys.post("/api/v1/toys", json={"name": "ball"}, headers=keyed)
        statuses.append(answer.status_code)

    first = threading.Thread(target=send)
    first.start()
    assert held.entered.wait(10)
    assert toys.post("/api/v1/toys", json={"name": "ball"}, headers=keyed).status_code == 409
    held.go.set()
    first.join(10)
    assert (statuses, held.done) == ([201], 1)


def test_pages_follow_one_another_to_the_last_row(toys: TestClient, signed: dict[str, str]) -> None:
    url: str | None = "/api/v1/toys?begins=r0&limit=30"
    met: list[str] = []
    while url is not None:
        page = toys.get(url, headers=signed).json()
        assert (len(page["items"]) <= 30, page["total"]) == (True, 100)
        met += page["items"]
        url = page["next"]
    assert met == ROWS[:100]


def test_a_cursor_of_another_question_is_refused(toys: TestClient, signed: dict[str, str]) -> None:
    page = toys.get("/api/v1/toys?begins=r0&limit=30", headers=signed).json()
    cursor = page["next"].rpartition("cursor=")[2]
    other = toys.get(f"/api/v1/toys?begins=r&limit=30&cursor={cursor}", headers=signed)
    assert other.status_code == 422
    assert "without a cursor" in other.json()["way_out"]
    nan = base64.urlsafe_b64encode(json.dumps(["x", float("nan")]).encode()).decode().rstrip("=")
    for odd in ("", "x", "é", "W10", nan, "A" * 1024):
        assert toys.get(f"/api/v1/toys?cursor={odd}", headers=signed).status_code == 422
    for limit in (0, 201, -1, "many"):
        assert toys.get(f"/api/v1/toys?limit={limit}", headers=signed).status_code == 422


@given(
    st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)), st.integers(1, 7), st.integers(0, 5)
)
def test_rows_that_come_between_two_pages_hide_none_and_repeat_none(
    before: set[int], come: set[int], limit: int, pages: int
) -> None:
    """Whatever stood from the first page to the last is met exactly once."""
    met: list[int] = []
    after = None
    for number in range(100):
        rows = sorted(before if number < pages else before | come)
        page = PageAsked(limit, after, "/x", ()).of(rows, lambda row: (row,), int)
        met += page.items
        if page.next is None:
            break
        after = (met[-1],)
    assert met == sorted(set(met))
    assert before <= set(met)


def test_a_list_comes_as_a_file_by_query_or_by_header(
    toys: TestClient, signed: dict[str, str]
) -> None:
    by_query = toys.get("/api/v1/toys?begins=r00&format=csv", headers=signed)
    by_header = toys.get("/api/v1/toys?begins=r00", headers={**signed, "Accept": "text/csv"})
    assert by_query.content == by_header.content
    assert by_query.content.startswith(b"\xef\xbb\xbftoy\r\nr000\r\n")
    assert 'filename="toys-2026-10-31.csv"' in by_query.headers["content-disposition"]
    xlsx = toys.get("/api/v1/toys?format=xlsx", headers=signed)
    book = openpyxl.load_workbook(io.BytesIO(xlsx.content))
    assert [row[0].value for row in book.worksheets[0].rows] == ["toy", *ROWS]
    assert toys.get("/api/v1/toys?format=pdf", headers=signed).status_code == 422


def test_a_file_says_its_filters_date_and_exporter_and_runs_no_formula() -> None:
    rows = [["=cmd|' /C calc'!A0", -5], ["＋1", 2.5], ["@SUM(A1)", None], ["-甲\x07", True]]
    table = Table("t", ["名称", "元"], rows, {"street": "=x"}, DAY, "financier of uscc:1", "now")
    text = exported(table, "csv").decode("utf-8-sig")
    told = list(csv.reader(io.StringIO(text)))
    assert [row[0] for row in told[1:5]] == ["'=cmd|' /C calc'!A0", "'＋1", "'@SUM(A1)", "'-甲\x07"]
    assert [row[1] for row in told[1:5]] == ["-5", "2.5", "", "yes"]
    about = dict(row for row in told[6:])
    assert about["数据截至 data as of"] == "2026-10-31"
    assert about["导出人 exported by"] == "financier of uscc:1"
    assert about["筛选 filter: street"] == "'=x"
    book = openpyxl.load_workbook(io.BytesIO(exported(table, "xlsx")))
    first, second = book.worksheets
    assert {cell.data_type for cell in first["A"]} == {"s"}
    assert first["A2"].value == "=cmd|' /C calc'!A0"
    assert first["B2"].value == -5
    assert dict(second.values)["筛选 filter: street"] == "=x"
    assert isinstance(Page[str](items=[], total=0, next=None), Page)
