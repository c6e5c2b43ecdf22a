"""The ways to the main pages."""

from __future__ import annotations

from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.serve.web.page import Link

OTHER_LANGUAGE = {"zh_CN": "English", "en": "中文"}
NAVIGATION = (
    (N_("Duties"), "/", ("/", "/ours", "/owed", "/duty")),
    (N_("Events"), "/events", ("/events", "/event/")),
    (N_("Requests"), "/requests", ("/requests", "/request/")),
    (N_("My account"), "/account", ("/account", "/password")),
)


def navigation(path: str, *, with_terminal: bool = False) -> list[Link]:
    """Return the ways to the main pages; the one that a path belongs to is marked."""
    found = [
        Link(
            text=_(text),
            href=href,
            here=any(path == place or (len(place) > 1 and path.startswith(place)) for place in below),
        )
        for text, href, below in NAVIGATION
    ]
    if with_terminal:
        found.append(Link(text=_("Terminal"), href="/terminal"))
    return found
