"""`sla why`: explains a deadline of a duty, or of an obligation at a given time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, NamedTuple

import click

from sla_tracker.cli import output
from sla_tracker.cli.answers import understood
from sla_tracker.cli.completion import complete_departments, complete_duties_or_obligations
from sla_tracker.cli.formats.documents import deadline_document, sought_document
from sla_tracker.cli.formats.duty_lines import moment_word, pairs, reader_of, short_notice_line
from sla_tracker.cli.formats.text_table import Span, Tone
from sla_tracker.cli.grammar import Command, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.fields import Field, problems_with
from sla_tracker.domain.agreements.known_triggers import kind_of
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, OnRequest, Trigger, assumed_parts
from sla_tracker.domain.agreements.occurrences import can_open_at, is_valid_at
from sla_tracker.domain.consent.agreed_version import AgreedVersion
from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.deadlines.explanation import explain, explain_line
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.archive_index import typed_reference
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, Choices, NotFound, Refused, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.i18n.punctuation import paired, together
from sla_tracker.services.departments.limits import complaint_limit, survey_limit
from sla_tracker.services.duties.current_deadline import due_now
from sla_tracker.services.lookup.references import find_duty_to_read, resolve
from sla_tracker.services.ports import Reading
from sla_tracker.services.queries.duties import detail
from sla_tracker.services.queries.limits import ExplainedLimit
from sla_tracker.services.queries.obligation_deadlines import Opening, deadlines_at, openings, turn_due
from sla_tracker.services.queries.sought import SoughtDuty
from sla_tracker.wording.consent.agreed_words import format_kept
from sla_tracker.wording.duties import department_word, format_assumed, text_of
from sla_tracker.wording.event_changes import format_event_changes
from sla_tracker.wording.limits import format_limit, format_sought, marked
from sla_tracker.wording.withheld import format_answer

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
    "-f",
    "--field",
    "fields",
    metavar="NAME=VALUE",
    multiple=True,
    help=N_("With --at: a value of the event or request, such as priority=P1. May be repeated."),
)
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
    fields: tuple[str, ...],
    department: str | None,
    short: bool,
    as_json: bool,
) -> None:
    """Explain a deadline."""
    _check_together(on, at, fields)
    obligation = _obligation(invocation, reference, department)
    if obligation is None:
        if on or at or department or fields:
            raise UsageError(
                N_("--on, --at, -f and --department go with the id of an obligation; “{ref}” is none."),
                ref=reference,
            )
        asked = [_of_reference(invocation, reference)]
    elif at:
        instant = invocation.moment(at, future=True)
        asked = _at(invocation, obligation, instant, _given(invocation, obligation, fields))
        if not asked:
            _print_nothing_owed(invocation, obligation, instant, as_json=as_json)
            return
    else:
        asked = [_of_turn(invocation, obligation, on)]
    if as_json:
        _write_document(reference, asked)
    elif short:
        for one in asked:
            output.line(explain_line(one.deadline.steps, lang=language(), zone=invocation.zone))
    else:
        for one in asked:
            _print(invocation, one)


def _check_together(on: str | None, at: str | None, fields: tuple[str, ...]) -> None:
    """Raise UsageError for options that do not go together."""
    if on and at:
        raise UsageError(
            N_("--on names a day of the calendar, --at an event or a request; give one of them.")
        )
    if fields and not at:
        raise UsageError(N_("-f needs --at: when the event would happen, or the request be made."))


class _Asked(NamedTuple):
    """A deadline to explain: title, parties, remarks, the duty's other limits.

    `trigger` is that of an obligation by which it is counted; None for what is there already.
    """

    title: Text
    provider: str
    deadline: Deadline
    remarks: tuple[tuple[str, Tone], ...] = ()
    limits: tuple[ExplainedLimit, ...] = ()
    sought: tuple[SoughtDuty, ...] = ()
    trigger: Trigger | None = None


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
    """Return what to explain of a duty, complaint or request, or of the survey."""
    if reference == SURVEY:
        survey = survey_limit(invocation.context, invocation.today())
        return _of_limit(invocation, Text("调查", "Survey"), "", survey)
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
    invocation: Invocation,
    obligation: Obligation,
    trigger: Trigger,
    deadline: Deadline,
    conditions: tuple[str, ...] = (),
) -> _Asked:
    version = trigger.version.agreed if trigger.version is not None else None
    return _Asked(
        obligation.title,
        obligation.provider,
        deadline,
        (
            *((one, Tone.QUIET) for one in conditions),
            (_agreed(invocation, version, deadline.nominal_on), Tone.QUIET),
            (format_assumed(assumed_parts(trigger), trigger.set_by_admin), Tone.QUIET),
        ),
        trigger=trigger,
    )


def _of_turn(invocation: Invocation, obligation: Obligation, on: str | None) -> _Asked:
    """Return the deadline of the turn that is due on a day, by default the next."""
    day = invocation.day(on, future=True) if on else None
    turn = turn_due(invocation.context, obligation, day, invocation.today())
    return _of_obligation(invocation, obligation, turn.trigger, turn.deadline)


def _at(
    invocation: Invocation, obligation: Obligation, at: datetime, fields: Mapping[str, str]
) -> list[_Asked]:
    """Return the deadlines that an event or request at an instant would have."""
    found = deadlines_at(invocation.context, obligation, at, invocation.actor.department, fields)
    return [
        _of_obligation(
            invocation, obligation, one.trigger, one.deadline, tuple(_needed(invocation, one.trigger))
        )._replace(limits=one.limits)
        for one in found
    ]


def _given(invocation: Invocation, obligation: Obligation, typed: tuple[str, ...]) -> dict[str, str]:
    """Return the values of an event or request to come.

    Raises UsageError for an unknown field or a wrong value.
    """
    every = [field for one in openings(obligation) for field in _fields(invocation, one)]
    given = understood(invocation, every, pairs(typed))
    for problem in problems_with(every, given, complete=False):
        raise problem
    return given


def _write_document(reference: str, asked: Sequence[_Asked]) -> None:
    """Write the first deadline, and each with the trigger by which it is counted."""
    first = asked[0]
    output.document(
        reference=reference,
        deadline=deadline_document(first.deadline),
        limits=_limit_documents(first),
        looked_for=[sought_document(one) for one in first.sought],
        triggers=[
            {
                "trigger": kind_of(one.trigger).value,
                "event_type": one.trigger.event_type if isinstance(one.trigger, OnEvent) else None,
                "deadline": deadline_document(one.deadline),
                "limits": _limit_documents(one),
            }
            for one in asked
            if one.trigger is not None
        ],
    )


def _limit_documents(asked: _Asked) -> list[dict[str, Any]]:
    return [{"limit": one.kind.value, **deadline_document(one.deadline)} for one in asked.limits]


def _print_nothing_owed(
    invocation: Invocation, obligation: Obligation, at: datetime, *, as_json: bool
) -> None:
    reason = _nothing_owed(invocation, obligation, at)
    if as_json:
        output.document(reference=obligation.id, deadline=None, nothing_owed=reason)
    else:
        output.line(reason)


def _print(invocation: Invocation, asked: _Asked) -> None:
    deadline = asked.deadline
    when = marked(moment_word(invocation, deadline.due_at), provisional=deadline.provisional)
    owner = f"  {department_word(invocation.context, asked.provider)}" if asked.provider else ""
    output.line(
        Span(text_of(asked.title), Tone.HEADING),
        Span(owner, Tone.QUIET),
        Span("  " + _("due {when}", when=when), Tone.HEADING),
    )
    _print_steps(invocation, deadline)
    for limit in asked.limits:
        output.line(Span(format_limit(limit, moment_word(invocation, limit.deadline.due_at)), Tone.HEADING))
        _print_steps(invocation, limit.deadline)
    for remark, tone in asked.remarks:
        if remark:
            output.message(remark, tone)


def _print_steps(invocation: Invocation, deadline: Deadline) -> None:
    for number, sentence in enumerate(explain(deadline.steps, lang=language(), zone=invocation.zone), 1):
        output.line(f"{number:3}. ", Span(sentence))


def _nothing_owed(invocation: Invocation, obligation: Obligation, at: datetime) -> str:
    """Return why an event or request at an instant opens nothing.

    The reasons of all triggers, each once.
    """
    title, when = text_of(obligation.title), moment_word(invocation, at)
    reasons = dict.fromkeys(
        _reason(invocation, obligation, one, title, at, when) for one in openings(obligation)
    )
    return together(*reasons)


def _reason(
    invocation: Invocation, obligation: Obligation, trigger: Opening, title: str, at: datetime, when: str
) -> str:
    after = trigger.condition.after if trigger.condition else None
    if can_open_at(obligation, trigger, at, invocation.context.calendar_of):
        return _("Nothing would be owed: “{title}” asks for other values.", title=title)
    if after is None or not is_valid_at(obligation, trigger, at, invocation.context.calendar_of):
        return _("Nothing would be owed: “{title}” is not valid at {at}.", title=title, at=when)
    return _(
        "Nothing would be owed: “{title}” opens only after {after}, and {at} is not after that.",
        title=title,
        after=f"{after:%H:%M}",
        at=when,
    )


def _needed(invocation: Invocation, trigger: Opening) -> Iterator[str]:
    """Yield what else a trigger asks for: a value, and who registers or asks."""
    condition = trigger.condition
    if condition is None:
        return
    by_event = isinstance(trigger, OnEvent)
    if condition.field:
        said = _said(invocation, trigger, condition)
        yield (
            _("Owed only where the event says: {answer}.", answer=said)
            if by_event
            else _("Owed only where the request says: {answer}.", answer=said)
        )
    if condition.asked_by:
        departments = _(", ").join(invocation.context.party(id) for id in condition.asked_by)
        yield (
            _("Owed only where one of these registers it: {departments}.", departments=departments)
            if by_event
            else _("Owed only where one of these asks: {departments}.", departments=departments)
        )


def _said(invocation: Invocation, trigger: Opening, condition: Condition) -> str:
    """Return the field that a condition looks at with what it must hold."""
    field = next((one for one in _fields(invocation, trigger) if one.id == condition.field), None)
    if field is None:
        return condition.field
    return paired(text_of(field.label).rstrip("?？"), format_answer(condition, field))


def _fields(invocation: Invocation, trigger: Opening) -> tuple[Field, ...]:
    """Return the fields of the event or request that a trigger names."""
    if isinstance(trigger, OnRequest):
        return trigger.fields
    known = invocation.context.catalogue.event_types.get(trigger.event_type)
    return known.fields if known is not None else ()
