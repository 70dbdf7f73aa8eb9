"""Cases and one's own lines over HTTP: anonymous 401, outsider sees nothing, insider sees it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from case_world import GUARANTEE_STATED, LINK, OFFICE, RECORD_STATED, fill
from fastapi.testclient import TestClient
from supplier_world import BANK_PARTY, BUYER, OTHER, SUPPLIER, headers

from api.audit import OPERATOR
from api.http.app import create_app
from api.http.state import held_by
from api.jobs.book import book_of
from api.jobs.worker import Worker
from api.services.runs import assess_day, published
from api.services.workspace import open_workspace
from api.settings import Settings, load_settings

CASES, MINE = "/api/v1/cases", "/api/v1/audit/mine"
OBJECTION = {
    "kind": "objection",
    "target": {"type": "statement", "text": GUARANTEE_STATED},
    "note": "不是我方担保",
}


@pytest.fixture
def world(tmp_path: Path) -> Settings:
    made = load_settings(home=tmp_path / "home", store="", token_key="k" * 64, scenarios=256)
    today = date.today()  # noqa: DTZ011 (cases are dated by the local calendar)
    with open_workspace(made) as opened:
        fill(opened, today=today)
        assess_day(opened, today)
    return made


@pytest.fixture
def http(world: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(world)) as made:
        yield made


ROUTES = [
    ("POST", CASES, OBJECTION),
    ("GET", CASES, None),
    ("GET", f"{CASES}/objection-1", None),
    ("POST", f"{CASES}/objection-1/events", {"action": "withdraw"}),
    ("GET", f"{CASES}/objection-1/figures", None),
    ("GET", MINE, None),
]


@pytest.mark.parametrize(("method", "url", "body"), ROUTES)
def test_anonymous_is_asked_to_sign_in(
    http: TestClient, method: str, url: str, body: dict[str, object] | None
) -> None:
    assert http.request(method, url, json=body, headers={"X-Purpose": "self"}).status_code == 401


def test_no_purpose_no_answer(http: TestClient, world: Settings) -> None:
    for method, url, body in ROUTES:
        answer = http.request(
            method, url, json=body, headers=headers(world, "member", SUPPLIER, None)
        )
        assert answer.status_code == 422


def test_an_outsider_sees_nothing(http: TestClient, world: Settings) -> None:
    supplier = headers(world, "member", SUPPLIER, "self")
    assert http.post(CASES, json=OBJECTION, headers=supplier).status_code == 201
    outsider = headers(world, "member", OTHER, "self")
    assert http.get(CASES, headers=outsider).json() == {"items": [], "total": 0, "next": None}
    told = set()
    for method, url, body in ROUTES[:1] + ROUTES[2:4]:
        answer = http.request(method, url, json=body, headers=outsider)
        assert answer.status_code == 403, url
        told.add((answer.json()["rule"], answer.json()["way_out"]))
        assert "guarantee" not in answer.json()["rule"]
    missing = http.get(f"{CASES}/objection-99", headers=outsider)
    told.add((missing.json()["rule"], missing.json()["way_out"]))
    assert len(told) == 1
    for role, org, purpose in (
        ("member", OTHER, "self"),
        ("member", SUPPLIER, "self"),
        ("financier", BANK_PARTY, "post_loan"),
        ("official", OFFICE, "self"),
    ):
        asking = headers(world, role, org, purpose)
        assert http.get(f"{CASES}/objection-1/figures", headers=asking).status_code == 403


def test_an_objection_from_opening_to_decision(http: TestClient, world: Settings) -> None:
    supplier = headers(world, "member", SUPPLIER, "self")
    desk = headers(world, "official", OFFICE, "supervision")
    made = http.post(CASES, json=OBJECTION, headers=supplier).json()
    assert (made["id"], made["state"], made["out"], made["days_left"]) == (
        *("objection-1", "open", True, 20),
    )
    assert http.post(CASES, json=OBJECTION, headers=supplier).status_code == 422
    (listed,) = http.get(CASES, headers=desk).json()["items"]
    assert listed["steps"][0]["note"] == OBJECTION["note"]
    figures = http.get(f"{CASES}/objection-1/figures", headers=desk)
    assert figures.status_code == 200, figures.text
    content = figures.json()
    assert content["counts"] is True
    assert [one["party"] for one in content["parties"]] == [SUPPLIER]
    assert content["parties"][0]["ratio"] < 1
    assert content["parties"][0]["probability_with"] is None
    assert BUYER not in figures.text
    url = f"{CASES}/objection-1/events"
    assert http.post(url, json={"action": "uphold"}, headers=supplier).status_code == 403
    assert http.post(url, json={"action": "grant"}, headers=desk).status_code == 422
    done = http.post(url, json={"action": "uphold", "note": "核实"}, headers=desk).json()
    assert (done["state"], done["out"], done["due_on"]) == ("upheld", True, None)
    seen = http.get(f"{CASES}/objection-1", headers=supplier).json()
    assert [step["by"] for step in seen["steps"]] == [SUPPLIER, "desk"]
    assert http.get(f"{CASES}/objection-9", headers=desk).status_code == 404


def test_a_link_and_a_repair(http: TestClient, world: Settings) -> None:
    supplier = headers(world, "member", SUPPLIER, "self")
    for kind, target_type, text in (
        ("objection", "link", LINK),
        ("repair", "statement", RECORD_STATED),
    ):
        body = {"kind": kind, "target": {"type": target_type, "text": text}}
        answer = http.post(CASES, json=body, headers=supplier)
        assert answer.status_code == 201, answer.text
        assert answer.json()["target"]["text"] == text
    kinds = [one["kind"] for one in http.get(CASES, headers=supplier).json()["items"]]
    assert kinds == ["objection", "repair"]  # the one with a clock first


def test_the_supplier_sees_who_looked(http: TestClient, world: Settings) -> None:
    supplier = headers(world, "member", SUPPLIER, "self")
    bank = headers(world, "financier", BANK_PARTY, "post_loan")
    assert http.get(f"/api/v1/partners/{SUPPLIER}/risk", headers=bank).status_code == 200
    content = http.get(MINE, headers=supplier).json()
    (look,) = content["items"]
    assert content["next"] is None
    assert (look["who"], look["purpose"], look["action"]) == (
        *(BANK_PARTY, "post_loan", "partner risk"),
    )
    assert (look["sight"], look["allowed"]) == ("amount", True)
    assert "C-1" in look["rule"]
    for _ in range(3):
        assert http.get(MINE, headers=supplier).status_code == 200
    page = http.get(f"{MINE}?own=true&limit=2", headers=supplier).json()
    assert len(page["items"]) == 2
    after = http.get(page["next"], headers=supplier).json()
    assert after["items"][0]["seq"] < page["items"][-1]["seq"]
    assert http.get(MINE, headers=headers(world, "member", OTHER, "self")).json()["items"] == []
    assert http.get(f"{MINE}?limit=0", headers=supplier).status_code == 422


def test_a_server_seals_when_the_day_has_ended(
    world: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    from api.http import daily

    monkeypatch.setattr(daily, "seconds_until", lambda _now: 0.05)
    with TestClient(create_app(world)) as client:
        supplier = headers(world, "member", SUPPLIER, "self")
        assert client.get(MINE, headers=supplier).status_code == 200
        with open_workspace(world) as opened:
            for _ in range(100):
                sealed = {s["payload"]["stream"] for s in opened.store.journal("audit-seals")}
                if "audit" in sealed:
                    break
                time.sleep(0.05)
    assert sealed == {"audit", "runs"}


def test_published_figures_follow_a_case_by_themselves(world: Settings) -> None:
    quiet = world.model_copy(update={"job_workers": 0})
    supplier = headers(quiet, "member", SUPPLIER, "self")
    with TestClient(create_app(quiet)) as http:
        workspace = held_by(http.app)  # type: ignore[arg-type]
        before = published(workspace)
        assert http.post(CASES, json=OBJECTION, headers=supplier).status_code == 201
        note = {"action": "withdraw"}
        queued = list(book_of(workspace).all().values())
        assert [(job.kind, job.state, job.viewer) for job in queued] == [
            ("assess", "queued", OPERATOR)
        ]
        assert published(workspace).run_id == before.run_id
        while Worker(workspace).step():
            pass
        without = published(workspace)
        assert "guarantee" in GUARANTEE_STATED
        assert len(without.network.matrices["guarantee"].indices) < len(
            before.network.matrices["guarantee"].indices
        )
        assert http.post(f"{CASES}/objection-1/events", json=note, headers=supplier).is_success
        while Worker(workspace).step():
            pass
        assert published(workspace).run_id == before.run_id
