"""Bearer tokens: who is asking, and for whom.

    of the issuer   JWT signed by the operator's OpenID Connect issuer with an asymmetric key;
                    role and organisation stand in claims whose names are settings
    local           JWT signed with ALLIANCE_TOKEN_KEY (HS256), for development and demonstrations
                    only; production takes none

A token of the issuer is never verified with the local key, nor the other way round: which of them
it is, its algorithm says, and each way allows its own algorithms only.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, OctKey

from api.services.issuer_keys import IssuerKeys
from api.services.rights import party_id_of
from api.settings import Settings
from graph_model.errors import AllianceError, BadInput, NotReady
from policy.visibility import ROLES

ALGORITHM = "HS256"
ISSUER_ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "EdDSA",
)
LEAST_KEY_BYTES = 32
"""RFC 7518, section 3.2: a key of the size of the hash output or larger."""

LEEWAY_SECONDS = 30
"""By which the issuer's clock may differ."""

DEMO_SUBJECT = "demo:"
"""Subjects of demonstration accounts begin so: their tokens are none elsewhere."""


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
    """Sign a local token.

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
    NotReady
        When the keys to check it with are not there.
    """
    try:
        headers = _headers(token)
        if settings.oidc_issuer and headers.get("alg") in ISSUER_ALGORITHMS:
            found = _of_issuer(settings, token, named=bool(headers.get("kid")))
        elif settings.env == "production":
            raise _refused("it is not signed by the operator's issuer")
        else:
            found = _local(settings, token)
    except (JoseError, ValueError) as error:
        raise _refused(str(error)) from error
    if found.subject.startswith(DEMO_SUBJECT) and settings.env != "demo":
        raise _refused("a demonstration account has no place here")
    return found


def _headers(token: str) -> Mapping[str, object]:
    """What the token says of itself; nothing of it is believed yet."""
    try:
        return jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError):
        return {}


def _local(settings: Settings, token: str) -> Identity:
    decoded = jwt.decode(token, _key(settings), algorithms=[ALGORITHM])
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": settings.token_issuer},
        aud={"essential": True, "value": settings.token_audience},
        exp={"essential": True},
        role={"essential": True, "values": list(ROLES)},
        org={"essential": True},
    ).validate(decoded.claims)
    claims = decoded.claims
    return Identity(str(claims["role"]), str(claims["org"]), str(claims.get("sub", "")))


def _of_issuer(settings: Settings, token: str, *, named: bool) -> Identity:
    keys = keys_of(settings.oidc_issuer, settings.oidc_keys)
    decoded = _decoded(token, keys, named=named)
    jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": settings.oidc_issuer},
        aud={"essential": True, "value": settings.oidc_audience},
        exp={"essential": True},
        sub={"essential": True},
    ).validate(decoded.claims)
    role = _one_role(decoded.claims.get(settings.oidc_role_claim), settings.oidc_role_claim)
    organisation = decoded.claims.get(settings.oidc_org_claim)
    if not isinstance(organisation, str) or not organisation:
        raise _refused(f"the claim {settings.oidc_org_claim} names no organisation")
    return Identity(role, party_id_of(organisation), str(decoded.claims["sub"]))


def _decoded(token: str, keys: IssuerKeys, *, named: bool) -> jwt.Token:
    """Check the signature; a key that is not known may be a new one: then keys are asked again."""
    try:
        return _decode(token, keys.current())
    except (InvalidKeyIdError, BadSignatureError) as error:
        if named and isinstance(error, BadSignatureError):
            raise
        fresh = keys.refetched()
        if fresh is None:
            raise
        return _decode(token, fresh)


def _decode(token: str, keys: KeySet) -> jwt.Token:
    return jwt.decode(token, keys, algorithms=list(ISSUER_ALGORITHMS))


def _one_role(stated: object, claim: str) -> str:
    """Return the one role that a claim states, alone or among roles of other systems."""
    told = stated if isinstance(stated, list) else [stated]
    found = [role for role in ROLES if role in told]
    if len(found) != 1:
        raise _refused(f"the claim {claim} names not exactly one of {', '.join(ROLES)}")
    return found[0]


@lru_cache(maxsize=8)
def keys_of(issuer: str, address: str) -> IssuerKeys:
    """Return the keys of an issuer, kept for all requests of this process."""
    return IssuerKeys(issuer, address)


def _refused(why: str) -> TokenRefused:
    return TokenRefused("the token", f"is not valid ({why})", "Sign in again.")


def _key(settings: Settings) -> OctKey:
    if len(settings.token_key.encode()) < LEAST_KEY_BYTES:
        raise NotReady(
            "ALLIANCE_TOKEN_KEY",
            f"is missing or shorter than {LEAST_KEY_BYTES} bytes; without it nobody can sign in",
            "Set it to a secret of the operator, such as 64 random hexadecimal digits.",
        )
    return OctKey.import_key(settings.token_key)
