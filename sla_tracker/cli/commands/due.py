"""`sla due`: what is owed, by when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import groupby

import click

from sla_tracker.cli import output
from sla_tracker.cli.completing import complete_departments
from sla_tracker.cli.documents import duty_document, instant
from sla_tracker.cli.grammar import Command, as_json, option
from sla_tracker.cli.session import Session
from sla_tracker.cli.table import Span, Tone
from sla_tracker.cli.views import TONES, department_word, duty_cells, duty_columns
from sla_tracker.core.duty import LIVE, OWED, Duty
from sla_tracker.desk.queries import Counts, DutyRow, count, owed_by, owed_to, planned_rows, row_of, urgency
from sla_tracker.desk.words import bucket_word
from sla_tracker.errors import N_, UsageError
from sla_tracker.locale import gettext as _

INDENT = "  "
SIDES = {"ours": "consumer", "mine": "consumer", "pool": "consumer", "owed_to_us": "provider", "all": ""}


@click.command(
    "due",
    cls=Command,
    help=N_(
        "List what is due.\n"
        "Without an option: what your department owes. With --until: everything up to that day in all departments, "
        "what the calendar has not opened yet included."
    ),
)
@option(
    "--until", metavar="DAY", help=N_("Up to this day, with what is only planned so far (2027-03-31, 月底).")
)
@option("--mine", "scope", flag_value="mine", help=N_("Only what I have taken or been given."))
@option("--pool", "scope", flag_value="pool", help=N_("Only what nobody in the department has taken."))
@option(
    "--owed-to-us",
    "scope",
    flag_value="owed_to_us",
    help=N_("What the others owe us, deliveries to judge first."),
)
@option("--all", "scope", flag_value="all", help=N_("What all departments owe."))
@option(
    "--department",
    metavar="DEPARTMENT",
    shell_complete=complete_departments,
    help=N_("Look as this department."),
)
@as_json
@click.pass_obj
def due_command(
    session: Session, until: str | None, scope: str | None, department: str | None, as_json: bool
) -> None:
    """List what is due."""
    at = session.now()
    last = session.day(until, future=True) if until else None
    chosen, of = _scope(session, scope, department, last)
    rows = _rows(session, chosen, of, at)
    if last is not None:
        rows = _until(session, rows, chosen, of, last, at)
    if as_json:
        output.document(
            at=instant(at),
            scope=chosen,
            department=of,
            until=last.isoformat() if last else None,
            duties=[duty_document(row) for row in rows],
        )
    else:
        _print(session, rows, chosen, of, last)


def _scope(
    session: Session, scope: str | None, department: str | None, until: date | None
) -> tuple[str, str]:
    """Return which duties are meant, and whose."""
    own = session.actor.department
    if department:
        of = _department(session, department)
    else:
        of = own
    if scope == "all" and department:
        raise UsageError(N_("--all and --department exclude each other."))
    if scope is None:
        scope = "ours" if department or (of and until is None) else "all"
    if scope != "all" and not of:
        raise UsageError(
            N_("You belong to no department here; say which one with --department, or use --all.")
        )
    return scope, "" if scope == "all" else of


def _department(session: Session, named: str) -> str:
    for id, department in session.desk.catalogue.departments.items():
        if named in {id, department.name.zh, department.name.en}:
            return id
    return session.desk.catalogue.department(named).id


def _rows(session: Session, scope: str, department: str, at: datetime) -> list[DutyRow]:
    desk = session.desk
    if scope == "owed_to_us":
        return list(owed_to(desk, department, now=at).rows)
    if scope == "all":
        duties = desk.store.read(lambda tx: tx.find(Duty, state=LIVE))
        return sorted((row_of(desk, duty, at) for duty in duties), key=urgency)
    person = session.actor.id if scope == "mine" else None
    rows = owed_by(desk, department, person=person, now=at).rows
    return [row for row in rows if scope != "pool" or (not row.assignee and row.state in OWED)]


def _until(
    session: Session, rows: Sequence[DutyRow], scope: str, department: str, last: date, at: datetime
) -> list[DutyRow]:
    """Return the rows due up to a day, with the planned ones that fit the scope, in order of time."""
    sides = {
        "ours": lambda row: row.provider == department,
        "owed_to_us": lambda row: row.consumer == department,
    }
    fits: Callable[[DutyRow], bool] = sides.get(scope, lambda _row: scope == "all")
    near = [row for row in rows if row.due_at.astimezone(session.zone).date() <= last]
    ahead = [row for row in planned_rows(session.desk, last, at) if fits(row)]
    return sorted((*near, *ahead), key=urgency)


def _print(session: Session, rows: Sequence[DutyRow], scope: str, department: str, last: date | None) -> None:
    if not rows:
        output.tell(_nothing(scope), Tone.GOOD)
        return
    side = SIDES[scope]
    cells = [duty_cells(session, row, side=side) for row in rows]
    heading, *lines = output.lines_of(duty_columns(both_sides=not side), cells, INDENT)
    output.line(INDENT, *heading)
    for bucket, group in groupby(zip(rows, lines, strict=True), key=lambda pair: pair[0].bucket):
        output.line(Span(bucket_word(bucket), TONES.get(bucket, Tone.HEADING)))
        for _row, spans in group:
            output.line(INDENT, *spans)
    output.tell(_summary(session, count(rows), department, last), Tone.QUIET)


def _nothing(scope: str) -> str:
    if scope == "ours":
        return _(
            "Your department owes nothing now. What it is owed: sla due --owed-to-us; what comes: sla due --until DAY"
        )
    return _("There is nothing due here.")


def _summary(session: Session, counts: Counts, department: str, last: date | None) -> str:
    who = department_word(session.desk, department) if department else _("All departments")
    until = " " + _("until {day}", day=last.isoformat()) if last else ""
    return _(
        "{who}{until}: {overdue} overdue, {today} today, {week} this week, {later} later, {pool} not taken.",
        who=who,
        until=until,
        overdue=counts.overdue,
        today=counts.today,
        week=counts.this_week,
        later=counts.later,
        pool=counts.pool,
    )
