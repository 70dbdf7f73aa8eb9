"""The OpenAPI document holds: no route meets any request with a fault of its own."""

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.core import NOT_SET
from supplier_world import SUPPLIER, headers

from api.http.app import create_app
from api.settings import Settings, load_settings

DOCUMENT = schemathesis.openapi.from_dict(create_app(load_settings()).openapi())
OPERATIONS = [found.ok() for found in DOCUMENT.get_all_operations()]


def test_every_route_is_documented() -> None:
    assert sorted(f"{o.method.upper()} {o.path}" for o in OPERATIONS) == [
        "GET /api/v1/audit/mine",
        "GET /api/v1/cases",
        "GET /api/v1/cases/{id}",
        "GET /api/v1/cases/{id}/figures",
        "GET /api/v1/consents",
        "GET /api/v1/partners/{party}/risk",
        "GET /healthz",
        "GET /readyz",
        "POST /api/v1/cases",
        "POST /api/v1/cases/{id}/events",
        "POST /api/v1/consents",
        "POST /api/v1/consents/{number}/revocation",
    ]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.path)
def test_no_request_makes_the_server_fail(
    operation: schemathesis.schemas.APIOperation, client: TestClient, filled: Settings
) -> None:
    signed_in = headers(filled, "member", SUPPLIER, "self")

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), signed=st.booleans())
    def ask(case: Case, signed: bool) -> None:
        sent = {str(k): str(v) for k, v in (case.headers or {}).items()}
        sent = {k: v.encode("latin-1", "replace").decode("latin-1") for k, v in sent.items()}
        answer = client.request(
            case.method,
            case.formatted_path,
            params=dict(case.query or {}),
            headers={**sent, **(signed_in if signed else {})},
            **({} if case.body in (None, NOT_SET) else {"json": case.body}),
        )
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"

    ask()
