"""Formats due rules as people say them, such as `day 5 of each month, by 12:00`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import time, timedelta

from sla_tracker.domain.clean import clean
from sla_tracker.domain.deadlines.calendar_rules import (
    DayOfMonth,
    EachWorkday,
    ListedDays,
    NthWorkday,
    RecurringRule,
    Weekly,
)
from sla_tracker.domain.deadlines.due_rule import DueRule
from sla_tracker.domain.deadlines.rules import (
    AfterDuty,
    AtEvent,
    InDays,
    InElapsedTime,
    InWorkdays,
    InWorkingTime,
    time_of,
)
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.wording.plugin_changes import rule_word

WEEKDAY_WORDS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)


def format_rule(rule: DueRule) -> str:
    """Return a due rule in words.

    One without words of its own is in the notation of checklists.
    """
    words = next((word for kind, word in _WORDS if isinstance(rule, kind)), None)
    if words is None:
        return clean(rule_word(rule))
    parts = [words(rule), _offset(rule), _clock(time_of(rule))]
    return _(", ").join(part for part in parts if part)


def _clock(at: time | None) -> str:
    return _("by {time}", time=f"{at:%H:%M}") if at is not None else ""


def _offset(rule: DueRule) -> str:
    offset = rule.offset if isinstance(rule, RecurringRule) else 0
    if offset < 0:
        return ngettext("{n} workday before it", "{n} workdays before it", -offset)
    return ngettext("{n} workday after it", "{n} workdays after it", offset) if offset else ""


def _of_months(months: Sequence[int]) -> str:
    if not months:
        return _("each month")
    return _("months {months}", months=_(", ").join(map(str, months)))


def _day_of_month(rule: DayOfMonth) -> str:
    if rule.day == -1:
        return _("the last day of {months}", months=_of_months(rule.months))
    if rule.day < 0:
        return _("day {n} from the end of {months}", n=-rule.day, months=_of_months(rule.months))
    return _("day {n} of {months}", n=rule.day, months=_of_months(rule.months))


def _nth_workday(rule: NthWorkday) -> str:
    if rule.n == -1:
        return _("the last workday of {months}", months=_of_months(rule.months))
    if rule.n < 0:
        return _("workday {n} from the end of {months}", n=-rule.n, months=_of_months(rule.months))
    return _("workday {n} of {months}", n=rule.n, months=_of_months(rule.months))


def _weekly(rule: Weekly) -> str:
    return _("every {days}", days=_(", ").join(_(WEEKDAY_WORDS[day]) for day in rule.weekdays))


def _in_days(rule: InDays) -> str:
    if rule.days == 0:
        return _("the same day")
    if rule.days < 0:
        return ngettext("{n} day before", "{n} days before", -rule.days)
    return ngettext("within {n} day", "within {n} days", rule.days)


def _in_workdays(rule: InWorkdays) -> str:
    if rule.workdays < 0:
        return ngettext("{n} workday before", "{n} workdays before", -rule.workdays)
    return ngettext("within {n} workday", "within {n} workdays", rule.workdays)


def _in_working_time(rule: InWorkingTime) -> str:
    if rule.span < timedelta():
        return _("{span} of working time before", span=_span(-rule.span))
    return _("within {span} of working time", span=_span(rule.span))


def _in_elapsed_time(rule: InElapsedTime) -> str:
    if rule.elapsed < timedelta():
        return _("{span} before, day and night", span=_span(-rule.elapsed))
    return _("within {span}, day and night", span=_span(rule.elapsed))


def _span(span: timedelta) -> str:
    """Return whole hours as hours, everything else as minutes."""
    minutes = span // timedelta(minutes=1)
    if minutes % 60:
        return ngettext("{n} minute", "{n} minutes", minutes)
    return ngettext("{n} hour", "{n} hours", minutes // 60)


def _listed(rule: ListedDays) -> str:
    shown = _(", ").join(f"{day}" for day in rule.on[:3])
    if len(rule.on) <= 3:
        return shown
    return _("{days} and {n} more days", days=shown, n=len(rule.on) - 3)


def _after_duty(rule: AfterDuty) -> str:
    return _("{span}, from “{other}”", span=format_rule(rule.then), other=clean(rule.after))


_WORDS: tuple[tuple[type[DueRule], Callable[..., str]], ...] = (
    (AtEvent, lambda rule: _("at its own time")),
    (InDays, _in_days),
    (InWorkdays, _in_workdays),
    (InWorkingTime, _in_working_time),
    (InElapsedTime, _in_elapsed_time),
    (DayOfMonth, _day_of_month),
    (NthWorkday, _nth_workday),
    (Weekly, _weekly),
    (EachWorkday, lambda rule: _("each workday")),
    (ListedDays, _listed),
    (AfterDuty, _after_duty),
)
