"""The addresses of logins by the identity provider and by the proxy."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from sla_tracker.config.sections.web import LoginWay
from sla_tracker.errors import Forbidden, SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.serve import log
from sla_tracker.serve.web import guard
from sla_tracker.serve.web.identity.oidc import BACK, LOGIN_SECONDS, NotProved, OidcLogin
from sla_tracker.serve.web.identity.provider import ProviderClient, ProviderFailed
from sla_tracker.serve.web.identity.proxy_header import named_by_proxy
from sla_tracker.serve.web.login import logins
from sla_tracker.serve.web.login.attempts import Attempts
from sla_tracker.serve.web.options import WebOptions
from sla_tracker.serve.web.responses import response_of

MOST_AT_ONCE = 8  # logins for which the provider is asked at once
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GoOn = Callable[[web.Request, logins.LoggedIn, str], web.HTTPSeeOther]


class OtherLogins:
    """Logs in whom the identity provider or the proxy names, if the settings allow it."""

    def __init__(
        self, options: WebOptions, logins: logins.Logins, go_on: GoOn, clock: Callable[[], float]
    ) -> None:
        self._options = options
        self._logins = logins
        self._go_on = go_on
        self._busy = 0
        # Apart from wrong passwords. What this service refuses by itself is not counted: nothing can be guessed there.
        self._failed = Attempts()
        self._cookie = f"{options.cookie}-login"
        self._oidc = (
            OidcLogin(options.oidc, options.origin, ProviderClient(options.oidc), clock)
            if LoginWay.OIDC in options.section.login
            else None
        )

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        """Return methods and addresses with what answers them."""
        ways = self._options.section.login
        found: list[tuple[str, str, Handler]] = []
        if LoginWay.OIDC in ways:
            found += [("GET", logins.OIDC_BEGIN, self.begin), ("GET", BACK, self.back)]
        if LoginWay.PROXY in ways:
            found.append(("GET", "/login/left", self.left))
        return tuple(found)

    async def close(self) -> None:
        """Close the connections to the provider."""
        if self._oidc is not None:
            await self._oidc.provider.close()

    # --- the identity provider ----------------------------------------------------------------------------------------

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Lead the browser to the provider."""
        assert self._oidc is not None
        onward = logins.safe_onward(request.query.get("next", "/"))
        try:
            begun = await self._oidc.begin(onward)
        except SlaError as problem:
            return self._refused(problem, onward)
        response = web.HTTPSeeOther(begun.location)
        response.set_cookie(
            self._cookie,
            begun.cookie,
            path="/",
            max_age=int(LOGIN_SECONDS),
            secure=self._options.is_secure,
            httponly=True,
            samesite="Lax",  # it comes back from another site
        )
        raise response

    async def back(self, request: web.Request) -> web.StreamResponse:
        """Log in whom the provider has logged in, and lead on."""
        assert self._oidc is not None
        address = guard.address_of(self._options, request)
        if seconds := math.ceil(self._failed.wait_for("", address)):
            said = _("Too many failed logins from here; wait {n} seconds.", n=seconds)
            page = logins.login_page(self._options, "/", said, 429)
            return response_of(page, {"Retry-After": str(seconds)})
        given = {name: request.query.getall(name) for name in request.query}
        try:
            found, onward = await self._logged_in(given, request.cookies.get(self._cookie, ""), address)
        except SlaError as problem:
            if isinstance(problem, NotProved):
                self._failed.note_wrong("", address)
            response = self._refused(problem, "/")
            response.del_cookie(self._cookie, path="/", secure=self._options.is_secure, httponly=True)
            return response
        raise self._go_on(request, found, onward)

    async def _logged_in(
        self, given: Mapping[str, list[str]], cookie: str, address: str
    ) -> tuple[logins.LoggedIn, str]:
        assert self._oidc is not None
        if self._busy >= MOST_AT_ONCE:
            raise logins.TooMany
        self._busy += 1
        try:
            proved = await self._oidc.finish(given, cookie)
        finally:
            self._busy -= 1
        found = await self._logins.log_in_named(
            LoginWay.OIDC, proved.name, proved.account, address, by_mail=proved.is_mail
        )
        return found, logins.safe_onward(proved.onward)

    def _refused(self, problem: SlaError, onward: str) -> web.Response:
        if isinstance(problem, ProviderFailed):
            log.write("oidc", problem=problem.sentence())
        status = 403 if isinstance(problem, Forbidden) else 503
        return response_of(logins.login_page(self._options, onward, problem.sentence(), status))

    # --- the proxy ----------------------------------------------------------------------------------------------------

    async def by_proxy(self, request: web.Request) -> web.StreamResponse:
        """Log in whom the proxy names, and lead on."""
        name = named_by_proxy(self._options, request)
        if not name:
            return await self.left(request)
        address = guard.address_of(self._options, request)
        try:
            found = await self._logins.log_in_named(LoginWay.PROXY, name, name, address, by_mail=True)
        except Forbidden as problem:
            return response_of(logins.left_page(self._options, problem.sentence(), 403))
        raise self._go_on(request, found, logins.safe_onward(request.query.get("next", "/")))

    async def left(self, _request: web.Request) -> web.StreamResponse:
        """Return the page of who logged out, or whom the proxy does not name."""
        return response_of(logins.left_page(self._options))
