"""The pages of a made-up dealer over one store in this process, asked as a browser asks."""

from __future__ import annotations

import html
import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, UnixConnector, web

from sla_tracker.config.sections.web import LoginWay, OidcSection, WebSection
from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.deployment.web_access.kept import KeptAccess
from sla_tracker.serve.web.connections import LimitedSite, OpenConnections, bound_at
from sla_tracker.serve.web.listening import runner_of
from sla_tracker.serve.web.options import WebOptions, options_of
from sla_tracker.serve.web.server import WebServer
from sla_tracker.serve.web.trial import TrialAnswers
from sla_tracker.serve.web.views.visit import Site

PASSWORD = "correct horse battery staple"
URL = "http://localhost:8470"


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Seen:
    """One response, as somebody reads it."""

    status: int
    text: str
    headers: Mapping[str, str]
    url: str

    @property
    def words(self) -> str:
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", self.text)).split())

    def value(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, f"no {name} in {self.words}"
        return html.unescape(found[1])

    def link(self, pattern: str) -> str:
        found = re.search(rf'(?:href|action)="({pattern})"', self.text)
        assert found, f"no link {pattern} in {self.words}"
        return html.unescape(found[1])


@dataclass
class Browser:
    """Somebody's browser: cookies, and Origin as browsers send it."""

    site: RunningSite
    http: ClientSession
    origin: str = URL
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Seen:
        return await self._followed("GET", path, None, headers)

    async def post(self, path: str, form: Mapping[str, str], **headers: str) -> Seen:
        given = {"Origin": self.origin, **headers} if self.origin else headers
        return await self._followed("POST", path, form, given)

    async def _followed(
        self, method: str, path: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Seen:
        seen = await self._sent(method, path, form, headers)
        for _hop in range(4):
            if seen.status != 303:
                return seen
            seen = await self._sent("GET", seen.headers["Location"], None, {})
        raise AssertionError("it leads round in a circle")

    async def _sent(
        self, method: str, path: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> Seen:
        sent = {
            "Accept-Language": "en",
            **headers,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        async with self.http.request(
            method, self.site.base + path, data=form, headers=sent, allow_redirects=False
        ) as answer:
            self._keep_cookies(answer)
            return Seen(answer.status, await answer.text(), answer.headers, path)

    def _keep_cookies(self, answer: ClientResponse) -> None:
        for name, morsel in answer.cookies.items():
            self.cookies[name] = morsel.value
            if not morsel.value:
                del self.cookies[name]

    async def log_in(self, person: str, password: str = PASSWORD, onward: str = "/") -> Seen:
        return await self.post("/login", {"name": person, "password": password, "next": onward})

    async def send(self, page: Seen, path: str, **form: str) -> Seen:
        """Send a form of a page that was shown, with all that it carries unseen."""
        hidden = {name: page.value(name) for name in ("csrf", "once") if f'name="{name}"' in page.text}
        block = re.search(rf'action="{re.escape(path)}".*?</form>', page.text, re.DOTALL)
        assert block, f"no form {path} in {page.words}"
        carried = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', block[0]))
        return await self.post(path, {**carried, **hidden, **form})


@dataclass
class RunningSite:
    """A server on the loopback, and what it serves."""

    server: WebServer
    opened: DirectDeployment
    base: str
    clock: Clock
    sessions: list[ClientSession] = field(default_factory=list)
    socket: Path | None = None

    @property
    def access(self) -> KeptAccess:
        return KeptAccess(self.opened.folder)

    @property
    def http(self) -> ClientSession:
        """Return a session for calls that hold no cookies; one, because each keeps its connection."""
        if not self.sessions:
            self.sessions.append(ClientSession())
        return self.sessions[0]

    def browser(self, **facts: Any) -> Browser:
        http = ClientSession(connector=UnixConnector(str(self.socket)) if self.socket else None)
        self.sessions.append(http)
        return Browser(self, http, **facts)

    async def person(self, id: str) -> Browser:
        """Return the browser of somebody who is logged in."""
        browser = self.browser()
        seen = await browser.log_in(id)
        assert seen.status == 200, seen.words
        return browser


def free_port() -> int:
    """Return a port of the loopback on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def options(opened: DirectDeployment, url: str = URL, **changes: Any) -> WebOptions:
    """Return the options of a deployment, with an address that a browser could have typed."""
    oidc = changes.pop("oidc", OidcSection())
    section = WebSection(url=url, **changes)
    made = replace(options_of(opened.deployment, ""), oidc=oidc)
    state = opened.folder / ".web"
    state.mkdir(exist_ok=True)
    return replace(made, section=section, origin=url, state_folder=state)


@asynccontextmanager
async def running(opened: DirectDeployment, **changes: Any) -> AsyncIterator[RunningSite]:
    """Serve an open deployment on the loopback, or at the socket that `listen` names.

    With `port` it is served under an address that a real browser finds, with `tls` by TLS.
    """
    port, tls = changes.pop("port", 0), changes.pop("tls", None)
    if port:
        changes["url"] = f"http://localhost:{port}"
    clock = Clock()
    begin_terminal = changes.pop("begin_terminal", None)
    shown = Site(
        url=URL,
        names_subjects=bool(changes.pop("names_subjects", False)),
        has_passwords=LoginWay.PASSWORD in changes.get("login", [LoginWay.PASSWORD]),
    )
    answers = TrialAnswers(opened, shown)
    server = WebServer(options(opened, **changes), answers, clock, begin_terminal=begin_terminal)
    runner = runner_of(server)
    await runner.setup()
    named = str(changes.get("listen", ""))
    place = Path(named) if named.startswith("/") else None
    if place is not None:
        await web.UnixSite(runner, place).start()
        base = "http://localhost"
    else:
        (bound,) = bound_at("127.0.0.1", port)
        await LimitedSite(runner, bound, OpenConnections(), tls).start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    made = RunningSite(server, opened, base, clock, socket=place)
    try:
        yield made
    finally:
        for session in made.sessions:
            await session.close()
        await runner.cleanup()
        answers.close()


def give_passwords(folder: Path, *people: str) -> None:
    """Let people log in with the one password of the tests."""
    passwords = KeptAccess(folder).passwords
    for person in people:
        passwords.change(person, PASSWORD)
