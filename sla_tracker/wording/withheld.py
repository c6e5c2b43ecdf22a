"""Words for why an event opens nothing."""

from __future__ import annotations

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import together
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.withheld import Reason, Withheld
from sla_tracker.services.events import Registered
from sla_tracker.wording.duties import format_value, text_of


def format_nothing_opened(context: ServiceContext, registered: Registered) -> str:
    """Return why an event opened nothing.

    It gives the reason of each obligation that its kind could open.
    """
    if not registered.withheld:
        return _("No obligation begins with “{title}”.", title=text_of(registered.event.title))
    return together(*(format_withheld(context, one) for one in registered.withheld))


def format_withheld(context: ServiceContext, one: Withheld) -> str:
    """Return why an event opens no duty of an obligation."""
    title, condition = text_of(one.obligation.title), one.trigger.condition
    if one.reason is Reason.FIRST_DAY:
        return _(
            "“{title}” would be due on {due}, before {day}, the first day whose duties are kept here.",
            title=title,
            due=f"{one.due_on}",
            day=f"{one.since}",
        )
    if one.reason is Reason.TIME or condition is None:
        after = condition.after if condition is not None else None
        return _("“{title}” opens only after {after}.", title=title, after=f"{after:%H:%M}" if after else "")
    known = context.catalogue.event_types.get(one.trigger.event_type)
    for field in known.fields if known else ():
        if field.id == condition.field:
            return _(
                "“{title}” opens only where “{field}” is {answer}.",
                title=title,
                field=text_of(field.label),
                answer=format_value(field, condition.equals),
            )
    return _(
        "“{title}” opens only where “{field}” is {answer}.",
        title=title,
        field=condition.field,
        answer=condition.equals,
    )
