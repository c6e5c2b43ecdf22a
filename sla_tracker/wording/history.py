"""Words for the history of a duty.

The recorded verbs do not tell what a pass of the scheduler did to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import SYSTEM
from sla_tracker.i18n import gettext as _
from sla_tracker.services.ports import Change
from sla_tracker.wording.duties import act_word

_PASS = "rolled_over"  # one verb for all that time brings: opened, accepted by silence, calendar followed
_DECISIONS = frozenset({"delivered", "accepted", "returned", "took_back", "reopened"})


def history_words(duty: Duty, history: Sequence[Change]) -> list[str]:
    """Return the word of each change of a duty, oldest first."""
    silent = {change.sequence for change in _accepted_by_silence(duty, history)}
    return [_word(duty, change, is_silent=change.sequence in silent) for change in history]


def _word(duty: Duty, change: Change, *, is_silent: bool) -> str:
    if is_silent:
        return _("silence accepted")
    if change.act.what == _PASS and change.act.at != duty.opened_at:
        return _("brought up to date")
    return act_word(change.act.what)


def _accepted_by_silence(duty: Duty, history: Sequence[Change]) -> Iterator[Change]:
    """Yield the passes in which silence accepted a delivery.

    Each is the only reason why a delivery that nobody judged is reopened, or now counts as accepted by the system.
    """
    decisions = [place for place, change in enumerate(history) if change.act.what in _DECISIONS]
    for place, after in pairwise([*decisions, len(history)]):
        passes = [change for change in history[place + 1 : after] if change.act.what == _PASS]
        if history[place].act.what != "delivered" or not passes:
            continue
        if after < len(history):
            if history[after].act.what == "reopened":
                yield passes[-1]
        elif duty.accepted_by == SYSTEM and duty.accepted_at is not None:
            yield from [change for change in passes if change.act.at >= duty.accepted_at][:1]
