"""`[web]` and `[feed]`: settings of the pages in the browser and of calendar feeds."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field as Key

from sla_tracker.config.sections.base import Section
from sla_tracker.domain.toml_reader import Key as Place
from sla_tracker.errors import N_, SlaError, UsageError

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class WebSection(Section):
    """`[web]`: pages in the browser and HTTP for other programs.

    `url` is the address that people type; without one there are no pages. `listen` is where the service listens:
    HOST:PORT, or the path of a Unix socket, which only the login `proxy` may use. `certificate` and `key` are files for
    TLS.
    """

    url: Annotated[str, Key(max_length=300)] = ""
    listen: Annotated[str, Key(max_length=300)] = "127.0.0.1:8470"
    proxy: Annotated[str, Key(max_length=64)] = ""
    certificate: str = ""
    key: str = ""
    idle_minutes: Annotated[int, Key(ge=1, le=480)] = 30
    hours: Annotated[int, Key(ge=1, le=24)] = 12
    calls: Annotated[int, Key(ge=1, le=100)] = 8


class FeedSection(Section):
    """`[feed]`: what a calendar feed says. With `subjects` also what each duty is about."""

    subjects: bool = False


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as a browser sends them in Origin; empty for no such address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        return ""
    if parts.query or parts.fragment or parts.username is not None:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if port in {None, usual} else f":{port}")


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine only."""
    try:
        return host in LOOPBACK_NAMES or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def place_of(listen: str) -> tuple[str, int] | None:
    """Return host and port of a place to listen at; None for the path of a socket. Raises ValueError."""
    if listen.startswith("/"):
        return None
    host, _colon, port = listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(listen)
    return host.strip("[]"), int(port)


def web_problems(section: WebSection) -> Iterator[tuple[Place, SlaError]]:
    """Yield why pages could not be served, or not safely."""
    if not section.url:
        return
    origin = origin_of(section.url)
    host = urlsplit(section.url).hostname or "" if origin else ""
    if not origin:
        yield (
            ("web", "url"),
            UsageError(N_("Write the address that people type, without a path: https://sla.example.com")),
        )
    elif origin.startswith("http:") and not is_loopback(host):
        yield (
            ("web", "url"),
            UsageError(
                N_("Without TLS passwords can be read on the way: the address has to begin with https://.")
            ),
        )
    if bool(section.certificate) != bool(section.key):
        yield ("web", "certificate"), UsageError(N_("TLS takes both files, certificate and key."))
    yield from _listen_problems(section)


def _listen_problems(section: WebSection) -> Iterator[tuple[Place, SlaError]]:
    try:
        place = place_of(section.listen)
    except ValueError:
        wrong = N_("Write a host and a port, such as 127.0.0.1:8470, or the path of a socket.")
        yield ("web", "listen"), UsageError(wrong)
        return
    if place is None and not section.proxy:
        missing = N_("Name the login of the proxy that may use the socket, such as www-data.")
        yield ("web", "proxy"), UsageError(missing)
    if place is not None and section.proxy:
        yield (
            ("web", "proxy"),
            UsageError(
                N_(
                    "A proxy is believed over a Unix socket only, where the system says who it is; on an address "
                    "anybody could pretend to be it."
                )
            ),
        )
    if place is not None and not is_loopback(place[0]) and not section.certificate:
        yield (
            ("web", "listen"),
            UsageError(
                N_(
                    "Without certificate and key only this machine may connect: listen at 127.0.0.1, behind a proxy "
                    "that has them."
                )
            ),
        )
