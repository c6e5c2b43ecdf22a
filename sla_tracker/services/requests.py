"""Use cases of requests: ask, answer, withdraw; delivering the duty settles them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sla_tracker.domain.agreements.fields import Field, filled, problems_with
from sla_tracker.domain.agreements.obligation import Obligation, OnRequest
from sla_tracker.domain.agreements.occurrences import (
    asked_of,
    fields_of_request,
    open_triggers,
    requestable,
)
from sla_tracker.domain.agreements.request_terms import SettleFrom
from sla_tracker.domain.deadlines.due import Deadline
from sla_tracker.domain.duties import request as steps
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import OWED, Duty, Paper, State
from sla_tracker.domain.duties.request import Request, RequestState
from sla_tracker.domain.duties.request_clocks import AskedRequest
from sla_tracker.domain.duties.subject import problem_with_subject, subject_key
from sla_tracker.domain.duties.transitions import LONGEST_NOTE, reason_given
from sla_tracker.domain.people import Actor
from sla_tracker.domain.text import Text
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Choices, Incomplete, NeedsConfirmation, Refused, UsageError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.creation import open_for_request
from sla_tracker.services.duties.saving import save_duty
from sla_tracker.services.lookup.references import existing, must_not_be_sealed, new_id
from sla_tracker.services.open_requests.recounting import recounted
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.turns.new_duty import in_force_since

OPEN = (RequestState.ASKED, RequestState.ANSWERED)
SOON_AGAIN = timedelta(hours=1)  # an equal request within this time needs confirmation


def ask(
    context: ServiceContext,
    actor: Actor,
    obligation_id: str,
    *,
    provider: str = "",
    subject: str = "",
    text: str = "",
    wanted_at: datetime | date | None = None,
    fields: Mapping[str, str] | None = None,
    papers: Sequence[str] = (),
    again: bool = False,
    import_id: str = "",
    import_key: str = "",
) -> tuple[Request, Duty]:
    """Record a request and open its duty; the answer and the settling time start now.

    `provider` names the department that is asked, of several that owe it. `fields` are the values that it asks for,
    which may choose the limits; `papers` the ids of those that are there already. Raises Incomplete for missing values.
    `import_id` is the import that asks, `import_key` how its list names the request.

    `wanted_at` moves the due time if it is later than the rule's; an earlier one changes nothing. A date means the
    close of that day. Raises UsageError without subject and text, because nobody could settle it without asking back;
    NeedsConfirmation when the department has just requested the same for the same subject, unless `again`.
    """
    given = filled(fields or {})

    def work(tx: Writing, now: datetime) -> tuple[Request, Duty]:
        # Found inside: the transaction reads first what departments have agreed meanwhile.
        obligation = _owed_by(context, context.catalogue.obligation(obligation_id), provider)
        obligation = _owed_to(context, obligation, actor)
        trigger = _requestable(context, obligation, given, now)
        _must_be_clear(obligation, subject, text)
        _check_papers(trigger, obligation.title, papers)
        context.require(actor, Right.ASK, now, provider=obligation.provider, consumer=obligation.consumer)
        if not again:
            _ask_if_just_asked(context, tx, actor, obligation, subject, now)
        counted = asked_of(
            obligation,
            trigger,
            now,
            wanted_at,
            context.calendar_of,
            given,
            now if _has_all_papers(trigger, papers) else None,
        )
        _must_be_in_force(context, tx, obligation, replace(counted, wanted_by=None).settlement())
        asked = _new_request(actor, now, obligation.provider, subject, text)
        asked = replace(asked, obligation=obligation.id, import_id=import_id, import_key=import_key)
        ticked = tuple(Paper(id=id, at=now, by=actor.id) for id in dict.fromkeys(papers))
        return _open(context, tx, _granted(asked, counted), obligation, trigger, counted, ticked)

    return context.write(actor, Verb.REQUESTED, work)


def _open(
    context: ServiceContext,
    tx: Writing,
    request: Request,
    obligation: Obligation,
    trigger: OnRequest,
    counted: AskedRequest,
    ticked: tuple[Paper, ...],
) -> tuple[Request, Duty]:
    """Store a request and the duty that it opens, each naming the other."""
    tx.put(request)
    settle, now = counted.settlement(), counted.requested_at
    duty = open_for_request(context, tx, request, obligation, trigger, settle, now, ticked)
    request = replace(request, duty=duty.id)
    tx.put(request)
    return request, duty


def _must_be_clear(obligation: Obligation, subject: str, text: str) -> None:
    """Raise UsageError for a request that is unclear or too long.

    Unclear is one that nobody could settle without asking back.
    """
    if not subject.strip() and not text.strip():
        raise UsageError(
            N_(
                "Say what “{title}” is asked for: name a subject, or write a text that says what exactly is needed."
            ),
            title=obligation.title,
        )
    _check_text(subject, text)


def _granted(request: Request, counted: AskedRequest) -> Request:
    """Return a request with when it is wanted, its fields and the limit of its answer."""
    answer, calendar = counted.answer(), counted.calendar_for(counted.limit().due)
    wanted_at, wanted_on = counted.wanted_by, None
    if wanted_at is not None and not isinstance(wanted_at, datetime):
        wanted_on, wanted_at = wanted_at, calendar.close_of(wanted_at)
    return replace(
        request,
        wanted_at=wanted_at,
        wanted_on=wanted_on,
        answer_due_at=answer.due_at if answer else None,
        answer_deadline=answer,
        fields=dict(counted.fields),
    )


def promised_to(context: ServiceContext, department: str) -> dict[str, Obligation]:
    """Return the on-request obligations that a department may request.

    Without a department, all such obligations are returned.
    """
    every = tuple(context.catalogue.departments)
    promised = context.catalogue.on_request()
    return {one.id: one for one, _trigger in promised if department in {"", *one.owed_to(every)}}


def fields_to_ask(context: ServiceContext, obligation: Obligation, consumer: str) -> tuple[Field, ...]:
    """Return the fields of a consumer's request now; required if a limit needs them."""
    owed = obligation.to(consumer)
    return fields_of_request(open_triggers(owed, consumer, context.now(), context.calendar_of))


def papers_to_ask(context: ServiceContext, obligation: Obligation, consumer: str) -> tuple[Field, ...]:
    """Return the papers that a consumer's request waits for.

    Once they are there, its settle clock starts.
    """
    triggers = open_triggers(obligation.to(consumer), consumer, context.now(), context.calendar_of)
    found = {paper.id: paper for trigger in triggers for paper in trigger.papers}
    return tuple(found.values())


def _check_papers(trigger: OnRequest, title: Text, papers: Sequence[str]) -> None:
    known = {paper.id: paper.label for paper in trigger.papers}
    for id in papers:
        if not known:
            raise Refused(N_("“{title}” asks for no papers."), title=title)
        if id not in known:
            raise UsageError(
                N_("There is no paper “{name}”; the papers are {known}."), name=id, known=Choices(known)
            )


def _has_all_papers(trigger: OnRequest, papers: Sequence[str]) -> bool:
    return {paper.id for paper in trigger.papers} <= {*papers}


def _owed_by(context: ServiceContext, obligation: Obligation, provider: str) -> Obligation:
    """Return the obligation as it binds the department that is asked.

    Raises UsageError where several owe it and none is named, Refused for a department that does not owe it.
    """
    bound = context.catalogue.bound(obligation.id)
    owing = {one.provider: context.catalogue.departments[one.provider].name for one in bound}
    if not provider and not obligation.is_shared:
        return bound[0]
    if not provider:
        raise UsageError(
            N_("Several departments owe “{title}”; say which one you ask (sla request --to): {known}."),
            title=obligation.title,
            known=Choices(owing),
        )
    asked = context.catalogue.department(provider)
    found = next((one for one in bound if one.provider == asked.id), None)
    if found is None:
        raise Refused(
            N_("{department} does not owe “{title}”; it is owed by {known}."),
            department=asked.name,
            title=obligation.title,
            known=Choices(owing),
        )
    return found


def _must_be_in_force(
    context: ServiceContext, tx: Reading, obligation: Obligation, deadline: Deadline
) -> None:
    """Raise Refused for a request that is due before the first day of kept duties."""
    since = in_force_since(context, tx, obligation)
    if deadline.due_on < since:
        raise Refused(
            N_(
                "“{title}” would be due on {due}, before {day}, the first day whose duties are kept here. "
                "Ask again then."
            ),
            title=obligation.title,
            due=deadline.due_on,
            day=since,
        )


def _ask_if_just_asked(
    context: ServiceContext, tx: Reading, actor: Actor, obligation: Obligation, subject: str, now: datetime
) -> None:
    """Raise NeedsConfirmation for a request that seems to be entered twice.

    Never without a subject, because then nothing shows that both are the same.
    """
    key = subject_key(subject)
    if not key:
        return
    for other in tx.find(Request, state=OPEN, consumer=actor.department, subject_key=key):
        is_same = (other.obligation, other.provider) == (obligation.id, obligation.provider)
        if is_same and now - other.requested_at < SOON_AGAIN:
            raise NeedsConfirmation(
                N_("“{title}” about {subject} was already asked for by {by} at {at}. Ask for it again?"),
                title=obligation.title,
                subject=other.subject,
                by=context.name_of(other.requested_by),
                at=other.requested_at,
            )


def ask_uncovered(
    context: ServiceContext, actor: Actor, provider: str, *, subject: str = "", text: str
) -> Request:
    """Record a request without an obligation; no time limit, counted separately."""
    department = context.catalogue.department(provider)
    if not text.strip():
        raise UsageError(N_("Say what you ask for."))
    _check_text(subject, text)

    def work(tx: Writing, now: datetime) -> Request:
        context.require(actor, Right.ASK, now, provider=department.id, consumer=actor.department)
        if department.id == actor.department:
            raise Refused(N_("A request goes to another department."))
        request = _new_request(actor, now, department.id, subject, text)
        tx.put(request)
        return request

    return context.write(actor, Verb.REQUESTED, work)


def _new_request(actor: Actor, now: datetime, provider: str, subject: str, text: str) -> Request:
    return Request(
        id=new_id(now),
        obligation="",
        provider=provider,
        consumer=actor.department,
        subject=subject.strip(),
        subject_key=subject_key(subject),
        text=text.strip(),
        requested_at=now,
        requested_by=actor.id,
    )


def _check_text(subject: str, text: str) -> None:
    if subject.strip() and (wrong := problem_with_subject(subject)) is not None:
        raise wrong
    if len(text) > LONGEST_NOTE:
        raise UsageError(N_("A request has at most {limit} characters."), limit=LONGEST_NOTE)


def _owed_to(context: ServiceContext, obligation: Obligation, actor: Actor) -> Obligation:
    """Return the obligation as it is owed to the actor's department.

    If that department is none of its consumers, it is returned as owed to the first of them.
    """
    consumers = obligation.owed_to(tuple(context.catalogue.departments))
    return obligation.to(actor.department if actor.department in consumers else consumers[0])


def _requestable(
    context: ServiceContext, obligation: Obligation, given: Mapping[str, str], now: datetime
) -> OnRequest:
    """Return the trigger that a consumer's request opens now, by its fields.

    Raises Incomplete where a field is missing or wrong, so that nothing is decided by an empty one; else Refused.
    """
    possible = tuple(open_triggers(obligation, obligation.consumer, now, context.calendar_of))
    if possible:
        problems = problems_with(fields_of_request(possible), given)
        if problems:
            raise Incomplete(N_("“{title}” cannot be asked for yet:"), problems, title=obligation.title)
    found = requestable(obligation, obligation.consumer, now, context.calendar_of, given)
    if found is not None:
        return found
    if possible:
        raise Refused(
            N_("“{title}” is not promised for what these fields say: no condition of it holds."),
            title=obligation.title,
        )
    promised = [one for one in obligation.triggers if isinstance(one, OnRequest)]
    if not promised:
        raise Refused(
            N_("“{title}” cannot be asked for: it opens by the calendar or by an event."),
            title=obligation.title,
        )
    today = now.astimezone(context.settings.zone).date()
    if not any(obligation.validity_of(one).has(today) for one in promised):
        raise Refused(
            N_("“{title}” cannot be asked for today: it is not valid on {day}."),
            title=obligation.title,
            day=today,
        )
    raise Refused(N_("“{title}” is not promised to your department."), title=obligation.title)


def answer(context: ServiceContext, actor: Actor, duty_id: str, text: str) -> Duty:
    """Record the provider's first answer to a duty's request; ends the answer time."""
    must_not_be_sealed(context, Duty, duty_id)

    def work(tx: Writing, now: datetime) -> Duty:
        duty = existing(tx, Duty, duty_id)
        context.require(actor, Right.ANSWER, now, provider=duty.provider, consumer=duty.consumer)
        if not duty.request:
            raise Refused(
                N_("“{title}” was not asked for by a request; there is nothing to answer."), title=duty.title
            )
        request = existing(tx, Request, duty.request)
        _must_not_be_handed_over(context, tx, duty, request)
        tx.put(steps.answered(request, answer=reason_given(text), now=now, by=actor.id))
        first = replace(duty, answered_at=now, answered_by=actor.id, assignee=duty.assignee or actor.id)
        terms = duty.terms.request
        if terms is not None and terms.settle_from is SettleFrom.ANSWER and duty.state in OWED:
            first = recounted(context, tx, first)
        return save_duty(context, tx, first)

    return context.write(actor, Verb.ANSWERED, work)


def _must_not_be_handed_over(context: ServiceContext, tx: Reading, duty: Duty, request: Request) -> None:
    """Raise Refused for the duty of a department that gave the request away.

    An answer would end the clock of the department that took it over.
    """
    if duty.state is not State.HANDED_OVER:
        return
    taken = tx.get(Duty, request.duty) or duty
    raise Refused(
        N_("“{title}” ({ref}) was handed over; {department} answers it now ({taken})."),
        title=duty.title,
        ref=duty.reference,
        department=context.party(taken.provider),
        taken=taken.reference,
    )


def answer_uncovered(context: ServiceContext, actor: Actor, request_id: str, text: str) -> Request:
    """Record the provider's answer to a request without an obligation."""

    def work(tx: Writing, now: datetime) -> Request:
        request = _uncovered(tx, request_id)
        context.require(actor, Right.ANSWER, now, provider=request.provider, consumer=request.consumer)
        changed = steps.answered(request, answer=reason_given(text), now=now, by=actor.id)
        tx.put(changed)
        return changed

    return context.write(actor, Verb.ANSWERED, work)


def settle_uncovered(context: ServiceContext, actor: Actor, request_id: str) -> Request:
    """Mark a request without an obligation as settled, as its consumer."""

    def work(tx: Writing, now: datetime) -> Request:
        request = _uncovered(tx, request_id)
        context.require(
            actor, Right.WITHDRAW_REQUEST, now, provider=request.provider, consumer=request.consumer
        )
        changed = steps.settled(request, now=now)
        tx.put(changed)
        return changed

    return context.write(actor, Verb.SETTLED_REQUEST, work)


def _uncovered(tx: Writing, request_id: str) -> Request:
    request = existing(tx, Request, request_id)
    if request.duty:
        raise Refused(N_("This request is settled by its duty; deliver that instead (sla deliver)."))
    return request


def withdraw(context: ServiceContext, actor: Actor, request_id: str, reason: str) -> Request:
    """Withdraw an unsettled request; its duty, handed over or not, is cancelled."""

    def work(tx: Writing, now: datetime) -> Request:
        request = existing(tx, Request, request_id)
        context.require(
            actor, Right.WITHDRAW_REQUEST, now, provider=request.provider, consumer=request.consumer
        )
        changed = steps.withdrawn(request, reason=reason.strip(), now=now)
        tx.put(changed)
        for duty in tx.find(Duty, request=request.id, state=OWED):
            save_duty(context, tx, transitions.cancelled(duty, now=now))
        return changed

    return context.write(actor, Verb.WITHDREW_REQUEST, work, reason)


def concerning(context: ServiceContext, department: str) -> list[Request]:
    """Return all requests made or received by a department, or all, latest first."""

    def work(tx: Reading) -> list[Request]:
        if not department:
            return tx.find(Request)
        return [*tx.find(Request, consumer=department), *tx.find(Request, provider=department)]

    own = {request.id: request for request in context.store.read(work)}
    return sorted(own.values(), key=lambda request: request.requested_at, reverse=True)
