"""Words for limits besides a duty's due."""

from __future__ import annotations

from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.limits import Limit, LimitKind

LIMIT_WORDS = {
    LimitKind.ANSWER: N_("The request is to be answered by {when}"),
    LimitKind.SILENCE: N_("Silence accepts at {when}"),
    LimitKind.COMPLAINT: N_("The complaint's next step is due by {when}"),
    LimitKind.SURVEY: N_("The survey can be answered until {when}"),
}


def format_limit(limit: Limit, when: str) -> str:
    """Return the heading of a limit's explanation."""
    return _(LIMIT_WORDS[limit.kind], when=when)
