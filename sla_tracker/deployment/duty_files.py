"""Writes lists of duties as files: workbook, CSV, Markdown, page, calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_tracker.calendar_files.duty_entries import DutyEntry, as_ics
from sla_tracker.domain.duties.states import State
from sla_tracker.i18n import gettext as _
from sla_tracker.report.duty_list import duty_list
from sla_tracker.report.forms import FORMS
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.wording.duties import format_period, text_of
from sla_tracker.wording.reminders import department_word

DONE = frozenset({State.ACCEPTED, State.CANCELLED, State.HANDED_OVER, State.MISSED, State.WAIVED})


def duty_file(
    context: ServiceContext, title: str, rows: Sequence[DutyRow], form: str, *, todo: bool = False
) -> bytes:
    """Return rows in a form: one of a report's forms, or ics (with `todo` as tasks)."""
    if form == "ics":
        return as_ics(context.settings.name, _entries(context, rows), context.now(), todo=todo)
    return FORMS[form](duty_list(context, title, rows))


def _entries(context: ServiceContext, rows: Sequence[DutyRow]) -> Iterator[DutyEntry]:
    for row in rows:
        changes = context.store.history(row.id) if row.id else []
        yield DutyEntry(
            key=row.key,
            due_at=row.due_at,
            title=" ".join(filter(None, (text_of(row.title), row.subject))),
            description=_description(context, row),
            changed_at=changes[-1].act.at if changes else context.now(),
            sequence=changes[-1].sequence if changes else 0,
            done=row.state in DONE,
        )


def _description(context: ServiceContext, row: DutyRow) -> str:
    between = f"{department_word(context, row.provider)} → {department_word(context, row.consumer)}"
    return "\n".join(
        filter(
            None,
            (
                between,
                format_period(row.period_start, row.period_end),
                context.name_of(row.assignee) if row.assignee else "",
                _("provisional") if row.provisional else "",
                row.reference,
            ),
        )
    )
