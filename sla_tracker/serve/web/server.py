"""Speaks HTTP: pages for people who are logged in, static files, health. All else is answered by sessions."""

from __future__ import annotations

import asyncio
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from sla_tracker import i18n
from sla_tracker.config.sections.web import LoginWay
from sla_tracker.errors import N_, SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.serve import log
from sla_tracker.serve.web import guard, logins
from sla_tracker.serve.web.attempts import Attempts, Rates
from sla_tracker.serve.web.exchange import HTML, Answer, Answers, Kind, NoAnswer, Question
from sla_tracker.serve.web.identity.other_logins import OtherLogins
from sla_tracker.serve.web.identity.proxy_header import FORGED
from sla_tracker.serve.web.navigation import navigation
from sla_tracker.serve.web.options import STATE_FILE, WebOptions
from sla_tracker.serve.web.page import Frame, Page
from sla_tracker.serve.web.programs.api_description import PREFIX
from sla_tracker.serve.web.programs.calls import WRONG_METHOD, ProgramCalls, is_for_programs
from sla_tracker.serve.web.render import HERE, as_html
from sla_tracker.serve.web.terminals.handlers import Begin, TerminalPages
from sla_tracker.serve.web.web_sessions import WebSession, WebSessions

LARGEST_BODY = 256 << 10
A_SECOND, AT_ONCE = 30.0, 60.0  # requests of one address
MOST_BUSY = 4  # pages of one session that are worked on at once
BODY_SECONDS = 20.0  # until a body has come
SAVE_SECONDS = 60.0
WATCH_SECONDS = 2.0  # between two looks at who may still see a terminal
HEALTH_SECONDS = 5.0  # how long an answer of the service counts for its health
STATIC_TYPES: Mapping[str, str] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}
UNAVAILABLE = N_("The service does not answer now; try again in a moment.")
OTHER_PAGE = N_(
    "This form was not sent from a page of this service, so nothing was done. Open the page again."
)
TOO_MANY = N_("Too much at once; wait a moment and try again.")
SENTENCES: Mapping[int, str] = {
    400: N_("What was sent is no text in UTF-8, so nothing was done."),
    404: N_("There is no such page."),
    405: WRONG_METHOD,
    408: N_("What was sent took too long to arrive, so nothing was done. Send it again."),
    413: N_("What was sent is larger than 256 KiB, so nothing was done."),
    414: N_("The address is too long."),
    415: N_(
        "Files are not taken here, so nothing was done. Write into the evidence where the paper lies, or what its "
        "number is."
    ),
}
"""What people and programs are told where no page could answer, by HTTP status."""

SESSION = web.RequestKey("session", list)
"""Holds the session of a request once it was looked for: one, or none."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WebServer:
    """The pages of one deployment."""

    def __init__(
        self,
        options: WebOptions,
        answers: Answers,
        clock: Callable[[], float] = time.time,
        *,
        trial: logins.Trial | None = None,
        begin_terminal: Begin | None = None,
    ) -> None:
        self.options = options
        self.answers = answers
        section = options.section
        self.sessions = WebSessions(
            options.state_folder / STATE_FILE,
            idle_seconds=section.idle_minutes * 60.0,
            seconds=section.hours * 3600.0,
            clock=clock,
        )
        self.attempts = Attempts()
        self.logins = logins.Logins(options, answers, self.sessions, self.attempts, trial)
        self.others = OtherLogins(options, self.logins, self.go_on, clock)
        self.programs = ProgramCalls(options, answers, self.attempts)
        self.terminals = (
            TerminalPages(options, self.sessions, self.need_session, begin_terminal)
            if begin_terminal
            else None
        )
        self._rates = Rates(A_SECOND, AT_ONCE)
        self._static = _static_files()
        self._health: tuple[float, bool] = (float("-inf"), False)
        self.application = self._application()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=LARGEST_BODY, middlewares=[self._guarded])
        application.on_response_prepare.append(self._prepare)
        application.cleanup_ctx.append(self._saving)
        routes = (
            ("GET", "/static/{name}", self.static),
            ("GET", "/healthz", self.health),
            ("GET", f"{PREFIX}/openapi.json", self.programs.describe),
            ("*", PREFIX + "/{path:.*}", self.programs.call),
            ("GET", "/calendar/{secret}.ics", self.programs.feed),
            ("GET", "/metrics", self.programs.metrics),
            ("GET", "/login", self.login_form),
            ("POST", "/login", self.log_in),
            *self.others.routes(),
            ("POST", "/logout", self.log_out),
            ("POST", "/language", self.speak),
            ("GET", "/password", self.password_form),
            ("POST", "/password", self.change_password),
            ("POST", "/open", self.open_trial),
            *self._terminal_routes(),
            ("GET", "/{path:.*}", self.page),
            ("POST", "/{path:.*}", self.send),
        )
        for method, path, handler in routes:
            application.router.add_route(method, path, handler)
        return application

    def _terminal_routes(self) -> tuple[tuple[str, str, Handler], ...]:
        if self.terminals is None:
            return ()
        return (
            ("GET", "/terminal", self.terminals.page),
            ("GET", "/terminal/socket", self.terminals.socket),
            ("GET", "/terminal/file/{key}", self.terminals.file),
        )

    async def _prepare(self, _request: web.Request, response: web.StreamResponse) -> None:
        guard.add_headers(self.options, response)

    async def _saving(self, _application: web.Application):  # type: ignore[no-untyped-def]  # an async generator of aiohttp
        async def save() -> None:
            while True:
                await asyncio.sleep(SAVE_SECONDS)
                self.sessions.drop_old()
                self.sessions.save()
                if self.terminals is not None:
                    self.terminals.drop_left()

        async def watch() -> None:
            while True:
                await asyncio.sleep(WATCH_SECONDS)
                self.end_lost()

        tasks = [asyncio.create_task(save()), asyncio.create_task(watch())]
        yield
        for task in tasks:
            task.cancel()
        self.sessions.save()
        self.logins.close()
        await self.others.close()
        self.programs.close()
        if self.terminals is not None:
            self.terminals.close()

    def end_lost(self) -> None:
        """End the logins that show a terminal and whose password was taken away: a terminal asks for no page."""
        for session in self.sessions.with_something_open():
            if not self.logins.is_still_good(session):
                self.sessions.end(session)

    # --- what every request passes ------------------------------------------------------------------------------------

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.monotonic()
        status = 500
        address = guard.address_of(self.options, request)
        try:
            if not guard.is_let_in(self.options, request):
                status = 403
                return web.Response(status=status, text="only the proxy may use this socket\n")
            if self.others.is_forged(request):
                status = 403
                log.write("forged", address=address)
                return web.Response(status=status, text=_(FORGED) + "\n")
            if len(request.path_qs) > guard.LONGEST_PATH:
                status = 414
                return web.Response(status=status, text="the address is too long\n")
            if self._rates.is_too_fast(address):
                status = 429
                return web.Response(status=status, text="too many requests\n", headers={"Retry-After": "1"})
            with i18n.speaking(self._language(request)):
                response = await self._answered(request, handler)
            status = response.status
            return response
        except web.HTTPException as moved:
            status = moved.status
            raise
        finally:
            took = round((time.monotonic() - began) * 1000)
            log.write(
                "web",
                method=request.method,
                path=_logged(request.path),
                status=status,
                address=address,
                milliseconds=took,
            )

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            await _read_whole(request)
            return await handler(request)
        except web.HTTPException as problem:
            if problem.status < HTTPStatus.BAD_REQUEST:
                raise
            said = _(SENTENCES[problem.status]) if problem.status in SENTENCES else problem.reason
            return self._refusal(request, problem.status, said)
        except (NoAnswer, logins.TooMany) as problem:
            said = UNAVAILABLE if isinstance(problem, NoAnswer) else TOO_MANY
            return self._refusal(request, 503, _(said), {"Retry-After": "5"})
        except SlaError as problem:
            return self._refusal(request, 500, problem.sentence())
        except Exception as error:
            details = "".join(traceback.format_exception(error))
            number = log.keep_numbered(self.options.state_folder, details)
            log.write("fault", number=number, kind=type(error).__name__)
            return self._refusal(request, 500, log.fault_sentence(type(error).__name__, number))

    def _language(self, request: web.Request) -> str:
        """Return the language of a request: of the session, else the one asked for, else the deployment's."""
        session = self.session_of(request)
        chosen = session.language if session is not None else request.query.get("lang", "")
        asked = request.headers.get("Accept-Language", "").split(",")[0]
        return i18n.match(chosen) or i18n.match(asked) or i18n.choose(config=self.options.language)

    def session_of(self, request: web.Request) -> WebSession | None:
        """Return the session of a request, None where nobody is logged in."""
        if SESSION not in request:
            found = self.sessions.find(request.cookies.get(self.options.cookie, ""))
            if found is not None and not (
                self.logins.is_still_good(found) and self.others.is_same(found, request)
            ):
                self.sessions.end(found)
                found = None
            request[SESSION] = [] if found is None else [found]
        kept: list[WebSession] = request[SESSION]
        return kept[0] if kept else None

    def _refusal(
        self, request: web.Request, status: int, said: str, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        """Return a refusal: a page for people, a problem for programs."""
        if not is_for_programs(request.path):
            return self._sentence(status, said, headers)
        response = guard.problem(status, said)
        response.headers.update(headers or {})
        return response

    def _sentence(self, status: int, said: str, headers: Mapping[str, str] | None = None) -> web.Response:
        page = Page(title=self.options.company.get(i18n.language()), problem=said)
        body = as_html(page, Frame(company=self.options.company.get(i18n.language())))
        return web.Response(status=status, text=body, content_type="text/html", headers=headers)

    # --- without a login ----------------------------------------------------------------------------------------------

    async def static(self, request: web.Request) -> web.Response:
        """Return one of our own files."""
        found = self._static.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        content, kind = found
        return web.Response(
            body=content, content_type=kind, headers={"Cache-Control": "public, max-age=86400"}
        )

    async def health(self, _request: web.Request) -> web.Response:
        """Say whether the service answers, and nothing else."""
        at, is_well = self._health
        if time.monotonic() - at > HEALTH_SECONDS:
            try:
                await self.answers.ask(Question(kind=Kind.WHO))
                is_well = True
            except NoAnswer:
                is_well = False
            self._health = time.monotonic(), is_well
        return web.Response(text="ok\n" if is_well else "not ok\n", status=200 if is_well else 503)

    async def login_form(self, request: web.Request) -> web.StreamResponse:
        """Return the page on which people log in."""
        if self.session_of(request) is not None:
            raise web.HTTPSeeOther(logins.safe_onward(request.query.get("next", "/")))
        if LoginWay.PROXY in self.options.section.login:
            return await self.others.by_proxy(request)
        return _response(logins.login_page(self.options, request.query.get("next", "/")))

    async def log_in(self, request: web.Request) -> web.StreamResponse:
        """Log somebody in."""
        if not guard.is_own_origin(self.options, request):
            return self._sentence(403, _(OTHER_PAGE))
        if LoginWay.PASSWORD not in self.options.section.login:
            return self._sentence(403, _(logins.NO_PASSWORDS))
        form = await _form(request)
        address = guard.address_of(self.options, request)
        name, onward = form.get("name", ""), form.get("next", "/")
        if seconds := self.logins.wait_for(address):
            said = _("Too many wrong passwords from here; wait {n} seconds.", n=seconds)
            answer = logins.login_page(self.options, onward, said, 429, name)
            return _response(answer, {"Retry-After": str(seconds)})
        found = await self.logins.log_in(name, form.get("password", ""), address)
        if found is None:
            return _response(logins.login_page(self.options, onward, _(logins.WRONG), 403, name))
        raise self.go_on(
            request, found, "/password" if found.session.must_change else logins.safe_onward(onward)
        )

    def go_on(self, request: web.Request, found: logins.LoggedIn, onward: str) -> web.HTTPSeeOther:
        """Return what gives the browser its new session and leads it on; the one it had before ends."""
        before = self.session_of(request)
        if before is not None:
            self.sessions.end(before)
        response = web.HTTPSeeOther(onward)
        self._set_cookie(response, found.cookie)
        return response

    async def open_trial(self, request: web.Request) -> web.StreamResponse:
        """Open the pages of a trial for the browser that was handed the secret."""
        found = self.logins.open_trial((await _form(request)).get("secret", ""))
        if found is None:
            raise web.HTTPSeeOther("/login")
        response = web.HTTPSeeOther("/")
        self._set_cookie(response, found.cookie)
        raise response

    # --- with a login -------------------------------------------------------------------------------------------------

    def _set_cookie(self, response: web.StreamResponse, value: str) -> None:
        response.set_cookie(
            self.options.cookie,
            value,
            path="/",
            secure=self.options.is_secure,
            httponly=True,
            # With Strict a link from a message would arrive logged out.
            samesite="Lax",
        )

    def need_session(self, request: web.Request) -> WebSession:
        """Return the session; raises HTTPSeeOther to the login, or to the page for a new password."""
        session = self.session_of(request)
        if session is None:
            onward = quote(request.path_qs if request.method == "GET" else "/", safe="/")
            raise web.HTTPSeeOther(f"/login?next={onward}")
        if session.must_change and request.path not in {"/password", "/logout", "/language"}:
            raise web.HTTPSeeOther("/password")
        return session

    async def _need_form(self, request: web.Request) -> tuple[WebSession, Mapping[str, str]]:
        """Return session and form of a change. Raises HTTPForbidden for one that came from elsewhere."""
        if not guard.is_own_origin(self.options, request):
            raise web.HTTPForbidden
        session = self.need_session(request)
        form = await _form(request)
        if not guard.has_token(session.csrf, form.get("csrf", "")):
            raise web.HTTPForbidden
        return session, form

    async def log_out(self, request: web.Request) -> web.StreamResponse:
        """Log somebody out."""
        session, _form = await self._need_form(request)
        self.sessions.end(session)
        log.write("logout", person=session.person)
        is_named = session.way is LoginWay.PROXY  # whom the next page would log in again
        response = web.HTTPSeeOther("/login/left" if is_named else "/login")
        response.del_cookie(self.options.cookie, path="/", secure=self.options.is_secure, httponly=True)
        raise response

    async def speak(self, request: web.Request) -> web.StreamResponse:
        """Change to the other language."""
        session, form = await self._need_form(request)
        session.language = "en" if i18n.language() == "zh_CN" else "zh_CN"
        raise web.HTTPSeeOther(logins.safe_onward(form.get("path", "/")))

    async def password_form(self, request: web.Request) -> web.StreamResponse:
        """Return the page for a new password."""
        session = self.need_session(request)
        if session.way is not LoginWay.PASSWORD:
            raise web.HTTPNotFound
        return self._password_page(session)

    def _password_page(self, session: WebSession, problem: str = "") -> web.Response:
        return _response(logins.password_page(self.options, session, problem, 422 if problem else 200))

    async def change_password(self, request: web.Request) -> web.StreamResponse:
        """Set a person's new password."""
        session, form = await self._need_form(request)
        if session.way is not LoginWay.PASSWORD:
            raise web.HTTPNotFound
        try:
            cookie = await self.logins.change_password(
                session, form.get("old", ""), form.get("new", ""), form.get("again", "")
            )
        except SlaError as problem:
            return self._password_page(session, problem.sentence())
        session.notice = _("The new password counts from now on.")
        response = web.HTTPSeeOther("/")
        self._set_cookie(response, cookie)
        raise response

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Return a page; it changes nothing."""
        session = self.need_session(request)
        question = replace(self._question(request, session), query=dict(request.query))
        answer = await self._ask(session, question)
        if answer.status == HTTPStatus.OK and question.notice == session.notice:
            session.notice = ""
        return self._respond(session, answer)

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Do what a form says, once."""
        try:
            session, form = await self._need_form(request)
        except web.HTTPForbidden:
            return self._sentence(403, _(OTHER_PAGE))
        # With the path: two forms of one page carry the same.
        once = f"{request.path} {form['once'][:100]}" if form.get("once") else ""
        if once and once in session.sent:
            raise web.HTTPSeeOther(session.sent[once])
        if once:
            session.remember_sent(once, request.path.rpartition("/")[0] or "/")
        question = replace(self._question(request, session), method="POST", form=form)
        try:
            answer = await self._ask(session, question)
        except NoAnswer:
            session.sent.pop(once, None)
            raise
        if answer.location:
            session.remember_sent(once, answer.location)
            session.notice = answer.notice
        elif answer.status >= HTTPStatus.BAD_REQUEST:
            session.sent.pop(once, None)
        return self._respond(session, answer)

    def _question(self, request: web.Request, session: WebSession) -> Question:
        return Question(
            kind=Kind.PAGE,
            person=session.person,
            via=f"web::{session.person}",
            path=request.path,
            language=i18n.language(),
            csrf=session.csrf,
            once=secrets.token_urlsafe(12),
            notice=session.notice,
            has_terminal=self.terminals is not None,
            address=guard.address_of(self.options, request),
        )

    async def _ask(self, session: WebSession, question: Question) -> Answer:
        if session.busy >= MOST_BUSY:
            return Answer(status=429, body=self._plain(_(TOO_MANY)))
        session.busy += 1
        try:
            return await self.answers.ask(question)
        finally:
            session.busy -= 1

    def _plain(self, said: str) -> str:
        company = self.options.company.get(i18n.language())
        return as_html(Page(title=company, problem=said), Frame(company=company, links=navigation("")))

    def _respond(self, session: WebSession, answer: Answer) -> web.StreamResponse:
        if answer.ended:
            self.sessions.end(session)
            log.write("logout", person=session.person, reason="ended")
            ended = (
                logins.left_page if session.way is LoginWay.PROXY else partial(logins.login_page, onward="/")
            )
            response: web.StreamResponse = _response(ended(self.options, problem=answer.ended, status=403))
            response.del_cookie(self.options.cookie, path="/")
            return response
        response = _response(answer)
        if answer.mark and answer.mark != session.rights:
            is_first, session.rights = not session.rights, answer.mark
            if not is_first:
                # Somebody who may do more or less now gets a new session id (OWASP ASVS 7.2.4).
                self._set_cookie(response, self.sessions.renew(session))
        return response


async def _read_whole(request: web.Request) -> None:
    """Read the body, which aiohttp keeps for the handler. Raises HTTPRequestTimeout for one that dawdles."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def _form(request: web.Request) -> dict[str, str]:
    """Return a form; of several values with one name the last.

    Raises HTTPUnsupportedMediaType for a file, HTTPBadRequest for what is no text.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    try:
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    except (LookupError, ValueError):  # an encoding that there is not, or that does not fit
        raise web.HTTPBadRequest from None


def _response(answer: Answer, headers: Mapping[str, str] | None = None) -> web.Response:
    given = dict(headers or {})
    if answer.location:
        given["Location"] = answer.location
    if answer.file:
        given["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(answer.file, safe='')}"
    kind, _semicolon, _charset = (answer.type or HTML).partition(";")
    return web.Response(
        status=answer.status, text=answer.body, content_type=kind, charset="utf-8", headers=given
    )


def _logged(path: str) -> str:
    """Return a path as the log has it: without the secret of a feed."""
    return "/calendar/…" if path.startswith("/calendar/") else path[:200]


def _static_files() -> dict[str, tuple[bytes, str]]:
    """Return our own files by name, with their types."""
    return {
        file.name: (file.read_bytes(), STATIC_TYPES[file.suffix])
        for file in sorted(Path(HERE / "static").iterdir())
        if file.suffix in STATIC_TYPES
    }
