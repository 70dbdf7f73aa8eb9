"""Keys of the operator's OpenID Connect issuer: fetched, kept, and fetched again when they rotate.

address of the keys   ALLIANCE_OIDC_KEYS: a URL or a file (JWKS, RFC 7517); by default what the
                      issuer's discovery document says (OpenID Connect Discovery 1.0)
fetched               at the first token, when they are older than an hour, and when a token
                      names a key that is not among them, but not twice within the floor: a
                      flood of foreign tokens does not become a flood of requests
"""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from graph_model.errors import NotReady

LOCAL = ("localhost", "127.0.0.1", "::1")
ASYMMETRIC_KEYS = ("RSA", "EC", "OKP")
FRESH_SECONDS, KEPT_SECONDS = 3600.0, 86_400.0
FLOOR_SECONDS = 30.0
TIMEOUT_SECONDS = 5.0

Fetch = Callable[[str], Any]
"""JSON that stands at an address."""


class IssuerKeys:
    """Keys of one issuer.

    Parameters
    ----------
    issuer : str
        URL of the issuer, as tokens name it.
    address : str
        URL or file of its keys; "" asks its discovery document.
    fetch : callable
        Gets JSON from an address.
    clock : callable
        Seconds that only go up.
    """

    def __init__(
        self,
        issuer: str,
        address: str = "",
        *,
        fetch: Fetch | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer, self._address = issuer, address
        self._fetch, self._clock = fetch or fetch_json, clock
        self._keys = KeySet([])
        self._fetched_at = self._tried_at = float("-inf")
        self._lock = threading.Lock()

    def current(self) -> KeySet:
        """Return the keys, fetched where there are none or they are old.

        Raises
        ------
        NotReady
            When the issuer cannot be reached, or gives none, and none are kept.
        """
        with self._lock:
            age = self._clock() - self._fetched_at
            if age > FRESH_SECONDS:
                try:
                    self._refetch()
                except NotReady:
                    if age > KEPT_SECONDS:
                        raise
            return self._keys

    def refetched(self) -> KeySet | None:
        """Return the keys fetched anew, or None where that was tried a moment ago."""
        with self._lock:
            if self._clock() - self._tried_at < FLOOR_SECONDS:
                return None
            self._refetch()
            return self._keys

    def _refetch(self) -> None:
        if self._clock() - self._tried_at < FLOOR_SECONDS:
            raise self._unreachable("they could not be fetched a moment ago")
        self._tried_at = self._clock()
        try:
            address = self._address or self._discovered()
            stated = self._fetch(address)["keys"]
            usable = [key for key in stated if key.get("kty") in ASYMMETRIC_KEYS]
            keys = KeySet.import_key_set({"keys": usable})
        except (httpx2.HTTPError, OSError) as error:
            raise self._unreachable(f"they cannot be fetched ({type(error).__name__})") from error
        except (JoseError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise self._unreachable("what stands there is no set of public keys") from error
        self._keys, self._fetched_at = keys, self._tried_at

    def _discovered(self) -> str:
        document = self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if document["issuer"] != self._issuer:
            raise self._unreachable("its discovery document names another issuer")
        return str(document["jwks_uri"])

    def _unreachable(self, rule: str) -> NotReady:
        way_out = "Check ALLIANCE_OIDC_ISSUER and ALLIANCE_OIDC_KEYS, and that it can be reached."
        return NotReady(f"keys of the issuer {self._issuer}", rule, way_out)


def fetch_json(address: str) -> Any:
    """JSON from a file, or over HTTPS; plain HTTP from this machine only.

    Raises
    ------
    OSError, httpx2.HTTPError
        When it cannot be read.
    ValueError
        When it is no JSON, or would come over plain HTTP from another machine.
    """
    url = httpx2.URL(address) if "://" in address else None
    if url is None:
        return json.loads(Path(address).read_text(encoding="utf-8"))
    if url.scheme != "https" and not (url.scheme == "http" and url.host in LOCAL):
        raise ValueError(f"{address} is neither https nor of this machine")
    answer = httpx2.get(url, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return answer.json()
