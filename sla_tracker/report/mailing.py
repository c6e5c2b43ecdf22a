"""Writes a report for a letter: its first lines, and the file with it."""

from __future__ import annotations

from sla_tracker.domain.clean import clean
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.i18n import language
from sla_tracker.report.contents import read_report
from sla_tracker.report.forms import FORMS
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.reminders.messages import Attachment, WrittenReport
from sla_tracker.wording.reminders import repeated_note, repeated_subject

KINDS = {
    "md": "text/markdown",
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "zip": "application/zip",
    "pdf": "application/pdf",
}


def written_report(
    context: ServiceContext, dates: DateRange, form: str, *, repeat: bool = False
) -> WrittenReport:
    """Return the report of a range.

    Its letter begins with whether the figures are final. `repeat` marks a letter that may have arrived before.
    """
    report = read_report(context, dates)
    company = clean(context.settings.names.get(language()))
    subject = f"{company}: {clean(report.title)}"
    lines = (report.standing, repeated_note() if repeat else "", report.title, report.ending)
    return WrittenReport(
        subject=repeated_subject(subject) if repeat else subject,
        text="\n".join(clean(line) for line in lines if line),
        attachment=Attachment(name=f"sla-{dates.id}.{form}", kind=KINDS[form], content=FORMS[form](report)),
    )
