"""Writes letters and reports for the use cases.

Their libraries are imported on first use.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sla_tracker.services.context import ServiceContext

if TYPE_CHECKING:
    from sla_tracker.domain.consent.notice import Notice
    from sla_tracker.domain.measures.comparisons.forecast import Forecast
    from sla_tracker.domain.measures.date_range import DateRange
    from sla_tracker.domain.reminders.recipients import Recipient
    from sla_tracker.services.reminders.messages import Letter, RemindedDuty, WrittenReport


def letter_of(
    context: ServiceContext,
    key: str,
    told: Sequence[RemindedDuty],
    now: datetime,
    *,
    repeat: bool,
    unsaid: int = 0,
    one_line: bool = False,
) -> Letter:
    """Return the text of a reminder; imported on first use, as most calls send none."""
    from sla_tracker.wording.reminders import letter_of

    return letter_of(context, key, told, now, repeat=repeat, unsaid=unsaid, one_line=one_line)


def report_of(context: ServiceContext, dates: DateRange, form: str, *, repeat: bool = False) -> WrittenReport:
    """Write a report for a letter.

    A function of its own, so that it loads the libraries only then.
    """
    from sla_tracker.report.mailing import written_report

    return written_report(context, dates, form, repeat=repeat)


def head_letter_of(
    context: ServiceContext,
    key: str,
    told: Sequence[Forecast | Notice],
    to: Recipient,
    now: datetime,
    *,
    repeat: bool,
) -> Letter:
    """Return what a head is told of budgets that run out and of agreements."""
    from sla_tracker.wording.letters.head_letters import head_letter_of

    return head_letter_of(context, key, told, to, now, repeat=repeat)
