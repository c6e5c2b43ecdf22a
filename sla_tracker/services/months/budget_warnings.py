"""Warns the head of a department, once a month, that its allowed misses run out.

A warning is noted first and sent then, as reminders are: the terminal shows what is noted, channels send it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.domain.people import Actor, Role
from sla_tracker.domain.reminders.allowed_hours import next_allowed
from sla_tracker.domain.reminders.message_day import MessageDay
from sla_tracker.domain.reminders.policy import TERMINAL
from sla_tracker.domain.reminders.recipients import heads_of
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months.forecast import forecasts
from sla_tracker.services.months.service_levels import present_month
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.queries.reading import reads_all_duties
from sla_tracker.services.reminders.messages import Notifier
from sla_tracker.services.reminders.sent_once import SentOnce, is_to_send, kept, send, take
from sla_tracker.value_class import dataclass

LEDGER = "@budgets/"  # before a month: the id under which it is kept who was warned in it


@dataclass(frozen=True, slots=True)
class _Address:
    """Where a warning goes; `key` names it in the ledger."""

    department: str
    recipient: str
    channel: str

    @property
    def key(self) -> str:
        return f"{self.department}/{self.recipient}/{self.channel}"


def note_warnings(context: ServiceContext, department: str = "") -> int:
    """Note the departments whose head is to be warned now, or one of them; returns how many are new.

    Each department once a month, for the first reason that there is. Nothing is noted about all departments where only
    the duties of one are read.
    """
    if not department and not reads_all_duties(context.store):
        return 0
    ledger, known = _ledger(context)
    found = [
        one for one in forecasts(context, department) if one.is_to_warn and one.provider not in known.told
    ]
    if not found:
        return 0

    def work(tx: Writing, now: datetime) -> int:
        known = kept(tx, ledger.id, ledger.on)
        new = [one.provider for one in found if one.provider not in known.told]
        waiting = {
            address.key: _send_at(context, address, now)
            for department in new
            for address in _addresses(context, department, now)
        }
        if new:
            tx.put(replace(known, told=(*known.told, *new), waiting={**known.waiting, **waiting}))
        return len(new)

    return context.write(None, "warned_budget", work)


def _ledger(context: ServiceContext) -> tuple[MessageDay, MessageDay]:
    dates = present_month(context)
    empty = MessageDay(id=LEDGER + dates.id, on=dates.first_on)
    return empty, context.store.read(lambda tx: kept(tx, empty.id, empty.on))


def _addresses(context: ServiceContext, department: str, now: datetime) -> Iterable[_Address]:
    """Return the heads of a department on their channels; in the terminal everybody looks by themselves."""
    on = context.calendar_of(department).local_date(now)
    for recipient in heads_of(department, policies=context.settings.reminders, people=context.people, on=on):
        if recipient.channel != TERMINAL:
            yield _Address(department, recipient.id, recipient.channel)


def _send_at(context: ServiceContext, address: _Address, now: datetime) -> datetime:
    calendar = context.calendar_of_recipient(address.recipient, address.department)
    return next_allowed(context.settings.reminders.default.hours, now, calendar)


def send_warnings(context: ServiceContext, channels: Mapping[str, Notifier]) -> int:
    """Send the warnings that were noted and not sent yet; returns how many arrived."""
    write = context.warning_of
    ledger, known = _ledger(context)
    now = context.now()
    keys = [key for key in {**known.waiting, **known.leased} if is_to_send(known, key, now)]
    if not keys or write is None or not reads_all_duties(context.store):
        return 0
    by_department = {one.provider: one for one in forecasts(context)}
    arrived = 0
    for key in keys:
        department, recipient, name = key.split("/")
        channel, forecast = channels.get(name), by_department.get(department)
        if channel is None or forecast is None or not channel.serves(recipient):
            continue
        message = SentOnce(ledger=ledger.id, on=ledger.on, key=key)
        if take(context, message):
            id = f"budget.{ledger.on:%Y-%m}.{department}.{recipient}"
            repeat = key in known.leased
            letter = write(context, id, forecast, recipient, name, now, repeat=repeat)
            arrived += send(context, message, channel, letter)
    return arrived


def warned_forecast(context: ServiceContext, tx: Reading, actor: Actor) -> Forecast | None:
    """Return the forecast that the head of a department was warned of this month; None without a warning."""
    if actor.role is not Role.HEAD or not actor.department:
        return None
    dates = present_month(context)
    if actor.department not in kept(tx, LEDGER + dates.id, dates.first_on).told:
        return None
    return next(iter(forecasts(context, actor.department)), None)
