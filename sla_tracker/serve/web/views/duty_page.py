"""The page of a duty: facts, evidence, history, and what one may do now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sla_tracker.domain.agreements.fields import TICKED, FieldKind
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.states import OWED, State
from sla_tracker.errors import N_, Overtaken, SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.i18n.punctuation import paired
from sla_tracker.serve.web.exchange import Answer
from sla_tracker.serve.web.page import Card, Form, Input, InputKind, Page, Section
from sla_tracker.serve.web.views.duty_lists import TONES
from sla_tracker.serve.web.views.fields import confirmation, inputs_of
from sla_tracker.serve.web.views.sentences import sentence_of
from sla_tracker.serve.web.views.visit import Visit, no_page, status_of
from sla_tracker.services import requests
from sla_tracker.services.access import Right
from sla_tracker.services.duties import holds, operations, ratings
from sla_tracker.services.guide import pieces
from sla_tracker.services.lookup.references import find_duty_to_read
from sla_tracker.services.queries.duties import DutyDetail, detail
from sla_tracker.wording.duties import format_value, not_reviewed_word, person_word, text_of
from sla_tracker.wording.facts.change_facts import history_facts
from sla_tracker.wording.facts.duty_facts import further_facts, standing_facts, urgent_facts
from sla_tracker.wording.facts.fact import FactTone, StatedFact
from sla_tracker.wording.party_statements import cause_word
from sla_tracker.wording.times import format_period, format_standing

CHANGED = N_("This has changed since the page was shown. Look at it again; nothing was done.")
Act = Callable[[Visit, Duty], str]


def show(visit: Visit, reference: str, problem: SlaError | None = None) -> Page:
    """Return the page of a duty, archived or not, with the `problem` of a refusal.

    Raises NotFound, UsageError.
    """
    duty = find_duty_to_read(visit.context, reference)
    found = detail(visit.context, duty.id, visit.now)
    if found is None:
        no_page(visit.question.path)
    return Page(
        title=text_of(found.duty.title),
        subtitle=_in_short(visit, found),
        problem=sentence_of(problem) if problem else "",
        status=status_of(problem) if problem else 200,
        sections=[*_acts(visit, found), *_facts(visit, found), *_further(visit, found)],
    )


def _in_short(visit: Visit, found: DutyDetail) -> str:
    """Return the facts to know before acting: subject, departments, state."""
    duty, row = found.duty, found.row
    parties = f"{visit.reader.department(duty.provider)} → {visit.reader.department(duty.consumer)}"
    about = duty.subject or format_period(duty.period_start, duty.period_end)
    return " · ".join(filter(None, (about, parties, format_standing(row, visit.now, visit.zone))))


def act(visit: Visit, reference: str, what: str) -> Answer | Page:
    """Apply an action to a duty and lead back to it.

    A refusal shows the page again with the reason.
    """
    doing = ACTS.get(what)
    if doing is None:
        no_page(visit.question.path)
    duty = find_duty_to_read(visit.context, reference)
    try:
        found = detail(visit.context, duty.id, visit.now)
        if found is not None and what not in ADDING and visit.given("seen") != _seen(found):
            raise Overtaken(CHANGED)
        notice = doing(visit, duty)
    except SlaError as problem:
        return show(visit, duty.id, problem)
    return Answer(status=303, location=f"/duty/{duty.id}", notice=notice)


def _deliver(visit: Visit, duty: Duty) -> str:
    claimed = visit.given("claimed")
    delivered = operations.deliver(
        visit.context,
        visit.actor,
        duty.id,
        visit.answers(duty.terms.evidence),
        note=visit.given("note"),
        claimed_at=visit.moment(claimed) if claimed else None,
    )
    said = _("Delivered: {duty}", duty=_named(duty))
    return " ".join(filter(None, (said, not_reviewed_word(delivered.delivery))))


def _fill(visit: Visit, duty: Duty) -> str:
    operations.fill_in(visit.context, visit.actor, duty.id, visit.answers(duty.terms.evidence))
    return _("Kept: {duty}", duty=_named(duty))


def _take(visit: Visit, duty: Duty) -> str:
    operations.take(visit.context, visit.actor, duty.id)
    return paired(_("Taken"), _named(duty))


def _release(visit: Visit, duty: Duty) -> str:
    operations.release(visit.context, visit.actor, duty.id)
    return paired(_("Put back"), _named(duty))


def _accept(visit: Visit, duty: Duty) -> str:
    confirms = visit.given("confirm") == TICKED
    operations.accept(visit.context, visit.actor, duty.id, confirm_claim=confirms)
    return paired(_("Accepted"), _named(duty))


def _return(visit: Visit, duty: Duty) -> str:
    operations.return_(visit.context, visit.actor, duty.id, visit.given("reason"))
    return paired(_("Returned"), _named(duty))


def _take_back(visit: Visit, duty: Duty) -> str:
    insists = visit.given("again") == TICKED
    operations.take_back(visit.context, visit.actor, duty.id, insists=insists)
    return paired(_("Taken back"), _named(duty))


def _note(visit: Visit, duty: Duty) -> str:
    operations.note(visit.context, visit.actor, duty.id, visit.given("text"))
    return paired(_("Noted"), _named(duty))


def _hold(visit: Visit, duty: Duty) -> str:
    holds.hold(
        visit.context,
        visit.actor,
        duty.id,
        waits_for=visit.given("waits_for"),
        reason=visit.given("reason"),
        again=visit.given("again") == TICKED,
    )
    return paired(_("On hold"), _named(duty))


def _resume(visit: Visit, duty: Duty) -> str:
    holds.resume(visit.context, visit.actor, duty.id)
    return paired(_("Resumed"), _named(duty))


def _answer(visit: Visit, duty: Duty) -> str:
    requests.answer(visit.context, visit.actor, duty.id, visit.given("text"))
    return _("Answered: {duty}", duty=_named(duty))


def _explain(visit: Visit, duty: Duty) -> str:
    explained = ratings.explain(visit.context, visit.actor, duty.id, visit.given("cause"))
    return _("Cause given: {cause}", cause=cause_word(explained.cause))


ACTS: Mapping[str, Act] = {
    "deliver": _deliver,
    "fill": _fill,
    "take": _take,
    "release": _release,
    "accept": _accept,
    "return": _return,
    "take-back": _take_back,
    "note": _note,
    "hold": _hold,
    "resume": _resume,
    "answer": _answer,
    "cause": _explain,
}

ADDING = frozenset({"note"})
"""Actions that decide nothing, so that they count whatever others did since the page was shown."""


def _named(duty: Duty) -> str:
    return " ".join(filter(None, (text_of(duty.title), duty.subject)))


def _seen(found: DutyDetail) -> str:
    """Return the number of the last change that the page shows."""
    return str(found.history[-1].sequence) if found.history else "0"


# --- forms ------------------------------------------------------------------------------------------------------------


def _acts(visit: Visit, found: DutyDetail) -> list[Section]:
    """Return the forms of the actions that the person may take now.

    The most usual action comes first and is open.
    """
    if found.archive:
        return []
    forms = [*_owing(visit, found), *_judging(visit, found), *_common(visit, found)]
    return [Section(forms=forms)] if forms else []


def _allowed(visit: Visit, found: DutyDetail, right: Right) -> bool:
    return visit.may(right, provider=found.duty.provider, consumer=found.duty.consumer)


def _form(found: DutyDetail, what: str, button: str, *inputs: Input, **facts: object) -> Form:
    """Return the form of an action on a duty.

    The form has what the page showed, so that an old page changes nothing.
    """
    seen = Input(name="seen", kind=InputKind.HIDDEN, value=_seen(found))
    return Form(action=f"/duty/{found.duty.id}/{what}", button=button, inputs=(seen, *inputs), **facts)  # type: ignore[arg-type]


def _owing(visit: Visit, found: DutyDetail) -> Iterator[Form]:
    duty = found.duty
    if duty.state is State.HELD and _allowed(visit, found, Right.HOLD):
        yield _form(found, "resume", _("Resume"), strong=True)
    if duty.state in OWED and _allowed(visit, found, Right.TAKE) and not duty.assignee:
        yield _form(found, "take", _("Take"))
    if duty.request and duty.answered_at is None and duty.is_live and _allowed(visit, found, Right.ANSWER):
        text = Input(name="text", label=_("Answer"), kind=InputKind.LINES, required=True)
        yield _form(found, "answer", _("Answer"), text, heading=_("Answer the request"), folded=True)
    if duty.state in OWED and _allowed(visit, found, Right.DELIVER):
        yield _delivering(found)
    if duty.state is State.DELIVERED and _allowed(visit, found, Right.DELIVER):
        yield _taking_back(visit, found)
    if ratings.asks_now(duty, visit.now) and duty.deliveries and _allowed(visit, found, Right.EXPLAIN):
        causes = [(cause, cause_word(cause)) for cause in visit.context.settings.causes]
        chosen = Input(name="cause", label=_("Cause"), kind=InputKind.CHOICE, choices=causes, required=True)
        yield _form(found, "cause", _("Save"), chosen, heading=_("It was late; why?"), folded=True)


def _delivering(found: DutyDetail) -> Form:
    duty = found.duty
    evidence = inputs_of(duty.terms.evidence, duty.draft)
    note = Input(name="note", label=_("Remark"), kind=InputKind.LINES, hint=_("for the consumer"))
    claimed = Input(
        name="claimed",
        label=_("Handed over at"),
        hint=_("only if handed over earlier; counts once confirmed"),
    )
    return _form(
        found,
        "deliver",
        _("Deliver"),
        *evidence,
        note,
        claimed,
        strong=True,
        heading=_("Deliver"),
        other=(f"/duty/{duty.id}/fill", _("Keep for later")) if duty.terms.evidence else None,
    )


def _taking_back(visit: Visit, found: DutyDetail) -> Form:
    doubt = operations.doubt_about_taking_back(found.duty, visit.now)
    if doubt is None:
        return _form(found, "take-back", _("Take back"))
    sure = confirmation(_("It becomes late by it. Take it back all the same."))
    return _form(found, "take-back", _("Take back"), sure, heading=_("Take back"), folded=True)


def _judging(visit: Visit, found: DutyDetail) -> Iterator[Form]:
    duty = found.duty
    if duty.state is not State.DELIVERED or not _allowed(visit, found, Right.JUDGE):
        return
    claims = []
    if duty.delivery is not None and duty.delivery.claimed_at is not None:
        label = _("I confirm that it was handed over at {when}", when=visit.when(duty.delivery.claimed_at))
        claims.append(Input(name="confirm", label=label, kind=InputKind.TICK, anew=True))
    yield _form(found, "accept", _("Accept"), *claims, strong=True)
    reason = Input(name="reason", label=_("Reason for a return"), kind=InputKind.LINES, required=True)
    yield _form(found, "return", _("Return"), reason, heading=_("Return"), folded=True)


def _common(visit: Visit, found: DutyDetail) -> Iterator[Form]:
    duty = found.duty
    if duty.state is State.OPEN and _allowed(visit, found, Right.HOLD):
        party = Input(
            name="waits_for",
            label=_("Waits for"),
            required=True,
            hint=_("a department, a person, or somebody outside"),
        )
        reason = Input(name="reason", label=_("Reason"), required=True)
        again = confirmation(_("It is spelt as I mean it."), required=False)
        yield _form(found, "hold", _("Hold"), party, reason, again, heading=_("Hold"), folded=True)
    if duty.is_live and _allowed(visit, found, Right.NOTE):
        text = Input(name="text", label=_("Note"), kind=InputKind.LINES, required=True)
        yield _form(found, "note", _("Save"), text, heading=_("Write a note"), folded=True)
    if duty.state in OWED and duty.assignee == visit.actor.id and _allowed(visit, found, Right.TAKE):
        yield _form(found, "release", _("Put back"), heading=_("Put back into the pool"), folded=True)


# --- what is shown ----------------------------------------------------------------------------------------------------


def _facts(visit: Visit, found: DutyDetail) -> Iterator[Section]:
    known = visit.context.catalogue.obligations.get(found.duty.obligation)
    timed = TONES.get(found.row.bucket.value, FactTone.PLAIN)
    said = [
        StatedFact(
            label=one.label,
            text=one.text,
            tone=timed if one.is_timed else FactTone.QUIET if one.is_quiet else FactTone.PLAIN,
        )
        for one in standing_facts(found, visit.reader, language())
    ]
    said += urgent_facts(found, visit.reader)
    yield Section(facts=[*said, *further_facts(found, known, visit.reader)])
    evidence = _evidence(found.duty)
    if evidence:
        yield Section(heading=_("Evidence"), facts=evidence)
    if found.duty.notes:
        notes = [
            StatedFact(
                label=f"{visit.when(note.at)}\n{person_word(visit.context.people, note.by)}", text=note.text
            )
            for note in found.duty.notes
        ]
        yield Section(heading=_("Notes"), facts=notes)


def _evidence(duty: Duty) -> list[StatedFact]:
    """Return the evidence that is asked for and that is there.

    While the form asks for evidence, only what was delivered is returned.
    """
    if duty.state in OWED and duty.delivery is None:
        return []
    given = duty.delivery.evidence if duty.delivery is not None else duty.draft
    said = [
        StatedFact(
            label=text_of(field.label),
            text=_("✓ there")
            if field.kind is FieldKind.TICK and field.id in given
            else format_value(field, given[field.id])
            if field.id in given
            else "–",
        )
        for field in duty.terms.evidence
    ]
    if duty.delivery is not None and duty.delivery.note:
        said.append(StatedFact(label=_("Remark"), text=duty.delivery.note))
    return said


def _further(visit: Visit, found: DutyDetail) -> Iterator[Section]:
    if found.guide:
        text = "".join(piece for piece, _stressed in pieces(found.guide.get(language())))
        yield Section(heading=_("Guide"), lines=[text], folded=True)
    history = [
        Card(
            title=change.what,
            badge=visit.when(change.at),
            lines=[" ".join(filter(None, (change.who, change.reason)))],
            tone=FactTone.PLAIN,
        )
        for change in history_facts(found.duty, found.history, visit.reader)
    ]
    if history:
        yield Section(heading=_("History"), cards=history[::-1], folded=True)
