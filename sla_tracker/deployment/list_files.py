"""Writes lists as files: workbook, CSV, Markdown, page, calendar."""

from __future__ import annotations

import json

from sla_tracker.calendar_files.writer import as_ics
from sla_tracker.i18n import language
from sla_tracker.report.forms import FORMS
from sla_tracker.report.list_table import list_report
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.list_content import CALENDAR, JSON, ListContent


def list_file(context: ServiceContext, content: ListContent, form: str, *, todo: bool = False) -> bytes:
    """Return a list as a file of a form.

    The forms are those of reports, ics (with `todo` as tasks), and json for duties.
    """
    if form == JSON:
        # The document of the command line, for the terminal too.
        from sla_tracker.cli.formats.documents import duty_document, instant
        from sla_tracker.cli.output import JSON_VERSION

        duties = [duty_document(row) for row in content.duties]
        document = {"version": JSON_VERSION, "at": instant(context.now()), "duties": duties}
        return json.dumps(document, ensure_ascii=False, indent=2).encode()
    if form == CALENDAR and content.entries is not None:
        settings = context.settings
        named = settings.names.get(language())
        return as_ics(named, content.entries(), context.now(), todo=todo, source=settings.name)
    return FORMS[form](list_report(context, content))
