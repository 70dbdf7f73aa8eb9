"""What a production server must have before it starts: it refuses, and says what is missing."""

from urllib.parse import urlsplit

from api.services.tokens import LEAST_KEY_BYTES
from api.settings import Settings
from graph_model.errors import NotReady
from graph_model.store.opening import is_server

DEFAULT_SECRETS = (
    "change-me",
    "changeme",
    "default",
    "demo",
    "example",
    "neo4j",
    "password",
    "secret",
)
"""Words that stand in examples; a secret made of one of them is none."""

LEAST_SYMBOLS = 8
"""Different symbols in a random key of 32 bytes or more: fewer is a placeholder."""

DEMONSTRATION = "demonstration"
"""Empty file that marks a folder as one that demonstrations make and clear."""


def check_production(settings: Settings) -> None:
    """Refuse to serve in production what is not fit for it; elsewhere do nothing.

    Raises
    ------
    NotReady
        Naming the setting, what is wrong with it, and what to set.
    """
    if settings.env != "production":
        return
    issuer = urlsplit(settings.oidc_issuer)
    if issuer.scheme != "https" or not issuer.hostname:
        raise _unfit(
            "ALLIANCE_OIDC_ISSUER",
            "names no issuer over https, and production knows no other way to sign in",
            "Set it to the URL of the operator's OpenID Connect issuer.",
        )
    if not settings.oidc_audience:
        raise _unfit(
            "ALLIANCE_OIDC_AUDIENCE",
            "is missing: tokens for other services would be taken",
            "Set it to the client id of this service at the issuer.",
        )
    if settings.token_key and is_default(settings.token_key, LEAST_KEY_BYTES):
        raise _unfit(
            "ALLIANCE_TOKEN_KEY",
            "is a default secret, or too short to be one",
            "Unset it (production takes no local tokens), or set 64 random hexadecimal digits.",
        )
    written = urlsplit(settings.store).password
    if written is not None and is_default(written, 1):
        raise _unfit(
            "ALLIANCE_STORE", "has a default password", "Give the store a password of its own."
        )
    password = settings.store_password.get_secret_value()
    if is_server(settings.store_address) and is_default(password, 1):
        raise _unfit(
            "ALLIANCE_STORE_PASSWORD",
            "is missing, or a default password",
            "Give the account on the server a password of its own.",
        )
    if (settings.home / DEMONSTRATION).exists():
        raise _unfit(
            "ALLIANCE_HOME",
            "is the folder of a demonstration, with its files and accounts",
            "Name a folder of production's own.",
        )


def is_default(secret: str, least_bytes: int) -> bool:
    """Whether a secret is a word of examples, too short, or a placeholder of few symbols."""
    plain = secret.strip().lower()
    if plain in DEFAULT_SECRETS or len(secret.encode()) < least_bytes:
        return True
    of_words = any(plain.replace(word, "") == "" for word in DEFAULT_SECRETS)
    return of_words or (least_bytes > 1 and len(set(plain)) < LEAST_SYMBOLS)


def _unfit(name: str, rule: str, way_out: str) -> NotReady:
    return NotReady(f"{name}, in production", rule, way_out)
