"""`sla web`: passwords for the browser, calendar feeds, tokens of other programs."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sla_tracker.cli import output
from sla_tracker.cli.completion import complete_departments, complete_event_types, complete_people
from sla_tracker.cli.deployments import ServeRequest
from sla_tracker.cli.formats.documents import day, instant
from sla_tracker.cli.formats.duty_lines import moment_word
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, NotFound, Refused
from sla_tracker.i18n import gettext as _
from sla_tracker.services.web_access import tokens
from sla_tracker.services.web_access.tokens import Token, TokenKind
from sla_tracker.wording.duties import department_word, person_word

NO_PAGES = N_("No page is served yet: url under [web] in the settings says where.")


@click.group("web", cls=Group)
def web_command() -> None:
    """Hold the commands about HTTP."""


@web_command.command(
    "password",
    cls=Command,
    help=N_(
        "Print a first password for the browser, which opens the choice of another one alone. For oneself, or as an "
        "administrator for somebody else."
    ),
)
@argument(
    "person",
    metavar="[PERSON]",
    required=False,
    help=N_("Whose; your own when left out."),
    shell_complete=complete_people,
)
@option("--remove", is_flag=True, help=N_("Take the password away; the person is logged out everywhere."))
@click.pass_obj
def password_command(invocation: Invocation, person: str | None, remove: bool) -> None:
    """Give somebody a password, or take it away."""
    context, actor, access = invocation.context, invocation.actor, invocation.deployment.web_access
    whose = person or actor.id
    if not remove and not invocation.deployment.takes_passwords:
        raise Refused(
            N_("Nobody logs in with a password here: login under [web] in the settings names other ways.")
        )
    if remove:
        if not tokens.take_password(context, actor, access, whose):
            raise NotFound(N_("{person} has no password."), person=context.name_of(whose))
        output.line(_("{person} has no password any more.", person=person_word(context.people, whose)))
        return
    output.line(tokens.give_password(context, actor, access, whose))
    said = _(
        "This is the first password of {person}: it opens the choice of another one alone, and is good until then, {n} "
        "days at most. It is shown now only.",
        person=person_word(context.people, whose),
        n=tokens.FIRST_PASSWORD_DAYS,
    )
    output.message(said, Tone.QUIET)
    if url := invocation.deployment.web_url:
        output.message(url, Tone.QUIET)
    else:
        output.message(_(NO_PAGES), Tone.QUIET)


@web_command.command(
    "forget",
    cls=Command,
    help=N_(
        "Forget with which account of the identity provider somebody logged in first, so that another one may; the "
        "person is logged out. For administrators."
    ),
)
@argument("person", metavar="PERSON", help=N_("Whose account."), shell_complete=complete_people)
@click.pass_obj
def forget_command(invocation: Invocation, person: str) -> None:
    """Forget somebody's account of the identity provider."""
    context = invocation.context
    if not tokens.forget_identity(context, invocation.actor, invocation.deployment.web_access, person):
        raise NotFound(
            N_("{person} has not logged in with the identity provider."), person=context.name_of(person)
        )
    said = _("{person} may log in with another account now.", person=person_word(context.people, person))
    output.line(said)


@web_command.command(
    "open",
    cls=Command,
    help=N_("Show a trial in the browser of this machine, until ^C; nothing else may connect."),
)
@option("--no-browser", is_flag=True, help=N_("Only print the address, and open no browser."))
@click.pass_obj
def open_command(invocation: Invocation, no_browser: bool) -> int:
    """Serve the pages of a trial."""
    request = ServeRequest(opens_trial=True, with_browser=not no_browser)
    return invocation.deployments.serve(invocation.folder(), request)


@web_command.command(
    "feed",
    cls=Command,
    help=N_(
        "Print the address of a calendar feed with your own duties; it is shown once, and the old one stops working."
    ),
)
@option("--end", is_flag=True, help=N_("End the feed instead."))
@click.pass_obj
def feed_command(invocation: Invocation, end: bool) -> None:
    """Make or end one's calendar feed."""
    access = invocation.deployment.web_access
    if not end and not invocation.deployment.web_url:
        raise Refused(NO_PAGES)
    if end:
        was_there = tokens.end_feed(invocation.actor, access)
        output.line(_("The calendar feed has ended.") if was_there else _("There is no calendar feed."))
        return
    secret = tokens.make_feed(invocation.context, invocation.actor, access)
    output.line(f"{invocation.deployment.web_url}/calendar/{secret}.ics")


@web_command.group("token", cls=Group, help=N_("Tokens with which other programs call the service."))
def token_command() -> None:
    """Hold the commands about tokens."""


@token_command.command(
    "add",
    cls=Command,
    help=N_("Print a new token for a program, which speaks for a department; it is shown once."),
)
@argument("name", metavar="NAME", help=N_("The program, such as erp; on record with what it does."))
@option(
    "--department",
    metavar="DEPARTMENT",
    required=True,
    help=N_("For which department it speaks; that decides whose act it is, and about grace."),
    shell_complete=complete_departments,
)
@option(
    "--event",
    "events",
    metavar="KIND",
    multiple=True,
    help=N_("A kind of event that it may register. May be repeated."),
    shell_complete=complete_event_types,
)
@option("--requests", "may_ask", is_flag=True, help=N_("It may ask for something, too."))
@option("--read", "may_read", is_flag=True, help=N_("It may read duties and service levels."))
@option(
    "--until", metavar="DAY", required=True, help=N_("The last day on which it works; at most a year away.")
)
@option(
    "--address",
    "addresses",
    metavar="ADDRESS",
    multiple=True,
    help=N_("An address or network from which it may be used; from anywhere when left out. May be repeated."),
)
@click.pass_obj
def token_add_command(
    invocation: Invocation,
    name: str,
    department: str,
    events: tuple[str, ...],
    may_ask: bool,
    may_read: bool,
    until: str,
    addresses: tuple[str, ...],
) -> None:
    """Make a token."""
    context = invocation.context
    token = Token(
        hash="",
        kind=TokenKind.API,
        made_at=invocation.now(),
        made_by=invocation.actor.id,
        name=name,
        department=context.catalogue.department(department).id,
        events=events,
        may_ask=may_ask,
        may_read=may_read,
        until=invocation.last_day(until),
        addresses=addresses,
    )
    output.line(tokens.make_token(context, invocation.actor, invocation.deployment.web_access, token))
    output.message(_("This token is shown now and never again; keep it like a password."), Tone.QUIET)


@token_command.command("list", cls=Command, help=N_("List the tokens of programs."))
@as_json
@click.pass_obj
def token_list_command(invocation: Invocation, as_json: bool) -> None:
    """List tokens."""
    context = invocation.context
    found = tokens.program_tokens(context, invocation.actor, invocation.deployment.web_access)
    if as_json:
        output.document(tokens=[_document(one) for one in found])
        return
    if not found:
        output.message(_("There is no token; sla web token add makes one."))
        return
    today = invocation.today()
    rows = [
        (
            Span(one.name),
            Span(department_word(context, one.department)),
            Span(_(", ").join(_allowed(one))),
            Span(str(one.until), Tone.PLAIN if one.is_valid(today) else Tone.ALARM),
            Span(_(", ").join(one.addresses), Tone.QUIET),
            Span(
                f"{moment_word(invocation, one.made_at)} {person_word(context.people, one.made_by)}",
                Tone.QUIET,
            ),
        )
        for one in found
    ]
    headings = (_("Name"), _("Department"), _("May"), _("Until"), _("From"), _("Made"))
    output.table([Column(heading=heading) for heading in headings], rows)


@token_command.command("end", cls=Command, help=N_("End a program's token at once."))
@argument("name", metavar="NAME", help=N_("The token's name, as sla web token list shows it."))
@click.pass_obj
def token_end_command(invocation: Invocation, name: str) -> None:
    """End a token."""
    access = invocation.deployment.web_access
    if not tokens.end_token(invocation.context, invocation.actor, access, name):
        raise NotFound(N_("There is no token “{name}”; sla web token list shows them."), name=name)
    output.line(_("The token “{name}” has ended.", name=name))


def _allowed(token: Token) -> Iterator[str]:
    """Yield what a token may do, in words."""
    yield from token.events
    if token.may_ask:
        yield _("ask")
    if token.may_read:
        yield _("read")


def _document(token: Token) -> dict[str, object]:
    return {
        "name": token.name,
        "department": token.department,
        "events": list(token.events),
        "may_ask": token.may_ask,
        "may_read": token.may_read,
        "until": day(token.until),
        "addresses": list(token.addresses),
        "made_at": instant(token.made_at),
        "made_by": token.made_by,
    }
