"""Listens for browsers and programs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import ssl
from pathlib import Path

from aiohttp import web

from sla_tracker.config.sections.web import place_of
from sla_tracker.serve import log
from sla_tracker.serve.web.options import WebOptions
from sla_tracker.serve.web.server import WebServer

STOP_SECONDS = 10.0
CLIENT_SECONDS = 30.0  # that an idle connection is kept
LINGER_SECONDS = 2.0  # that the rest of a refused body is read, so that its sender sees the refusal


def runner_of(server: WebServer) -> web.AppRunner:
    """Return what speaks HTTP for a server; who is connected and sends no whole request is cut off."""
    return web.AppRunner(
        server.application,
        access_log=None,
        logger=_quiet(),
        keepalive_timeout=CLIENT_SECONDS,
        lingering_time=LINGER_SECONDS,
        shutdown_timeout=STOP_SECONDS,
    )


def _quiet() -> logging.Logger:
    """Return a logger that writes nothing: aiohttp would write what strangers send, with a traceback each."""
    logger = logging.getLogger("sla.web")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


async def listen(server: WebServer, link: socket.socket | None) -> None:
    """Listen until SIGTERM, or until the supervisor is gone."""
    runner = runner_of(server)
    await runner.setup()
    await _site(runner, server.options).start()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if link is not None:
        loop.add_reader(link.fileno(), _heed, link, stopped)
    log.write("web listens", place=server.options.section.listen, url=server.options.section.url)
    await stopped.wait()
    await runner.cleanup()


def _heed(link: socket.socket, stopped: asyncio.Event) -> None:
    with contextlib.suppress(BlockingIOError):
        try:
            if link.recv(100, socket.MSG_DONTWAIT):
                return
        except ConnectionError:
            pass
        stopped.set()


def _site(runner: web.AppRunner, options: WebOptions) -> web.BaseSite:
    section = options.section
    place = place_of(section.listen)
    secured = None
    if section.certificate:
        secured = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secured.minimum_version = ssl.TLSVersion.TLSv1_2
        secured.load_cert_chain(section.certificate, section.key)
    if place is not None:
        return web.TCPSite(runner, place[0], place[1], ssl_context=secured)
    with contextlib.suppress(FileNotFoundError):
        Path(section.listen).unlink()
    os.umask(0o111)  # anybody may knock; who it is, the system says
    return web.UnixSite(runner, section.listen)
