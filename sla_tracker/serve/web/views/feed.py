"""The calendar feed of a person: when own duties are due, until when to judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sla_tracker.deployment.list_files import list_file
from sla_tracker.domain.duties.states import State
from sla_tracker.i18n import gettext as _
from sla_tracker.serve.web.exchange import CALENDAR, Answer
from sla_tracker.serve.web.views.visit import Visit
from sla_tracker.services.queries.duties import owed_by, owed_to, planned_rows
from sla_tracker.services.queries.list_content import CALENDAR as FORM
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.wording.lists.duties import duty_list

AHEAD = timedelta(days=45)  # how far planned duties are shown


def answer(visit: Visit) -> Answer:
    """Return the calendar."""
    department = visit.actor.department
    rows: list[DutyRow] = []
    if department:
        ours = owed_by(visit.context, department, now=visit.now).rows
        rows += [
            row for row in ours if row.assignee in {"", visit.actor.id} and row.state is not State.DELIVERED
        ]
        theirs = owed_to(visit.context, department, now=visit.now).rows
        rows += [_verdict(row) for row in theirs if row.state is State.DELIVERED and visit.may_judge(row)]
        last = visit.today + AHEAD
        rows += [row for row in planned_rows(visit.context, last, visit.now) if row.provider == department]
    if not visit.site.names_subjects:
        # A calendar is often kept by another company, and shared: people, vehicles and contracts stay here.
        rows = [replace(row, subject="") for row in rows]
    content = duty_list(visit.context, _("Duties"), rows)
    body = list_file(visit.context, content, FORM).decode()
    return Answer(type=CALENDAR, body=body)


def _verdict(row: DutyRow) -> DutyRow:
    """Return a delivery at the time until which it can be judged."""
    return replace(row, due_at=row.accept_by_at or row.due_at)
