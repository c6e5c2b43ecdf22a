"""Finance (财务部), the internal customer of the other departments, and shared event types."""

from sla_dealership.events import SHARED
from sla_dealership.rules import FINANCE
from sla_tracker import Department, EventType, Text, hookimpl


@hookimpl
def sla_register_departments() -> tuple[Department, ...]:
    """Declare finance."""
    return (Department(id=FINANCE, name=Text("财务部", "Finance")),)


@hookimpl
def sla_register_event_types() -> tuple[EventType, ...]:
    """Declare the events that concern several departments."""
    return SHARED
