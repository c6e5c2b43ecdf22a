"""The limits that come back in several departments, and who is always the internal customer."""

from datetime import timedelta

from sla_tracker import InDays, InWorkdays, InWorkingTime, OnEvent, OnRequest

FINANCE = "finance"
ASSUMED = ("due",)


def promptly(event_type: str, workdays: int = 1) -> OnEvent:
    """Return the trigger for what the agreement only asks for "promptly" (及时): by assumption within a workday."""
    return OnEvent(event_type=event_type, due=InWorkdays(workdays=workdays), assumed=ASSUMED)


def looked_up(workdays: int = 1) -> OnRequest:
    """Return the trigger of a look-up for finance: by assumption answered in 4 working hours, settled in a workday."""
    return OnRequest(
        answer=InWorkingTime(span=timedelta(hours=4)),
        due=InWorkdays(workdays=workdays),
        assumed=("answer", "due"),
    )


def same_day_on_request() -> OnRequest:
    """Return the trigger of a service on the very day it is asked for, by assumption."""
    return OnRequest(due=InDays(days=0), assumed=ASSUMED)
