"""`sla remind`: plans and sends reminders, once or continuously.

It also previews them and lists unsent ones.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import instant, words
from sla_tracker.cli.formats.duty_lines import moment_word
from sla_tracker.cli.formats.systemd import unit
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, ExitCode, SlaError, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.reminders.leases import Notifiers
from sla_tracker.services.reminders.loop import watch
from sla_tracker.services.reminders.messages import Channels
from sla_tracker.services.reminders.planner import OutboxRow, PreviewRow, outbox, preview
from sla_tracker.services.reminders.sender import Round, run_once
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.reminders import OUTBOX_WORDS, format_step, recipient_word

# Days of a preview: the most that --days takes, and its default.
MOST_DAYS = 400
USUAL_DAYS = 14


@click.command(
    "remind",
    cls=Command,
)
@option("--preview", "ahead", is_flag=True, help=N_("Only show what will be sent, to whom and why."))
@option("--days", metavar="N", type=int, help=N_("How far --preview looks ahead; else 14."))
@option(
    "--outbox", "waiting", is_flag=True, help=N_("Only show what waits, and what could not be sent and why.")
)
@option("--watch", "for_ever", is_flag=True, help=N_("Go on until stopped, and send everything in time."))
@option("--print-systemd", "as_unit", is_flag=True, help=N_("Print a systemd service that does so."))
@as_json
@click.pass_obj
def remind_command(
    invocation: Invocation,
    ahead: bool,
    days: int | None,
    waiting: bool,
    for_ever: bool,
    as_unit: bool,
    as_json: bool,
) -> int:
    """Send what is due, or show what will be."""
    if sum((ahead, waiting, for_ever, as_unit)) > 1:
        raise UsageError(N_("Choose one of --preview, --outbox, --watch and --print-systemd."))
    if days is not None and not ahead:
        raise UsageError(N_("--days says how far --preview looks ahead; give both, or neither."))
    if as_unit:
        output.text(unit(invocation.folder()))
        return ExitCode.OK
    if ahead:
        return _preview(invocation, USUAL_DAYS if days is None else days, as_json=as_json)
    if waiting:
        return _outbox(invocation, as_json=as_json)
    return _watch(invocation) if for_ever else _once(invocation, as_json=as_json)


# --- sending ----------------------------------------------------------------------------------------------------------


def _once(invocation: Invocation, *, as_json: bool) -> int:
    channels = invocation.deployment.channels()
    _complain_of(channels)
    with _stopped_by_signals() as stop:
        done = run_once(invocation.context, channels.working, stop=stop)
    if as_json:
        output.document(
            reminders={name: getattr(done, name) for name in Round.__slots__},
            broken_channels=sorted(channels.broken),
        )
    elif output.is_seen() or done.sent or done.failed or done.unknown or done.deferred:
        output.line(_said(done))
    return ExitCode.FAILED if done.failed or done.unknown or channels.broken else ExitCode.OK


def _watch(invocation: Invocation) -> int:
    deployment = invocation.deployment
    channels = deployment.channels()
    _complain_of(channels)
    said: list[str] = []

    def present() -> tuple[ServiceContext, Notifiers]:
        nonlocal channels
        try:
            if deployment.plugins_changed():
                deployment.reload()
                channels = deployment.channels()
                _complain_of(channels)
        except SlaError as reason:
            show_error(reason)
        return deployment.context, channels.working

    def show_error(reason: SlaError) -> None:
        """Print each error once, until something works again."""
        if said[-1:] != [reason.sentence()]:
            said.append(reason.sentence())
            output.message(reason.sentence(), Tone.ALARM)

    def report(done: Round) -> None:
        said.clear()
        if done != Round():
            output.message(f"{moment_word(invocation, invocation.now())}  {_said(done)}")

    with _stopped_by_signals() as stop:
        output.message(_("Reminding; stop it with Ctrl+C."))
        watch(present, stop, report=report, show_error=show_error)
    return ExitCode.OK


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM, SIGINT and SIGHUP set.

    The current round still ends and is recorded.
    """
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    names = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(name, end) for name in names}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _complain_of(channels: Channels) -> None:
    for problem in channels.broken.values():
        output.message(problem.sentence(), Tone.ALARM)


def _said(done: Round) -> str:
    parts = [ngettext("{n} reminder sent", "{n} reminders sent", done.sent)]
    if done.failed:
        parts.append(_("{n} failed", n=done.failed))
    if done.unknown:
        parts.append(_("{n} unknown", n=done.unknown))
    if done.deferred:
        parts.append(_("{n} put off", n=done.deferred))
    return _(", ").join(parts)


# --- showing ----------------------------------------------------------------------------------------------------------


def _preview(invocation: Invocation, days: int, *, as_json: bool) -> int:
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(N_("--days takes a number from 1 to {most}."), most=MOST_DAYS)
    rows = preview(invocation.context, days)
    if as_json:
        output.document(reminders=[_preview_document(row) for row in rows])
        return ExitCode.OK
    headings = (_("When"), _("To"), _("On"), _("Duty"), _("About"), _("Due"), _("Why"))
    flexible, spare = {_("Duty"), _("About"), _("Why")}, {_("Due"): 1, _("On"): 2, _("Why"): 3}
    output.table(
        [
            Column(heading=heading, flexible=heading in flexible, spare=spare.get(heading, 0))
            for heading in headings
        ],
        [_preview_cells(invocation, row) for row in rows],
    )
    output.message(
        ngettext(
            "{n} reminder until {day}, if nothing happens.",
            "{n} reminders until {day}, if nothing happens.",
            len(rows),
            day=_last_day(invocation, days),
        )
    )
    return ExitCode.OK


def _last_day(invocation: Invocation, days: int) -> str:
    from datetime import timedelta

    return f"{(invocation.now() + timedelta(days=days)).astimezone(invocation.zone):%Y-%m-%d}"


def _preview_cells(invocation: Invocation, row: PreviewRow) -> list[Span]:
    context = invocation.context
    return [
        Span(moment_word(invocation, row.at)),
        Span(recipient_word(context, row.recipient)),
        Span(row.channel, Tone.QUIET),
        Span(text_of(row.title)),
        Span(row.subject, Tone.QUIET),
        Span(moment_word(invocation, row.due_at), Tone.QUIET),
        Span(format_step(row.step), Tone.QUIET),
    ]


def _preview_document(row: PreviewRow) -> dict[str, object]:
    return {
        "at": instant(row.at),
        "duty": row.id or None,
        "reference": row.reference or None,
        "title": words(row.title),
        "subject": row.subject,
        "due_at": instant(row.due_at),
        "recipient": row.recipient,
        "instead_of": row.instead_of or None,
        "channel": row.channel,
        "step": row.step.id,
        "why": format_step(row.step),
    }


def _outbox(invocation: Invocation, *, as_json: bool) -> int:
    rows = outbox(invocation.context)
    if as_json:
        output.document(outbox=[_outbox_document(row) for row in rows])
        return ExitCode.OK
    if not rows:
        output.message(_("Nothing waits."))
        return ExitCode.OK
    headings = (_("Next try"), _("To"), _("On"), _("Ref"), _("Duty"), _("State"), _("Reason"))
    flexible = {_("Duty"), _("Reason")}
    output.table(
        [Column(heading=heading, flexible=heading in flexible) for heading in headings],
        [_outbox_cells(invocation, row) for row in rows],
    )
    return ExitCode.OK


def _outbox_cells(invocation: Invocation, row: OutboxRow) -> list[Span]:
    return [
        Span(moment_word(invocation, row.send_at) if row.send_at else "–"),
        Span(recipient_word(invocation.context, row.recipient)),
        Span(row.channel, Tone.QUIET),
        Span(row.reference, Tone.QUIET),
        Span(text_of(row.title)),
        Span(_(OUTBOX_WORDS[row.state]), Tone.WARNING if row.problem else Tone.PLAIN),
        Span(_reason(row), Tone.WARNING),
    ]


def _outbox_document(row: OutboxRow) -> dict[str, object]:
    return {
        "id": row.id,
        "reference": row.reference,
        "title": words(row.title),
        "recipient": row.recipient,
        "channel": row.channel,
        "state": row.state.value,
        "next_at": instant(row.send_at),
        "attempts": row.attempts,
        "problem": _reason(row) or None,
    }


def _reason(row: OutboxRow) -> str:
    """Return why a reminder was not delivered; empty while nothing went wrong."""
    return _(row.problem, **row.problem_values) if row.problem else ""
