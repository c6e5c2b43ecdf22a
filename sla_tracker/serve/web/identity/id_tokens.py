"""Checks the ID token of an identity provider.

Checked is who signed it, for whom, when, and for which login.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from joserfc import jwk, jws, jwt
from joserfc.errors import InvalidKeyIdError, JoseError

from sla_tracker.value_class import dataclass

# Signatures only: a shared secret or no signature at all (“none”) proves nothing here.
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
KEY_TYPES = frozenset({"RSA", "EC"})
LEAST_RSA_CHARACTERS = 340  # of a modulus in base64url: 2048 bits have 342
CLOCK_SKEW_SECONDS = 60
OLDEST_SECONDS = 900
LONGEST_TOKEN = 64 << 10


class WrongToken(Exception):
    """A token that proves nothing; says why, for the log."""


class UnknownKey(WrongToken):
    """A token signed with a key that the provider is not known to publish.

    The provider may have published it since it was last asked.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token has to say: who made it, for which client, for which login."""

    issuer: str
    client: str
    nonce: str
    now: float


class _Registry(jws.JWSRegistry):
    """The library's rules, and room for the certificates that some headers hold."""

    max_header_length = 16 << 10


_REGISTRY = _Registry(algorithms=SIGNED_BY, strict_check_header=False)


def claims_of(token: str, keys: Mapping[str, Any], expected: Expected) -> Mapping[str, Any]:
    """Return the claims of a token that is proved good; raises UnknownKey, WrongToken.

    The rules are those of OpenID Connect Core 1.0, section 3.1.3.7.
    """
    if len(token) > LONGEST_TOKEN:
        raise WrongToken("too long")
    try:
        claims = jwt.decode(token, _key_set(keys), registry=_REGISTRY).claims
        _registry(expected).validate(claims)
    except InvalidKeyIdError as problem:
        raise UnknownKey("unknown key") from problem
    except (JoseError, ValueError, TypeError, KeyError) as problem:
        raise WrongToken(f"{type(problem).__name__} {getattr(problem, 'claim', '')}".strip()) from problem
    if claims["aud"] not in (expected.client, [expected.client]):
        raise WrongToken("other audiences beside this one")
    if claims.get("azp", expected.client) != expected.client:
        raise WrongToken("made for another client")
    if claims["nonce"] != expected.nonce:
        raise WrongToken("nonce")
    if claims["iat"] < expected.now - OLDEST_SECONDS:
        raise WrongToken("made too long ago")
    return claims


def _registry(expected: Expected) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(expected.now),
        leeway=CLOCK_SKEW_SECONDS,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client},
        nonce={"essential": True, "value": expected.nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )


def _key_set(keys: Mapping[str, Any]) -> jwk.KeySet:
    """Return the keys with which a provider signs; others of its set are left out."""
    found = list(_signing(keys))
    if not found:
        raise UnknownKey("no key")
    return jwk.KeySet(found)


def _signing(keys: Mapping[str, Any]) -> Iterator[jwk.Key]:
    written = keys.get("keys")
    for one in written if isinstance(written, list) else ():
        if not isinstance(one, dict) or one.get("kty") not in KEY_TYPES or one.get("use", "sig") != "sig":
            continue
        if one["kty"] == "RSA" and len(str(one.get("n", ""))) < LEAST_RSA_CHARACTERS:
            continue
        try:
            yield jwk.import_key(one)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
