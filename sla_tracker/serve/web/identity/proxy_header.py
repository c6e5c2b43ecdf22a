"""Reads the header by which the company's proxy names a person.

From anybody else the header is refused.
"""

from __future__ import annotations

from aiohttp import web

from sla_tracker.config.sections.web import LoginWay
from sla_tracker.errors import N_, Forbidden
from sla_tracker.serve.web import guard
from sla_tracker.serve.web.login.web_sessions import WebSession
from sla_tracker.serve.web.options import WebOptions

LONGEST_NAME = 200
FORGED = N_("Only the proxy may say who somebody is, once in each request.")


def named_by_proxy(options: WebOptions, request: web.Request) -> str:
    """Return the name that the proxy's header gives, empty for none.

    Raises Forbidden for a header that the proxy did not send.
    """
    if LoginWay.PROXY not in options.section.login:
        return ""
    values = request.headers.getall(options.section.proxy_header, [])
    if not values:
        return ""
    # Root may use the socket, to look after it, and is nobody all the same.
    is_proxy = options.proxy_uid is not None and guard.peer_uid(request) == options.proxy_uid
    name = values[0].strip()
    # A comma is what a second header of the same name becomes on its way.
    if not is_proxy or len(values) > 1 or not name.isprintable() or "," in name or len(name) > LONGEST_NAME:
        raise Forbidden(FORGED)
    return name


def is_forged(options: WebOptions, request: web.Request) -> bool:
    """Return whether a request says who somebody is without being believed."""
    try:
        named_by_proxy(options, request)
    except Forbidden:
        return True
    return False


def is_same_visitor(options: WebOptions, session: WebSession, request: web.Request) -> bool:
    """Return whether the proxy still names the person of a session.

    The proxy need not name anybody with each picture; where it does, it is right and not the cookie.
    """
    if session.way is not LoginWay.PROXY:
        return True
    return named_by_proxy(options, request) in {"", session.named}
