"""`sla why`: explains a deadline of a duty, or of an obligation at a given time."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import NamedTuple

import click

from sla_tracker.cli import output
from sla_tracker.cli.completion import complete_departments, complete_duties_or_obligations
from sla_tracker.cli.formats.documents import deadline_document, sought_document
from sla_tracker.cli.formats.duty_lines import moment_word, reader_of, short_notice_line
from sla_tracker.cli.formats.text_table import Span, Tone
from sla_tracker.cli.grammar import Command, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.agreements.clocks import clock_for
from sla_tracker.domain.agreements.counted import turns_by_rule, turns_due_by_rule
from sla_tracker.domain.agreements.obligation import (
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
    Trigger,
    assumed_parts,
)
from sla_tracker.domain.agreements.occurrences import (
    Occurrence,
    granted_on_request,
)
from sla_tracker.domain.consent.agreed_version import AgreedVersion
from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.deadlines.due import deadline_after
from sla_tracker.domain.deadlines.explanation import explain, explain_line
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.archive_index import typed_reference
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.instants import ONE_DAY
from sla_tracker.errors import N_, Choices, NotFound, Refused, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.departments.limits import complaint_limit, survey_limit
from sla_tracker.services.duties.current_deadline import due_now
from sla_tracker.services.events import time_holds
from sla_tracker.services.lookup.references import find_duty_to_read, resolve
from sla_tracker.services.ports import Reading
from sla_tracker.services.queries.duties import detail
from sla_tracker.services.queries.limits import ExplainedLimit, LimitKind
from sla_tracker.services.queries.sought import SoughtDuty
from sla_tracker.wording.consent.agreed_words import format_kept
from sla_tracker.wording.duties import department_word, format_assumed, text_of
from sla_tracker.wording.event_changes import format_event_changes
from sla_tracker.wording.limits import format_limit, format_sought
from sla_tracker.wording.withheld import format_answer

# How far a due date of a recurring obligation is looked for: most rules come round within a year; then some years.
AHEAD = (timedelta(days=400), timedelta(days=4_000))
SURVEY = "survey"  # what to type for the limit of the present survey
REFERENCE = re.compile(r"[0-9a-f-]{3,36}")  # three are too few, which is said


@click.command(
    "why",
    cls=Command,
)
@argument(
    "reference",
    metavar="REF|OBLIGATION",
    help=N_("A duty's reference, or the id or title of an obligation (sla agree list --all)."),
    shell_complete=complete_duties_or_obligations,
)
@option("--on", metavar="DAY", help=N_("The due day of a recurring obligation; without it the next one."))
@option("--at", metavar="TIME", help=N_("When the event would happen, or the request be made."))
@option(
    "--department",
    metavar="DEPARTMENT",
    help=N_("Whose deadline, of what several departments owe; without it your own or the first."),
    shell_complete=complete_departments,
)
@option("--short", is_flag=True, help=N_("On one line."))
@as_json
@click.pass_obj
def why_command(
    invocation: Invocation,
    reference: str,
    on: str | None,
    at: str | None,
    department: str | None,
    short: bool,
    as_json: bool,
) -> None:
    """Explain a deadline."""
    obligation = _obligation(invocation, reference, department)
    if reference == SURVEY and obligation is None:
        asked = _of_limit(
            invocation, Text("调查", "Survey"), "", survey_limit(invocation.context, invocation.today())
        )
    elif obligation is None:
        if on or at or department:
            raise UsageError(
                N_("--on, --at and --department go with the id of an obligation; “{ref}” is none."),
                ref=reference,
            )
        asked = _of_reference(invocation, reference)
    elif at:
        instant = invocation.moment(at, future=True)
        trigger = _opened_at(invocation, obligation, instant)
        if not _can_open(invocation, obligation, trigger, instant):
            _say_nothing_owed(invocation, obligation, trigger, instant, as_json=as_json)
            return
        asked = _on_event(invocation, obligation, trigger, instant)
    else:
        turn = _by_calendar(invocation, obligation, on)
        asked = _of_obligation(invocation, obligation, turn.trigger, turn.deadline)
    if as_json:
        limits = [{"limit": one.kind.value, **deadline_document(one.deadline)} for one in asked.limits]
        output.document(
            reference=reference,
            deadline=deadline_document(asked.deadline),
            limits=limits,
            looked_for=[sought_document(one) for one in asked.sought],
        )
    elif short:
        output.line(explain_line(asked.deadline.steps, lang=language(), zone=invocation.zone))
    else:
        _print(invocation, asked)


class _Asked(NamedTuple):
    """A deadline to explain: title, parties, remarks, the duty's other limits."""

    title: Text
    provider: str
    deadline: Deadline
    remarks: tuple[tuple[str, Tone], ...] = ()
    limits: tuple[ExplainedLimit, ...] = ()
    sought: tuple[SoughtDuty, ...] = ()


def _obligation(invocation: Invocation, named: str, department: str | None) -> Obligation | None:
    """Return the obligation with this id or title, as it binds a department.

    None when the text may be the reference of a duty. Raises NotFound.
    """
    catalogue = invocation.context.catalogue
    try:
        found = catalogue.obligation(named)
    except NotFound:
        if named == SURVEY or REFERENCE.fullmatch(typed_reference(named)):
            return None
        raise
    own = catalogue.department(department).id if department else invocation.actor.department
    bound = {one.provider: one for one in catalogue.bound(found.id)}
    if department and own not in bound:
        raise Refused(
            N_("{department} does not owe “{title}”; it is owed by {known}."),
            department=catalogue.departments[own].name,
            title=found.title,
            known=Choices({id: catalogue.departments[id].name for id in bound}),
        )
    return bound.get(own) or next(iter(bound.values()), None) or found


def _of_reference(invocation: Invocation, reference: str) -> _Asked:
    """Return what to explain of a duty, complaint or request with this reference."""
    try:
        return _of_duty(invocation, find_duty_to_read(invocation.context, reference))
    except NotFound:
        found = invocation.context.store.read(lambda tx: _complaint_or_request(tx, reference))
        if isinstance(found, Request) and found.duty:
            return _of_duty(invocation, find_duty_to_read(invocation.context, found.duty))
        limit = complaint_limit(invocation.context, found) if isinstance(found, Complaint) else None
        if limit is None or not isinstance(found, Complaint):
            raise
        return _of_limit(invocation, Text("投诉", "Complaint"), found.against, limit)


def _complaint_or_request(tx: Reading, reference: str) -> Complaint | Request | None:
    with suppress(NotFound):
        return resolve(tx, Complaint, reference)
    with suppress(NotFound):
        return resolve(tx, Request, reference)
    return None


def _of_limit(invocation: Invocation, title: Text, department: str, limit: ExplainedLimit) -> _Asked:
    said = format_limit(limit, moment_word(invocation, limit.deadline.due_at))
    return _Asked(title, department, limit.deadline, ((said, Tone.QUIET),))


def _of_duty(invocation: Invocation, duty: Duty) -> _Asked:
    found = detail(invocation.context, duty.id)
    notice = short_notice_line(invocation, found) if found is not None and duty.short_notice else ""
    changes = format_event_changes(duty, reader_of(invocation))
    return _Asked(
        duty.title,
        duty.provider,
        due_now(invocation.context, duty, invocation.now()),
        (
            *((_sought(invocation, one), Tone.PLAIN) for one in (found.sought if found else ())),
            (_agreed(invocation, duty.terms.agreed, duty.deadline.nominal_on), Tone.QUIET),
            (format_assumed(duty.terms.assumed, duty.terms.set_by_admin), Tone.QUIET),
            *((one, Tone.WARNING) for one in changes),
            (notice, Tone.WARNING),
        ),
        found.limits if found is not None else (),
        found.sought if found is not None else (),
    )


def _sought(invocation: Invocation, sought: SoughtDuty) -> str:
    return format_sought(sought, department_word(invocation.context, sought.provider))


def _agreed(invocation: Invocation, version: AgreedVersion | None, due_on: date) -> str:
    """Return which agreement the terms go by; empty for none."""
    if version is None or not version.parts:
        return ""
    said = format_kept(version, due_on, invocation.context.people, invocation.zone)
    return paired(_("Terms"), said)


def _of_obligation(
    invocation: Invocation, obligation: Obligation, trigger: Trigger, deadline: Deadline, remark: str = ""
) -> _Asked:
    version = trigger.version.agreed if trigger.version is not None else None
    return _Asked(
        obligation.title,
        obligation.provider,
        deadline,
        (
            (remark, Tone.QUIET),
            (_agreed(invocation, version, deadline.nominal_on), Tone.QUIET),
            (format_assumed(assumed_parts(trigger), trigger.set_by_admin), Tone.QUIET),
        ),
    )


def _on_event(
    invocation: Invocation, obligation: Obligation, trigger: OnEvent | OnRequest, instant: datetime
) -> _Asked:
    """Return the deadline that an event or request at an instant would have."""
    lookup, answer = invocation.context.calendar_of, None
    if isinstance(trigger, OnRequest):
        consumers = obligation.owed_to(tuple(invocation.context.catalogue.departments))
        own = invocation.actor.department
        owed = obligation.to(own if own in consumers else consumers[0])
        deadline, answer = granted_on_request(owed, trigger, instant, None, lookup)
    else:
        rule, calendar = clock_for(obligation, trigger.due, lookup)
        deadline = deadline_after(rule, instant, calendar)
    asked = _of_obligation(invocation, obligation, trigger, deadline, _needed_answer(invocation, trigger))
    return (
        asked
        if answer is None
        else asked._replace(limits=(ExplainedLimit(kind=LimitKind.ANSWER, deadline=answer),))
    )


def _print(invocation: Invocation, asked: _Asked) -> None:
    title, provider, deadline, remarks, limits, _sought_turns = asked
    owner = f"  {department_word(invocation.context, provider)}" if provider else ""
    output.line(
        Span(text_of(title), Tone.HEADING),
        Span(owner, Tone.QUIET),
        Span("  " + _("due {when}", when=moment_word(invocation, deadline.due_at)), Tone.HEADING),
    )
    _print_steps(invocation, deadline)
    for limit in limits:
        output.line(Span(format_limit(limit, moment_word(invocation, limit.deadline.due_at)), Tone.HEADING))
        _print_steps(invocation, limit.deadline)
    for remark, tone in remarks:
        if remark:
            output.message(remark, tone)


def _print_steps(invocation: Invocation, deadline: Deadline) -> None:
    for number, sentence in enumerate(explain(deadline.steps, lang=language(), zone=invocation.zone), 1):
        output.line(f"{number:3}. ", Span(sentence))


def _opened_at(invocation: Invocation, obligation: Obligation, instant: datetime) -> OnEvent | OnRequest:
    """Return the trigger that opens the obligation at an instant, else another one.

    Raises UsageError.
    """
    triggers = [one for one in obligation.triggers if isinstance(one, OnEvent | OnRequest)]
    if not triggers:
        raise UsageError(
            N_("“{title}” comes by the calendar; name a due day with --on."), title=obligation.title
        )
    return next((one for one in triggers if _can_open(invocation, obligation, one, instant)), triggers[0])


def _is_valid(
    invocation: Invocation, obligation: Obligation, trigger: OnEvent | OnRequest, instant: datetime
) -> bool:
    _rule, calendar = clock_for(obligation, trigger.due, invocation.context.calendar_of)
    return obligation.validity_of(trigger).has(calendar.local_date(instant))


def _can_open(
    invocation: Invocation, obligation: Obligation, trigger: OnEvent | OnRequest, instant: datetime
) -> bool:
    in_time = isinstance(trigger, OnRequest) or time_holds(invocation.context, trigger, instant)
    return in_time and _is_valid(invocation, obligation, trigger, instant)


def _say_nothing_owed(
    invocation: Invocation,
    obligation: Obligation,
    trigger: OnEvent | OnRequest,
    instant: datetime,
    *,
    as_json: bool,
) -> None:
    """Print that an event at this time of day opens nothing, and when one would."""
    after = trigger.condition.after if isinstance(trigger, OnEvent) and trigger.condition else None
    title, at = text_of(obligation.title), moment_word(invocation, instant)
    if not _is_valid(invocation, obligation, trigger, instant):
        reason = _("Nothing would be owed: “{title}” is not valid at {at}.", title=title, at=at)
    else:
        reason = _(
            "Nothing would be owed: “{title}” opens only after {after}, and {at} is not after that.",
            title=title,
            after=f"{after:%H:%M}" if after else "",
            at=at,
        )
    if as_json:
        output.document(reference=obligation.id, deadline=None, nothing_owed=reason)
    else:
        output.line(reason)


def _needed_answer(invocation: Invocation, trigger: OnEvent | OnRequest) -> str:
    """Return the sentence on the field value an event needs; empty for any value.

    Only an event with that value opens the obligation.
    """
    condition = trigger.condition if isinstance(trigger, OnEvent) else None
    if condition is None or not condition.field:
        return ""
    fields = [
        field
        for event_type in invocation.context.catalogue.event_types.values()
        if isinstance(trigger, OnEvent) and event_type.id == trigger.event_type
        for field in event_type.fields
        if field.id == condition.field
    ]
    said = [paired(text_of(field.label).rstrip("?？"), format_answer(condition, field)) for field in fields]
    return _("Owed only where the event says: {answer}.", answer=said[0] if said else condition.field)


def _by_calendar(invocation: Invocation, obligation: Obligation, on: str | None) -> Occurrence:
    """Return a recurring obligation's turn that is due on a day, by default the next.

    The day may be the one before or after roll.
    """
    if not obligation.trigger_of(Recurring):
        raise UsageError(
            N_("“{title}” opens by an event or a request; say when it would happen with --at."),
            title=obligation.title,
        )
    today = invocation.today()
    wanted = invocation.day(on, future=True) if on else None
    found = (
        _next_turns(invocation, obligation, today)
        if wanted is None
        else _turns_on(invocation, obligation, wanted)
    )
    near = found or _turns_near(invocation, obligation, wanted or today)
    dated = [one for one in near if one.is_dated]
    if near and not dated:
        raise UsageError(
            N_("“{title}” counts from the delivery of another duty and has no due before that."),
            title=obligation.title,
        )
    if found:
        return dated[0]
    days = ", ".join(one.deadline.due_on.isoformat() for one in dated[:4])
    raise NotFound(
        N_("“{title}” is not due on {day}; near it there is {days}."),
        title=obligation.title,
        day=wanted or today,
        days=days or "-",
    )


def _next_turns(invocation: Invocation, obligation: Obligation, today: date) -> list[Occurrence]:
    """Return the coming turns, by due; of the nearest years that have any."""
    for ahead in AHEAD:
        if found := _turns_due(invocation, obligation, today, today + ahead):
            return found
    return []


def _turns_on(invocation: Invocation, obligation: Obligation, day: date) -> list[Occurrence]:
    """Return the turns that are due on a day, else those that were before roll."""
    context = invocation.context
    named = turns_by_rule(context.catalogue, obligation, context.calendar_of, day, day + ONE_DAY)
    return _turns_due(invocation, obligation, day, day) or list(named)


def _turns_near(invocation: Invocation, obligation: Obligation, day: date) -> list[Occurrence]:
    """Return the turns around a day, the nearest first."""
    for around in AHEAD:
        if found := _turns_due(invocation, obligation, day - around, day + around):
            return sorted(found, key=lambda one: abs(one.deadline.due_on - day))
    return []


def _turns_due(
    invocation: Invocation, obligation: Obligation, first_on: date, last_on: date
) -> list[Occurrence]:
    context = invocation.context
    found = turns_due_by_rule(context.catalogue, obligation, context.calendar_of, first_on, last_on)
    return sorted(found, key=lambda one: one.deadline.due_at)
