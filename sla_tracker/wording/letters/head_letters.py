"""Writes messages to heads that are about no duty.

They are about budgets that run out, and news of agreements.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sla_tracker.domain.clean import clean
from sla_tracker.domain.consent.notice import Notice
from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.domain.reminders.recipients import Recipient
from sla_tracker.i18n import ngettext, speaking
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.reminders.messages import Letter
from sla_tracker.wording.consent.notice_words import notice_lines, notice_title
from sla_tracker.wording.figures.forecast import warning_lines
from sla_tracker.wording.reminders import (
    LONGEST_BODY,
    LONGEST_SUBJECT_LINE,
    MAX_MENTIONS,
    language_of,
    repeated_note,
    repeated_subject,
)


def head_letter_of(
    context: ServiceContext,
    key: str,
    told: Sequence[Forecast | Notice],
    to: Recipient,
    now: datetime,
    *,
    repeat: bool,
) -> Letter:
    """Return one message about one or several things, in the recipient's language.

    A message about several things has a subject that fits all.
    """
    terms, person = context.settings.reminders.channels.get(to.channel), context.people.get(to.id)
    mentioned = [context.people[id] for id in to.mentions if id in context.people][:MAX_MENTIONS]
    with speaking(language_of(context, to.id)):
        parts = [_lines(context, one) for one in told]
        subject = parts[0][0]
        if len(parts) > 1:
            n = len(parts)
            subject = ngettext(
                "{n} message for the head of department", "{n} messages for the head of department", n
            )
        text = "\n\n".join("\n".join(lines) for lines in parts)
        if repeat:
            subject, text = repeated_subject(subject), f"{repeated_note()}\n\n{text}"
    return Letter(
        key=key,
        recipient=to.id,
        address=terms.address_of(person) if terms is not None and person is not None else "",
        mentions=tuple(filter(None, (terms.address_of(one) for one in mentioned))) if terms else (),
        subject=clean(subject, limit=LONGEST_SUBJECT_LINE),
        text=clean(text, lines=True, limit=LONGEST_BODY),
        at=now,
        repeat=repeat,
    )


def _lines(context: ServiceContext, one: Forecast | Notice) -> list[str]:
    """Return what a head is told of one thing; the first line is its title."""
    if isinstance(one, Notice):
        return [notice_title(one), *notice_lines(context, one)]
    return warning_lines(context, one)
