"""What an event says of itself beyond its title, for all front ends."""

from __future__ import annotations

from collections.abc import Iterator

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.event import Event, EventState, EventType
from sla_tracker.i18n import gettext as _
from sla_tracker.wording.duties import format_archive, format_value, text_of
from sla_tracker.wording.event_changes import Reader, format_claimed_time
from sla_tracker.wording.facts.fact import FactTone, StatedFact, stated


def event_facts(
    event: Event, kind: EventType | None, reader: Reader, *, archive: str = ""
) -> Iterator[StatedFact]:
    """Yield an event's subject, time, fields, who registered it and what came of it.

    `kind` is None when no active plugin declares the event any more; `archive` is the month that holds it.
    """
    subject = text_of(kind.subject) if kind else _("Subject")
    yield from stated(subject, clean(event.subject), FactTone.STRONG)
    yield StatedFact(label=_("Planned for") if event.planned else _("Happened"), text=reader.when(event.at))
    for field in kind.fields if kind else ():
        if field.id in event.fields:
            yield from stated(text_of(field.label), format_value(field, event.fields[field.id]))
    registered = reader.when_by(event.registered_at, event.registered_by)
    yield StatedFact(label=_("Registered"), text=registered, tone=FactTone.QUIET)
    if event.time_set_at != event.registered_at:
        when = reader.when_by(event.time_set_at, event.time_set_by)
        yield StatedFact(label=_("Time set"), text=when, tone=FactTone.QUIET)
    yield from stated(_("Claimed"), format_claimed_time(event, reader), FactTone.WARNING)
    if event.state is EventState.CANCELLED:
        said = _("cancelled: {reason}", reason=clean(event.reason) or "–")
        yield StatedFact(label=_("State"), text=said, tone=FactTone.WARNING)
    yield from stated(_("Archive"), format_archive(archive), FactTone.QUIET)
