"""Speaks HTTP: guards every request, and leads it to what answers it.

Pages, programs, terminals, static files and the health check answer. What the pages show is answered by sessions of the
service.
"""

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
from sla_tracker.serve.web import guard
from sla_tracker.serve.web.exchange import (
    LOST,
    UNAVAILABLE,
    Answer,
    AnswerLost,
    Answers,
    Kind,
    NoAnswer,
    Question,
)
from sla_tracker.serve.web.identity.other_logins import OtherLogins
from sla_tracker.serve.web.identity.proxy_header import FORGED, is_forged
from sla_tracker.serve.web.login import logins
from sla_tracker.serve.web.login.attempts import Attempts, Rates
from sla_tracker.serve.web.login.handlers import TYPED, LoginPages
from sla_tracker.serve.web.login.typed_forms import TypedForms, place_of
from sla_tracker.serve.web.login.visitors import Visitors
from sla_tracker.serve.web.login.web_sessions import WebSession, WebSessions
from sla_tracker.serve.web.navigation import navigation
from sla_tracker.serve.web.options import STATE_FILE, WebOptions
from sla_tracker.serve.web.page import Frame, Link, Page, Section
from sla_tracker.serve.web.programs.api_description import PREFIX
from sla_tracker.serve.web.programs.calls import ProgramCalls, is_for_programs
from sla_tracker.serve.web.render import HERE, as_html
from sla_tracker.serve.web.responses import (
    SENTENCES,
    form_of,
    other_page_response,
    read_whole,
    response_of,
    sentence_response,
)
from sla_tracker.serve.web.terminals.handlers import Begin, TerminalPages

LARGEST_BODY = 256 << 10
A_SECOND, AT_ONCE = 30.0, 60.0  # requests of one address
MOST_BUSY = 4  # pages of one session that are worked on at once
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
STORE_REFUSED = HTTPStatus.SERVICE_UNAVAILABLE
"""The store did not take the change; any other 5xx may come after a commit."""
UNKNOWN = ""  # where a form leads of which nobody knows what became
FILLED_AGAIN = N_("What you had written is filled in again; it has not been sent.")
TOO_MANY = N_("Too much at once; wait a moment and try again.")
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
        self.logins = logins.Logins(options, answers, self.sessions, Attempts(), trial)
        self.typed_forms = TypedForms(clock)
        self.visitors = Visitors(options, self.sessions, self.logins)
        self.others = OtherLogins(options, self.logins, self.visitors.go_on, clock)
        self.login_pages = LoginPages(options, self.sessions, self.logins, self.others, self.visitors)
        self.programs = ProgramCalls(options, answers)
        self.terminals = (
            TerminalPages(options, self.sessions, self.visitors.need_session, begin_terminal)
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
            *self.login_pages.routes(),
            *(self.terminals.routes() if self.terminals is not None else ()),
            ("GET", "/{path:.*}", self.page),
            ("POST", "/{path:.*}", self.send),
        )
        for method, path, handler in routes:
            application.router.add_route(method, path, handler)
        return application

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
        """End logins whose password was taken away while they show a terminal.

        A terminal asks for no page, so that nothing else would end it.
        """
        shown = self.sessions.with_something_open()
        self.sessions.end(*(session for session in shown if not self.logins.is_still_good(session)))

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
            if is_forged(self.options, request):
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
            await read_whole(request)
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
        """Return the language of the session, else the one asked for or the deployment's."""
        session = self.visitors.session_of(request)
        chosen = session.language if session is not None else request.query.get("lang", "")
        asked = request.headers.get("Accept-Language", "").split(",")[0]
        return i18n.match(chosen) or i18n.match(asked) or i18n.choose(config=self.options.language)

    def _refusal(
        self, request: web.Request, status: int, said: str, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        """Return a refusal: a page for people, a problem for programs."""
        if not is_for_programs(request.path):
            return sentence_response(self.options, status, said, headers)
        response = guard.problem(status, said)
        response.headers.update(headers or {})
        return response

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

    # --- with a login -------------------------------------------------------------------------------------------------

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Return a page; it changes nothing."""
        session = self.visitors.need_session(request)
        typed = self.typed_forms.find(session.person, request.path_qs)
        if typed is not None:
            session.notice = _(FILLED_AGAIN)
        question = replace(self._question(request, session), query=dict(request.query))
        if typed is not None:
            question = replace(question, form=typed.values, typed_for=typed.path)
        answer = await self._ask(session, question)
        if answer.status == HTTPStatus.OK:
            if typed is not None:
                self.typed_forms.drop(typed)
            if question.notice == session.notice:
                session.notice = ""
        return self._respond(session, answer)

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Do what a form says, once."""
        try:
            session, form = await self._session_and_form(request)
        except web.HTTPForbidden:
            return other_page_response(self.options)
        # With the path: two forms of one page carry the same.
        once = f"{request.path} {form['once'][:100]}" if form.get("once") else ""
        place = place_of(request.path)
        if once and once in session.sent:
            if session.sent[once] == UNKNOWN:
                return self._lost(place)
            raise web.HTTPSeeOther(session.sent[once])
        session.remember_sent(once, place)
        question = replace(self._question(request, session), method="POST", form=form)
        try:
            answer = await self._ask(session, question)
        except AnswerLost:
            session.remember_sent(once, UNKNOWN)
            return self._lost(place)
        except asyncio.CancelledError:  # this process ends, and the service goes on with it
            session.remember_sent(once, UNKNOWN)
            raise
        except NoAnswer:
            session.sent.pop(once, None)
            raise
        if answer.location:
            session.remember_sent(once, answer.location)
            session.notice = answer.notice
        elif answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.status != STORE_REFUSED:
            session.remember_sent(once, UNKNOWN)
        elif answer.status >= HTTPStatus.BAD_REQUEST:
            session.sent.pop(once, None)
        return self._respond(session, answer)

    async def _session_and_form(self, request: web.Request) -> tuple[WebSession, Mapping[str, str]]:
        """Return session and form of a change, as `need_form` does.

        Where the login has ended, the form is kept for its person on the way to the login.
        """
        try:
            return await self.visitors.need_form(request)
        except web.HTTPSeeOther as to_login:
            raise await self._kept_over_login(request) or to_login from None

    async def _kept_over_login(self, request: web.Request) -> web.HTTPSeeOther | None:
        """Keep the form of somebody whose session ended by the time.

        Return the way to the login, None where there is nothing to keep. The form's token says that it was on a page of
        that session.
        """
        left = self.sessions.left(request.cookies.get(self.options.cookie, ""))
        if left is None or self.visitors.session_of(request) is not None:
            return None
        form = await form_of(request)
        if not guard.has_token(left.csrf, form.get("csrf", "")):
            return None
        kept = self.typed_forms.keep(left.person, request.path, form)
        return web.HTTPSeeOther(f"/login?next={quote(kept.page, safe='/')}&{TYPED}=1") if kept else None

    def _lost(self, place: str) -> web.Response:
        """Return the page of a form of which nobody knows whether it was done."""
        look = Section(links=[Link(text=_("Look at it"), href=place, strong=True)])
        page = Page(title=_("Perhaps this was done."), problem=_(LOST), sections=[look])
        company = self.options.company.get(i18n.language())
        body = as_html(page, Frame(company=company, links=navigation("")))
        return response_of(Answer(status=HTTPStatus.GATEWAY_TIMEOUT, body=body))

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
            response: web.StreamResponse = response_of(ended(self.options, problem=answer.ended, status=403))
            self.visitors.forget_cookie(response)
            return response
        response = response_of(answer)
        if answer.mark and answer.mark != session.rights:
            is_first, session.rights = not session.rights, answer.mark
            if not is_first:
                # Somebody who may do more or less now gets a new session id (OWASP ASVS 7.2.4).
                self.visitors.set_cookie(response, self.sessions.renew(session))
        return response


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
