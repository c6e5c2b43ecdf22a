"""Tells the heads of two departments what became of a proposal or an agreement.

Each thing is told once: it is noted first and sent then, as the warning of a budget is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.domain.consent.notice import Notice
from sla_tracker.domain.reminders.message_day import MessageDay
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.consent.notices import notices_of, recent_notices
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.scheduling.batches import chunked
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.reminders.head_messages import HeadMessage, address_of, addresses_of_heads
from sla_tracker.services.reminders.sent_once import SentOnce, is_to_send, kept

BATCH = 50  # things noted in one transaction
LEDGER = "@agreements/"  # before an agreement's id: the id under which it is kept who was told of it


def note_notices(context: ServiceContext) -> int:
    """Note what the heads are to be told of; returns how many things are new."""
    now = context.now()

    def find(tx: Reading) -> list[Notice]:
        found = []
        for agreement in tx.find(Agreement):
            known = _kept(context, tx, agreement)
            found += [one for one in recent_notices(context, agreement, now) if one.key not in known.told]
        return found

    def note(new: Sequence[Notice], tx: Writing, now: datetime) -> int:
        noted = 0
        for notice in new:
            known = _kept(context, tx, notice.agreement)
            if notice.key in known.told:
                continue
            noted += 1
            to = addresses_of_heads(context, notice.department, notice.key, now)
            waiting = {address.key: at for address, at in to if address.recipient != notice.by}
            tx.put(replace(known, told=(*known.told, notice.key), waiting={**known.waiting, **waiting}))
        return noted

    new = context.store.read(find)
    return sum(
        context.write(None, Verb.NOTED_AGREEMENT_NEWS, partial(note, some)) for some in chunked(new, BATCH)
    )


def _kept(context: ServiceContext, tx: Reading, agreement: Agreement) -> MessageDay:
    began_at = agreement.proposals[0].proposed_at if agreement.proposals else context.now()
    return kept(tx, LEDGER + agreement.id, began_at.astimezone(context.settings.zone).date())


def notice_messages(context: ServiceContext) -> list[HeadMessage]:
    """Return what was noted and not sent yet.

    What is so no longer, such as a proposal that was withdrawn before the hours in which messages go, is left out for
    good.
    """
    now = context.now()
    found: list[HeadMessage] = []
    for agreement, known in zip(*context.store.read(lambda tx: _with_ledgers(context, tx)), strict=True):
        keys = [key for key in {**known.waiting, **known.leased} if is_to_send(known, key, now)]
        present = {one.key: one for one in notices_of(context, agreement, now)} if keys else {}
        for key in keys:
            to = address_of(key)
            notice = present.get(to.about)
            if notice is None:
                _forget(context, known, key)
                continue
            found.append(
                HeadMessage(
                    sent=SentOnce(ledger=known.id, on=known.on, key=key),
                    id=f"agreement.{agreement.id}.{to.about}.{to.recipient}".replace("@", "."),
                    department=notice.department,
                    about=notice,
                    is_repeat=key in known.leased,
                )
            )
    return found


def _with_ledgers(context: ServiceContext, tx: Reading) -> tuple[list[Agreement], list[MessageDay]]:
    agreements = list(tx.find(Agreement))
    return agreements, [_kept(context, tx, one) for one in agreements]


def _forget(context: ServiceContext, ledger: MessageDay, key: str) -> None:
    """Keep that a message is not to be sent any more."""

    def work(tx: Writing, _now: datetime) -> None:
        known = kept(tx, ledger.id, ledger.on)
        rest = {one: at for one, at in known.waiting.items() if one != key}
        tx.put(replace(known, waiting=rest, told=(*known.told, key)))

    context.write(None, Verb.NOTED_AGREEMENT_NEWS, work)
