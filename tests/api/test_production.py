"""Production refuses to start with what is not fit for it, and demonstrations stay outside."""

from pathlib import Path

import pytest
from supplier_world import SUPPLIER

from api.http.app import create_app
from api.services.accounts import accounts, token_of
from api.services.production import DEMONSTRATION, is_default
from api.services.tokens import LEAST_KEY_BYTES, TokenRefused, issue, verified
from api.settings import load_settings
from graph_model.errors import BadInput, NotAllowed, NotReady

FIT = {"env": "production", "oidc_issuer": "https://id.example", "oidc_audience": "alliance"}
KEY = "0123456789abcdef" * 4


def test_a_fit_production_starts(tmp_path: Path) -> None:
    for key in ("", KEY):
        create_app(load_settings(home=tmp_path, store="", token_key=key, **FIT))
    server = {"store": "bolt://db.example:7687", "store_password": "correct horse"}
    create_app(load_settings(home=tmp_path, **server, **FIT))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"oidc_issuer": ""}, "OIDC_ISSUER"),
        ({"oidc_issuer": "http://id.example"}, "OIDC_ISSUER"),
        ({"oidc_audience": ""}, "OIDC_AUDIENCE"),
        ({"token_key": "short"}, "TOKEN_KEY"),
        ({"token_key": "k" * 64}, "TOKEN_KEY"),
        ({"token_key": "changeme" * 8}, "TOKEN_KEY"),
        ({"store": "bolt://neo4j:neo4j@db.example:7687"}, "STORE"),
        ({"store": "bolt://neo4j:password@db.example:7687"}, "STORE"),
        ({"store": "bolt://db.example:7687"}, "STORE_PASSWORD"),
        ({"store": "neo4j+s://db.example", "store_password": "neo4j"}, "STORE_PASSWORD"),
    ],
)
def test_production_refuses_missing_issuers_and_default_secrets(
    tmp_path: Path, change: dict[str, str], named: str
) -> None:
    with pytest.raises(NotReady, match=named):
        create_app(load_settings(**{"home": tmp_path, "store": "", **FIT, **change}))
    development = {"home": tmp_path, "store": "", **FIT, **change, "env": "development"}
    create_app(load_settings(**development))


def test_production_refuses_the_folder_of_a_demonstration(tmp_path: Path) -> None:
    (tmp_path / DEMONSTRATION).touch()
    with pytest.raises(NotReady, match="demonstration"):
        create_app(load_settings(home=tmp_path, store="", **FIT))


def test_a_random_key_is_no_default() -> None:
    assert not is_default(KEY, LEAST_KEY_BYTES)
    assert is_default("secret", 1)
    assert not is_default("correct horse", 1)


@pytest.mark.parametrize("env", ["development", "production"])
def test_demonstration_accounts_exist_in_demonstrations_only(tmp_path: Path, env: str) -> None:
    demo = load_settings(home=tmp_path, store="", token_key=KEY, env="demo")
    assert {account.role for account in accounts(demo)} == {"member", "financier", "official"}
    assert len(accounts(demo)) == 3
    token = token_of(demo, "member")
    assert verified(demo, token).subject == "demo:member"
    elsewhere = demo.model_copy(update={"env": env})
    with pytest.raises(NotAllowed, match=env):
        token_of(elsewhere, "member")
    with pytest.raises(TokenRefused):
        verified(elsewhere, token)
    with pytest.raises(BadInput, match="financier"):
        token_of(demo, "administrator")


def test_an_ordinary_local_token_counts_in_development(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, store="", token_key=KEY)
    assert verified(settings, issue(settings, "member", SUPPLIER, "x")).organisation == SUPPLIER
