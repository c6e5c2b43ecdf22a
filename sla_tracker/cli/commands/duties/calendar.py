"""`sla calendar`: prints a month with its working days and duties due.

It is also the group of the commands about calendars.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from datetime import date, timedelta

import click

from sla_tracker.cli import output
from sla_tracker.cli.command_list import ListedCommand
from sla_tracker.cli.completion import complete_departments
from sla_tracker.cli.formats.documents import duty_document
from sla_tracker.cli.formats.due_list import TONES
from sla_tracker.cli.formats.list_files import as_tasks, write_rows
from sla_tracker.cli.formats.text_table import Span, Tone
from sla_tracker.cli.grammar import LazyGroup, argument, as_json, option, surplus
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.time.calendar_layers import DayStatus
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.time.work_hours import Segment, clock, clock_of_shift
from sla_tracker.domain.toml_reader import did_you_mean, unknown_name
from sla_tracker.errors import N_, NotFound
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.lookup.archives import archived_due_between
from sla_tracker.services.queries.duties import DutyRow, planned_rows, row_of
from sla_tracker.services.queries.list_content import is_calendar
from sla_tracker.wording.duties import department_word, state_word, text_of, weekday_word
from sla_tracker.wording.parse_time import parse_month

GONE = frozenset({State.CANCELLED, State.HANDED_OVER})
INDENT = " " * 6


class CalendarGroup(LazyGroup):
    """The command `calendar`, which shows a month unless a subcommand is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse a month and options in any order, or a subcommand."""
        if args and args[0] in self.listed:
            # Click takes the first word for the month; the second one is left as the subcommand's name.
            return super().parse_args(ctx, [args[0], *args])
        ctx.allow_interspersed_args = True
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the subcommand; raises UsageError for what is neither that nor a month."""
        if args[0] not in self.listed and not ctx.resilient_parsing:
            typed = ctx.params.get("month") or ""
            if did_you_mean(typed, self.listed):
                raise click.NoSuchCommand(typed, possibilities=self.listed, ctx=ctx)
            raise surplus(ctx, args)
        return super().resolve_command(ctx, args)


@click.group(
    "calendar",
    cls=CalendarGroup,
    listed={
        "import": ListedCommand(
            "admin.calendar_files",
            N_(
                "Take over a year of holidays from a calendar file (.ics, .toml, .csv) of any country.\n"
                "Shows day by day what was understood and what contradicts the law or the published days; nothing is "
                "written before that is confirmed."
            ),
        ),
        "sources": ListedCommand(
            "admin.calendar_files",
            N_("Show where holidays come from: plugins and files, and up to which year."),
        ),
    },
    invoke_without_command=True,
    subcommand_metavar="[COMMAND …]",
)
@argument(
    "month",
    metavar="[MONTH]",
    required=False,
    help=N_("The month (2026-11, next month); else this one."),
)
@option(
    "--of",
    metavar="NAME",
    shell_complete=complete_departments,
    help=N_(
        "The calendar of a department, or one by its name in the settings; else that of your department."
    ),
)
@option(
    "--to",
    "file",
    metavar="FILE",
    help=N_(
        "Write the month's duties into a new file: .ics for calendars, .xlsx, .csv, .json, .md, .html, .pdf."
    ),
)
@as_tasks
@as_json
@click.pass_context
def calendar_command(
    ctx: click.Context, month: str | None, of: str | None, file: str | None, todo: bool, as_json: bool
) -> None:
    """Show a month."""
    if ctx.invoked_subcommand is not None:
        return
    invocation: Invocation = ctx.obj
    today = invocation.today()
    first = parse_month(month, today, future=True) if month else today.replace(day=1)
    days = [first + timedelta(days=offset) for offset in range(monthrange(first.year, first.month)[1])]
    calendar = (
        _calendar_of(invocation.context, of)
        if of
        else invocation.context.calendar_of_recipient(invocation.actor.id, invocation.actor.department)
    )
    # A calendar that had an entry learns from a later file that it was cancelled; other lists leave it out.
    left_out = frozenset[State]() if file and is_calendar(file) else GONE
    due = _due(invocation, days[0], days[-1], calendar if of else None, left_out)
    if file:
        rows = [row for day in days for row in due.get(day, ())]
        write_rows(invocation, _("Duties of {month}", month=f"{first:%Y-%m}"), rows, file, todo=todo)
        return
    if as_json:
        output.document(
            month=f"{first:%Y-%m}",
            of=of or None,
            provisional=calendar.is_provisional(first),
            days=[_day_document(calendar, day, due.get(day, ())) for day in days],
        )
        return
    _print(invocation, calendar, days, due)


def _calendar_of(context: ServiceContext, named: str) -> WorkCalendar:
    """Return the calendar of a department or name.

    Raises NotFound with the known ones.
    """
    if named in {"company", _("company")}:
        return context.calendars[COMPANY]
    try:
        return context.calendar_of(context.catalogue.department(named).id)
    except NotFound:
        if named in context.calendars:
            return context.calendars[named]
        known = {*context.catalogue.departments, *filter(None, context.calendars), "company"}
        raise NotFound(N_("Calendar: {what}"), what=unknown_name(named, known)) from None


def _due(
    invocation: Invocation,
    first: date,
    last: date,
    calendar: WorkCalendar | None,
    left_out: Container[State],
) -> Mapping[date, Sequence[DutyRow]]:
    """Return the duties due on each day, of the departments one may see.

    Planned duties are included. With a calendar, only providers that work by it count.
    """
    context, own = invocation.context, invocation.actor.department
    duties = context.store.read(
        lambda tx: tx.find(Duty, state=tuple(state for state in State if state not in left_out))
    )
    kept = archived_due_between(context.store, first, last, invocation.zone)
    shown = [*duties, *(duty for duty in kept if duty.state not in left_out)]
    rows = [row_of(context, duty, invocation.now()) for duty in shown]
    if last >= invocation.today():
        rows += planned_rows(context, last)
    found: dict[date, list[DutyRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.due_at):
        day = row.day_in(invocation.zone)
        by_it = calendar is None or context.calendar_of(row.provider) is calendar
        if by_it and first <= day <= last and (not own or own in {row.provider, row.consumer}):
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
        unread = calendar.is_unread(days[0].year)
        output.message(
            _("Provisional: the working days of that year could not be read; sla doctor says why.")
            if unread
            else _("Provisional: the working days of that year are not published yet."),
            Tone.WARNING,
        )


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
    return " ".join(f"{one}" for one in segments)


def _day_document(calendar: WorkCalendar, day: date, rows: Sequence[DutyRow]) -> dict[str, object]:
    rule = calendar.rule_on(day)
    return {
        "day": day.isoformat(),
        "workday": calendar.is_workday(day),
        "hours": [[clock(one.opens), clock_of_shift(one.closes)] for one in calendar.segments_on(day)],
        "name": {"zh": rule.name.zh, "en": rule.name.en} if rule else None,
        "status": rule.status.value if rule else None,
        "duties": [duty_document(row) for row in rows],
    }
