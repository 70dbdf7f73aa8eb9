"""Errors as problem+json (RFC 9457); which error has which status is decided here only."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from graph_model.errors import (
    AllianceError,
    BadInput,
    Conflict,
    NotAllowed,
    NotFound,
    NotReady,
    StoreBusy,
    StoreError,
)


class SignInNeeded(AllianceError):
    """No valid bearer token came with the request."""


class TooLarge(AllianceError):
    """More came than one request may carry."""


class TooMany(AllianceError):
    """More requests came than a viewer may send.

    Parameters
    ----------
    seconds : int
        After which the next one is allowed.
    """

    def __init__(self, value: str, rule: str, seconds: int) -> None:
        super().__init__(value, rule, f"Wait {seconds} s, and ask for more at a time.")
        self.seconds = seconds


STATUS: tuple[tuple[type[AllianceError], HTTPStatus], ...] = (
    (SignInNeeded, HTTPStatus.UNAUTHORIZED),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (TooMany, HTTPStatus.TOO_MANY_REQUESTS),
    (BadInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (NotReady, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (AllianceError, HTTPStatus.INTERNAL_SERVER_ERROR),
)
LOG = logging.getLogger("alliance.http")
MEDIA_TYPE = "application/problem+json"


def problem(
    request: Request, status: HTTPStatus, value: str, rule: str, way_out: str
) -> JSONResponse:
    """One problem in the one shape all routes use."""
    request_id = getattr(request.state, "request_id", "")
    content = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": f"{value}: {rule}" if value else rule,
        "rule": rule,
        "way_out": way_out,
        "instance": str(request.url.path),
        "request_id": request_id,
    }
    headers = {"X-Request-Id": request_id, "Cache-Control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(content, int(status), headers=headers, media_type=MEDIA_TYPE)


def refusal(request: Request, error: AllianceError) -> JSONResponse:
    """One error as the problem it is; what is ours to know goes to the log, not over the wire."""
    status = next(code for kind, code in STATUS if isinstance(error, kind))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOG.error("%s %s", request.state.request_id, error)
        return problem(request, status, "", error.rule, error.way_out)  # no paths of ours
    told = problem(request, status, error.value, error.rule, error.way_out)
    if isinstance(error, TooMany):
        told.headers["Retry-After"] = str(error.seconds)
    return told


def install(app: FastAPI) -> None:
    """Teach an application to tell every error as a problem."""

    @app.exception_handler(AllianceError)
    async def refused(request: Request, error: AllianceError) -> JSONResponse:
        return refusal(request, error)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> JSONResponse:
        LOG.error("%s", getattr(request.state, "request_id", ""), exc_info=error)
        rule = "the server met something it did not foresee"
        way_out = "Tell the operator the request id; it stands in the log."
        return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "", rule, way_out)

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        missing = first["type"] == "missing"  # its input is all that came instead, or nothing
        return problem(
            request,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            place if missing else f"{place} {str(first['input'])[:80]!r}",
            "is missing" if missing else first["msg"],
            "See /docs for what may stand there.",
        )

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> JSONResponse:
        status = HTTPStatus(error.status_code)
        return problem(request, status, "", str(error.detail), "See /docs for what there is.")
