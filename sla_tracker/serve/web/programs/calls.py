"""Answers other programs over HTTP: calls, calendar feeds, numbers for monitoring."""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from aiohttp import web

from sla_tracker import i18n
from sla_tracker.deployment.web_access.kept import KeptAccess
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.serve import notices
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
from sla_tracker.serve.web.login.attempts import Attempts
from sla_tracker.serve.web.options import WebOptions
from sla_tracker.serve.web.programs.api_description import PREFIX, description, methods_of
from sla_tracker.serve.web.programs.kept_answers import LONGEST_KEY, Fate, KeptAnswers, NotKept
from sla_tracker.services.web_access.tokens import API_PREFIX, Token, TokenKind

ANSWERS_FILE = "web_answers.sqlite3"
MOST_CALLS = 4  # of one token at once
FEED_SECONDS = 300
NO_TOKEN = N_("Name a token: Authorization: Bearer sla_…")
CHANGES = frozenset({"POST"})
NOT_KEPT = N_("The key of this call cannot be kept now, so nothing was done; try again in a moment.")
TOO_MANY_CALLS = N_("Too many calls at once.")
WRONG_METHOD = N_("This address does not take that.")


class Refusal(Exception):
    """A call that is refused before it reaches the service; holds the response."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.response = response


class ProgramCalls:
    """Answers programs, calendars and monitoring."""

    def __init__(
        self,
        options: WebOptions,
        answers: Answers,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._options = options
        self._answers = answers
        self._wrong = Attempts()  # apart from wrong passwords
        self._access = KeptAccess(options.folder)
        self._kept = KeptAnswers(
            options.state_folder / ANSWERS_FILE,
            tell=partial(notices.leave, options.state_folder, notices.ANSWERS),
        )
        self._now = now or (lambda: datetime.now(ZoneInfo(options.zone)))
        self._busy: Counter[str] = Counter()
        self._free = asyncio.Semaphore(max(options.section.calls // 2, 1))
        self._description = json.dumps(description(options.section.url.rstrip("/")), indent=1) + "\n"

    def close(self) -> None:
        """Close the file of kept answers."""
        self._kept.close()

    async def describe(self, _request: web.Request) -> web.Response:
        """Return the OpenAPI document; it says nothing of the company."""
        return web.Response(text=self._description, content_type="application/json")

    async def call(self, request: web.Request) -> web.Response:
        """Answer a call of a program."""
        try:
            return await self._called(request)
        except Refusal as refusal:
            return refusal.response
        except AnswerLost:
            return guard.problem(504, _(LOST))  # no Retry-After: it must not be done twice
        except NoAnswer:
            return guard.problem(503, _(UNAVAILABLE))

    async def _called(self, request: web.Request) -> web.Response:
        token = self._token_of(request)
        methods = methods_of(request.path)
        if methods and request.method not in methods:
            raise Refusal(_with(guard.problem(405, _(WRONG_METHOD)), Allow=", ".join(methods)))
        if request.method not in CHANGES:
            return _response(await self._asked(token, request, ""))
        if request.content_type != "application/json":
            raise Refusal(guard.problem(415, _("The body has to be application/json.")))
        try:
            body = (await request.read()).decode("utf-8")
        except UnicodeDecodeError:
            raise Refusal(guard.problem(400, _("The body has to be UTF-8."))) from None
        keys = request.headers.getall("Idempotency-Key", [])
        if not keys:
            return _response(await self._asked(token, request, body))
        return await self._once(token, request, body, keys)

    async def _once(self, token: Token, request: web.Request, body: str, keys: list[str]) -> web.Response:
        """Answer a call with a key.

        The same key and body get the same answer, and nothing is done twice.
        """
        key = keys[0]
        if len(keys) > 1 or not 1 <= len(key) <= LONGEST_KEY or not _is_plain(key):
            said = _("Idempotency-Key takes 1 to {n} printable ASCII characters.", n=LONGEST_KEY)
            raise Refusal(guard.problem(400, said))
        try:
            known = self._kept.begin(token.hash, key, f"{request.path}\n{body}")
        except NotKept:
            raise Refusal(guard.problem(503, _(NOT_KEPT))) from None
        if known.fate is Fate.SAME:
            found = Answer(status=known.status, type=known.type, body=known.body)
            return _with(_response(found), **{"Idempotency-Replayed": "true"})
        if known.fate is not Fate.NEW:
            raise Refusal(_refused_key(known.fate))
        try:
            answer = await self._asked(token, request, body)
        except BaseException as problem:
            nothing_was_done = isinstance(problem, (Refusal, NoAnswer)) and not isinstance(
                problem, AnswerLost
            )
            (self._kept.forget if nothing_was_done else self._kept.lose)(token.hash, key)
            raise
        if answer.status < 300:
            self._kept.finish(token.hash, key, answer.status, answer.type, answer.body)
        elif answer.status < 500:
            self._kept.forget(token.hash, key)
        else:
            self._kept.lose(token.hash, key)
        return _response(answer)

    async def _asked(self, token: Token, request: web.Request, body: str) -> Answer:
        query = dict(request.query)
        if len(query) < len(request.query):
            raise Refusal(guard.problem(422, _("A parameter is given twice.")))
        question = Question(
            kind=Kind.API,
            token=token.hash,
            via=f"api::{token.name}",
            method=request.method,
            path=request.path,
            query=query,
            body=body,
            language=i18n.language(),
            address=guard.address_of(self._options, request),
        )
        answer = await self._ask(question)
        if answer.ended:
            raise Refusal(_unknown_token(answer.ended))
        return answer

    async def _ask(self, question: Question) -> Answer:
        """Return the answer to a question of a token.

        Raises Refusal for too many of it at once. All tokens together leave half of the calls to the pages.
        """
        token = question.token
        if self._busy[token] >= MOST_CALLS:
            raise Refusal(_with(guard.problem(429, _(TOO_MANY_CALLS)), **{"Retry-After": "1"}))
        self._busy[token] += 1
        try:
            async with self._free:
                # Shielded: a caller that hangs up must not leave a key without its answer.
                return await asyncio.shield(self._answers.ask(question))
        finally:
            self._busy[token] -= 1
            if not self._busy[token]:
                del self._busy[token]

    def _token_of(self, request: web.Request) -> Token:
        """Return the token of a call. Raises Refusal: unknown, run out, or from elsewhere."""
        address = guard.address_of(self._options, request)
        given = request.headers.getall("Authorization", [])
        scheme, _space, secret = (given[0] if len(given) == 1 else "").partition(" ")
        if scheme.lower() != "bearer" or not secret.startswith(API_PREFIX):
            raise Refusal(_unknown_token(_(NO_TOKEN)))
        token = self._access.token_of(secret.strip()[:200])
        if token is None or token.kind is not TokenKind.API or not token.is_valid(self._now().date()):
            raise Refusal(self._wrong_token(address))
        if not token.is_allowed_from(address):
            raise Refusal(guard.problem(403, _("This token is not for use from {address}.", address=address)))
        return token

    def _wrong_token(self, address: str) -> web.Response:
        """Return the refusal of a wrong token, and count it against its address.

        A right one counts all the same: nobody guesses 128 bits, but a program with an old token calls again and again.
        """
        if seconds := math.ceil(self._wrong.wait_for("", address)):
            said = guard.problem(429, _("Too many wrong tokens from here."))
            return _with(said, **{"Retry-After": str(seconds)})
        self._wrong.note_wrong("", address)
        return _unknown_token(_("There is no such token, or it has ended."))

    async def feed(self, request: web.Request) -> web.Response:
        """Return a person's calendar by the token in the address.

        The token opens nothing else. A wrong one is not counted: a calendar asks with an ended token as long as
        somebody leaves it in.
        """
        token = self._access.token_of(request.match_info["secret"][:200])
        if token is None or token.kind is not TokenKind.FEED:
            return web.Response(status=404, text=_("There is no such calendar.") + "\n")
        try:
            answer = await self._ask(
                Question(kind=Kind.FEED, person=token.person, token=token.hash, via=f"feed::{token.person}")
            )
        except Refusal as refusal:
            return refusal.response
        if answer.ended:
            return web.Response(status=404, text=_("There is no such calendar.") + "\n")
        return _with(_response(answer), **{"Cache-Control": f"private, max-age={FEED_SECONDS}"})

    async def metrics(self, request: web.Request) -> web.Response:
        """Return numbers for monitoring, to a token that may read."""
        try:
            token = self._token_of(request)
            if not token.may_read:
                raise Refusal(guard.problem(403, _("The token “{name}” may not read.", name=token.name)))
            answer = await self._ask(Question(kind=Kind.METRICS, token=token.hash, via=f"api::{token.name}"))
        except Refusal as refusal:
            return refusal.response
        except NoAnswer:
            return guard.problem(503, _(UNAVAILABLE))
        return _response(answer)


def is_for_programs(path: str) -> bool:
    """Return whether a path is for programs, which get problems and no pages."""
    return path.startswith((f"{PREFIX}/", "/calendar/", "/metrics"))


def _is_plain(key: str) -> bool:
    return key.isascii() and key.isprintable()


def _refused_key(fate: Fate) -> web.Response:
    said = {
        Fate.RUNNING: (409, _("The call with this Idempotency-Key is still running.")),
        Fate.OTHER_BODY: (422, _("This Idempotency-Key was used with another body or address.")),
        Fate.UNKNOWN: (
            409,
            _(
                "It is not known what became of the call with this Idempotency-Key; look before you send it again."
            ),
        ),
    }
    return guard.problem(*said[fate])


def _unknown_token(said: str) -> web.Response:
    return _with(guard.problem(401, said), **{"WWW-Authenticate": 'Bearer realm="sla"'})


def _with(response: web.Response, **headers: str) -> web.Response:
    response.headers.update(headers)
    return response


def _response(answer: Answer) -> web.Response:
    kind, _semicolon, _charset = answer.type.partition(";")
    return web.Response(status=answer.status, text=answer.body, content_type=kind, charset="utf-8")
