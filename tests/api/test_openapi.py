"""The OpenAPI document holds: no route meets any request with a fault of its own."""

import os
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.core import NotSet
from supplier_world import SUPPLIER, headers

from api.http.app import create_app
from api.settings import Settings, load_settings

DOCUMENT = schemathesis.openapi.from_dict(create_app(load_settings()).openapi())
EXAMPLES = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else 25
OPERATIONS = [found.ok() for found in DOCUMENT.get_all_operations()]


def body_of(case: Case) -> dict[str, Any]:
    """What to send as the body, if anything."""
    if isinstance(case.body, NotSet):
        return {}
    if isinstance(case.body, bytes):
        return {"content": case.body}
    return {"json": case.body}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: f"{o.method} {o.path}")
def test_no_request_makes_the_server_fail(
    operation: schemathesis.schemas.APIOperation, client: TestClient, filled: Settings
) -> None:
    asked_by = {"/api/v1/loan-book": "financier", "/api/v1/overview": "official"}
    role = next((r for path, r in asked_by.items() if operation.path.startswith(path)), "member")
    purpose = {"official": "supervision", "financier": "post_loan"}.get(role, "self")
    signed_in = headers(filled, role, SUPPLIER, purpose)

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), signed=st.booleans())
    def ask(case: Case, signed: bool) -> None:
        sent = {str(k): str(v) for k, v in (case.headers or {}).items()}
        sent = {k: v.encode("latin-1", "replace").decode("latin-1") for k, v in sent.items()}
        answer = client.request(
            case.method,
            case.formatted_path,
            params=dict(case.query or {}),
            headers={**sent, **(signed_in if signed else {})},
            **body_of(case),
        )
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"

    ask()
