"""Pages of a person's own calendar feed and password."""

from __future__ import annotations

from sla_tracker.i18n import gettext as _
from sla_tracker.serve.web.exchange import Answer
from sla_tracker.serve.web.page import Form, Link, Page, Section
from sla_tracker.serve.web.views.visit import Visit
from sla_tracker.services.web_access import tokens


def account(visit: Visit) -> Page:
    """Return the person's calendar feed, and the way to another password."""
    return _page(visit)


def make_feed(visit: Visit) -> Page:
    """Make a new calendar feed, and show its address this once."""
    secret = tokens.make_feed(visit.context, visit.actor, visit.access)
    return _page(visit, f"{visit.site.url}/calendar/{secret}.ics")


def end_feed(visit: Visit) -> Answer:
    """End the calendar feed."""
    was_there = tokens.end_feed(visit.actor, visit.access)
    notice = _("The calendar feed has ended.") if was_there else _("There is no calendar feed.")
    return Answer(status=303, location="/account", notice=notice)


def _page(visit: Visit, address: str = "") -> Page:
    kept = tokens.feed_of(visit.actor, visit.access)
    said = [
        _("A calendar program that knows the address of your feed shows when your duties are due."),
        _("The address is as good as a password: whoever has it reads your due times."),
    ]
    if address:
        said += [_("This is its address. It is shown now and never again.")]
    elif kept is not None:
        said += [_("You have a feed, made {when}.", when=visit.when(kept.made_at))]
    make = _("Make a new address") if kept else _("Make an address")
    forms = [Form(action="/account/feed", button=make, hint=_("The old one stops working.") if kept else "")]
    if kept is not None:
        forms.append(Form(action="/account/feed/end", button=_("End the feed")))
    sections = [Section(heading=_("Calendar feed"), lines=said, copy=address, forms=forms)]
    if visit.site.has_passwords:
        links = [Link(text=_("Set another password"), href="/password")]
        sections.append(Section(heading=_("Password"), links=links))
    return Page(title=_("My account"), sections=sections)
