"""Writes pages as HTML; every text is cleaned and escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.serve.web.page import Frame, Page
from sla_tracker.version import VERSION

HERE = Path(__file__).resolve().parent
LONGEST_TEXT = 20_000


def as_html(page: Page, frame: Frame) -> str:
    """Return a page in its frame, in the language in use."""
    return (
        _environment()
        .get_template("page.html")
        .render(
            page=page,
            frame=frame,
            language=language().replace("_", "-"),
            version=VERSION,
            words={
                "optional": _("optional"),
                "choose": _("choose"),
                "menu": _("Pages"),
                "skip": _("To the content"),
            },
        )
    )


def terminal_html(company: str, key: str) -> str:
    """Return the page that shows a terminal; the key opens its websocket once."""
    words = {
        "title": _("Terminal"),
        "back": _("To the duties"),
        "again": _("Connect again"),
        "connecting": _("connecting …"),
        "lost": _("The connection is lost; the terminal goes on for ten minutes."),
        "long": _("Nothing was pasted: more than 100,000 characters at once."),
        "noscript": _("The terminal needs scripts; the other pages do not."),
    }
    return (
        _environment()
        .get_template("terminal.html")
        .render(
            company=company,
            key=key,
            language=language().replace("_", "-"),
            version=VERSION,
            words=words,
        )
    )


# Cached because it keeps the compiled templates.
@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value, lines=True, limit=LONGEST_TEXT) if type(value) is str else value,
    )
