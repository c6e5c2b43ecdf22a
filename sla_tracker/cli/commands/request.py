"""`sla request`, `requests`, `answer`, `withdraw`: what a consumer asks for."""

from __future__ import annotations

from datetime import date, datetime

import click

from sla_tracker.cli import output
from sla_tracker.cli.completing import complete_duties, complete_requestable
from sla_tracker.cli.documents import duty_document, request_document
from sla_tracker.cli.grammar import Command, argument, as_json, option
from sla_tracker.cli.session import Session
from sla_tracker.cli.table import Column, Span, Tone
from sla_tracker.cli.views import department_word, duty_line, moment_word
from sla_tracker.core.duty import Duty
from sla_tracker.core.request import REQUEST_WORDS, Request, RequestState
from sla_tracker.desk import requests
from sla_tracker.desk.desk import find_duty, resolve
from sla_tracker.desk.queries import row_of
from sla_tracker.desk.words import text_of
from sla_tracker.errors import N_, NotFound, UsageError
from sla_tracker.locale import gettext as _

OPEN = (RequestState.ASKED, RequestState.ANSWERED)
REFERENCE = N_("The reference of the request or of its duty.")


@click.command(
    "request", cls=Command, help=N_("Ask another department for something it has promised to do on request.")
)
@argument(
    "obligation", metavar="OBLIGATION", help=N_("What is asked for."), shell_complete=complete_requestable
)
@option("--subject", metavar="SUBJECT", default="", help=N_("The vehicle, contract or person it is about."))
@option("--text", metavar="TEXT", default="", help=N_("What exactly is needed."))
@option("--wanted", metavar="TIME", help=N_("When it is wanted; a time later than agreed extends the limit."))
@as_json
@click.pass_obj
def request_command(
    session: Session, obligation: str, subject: str, text: str, wanted: str | None, as_json: bool
) -> None:
    """Ask for something."""
    request, duty = requests.ask(
        session.desk,
        session.actor,
        _obligation(session, obligation),
        subject=subject,
        text=text,
        wanted_at=_wanted(session, wanted) if wanted else None,
    )
    if as_json:
        row = row_of(session.desk, duty, session.now())
        output.document(request=request_document(request), duty=duty_document(row))
        return
    output.line(_("Asked: {duty}", duty=duty_line(session, duty)))
    if request.answer_due_at is not None:
        output.line("  ", _("first answer by {when}", when=moment_word(session, request.answer_due_at)))


@click.command("requests", cls=Command, help=N_("List requests that are not settled, both ours and theirs."))
@option("--all", "everything", is_flag=True, help=N_("Of all departments, settled and withdrawn ones too."))
@as_json
@click.pass_obj
def requests_command(session: Session, everything: bool, as_json: bool) -> None:
    """List requests."""
    own = session.actor.department
    found = session.desk.store.read(
        lambda tx: tx.find(Request, state=tuple(RequestState) if everything else OPEN)
    )
    shown = [one for one in found if everything or not own or own in {one.provider, one.consumer}]
    shown.sort(key=lambda one: one.requested_at, reverse=True)
    if as_json:
        output.document(requests=[request_document(one) for one in shown])
        return
    if not shown:
        output.tell(_("No request is open; sla request asks for something."), Tone.GOOD)
        return
    output.table(_columns(), [_cells(session, one) for one in shown])


@click.command("answer", cls=Command, help=N_("Give the first answer to a request."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_duties)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=N_("The answer."))
@click.pass_obj
def answer_command(session: Session, reference: str, text: tuple[str, ...]) -> None:
    """Answer a request."""
    try:
        duty_id = session.desk.store.read(lambda tx: resolve(tx, Request, reference)).duty
    except NotFound:
        duty_id = find_duty(session.desk, reference).id
    duty = requests.answer(session.desk, session.actor, duty_id, " ".join(text))
    output.line(_("Answered: {duty}", duty=duty_line(session, duty)))


@click.command("withdraw", cls=Command, help=N_("Withdraw a request that is not settled yet."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_duties)
@option("--reason", metavar="TEXT", required=True, help=N_("Why; kept on record."))
@click.pass_obj
def withdraw_command(session: Session, reference: str, reason: str) -> None:
    """Withdraw a request."""
    request = _request(session, reference)
    withdrawn = requests.withdraw(session.desk, session.actor, request.id, reason)
    output.line(
        _("Withdrawn: {what}", what=f"{withdrawn.id[-6:]} {_title(session, withdrawn)} {withdrawn.subject}")
    )


def _obligation(session: Session, named: str) -> str:
    for obligation in session.desk.catalogue.obligations.values():
        if named in {obligation.id, obligation.title.zh, obligation.title.en}:
            return obligation.id
    return named


def _request(session: Session, reference: str) -> Request:
    """Return the request that is meant, by its own reference or by its duty's."""

    def named_by_duty(duty: Duty) -> list[Request]:
        return session.desk.store.read(lambda tx: tx.find(Request, duty=duty.id))

    try:
        return session.desk.store.read(lambda tx: resolve(tx, Request, reference))
    except NotFound:
        found = named_by_duty(find_duty(session.desk, reference))
        if not found:
            raise
        return found[0]


def _wanted(session: Session, text: str) -> datetime | date:
    """Return the day a text names, which means that day's close, or else the instant; raises UsageError."""
    try:
        return session.day(text, future=True)
    except UsageError:
        return session.moment(text, future=True)


def _title(session: Session, request: Request) -> str:
    known = session.desk.catalogue.obligations.get(request.obligation)
    return text_of(known.title) if known else request.obligation


def _columns() -> list[Column]:
    return [
        Column(heading=_("Ref")),
        Column(heading=_("Asked")),
        Column(heading=_("What"), flexible=True),
        Column(heading=_("About"), flexible=True),
        Column(heading=_("From → to")),
        Column(heading=_("State")),
        Column(heading=_("Answer due")),
        Column(heading=_("Duty")),
    ]


def _cells(session: Session, request: Request) -> list[Span]:
    desk = session.desk
    waits = request.answer_due_at if request.state is RequestState.ASKED else None
    late = waits is not None and waits < session.now()
    return [
        Span(request.id[-6:], Tone.QUIET),
        Span(moment_word(session, request.requested_at)),
        Span(_title(session, request)),
        Span(request.subject or request.text),
        Span(f"{department_word(desk, request.consumer)} → {department_word(desk, request.provider)}"),
        Span(_(REQUEST_WORDS[request.state])),
        Span(moment_word(session, waits) if waits else "", Tone.ALARM if late else Tone.PLAIN),
        Span(request.duty[-6:], Tone.QUIET),
    ]
