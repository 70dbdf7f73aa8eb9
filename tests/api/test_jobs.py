"""Jobs: anonymous 401, outsider sees nothing, insider sees it; they outlive their process."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from stating import DAY
from supplier_world import BANK_PARTY, BUYER, OTHER, SUPPLIER, headers

from api.http.app import create_app
from api.jobs import kinds
from api.jobs.book import Book, Job, book_of, folded
from api.jobs.kinds import JobKind, Outcome, SubjectParameters
from api.jobs.worker import Worker, workers
from api.services import rights
from api.services.consent_index import ConsentIndex
from api.services.workspace import Workspace
from api.settings import Settings, load_settings
from graph_model.errors import Conflict
from policy.visibility import Viewer

URL = "/api/v1/jobs"
WHAT_IF = {"kind": "what_if", "parameters": {"party": SUPPLIER, "drop": []}}
PATHS = {"kind": "paths", "parameters": {"party": SUPPLIER}}
OWNER = Viewer("member", SUPPLIER, "self")


@pytest.fixture
def idle(filled: Settings) -> Iterator[TestClient]:
    """The application without a worker of its own."""
    given = {"home": filled.home, "store": "", "token_key": filled.token_key, "job_workers": 0}
    with TestClient(create_app(load_settings(**given, writes_per_minute=0))) as made:
        yield made


def ended(client: TestClient, asking: dict[str, str], job: str) -> dict[str, Any]:
    for _ in range(200):
        found: dict[str, Any] = client.get(f"{URL}/{job}", headers=asking).json()
        if found.get("state") not in ("queued", "running"):
            return found
        time.sleep(0.05)
    raise AssertionError("it did not end")


def test_anonymous_is_asked_to_sign_in(client: TestClient) -> None:
    asking = {"X-Purpose": "self"}
    for method, url in (("POST", URL), ("GET", URL), ("GET", f"{URL}/x"), ("DELETE", f"{URL}/x")):
        assert client.request(method, url, headers=asking, json=PATHS).status_code == 401


def test_an_outsider_may_not_ask_and_sees_nothing_of_others_jobs(
    idle: TestClient, filled: Settings
) -> None:
    own = headers(filled, "member", SUPPLIER, "self")
    job = idle.post(URL, json=PATHS, headers=own).json()["id"]
    outsider = headers(filled, "member", OTHER, "partner_check")
    assert idle.post(URL, json=PATHS, headers=outsider).status_code == 403
    assert idle.get(URL, headers=outsider).json() == {"items": [], "total": 0, "next": None}
    told = set()
    for method in ("GET", "DELETE"):
        for number in (job, "0" * 32):
            answer = idle.request(method, f"{URL}/{number}", headers=outsider)
            assert answer.status_code == 404
            told.add((answer.json()["detail"], answer.json()["way_out"]))
    assert len(told) == 1
    other_purpose = headers(filled, "member", SUPPLIER, "partner_check")
    assert idle.get(f"{URL}/{job}", headers=other_purpose).status_code == 404


def test_an_insider_asks_polls_and_reads_the_result(client: TestClient, filled: Settings) -> None:
    own = headers(filled, "member", SUPPLIER, "self")
    answer = client.post(URL, json=PATHS, headers=own)
    assert answer.status_code == 202
    job = answer.json()["id"]
    assert answer.headers["Location"] == f"{URL}/{job}"
    found = ended(client, own, job)
    assert (found["state"], found["error"]) == ("done", None)
    result = found["result"]
    shares = [o["share"] for o in result["origins"]]
    total = result["own"] + sum(shares) + result["rest"] + result["undisclosed"]
    assert total == pytest.approx(1)
    assert OTHER not in str(result)
    listed = client.get(URL, headers=own).json()["items"]
    assert (listed[0]["id"], listed[0]["result"]) == (job, None)
    assert client.delete(f"{URL}/{job}", headers=own).status_code == 409


def test_a_what_if_says_why_it_failed(client: TestClient, filled: Settings) -> None:
    own = headers(filled, "member", SUPPLIER, "self")
    job = client.post(URL, json=WHAT_IF, headers=own).json()["id"]
    found = ended(client, own, job)
    assert found["state"] == "failed"
    assert found["error"]["rule"] == "nothing is changed"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"kind": "assess", "parameters": {"date": "2026-10-31"}}, 403),
        ({"kind": "dig", "parameters": {}}, 422),
        ({"kind": "paths", "parameters": {}}, 422),
        ({"kind": "paths", "parameters": {"party": SUPPLIER, "more": 1}}, 422),
        ({"kind": "what_if", "parameters": {"party": SUPPLIER, "add": ["x"] * 51}}, 422),
        ({"kind": "paths"}, 422),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(
    client: TestClient, filled: Settings, asked: dict[str, Any], status: int
) -> None:
    own = headers(filled, "member", SUPPLIER, "self")
    assert client.post(URL, json=asked, headers=own).status_code == status


def test_the_administrator_assesses(client: TestClient, filled: Settings) -> None:
    asking = headers(filled, "administrator", OTHER, "operation")
    asked = {"kind": "assess", "parameters": {"date": "2026-10-30", "scenarios": 128}}
    job = client.post(URL, json=asked, headers=asking).json()["id"]
    found = ended(client, asking, job)
    assert (found["state"], found["result"]["scenarios"]) == ("done", 128)


def test_a_waiting_job_is_cancelled_at_once(idle: TestClient, filled: Settings) -> None:
    own = headers(filled, "member", SUPPLIER, "self")
    job = idle.post(URL, json=PATHS, headers=own).json()["id"]
    assert idle.delete(f"{URL}/{job}", headers=own).json()["state"] == "cancelled"
    assert idle.delete(f"{URL}/{job}", headers=own).status_code == 409


def slow_kind(monkeypatch: pytest.MonkeyPatch, go: threading.Event) -> threading.Event:
    """Let jobs of kind paths take steps until `go`; gives the sign that one has begun."""
    begun = threading.Event()

    def work(_w: Workspace, _v: Viewer, asked: Any, _t: Any, progress: Any) -> Outcome:
        begun.set()
        for step in range(1000):
            progress(step, 1000)
            if go.wait(0.01):
                break
        return Outcome({"steps": "all"}, asked.party)

    slow = JobKind(SubjectParameters, ("member",), work)
    monkeypatch.setattr(kinds, "KINDS", {**kinds.KINDS, "paths": slow})
    monkeypatch.setattr("api.jobs.worker.KINDS", kinds.KINDS)
    monkeypatch.setattr("api.jobs.worker.SAY_SECONDS", 0.0)
    return begun


def test_a_job_at_work_says_how_far_it_is_and_is_cancelled(
    client: TestClient, filled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = slow_kind(monkeypatch, threading.Event())
    own = headers(filled, "member", SUPPLIER, "self")
    job = client.post(URL, json=PATHS, headers=own).json()["id"]
    assert begun.wait(10)
    for _ in range(200):
        found = client.get(f"{URL}/{job}", headers=own).json()
        if found["done"]:
            break
        time.sleep(0.02)
    assert (found["state"], found["of"]) == ("running", 1000)
    assert found["done"] > 0
    assert client.delete(f"{URL}/{job}", headers=own).json()["cancel_asked"]
    assert ended(client, own, job)["state"] == "cancelled"


def test_a_stopped_server_gives_its_job_back_and_the_next_one_does_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    begun = slow_kind(monkeypatch, go)
    book = book_of(workspace)
    job = book.submit(OWNER, "paths", {"party": SUPPLIER}).id
    with workers(workspace, 1):
        assert begun.wait(10)
    assert (book.all()[job].state, book.all()[job].attempts) == ("queued", 0)
    go.set()
    while Worker(workspace).step():
        pass
    assert Book(workspace.store).get(OWNER, job).state == "done"


def test_a_job_whose_process_died_is_begun_again_and_then_fails_plainly(
    workspace: Workspace,
) -> None:
    book = book_of(workspace)
    job = book.submit(OWNER, "paths", {"party": SUPPLIER}).id
    living = Worker(workspace)
    dead = Worker(workspace)
    other = Worker(workspace)
    with living.alive():
        assert book.claim(living.name, job) is not None
        assert book.claim(dead.name, job) is None  # the first one has it
        other.adopt()
        assert book.all()[job].state == "running"  # its lock is held
    other.adopt()
    assert book.all()[job].state == "queued"
    book.finish(job, living.name, "late")  # too late: it is not his any more
    assert book.all()[job].state == "queued"
    assert book.claim(dead.name, job) is not None
    other.adopt()
    found = book.all()[job]
    assert found.state == "failed"
    assert found.error == (
        "begun 2 times",
        "the process that worked on it ended",
        "Ask the operator: the log of the server says why. Then ask anew.",
    )
    with pytest.raises(Conflict):
        book.cancel(OWNER, job)


def test_a_result_closes_with_the_consent_it_rests_on(
    client: TestClient, filled: Settings, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bank sees paths over the buyer only while the buyer's consent lasts."""
    bank = headers(filled, "financier", BANK_PARTY, "post_loan")
    job = client.post(URL, json=PATHS, headers=bank).json()["id"]
    found = ended(client, bank, job)
    assert BUYER in str(found["result"])
    stated = list(workspace.store.rows("consent"))
    at = workspace.dictionary.kind("consent").field_names.index("scopes")

    def narrowed(to: str) -> ConsentIndex:
        rows = [
            replace(row, values=(*row.values[:at], to, *row.values[at + 1 :]))
            if row.key.startswith(BUYER)
            else row
            for row in stated
        ]
        return ConsentIndex(workspace.dictionary.kind("consent"), rows, DAY)

    for scopes, status in (("chain_risk", 403), ("trade", 403), ("chain_risk；trade", 200)):
        monkeypatch.setattr(rights, "consent_index", lambda *_, to=scopes: narrowed(to))
        answer = client.get(f"{URL}/{job}", headers=bank)
        assert answer.status_code == status
        assert (BUYER in answer.text) == (status == 200)
    nobody = ConsentIndex(workspace.dictionary.kind("consent"), [], DAY)
    monkeypatch.setattr(rights, "consent_index", lambda *_: nobody)
    assert client.get(f"{URL}/{job}", headers=bank).status_code == 403


EVENTS = st.sampled_from(
    [{"event": "claimed", "worker": w} for w in "ab"]
    + [{"event": "progress", "worker": w, "done": 1, "all": 2} for w in "ab"]
    + [{"event": e, "worker": w} for w in "ab" for e in ("requeued", "given back", "cancelled")]
    + [{"event": "done", "worker": w, "digest": w} for w in "ab"]
    + [{"event": "failed", "worker": w, "error": ["v", "r", "o"]} for w in "ab"]
    + [{"event": "cancel"}]
)


@given(st.lists(EVENTS, max_size=30))
def test_whatever_workers_say_a_job_ends_once_and_only_by_its_worker(
    events: list[dict[str, Any]],
) -> None:
    job = Job("j", 1, "paths", {}, OWNER, "queued", "t0")
    for event in events:
        after = folded(job, event, "t1")
        if job.ended:
            assert after == job
        if after.state in ("done", "failed") and not job.ended:
            assert job.state == "running"
            assert event["worker"] == job.worker
        if after.worker != job.worker:
            assert event["event"] == "claimed"
            assert job.state == "queued"
        job = after
    assert job.attempts >= 0
