"""Finds the session of a request by its cookie, and sets that cookie."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web

from sla_tracker.serve.web import guard
from sla_tracker.serve.web.identity.proxy_header import is_same_visitor
from sla_tracker.serve.web.login.logins import LoggedIn, Logins
from sla_tracker.serve.web.login.web_sessions import WebSession, WebSessions
from sla_tracker.serve.web.options import WebOptions
from sla_tracker.serve.web.responses import form_of

SESSION = web.RequestKey("session", list)
"""Holds the session of a request once it was looked for: one, or none."""


class Visitors:
    """The people behind requests."""

    def __init__(self, options: WebOptions, sessions: WebSessions, logins: Logins) -> None:
        self._options = options
        self._sessions = sessions
        self._logins = logins

    def session_of(self, request: web.Request) -> WebSession | None:
        """Return the session of a request, None where nobody is logged in."""
        if SESSION not in request:
            found = self._sessions.find(request.cookies.get(self._options.cookie, ""))
            if found is not None and not (
                self._logins.is_still_good(found) and is_same_visitor(self._options, found, request)
            ):
                self._sessions.end(found)
                found = None
            request[SESSION] = [] if found is None else [found]
        kept: list[WebSession] = request[SESSION]
        return kept[0] if kept else None

    def need_session(self, request: web.Request) -> WebSession:
        """Return the session of a request.

        Raises HTTPSeeOther to the login, or to the page for a new password.
        """
        session = self.session_of(request)
        if session is None:
            onward = quote(guard.page_of(self._options, request), safe="/")
            raise web.HTTPSeeOther(f"/login?next={onward}")
        if session.must_change and request.path not in {"/password", "/logout", "/language"}:
            raise web.HTTPSeeOther("/password")
        return session

    async def need_form(self, request: web.Request) -> tuple[WebSession, Mapping[str, str]]:
        """Return session and form of a change.

        Raises HTTPForbidden for a form that came from elsewhere.
        """
        if not guard.is_own_origin(self._options, request):
            raise web.HTTPForbidden
        session = self.need_session(request)
        form = await form_of(request)
        if not guard.has_token(session.csrf, form.get("csrf", "")):
            raise web.HTTPForbidden
        return session, form

    def go_on(self, request: web.Request, found: LoggedIn, onward: str) -> web.HTTPSeeOther:
        """Return the redirect that gives the browser its new session and ends the old one."""
        before = self.session_of(request)
        if before is not None:
            self._sessions.end(before)
        response = web.HTTPSeeOther(onward)
        self.set_cookie(response, found.cookie)
        return response

    def set_cookie(self, response: web.StreamResponse, value: str) -> None:
        """Give the browser the cookie of a session."""
        response.set_cookie(
            self._options.cookie,
            value,
            path="/",
            secure=self._options.is_secure,
            httponly=True,
            # With Strict a link from a message would arrive logged out.
            samesite="Lax",
        )

    def forget_cookie(self, response: web.StreamResponse) -> None:
        """Let the browser forget the cookie of a session.

        For a cookie whose name begins with `__Host-`, the browser obeys only if it is Secure.
        """
        response.del_cookie(self._options.cookie, path="/", secure=self._options.is_secure, httponly=True)
