"""Warns of what everybody has to know who opens a deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sla_tracker.domain.time.calendar_layers import MissingDays, left_out_years
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.errors import N_, ConfigError, Forbidden, SlaError


def unread_days(calendars: Mapping[str, WorkCalendar]) -> Iterator[SlaError]:
    """Yield a warning for the national days in use that could not be read."""
    sources = [calendar.source for calendar in calendars.values()]
    for name in dict.fromkeys(source.name for source in sources if isinstance(source, MissingDays)):
        yield ConfigError(
            N_("The holidays “{name}” are missing, so every deadline is provisional; sla doctor says why."),
            name=name,
        )
    if years := {year for source in sources for year in left_out_years(source)}:
        yield ConfigError(
            N_(
                "The holidays of {years} could not be read, so deadlines are provisional; sla doctor says why."
            ),
            years=", ".join(map(str, sorted(years))),
        )


def read_only_notice(store_folder: Path) -> SlaError:
    """Return the warning that this login may read the store and not write to it."""
    return Forbidden(
        N_(
            "You may read the store in {folder} and not write to it: nothing that has come due is opened, and "
            "nothing can be recorded. Ask whoever runs sla here for the right to write."
        ),
        folder=store_folder,
    )
