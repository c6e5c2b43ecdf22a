"""Logs people in with the company's identity provider (OpenID Connect).

The flow is that by code, with PKCE, state and nonce.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from sla_tracker.config.sections.web import OidcSection
from sla_tracker.errors import N_, Forbidden
from sla_tracker.serve import log
from sla_tracker.serve.web.guard import is_same
from sla_tracker.serve.web.identity.id_tokens import Expected, UnknownKey, WrongToken, claims_of
from sla_tracker.serve.web.identity.provider import CodeRefused, Offered, ProviderClient, Tokens
from sla_tracker.value_class import dataclass

BACK = "/login/oidc/back"
LOGIN_SECONDS = 600.0
LONGEST_CODE = 4096
LONGEST_NAME = 200
MAIL = "email"  # the one claim that comes with whether it is verified
ERROR = re.compile(r"[a-z_]{1,60}")
NOT_BEGUN = N_("This login was not begun in this browser, was used already, or took too long. Begin again.")
NOT_PROVED = N_("What the identity provider sent does not prove who you are, so nobody was logged in.")


class NotProved(Forbidden):
    """The provider was asked, and what it said proves nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A login that begins: where the browser goes, and the cookie it comes back with."""

    location: str
    cookie: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A login that the identity provider has proved.

    `name` is that of the settings' claim, `account` the lasting key of the account, `onward` where to go on. `is_mail`
    is whether the name is a mail address that the provider has verified: of any other claim people may write what looks
    like one.
    """

    name: str
    is_mail: bool
    account: str
    onward: str


class OidcLogin:
    """The logins of one provider.

    Nothing is kept of a login that only began: state, nonce and PKCE verifier are derived from the browser's cookie
    with a key of this process, so that whoever begins many fills nothing.
    """

    def __init__(
        self,
        section: OidcSection,
        origin: str,
        provider: ProviderClient,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._section = section
        self._redirect = origin + BACK
        self.provider = provider
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._used: dict[str, float] = {}

    async def begin(self, onward: str) -> Begun:
        """Return where a browser logs in; raises ProviderFailed."""
        offered = await self.provider.offered()
        kept = base64.urlsafe_b64encode(onward.encode()).decode().rstrip("=")
        cookie = f"{secrets.token_urlsafe(24)}.{int(self._clock())}.{kept}"
        verifier = self._derived("verifier", cookie)
        asked = {
            "response_type": "code",
            "client_id": self._section.client,
            "redirect_uri": self._redirect,
            "scope": " ".join(self._section.scopes),
            "state": self._derived("state", cookie),
            "nonce": self._derived("nonce", cookie),
            "code_challenge": _coded(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in offered.authorization else "?"
        return Begun(location=offered.authorization + joint + urlencode(asked), cookie=cookie)

    async def finish(self, given: Mapping[str, list[str]], cookie: str) -> Proved:
        """Return whom the provider logged in; raises Forbidden, NotProved, ProviderFailed."""
        onward = self._begun(given, cookie)
        offered = await self.provider.offered()
        code = self._code(given, offered)
        try:
            tokens = await self.provider.tokens(code, self._derived("verifier", cookie), self._redirect)
            claims = await self._claims(tokens.id, self._derived("nonce", cookie))
            if self._section.claim not in claims:
                claims = await self._with_more(claims, tokens)
        except (CodeRefused, WrongToken) as problem:
            log.write("oidc", problem=str(problem))
            raise NotProved(NOT_PROVED) from problem
        return Proved(
            name=self._name(claims),
            is_mail=self._section.claim == MAIL,
            account=f"{self._section.issuer} {claims['sub']}",
            onward=onward,
        )

    def _begun(self, given: Mapping[str, list[str]], cookie: str) -> str:
        """Return where a login leads that this browser began; it is good once."""
        self._used = {one: at for one, at in self._used.items() if self._clock() - at < LOGIN_SECONDS}
        state = given.get("state", [])
        parts = cookie.split(".")
        if len(state) != 1 or len(parts) != 3 or not cookie.isascii() or not parts[1].isdecimal():
            raise Forbidden(NOT_BEGUN)
        is_ours = is_same(state[0], self._derived("state", cookie))
        age = self._clock() - int(parts[1][:15])
        if not is_ours or not 0 <= age < LOGIN_SECONDS or cookie in self._used:
            raise Forbidden(NOT_BEGUN)
        self._used[cookie] = self._clock()
        return base64.urlsafe_b64decode(parts[2] + "=" * (-len(parts[2]) % 4)).decode()

    def _code(self, given: Mapping[str, list[str]], offered: Offered) -> str:
        """Return the code that the provider sent.

        Raises Forbidden, also where another provider sent it (RFC 9207).
        """
        issuers = given.get("iss", [])
        if issuers not in ([], [self._section.issuer]) or (offered.names_itself and not issuers):
            raise Forbidden(NOT_PROVED)
        if errors := given.get("error", []):
            named = errors[0] if ERROR.fullmatch(errors[0]) else "error"
            raise Forbidden(N_("The identity provider did not log you in ({reason})."), reason=named)
        codes = given.get("code", [])
        if len(codes) != 1 or not 0 < len(codes[0]) <= LONGEST_CODE:
            raise Forbidden(NOT_PROVED)
        return codes[0]

    async def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        """Return the claims of a token.

        Where its key is not known, the provider is asked for its keys once more.
        """
        expected = Expected(
            issuer=self._section.issuer, client=self._section.client, nonce=nonce, now=self._clock()
        )
        try:
            return claims_of(token, await self.provider.keys(), expected)
        except UnknownKey:
            return claims_of(token, await self.provider.keys(again=True), expected)

    async def _with_more(self, claims: Mapping[str, Any], tokens: Tokens) -> Mapping[str, Any]:
        """Return claims with those of the provider's page about the person.

        Both must be about the same person.
        """
        more = await self.provider.about(tokens)
        if more and more.get("sub") != claims["sub"]:
            raise WrongToken("userinfo about somebody else")
        return {**more, **claims}

    def _name(self, claims: Mapping[str, Any]) -> str:
        """Return the name that the configured claim gives.

        Raises Forbidden for none, or for an address that is not verified.
        """
        claim = self._section.claim
        name = claims.get(claim)
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise Forbidden(
                N_("The identity provider does not say who you are: the claim “{claim}” is missing."),
                claim=claim,
            )
        if claim == MAIL and claims.get("email_verified") is not True:
            raise Forbidden(N_("The identity provider has not verified the mail address {name}."), name=name)
        return name

    def _derived(self, what: str, cookie: str) -> str:
        return _coded(hmac.digest(self._key, f"{what} {cookie}".encode("utf-8", "replace"), "sha256"))


def _coded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
