"""Warns the head of a department, once a month, that its allowed misses run out.

A warning is noted first and sent then, as reminders are: the terminal shows what is noted, channels send it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.domain.people import Actor, Role
from sla_tracker.domain.reminders.message_day import MessageDay
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months.forecast import forecasts
from sla_tracker.services.months.service_levels import present_month
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.queries.reading import reads_all_duties
from sla_tracker.services.reminders.head_messages import HeadMessage, address_of, addresses_of_heads
from sla_tracker.services.reminders.sent_once import SentOnce, is_to_send, kept

LEDGER = "@budgets/"  # before a month: the id under which it is kept who was warned in it


def note_warnings(context: ServiceContext, department: str = "") -> int:
    """Note the departments whose head is to be warned now; return how many are new.

    `department` restricts this to one. Each department is warned once a month, for the first reason that there is.
    Nothing is noted about all departments where only the duties of one are read.
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
            address.key: at
            for department in new
            for address, at in addresses_of_heads(context, department, department, now)
        }
        if new:
            tx.put(replace(known, told=(*known.told, *new), waiting={**known.waiting, **waiting}))
        return len(new)

    return context.write(None, Verb.WARNED_BUDGET, work)


def _ledger(context: ServiceContext) -> tuple[MessageDay, MessageDay]:
    dates = present_month(context)
    empty = MessageDay(id=LEDGER + dates.id, on=dates.first_on)
    return empty, context.store.read(lambda tx: kept(tx, empty.id, empty.on))


def warning_messages(context: ServiceContext) -> list[HeadMessage]:
    """Return the warnings that were noted and not sent yet."""
    ledger, known = _ledger(context)
    now = context.now()
    keys = [key for key in {**known.waiting, **known.leased} if is_to_send(known, key, now)]
    if not keys or not reads_all_duties(context.store):
        return []
    by_department = {one.provider: one for one in forecasts(context)}
    return [
        HeadMessage(
            sent=SentOnce(ledger=ledger.id, on=ledger.on, key=key),
            id=f"budget.{ledger.on:%Y-%m}.{to.about}.{to.recipient}".replace("@", "."),
            department=to.about,
            about=by_department[to.about],
            is_repeat=key in known.leased,
        )
        for key, to in ((key, address_of(key)) for key in keys)
        if to.about in by_department
    ]


def warned_forecast(context: ServiceContext, tx: Reading, actor: Actor) -> Forecast | None:
    """Return the forecast that a department's head was warned of this month.

    None without a warning.
    """
    if actor.role is not Role.HEAD or not actor.department:
        return None
    dates = present_month(context)
    if actor.department not in kept(tx, LEDGER + dates.id, dates.first_on).told:
        return None
    return next(iter(forecasts(context, actor.department)), None)
