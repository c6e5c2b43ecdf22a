"""`sla due`: lists the open duties by due time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

import click

from sla_tracker.cli.completion import complete_departments
from sla_tracker.cli.formats.due_list import DueList, scope_of, write_document, write_list
from sla_tracker.cli.formats.duty_lines import row_context_of
from sla_tracker.cli.formats.list_files import as_tasks, to_dated_file, write_rows
from sla_tracker.cli.grammar import Command, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.duty import LIVE, Duty
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.duties import DutyRow, owed_by, owed_to, planned_rows, row_of, urgency
from sla_tracker.services.queries.rows import Scope
from sla_tracker.wording.duties import department_word


@click.command(
    "due",
    cls=Command,
)
@option(
    "--until",
    metavar="DAY",
    help=N_("Up to this day, with what is only planned so far (2027-03-31, end of month)."),
)
@option("--mine", "scope", flag_value=Scope.MINE.value, help=N_("Only what I have taken or been given."))
@option(
    "--pool", "scope", flag_value=Scope.POOL.value, help=N_("Only what nobody in the department has taken.")
)
@option(
    "--owed-to-us",
    "scope",
    flag_value=Scope.OWED_TO_US.value,
    help=N_("What the others owe us, deliveries to judge first."),
)
@option("--all", "scope", flag_value=Scope.ALL.value, help=N_("What all departments owe."))
@option(
    "--department",
    metavar="DEPARTMENT",
    shell_complete=complete_departments,
    help=N_("Look as this department."),
)
@to_dated_file
@as_tasks
@as_json
@click.pass_obj
def due_command(
    invocation: Invocation,
    until: str | None,
    scope: str | None,
    department: str | None,
    file: str | None,
    todo: bool,
    as_json: bool,
) -> None:
    """List what is due."""
    at = invocation.now()
    last = invocation.last_day(until) if until else None
    chosen, of = _scope(invocation, Scope(scope) if scope else None, department, last)
    rows = _rows(invocation, chosen, of, at)
    if last is not None:
        rows = _until(invocation, rows, chosen, of, last, at)
    if file:
        who = department_word(invocation.context, of) if of else _("All departments")
        write_rows(invocation, _("{who}: duties", who=who), rows, file, todo=todo)
        return
    found = DueList(scope=chosen, department=of, rows=rows, until=last)
    write = write_document if as_json else write_list
    write(row_context_of(invocation), found)


def _scope(
    invocation: Invocation, scope: Scope | None, department: str | None, until: date | None
) -> tuple[Scope, str]:
    """Return the scope of the list and its department."""
    own = invocation.actor.department
    if department:
        of = invocation.context.catalogue.department(department).id
    else:
        of = own
    if scope is Scope.ALL and department:
        raise UsageError(N_("--all and --department exclude each other."))
    scope = scope_of(scope, of, looked_at=bool(department), ahead=until is not None)
    if scope is not Scope.ALL and not of:
        raise UsageError(
            N_("You belong to no department here; say which one with --department, or use --all.")
        )
    return scope, "" if scope is Scope.ALL else of


def _rows(invocation: Invocation, scope: Scope, department: str, at: datetime) -> list[DutyRow]:
    context = invocation.context
    if scope is Scope.OWED_TO_US:
        return list(owed_to(context, department, now=at).rows)
    if scope is Scope.ALL:
        duties = context.store.read(lambda tx: tx.find(Duty, state=LIVE))
        return sorted((row_of(context, duty, at) for duty in duties), key=urgency)
    person = invocation.actor.id if scope is Scope.MINE else None
    rows = owed_by(context, department, person=person, now=at).rows
    return [row for row in rows if scope is not Scope.POOL or row.is_in_pool]


def _until(
    invocation: Invocation, rows: Sequence[DutyRow], scope: Scope, department: str, last: date, at: datetime
) -> list[DutyRow]:
    """Return the duties due up to a day, by due time.

    Planned duties of the scope are included.
    """
    sides = {
        Scope.OURS: lambda row: row.provider == department,
        Scope.OWED_TO_US: lambda row: row.consumer == department,
    }
    fits: Callable[[DutyRow], bool] = sides.get(scope, lambda _row: scope is Scope.ALL)
    near = [row for row in rows if row.day_in(invocation.zone) <= last]
    ahead = [row for row in planned_rows(invocation.context, last, at, undated=True) if fits(row)]
    return sorted((*near, *ahead), key=urgency)
