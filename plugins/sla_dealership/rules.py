"""Triggers that several departments share, and the id of their internal customer."""

from datetime import timedelta

from sla_tracker import InDays, InWorkdays, InWorkingTime, OnEvent, OnRequest

FINANCE = "finance"
ASSUMED = ("due",)


def promptly(event_type: str, workdays: int = 1) -> OnEvent:
    """Return the trigger for "promptly" (及时) in the agreement: assumed to be one workday."""
    return OnEvent(event_type=event_type, due=InWorkdays(workdays=workdays), assumed=ASSUMED)


def looked_up(workdays: int = 1) -> OnRequest:
    """Return the trigger of a look-up: assumed are 4 working hours to answer, a workday to settle."""
    return OnRequest(
        answer=InWorkingTime(span=timedelta(hours=4)),
        due=InWorkdays(workdays=workdays),
        assumed=("answer", "due"),
    )


def same_day_on_request() -> OnRequest:
    """Return the trigger of a service on the day of the request, which is assumed."""
    return OnRequest(due=InDays(days=0), assumed=ASSUMED)
