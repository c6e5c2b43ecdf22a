"""Says what the past would have been under changed terms, for all front ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sla_tracker.domain.measures.outcome import Outcome
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.value_class import dataclass
from sla_tracker.wording.duties import percent_on_time, percent_target

if TYPE_CHECKING:
    from sla_tracker.services.consent.replay import Flip, Replay

OUTCOME_WORDS = {
    Outcome.GOOD: N_("on time"),
    Outcome.MISSED: N_("not on time"),
    Outcome.PENDING: N_("not due yet"),
    Outcome.WAIVED: N_("waived"),
    Outcome.SHORT_NOTICE: N_("short notice"),
    Outcome.UNCOUNTED: N_("not counted"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFigure:
    """One figure of the past under the terms it had, and under the changed ones."""

    label: str
    before: str
    after: str


def replay_note(replay: Replay) -> str:
    """Return what is compared, to stand above the figures."""
    count = ngettext(
        "{n} duty that was really opened from {first} until {last}",
        "{n} duties that were really opened from {first} until {last}",
        replay.duties,
        first=f"{replay.dates.first_on}",
        last=f"{replay.dates.last_on}",
    )
    if replay.has_other_calendars:
        return _(
            "{count}, judged anew on the changed calendar, with deliveries, holds and waits as they were. "
            "What only one of the rules would have opened is listed apart and not counted.",
            count=count,
        )
    return _(
        "{count}, judged anew on the calendars of today, with deliveries, holds and waits as they were. "
        "What only one of the rules would have opened is listed apart and not counted.",
        count=count,
    )


def compared_figures(replay: Replay) -> Iterator[ComparedFigure]:
    """Yield the figures side by side."""
    before, after = replay.before, replay.after
    yield ComparedFigure(
        label=_("On time"), before=f"{before.good}/{before.valid}", after=f"{after.good}/{after.valid}"
    )
    yield ComparedFigure(
        label=_("On-time rate"), before=percent_on_time(before), after=percent_on_time(after)
    )
    yield ComparedFigure(
        label=_("Target"), before=percent_target(before.target), after=percent_target(after.target)
    )
    yield ComparedFigure(
        label=_("Misses, allowed"),
        before=f"{before.bad} / {before.budget}",
        after=f"{after.bad} / {after.budget}",
    )


def format_flip(flip: Flip) -> str:
    """Return how the verdict of a duty changes."""
    return _("{before} → {after}", before=_(OUTCOME_WORDS[flip.before]), after=_(OUTCOME_WORDS[flip.after]))


def format_moved(before: str, after: str) -> str:
    """Return the due time that a duty had and the one that it would have had."""
    return before if before == after else _("{before} → {after}", before=before, after=after)
