"""Dialogs about changes of an event: confirm or refuse one, object to a move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event_changes import objectable_change, pending_change
from sla_tracker.domain.duties.states import Decision
from sla_tracker.domain.people import Actor
from sla_tracker.i18n import gettext as _
from sla_tracker.services import event_claims
from sla_tracker.services.access import Right, may
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.tui.calls.departments import said
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.tui.widgets.cards.event_changes import reader_of
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.event_changes import format_event_changes

if TYPE_CHECKING:
    from sla_tracker.tui.app_base import BaseApp
    from sla_tracker.tui.gateway import Call


def event_statements(actor: Actor, duty: Duty) -> Iterator[tuple[str, str]]:
    """Yield id and label of each statement the person may make on an event change."""
    change = pending_change(duty)
    if change is not None and event_claims.may_decide(actor, duty, change):
        yield "event_change", _("Confirm or refuse the change of the event")
    elif can_object(duty) and may(actor, Right.OBJECT, provider=duty.provider, consumer=duty.consumer):
        yield "event_change", _("Object to the move of the event")


def can_object(duty: Duty) -> bool:
    """Tell whether the last change of the time of a duty's event takes an objection."""
    return objectable_change(duty) is not None


def event_change_dialog(app: BaseApp, duty: Duty) -> WordsDialog:
    """Return the decision on a change of a duty's event, or the objection to a move."""
    facts = "\n".join(format_event_changes(duty, reader_of(app.view_context, app.gateway.now())))
    if pending_change(duty) is None:
        return WordsDialog(
            _("Object to the move of the event: {title}", title=text_of(duty.title)),
            lambda _choice, words, _insists: _object(duty, words),
            facts=facts,
            draft_of=str(len(duty.event_changes)),
        )
    return WordsDialog(
        _("The event was changed: {title}", title=text_of(duty.title)),
        lambda choice, words, _insists: _judge(duty, choice, words),
        choice=_("The change"),
        options=[(Decision.YES.value, _("counts")), (Decision.NO.value, _("does not count"))],
        words=_("If not, why"),
        needs_words=False,
        wordless={Decision.YES.value},
        facts=facts,
        draft_of=str(len(duty.event_changes)),
    )


def _object(duty: Duty, words: str) -> Call:
    def act(deployment: OpenDeployment) -> object:
        return event_claims.object_to(deployment.context, deployment.actor, duty.id, words)

    return said(_("Objected: the move counts only if your head confirms it."), act, undoable=False)


def _judge(duty: Duty, choice: str, words: str) -> Call:
    def act(deployment: OpenDeployment) -> object:
        context, actor = deployment.context, deployment.actor
        if choice == Decision.YES:
            return event_claims.confirm(context, actor, duty.event, duty_id=duty.id)
        return event_claims.refuse(context, actor, duty.event, words, duty_id=duty.id)

    done = _("Confirmed: the change counts.") if choice == Decision.YES else _("Refused: the due time stays.")
    return said(done, act, undoable=False)
