"""Writes the report that lies beside a taken or refused file."""

from __future__ import annotations

from sla_tracker import i18n
from sla_tracker.domain.clean import clean
from sla_tracker.domain.people import Actor
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.inbox import TakenFile
from sla_tracker.wording.imports.inbox import format_taken


def report_text(context: ServiceContext, actor: Actor, found: TakenFile) -> str:
    """Return the report of a file in the language of the deployment."""
    with i18n.speaking(context.settings.language or i18n.language()):
        at = f"{context.now().astimezone(context.settings.zone):%Y-%m-%d %H:%M}"
        lines = [
            clean(found.name),
            _("{at}, as {who}", at=at, who=context.name_of(actor.id)),
            "",
            format_taken(found),
            *(clean(problem.sentence()) for problem in found.problems),
        ]
    return "\n".join(lines) + "\n"
