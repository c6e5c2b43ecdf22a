"""`sla request`, `requests`, `answer`, `settle`, `withdraw`: consumers' requests."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from functools import partial

import click

from sla_tracker.cli import output
from sla_tracker.cli.answers import asked_for, confirm_doubt, explaining_missing, understood
from sla_tracker.cli.completion import complete_departments, complete_duties, complete_requestable
from sla_tracker.cli.formats.documents import duty_document, request_document
from sla_tracker.cli.formats.duty_lines import duty_line, moment_word, pairs
from sla_tracker.cli.formats.list_files import to_file, write_list_file
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import REQUEST_WORDS, Request, RequestState
from sla_tracker.domain.reference import reference_of
from sla_tracker.errors import N_, Choices, NeedsConfirmation, NotFound, Phrase, Refused, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services import requests
from sla_tracker.services.lookup.references import find_duty, resolve
from sla_tracker.services.queries.duties import row_of
from sla_tracker.wording.duties import department_word
from sla_tracker.wording.facts.open_requests import format_papers
from sla_tracker.wording.limits import format_late_start, marked
from sla_tracker.wording.lists.requests import request_list, title_of_request

REFERENCE = N_("The reference of the request or of its duty.")


@click.command(
    "request",
    cls=Command,
)
@argument(
    "obligation",
    metavar="[OBLIGATION]",
    required=False,
    help=N_("What is asked for."),
    shell_complete=complete_requestable,
)
@option(
    "--to",
    "department",
    metavar="DEPARTMENT",
    help=N_("The department to ask: for what several owe, or for something that no obligation covers."),
    shell_complete=complete_departments,
)
@option("--subject", metavar="SUBJECT", default="", help=N_("The vehicle, contract or person it is about."))
@option("--text", metavar="TEXT", default="", help=N_("What exactly is needed."))
@option("--wanted", metavar="TIME", help=N_("When it is wanted; a time later than agreed extends the limit."))
@option(
    "--field",
    "fields",
    metavar="NAME=VALUE",
    multiple=True,
    help=N_("A detail that it asks for, such as priority=P1. May be repeated."),
)
@option("--paper", "papers", metavar="NAME", multiple=True, help=N_("A paper that is there already."))
@option("--again", is_flag=True, help=N_("Ask even if it seems to have been asked for just now."))
@as_json
@click.pass_obj
def request_command(
    invocation: Invocation,
    obligation: str | None,
    department: str | None,
    subject: str,
    text: str,
    wanted: str | None,
    fields: tuple[str, ...],
    papers: tuple[str, ...],
    again: bool,
    as_json: bool,
) -> None:
    """Ask for something."""
    if department is not None and obligation is None:
        _must_have_no_terms(wanted, (*fields, *papers))
        _ask_uncovered(invocation, department, subject, text, as_json=as_json)
        return
    if obligation is None:
        raise UsageError(
            N_("Name what you ask for, or a department and a text: --to DEPARTMENT --text TEXT. {known}"),
            known=_promised(invocation),
        )
    asked = _obligation(invocation, obligation)
    declared = requests.fields_to_ask(
        invocation.context, invocation.context.catalogue.obligation(asked), invocation.actor.department
    )
    given = understood(invocation, declared, pairs(fields))
    if invocation.may_ask:
        given |= asked_for(invocation, declared, given)
    ask = partial(
        requests.ask,
        invocation.context,
        invocation.actor,
        asked,
        fields=given,
        papers=papers,
        provider=department or "",
        subject=subject,
        text=text,
        wanted_at=_wanted(invocation, wanted) if wanted else None,
    )
    with explaining_missing(declared, "--field"):
        try:
            request, duty = ask(again=again)
        except NeedsConfirmation as doubt:
            confirm_doubt(invocation, doubt)
            request, duty = ask(again=True)
    if as_json:
        row = row_of(invocation.context, duty, invocation.now())
        output.document(request=request_document(request), duty=duty_document(row))
        return
    _print_asked(invocation, request, duty)


def _must_have_no_terms(wanted: str | None, details: tuple[str, ...]) -> None:
    """Raise UsageError for what only something agreed can have."""
    if wanted is not None:
        raise UsageError(N_("What no obligation covers has no limits; leave out --wanted."))
    if details:
        raise UsageError(N_("What no obligation covers asks for no details; leave out --field and --paper."))


def _print_asked(invocation: Invocation, request: Request, duty: Duty) -> None:
    output.line(_("Asked: {duty}", duty=duty_line(invocation, duty)))
    if later := format_late_start(duty.deadline):
        output.message(later)
    if request.answer_due_at is not None:
        answer = request.answer_deadline
        when = marked(
            moment_word(invocation, request.answer_due_at),
            provisional=answer is not None and answer.provisional,
        )
        output.line("  ", _("first answer by {when}", when=when))
    if said := format_papers(duty, duty.missing_papers):
        output.line("  ", paired(_("Papers"), said))


def _ask_uncovered(
    invocation: Invocation, department: str, subject: str, text: str, *, as_json: bool
) -> None:
    request = requests.ask_uncovered(
        invocation.context, invocation.actor, department, subject=subject, text=text
    )
    if as_json:
        output.document(request=request_document(request), duty=None)
        return
    output.line(_("Asked, covered by no obligation: {what}", what=_in_short(invocation, request)))


@click.command("requests", cls=Command)
@option("--all", "everything", is_flag=True, help=N_("Of all departments, settled and withdrawn ones too."))
@to_file
@as_json
@click.pass_obj
def requests_command(invocation: Invocation, everything: bool, file: str | None, as_json: bool) -> None:
    """List requests."""
    own = invocation.actor.department
    found = invocation.context.store.read(
        lambda tx: tx.find(Request, state=tuple(RequestState) if everything else requests.OPEN)
    )
    shown = [one for one in found if everything or not own or own in {one.provider, one.consumer}]
    shown.sort(key=lambda one: one.requested_at, reverse=True)
    if file or as_json:
        uncovered = sum(not one.duty for one in shown)
        document = {"requests": [request_document(one) for one in shown], "uncovered": uncovered}
        if file:
            write_list_file(invocation, request_list(invocation.context, shown), file, document)
        else:
            output.document(**document)
        return
    if not shown:
        output.message(_("No request is open; sla request asks for something."), Tone.GOOD)
        return
    covered = [one for one in shown if one.duty]
    apart = [one for one in shown if not one.duty]
    if covered:
        output.table(_columns(), [_cells(invocation, one) for one in covered])
    if apart:
        output.line(Span(_("Covered by no obligation ({n}):", n=len(apart)), Tone.HEADING))
        output.table(_columns(), [_cells(invocation, one) for one in apart])


@click.command("answer", cls=Command)
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_duties)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=N_("The answer."))
@click.pass_obj
def answer_command(invocation: Invocation, reference: str, text: tuple[str, ...]) -> None:
    """Answer a request."""
    said = " ".join(text)
    try:
        request = invocation.context.store.read(lambda tx: resolve(tx, Request, reference))
    except NotFound:
        duty = find_duty(invocation.context, reference, "sla requests")
        answered = duty_line(invocation, requests.answer(invocation.context, invocation.actor, duty.id, said))
    else:
        if request.duty:
            requests.answer(invocation.context, invocation.actor, request.duty, said)
        else:
            requests.answer_uncovered(invocation.context, invocation.actor, request.id, said)
        answered = _in_short(invocation, request)
    output.line(_("Answered: {duty}", duty=answered))


@click.command("settle", cls=Command)
@argument("reference", metavar="REF", help=N_("The reference of the request."))
@click.pass_obj
def settle_command(invocation: Invocation, reference: str) -> None:
    """Settle a request that no obligation covers."""
    request, named = _meant(invocation, reference)
    settled = requests.settle_uncovered(invocation.context, invocation.actor, request.id)
    output.line(_("Settled: {what}", what=_in_short(invocation, settled, named)))


@click.command("withdraw", cls=Command)
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_duties)
@option("--reason", metavar="TEXT", required=True, help=N_("Why; kept on record."))
@click.pass_obj
def withdraw_command(invocation: Invocation, reference: str, reason: str) -> None:
    """Withdraw a request."""
    request, named = _meant(invocation, reference)
    withdrawn = requests.withdraw(invocation.context, invocation.actor, request.id, reason)
    output.line(_("Withdrawn: {what}", what=_in_short(invocation, withdrawn, named)))


def _obligation(invocation: Invocation, named: str) -> str:
    """Return the id of the obligation requested.

    Raises NotFound naming those one may request.
    """
    with suppress(NotFound):
        return invocation.context.catalogue.obligation(named).id
    ours = requests.promised_to(invocation.context, invocation.actor.department)
    if not ours:
        raise NotFound(
            N_(
                "“{id}” cannot be asked for: nobody has promised your department anything on request. Ask in your own "
                "words: sla request --to DEPARTMENT --text TEXT"
            ),
            id=named,
        )
    return Catalogue(obligations=ours).obligation(named).id


def _promised(invocation: Invocation) -> Phrase:
    ours = requests.promised_to(invocation.context, invocation.actor.department)
    if not ours:
        return Phrase(N_("Nobody has promised your department anything on request."))
    return Phrase(
        N_("Your department has been promised: {known}."),
        known=Choices({id: one.title for id, one in ours.items()}),
    )


def _meant(invocation: Invocation, reference: str) -> tuple[Request, str]:
    """Return the request with this reference, and the id that matched.

    The reference may be the request's own or its duty's.
    """

    def named_by_duty(duty: Duty) -> list[Request]:
        return invocation.context.store.read(lambda tx: tx.find(Request, duty=duty.id))

    try:
        request = invocation.context.store.read(lambda tx: resolve(tx, Request, reference))
    except NotFound:
        duty = find_duty(invocation.context, reference, "sla requests")
        found = named_by_duty(duty)
        if not found:
            raise Refused(N_("“{title}” is owed without a request."), title=duty.title) from None
        return found[0], found[0].duty
    return request, request.id


def _wanted(invocation: Invocation, text: str) -> datetime | date:
    """Return the day or instant wanted; a day means its close.

    Raises UsageError for any other text.
    """
    from sla_tracker.wording.parse_time import parse_wanted

    return parse_wanted(text, invocation.now(), invocation.zone)


def _in_short(invocation: Invocation, request: Request, named: str = "") -> str:
    """Return one line about a request, under its reference or the id that found it."""
    return " ".join(
        filter(
            None,
            (
                reference_of(named or request.id),
                title_of_request(invocation.context, request),
                request.subject,
            ),
        )
    )


def _columns() -> list[Column]:
    return [
        Column(heading=_("Ref")),
        Column(heading=_("Asked"), spare=1),
        Column(heading=_("What"), flexible=True),
        Column(heading=_("About"), flexible=True),
        Column(heading=_("Consumer → provider"), flexible=True, spare=2),
        Column(heading=_("State")),
        Column(heading=_("Answer due")),
        Column(heading=_("Duty")),
    ]


def _cells(invocation: Invocation, request: Request) -> list[Span]:
    context = invocation.context
    waits = request.answer_due_at if request.state is RequestState.ASKED else None
    late = waits is not None and waits < invocation.now()
    return [
        Span(reference_of(request.id), Tone.QUIET),
        Span(moment_word(invocation, request.requested_at)),
        Span(title_of_request(invocation.context, request)),
        Span(request.subject or (request.text if request.obligation else "")),
        Span(f"{department_word(context, request.consumer)} → {department_word(context, request.provider)}"),
        Span(_(REQUEST_WORDS[request.state])),
        Span(moment_word(invocation, waits) if waits else "", Tone.ALARM if late else Tone.PLAIN),
        Span(reference_of(request.duty), Tone.QUIET),
    ]
