"""Formats the list of due duties as lines or JSON.

The store and the start-up cache share it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from itertools import groupby
from typing import NamedTuple

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import duty_document, instant
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.states import State
from sla_tracker.domain.text import Text
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.services.queries.next_workday import NEXT_WORKDAY, counted, end_of_day, group_of
from sla_tracker.services.queries.rows import Bucket, Counts, DutyRow, Scope
from sla_tracker.wording.times import (
    bucket_word,
    format_counts_from,
    format_day,
    format_period,
    format_progress,
    format_share,
    format_standing,
    next_workday_short,
    next_workday_word,
    text_of,
    weekday_word,
)

INDENT = "  "
SIDES = {
    Scope.OURS: "consumer",
    Scope.MINE: "consumer",
    Scope.POOL: "consumer",
    Scope.OWED_TO_US: "provider",
    Scope.ALL: "",
}

TONES: Mapping[Bucket, Tone] = {
    Bucket.OVERDUE: Tone.ALARM,
    Bucket.TODAY: Tone.WARNING,
    Bucket.DELIVERED: Tone.GOOD,
    Bucket.ON_HOLD: Tone.QUIET,
}


class RowContext(NamedTuple):
    """The context of formatting rows: now, zone, names and next workdays.

    The names are those of departments and people. The next workday is by department, that of the company under the
    empty id; without it, it is no group of its own.
    """

    at: datetime
    zone: tzinfo
    departments: Mapping[str, Text]
    people: Mapping[str, str]
    next_workdays: Mapping[str, date] = {}

    def next_workday(self, department: str) -> date | None:
        """Return a department's next workday, or the company's."""
        return self.next_workdays.get(department) or self.next_workdays.get("")

    def department(self, id: str) -> str:
        """Return a department's name, or the id of one no longer declared."""
        return text_of(self.departments[id]) if id in self.departments else id

    def person(self, id: str) -> str:
        """Return a person's name, or the id of an unknown person."""
        return clean(self.people.get(id, id))

    def moment(self, at: datetime) -> str:
        """Return a day with its weekday and time, such as `11-20 Fri 18:00`."""
        local = at.astimezone(self.zone)
        day = format_day(local.date(), self.at.astimezone(self.zone).date())
        return f"{day} {weekday_word(local.date())} {local:%H:%M}"


class DueList(NamedTuple):
    """The rows of a due list and its scope; `until` is the last day of a look ahead."""

    scope: Scope
    department: str
    rows: Sequence[DutyRow]
    until: date | None = None


def scope_of(asked: Scope | None, department: str, *, looked_at: bool, ahead: bool) -> Scope:
    """Return the default scope: the named department's own duties, else all.

    `looked_at` is whether a department was named, `ahead` whether a day was.
    """
    return asked or (Scope.OURS if looked_at or (department and not ahead) else Scope.ALL)


def write_document(row_context: RowContext, due: DueList) -> None:
    """Write the list as a JSON document."""
    output.document(
        at=instant(row_context.at),
        scope=due.scope,
        department=due.department,
        until=due.until.isoformat() if due.until else None,
        duties=[duty_document(row) for row in due.rows],
    )


def write_list(row_context: RowContext, due: DueList) -> None:
    """Print the list: a group for each due bucket on stdout, a summary on stderr."""
    if not due.rows:
        output.message(_nothing(row_context, due.scope), Tone.GOOD)
        return
    side = SIDES[due.scope]
    cells = [duty_cells(row_context, row, side=side) for row in due.rows]
    heading, *lines = output.lines_of(duty_columns(both_sides=not side), cells, INDENT)
    output.line(INDENT, *heading)
    next_day = row_context.next_workday(due.department)
    until_at = end_of_day(next_day, row_context.zone) if next_day else row_context.at
    for group, pairs in groupby(
        zip(due.rows, lines, strict=True), key=lambda pair: group_of(pair[0], until_at)
    ):
        output.line(_heading(row_context, group, next_day))
        for _row, spans in pairs:
            output.line(INDENT, *spans)
    output.message(_summary(row_context, due, counted(due.rows, until_at), next_day), Tone.QUIET)


def _heading(row_context: RowContext, group: str, next_day: date | None) -> Span:
    if group == NEXT_WORKDAY and next_day is not None:
        return Span(
            next_workday_word(next_day, row_context.at.astimezone(row_context.zone).date()), Tone.HEADING
        )
    bucket = Bucket(group)
    return Span(bucket_word(bucket), TONES.get(bucket, Tone.HEADING))


def duty_columns(*, both_sides: bool) -> list[Column]:
    """Return the columns of a list of duties."""
    return [
        Column(heading=_("Ref")),
        Column(heading=_("Due")),
        Column(spare=1),
        Column(heading=_("Duty"), flexible=True),
        Column(heading=_("About"), flexible=True),
        Column(heading=_("From → to") if both_sides else _("Other side"), flexible=True, spare=3),
        Column(heading=_("Who")),
        Column(heading=_("Remarks"), flexible=True, spare=2),
    ]


def duty_cells(row_context: RowContext, row: DutyRow, *, side: str) -> list[Span]:
    """Return one duty as cells.

    `side` says which department is shown: `provider`, `consumer` or both.
    """
    provider, consumer = row_context.department(row.provider), row_context.department(row.consumer)
    tone = TONES.get(row.bucket, Tone.PLAIN)
    return [
        Span(row.reference or "·", Tone.QUIET),
        Span(format_counts_from(row, language(), row_context.zone) or row_context.moment(row.due_at), tone),
        Span(format_standing(row, row_context.at, row_context.zone), tone),
        Span(text_of(row.title)),
        Span(row.subject or format_period(row.period_start, row.period_end)),
        Span({"provider": provider, "consumer": consumer}.get(side, f"{provider} → {consumer}"), Tone.QUIET),
        Span(row_context.person(row.assignee) if row.assignee else "", Tone.QUIET),
        Span(_(", ").join(remarks(row, row_context.zone)), Tone.QUIET),
    ]


def remarks(row: DutyRow, zone: tzinfo) -> list[str]:
    """Return the remarks on a duty's line."""
    said = [
        (row.state is State.HELD, _("on hold")),
        (row.planned, _("planned")),
        (row.provisional, _("provisional")),
        (row.assumed, _("assumed")),
        (row.roll_assumed, _("day off assumed")),
        (row.returned, _("returned")),
        (row.opened_late, _("opened late")),
        (row.short_notice, _("short notice")),
    ]
    found = [word for holds, word in said if holds]
    found += format_progress(row, zone)
    if row.percent_used:
        found.append(format_share(row))
    if row.evidence_asked and row.evidence_done:
        found.append(_("evidence {done}/{asked}", done=row.evidence_done, asked=row.evidence_asked))
    return found


def _nothing(row_context: RowContext, scope: Scope) -> str:
    if not row_context.departments:
        return _(
            "There is nothing due here, because no plugin says what is owed; write a department's: sla plugin new NAME"
        )
    if scope is Scope.OURS:
        return _(
            "Your department owes nothing now. What it is owed: sla due --owed-to-us; what comes: sla due --until DAY"
        )
    return _("There is nothing due here.")


def _summary(row_context: RowContext, due: DueList, counts: Counts, next_day: date | None) -> str:
    who = row_context.department(due.department) if due.department else _("All departments")
    until = " " + _("until {day}", day=due.until.isoformat()) if due.until else ""
    soon = ""
    if next_day is not None and counts.next_workday:
        word = next_workday_short(next_day, row_context.at.astimezone(row_context.zone).date())
        soon = _(", {day} {n}", day=word, n=counts.next_workday)
    return _(
        "{who}{until}: {overdue} overdue, {today} today{soon}, {week} this week, {later} later, "
        "{pool} not taken{besides}.",
        soon=soon,
        who=who,
        until=until,
        overdue=counts.overdue,
        today=counts.today,
        week=counts.this_week,
        later=counts.later,
        pool=counts.pool,
        besides=_besides(counts, sum(row.planned for row in due.rows)),
    )


def _besides(counts: Counts, planned: int) -> str:
    """Return the counts of duties not owed now, such as on hold; empty for none."""
    held = _(", {n} on hold", n=counts.on_hold) if counts.on_hold else ""
    awaiting = _(", {n} awaiting verdict", n=counts.delivered) if counts.delivered else ""
    return held + awaiting + (_(", {n} planned", n=planned) if planned else "")
