"""Reads what a request brings, and makes responses of answers and of sentences."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web

from sla_tracker import i18n
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.serve.web.exchange import HTML, Answer
from sla_tracker.serve.web.options import WebOptions
from sla_tracker.serve.web.page import Frame, Page
from sla_tracker.serve.web.programs.calls import WRONG_METHOD
from sla_tracker.serve.web.render import as_html

BODY_SECONDS = 20.0  # until a body has come
OTHER_PAGE = N_(
    "This form was not sent from a page of this service, so nothing was done. Open the page again."
)
SENTENCES: Mapping[int, str] = {
    400: N_("What was sent is no text in UTF-8, so nothing was done."),
    404: N_("There is no such page."),
    405: WRONG_METHOD,
    408: N_("What was sent took too long to arrive, so nothing was done. Send it again."),
    413: N_("What was sent is larger than 256 KiB, so nothing was done."),
    414: N_("The address is too long."),
    415: N_(
        "Files are not taken here, so nothing was done. Write into the evidence where the paper lies, or what its "
        "number is."
    ),
}
"""What people and programs are told where no page could answer, by HTTP status."""


async def read_whole(request: web.Request) -> None:
    """Read the body, which aiohttp keeps for the handler.

    Raises HTTPRequestTimeout for one that takes too long.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def form_of(request: web.Request) -> dict[str, str]:
    """Return a form; of several values with one name the last.

    Raises HTTPUnsupportedMediaType for a file, HTTPBadRequest for what is no text: also for halves of a pair
    (surrogates), which UTF-7 may hold.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    try:
        given = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        "".join(given.values()).encode()
        return given
    except (LookupError, ValueError):  # an encoding that there is not, or that does not fit
        raise web.HTTPBadRequest from None


def response_of(answer: Answer, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return the response of an answer; a file is one to save."""
    given = dict(headers or {})
    if answer.location:
        given["Location"] = answer.location
    if answer.file:
        given["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(answer.file, safe='')}"
    kind, _semicolon, _charset = (answer.type or HTML).partition(";")
    return web.Response(
        status=answer.status, text=answer.body, content_type=kind, charset="utf-8", headers=given
    )


def sentence_response(
    options: WebOptions, status: int, said: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a page that says one sentence, for people."""
    company = options.company.get(i18n.language())
    body = as_html(Page(title=company, problem=said), Frame(company=company))
    return web.Response(status=status, text=body, content_type="text/html", headers=headers)


def other_page_response(options: WebOptions) -> web.Response:
    """Return the refusal of a form that was not sent from a page of this service."""
    return sentence_response(options, 403, _(OTHER_PAGE))
