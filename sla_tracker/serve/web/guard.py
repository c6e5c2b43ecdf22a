"""Checks that every request has to pass, and headers of every response."""

from __future__ import annotations

import hmac
import ipaddress
import json
import socket
import struct
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from sla_tracker.serve.web.exchange import PROBLEM
from sla_tracker.serve.web.login.attempts import UNNAMED
from sla_tracker.serve.web.options import WebOptions

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# The terminal draws on a canvas and speaks over a websocket; xterm.js sets style attributes.
TERMINAL_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Nothing to other sites. With `no-referrer` browsers send `Origin: null` with our own forms (Fetch, 3.2).
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
TRANSPORT_SECURITY: Final = "max-age=31536000"
LONGEST_PATH: Final = 2000


def add_headers(options: WebOptions, response: web.StreamResponse) -> None:
    """Add what every response carries; what a handler has set stays."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "sla"  # aiohttp has written its version
    if options.is_secure:
        response.headers.setdefault("Strict-Transport-Security", TRANSPORT_SECURITY)


def is_own_origin(options: WebOptions, request: web.Request) -> bool:
    """Return whether a request comes from a page of this service.

    The browser's Origin decides, never Host.
    """
    given = request.headers.getall("Origin", [])
    return len(given) == 1 and is_same(given[0], options.origin)


def page_of(options: WebOptions, request: web.Request) -> str:
    """Return the path of the page that is asked for, or on which a form was.

    Where the browser does not tell, it is the first page.
    """
    if request.method == "GET":
        return request.path_qs
    sent_from = request.headers.get("Referer", "")
    return sent_from.removeprefix(options.origin) if sent_from.startswith(f"{options.origin}/") else "/"


def has_token(csrf: str, given: str) -> bool:
    """Return whether a form carries the token of its session."""
    return bool(csrf) and is_same(given, csrf)


def is_same(given: str, expected: str) -> bool:
    """Return whether a request brought this text, in a time that tells nothing.

    Bytes that are no UTF-8 come as halves of a pair (surrogates).
    """
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def address_of(options: WebOptions, request: web.Request) -> str:
    """Return the address from which a request comes.

    What a proxy says of it counts over the Unix socket only. It is the last address of X-Forwarded-For that is no proxy
    of the company: a visitor can write what stands before.
    """
    if peer_uid(request) is None:
        return request.remote or ""
    named = ",".join(request.headers.getall("X-Forwarded-For", []))
    for one in reversed(named.split(",")):
        try:
            found = ipaddress.ip_address(one.strip()[:64])
        except ValueError:
            return UNNAMED
        if not any(found in network for network in options.proxy_networks):
            return str(found)
    return UNNAMED


def is_let_in(options: WebOptions, request: web.Request) -> bool:
    """Return whether the other end may use this socket.

    Only the proxy and root may use a Unix socket.
    """
    uid = peer_uid(request)
    return uid is None or uid in {0, options.proxy_uid}


def peer_uid(request: web.Request) -> int | None:
    """Return the user id that the kernel gives for the other end of a Unix socket.

    Returns None for a network address.
    """
    transport = request.transport
    connection = transport.get_extra_info("socket") if transport is not None else None
    if connection is None or connection.family != socket.AF_UNIX:
        return None
    size = struct.calcsize("3i")
    _pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return int(uid)


def problem(status: int, said: str) -> web.Response:
    """Return a problem document for programs (RFC 9457).

    The title of `about:blank` is the phrase of the status.
    """
    facts = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": said}
    return web.Response(
        status=status, text=json.dumps(facts, ensure_ascii=False) + "\n", content_type=PROBLEM
    )
