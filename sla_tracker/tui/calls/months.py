"""Calls about a month's end: reading it, closing, reopening, reporting.

The messages that they post are defined here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sla_tracker.domain.checklist import POINT_WORDS, CheckKind, Part
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.services.months import archive, signatures
from sla_tracker.services.months.month_end import MonthEnd, mark_missed, month_end
from sla_tracker.services.queries.new_files import write_new_file
from sla_tracker.tui.calls.departments import StatementRecorded, said
from sla_tracker.tui.messages import GatewayMessage
from sla_tracker.tui.messages.done import ManyDone
from sla_tracker.wording.figures.parse_range import parse_range
from sla_tracker.wording.figures.ranges import range_word
from sla_tracker.wording.figures.report_forms import form_of

Call = Callable[[OpenDeployment], GatewayMessage]


class MonthEndLoaded(GatewayMessage):
    """What is left to do in a month was read."""

    def __init__(self, found: MonthEnd) -> None:
        super().__init__()
        self.found = found


def load_month_end(month: str) -> Call:
    """Read what is left to do in a month."""
    return lambda deployment: MonthEndLoaded(month_end(deployment.context, month))


def close(month: str, *, with_missed: bool) -> Call:
    """Close a month and seal it; overdue duties may be marked as missed with it."""
    act = lambda deployment: archive.close_and_seal(
        deployment.context, deployment.actor, month, mark_missed=with_missed
    )
    return said(_("{month} is closed.", month=month), act, undoable=False)


def reopen(month: str, reason: str) -> Call:
    """Open a closed month again."""
    act = lambda deployment: archive.reopen_and_unseal(deployment.context, deployment.actor, month, reason)
    return said(_("{month} is open again.", month=month), act, undoable=False)


def mark_as_missed(ids: Sequence[str], reason: str) -> Call:
    """Mark overdue duties as missed."""

    def call(deployment: OpenDeployment) -> ManyDone:
        done = ManyDone(_("Marked as missed"), mark_missed(deployment.context, deployment.actor, ids, reason))
        done.undoable = False
        return done

    return call


def sign(month: str, point: CheckKind, part: Part | None) -> Call:
    """Sign a part of a point of the checklist; None takes the own signature back."""
    name = _(POINT_WORDS[point])
    if part is None:
        back = lambda deployment: signatures.take_back(deployment.context, deployment.actor, month, [point])
        return said(_("{point}: the signature is taken back.", point=name), back, undoable=False)
    act = lambda deployment: signatures.sign(deployment.context, deployment.actor, month, [point], part)
    words = {
        Part.PREPARED: N_("{point}: signed as prepared."),
        Part.REVIEWED: N_("{point}: signed as reviewed."),
    }
    return said(_(words[part], point=name), act, undoable=False)


def write_report(typed: str, file: str) -> Call:
    """Write the report of a typed range into a new file."""

    def call(deployment: OpenDeployment) -> StatementRecorded:
        context = deployment.context
        today = context.now().astimezone(context.settings.zone).date()
        dates = parse_range(typed, today, context.settings.fiscal)
        content = deployment.report(dates, form_of(file))
        place = write_new_file(deployment.files, file, content)
        words = _("The report of {month} is in {file}.", month=range_word(dates), file=place)
        return StatementRecorded(words, undoable=False)

    return call
