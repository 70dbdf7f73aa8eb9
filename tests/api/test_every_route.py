"""Sentences that hold for every route there is, so that a new one cannot forget them."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from supplier_world import BUYER, SUPPLIER, headers

from api.http.app import create_app
from api.settings import Settings, load_settings

DOCUMENT: dict[str, Any] = create_app(load_settings()).openapi()
OPEN = {"/healthz", "/readyz"}
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
ASKING = [(m, p, o) for m, p, o in OPERATIONS if p not in OPEN]
NAMES = [f"{method} {path}" for method, path, _ in ASKING]
EVERY = pytest.mark.parametrize(("method", "path", "operation"), ASKING, ids=NAMES)

Asking = dict[str, str]


def opened_case(client: TestClient, asking: Asking) -> str:
    """Id of a case that the supplier opens."""
    body = {"kind": "objection", "target": {"type": "statement", "text": INVOICE.format(2)}}
    number: str = client.post("/api/v1/cases", json=body, headers=asking).json()["id"]
    return number


@dataclass(frozen=True)
class Posting:
    """Two different bodies of a POST that succeed, sent by the supplier about itself."""

    first: dict[str, Any]
    other: dict[str, Any]
    named: Callable[[TestClient, Asking], str] = lambda _client, _asking: "C-0"
    """What stands for the parameter of the path."""


INVOICE = f"invoice:bank-a:{SUPPLIER}|{{}}"
CONSENT = {"grantee": BUYER, "purpose": "partner_check"}
POSTS = {
    "/api/v1/jobs": Posting(
        {"kind": "paths", "parameters": {"party": SUPPLIER}},
        {"kind": "paths", "parameters": {"party": SUPPLIER, "date": "2026-10-31"}},
    ),
    "/api/v1/consents": Posting(
        CONSENT | {"scopes": ["trade"]}, CONSENT | {"scopes": ["chain_risk"]}
    ),
    "/api/v1/consents/{number}/revocation": Posting(
        {"scopes": ["trade"]}, {"scopes": ["chain_risk"]}
    ),
    "/api/v1/cases": Posting(
        *(
            {"kind": "objection", "target": {"type": "statement", "text": INVOICE.format(k)}}
            for k in (0, 1)
        )
    ),
    "/api/v1/cases/{id}/events": Posting(
        {"action": "withdraw"}, {"action": "withdraw", "note": "another"}, opened_case
    ),
}


def url_of(path: str) -> str:
    return re.sub(r"{[^}]+}", SUPPLIER, path)


def body_of(operation: dict[str, Any]) -> Any:
    """Some body, so that it is not its absence that is refused."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else example_of(content)


def example_of(content: dict[str, Any]) -> Any:
    schema = content.get("schema", {})
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for found in (content.get("example"), *schema.get("examples", [])):
        if found is not None:
            return found
    items = schema.get("properties", {}).get("items", {}).get("items")
    if items is not None:  # a page of rows that have an example
        row = example_of({"schema": items})
        return None if row is None else {"items": [row], "total": 1, "next": None}
    return None


def test_every_route_of_the_application_is_in_the_document() -> None:
    app = create_app(load_settings())
    hidden = {"/", "/docs", "/openapi.json", "/docs/oauth2-redirect"}
    served = set()
    for route in app.routes:
        included = getattr(route, "original_router", None)
        for inner in [route] if included is None else included.routes:
            if getattr(inner, "methods", None) and inner.path not in hidden:
                served |= {f"{method} {inner.path}" for method in inner.methods - {"HEAD"}}
    assert served == {f"{method} {path}" for method, path, _ in OPERATIONS}


@EVERY
def test_anonymous_is_asked_to_sign_in(
    client: TestClient, method: str, path: str, operation: dict[str, Any]
) -> None:
    asking = {"X-Purpose": "self"}
    answer = client.request(method, url_of(path), headers=asking, json=body_of(operation))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@EVERY
def test_without_a_purpose_there_is_no_answer(
    client: TestClient, filled: Settings, method: str, path: str, operation: dict[str, Any]
) -> None:
    asking = headers(filled, "member", SUPPLIER, None)
    answer = client.request(method, url_of(path), headers=asking, json=body_of(operation))
    assert answer.status_code == 422
    assert "no purpose, no answer" in answer.json()["rule"]


@EVERY
def test_it_is_documented_with_examples_and_refusals(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["description"]
    for status in ("401", "403", "404", "422", "429"):
        example = operation["responses"][status]["content"]["application/problem+json"]["example"]
        assert example["status"] == int(status)
        assert example["way_out"]
    (good,) = [told for status, told in operation["responses"].items() if status < "3"]
    assert example_of(good["content"]["application/json"]), f"{method} {path} shows no answer"
    if "requestBody" in operation:
        bodies = operation["requestBody"]["content"]
        assert "application/json" not in bodies or body_of(operation)


def test_every_post_is_known_to_the_test_of_keys() -> None:
    assert set(POSTS) == {path for method, path, _ in ASKING if method == "POST"}


@pytest.mark.parametrize("path", POSTS)
def test_a_post_with_a_key_is_done_once(client: TestClient, filled: Settings, path: str) -> None:
    posting = POSTS[path]
    asking = headers(filled, "member", SUPPLIER, "self")
    url = re.sub(r"{[^}]+}", lambda _: posting.named(client, asking), path)
    asking |= {"Idempotency-Key": re.sub(r"\W", "-", f"every{path}")}
    first = client.post(url, json=posting.first, headers=asking)
    assert first.is_success, first.text
    again = client.post(url, json=posting.first, headers=asking)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert client.post(url, json=posting.other, headers=asking).status_code == 409


def test_the_document_is_plain_json_with_one_problem_shape() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT
    shapes = {
        json.dumps(told["content"]["application/problem+json"]["schema"])
        for _, _, operation in ASKING
        for status, told in operation["responses"].items()
        if status >= "4"
    }
    assert shapes == {'{"$ref": "#/components/schemas/Problem"}'}
