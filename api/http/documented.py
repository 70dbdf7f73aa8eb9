"""What the OpenAPI document says beside the routes' own words: refusals, and keys of POSTs."""

from typing import Any

from fastapi import FastAPI

from api.http.idempotency import HEADER, PARAMETER
from api.http.problems import MEDIA_TYPE
from api.http.shapes import Problem


def _example(status: int, title: str, value: str, rule: str, way_out: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": f"{value}: {rule}" if value else rule,
        "rule": rule,
        "way_out": way_out,
        "instance": "/api/v1/partners/uscc:91440112XXXX000191/risk",
        "request_id": "6f1c2c5e0b6a4f5e9a531f2f6b1d9a10",
    }


_TOLD: tuple[tuple[int, str, str, str, str, str], ...] = (
    (
        *(401, "Unauthorized", "No valid token."),
        *("the route", "needs a signed-in viewer", "Send the header `Authorization: Bearer …`."),
    ),
    (
        *(403, "Forbidden", "No rule lets this viewer see it; the same whether it exists or not."),
        "uscc:91440112XXXX000191",
        "no consent of the subject to this organisation for this purpose (征信业管理条例 Art. 29)",
        "Ask the subject for its consent, and state the purpose it was given for.",
    ),
    (
        *(404, "Not Found", "Nothing is known of it, or nothing is assessed."),
        *("assessment", "none has been published", "The operator makes one: `alliance assess`."),
    ),
    (
        *(409, "Conflict", "It does not go with what was asked before, or how things stand."),
        *("Idempotency-Key", "the same key came with another request before", "Use a fresh key."),
    ),
    (
        *(413, "Content Too Large", "The body is larger than a request may be."),
        *("the body of the request", "it has at most 1,048,576 bytes", "Send less at a time."),
    ),
    (
        *(422, "Unprocessable Content", "No purpose, or an unreadable request."),
        *("purpose", "is missing: no purpose, no answer", "State its code, one of self, …."),
    ),
    (
        *(429, "Too Many Requests", "The organisation asks too often; see `Retry-After`."),
        *("ask requests of this organisation", "at most 600 a minute", "Wait 3 s."),
    ),
    (
        *(503, "Service Unavailable", "The store cannot answer now."),
        *("", "another load has been writing for more than 10 s", "Wait until it ends."),
    ),
)

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {
        "model": Problem,
        "description": said,
        "content": {MEDIA_TYPE: {"example": _example(status, title, value, rule, way_out)}},
    }
    for status, title, said, value, rule, way_out in _TOLD
}
"""Refusals that every route for signed-in viewers may meet, for `responses=`."""


def document(app: FastAPI) -> None:
    """Let the document of an application say what its middleware does."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            for path in document["paths"].values():
                if "post" in path:
                    given = path["post"].get("parameters", [])
                    others = [p for p in given if p["name"].lower() != HEADER.lower()]
                    path["post"]["parameters"] = [*others, PARAMETER]
                for operation in path.values():
                    _as_problems(operation["responses"])
        return app.openapi_schema or made()

    app.openapi = openapi  # type: ignore[method-assign]


def _as_problems(responses: dict[str, Any]) -> None:
    """Refusals come as problem+json, not as plain JSON."""
    for status, response in responses.items():
        content = response.get("content", {})
        if status >= "4" and "application/json" in content:
            plain = content.pop("application/json")
            content[MEDIA_TYPE] = {**plain, **content.get(MEDIA_TYPE, {})}
