"""`sla calendar`: prints a month with its working days and the duties due on each."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import duty_document
from sla_tracker.cli.formats.due_list import TONES
from sla_tracker.cli.formats.duty_lines import department_word
from sla_tracker.cli.formats.text_table import Span, Tone
from sla_tracker.cli.grammar import Command, argument, as_json
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.time.calendar_layers import DayStatus
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.time.work_hours import Segment, clock
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.duties import DutyRow, planned_rows, row_of
from sla_tracker.wording.duties import state_word, text_of, weekday_word
from sla_tracker.wording.parse_time import parse_month

GONE = frozenset({State.CANCELLED, State.HANDED_OVER})
INDENT = " " * 6


@click.command(
    "calendar", cls=Command, help=N_("Show a month: working days, make-up days, hours, and what is due.")
)
@argument(
    "month",
    metavar="[MONTH]",
    required=False,
    help=N_("The month (2026-11, 11月, next month); else this one."),
)
@as_json
@click.pass_obj
def calendar_command(invocation: Invocation, month: str | None, as_json: bool) -> None:
    """Show a month."""
    today = invocation.today()
    first = parse_month(month, today) if month else today.replace(day=1)
    days = [first + timedelta(days=offset) for offset in range(monthrange(first.year, first.month)[1])]
    calendar = invocation.context.calendar_of(invocation.actor.department)
    due = _due(invocation, days[0], days[-1])
    if as_json:
        output.document(
            month=f"{first:%Y-%m}",
            provisional=calendar.is_provisional(first),
            days=[_day_document(calendar, day, due.get(day, ())) for day in days],
        )
        return
    _print(invocation, calendar, days, due)


def _due(invocation: Invocation, first: date, last: date) -> Mapping[date, Sequence[DutyRow]]:
    """Return the duties due on each day, planned ones included, of the departments one may see."""
    context, own = invocation.context, invocation.actor.department
    duties = context.store.read(
        lambda tx: tx.find(Duty, state=tuple(state for state in State if state not in GONE))
    )
    rows = [row_of(context, duty, invocation.now()) for duty in duties]
    if last >= invocation.today():
        rows += planned_rows(context, last)
    found: dict[date, list[DutyRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.due_at):
        day = row.due_at.astimezone(invocation.zone).date()
        if first <= day <= last and (not own or own in {row.provider, row.consumer}):
            found[day].append(row)
    return found


def _print(
    invocation: Invocation,
    calendar: WorkCalendar,
    days: Sequence[date],
    due: Mapping[date, Sequence[DutyRow]],
) -> None:
    usual = _hours(calendar.usual)
    output.line(
        Span(f"{days[0]:%Y-%m}", Tone.HEADING), Span("  " + _("usual hours {hours}", hours=usual), Tone.QUIET)
    )
    for day in days:
        mark, tone = _mark(calendar, day)
        hours = _hours(calendar.segments_on(day))
        words = [f"{day:%d}", weekday_word(day), mark]
        words.append(hours if hours != usual else "")
        words.append("◀" if day == invocation.today() else "")
        output.line(Span(" ".join(filter(None, words)), tone))
        for row in due.get(day, ()):
            at = f"{row.due_at.astimezone(invocation.zone):%H:%M}"
            provider = department_word(invocation.context, row.provider)
            sides = f"{provider} → {department_word(invocation.context, row.consumer)}"
            flags = " ".join(filter(None, (row.reference, _standing(row))))
            shown = f"{at} {text_of(row.title)} {row.subject}".rstrip()
            output.line(
                INDENT,
                Span(shown, TONES.get(row.bucket, Tone.PLAIN)),
                Span(f"  {sides}  {flags}", Tone.QUIET),
            )
    if calendar.is_provisional(days[0]):
        output.message(_("Provisional: the working days of that year are not published yet."), Tone.WARNING)


def _standing(row: DutyRow) -> str:
    """Return the remark on a duty of a day: planned only, or no longer owed."""
    if row.planned:
        return _("planned")
    return "" if row.state is State.OPEN else state_word(row.state)


def _mark(calendar: WorkCalendar, day: date) -> tuple[str, Tone]:
    """Return a day's word and tone; a holiday's own name where it has one."""
    rule = calendar.rule_on(day)
    name = text_of(rule.name) if rule else ""
    if calendar.is_workday(day):
        made_up = rule is not None and rule.status is not DayStatus.CLOSED and day.weekday() > 4
        return (
            _("make-up day {name}", name=name).rstrip() if made_up else "",
            Tone.WARNING if made_up else Tone.PLAIN,
        )
    return (name or _("day off"), Tone.QUIET)


def _hours(segments: Sequence[Segment]) -> str:
    return " ".join(f"{clock(one.opens)}-{clock(one.closes)}" for one in segments)


def _day_document(calendar: WorkCalendar, day: date, rows: Sequence[DutyRow]) -> dict[str, object]:
    rule = calendar.rule_on(day)
    return {
        "day": day.isoformat(),
        "workday": calendar.is_workday(day),
        "hours": [[clock(one.opens), clock(one.closes)] for one in calendar.segments_on(day)],
        "name": {"zh": rule.name.zh, "en": rule.name.en} if rule else None,
        "status": rule.status.value if rule else None,
        "duties": [duty_document(row) for row in rows],
    }
