"""Forms of a report by the suffix of its file."""

from __future__ import annotations

from pathlib import PurePath

from sla_tracker.errors import N_, UsageError

REPORT_FORMS = ("md", "html", "xlsx", "csv", "zip", "pdf")
TEXT_FORMS = ("md", "html", "csv")  # forms that may go to the standard output


def form_of(file: str) -> str:
    """Return the form that a file name's suffix means, without a name the first one.

    Raises UsageError for another suffix.
    """
    suffix = PurePath(file).suffix.lower().removeprefix(".")
    if not file or suffix in REPORT_FORMS:
        return suffix or REPORT_FORMS[0]
    raise UsageError(
        N_("The name {file} does not say which form; end it in {suffixes}, or say --form."),
        file=file,
        suffixes=", ".join(f".{one}" for one in REPORT_FORMS),
    )
