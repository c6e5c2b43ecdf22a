"""Words for recorded changes, ticks of the scheduler included."""

from __future__ import annotations

from collections.abc import Sequence

from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Change
from sla_tracker.services.queries.tick_effects import Effects, TickEffect
from sla_tracker.wording.duties import act_word, person_word
from sla_tracker.wording.times import format_moment

# Acts of others that a dialog names.
MOST_MEANWHILE = 2

EFFECT_WORDS = {
    TickEffect.OPENED: N_("opened"),
    TickEffect.ACCEPTED_BY_SILENCE: N_("silence accepted"),
    TickEffect.ESCALATED: N_("complaint escalated"),
    TickEffect.BROUGHT_UP_TO_DATE: N_("brought up to date"),
}


def change_word(change: Change, effects: Effects) -> str:
    """Return the word of a change; of a tick, what it did."""
    if change.act.what != Verb.ROLLED_OVER:
        return act_word(change.act.what)
    found = effects.get(change.sequence) or [TickEffect.BROUGHT_UP_TO_DATE]
    return _(", ").join(_(EFFECT_WORDS[effect]) for effect in found)


def format_meanwhile(context: ServiceContext, changes: Sequence[Change]) -> str:
    """Return who did what while a dialog was open, each act in a line."""
    zone, now = context.settings.zone, context.now()
    lines = [
        _(
            "{person} acted meanwhile: {act} ({when}).",
            person=person_word(context.people, change.act.by),
            act=act_word(change.act.what),
            when=format_moment(change.act.at, now, zone),
        )
        for change in changes[-MOST_MEANWHILE:]
    ]
    return "\n".join([*lines, _("What you have filled in is still here.")])
