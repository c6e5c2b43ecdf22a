"""Words for limits besides a duty's due, and for the turns that it waits for."""

from __future__ import annotations

from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.deadlines.rules import Turn
from sla_tracker.domain.deadlines.steps import StepKind
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.services.queries.limits import ExplainedLimit, LimitKind
from sla_tracker.services.queries.sought import SoughtDuty
from sla_tracker.wording.duties import state_word
from sla_tracker.wording.times import format_period, text_of

LIMIT_WORDS = {
    LimitKind.ANSWER: N_("The request is to be answered by {when}"),
    LimitKind.SILENCE: N_("Silence accepts at {when}"),
    LimitKind.COMPLAINT: N_("The complaint's next step is due by {when}"),
    LimitKind.SURVEY: N_("The survey can be answered until {when}"),
}


def format_limit(limit: ExplainedLimit, when: str) -> str:
    """Return the heading of a limit's explanation."""
    return _(LIMIT_WORDS[limit.kind], when=marked(when, provisional=limit.deadline.provisional))


def marked(when: str, *, provisional: bool) -> str:
    """Return a moment; with a mark where the days off of its year are not published."""
    return bracketed(when, _("provisional")) if provisional else when


TURN_WORDS = {
    Turn.SAME: N_("of the same period"),
    Turn.PREVIOUS: N_("of the period before"),
    Turn.NEXT: N_("of the period after"),
    Turn.OVERLAPPING: N_("of a period that overlaps"),
    Turn.LATEST: N_("last due before this one"),
}


def format_sought(sought: SoughtDuty, department: str) -> str:
    """Return which turn a duty waits for, and what became of it.

    `department` is the one that owes the turn.
    """
    title = text_of(sought.title)
    period = format_period(sought.period_start, sought.period_end)
    which = _(TURN_WORDS[sought.turn])
    if sought.duty is None and not period:
        return _("It waits for “{title}”: there is none of the same event, subject or period.", title=title)
    named = (
        _(
            "“{title}” {period} ({department}), {which}",
            title=title,
            period=period,
            department=department,
            which=which,
        )
        if period
        else _("“{title}” ({department}), for the same event or subject", title=title, department=department)
    )
    if sought.duty is None:
        return _("It looks for {turn}: it was not opened, so there is nothing to wait for.", turn=named)
    state = state_word(sought.duty.state)
    if sought.archive:
        return _(
            "It looks for {turn}: {ref}, {state}, in the archive of {month}.",
            turn=named,
            ref=sought.duty.reference,
            state=state,
            month=sought.archive,
        )
    return _("It waits for {turn}: {ref}, {state}.", turn=named, ref=sought.duty.reference, state=state)


def format_late_start(deadline: Deadline) -> str:
    """Return that a request's day takes none, and when its clocks start.

    Empty for a request of any other day.
    """
    if not any(step.kind is StepKind.NO_REQUESTS for step in deadline.steps):
        return ""
    start = next(step for step in deadline.steps if step.kind is StepKind.ANCHOR)
    return _("Today takes no requests: its clocks start on {day}.", day=start.get("on"))
