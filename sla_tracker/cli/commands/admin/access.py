"""`sla access`: lists who may do what."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.access import NO_DEPARTMENT, ROLE_WORDS, RULES, Right, Side, may
from sla_tracker.wording.duties import department_word

SIDE_WORDS = {
    Side.PROVIDER: N_("of the department that owes"),
    Side.CONSUMER: N_("of the department that is owed"),
    Side.EITHER: N_("of either department"),
    Side.CLOSING: N_("of a department named under [closing]"),
    Side.ANY: N_("of any department"),
}


@click.command("access", cls=Command)
@as_json
@click.pass_obj
def access_command(invocation: Invocation, as_json: bool) -> None:
    """List the rights."""
    actor = invocation.actor
    if as_json:
        output.document(
            person=actor.id,
            department=actor.department or None,
            role=actor.role.value,
            rights=[
                {"right": right.value, "role": rule.role.value, "side": rule.side.value}
                for right, rule in RULES.items()
            ],
        )
        return
    rows = [
        (
            Span(_(rule.meaning)),
            Span(_(ROLE_WORDS[rule.role])),
            Span(_(SIDE_WORDS[rule.side])),
            Span("✓" if _mine(invocation, right) else "", Tone.GOOD),
        )
        for right, rule in RULES.items()
    ]
    headings = (_("What"), _("At least"), "", _("You"))
    output.table([Column(heading=heading) for heading in headings], rows)
    output.message(
        _(
            "You are {person}, {role}, {department}.",
            person=actor.person.name,
            role=_(ROLE_WORDS[actor.role]),
            department=department_word(invocation.context, actor.department)
            if actor.department
            else _(NO_DEPARTMENT),
        )
    )


def _mine(invocation: Invocation, right: Right) -> bool:
    """Return whether the actor has a right over duties of the own department."""
    own = invocation.actor.department
    acting = invocation.context.acting(invocation.actor, invocation.now())
    closing = invocation.context.settings.closing_departments
    return may(acting, right, provider=own, consumer=own, closing=closing)
