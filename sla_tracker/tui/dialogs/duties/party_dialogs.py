"""Dialogs for objections, waivers, offers, ratings and causes.

All of them make a statement to the other party.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from sla_tracker.domain.duties.duty import OWED, Duty, Hold, State
from sla_tracker.domain.duties.holds_and_waivers import objectable_holds, pending_holds
from sla_tracker.domain.duties.ratings import RatingLevel
from sla_tracker.domain.duties.states import Decision
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired, together
from sla_tracker.services.access import Right, may
from sla_tracker.services.departments import complaints, handovers
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.services.duties import holds, operations, ratings, waivers
from sla_tracker.tui.calls import duties
from sla_tracker.tui.calls.departments import said
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.dialogs.duties.event_changes import event_change_dialog, event_statements
from sla_tracker.tui.dialogs.duties.request_dialogs import (
    REQUEST_DIALOGS,
    request_dialog,
    request_statements,
)
from sla_tracker.tui.dialogs.duties.statement import Make, WordsDialog
from sla_tracker.tui.gateway import Call
from sla_tracker.wording.duties import format_hold, format_hold_span, text_of
from sla_tracker.wording.party_statements import cause_word, code_word, level_word

if TYPE_CHECKING:
    from sla_tracker.tui.app_base import BaseApp

PartyAction = Callable[[OpenDeployment, str, str, bool], object]


def possible(app: BaseApp, duty: Duty) -> Iterator[tuple[str, str]]:
    """Yield id and label of every statement the person may make about a duty now."""
    actor = app.gateway.deployment.context.acting(app.view_context.actor, app.gateway.now())
    yield from request_statements(actor, duty)
    is_asked_for = duty.waiver is not None and duty.waiver.granted is None
    late = duty.was_returned or duty.is_late(app.gateway.now())
    offers = (
        ("object", _("Object to the hold"), Right.OBJECT, bool(objectable_holds(duty))),
        (
            "judge_hold",
            _("Decide on the hold that was objected to"),
            Right.CONFIRM_HOLD,
            bool(pending_holds(duty)),
        ),
        ("ask_waiver", _("Ask for a waiver"), Right.ASK_WAIVER, duty.state in OWED and not is_asked_for),
        (
            "decide_waiver",
            _("Decide on the waiver asked for"),
            Right.WAIVE,
            duty.state in OWED and is_asked_for,
        ),
        ("waive", _("Waive it"), Right.WAIVE, duty.state in OWED and not is_asked_for),
        ("hand_over", _("Hand it over to another department"), Right.HAND_OVER, duty.state in OWED),
        ("explain", _("Say why it was late or returned"), Right.EXPLAIN, late),
        ("rate", _("Rate it"), Right.JUDGE, duty.state is State.ACCEPTED),
        ("reopen", _("Open it again"), Right.REOPEN, duty.state in {State.ACCEPTED, State.MISSED}),
        ("complain", _("Complain about it"), Right.COMPLAIN, True),
    )
    for id, words, right, now in offers:
        if now and may(actor, right, provider=duty.provider, consumer=duty.consumer):
            yield id, words
    yield from event_statements(actor, duty)


def dialog_for(app: BaseApp, id: str, duty: Duty) -> Dialog:
    """Return the dialog of one possible statement."""
    if id in REQUEST_DIALOGS:
        return request_dialog(app, id, duty)
    dialog = _DIALOGS[id](app, duty)
    dialog.subject_id = duty.id
    return dialog


def why_late(app: BaseApp, late: Sequence[Duty]) -> WordsDialog:
    """Return the dialog that asks why deliveries are late; closing records nothing."""
    named = {"key": app.key_word("dialog.close"), "view": app.key_word("app.view_5")}
    if len(late) == 1:
        skip = _("Delivered, but late. Skip this with {key}; view {view} keeps the question.", **named)
        return _explain(app, late[0], skip)
    ids = [duty.id for duty in late]
    skip = _(
        "Delivered, but late. One answer is for all of them; skip it with {key}, view {view} keeps the question.",
        **named,
    )
    listed = [" ".join(filter(None, (f"» {text_of(duty.title)}", duty.subject))) for duty in late]
    return WordsDialog(
        ngettext("Why was {n} duty late?", "Why were {n} duties late?", len(late)),
        lambda cause, words, _insists: duties.explain_each(ids, cause, words),
        choice=_("Cause"),
        options=_causes(app),
        needs_words=False,
        facts="\n".join((skip, *listed)),
        draft_of=" ".join(ids),
    )


def _causes(app: BaseApp) -> list[tuple[str, str]]:
    return [(cause, cause_word(cause)) for cause in app.gateway.deployment.context.settings.causes]


def _title(words: str, duty: Duty) -> str:
    about = f"{text_of(duty.title)} {duty.subject}".rstrip()
    return together(words, about) if words.endswith(("?", "？")) else paired(words, about)


def _make(done: str, act: PartyAction) -> Make:
    def make(choice: str, words: str, insists: bool) -> Call:
        return said(done, lambda deployment: act(deployment, choice, words, insists))

    return make


def _yes_no(yes: str, no: str) -> Sequence[tuple[str, str]]:
    return ((Decision.YES.value, yes), (Decision.NO.value, no))


def _waits_for(app: BaseApp, hold: Hold) -> str:
    """Return when a duty was on hold, for whom and for what."""
    place = app.view_context
    span = format_hold_span(hold, app.gateway.now(), place.zone)
    return f"{span} · {format_hold(hold, place.departments, place.people)}"


def _object(app: BaseApp, duty: Duty) -> WordsDialog:
    """Return the objection to a hold; where several take one, it is chosen which."""
    found = objectable_holds(duty)
    by_start = {hold.start_at.isoformat(): hold for hold in found}

    def act(deployment: OpenDeployment, choice: str, words: str, _insists: bool) -> object:
        began_at = by_start[choice or found[0].start_at.isoformat()].start_at
        return holds.object_to(deployment.context, deployment.actor, duty.id, words, began_at=began_at)

    several = len(found) > 1
    return WordsDialog(
        _title(_("Object to the hold"), duty),
        _make(_("Objected: the hold counts only if your head confirms it."), act),
        choice=_("The hold"),
        options=[(start, _waits_for(app, hold)) for start, hold in by_start.items()] if several else (),
        facts="" if several else _waits_for(app, found[0]),
        draft_of=" ".join(by_start),
    )


def _judge_hold(app: BaseApp, duty: Duty) -> WordsDialog:
    def act(deployment: OpenDeployment, choice: str, _words: str, _insists: bool) -> object:
        judge = holds.confirm if choice == Decision.YES else holds.refuse
        return judge(deployment.context, deployment.actor, duty.id, began_at=hold.start_at)

    hold = pending_holds(duty)[0]
    objected = paired(app.view_context.person(hold.objected_by), hold.objection)
    facts = f"{_waits_for(app, hold)}\n{objected}"
    return WordsDialog(
        _title(_("Hold"), duty),
        _make(_("On record."), act),
        choice=_("The hold"),
        options=_yes_no(_("counts"), _("does not count")),
        asks_words=False,
        facts=facts,
        draft_of=str(hold.start_at),
    )


def _codes(app: BaseApp) -> list[tuple[str, str]]:
    return [(code, code_word(code)) for code in app.gateway.deployment.context.settings.waiver_codes]


def _ask_waiver(app: BaseApp, duty: Duty) -> WordsDialog:
    act: PartyAction = lambda deployment, code, words, _i: waivers.ask(
        deployment.context, deployment.actor, duty.id, code=code, reason=words
    )
    return WordsDialog(
        _title(_("Ask for a waiver"), duty),
        _make(_("Asked: it stays owed until the other side's head decides."), act),
        choice=_("Reason"),
        options=_codes(app),
    )


def _waive(app: BaseApp, duty: Duty) -> WordsDialog:
    act: PartyAction = lambda deployment, code, words, _i: waivers.waive(
        deployment.context, deployment.actor, duty.id, code=code, reason=words
    )
    return WordsDialog(
        _title(_("Waive"), duty),
        _make(_("Waived: it no longer counts in the rates."), act),
        choice=_("Reason"),
        options=_codes(app),
    )


def _decide_waiver(app: BaseApp, duty: Duty) -> WordsDialog:
    def act(deployment: OpenDeployment, choice: str, words: str, _insists: bool) -> object:
        if choice == Decision.YES:
            return waivers.grant(deployment.context, deployment.actor, duty.id, words)
        return waivers.refuse(deployment.context, deployment.actor, duty.id, words)

    waiver = duty.waiver
    facts = (
        f"{app.view_context.person(waiver.asked_by)} · {paired(code_word(waiver.code), waiver.reason)}"
        if waiver
        else ""
    )
    return WordsDialog(
        _title(_("Waiver"), duty),
        _make(_("On record."), act),
        choice=_("The waiver is"),
        options=_yes_no(_("granted"), _("refused")),
        needs_words=False,
        facts=facts,
        draft_of=str(waiver.asked_at) if waiver else "",
    )


def _hand_over(app: BaseApp, duty: Duty) -> WordsDialog:
    act: PartyAction = lambda deployment, taker, words, _i: handovers.offer(
        deployment.context, deployment.actor, duty.id, taker, reason=words
    )
    others = [
        (id, app.view_context.department(id))
        for id in app.view_context.departments
        if id not in {duty.provider, duty.consumer}
    ]
    return WordsDialog(
        _title(_("Hand over"), duty),
        _make(_("Offered: it stays yours until that department's head agrees."), act),
        choice=_("To whom"),
        options=others,
    )


def _explain(app: BaseApp, duty: Duty, facts: str = "") -> WordsDialog:
    act: PartyAction = lambda deployment, cause, words, _i: ratings.explain(
        deployment.context, deployment.actor, duty.id, cause, words
    )
    return WordsDialog(
        _title(_("Why was it returned?") if duty.was_returned else _("Why is it late?"), duty),
        _make(_("On record."), act),
        choice=_("Cause"),
        options=_causes(app),
        needs_words=False,
        facts=facts,
    )


def _rate(_app: BaseApp, duty: Duty) -> WordsDialog:
    act: PartyAction = lambda deployment, level, words, insists: ratings.rate(
        deployment.context, deployment.actor, duty.id, int(level), words, again=insists
    )
    levels = [(str(int(level)), f"{int(level)} {level_word(level)}") for level in reversed(RatingLevel)]
    return WordsDialog(
        _title(_("Rate"), duty),
        _make(_("Rated."), act),
        choice=_("Level"),
        options=levels,
        words=_("In a word"),
        needs_words=False,
    )


def _reopen(_app: BaseApp, duty: Duty) -> WordsDialog:
    act: PartyAction = lambda deployment, _c, words, _i: operations.reopen(
        deployment.context, deployment.actor, duty.id, words
    )
    return WordsDialog(_title(_("Open it again"), duty), _make(_("Open again: it is owed once more."), act))


def _complain(app: BaseApp, duty: Duty) -> WordsDialog:
    act: PartyAction = lambda deployment, _c, words, _i: complaints.lodge(
        deployment.context, deployment.actor, duty.provider, words, duties=[duty.id]
    )
    view = app.key_word("app.view_5")
    done = _("The complaint is on record; view {view} shows how it goes on.", view=view)

    def make(choice: str, words: str, insists: bool) -> Call:
        return said(done, lambda deployment: act(deployment, choice, words, insists), undoable=False)

    return WordsDialog(_title(_("Complaint"), duty), make, words=_("What happened"))


_DIALOGS: dict[str, Callable[[BaseApp, Duty], WordsDialog]] = {
    "object": _object,
    "judge_hold": _judge_hold,
    "event_change": event_change_dialog,
    "ask_waiver": _ask_waiver,
    "decide_waiver": _decide_waiver,
    "waive": _waive,
    "hand_over": _hand_over,
    "explain": _explain,
    "rate": _rate,
    "reopen": _reopen,
    "complain": _complain,
}
