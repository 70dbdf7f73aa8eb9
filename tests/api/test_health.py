from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.http.app import create_app
from api.settings import Settings, load_settings


def test_alive_and_ready_with_a_published_assessment(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["date"] == "2026-10-31"


def test_alive_but_not_ready_on_an_empty_store(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, store="", token_key="k" * 64)
    with TestClient(create_app(settings)) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "alliance assess" in answer.json()["way_out"]


def test_alive_but_not_ready_when_the_store_cannot_be_opened(tmp_path: Path) -> None:
    broken = tmp_path / "alliance.db"
    broken.write_bytes(b"this is no database, whatever its name says" * 100)
    with TestClient(create_app(load_settings(home=tmp_path, store=""))) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["rule"]
    assert str(tmp_path) not in answer.text  # no path of the server


def test_an_unknown_path_is_a_problem_too(client: TestClient) -> None:
    answer = client.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_the_documentation_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "https://" not in page.replace("https://fastapi.tiangolo.com/img/favicon.png", "")
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200


def test_without_a_token_key_nobody_signs_in(filled: Settings) -> None:
    settings = load_settings(home=filled.home, store="", token_key="short")
    with TestClient(create_app(settings)) as client:
        answer = client.get(
            "/api/v1/partners/x/risk", headers={"Authorization": "Bearer x", "X-Purpose": "self"}
        )
    assert answer.status_code == 503
    assert "nobody can sign in" in answer.json()["detail"]


def test_the_unforeseen_is_a_problem_with_a_request_id(
    filled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("api.http.health.readiness.readiness", fails)
    with TestClient(create_app(filled), raise_server_exceptions=False) as client:
        answer = client.get("/readyz")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert "secret" not in answer.text
