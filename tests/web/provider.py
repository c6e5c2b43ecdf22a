"""An identity provider on the loopback, which does what a test wants: also what no honest one does."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web
from joserfc import jwk, jwt

CLIENT, SECRET = "sla at home", "a secret: with %"


@cache
def key(name: str) -> jwk.RSAKey:
    """Return a key, made once for all tests."""
    return jwk.RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


def signed(claims: Mapping[str, Any], by: str = "first") -> str:
    """Return a token signed by a named key."""
    return jwt.encode({"alg": "RS256", "kid": by}, dict(claims), key(by))


@dataclass
class Provider:
    """What a provider says and has heard; `now` is the clock of the site that asks."""

    issuer: str = ""
    published: list[str] = field(default_factory=lambda: ["first"])
    changes: dict[str, Any] = field(default_factory=dict)
    """What its discovery document says otherwise."""
    broken: web.Response | None = None
    about: dict[str, Any] = field(default_factory=dict)
    """What its page about a person says, for the token that it has just given."""
    by: str = "first"
    codes: dict[str, tuple[dict[str, str], dict[str, Any]]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    now: float = 1_700_000_000.0

    def code(self, location: str, **claims: Any) -> dict[str, str]:
        """Let somebody log in at the place where the browser was led, and return what it comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = secrets.token_urlsafe(8)
        said = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "7",
            "nonce": asked["nonce"],
            "iat": int(self.now),
            "exp": int(self.now) + 300,
            "preferred_username": "wang.fang",
            **claims,
        }
        self.codes[code] = asked, {name: value for name, value in said.items() if value is not None}
        return {"state": asked["state"], "code": code}

    async def describe(self, _request: web.Request) -> web.Response:
        self.heard.append("describe")
        if self.broken is not None:
            return self.broken
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                **self.changes,
            }
        )

    async def authorize(self, request: web.Request) -> web.Response:
        """Lead a browser back at once, as for somebody who is logged in at the provider."""
        back = urlencode(self.code(str(request.url)))
        return web.Response(status=302, headers={"Location": f"{request.query['redirect_uri']}?{back}"})

    async def userinfo(self, request: web.Request) -> web.Response:
        self.heard.append("userinfo")
        if request.headers.get("Authorization") != "Bearer x":
            return web.json_response({"error": "invalid_token"}, status=401)
        return web.json_response(self.about)

    async def keys(self, _request: web.Request) -> web.Response:
        self.heard.append("keys")
        others: list[dict[str, Any]] = [{"kty": "oct", "k": "c2VjcmV0"}, {"kty": "RSA"}, {"kty": "new"}]
        return web.json_response(
            {"keys": [*others, *(key(name).as_dict(private=False) for name in self.published)]}
        )

    async def token(self, request: web.Request) -> web.Response:
        """Give the token for a code: once, to this client, for the verifier of the challenge, to the same address."""
        self.heard.append("token")
        form = dict(await request.post())
        asked, said = self.codes.pop(str(form.get("code")), ({}, {}))
        pair = base64.b64decode(request.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form.get("code_verifier")).encode()).digest())
        if (
            pair != "sla%20at%20home:a%20secret%3A%20with%20%25"
            or challenge.decode().rstrip("=") != asked.get("code_challenge")
            or form.get("redirect_uri") != asked.get("redirect_uri")
            or asked.get("code_challenge_method") != "S256"
            or asked.get("response_type") != "code"
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(
            {"access_token": "x", "token_type": "Bearer", "id_token": signed(said, self.by)}
        )


@asynccontextmanager
async def a_provider() -> AsyncIterator[Provider]:
    """Yield a provider that listens."""
    made = Provider()
    application = web.Application()
    application.router.add_get("/.well-known/openid-configuration", made.describe)
    application.router.add_get("/keys", made.keys)
    application.router.add_get("/userinfo", made.userinfo)
    application.router.add_get("/authorize", made.authorize)
    application.router.add_post("/token", made.token)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()
