"""Words for the terms of a duty.

Separate from `wording.duties`, because a list of duties needs no rules and every further import costs time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla_tracker.domain.agreements.versions import last_day
from sla_tracker.domain.deadlines.due_rule import Roll
from sla_tracker.domain.deadlines.rules import can_roll, roll_of
from sla_tracker.domain.duties.states import State
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed

if TYPE_CHECKING:
    from sla_tracker.domain.agreements.obligation import Obligation
    from sla_tracker.domain.duties.duty import Duty, Terms


ROLL_WORDS = {
    Roll.FOLLOWING: N_("moves to the workday after"),
    Roll.PRECEDING: N_("moves to the workday before"),
    Roll.SKIP: N_("not owed that turn"),
    Roll.NONE: N_("stays as it is"),
}


def format_ending(obligation: Obligation | None) -> str:
    """Return until when an obligation without a successor opens duties.

    Empty for an open-ended obligation.
    """
    last_on = last_day(obligation) if obligation is not None else None
    if last_on is None:
        return ""
    return _("until {day}; no successor is agreed, and nothing opens after it", day=f"{last_on}")


def format_left_out(duty: Duty) -> str:
    """Return that a duty was cancelled because its turn was left out by agreement.

    Empty for any other duty.
    """
    if duty.state is not State.CANCELLED or not getattr(duty.terms.due, "left_out", ()):
        return ""
    return _("cancelled: by agreement this turn is left out")


def format_roll(terms: Terms) -> str:
    """Return what happens if the day of a rule is no workday.

    Empty for rules without a day.
    """
    if not can_roll(terms.due):
        return ""
    said = _(ROLL_WORDS[roll_of(terms.due) or Roll.FOLLOWING])
    return bracketed(said, _("assumed")) if "roll" in terms.assumed else said
