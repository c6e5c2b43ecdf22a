"""Asks an OpenID Connect provider for its offers, its keys, and a code's token."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp

from sla_tracker.config.sections.web import OidcSection, is_safe_address
from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, ConfigError
from sla_tracker.notify.secrets import read_secret
from sla_tracker.value_class import dataclass

WELL_KNOWN = "/.well-known/openid-configuration"
SECONDS = 10.0  # that the provider has for one answer
LARGEST_ANSWER = 512 << 10
KEPT_SECONDS = 3600.0  # a key that the provider withdraws counts no longer than this
AGAIN_SECONDS = 30.0  # between two looks for a key that is not known
# A provider that failed is left alone for so long, so that people do not wait for it one after the other.
PAUSE_SECONDS = 3.0
UNREACHED = N_(
    "The identity provider {issuer} does not answer as it should ({reason}), so nobody can log in with it now. Try "
    "again in a moment."
)


class ProviderFailed(ConfigError):
    """The identity provider cannot be reached, or breaks OpenID Connect's rules."""


class CodeRefused(Exception):
    """The provider gives no token for a code; says which error it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An identity provider's own description (OpenID Connect Discovery).

    It has the provider's addresses, and how clients prove who they are.
    """

    authorization: str
    token: str
    keys: str
    about: str
    by_post: bool
    names_itself: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a provider gives for a code: the ID token and the access token.

    The access token opens the provider's page about the person.
    """

    id: str
    access: str


class ProviderClient:
    """Asks one provider; keeps for an hour what changes seldom."""

    def __init__(self, section: OidcSection, clock: Callable[[], float] = time.monotonic) -> None:
        self._section = section
        self._clock = clock
        self._http: aiohttp.ClientSession | None = None
        self._offered: tuple[float, Offered] | None = None
        self._keys: tuple[float, Mapping[str, Any]] | None = None
        self._failure: tuple[float, ProviderFailed] | None = None
        # Logins that come at once wait for one answer of the provider instead of asking it each.
        self._one_at_a_time = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.close()

    async def offered(self) -> Offered:
        """Return what the provider says of itself; raises ProviderFailed."""
        async with self._one_at_a_time:
            if self._offered is None or self._clock() - self._offered[0] > KEPT_SECONDS:
                found = await self._looked_up(self._section.issuer.rstrip("/") + WELL_KNOWN)
                self._offered = self._clock(), self._offered_of(found)
            return self._offered[1]

    def _offered_of(self, found: Mapping[str, Any]) -> Offered:
        if found.get("issuer") != self._section.issuer:
            raise self._failed(f"issuer {clean(str(found.get('issuer')), limit=200)}")
        places = [found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        for place in places:
            if not isinstance(place, str) or not is_safe_address(place):
                raise self._failed(f"address {clean(str(place), limit=200)}")
        about = found.get("userinfo_endpoint")
        methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return Offered(
            authorization=str(places[0]),
            token=str(places[1]),
            keys=str(places[2]),
            about=about if isinstance(about, str) and is_safe_address(about) else "",
            by_post="client_secret_basic" not in methods and "client_secret_post" in methods,
            names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        )

    async def keys(self, *, again: bool = False) -> Mapping[str, Any]:
        """Return the provider's keys; raises ProviderFailed.

        With `again`, new keys are asked for, though only once in a while.
        """
        offered = await self.offered()
        async with self._one_at_a_time:
            oldest = AGAIN_SECONDS if again else KEPT_SECONDS
            if self._keys is None or self._clock() - self._keys[0] > oldest:
                self._keys = self._clock(), await self._looked_up(offered.keys)
            return self._keys[1]

    async def _looked_up(self, url: str) -> Mapping[str, Any]:
        """Return the document that the provider publishes at an address.

        Raises ProviderFailed, for a while after a failure without asking.
        """
        if self._failure is not None and self._clock() - self._failure[0] < PAUSE_SECONDS:
            raise self._failure[1]
        try:
            found = await self._json("GET", url)
        except ProviderFailed as problem:
            self._failure = self._clock(), problem
            raise
        self._failure = None
        return found

    async def tokens(self, code: str, verifier: str, redirect: str) -> Tokens:
        """Return the tokens for a code; nothing of them is verified yet.

        Raises CodeRefused, ProviderFailed.
        """
        offered = await self.offered()
        client, secret = self._section.client, self._secret()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        headers = {}
        if secret and not offered.by_post:
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"  # RFC 6749, 2.3.1
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form["client_id"] = client
            if secret:
                form["client_secret"] = secret
        found = await self._json("POST", offered.token, form, headers)
        token, access = found.get("id_token"), found.get("access_token")
        if not isinstance(token, str):
            raise self._failed("id_token")
        return Tokens(id=token, access=access if isinstance(access, str) and access.isprintable() else "")

    async def about(self, tokens: Tokens) -> Mapping[str, Any]:
        """Return the provider's further claims about the person (UserInfo).

        Empty where the provider has no such page. Raises ProviderFailed.
        """
        offered = await self.offered()
        if not offered.about or not tokens.access:
            return {}
        return await self._json("GET", offered.about, headers={"Authorization": f"Bearer {tokens.access}"})

    def _secret(self) -> str:
        """Return the client's secret, read anew each time so that a changed one counts."""
        return read_secret(self._section.secret_from, {}).reveal()

    async def _json(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        if self._http is None:
            limit = aiohttp.ClientTimeout(total=SECONDS)
            self._http = aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar())
        status = 0
        asked = {"Accept": "application/json", **(headers or {})}
        try:
            async with self._http.request(
                method, url, data=form, headers=asked, allow_redirects=False
            ) as answer:
                status = answer.status
                found = json.loads(await _bounded(answer))
        except (aiohttp.ClientError, OSError, ssl.SSLError, TimeoutError) as problem:
            raise self._failed(_reason(url, problem)) from problem
        except (ValueError, RecursionError) as problem:
            raise self._failed(f"{_host(url)}: HTTP {status}, no JSON") from problem
        if not isinstance(found, dict):
            raise self._failed(f"{_host(url)}: no object")
        if form is not None and 400 <= status < 500 and isinstance(found.get("error"), str):
            raise CodeRefused(clean(found["error"], limit=60))
        if status != 200:
            raise self._failed(f"{_host(url)}: HTTP {status}")
        return found

    def _failed(self, reason: str) -> ProviderFailed:
        return ProviderFailed(UNREACHED, issuer=self._section.issuer, reason=reason)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    """Return the body of an answer; raises ValueError for a large one."""
    content = b""
    async for chunk in answer.content.iter_chunked(16 << 10):
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise ValueError("too large")
    return content


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _reason(url: str, problem: BaseException) -> str:
    """Return why a host was not reached, without what the library writes around it."""
    said = "timeout" if isinstance(problem, TimeoutError) else clean(str(problem), limit=200)
    return said if _host(url) in said else f"{_host(url)}: {said or type(problem).__name__}"
