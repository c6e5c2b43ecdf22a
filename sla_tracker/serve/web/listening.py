"""Listens for browsers and programs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from aiohttp import web

from sla_tracker.config.sections.web import place_of
from sla_tracker.deployment.settings.watched_files import mark_of
from sla_tracker.deployment.web_access.certificates import load_pair, tls_context
from sla_tracker.deployment.web_access.web_files import must_be_closed_folder
from sla_tracker.errors import N_, ConfigError, SlaError
from sla_tracker.serve import log, notices
from sla_tracker.serve.processes.own_socket import listening_at
from sla_tracker.serve.web.connections import LimitedSite, OpenConnections, bound_at
from sla_tracker.serve.web.options import WebOptions
from sla_tracker.serve.web.server import WebServer

STOP_SECONDS = 10.0
CLIENT_SECONDS = 30.0  # that an idle connection is kept
LINGER_SECONDS = 2.0  # that the rest of a refused body is read, so that its sender sees the refusal
LOOK_SECONDS = 5.0  # between two looks at the files for TLS
NOTICE = "web"
PAGES_LISTEN = N_(
    "Another process listens at {place} already, so the pages are not served there. Stop that one first, or name "
    "another socket as listen under [web]."
)


def runner_of(server: WebServer) -> web.AppRunner:
    """Return the aiohttp runner of a server.

    Connections that send no whole request in time are closed.
    """
    return web.AppRunner(
        server.application,
        access_log=None,
        logger=_quiet(),
        keepalive_timeout=CLIENT_SECONDS,
        lingering_time=LINGER_SECONDS,
        shutdown_timeout=STOP_SECONDS,
    )


def _quiet() -> logging.Logger:
    """Return a logger that writes nothing.

    aiohttp would write what strangers send, with a traceback each.
    """
    logger = logging.getLogger("sla.web")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


async def listen(
    server: WebServer, link: socket.socket | None, *, then: Callable[[], None] = lambda: None
) -> None:
    """Listen until SIGTERM, or until the supervisor is gone.

    `then` is called once somebody may connect.
    """
    runner = runner_of(server)
    await runner.setup()
    tls = TlsFiles(server.options) if server.options.section.certificate else None
    with _sites(runner, server.options, tls) as sites:
        for site in sites:
            await site.start()
        watching = asyncio.create_task(tls.watch()) if tls else None
        notices.withdraw(server.options.state_folder, NOTICE)
        log.write("web listens", place=server.options.section.listen, url=server.options.section.url)
        await _until_stopped(link, then)
        if watching is not None:
            watching.cancel()
        await runner.cleanup()


async def _until_stopped(link: socket.socket | None, then: Callable[[], None]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if link is not None:
        loop.add_reader(link.fileno(), _stop_if_left, link, stopped)
    then()
    await stopped.wait()
    if link is not None:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the supervisor asks until it has ended


def _stop_if_left(link: socket.socket, stopped: asyncio.Event) -> None:
    with contextlib.suppress(BlockingIOError):
        try:
            if link.recv(100, socket.MSG_DONTWAIT):
                return
        except ConnectionError:
            pass
        stopped.set()


@contextlib.contextmanager
def _sites(runner: web.AppRunner, options: WebOptions, tls: TlsFiles | None) -> Iterator[list[LimitedSite]]:
    place, connections = place_of(options.section.listen), OpenConnections()
    if place is None:
        with socket_at(Path(options.section.listen)) as listening:
            yield [LimitedSite(runner, listening, connections)]
        return
    context = tls.context if tls else None
    yield [LimitedSite(runner, one, connections, context) for one in bound_at(*place)]


@contextlib.contextmanager
def socket_at(place: Path) -> Iterator[socket.socket]:
    """Yield a socket that listens at a path, and remove it from there afterwards.

    Raises ConfigError where something else stands there, or others could put something there, and Refused where another
    process listens. Anybody may connect; who it is, the system says.
    """
    must_be_closed_folder(place)
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(place.lstat().st_mode):
            raise ConfigError(N_("{place} is no socket, so the pages do not listen there."), place=place)
    with listening_at(str(place), refusal=PAGES_LISTEN) as listening:
        yield listening


class TlsFiles:
    """Certificate and key, loaded anew when their files change.

    If the new ones are wrong, those in use stay.
    """

    def __init__(self, options: WebOptions) -> None:
        section = options.section
        self._pair = section.certificate, section.key
        self._state_folder = options.state_folder
        self._marks = self._look()
        self._wrong: object = None
        self.context = tls_context(*self._pair)

    def _look(self) -> object:
        return [mark_of(Path(file)) for file in self._pair]

    def reload(self) -> None:
        """Load certificate and key again if their files changed.

        Administrators are told of wrong files that stay so for two looks.
        """
        marks = self._look()
        if marks == self._marks:
            return
        try:
            load_pair(self.context, *self._pair)
        except SlaError as problem:
            if marks == self._wrong:
                notices.leave(self._state_folder, NOTICE, problem)
                log.write("web", problem=problem.sentence())
                self._marks = marks
            self._wrong = marks
            return
        self._marks, self._wrong = marks, None
        notices.withdraw(self._state_folder, NOTICE)
        log.write("web", tls="loaded")

    async def watch(self) -> None:
        """Look at the files every few seconds."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.reload()
