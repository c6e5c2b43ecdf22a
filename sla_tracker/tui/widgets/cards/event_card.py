"""Facts of an event or a request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from textual.content import Content

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import REQUEST_WORDS, Request
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.duties import DutyRow
from sla_tracker.tui.calls.event_duties import EventFollowed
from sla_tracker.tui.text_content import lines, plain, row, several
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.cards.duty_card import STYLES
from sla_tracker.tui.widgets.cards.event_changes import reader_of
from sla_tracker.tui.widgets.cards.facts import Fact
from sla_tracker.tui.widgets.lists.duty_list import symbol_of
from sla_tracker.wording.duties import format_moment, format_standing, format_value, text_of
from sla_tracker.wording.event_changes import format_claimed_time


def event_facts(event: Event, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield an event's subject, time, and who registered it."""
    yield Fact("", plain(text_of(event.title), "bold"))
    kind = place.catalogue.event_types.get(event.type)
    yield Fact(text_of(kind.subject) if kind else _("Subject"), plain(event.subject, "bold"))
    yield Fact(
        _("Planned for") if event.planned else _("Happened"),
        plain(format_moment(event.at, now, place.zone)),
    )
    said = _(
        "{when} by {person}",
        when=format_moment(event.registered_at, now, place.zone),
        person=place.person(event.registered_by),
    )
    yield Fact(_("Registered"), plain(said, "$muted"))
    if claimed := format_claimed_time(event, reader_of(place, now)):
        yield Fact(_("Claimed"), several(claimed, "$warning"))
    if event.time_set_at != event.registered_at:
        said = _(
            "{when} by {person}",
            when=format_moment(event.time_set_at, now, place.zone),
            person=place.person(event.time_set_by),
        )
        yield Fact(_("Time set"), plain(said, "$muted"))
    for field in kind.fields if kind else ():
        if field.id in event.fields:
            yield Fact(text_of(field.label), plain(format_value(field, event.fields[field.id])))


def followed_facts(followed: EventFollowed, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield the duties that an event opened, each with its state."""
    opened = [_opened(shown, place, now) for shown in followed.opened]
    yield Fact(_("Opened"), lines(*opened) if opened else plain(_("nothing"), "$muted"))


def _opened(shown: DutyRow, place: ViewContext, now: datetime) -> Content:
    said = format_standing(shown, now, place.zone)
    return row(
        plain(f"{symbol_of(shown)} ", STYLES[shown.bucket]),
        plain(text_of(shown.title)),
        plain(f"  {place.department(shown.provider)}", "$primary"),
        plain(f"  {said}", STYLES[shown.bucket]),
    )


def request_facts(request: Request, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield a request's text, requester and state."""
    obligation = place.catalogue.obligations.get(request.obligation)
    apart = _("Covered by no obligation")
    title = text_of(obligation.title) if obligation else clean(request.obligation)
    yield Fact("", plain(title if request.duty else apart, "bold"))
    between = f"{place.department(request.provider)} → {place.department(request.consumer)}"
    yield Fact("", row(plain(between, "$primary"), plain(f"  {clean(request.subject)}", "bold")))
    yield Fact(_("State"), plain(_(REQUEST_WORDS[request.state])))
    said = _(
        "{when} by {person}",
        when=format_moment(request.requested_at, now, place.zone),
        person=place.person(request.requested_by),
    )
    yield Fact(_("Asked"), plain(said, "$muted"))
    if request.text:
        yield Fact(_("Text"), several(request.text))
    if request.answer_due_at is not None and request.answered_at is None:
        yield Fact(_("Answer by"), plain(format_moment(request.answer_due_at, now, place.zone), "$warning"))
    if request.answer:
        yield Fact(_("Answer"), several(request.answer))
