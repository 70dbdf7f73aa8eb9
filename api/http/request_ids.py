"""Every request has an id: its own where it is well formed, else a fresh one; logs name it."""

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
LOG = logging.getLogger("alliance.http.requests")


class RequestIds:
    """Middleware: names the request, says so in the answer, and writes one line about it.

    The line names the route, never the path: a path tells about whom somebody asked, and that
    stands in the audit journal only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = given_or_fresh(Headers(scope=scope).get(HEADER))
        scope.setdefault("state", {})["request_id"] = request_id
        begun, status = time.perf_counter(), 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id
                if scope["path"].startswith("/api/"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            await self.app(scope, receive, named)
        finally:
            taken = 1000 * (time.perf_counter() - begun)
            route = getattr(scope.get("route"), "path", "no route")
            LOG.info("%s %s %s %d %.1f ms", request_id, scope["method"], route, status, taken)


def given_or_fresh(given: str | None) -> str:
    """Return the id that came with a request, or a new one where it is missing or odd.

    >>> given_or_fresh("web-2026.11_0001")
    'web-2026.11_0001'
    >>> len(given_or_fresh("x"))
    32
    """
    return given if given and WELL_FORMED.fullmatch(given) else uuid.uuid4().hex
