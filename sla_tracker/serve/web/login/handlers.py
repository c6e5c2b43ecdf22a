"""Answers the addresses of logins and passwords.

People log in and out there, change the password or the language, and open a trial.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from sla_tracker import i18n
from sla_tracker.config.sections.web import LoginWay
from sla_tracker.errors import N_, SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.serve import log
from sla_tracker.serve.web import guard
from sla_tracker.serve.web.identity.other_logins import OtherLogins
from sla_tracker.serve.web.login import logins
from sla_tracker.serve.web.login.visitors import Visitors
from sla_tracker.serve.web.login.web_sessions import WebSession, WebSessions
from sla_tracker.serve.web.options import WebOptions
from sla_tracker.serve.web.responses import form_of, other_page_response, response_of, sentence_response

TYPED = "typed"  # in the address of the login: a form waits for it
KEPT_TYPED = N_(
    "Your login has ended. What you wrote is kept for an hour, and filled in again when you have logged in."
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LoginPages:
    """The pages on which people log in and out and change their password.

    Provider and proxy log people in by `OtherLogins`.
    """

    def __init__(
        self,
        options: WebOptions,
        sessions: WebSessions,
        logins: logins.Logins,
        others: OtherLogins,
        visitors: Visitors,
    ) -> None:
        self._options = options
        self._sessions = sessions
        self._logins = logins
        self._others = others
        self._visitors = visitors

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        """Return methods and addresses with what answers them."""
        return (
            ("GET", "/login", self.login_form),
            ("POST", "/login", self.log_in),
            *self._others.routes(),
            ("POST", "/logout", self.log_out),
            ("POST", "/language", self.speak),
            ("GET", "/password", self.password_form),
            ("POST", "/password", self.change_password),
            ("POST", "/open", self.open_trial),
        )

    async def login_form(self, request: web.Request) -> web.StreamResponse:
        """Return the page on which people log in."""
        if self._visitors.session_of(request) is not None:
            raise web.HTTPSeeOther(logins.safe_onward(request.query.get("next", "/")))
        if LoginWay.PROXY in self._options.section.login:
            return await self._others.by_proxy(request)
        said = _(KEPT_TYPED) if request.query.get(TYPED) else ""
        return response_of(logins.login_page(self._options, request.query.get("next", "/"), said))

    async def log_in(self, request: web.Request) -> web.StreamResponse:
        """Log somebody in."""
        if not guard.is_own_origin(self._options, request):
            return other_page_response(self._options)
        if LoginWay.PASSWORD not in self._options.section.login:
            return sentence_response(self._options, 403, _(logins.NO_PASSWORDS))
        form = await form_of(request)
        address = guard.address_of(self._options, request)
        name, onward = form.get("name", ""), form.get("next", "/")
        try:
            found = await self._logins.log_in(name, form.get("password", ""), address)
        except logins.MustWait as wait:
            said = _("Too many wrong passwords for this name from here; wait {n} seconds.", n=wait.seconds)
            answer = logins.login_page(self._options, onward, said, 429, name)
            return response_of(answer, {"Retry-After": str(wait.seconds)})
        if found is None:
            return response_of(logins.login_page(self._options, onward, _(logins.WRONG), 403, name))
        raise self._visitors.go_on(
            request, found, "/password" if found.session.must_change else logins.safe_onward(onward)
        )

    async def open_trial(self, request: web.Request) -> web.StreamResponse:
        """Open the pages of a trial for the browser that was handed the secret."""
        found = self._logins.open_trial((await form_of(request)).get("secret", ""))
        if found is None:
            raise web.HTTPSeeOther("/login")
        response = web.HTTPSeeOther("/")
        self._visitors.set_cookie(response, found.cookie)
        raise response

    async def log_out(self, request: web.Request) -> web.StreamResponse:
        """Log somebody out."""
        session, _form = await self._visitors.need_form(request)
        self._sessions.end(session)
        log.write("logout", person=session.person)
        is_named = session.way is LoginWay.PROXY  # whom the next page would log in again
        response = web.HTTPSeeOther("/login/left" if is_named else "/login")
        self._visitors.forget_cookie(response)
        raise response

    async def speak(self, request: web.Request) -> web.StreamResponse:
        """Change to the other language."""
        session, form = await self._visitors.need_form(request)
        session.language = "en" if i18n.language() == "zh_CN" else "zh_CN"
        raise web.HTTPSeeOther(logins.safe_onward(form.get("path", "/")))

    async def password_form(self, request: web.Request) -> web.StreamResponse:
        """Return the page for a new password."""
        session = self._visitors.need_session(request)
        if session.way is not LoginWay.PASSWORD:
            raise web.HTTPNotFound
        return self._password_page(session)

    def _password_page(self, session: WebSession, problem: str = "") -> web.Response:
        return response_of(logins.password_page(self._options, session, problem, 422 if problem else 200))

    async def change_password(self, request: web.Request) -> web.StreamResponse:
        """Set a person's new password."""
        session, form = await self._visitors.need_form(request)
        if session.way is not LoginWay.PASSWORD:
            raise web.HTTPNotFound
        try:
            cookie = await self._logins.change_password(
                session, form.get("old", ""), form.get("new", ""), form.get("again", "")
            )
        except SlaError as problem:
            return self._password_page(session, problem.sentence())
        session.notice = _("The new password counts from now on.")
        response = web.HTTPSeeOther("/")
        self._visitors.set_cookie(response, cookie)
        raise response
