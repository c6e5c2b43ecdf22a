"""`sla why`: how a deadline came about, or how one that lies ahead will."""

from __future__ import annotations

from datetime import date, timedelta

import click

from sla_tracker.cli import output
from sla_tracker.cli.completing import complete_duties_or_obligations
from sla_tracker.cli.documents import deadline_document
from sla_tracker.cli.grammar import Command, argument, as_json, option
from sla_tracker.cli.session import Session
from sla_tracker.cli.table import Span, Tone
from sla_tracker.cli.views import department_word, moment_word, short_notice_line
from sla_tracker.core.deadline import Deadline
from sla_tracker.core.due import deadline_after
from sla_tracker.core.explanation import explain, explain_line
from sla_tracker.core.obligation import Obligation, OnEvent, OnRequest, Recurring
from sla_tracker.core.text import Text
from sla_tracker.core.triggers import LONGEST_ROLL, Opening, openings
from sla_tracker.desk.desk import find_duty
from sla_tracker.desk.queries import DutyDetail, detail
from sla_tracker.desk.words import assumed_in_words, text_of
from sla_tracker.errors import N_, NotFound, UsageError
from sla_tracker.locale import gettext as _
from sla_tracker.locale import language

AHEAD = timedelta(days=400)


@click.command(
    "why",
    cls=Command,
    help=N_(
        "Explain a deadline step by step.\n"
        "Of a duty by its reference; of an obligation for a day that lies ahead (--on), or for an event or a request "
        "at a certain time (--at)."
    ),
)
@argument(
    "reference",
    metavar="REF|OBLIGATION",
    help=N_("A duty's reference, or the id of an obligation."),
    shell_complete=complete_duties_or_obligations,
)
@option("--on", metavar="DAY", help=N_("The due day of a recurring obligation; without it the next one."))
@option("--at", metavar="TIME", help=N_("When the event would happen, or the request be made."))
@option("--short", is_flag=True, help=N_("On one line."))
@as_json
@click.pass_obj
def why_command(
    session: Session, reference: str, on: str | None, at: str | None, short: bool, as_json: bool
) -> None:
    """Explain a deadline."""
    obligation = session.desk.catalogue.obligations.get(reference)
    found: DutyDetail | None = None
    if obligation is None:
        if on or at:
            raise UsageError(
                N_("--on and --at go with the id of an obligation; “{ref}” is none."), ref=reference
            )
        duty = find_duty(session.desk, reference)
        title, deadline, provider = duty.title, duty.deadline, duty.provider
        assumed = duty.terms.assumed
        found = detail(session.desk, duty.id) if duty.short_notice else None
    else:
        title, provider = obligation.title, obligation.provider
        assumed = tuple(dict.fromkeys(part for trigger in obligation.triggers for part in trigger.assumed))
        deadline = _on_event(session, obligation, at) if at else _by_calendar(session, obligation, on)
    if as_json:
        output.document(reference=reference, deadline=deadline_document(deadline))
    elif short:
        output.line(explain_line(deadline.steps, lang=language(), zone=session.zone))
    else:
        _print(session, title, provider, deadline)
        if assumed:
            output.tell(assumed_in_words(assumed), Tone.QUIET)
        if found is not None:
            output.tell(short_notice_line(session, found), Tone.WARNING)


def _print(session: Session, title: Text, provider: str, deadline: Deadline) -> None:
    output.line(
        Span(text_of(title), Tone.HEADING),
        Span(f"  {department_word(session.desk, provider)}", Tone.QUIET),
        Span("  " + _("due {when}", when=moment_word(session, deadline.due_at)), Tone.HEADING),
    )
    for number, sentence in enumerate(explain(deadline.steps, lang=language(), zone=session.zone), 1):
        output.line(f"{number:3}. ", Span(sentence))
    if deadline.provisional:
        output.tell(_("Provisional: the working days of that year are not published yet."), Tone.WARNING)


def _on_event(session: Session, obligation: Obligation, at: str) -> Deadline:
    """Return the deadline that an event or a request at a time would give."""
    calendar = session.desk.calendar_of(obligation.provider, obligation.calendar)
    instant = session.moment(at, future=True)
    for trigger in obligation.triggers:
        if isinstance(trigger, OnEvent | OnRequest):
            return deadline_after(trigger.due, instant, calendar)
    raise UsageError(N_("“{title}” comes by the calendar; name a due day with --on."), title=obligation.title)


def _by_calendar(session: Session, obligation: Obligation, on: str | None) -> Deadline:
    """Return the deadline of a recurring obligation on a day, before or after roll; without a day the next one."""
    if not obligation.trigger_of(Recurring):
        raise UsageError(
            N_("“{title}” opens by an event or a request; say when it would happen with --at."),
            title=obligation.title,
        )
    today = session.today()
    wanted = session.day(on, future=True) if on else None
    start = (wanted or today) - LONGEST_ROLL
    end = wanted + LONGEST_ROLL if wanted else today + AHEAD
    calendar = session.desk.calendar_of(obligation.provider, obligation.calendar)
    found = list(openings(obligation, calendar, start, end))
    for opening in found:
        if _is_meant(opening, wanted, today):
            return opening.deadline
    days = ", ".join(opening.deadline.due_on.isoformat() for opening in found[:4])
    raise NotFound(
        N_("“{title}” is not due on {day}; near it there is {days}."),
        title=obligation.title,
        day=wanted or today,
        days=days or "-",
    )


def _is_meant(opening: Opening, wanted: date | None, today: date) -> bool:
    if wanted is None:
        return opening.deadline.due_on >= today
    return wanted in {opening.deadline.due_on, opening.deadline.nominal_on}
