"""Says in the reader's language what screens, commands and reports all have to say: when, where, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from sla_tracker.core.clean import clean
from sla_tracker.core.duty import Opened, State
from sla_tracker.core.fields import TICKED, Field, FieldKind
from sla_tracker.core.people import SYSTEM, Person
from sla_tracker.core.text import Text
from sla_tracker.core.transitions import STATE_WORDS
from sla_tracker.desk.queries import Bucket
from sla_tracker.errors import N_
from sla_tracker.locale import gettext as _
from sla_tracker.locale import language, ngettext

HOURS_SHOWN = timedelta(hours=12)
DAYS_SHOWN = 13

BUCKET_WORDS = {
    Bucket.OVERDUE: N_("Overdue"),
    Bucket.TODAY: N_("Today"),
    Bucket.THIS_WEEK: N_("This week"),
    Bucket.LATER: N_("Later"),
    Bucket.ON_HOLD: N_("On hold"),
    Bucket.DELIVERED: N_("Awaiting verdict"),
    Bucket.CLOSED: N_("Closed"),
}

OPENED_WORDS = {
    Opened.RECURRING: N_("by the calendar"),
    Opened.STANDING: N_("standing rule"),
    Opened.ON_EVENT: N_("by an event"),
    Opened.ON_REQUEST: N_("by a request"),
    Opened.HAND_OVER: N_("handed over"),
}

ACT_WORDS = {
    "rolled_over": N_("opened"),
    "registered_event": N_("opened by an event"),
    "corrected_event": N_("event corrected"),
    "moved_event": N_("event moved"),
    "cancelled_event": N_("event cancelled"),
    "requested": N_("requested"),
    "answered": N_("answered"),
    "withdrew_request": N_("request withdrawn"),
    "took": N_("taken"),
    "released": N_("released"),
    "assigned": N_("assigned"),
    "filled_in": N_("evidence filled in"),
    "noted": N_("note written"),
    "delivered": N_("delivered"),
    "took_back": N_("taken back"),
    "accepted": N_("accepted"),
    "returned": N_("returned"),
    "reopened": N_("reopened"),
    "held": N_("put on hold"),
    "resumed": N_("resumed"),
    "objected": N_("hold objected to"),
    "confirmed_hold": N_("hold confirmed"),
    "refused_hold": N_("hold refused"),
    "asked_waiver": N_("waiver asked for"),
    "waived": N_("waived"),
    "granted_waiver": N_("waiver granted"),
    "refused_waiver": N_("waiver refused"),
    "rated": N_("rated"),
    "explained_lateness": N_("cause given"),
    "handed_over": N_("handed over"),
    "closed_month": N_("month closed"),
    "undid": N_("undone"),
}

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def due_in_words(due_at: datetime, now: datetime, zone: tzinfo) -> str:
    """Return how far away a due time is: in minutes or hours when near, else in local calendar days."""
    if now > due_at:
        return _("{span} overdue", span=span_in_words(due_at, now, zone))
    days = days_apart(now, due_at, zone)
    if days == 1 and due_at - now > HOURS_SHOWN:
        return _("tomorrow {time}", time=f"{due_at.astimezone(zone):%H:%M}")
    if days > DAYS_SHOWN:
        return day_in_words(due_at.astimezone(zone).date(), now.astimezone(zone).date())
    return _("in {span}", span=span_in_words(now, due_at, zone))


def span_in_words(start: datetime, end: datetime, zone: tzinfo) -> str:
    """Return the time between two instants as one rounded-down unit."""
    apart = end - start
    if apart < timedelta(hours=1):
        return ngettext("{n} minute", "{n} minutes", max(1, apart // timedelta(minutes=1)))
    days = days_apart(start, end, zone)
    if days == 0 or apart <= HOURS_SHOWN:
        return ngettext("{n} hour", "{n} hours", apart // timedelta(hours=1))
    return ngettext("{n} day", "{n} days", days)


def days_apart(start: datetime, end: datetime, zone: tzinfo) -> int:
    """Return how many local midnights lie between two instants."""
    return (end.astimezone(zone).date() - start.astimezone(zone).date()).days


def day_in_words(day: date, today: date) -> str:
    """Return a day as month and day, with its year when that is not today's."""
    return f"{day:%m-%d}" if day.year == today.year else f"{day:%Y-%m-%d}"


def moment_in_words(instant: datetime, now: datetime, zone: tzinfo) -> str:
    """Return a local day and time, such as `11-20 18:00`."""
    local = instant.astimezone(zone)
    return f"{day_in_words(local.date(), now.astimezone(zone).date())} {local:%H:%M}"


def weekday_word(day: date) -> str:
    """Return the short name of the weekday."""
    return _(WEEKDAYS[day.weekday()])


def bucket_word(bucket: Bucket) -> str:
    """Return the heading of a group of duties."""
    return _(BUCKET_WORDS[bucket])


def state_word(state: State) -> str:
    """Return the word for a duty's stored state."""
    return _(STATE_WORDS[state])


def opened_word(opened: Opened) -> str:
    """Return what kind of trigger opened a duty."""
    return _(OPENED_WORDS[opened])


def act_word(what: str) -> str:
    """Return a recorded act in words; one that a newer version recorded shows as it is stored."""
    return _(ACT_WORDS[what]) if what in ACT_WORDS else clean(what)


def text_of(text: Text | None) -> str:
    """Return a declared text in the reader's language, cleaned, on one line."""
    return "" if text is None else clean(text.get(language()))


def person_word(people: Mapping[str, Person], id: str) -> str:
    """Return a person's name, the system's word, or the id of somebody unknown."""
    if id == SYSTEM:
        return _("system")
    return clean(people[id].name if id in people else id)


def value_in_words(field: Field, value: str) -> str:
    """Return an answer as people read it: a tick as a mark, a choice by its label."""
    if field.kind is FieldKind.TICK:
        return "✓" if value == TICKED else clean(value)
    if field.kind is FieldKind.CHOICE:
        return next((text_of(choice.label) for choice in field.choices if choice.id == value), clean(value))
    return clean(value)


def percent(ratio: Decimal | None) -> str:
    """Return a ratio rounded down to a tenth of a per cent, so that 99.96 % never reads as kept; a dash for None."""
    if ratio is None:
        return "–"
    tenths = int(ratio * 1000)
    return f"{tenths // 10}.{tenths % 10} %"
