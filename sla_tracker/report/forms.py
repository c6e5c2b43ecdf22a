"""Forms of a report by the suffix of its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sla_tracker.report.markdown import as_markdown
from sla_tracker.report.model import Report
from sla_tracker.report.page import as_page
from sla_tracker.report.pdf import as_pdf
from sla_tracker.report.separated import as_csv, as_zip
from sla_tracker.report.workbook import as_workbook

FORMS: Mapping[str, Callable[[Report], bytes]] = {
    "md": as_markdown,
    "html": as_page,
    "xlsx": as_workbook,
    "csv": as_csv,
    "zip": as_zip,
    "pdf": as_pdf,
}
