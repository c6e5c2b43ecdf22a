"""The page with the terminal, its websocket, and the files that it writes."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import WSMsgType, web

from sla_tracker import i18n
from sla_tracker.errors import N_, Refused
from sla_tracker.i18n import gettext as _
from sla_tracker.serve import log
from sla_tracker.serve.web import guard
from sla_tracker.serve.web.exchange import UNAVAILABLE
from sla_tracker.serve.web.login.web_sessions import WebSession, WebSessions
from sla_tracker.serve.web.options import WebOptions
from sla_tracker.serve.web.render import terminal_html
from sla_tracker.serve.web.terminals.page_terminal import (
    KEPT_SECONDS,
    KEY_SECONDS,
    Attached,
    PageTerminal,
    told_of_end,
)
from sla_tracker.value_class import dataclass

LARGEST_MESSAGE = 256 << 10  # bytes of one paste
FIRST_SECONDS = 10.0  # until the page says its key
ALIVE_SECONDS = 25.0
MOST_TERMINALS = 200

Begin = Callable[[str, str, int, int], PageTerminal]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
NeedSession = Callable[[web.Request], WebSession]


@dataclass(slots=True, kw_only=True)
class Shown:
    """A terminal, the login whose it is, and what ends it with that login."""

    session: WebSession
    terminal: PageTerminal
    closing: Callable[[], None]


class TerminalPages:
    """Terminals in the pages of people who are logged in.

    One for each login, which a page that was reloaded finds again.
    """

    def __init__(
        self, options: WebOptions, sessions: WebSessions, need_session: NeedSession, begin: Begin
    ) -> None:
        self._options = options
        self._sessions = sessions
        self._need_session = need_session
        self._begin = begin
        self._shown: dict[int, Shown] = {}
        self._keys: dict[str, tuple[int, float]] = {}

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        """Return methods and addresses with what answers them."""
        return (
            ("GET", "/terminal", self.page),
            ("GET", "/terminal/socket", self.socket),
            ("GET", "/terminal/file/{key}", self.file),
        )

    async def page(self, request: web.Request) -> web.Response:
        """Return the page, with a key that opens its websocket once."""
        session = self._need_session(request)
        body = terminal_html(self._options.company.get(i18n.language()), self._new_key(session))
        headers = {"Content-Security-Policy": guard.TERMINAL_POLICY}
        return web.Response(text=body, content_type="text/html", headers=headers)

    def _new_key(self, session: WebSession) -> str:
        now = time.monotonic()
        self._keys = {one: (whose, at) for one, (whose, at) in self._keys.items() if now - at < KEY_SECONDS}
        key = secrets.token_urlsafe(24)
        self._keys[key] = session.number, now
        return key

    def _is_good(self, key: object, session: WebSession) -> bool:
        whose, at = self._keys.pop(str(key), (0, float("-inf")))
        return whose == session.number and time.monotonic() - at < KEY_SECONDS

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """Relay a terminal to a page of ours, for who is logged in and has the page's key."""
        if not guard.is_own_origin(self._options, request):
            return web.Response(status=403, text="another site's page\n")
        try:
            session = self._need_session(request)
        except web.HTTPException:
            return web.Response(status=403, text="nobody is logged in\n")
        socket = web.WebSocketResponse(heartbeat=ALIVE_SECONDS, max_msg_size=LARGEST_MESSAGE)
        if not socket.can_prepare(request).ok:
            return web.Response(status=HTTPStatus.UPGRADE_REQUIRED, text="a websocket only\n")
        await socket.prepare(request)
        try:
            first = _facts_of(await socket.receive_str(timeout=FIRST_SECONDS))
            size = _size_of(first)
        except (TypeError, TimeoutError):
            first, size = {}, None
        if size is None:
            await socket.close(code=1008)
            return socket
        if not self._is_good(first.get("key"), session) or not self._sessions.is_open(session):
            await socket.send_json(told_of_end(_("This page is too old; load it again.")))
            await socket.close(code=1008)
            return socket
        await self._show(socket, session, size)
        return socket

    async def _show(self, socket: web.WebSocketResponse, session: WebSession, size: tuple[int, int]) -> None:
        try:
            terminal = self._terminal_of(session, size)
        except Refused as problem:
            await socket.send_json(told_of_end(problem.sentence()))
            await socket.close()
            return
        page = Attached(send=socket.send_bytes, tell=socket.send_json)
        await terminal.attach(page, *size)
        over = asyncio.create_task(_close_when(page.over, socket))
        try:
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    self._sessions.touch(session)
                    terminal.type(message.data)
                elif message.type is WSMsgType.TEXT:
                    _heed(terminal, message.data)
        finally:
            over.cancel()
            await terminal.detach(page)

    def _terminal_of(self, session: WebSession, size: tuple[int, int]) -> PageTerminal:
        """Return the terminal of a login, a new one where it has none.

        Raises Refused for one too many, and where none can begin. Files of the one before that were not fetched stay.
        """
        self.drop_left()
        found = self._shown.get(session.number)
        if found is not None and not found.terminal.is_over:
            return found.terminal
        self._must_have_room(session.person)
        try:
            made = self._begin(session.person, i18n.language(), *size)
        except OSError as problem:
            log.write("terminal", person=session.person, problem=str(problem))
            raise Refused(UNAVAILABLE) from problem
        if found is None:
            closing = partial(self._forget, session.number)
            session.closing.append(closing)
            self._shown[session.number] = Shown(session=session, terminal=made, closing=closing)
        else:
            made.offered, found.terminal = found.terminal.offered, made
        log.write("terminal", person=session.person)
        return made

    def _must_have_room(self, person: str) -> None:
        """Raise Refused where a person, or all together, have as many as there may be."""
        people = [one.session.person for one in self._shown.values() if not one.terminal.is_over]
        if people.count(person) >= self._options.terminals:
            raise Refused(
                N_("You have {n} terminals open, as many as one person may; leave one of them first."),
                n=self._options.terminals,
            )
        if len(people) >= MOST_TERMINALS:
            raise Refused(N_("There are too many terminals open."))

    async def file(self, request: web.Request) -> web.Response:
        """Return a file that the terminal wrote, once, as a download."""
        session = self._need_session(request)
        shown = self._shown.get(session.number)
        offered = shown.terminal.offered.pop(request.match_info["key"], None) if shown is not None else None
        if offered is None:
            raise web.HTTPNotFound
        named = f"attachment; filename*=UTF-8''{quote(offered.name, safe='')}"
        return web.Response(
            body=offered.content,
            content_type="application/octet-stream",
            headers={"Content-Disposition": named},
        )

    def drop_left(self) -> None:
        """End and forget terminals that no page has shown for a while, with their files.

        One that was left is forgotten at once, unless somebody may still fetch a file.
        """
        for key, shown in [*self._shown.items()]:
            terminal = shown.terminal
            is_left = not terminal.is_shown and time.monotonic() - terminal.left_at > KEPT_SECONDS
            if is_left or (terminal.is_over and not terminal.offered):
                self._forget(key)

    def _forget(self, key: int) -> None:
        shown = self._shown.pop(key)
        shown.session.closing.remove(shown.closing)
        shown.terminal.close()

    def close(self) -> None:
        """End all terminals."""
        for key in [*self._shown]:
            self._forget(key)


def _heed(terminal: PageTerminal, said: str) -> None:
    size = _size_of(_facts_of(said))
    if size is not None:
        terminal.resize(*size)


def _facts_of(said: str) -> Mapping[str, object]:
    """Return what a page said, empty for anything but an object."""
    try:
        facts = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _size_of(facts: Mapping[str, object]) -> tuple[int, int] | None:
    """Return rows and columns, or None."""
    rows, columns = facts.get("rows"), facts.get("columns")
    return (rows, columns) if isinstance(rows, int) and isinstance(columns, int) else None


async def _close_when(over: asyncio.Event, socket: web.WebSocketResponse) -> None:
    await over.wait()
    await socket.close()
