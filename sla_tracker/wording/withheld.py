"""Words for why an event opens nothing."""

from __future__ import annotations

from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.fields import Field
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import together
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.withheld import Reason, Withheld
from sla_tracker.services.events import Registered
from sla_tracker.wording.duties import format_value, text_of


def format_nothing_opened(context: ServiceContext, registered: Registered) -> str:
    """Return why an event opened nothing.

    The sentence has the reason of each obligation that its kind could open.
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
    if one.reason is Reason.VALIDITY or condition is None:
        return _("“{title}” is not valid on that day.", title=title)
    if one.reason is Reason.ASKED_BY:
        departments = _(", ").join(context.party(id) for id in condition.asked_by)
        return _("“{title}” opens only when {departments} register it.", title=title, departments=departments)
    if one.reason is Reason.TIME:
        after = condition.after
        return _("“{title}” opens only after {after}.", title=title, after=f"{after:%H:%M}" if after else "")
    known = context.catalogue.event_types.get(one.trigger.event_type)
    field = next((one for one in known.fields if one.id == condition.field), None) if known else None
    return _(
        "“{title}” opens only where “{field}” is {answer}.",
        title=title,
        field=text_of(field.label) if field else condition.field,
        answer=format_answer(condition, field),
    )


def format_answer(condition: Condition, field: Field | None) -> str:
    """Return what a condition wants of its field: an answer, or between which bounds."""
    if not condition.bounds:
        return format_value(field, condition.equals) if field else condition.equals
    words = (
        (condition.at_least, N_("at least {bound}")),
        (condition.at_most, N_("at most {bound}")),
        (condition.less_than, N_("below {bound}")),
    )
    return _(", ").join(_(word, bound=str(bound)) for bound, word in words if bound is not None)
