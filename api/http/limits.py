"""How much one request may carry, and how many one organisation may send.

    tokens(t) = min(rate, tokens + rate * (t - t0) / 60),   a request takes one

One bucket per organisation and class of route, in this process: asks (GET), exports, writes (all
else). One's own file is free and unlimited (Order 204 Art. 15), so reading it takes nothing.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import TooLarge, TooMany, refusal
from api.services.rights import party_id_of
from api.settings import Settings

UPLOADS = ("/api/v1/loan-book",)
"""Routes that take files."""

FILE_TYPES = ("text/csv", "application/vnd.openxmlformats")
"""What `Accept` begins with when a file is asked for."""

OWN = ("/api/v1/own", "/api/v1/audit/mine")
"""Routes that tell an organisation of itself."""

BUCKETS = 20_000
"""Organisations remembered; the one that has not asked for longest is forgotten first."""


class Rates:
    """Token buckets of organisations.

    Parameters
    ----------
    a_minute : dict of str to int
        Requests a minute of each class; 0 for no limit.
    clock : callable
        Seconds that never run backwards.
    """

    def __init__(
        self, a_minute: dict[str, int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.a_minute = a_minute
        self._clock = clock
        self._lock = Lock()
        self._left: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    @classmethod
    def of(cls, settings: Settings) -> "Rates":
        """Rates that the settings state."""
        return cls(
            {
                "ask": settings.asks_per_minute,
                "export": settings.exports_per_minute,
                "write": settings.writes_per_minute,
            }
        )

    def spend(self, organisation: str, kind: str) -> None:
        """Take one request off an organisation's bucket.

        Raises
        ------
        TooMany
            When it is empty, with the seconds until it is not.
        """
        rate = self.a_minute[kind]
        if not rate:
            return
        with self._lock:
            now = self._clock()
            left, since = self._left.pop((organisation, kind), (float(rate), now))
            left = min(float(rate), left + rate * (now - since) / 60)
            allowed = left >= 1
            self._left[organisation, kind] = (left - 1 if allowed else left, now)
            while len(self._left) > BUCKETS:
                self._left.popitem(last=False)
        if not allowed:
            raise TooMany(
                f"{kind} requests of this organisation",
                f"at most {rate} a minute",
                math.ceil((1 - left) * 60 / rate),
            )


def kind_of(request: Request) -> str:
    """Class of a request: what it costs."""
    if request.method not in ("GET", "HEAD"):
        return "write"
    asked = request.query_params.get("format")
    if asked is None:
        asked = "csv" if request.headers.get("accept", "").startswith(FILE_TYPES) else "json"
    return "ask" if asked == "json" else "export"


def spend(request: Request, organisation: str, purpose: str | None) -> None:
    """Count a request of a signed-in viewer; raises TooMany.

    Reading what is one's own, for the purpose `self`, is not counted; a search is, for any purpose.
    """
    kind = kind_of(request)
    if not (purpose == "self" and kind != "write" and _is_own(request, organisation)):
        rates: Rates = request.app.state.rates
        rates.spend(organisation, kind)


def _is_own(request: Request, organisation: str) -> bool:
    """Whether a request is about the organisation that asks, and nobody else."""
    party = request.path_params.get("party")
    if party is None:
        return request.url.path.startswith(OWN)
    return party_id_of(party) == organisation


class BodyLimit:
    """Middleware: refuses bodies that are too large, declared or not, before they are read."""

    def __init__(self, app: ASGIApp, body_limit: int, upload_limit: int) -> None:
        self.app = app
        self.body_limit = body_limit
        self.upload_limit = upload_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        takes_files = scope["path"].startswith(UPLOADS)
        most = self.upload_limit if takes_files else self.body_limit
        declared = Headers(scope=scope).get("content-length", "0")
        body = bytearray()
        too_large = declared.isdecimal() and int(declared) > most
        waiting: list[Message] = []
        more = scope["method"] not in ("GET", "HEAD") and not too_large
        while more:
            message = await receive()
            waiting.append(message)
            body += message.get("body", b"")
            too_large = len(body) > most
            more = message.get("more_body", False) and not too_large
        if too_large:
            error = TooLarge(
                "the body of the request", f"it has at most {most:,} bytes", "Send less at a time."
            )
            await refusal(Request(scope), error)(scope, receive, send)
            return
        if waiting and waiting[-1]["type"] == "http.request":
            waiting = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replayed() -> Message:
            return waiting.pop(0) if waiting else await receive()

        await self.app(scope, replayed, send)
