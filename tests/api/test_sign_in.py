"""Signing in at an OpenID Connect issuer: a real one on loopback, with keys that rotate."""

import base64
import hmac
import json
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey
from supplier_world import BANK_PARTY, SUPPLIER, headers

from api.http.app import create_app
from api.services import tokens
from api.services.issuer_keys import FLOOR_SECONDS, FRESH_SECONDS, KEPT_SECONDS, IssuerKeys
from api.services.tokens import TokenRefused, keys_of, verified
from api.settings import Settings, load_settings
from graph_model.errors import NotReady

URL = f"/api/v1/partners/{SUPPLIER}/risk"
CLIENT = "credit-alliance"
ACCOUNTS = {
    "owner": {"role": "member", "org": SUPPLIER},
    "banker": {"role": ["employee", "financier"], "org": BANK_PARTY.removeprefix("uscc:")},
    "visitor": {"org": SUPPLIER},
    "both": {"role": ["member", "official"], "org": SUPPLIER},
    "homeless": {"role": "member"},
}


@contextmanager
def provider(port: int = 0) -> Iterator[str]:
    """An issuer that knows the accounts; gives its URL. Each start makes a new key."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the package says of its own dependencies
        from oidc_provider_mock import User, run_server_in_thread

        users = [User(sub=name, claims=dict(claims)) for name, claims in ACCOUNTS.items()]
        with run_server_in_thread(port, user_claims=users) as server:
            yield f"http://localhost:{server.server_port}"


def sign_in(issuer: str, account: str, client: str = CLIENT) -> str:
    """ID token of an account, by the authorization code flow."""
    back = "http://localhost/back"
    asked = {"client_id": client, "redirect_uri": back, "response_type": "code", "scope": "openid"}
    sent = httpx2.post(f"{issuer}/oauth2/authorize", params=asked, data={"sub": account})
    (code,) = parse_qs(urlsplit(sent.headers["location"]).query)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
    got = httpx2.post(f"{issuer}/oauth2/token", data=form, auth=(client, "any"))
    return str(got.json()["id_token"])


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as url:
        yield url


@pytest.fixture
def signed(filled: Settings, issuer: str) -> Settings:
    """The filled store, with the issuer."""
    keys_of.cache_clear()
    return load_settings(
        home=filled.home,
        store="",
        token_key=filled.token_key,
        oidc_issuer=issuer,
        oidc_audience=CLIENT,
    )


pytestmark = pytest.mark.filterwarnings("ignore")  # of the issuer's own thread


def ask(settings: Settings, token: str, purpose: str = "self") -> int:
    with TestClient(create_app(settings)) as client:
        asking = {"Authorization": f"Bearer {token}", "X-Purpose": purpose}
        return client.get(URL, headers=asking).status_code


def test_who_is_signed_in_at_the_issuer_gets_what_the_rules_give(
    signed: Settings, issuer: str
) -> None:
    assert ask(signed, sign_in(issuer, "owner")) == 200
    assert ask(signed, sign_in(issuer, "banker"), "post_loan") == 200
    assert ask(signed, sign_in(issuer, "banker")) == 403  # not its own file
    assert verified(signed, sign_in(issuer, "banker")).organisation == BANK_PARTY


@pytest.mark.parametrize("account", ["visitor", "both", "homeless"])
def test_a_token_without_one_role_and_an_organisation_is_none(
    signed: Settings, issuer: str, account: str
) -> None:
    with pytest.raises(TokenRefused, match=r"claim (role|org)"):
        verified(signed, sign_in(issuer, account))
    assert ask(signed, sign_in(issuer, account)) == 401


def test_claims_are_named_by_the_operator(signed: Settings, issuer: str) -> None:
    renamed = signed.model_copy(update={"oidc_org_claim": "organisation"})
    with pytest.raises(TokenRefused, match="claim organisation"):
        verified(renamed, sign_in(issuer, "owner"))


def test_a_token_for_another_service_or_of_another_issuer_is_none(
    signed: Settings, issuer: str
) -> None:
    with pytest.raises(TokenRefused, match="aud"):
        verified(signed, sign_in(issuer, "owner", client="somebody-else"))
    with provider() as other, pytest.raises(TokenRefused):
        verified(signed, sign_in(other, "owner"))


def test_the_public_key_is_no_secret_to_sign_with(signed: Settings, issuer: str) -> None:
    """The oldest trick: HS256 with the published key as the secret; and no signature at all."""
    (public,) = httpx2.get(f"{issuer}/jwks").json()["keys"]
    pem = RSAKey.import_key(public).as_pem(private=False)
    claims = {"iss": issuer, "aud": CLIENT, "sub": "x", "exp": int(time.time()) + 60}
    claims |= {"role": "member", "org": SUPPLIER}
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    signed_part = b".".join(base64url(json.dumps(part).encode()) for part in parts)
    signature = hmac.digest(pem, signed_part, "sha256")
    forged = b".".join([signed_part, base64url(signature)]).decode()
    for token in (forged, "eyJhbGciOiJub25lIn0.e30."):
        with pytest.raises(TokenRefused):
            verified(signed, token)


def test_a_rotated_key_is_fetched_once_and_the_old_one_counts_no_more(
    filled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    with provider() as url:
        port = urlsplit(url).port or 0
        settings = load_settings(home=filled.home, store="", oidc_issuer=url, oidc_audience=CLIENT)
        keys = IssuerKeys(url, clock=lambda: now[0])
        monkeypatch.setattr(tokens, "keys_of", lambda *_: keys)
        old = sign_in(url, "owner")
        assert verified(settings, old).role == "member"
    with provider(port) as url:
        new = sign_in(url, "owner")
        now[0] += FLOOR_SECONDS / 2
        with pytest.raises(TokenRefused):  # asked a moment ago
            verified(settings, new)
        now[0] += FLOOR_SECONDS
        assert verified(settings, new).role == "member"
        now[0] += 2 * FLOOR_SECONDS
        with pytest.raises(TokenRefused):
            verified(settings, old)


def test_local_tokens_count_beside_the_issuer_in_development_and_not_in_production(
    signed: Settings,
) -> None:
    local = headers(signed, "member", SUPPLIER, "self")["Authorization"].removeprefix("Bearer ")
    assert verified(signed, local).role == "member"
    with pytest.raises(TokenRefused, match="operator's issuer"):
        verified(signed.model_copy(update={"env": "production"}), local)


def base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


class Issuer:
    """What stands at the addresses of an issuer, and how often it was asked."""

    def __init__(self, **at: Any) -> None:
        self.at, self.asked = at, 0

    def __call__(self, address: str) -> Any:
        self.asked += 1
        found = self.at[address.rpartition("/")[2]]
        if isinstance(found, Exception):
            raise found
        return found


def public_keys() -> dict[str, Any]:
    return {"keys": [RSAKey.generate_key(2048).as_dict(private=False, kid="a")]}


def test_foreign_key_ids_do_not_become_a_flood_of_requests() -> None:
    now = [0.0]
    issuer = Issuer(keys=public_keys())
    keys = IssuerKeys(
        "https://id.example", "https://id.example/keys", fetch=issuer, clock=lambda: now[0]
    )
    keys.current()
    for _ in range(100):
        keys.refetched()
    assert issuer.asked == 1
    now[0] += FLOOR_SECONDS
    assert keys.refetched() is not None
    assert issuer.asked == 2


def test_keys_outlive_a_short_outage_and_not_a_long_one() -> None:
    now = [0.0]
    issuer = Issuer(keys=public_keys())
    keys = IssuerKeys(
        "https://id.example", "https://id.example/keys", fetch=issuer, clock=lambda: now[0]
    )
    kept = keys.current()
    issuer.at["keys"] = httpx2.ConnectError("down")
    now[0] += 2 * FRESH_SECONDS
    assert keys.current() is kept
    now[0] += KEPT_SECONDS
    with pytest.raises(NotReady, match="cannot be fetched"):
        keys.current()


@pytest.mark.parametrize(
    ("document", "stated"),
    [
        ({"issuer": "https://other.example", "jwks_uri": "https://id.example/keys"}, public_keys()),
        ({"issuer": "https://id.example"}, public_keys()),
        ({"issuer": "https://id.example", "jwks_uri": "https://id.example/keys"}, {"keys": []}),
        (
            {"issuer": "https://id.example", "jwks_uri": "https://id.example/keys"},
            {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}]},
        ),
        ({"issuer": "https://id.example", "jwks_uri": "https://id.example/keys"}, ["nothing"]),
    ],
)
def test_an_issuer_that_gives_no_public_keys_lets_nobody_in(document: Any, stated: Any) -> None:
    issuer = Issuer(**{"openid-configuration": document, "keys": stated})
    with pytest.raises(NotReady, match=r"id\.example"):
        IssuerKeys("https://id.example", fetch=issuer).current()


def test_keys_may_stand_in_a_file_and_never_come_over_plain_http_from_elsewhere(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(public_keys()), encoding="utf-8")
    assert len(list(IssuerKeys("https://id.example", str(path)).current())) == 1
    for address in (str(tmp_path / "none.json"), "http://id.example/keys", "ftp://id.example/k"):
        with pytest.raises(NotReady):
            IssuerKeys("https://id.example", address).current()
