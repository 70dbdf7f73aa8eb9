"""Bearer tokens: JWT signed with the operator's key (HS256), with role and organisation.

A full sign-in service comes by its own issuer and keys; the claims stay the same.
"""

import time
from dataclasses import dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from api.settings import Settings
from graph_model.errors import AllianceError, BadInput, NotReady
from policy.visibility import ROLES

ALGORITHM = "HS256"
LEAST_KEY_BYTES = 32
"""RFC 7518, section 3.2: a key of the size of the hash output or larger."""


class TokenRefused(AllianceError):
    """A token that is not valid."""


@dataclass(frozen=True)
class Identity:
    """Who a token says is asking."""

    role: str
    organisation: str
    subject: str


def issue(
    settings: Settings, role: str, organisation: str, subject: str, *, valid_seconds: int = 3600
) -> str:
    """Sign a token.

    Raises
    ------
    BadInput
        When the role is none.
    NotReady
        When the operator has set no sufficient key.
    """
    if role not in ROLES:
        raise BadInput(repr(role), "is no role", f"Roles are {', '.join(ROLES)}.")
    at = int(time.time())
    claims = {
        "iss": settings.token_issuer,
        "aud": settings.token_audience,
        "sub": subject,
        "role": role,
        "org": organisation,
        "iat": at,
        "exp": at + valid_seconds,
    }
    return jwt.encode({"alg": ALGORITHM}, claims, _key(settings))


def verified(settings: Settings, token: str) -> Identity:
    """Check signature, issuer, audience and time of a token.

    Raises
    ------
    TokenRefused
        When it is not valid; the reason says which check failed, never what the token held.
    """
    try:
        decoded = jwt.decode(token, _key(settings), algorithms=[ALGORITHM])
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": settings.token_issuer},
            aud={"essential": True, "value": settings.token_audience},
            exp={"essential": True},
            role={"essential": True, "values": list(ROLES)},
            org={"essential": True},
        ).validate(decoded.claims)
    except (JoseError, ValueError) as error:
        raise TokenRefused("the token", f"is not valid ({error})", "Sign in again.") from error
    claims = decoded.claims
    return Identity(str(claims["role"]), str(claims["org"]), str(claims.get("sub", "")))


def _key(settings: Settings) -> OctKey:
    if len(settings.token_key.encode()) < LEAST_KEY_BYTES:
        raise NotReady(
            "ALLIANCE_TOKEN_KEY",
            f"is missing or shorter than {LEAST_KEY_BYTES} bytes; without it nobody can sign in",
            "Set it to a secret of the operator, such as 64 random hexadecimal digits.",
        )
    return OctKey.import_key(settings.token_key)
