"""Reads the next workday of every department."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sla_tracker.services.context import ServiceContext


def next_workdays(context: ServiceContext, now: datetime) -> Mapping[str, date]:
    """Return the first workday after today by department.

    The company's stands under the empty id.
    """
    today = now.astimezone(context.settings.zone).date()
    found: dict[int, date] = {}  # most departments share a calendar

    def next_after(department: str) -> date:
        calendar = context.calendar_of(department)
        if id(calendar) not in found:
            found[id(calendar)] = calendar.shift_workdays(today, 1)
        return found[id(calendar)]

    return {department: next_after(department) for department in ("", *context.catalogue.departments)}
