"""Tracks service duties between departments: opened, delivered, accepted, counted.

`__all__` lists the names that plugins may import; they stay stable. Modules below this package may move. Each name is
imported on first access, so that `import sla_tracker` loads nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pluggy import HookimplMarker

    from sla_tracker.calendar_files.reader import CalendarYear, read_calendar_year
    from sla_tracker.domain.agreements.conditions import Condition
    from sla_tracker.domain.agreements.dependencies import Dependency
    from sla_tracker.domain.agreements.fields import Choice, Field, FieldKind
    from sla_tracker.domain.agreements.measure import Measure
    from sla_tracker.domain.agreements.obligation import (
        About,
        Department,
        Obligation,
        OnEvent,
        OnRequest,
        Recurring,
    )
    from sla_tracker.domain.agreements.request_terms import Limit, SettleFrom
    from sla_tracker.domain.deadlines.due import (
        AfterDuty,
        AtEvent,
        CountsFrom,
        DayOfMonth,
        DueRule,
        EachWorkday,
        InDays,
        InElapsedTime,
        InWorkdays,
        InWorkingTime,
        ListedDays,
        MovedTurn,
        NthWorkday,
        Recurrence,
        Roll,
        Turn,
        Weekly,
    )
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.domain.duties.event import EventType
    from sla_tracker.domain.reminders.policy import (
        AllowedHours,
        Anchor,
        EveryWorkday,
        InWorkingHours,
        Level,
        OnWorkday,
        Policy,
        ReminderStep,
        TimeUsed,
    )
    from sla_tracker.domain.text import Text
    from sla_tracker.domain.time.calendar_layers import DayRule, DaySource, DayStatus, FixedDays
    from sla_tracker.domain.time.work_hours import Segment
    from sla_tracker.services.ports import Change
    from sla_tracker.services.reminders.messages import Letter, Notifier, Outcome, Result

    hookimpl: HookimplMarker

PROJECT = "sla_tracker"

_NAMES_BY_MODULE = {
    "calendar_files.reader": ("CalendarYear", "read_calendar_year"),
    "domain.time.calendar_layers": ("DayRule", "DaySource", "DayStatus", "FixedDays"),
    "domain.deadlines.due": (
        "AfterDuty",
        "AtEvent",
        "CountsFrom",
        "DayOfMonth",
        "DueRule",
        "EachWorkday",
        "InDays",
        "InElapsedTime",
        "InWorkdays",
        "InWorkingTime",
        "ListedDays",
        "MovedTurn",
        "NthWorkday",
        "Recurrence",
        "Roll",
        "Turn",
        "Weekly",
    ),
    "domain.duties.duty": ("Duty",),
    "domain.duties.event": ("EventType",),
    "domain.agreements.conditions": ("Condition",),
    "domain.agreements.dependencies": ("Dependency",),
    "domain.agreements.fields": ("Choice", "Field", "FieldKind"),
    "domain.agreements.measure": ("Measure",),
    "domain.agreements.request_terms": ("Limit", "SettleFrom"),
    "domain.agreements.obligation": (
        "About",
        "Department",
        "Obligation",
        "OnEvent",
        "OnRequest",
        "Recurring",
    ),
    "domain.reminders.policy": (
        "AllowedHours",
        "Anchor",
        "EveryWorkday",
        "InWorkingHours",
        "Level",
        "OnWorkday",
        "Policy",
        "ReminderStep",
        "TimeUsed",
    ),
    "domain.text": ("Text",),
    "domain.time.work_hours": ("Segment",),
    "services.reminders.messages": ("Letter", "Notifier", "Outcome", "Result"),
    "services.ports": ("Change",),
}
_MODULE_OF = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}

__all__ = [
    "PROJECT",
    "About",
    "AfterDuty",
    "AllowedHours",
    "Anchor",
    "AtEvent",
    "CalendarYear",
    "Change",
    "Choice",
    "Condition",
    "CountsFrom",
    "DayOfMonth",
    "DayRule",
    "DaySource",
    "DayStatus",
    "Department",
    "Dependency",
    "DueRule",
    "Duty",
    "EachWorkday",
    "EventType",
    "EveryWorkday",
    "Field",
    "FieldKind",
    "FixedDays",
    "InDays",
    "InElapsedTime",
    "InWorkdays",
    "InWorkingHours",
    "InWorkingTime",
    "Letter",
    "Level",
    "Limit",
    "ListedDays",
    "Measure",
    "MovedTurn",
    "Notifier",
    "NthWorkday",
    "Obligation",
    "OnEvent",
    "OnRequest",
    "OnWorkday",
    "Outcome",
    "Policy",
    "Recurrence",
    "Recurring",
    "ReminderStep",
    "Result",
    "Roll",
    "Segment",
    "SettleFrom",
    "Text",
    "TimeUsed",
    "Turn",
    "Weekly",
    "hookimpl",
    "read_calendar_year",
]


def __getattr__(name: str) -> object:
    """Import a public name on first access; raises AttributeError for any other name."""
    if name == "hookimpl":
        value: object = import_module("pluggy").HookimplMarker(PROJECT)
    elif name in _MODULE_OF:
        value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value
