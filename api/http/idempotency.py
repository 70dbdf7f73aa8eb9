"""A POST that carries `Idempotency-Key` is done once: sent again, it gets the same answer.

The key belongs to the signed-in viewer. It goes with the whole request: method, path, query,
purpose and body; the same key with another request is refused (409). Only what succeeded is kept;
whatever was refused or failed may be sent again. It serves every POST, so that none can be
forgotten.
"""

import hashlib
import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import refusal
from api.http.state import workspace_of
from api.services.once import Answer, Once
from api.services.tokens import TokenRefused, verified
from graph_model.errors import AllianceError, BadInput

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY = re.compile(r"[\x21-\x7e]{8,128}")
KEPT_HEADERS = ("content-type", "location")

PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A fresh text of 8 to 128 characters for each thing to be done. The request "
    "sent again with it is not done again and gets the same answer.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": r"^[!-~]{8,128}$"},
    "example": "6f1c2c5e-0b6a-4f5e-9a53-1f2f6b1d9a10",
}
"""What the OpenAPI document says of the header on every POST."""


class Idempotency:
    """Middleware: answers a POST that was sent before from what was kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" else None
        if key is None or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            who = await run_in_threadpool(viewer_named, request)
            if who is None:  # the route says 401
                await self.app(scope, receive, send)
                return
            if not KEY.fullmatch(key):
                rule = "it has 8 to 128 visible ASCII characters"
                raise BadInput(HEADER, rule, "Use a fresh UUID, say.")
            body = await request.body()
            settings = workspace_of(request).settings
            once = Once.of(settings.home, settings.idempotency_hours)
            mark = fingerprint(request, body)
            kept = await run_in_threadpool(once.begin, who, key, mark)
        except AllianceError as error:
            await refusal(request, error)(scope, receive, send)
            return
        if kept is not None:
            headers = {**dict(kept.headers), REPLAYED: "true"}
            await Response(kept.body, kept.status, headers)(scope, receive, send)
            return
        await self._serve(scope, body, send, once, (who, key, mark))

    async def _serve(
        self, scope: Scope, body: bytes, send: Send, once: Once, named: tuple[str, str, str]
    ) -> None:
        """Serve a request for the first time, and keep what was answered if it succeeded."""
        who, key, mark = named
        start: Message = {"status": 500, "headers": []}
        sent = bytearray()
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def replayed() -> Message:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def noting(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            else:
                sent.extend(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, replayed, noting)
        finally:
            if 200 <= start["status"] < 300:
                headers = Headers(raw=list(start["headers"]))
                worth = tuple((name, headers[name]) for name in KEPT_HEADERS if name in headers)
                answer = Answer(start["status"], worth, bytes(sent))
                await run_in_threadpool(once.keep, who, key, mark, answer)
            else:
                await run_in_threadpool(once.forget, who, key)


def viewer_named(request: Request) -> str | None:
    """Who sends a request, as its token says; None without a valid one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        found = verified(workspace_of(request).settings, token)
    except TokenRefused:
        return None
    return f"{found.organisation}\n{found.role}\n{found.subject}"


def fingerprint(request: Request, body: bytes) -> str:
    """Digest of all that makes one request another."""
    digest = hashlib.sha256()
    for part in (
        request.method,
        request.url.path,
        request.url.query,
        request.headers.get("x-purpose", ""),
    ):
        digest.update(part.encode() + b"\n")
    digest.update(_without_boundary(request.headers.get("content-type", ""), body))
    return digest.hexdigest()


def _without_boundary(content_type: str, body: bytes) -> bytes:
    """Body of a form without the mark between its parts, which is drawn anew each time."""
    found = re.search(r'boundary="?([^";,]+)', content_type)
    return body.replace(found.group(1).encode(), b"") if found else body
