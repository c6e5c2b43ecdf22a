"""Settings of `[web]`, `[oidc]` and `[feed]`: pages, logins, calendar feeds."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator
from pydantic import Field as Key

from sla_tracker.config.sections.base import Section
from sla_tracker.domain.clean import clean
from sla_tracker.domain.toml_reader import Key as Place
from sla_tracker.errors import N_, SlaError, UsageError, Wrong

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,60}")
# What a request carries anyway, or what decides about it.
TAKEN_HEADERS = frozenset(
    {
        "authorization",
        "accept-language",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "host",
        "idempotency-key",
        "origin",
        "referer",
        "user-agent",
        "x-forwarded-for",
    }
)
SECRET_FILE = "file:/"


class LoginWay(StrEnum):
    """How people log in to the pages."""

    PASSWORD = "password"
    OIDC = "oidc"
    PROXY = "proxy"


def _usual_ways() -> list[LoginWay]:
    return [LoginWay.PASSWORD]


def _network(address: str) -> str:
    try:
        ipaddress.ip_network(address, strict=False)
    except ValueError:
        raise Wrong(
            UsageError(
                N_("“{address}” is no address and no network, such as 10.0.0.5 or 10.0.0.0/24."),
                address=clean(address),
            )
        ) from None
    return address


Network = Annotated[str, AfterValidator(_network)]


class WebSection(Section):
    """`[web]`: pages in the browser and HTTP for other programs.

    `url` is the address that people type; without one there are no pages. `listen` is where the service listens:
    HOST:PORT, or the path of a Unix socket, which only the login `proxy` may use; `proxy_addresses` are proxies of the
    company before that one. `login` is how people log in; with `proxy` the header `proxy_header` says who it is.
    `certificate` and `key` are files for TLS.
    """

    url: Annotated[str, Key(max_length=300)] = ""
    listen: Annotated[str, Key(max_length=300)] = "127.0.0.1:8470"
    proxy: Annotated[str, Key(max_length=64)] = ""
    proxy_addresses: list[Network] = Key(default_factory=list)
    login: list[Annotated[LoginWay, Key(strict=False)]] = Key(default_factory=_usual_ways)
    proxy_header: Annotated[str, Key(max_length=64)] = "X-Remote-User"
    certificate: str = ""
    key: str = ""
    idle_minutes: Annotated[int, Key(ge=1, le=480)] = 30
    hours: Annotated[int, Key(ge=1, le=24)] = 12
    calls: Annotated[int, Key(ge=1, le=100)] = 8


class OidcSection(Section):
    """`[oidc]`: the identity provider with which people log in (OpenID Connect).

    `client` is what the provider calls this service, `secret_from` the file that holds the client's secret. The `claim`
    of the ID token says who somebody is: the id of a person, one of the logins, or, for `email`, the mail address.
    """

    issuer: Annotated[str, Key(max_length=300)] = ""
    client: Annotated[str, Key(max_length=200)] = ""
    secret_from: Annotated[str, Key(max_length=300)] = ""
    claim: Annotated[str, Key(pattern=r"^[A-Za-z0-9_.:/-]{1,100}$")] = "preferred_username"
    scopes: list[Annotated[str, Key(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,100}$")]] = Key(
        default_factory=lambda: ["openid", "profile", "email"]
    )


class FeedSection(Section):
    """`[feed]`: what a calendar feed says; `subjects` adds what each duty is about."""

    subjects: bool = False


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as browsers send them in Origin.

    Empty for a text that is no such address.
    """
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
    """Return host and port of a place to listen at.

    None for the path of a socket. Raises ValueError.
    """
    if listen.startswith("/"):
        return None
    host, _colon, port = listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(listen)
    return host.strip("[]"), int(port)


def is_safe_address(url: str) -> bool:
    """Return whether an address encrypts by TLS or never leaves this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def web_problems(section: WebSection, oidc: OidcSection) -> Iterator[tuple[Place, SlaError]]:
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
    yield from _login_problems(section)
    if LoginWay.OIDC in section.login:
        yield from _oidc_problems(oidc)


def _login_problems(section: WebSection) -> Iterator[tuple[Place, SlaError]]:
    if not section.login:
        yield ("web", "login"), UsageError(N_("Name at least one way to log in: password, oidc or proxy."))
    if LoginWay.PROXY not in section.login:
        return
    if len(section.login) > 1:
        alone = N_("Where the proxy says who somebody is, it says so of everybody: no other way beside it.")
        yield ("web", "login"), UsageError(alone)
    if not section.listen.startswith("/"):
        socket = N_(
            "A proxy says who somebody is over a Unix socket only; on an address everybody on this machine could: "
            "listen at the path of a socket, and name the login of the proxy."
        )
        yield ("web", "listen"), UsageError(socket)
    if not HEADER_NAME.fullmatch(section.proxy_header) or section.proxy_header.lower() in TAKEN_HEADERS:
        header = N_("Name a header of its own with letters, digits and -, such as X-Remote-User.")
        yield ("web", "proxy_header"), UsageError(header)


def _oidc_problems(oidc: OidcSection) -> Iterator[tuple[Place, SlaError]]:
    if not is_safe_address(oidc.issuer) or "?" in oidc.issuer:
        issuer = N_("Write the provider's address as it calls itself (issuer): https://login.example.com")
        yield ("oidc", "issuer"), UsageError(issuer)
    if not oidc.client.strip() or clean(oidc.client) != oidc.client:
        client = N_("Write the client id under which the provider knows this service.")
        yield ("oidc", "client"), UsageError(client)
    if oidc.secret_from and not oidc.secret_from.startswith(SECRET_FILE):
        secret = N_("The client's secret stands in a file that only the service reads: file:/path")
        yield ("oidc", "secret_from"), UsageError(secret)
    if "openid" not in oidc.scopes:
        yield ("oidc", "scopes"), UsageError(N_("Without the scope openid there is no ID token."))


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
