"""`sla agree`: proposes terms to departments, decides on them, lists agreements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields as fields_of
from datetime import date
from typing import Any, TypeVar

import click

from sla_tracker.cli import output
from sla_tracker.cli.completion import (
    complete_departments,
    complete_duties_or_obligations,
    complete_event_types,
)
from sla_tracker.cli.formats.agreement_documents import agreement_document, terms_document
from sla_tracker.cli.formats.agreement_lines import (
    agreement_heading,
    declared_triggers,
    print_agreement,
    print_before_any,
    print_created,
    print_proposal,
    print_terms,
)
from sla_tracker.cli.formats.list_files import to_file, write_list_file
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.agreements.obligation import TriggerKind
from sla_tracker.domain.consent.agreement import (
    AgreedParts,
    Agreement,
    Proposal,
)
from sla_tracker.errors import N_, NotFound, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired, together
from sla_tracker.services.consent import agreeing
from sla_tracker.services.consent.agreeing import LISTED_BY, TermsDraft
from sla_tracker.services.consent.drafts import agreement_of, starting_parts
from sla_tracker.services.consent.parties import find_parties
from sla_tracker.services.consent.standing import (
    TermsState,
    as_of,
    party_terms,
)
from sla_tracker.services.lookup.references import resolve
from sla_tracker.wording.consent.parse_new import TypedObligation, new_obligation
from sla_tracker.wording.consent.parse_terms import TypedTerms, changed_parts, parse_first_day
from sla_tracker.wording.lists.agreements import agreement_list

F = TypeVar("F", bound=Callable[..., Any])
reference_argument = argument(
    "reference", metavar="REF", help=N_("The reference of the agreement, as sla agree list shows it.")
)


@click.group("agree", cls=Group)
def agree_command() -> None:
    """Hold the commands about agreements."""


def terms_options(command: F) -> F:
    """Add the options of proposed terms: limits, roll, target, days and note."""
    for decorate in (
        option("--note", metavar="TEXT", default="", help=N_("What to tell the other head; kept on record.")),
        option(
            "--until",
            "last",
            metavar="DAY",
            default="",
            help=N_("The last day it applies to; else it is open-ended."),
        ),
        option(
            "--from",
            "first",
            metavar="DAY",
            default="",
            help=N_("The first day it applies to; else the first of next month."),
        ),
        option("--target", metavar="SHARE", default="", help=N_("The share to be on time (95%).")),
        option(
            "--roll",
            metavar="WORD",
            default="",
            help=N_("What a day off does to the due day: following, preceding, skip or none."),
        ),
        option(
            "--earliest",
            metavar="LIMIT",
            default="",
            help=N_("The earlier end of a range, whose later end is --due."),
        ),
        option(
            "--answer", metavar="LIMIT", default="", help=N_("The time to the first answer of a request.")
        ),
        option(
            "--due",
            metavar="LIMIT",
            default="",
            help=N_("The limit (by the 5th, every Friday, 3 workdays, day = 5)."),
        ),
        option(
            "--for",
            "value",
            metavar="VALUE",
            default="",
            help=N_("One row, of limits that a field of the request chooses (--for P1)."),
        ),
        option(
            "--trigger",
            metavar="NAME",
            default="",
            help=N_("Which limit, of an obligation that several things open."),
        ),
    ):
        command = decorate(command)
    return command


def open_proposal(command: F) -> F:
    """Add the arguments that name an agreement and the number of its open proposal."""
    number = argument(
        "number",
        metavar="NUMBER",
        type=int,
        help=N_("The number of the proposal that you have read, as sla agree show says it."),
    )
    return reference_argument(number(command))


def with_option(command: F) -> F:
    """Add the option that names the other department."""
    return option(
        "--with",
        "other",
        metavar="DEPARTMENT",
        default="",
        help=N_("The other department, where several are owed the same."),
        shell_complete=complete_departments,
    )(command)


@agree_command.command(
    "list", cls=Command, help=N_("List how everything between your department and others stands.")
)
@option("--assumed", is_flag=True, help=N_("Only what nobody has agreed."))
@option("--all", "everything", is_flag=True, help=N_("All departments, not only yours."))
@option(
    "--with",
    "other",
    metavar="DEPARTMENT",
    default="",
    help=N_("Only what is between us and this department."),
    shell_complete=complete_departments,
)
@to_file
@as_json
@click.pass_obj
def list_command(
    invocation: Invocation, assumed: bool, everything: bool, other: str, file: str | None, as_json: bool
) -> None:
    """List how terms stand."""
    context, own = invocation.context, "" if everything else invocation.actor.department
    other_id = context.catalogue.department(other).id if other else ""
    found = [
        one
        for one in party_terms(context, own)
        if (not assumed or one.standing is TermsState.ASSUMED) and other_id in {"", *one.parties.sides}
    ]
    document = {"terms": [terms_document(one) for one in found]}
    if file:
        content = agreement_list(context, found, *(one for one in (own, other_id) if one))
        write_list_file(invocation, content, file, document)
        return
    if as_json:
        output.document(**document)
        return
    if not found:
        output.message(_("Nothing is owed between these departments."), Tone.GOOD)
        return
    print_terms(invocation, found)
    count = sum(one.standing is TermsState.ASSUMED for one in found)
    if count:
        said = ngettext("{n} obligation is only assumed.", "{n} obligations are only assumed.", count)
        hint = _("sla agree propose OBLIGATION proposes it to the other head.")
        output.message(together(said, hint), Tone.WARNING)


@agree_command.command(
    "show", cls=Command, help=N_("Show an agreement: what applies, what is proposed, and who decided what.")
)
@argument(
    "named",
    metavar="REF|OBLIGATION",
    help=N_("The reference of an agreement, or an obligation."),
    shell_complete=complete_duties_or_obligations,
)
@with_option
@as_json
@click.pass_obj
def show_command(invocation: Invocation, named: str, other: str, as_json: bool) -> None:
    """Show an agreement."""
    try:
        parties = find_parties(invocation.context, invocation.actor, named, other)
    except NotFound:
        agreement = _agreement(invocation, named)
    else:
        known = agreement_of(invocation.context, parties)
        if known is None:
            if as_json:
                output.document(agreement=None)
            else:
                print_before_any(invocation, parties)
            return
        agreement = known
    if as_json:
        output.document(agreement=agreement_document(agreement))
        return
    print_agreement(invocation, agreement)


@agree_command.command(
    "propose",
    cls=Command,
    help=N_(
        "Propose terms to the head of the other department.\n"
        "Without a limit, roll or target the terms are proposed as they are, so that they count as agreed."
    ),
)
@argument(
    "obligation",
    metavar="OBLIGATION",
    help=N_("The id or title."),
    shell_complete=complete_duties_or_obligations,
)
@with_option
@terms_options
@click.pass_obj
def propose_command(invocation: Invocation, /, obligation: str, other: str, **terms: str) -> None:
    """Propose terms."""
    parties = find_parties(invocation.context, invocation.actor, obligation, other)
    first_on, last_on = _days(invocation, terms)
    typed = _typed(terms)
    base = starting_parts(invocation.context, parties, first_on, as_they_are=typed.is_empty)
    parts = changed_parts(base, typed, parties.obligation.declared)
    draft = TermsDraft(parts=parts, first_on=first_on, last_on=last_on, note=terms["note"])
    _tell(invocation, agreeing.propose(invocation.context, invocation.actor, parties, draft), _("Proposed"))


@agree_command.command(
    "new",
    cls=Command,
    help=N_("Propose an obligation that no plugin declares; it exists once the other head accepts."),
)
@argument("title", metavar="TITLE", help=N_("What is owed."))
@option(
    "--owed-by",
    metavar="DEPARTMENT",
    default="",
    help=N_("Who owes it to us."),
    shell_complete=complete_departments,
)
@option(
    "--owed-to",
    metavar="DEPARTMENT",
    default="",
    help=N_("To whom we owe it."),
    shell_complete=complete_departments,
)
@option(
    "--on-event",
    metavar="TYPE",
    default="",
    help=N_("The kind of event that opens it."),
    shell_complete=complete_event_types,
)
@option("--on-request", is_flag=True, help=N_("It opens when they ask for it."))
@option(
    "--field",
    "asked",
    metavar="FIELD",
    multiple=True,
    help=N_(
        "What a request asks for: Reason, Remark? (may stay empty), Amount (number), or choices: Priority: P1, P2, P3. "
        "May be repeated."
    ),
)
@option(
    "--row",
    "rows",
    metavar="ROW",
    multiple=True,
    help=N_(
        "The limits of one choice: its limit / first answer / target, such as P1: 4 working hours / 1 working hour / "
        "98%. Other choices go by --due. May be repeated."
    ),
)
@option(
    "--when",
    metavar="CONDITION",
    default="",
    help=N_(
        "It opens only then: Amount>=100000, Amount<5000, Region=North; of the event's or the request's fields."
    ),
)
@option(
    "--also",
    metavar="TRIGGER",
    multiple=True,
    help=N_(
        "What else opens it: calendar, request or a kind of event, its limit, first answer and condition, such as "
        "request: 2 workdays / 4 working hours if Amount>=1000. May be repeated."
    ),
)
@option(
    "--evidence", metavar="TEXT", multiple=True, help=N_("What is handed in with it, each by one --evidence.")
)
@terms_options
@click.pass_obj
def new_command(
    invocation: Invocation,
    /,
    title: str,
    owed_by: str,
    owed_to: str,
    on_event: str,
    on_request: bool,
    asked: tuple[str, ...],
    rows: tuple[str, ...],
    when: str,
    also: tuple[str, ...],
    evidence: tuple[str, ...],
    **terms: str,
) -> None:
    """Propose a new obligation."""
    if bool(owed_by) is bool(owed_to):
        raise UsageError(N_("Say who owes it: --owed-by them to us, or --owed-to them by us."))
    if on_event and on_request:
        raise UsageError(
            N_("{first} and {second} exclude each other."), first="--on-event", second="--on-request"
        )
    if not terms["due"]:
        raise UsageError(N_("A new obligation needs a limit: --due."))
    own = invocation.actor.department
    catalogue = invocation.context.catalogue
    provider, consumer = (
        (catalogue.department(owed_by).id, own) if owed_by else (own, catalogue.department(owed_to).id)
    )
    kind = (
        TriggerKind.ON_EVENT if on_event else TriggerKind.ON_REQUEST if on_request else TriggerKind.RECURRING
    )
    event_type = catalogue.event_type(on_event).id if on_event else ""
    typed = TypedObligation(
        title=title,
        kind=kind,
        event_type=event_type,
        fields=asked,
        rows=rows,
        when=when,
        further=also,
        evidence=evidence,
    )
    created, parts = new_obligation(typed, _typed(terms), catalogue.event_types)
    first_on, last_on = _days(invocation, terms)
    draft = TermsDraft(parts=parts, first_on=first_on, last_on=last_on, note=terms["note"])
    made = agreeing.propose_new(invocation.context, invocation.actor, created, provider, consumer, draft)
    _tell(invocation, made, _("Proposed"))


@agree_command.command("accept", cls=Command, help=N_("Accept the open proposal of the other department."))
@open_proposal
@click.pass_obj
def accept_command(invocation: Invocation, reference: str, number: int) -> None:
    """Accept a proposal."""
    agreement = _agreement(invocation, reference)
    accepted = agreeing.accept(invocation.context, invocation.actor, agreement.id, number)
    _tell(invocation, accepted, _("Agreed"))


@agree_command.command("refuse", cls=Command, help=N_("Refuse the open proposal of the other department."))
@open_proposal
@option("--reason", metavar="TEXT", required=True, help=N_("Why; kept on record."))
@click.pass_obj
def refuse_command(invocation: Invocation, reference: str, number: int, reason: str) -> None:
    """Refuse a proposal."""
    agreement = _agreement(invocation, reference)
    refused = agreeing.refuse(invocation.context, invocation.actor, agreement.id, number, reason)
    _tell(invocation, refused, _("Refused"))


@agree_command.command(
    "counter", cls=Command, help=N_("Answer the open proposal with another one, which begins with its terms.")
)
@open_proposal
@terms_options
@click.pass_obj
def counter_command(invocation: Invocation, /, reference: str, number: int, **terms: str) -> None:
    """Counter a proposal."""
    agreement = _agreement(invocation, reference)
    seen = next((one for one in agreement.proposals if one.number == number), None)
    declared = declared_triggers(invocation, agreement)
    parts = changed_parts(seen.parts if seen else AgreedParts(), _typed(terms), declared)
    first_on, last_on = _days(invocation, terms, seen)
    draft = TermsDraft(parts=parts, first_on=first_on, last_on=last_on, note=terms["note"])
    countered = agreeing.counter(invocation.context, invocation.actor, agreement.id, number, draft)
    _tell(invocation, countered, _("Countered"))


@agree_command.command("withdraw", cls=Command, help=N_("Withdraw the open proposal of your own department."))
@reference_argument
@click.pass_obj
def withdraw_command(invocation: Invocation, reference: str) -> None:
    """Withdraw a proposal."""
    agreement = _agreement(invocation, reference)
    _tell(invocation, agreeing.withdraw(invocation.context, invocation.actor, agreement.id), _("Withdrawn"))


def _agreement(invocation: Invocation, reference: str) -> Agreement:
    found = invocation.context.store.read(lambda tx: resolve(tx, Agreement, reference, LISTED_BY))
    return as_of(invocation.context, found, invocation.now())


def _typed(terms: dict[str, str]) -> TypedTerms:
    return TypedTerms(**{field.name: terms[field.name] for field in fields_of(TypedTerms)})


def _days(
    invocation: Invocation, terms: dict[str, str], seen: Proposal | None = None
) -> tuple[date, date | None]:
    """Return the first and last day as typed, else those of the answered proposal."""
    first_on = (
        seen.first_on if seen and not terms["first"] else parse_first_day(terms["first"], invocation.today())
    )
    if terms["last"]:
        return first_on, invocation.last_day(terms["last"])
    return first_on, seen.last_on if seen else None


def _tell(invocation: Invocation, agreement: Agreement, what: str) -> None:
    """Print the heading of an agreement behind a word, and its last proposal.

    The word says what was done, such as “Proposed”.
    """
    output.line(paired(what, agreement_heading(invocation, agreement)))
    print_created(invocation, agreement)
    print_proposal(invocation, agreement.proposals[-1], declared_triggers(invocation, agreement))
