"""What a recorded change says of itself, for all front ends.

The facts are when, what, who, what it touched and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.domain.people import SYSTEM
from sla_tracker.domain.verbs import Verb
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.services.queries.tick_effects import effects_on
from sla_tracker.value_class import dataclass
from sla_tracker.wording.duties import format_reason, format_touched, verbs_of
from sla_tracker.wording.history import change_word

if TYPE_CHECKING:
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.services.ports import Change
    from sla_tracker.services.queries.tick_effects import Effects
    from sla_tracker.wording.event_changes import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFacts:
    """One recorded change in words.

    `author` is who made it, with the login where it is none of that person's. `reason` is empty where none was given,
    and quotable where it is what the person wrote. `is_doubtful` says that the clock went back before it.
    """

    number: str
    at: datetime
    what: str
    who: str
    author: str
    touched: str
    reason: str
    is_quotable: bool
    is_doubtful: bool


def change_headings() -> tuple[str, ...]:
    """Return the names of number, time, act, author, what was touched, reason."""
    return (_("No."), _("When"), _("What"), _("Done by"), _("Touched"), _("Reason"))


def change_facts(
    change: Change, effects: Effects, reader: Reader, verbs: Mapping[str, str] | None = None
) -> ChangeFacts:
    """Return what a change says; `verbs` are those of changes it may undo, by number."""
    return ChangeFacts(
        number=str(change.sequence),
        at=change.act.at,
        what=change_word(change, effects),
        who=reader.who(change.act.by),
        author=_author(change, reader),
        touched=format_touched(kind for kind, _id in change.touched),
        reason=format_reason(change.act, verbs),
        is_quotable=change.act.what not in {Verb.UNDID, Verb.REDID},
        is_doubtful=change.clock_went_back,
    )


def history_facts(duty: Duty, history: Sequence[Change], reader: Reader) -> list[ChangeFacts]:
    """Return what each change of a duty says, oldest first."""
    effects, verbs = effects_on(duty, history), verbs_of(history)
    return [change_facts(change, effects, reader, verbs) for change in history]


def _author(change: Change, reader: Reader) -> str:
    who = reader.who(change.act.by)
    person, login = reader.people.get(change.act.by), change.act.login
    own = person is not None and login in person.logins and not change.act.via.startswith("trial:")
    return who if own or not login or change.act.by == SYSTEM else bracketed(who, clean(login))
