"""`sla plugins` and `sla doctor`: list the plugins and check the whole deployment."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, ConfigError, ExitCode, StoreError, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.deployment import Finding, PluginRow

ACTIVE, OFFERED = "active", "offered"
STATES = {
    ACTIVE: (N_("active"), Tone.GOOD),
    OFFERED: (N_("offered"), Tone.QUIET),
    "refused": (N_("refused"), Tone.WARNING),
    "quarantined": (N_("quarantined"), Tone.ALARM),
}


ORIGINS = {
    "entry_point": N_("installed package"),
    "python_file": N_("Python file in the plugin folder"),
    "checklist": N_("checklist in the plugin folder"),
}


@click.command("plugins", cls=Command)
@option("--details", is_flag=True, help=N_("With the traceback of each that broke."))
@as_json
@click.pass_obj
def plugins_command(invocation: Invocation, details: bool, as_json: bool) -> None:
    """List the plugins."""
    invocation.lists_plugins = True
    rows = invocation.deployment.plugins()
    if as_json:
        output.document(plugins=[_plugin_document(row) for row in rows])
        return
    cells = [_plugin_cells(row) for row in rows]
    if not rows:
        output.message(_("No plugin is installed or in the plugin folder."))
        return
    headings = (_("Plugin"), _("State"), _("Version"), _("From"), _("Gives"), _("Reason"))
    flexible, spare = {_("Gives"), _("Reason")}, {_("Gives"): 1, _("Version"): 2, _("From"): 3}
    output.table(
        [
            Column(heading=heading, flexible=heading in flexible, spare=spare.get(heading, 0))
            for heading in headings
        ],
        cells,
    )
    for row in rows:
        for remark in remarks(row):
            output.message(paired(row.name, remark), Tone.WARNING)
        if details and row.traceback:
            output.line(Span(row.name, Tone.HEADING))
            output.text(row.traceback)


@click.command(
    "doctor",
    cls=Command,
)
@as_json
@click.pass_context
def doctor_command(ctx: click.Context, as_json: bool) -> None:
    """Look at everything that can be wrong."""
    invocation: Invocation = ctx.obj
    deployment = invocation.patient
    with suppress(StoreError, ConfigError, UsageError):  # check_up reports the store's error as a finding
        deployment.begin()
    for alarm in deployment.alarms():
        output.message(alarm, Tone.ALARM)
    findings = deployment.check_up()
    broken = [row for row in deployment.plugins() if row.state not in {ACTIVE, OFFERED}]
    if as_json:
        output.document(
            findings=[
                {"about": one.about, "well": one.well, "sentence": one.sentence, "advice": one.advice or None}
                for one in findings
            ],
            broken_plugins=[_plugin_document(row) for row in broken],
        )
    else:
        _print_findings(findings)
    if broken:
        ctx.exit(ExitCode.PLUGIN)
    if not all(one.well for one in findings):
        ctx.exit(ExitCode.FAILED)


def _print_findings(findings: Sequence[Finding]) -> None:
    for one in findings:
        word, tone = (_("well"), Tone.GOOD) if one.well else (_("wrong"), Tone.ALARM)
        said, *more = one.sentence.splitlines() or [""]
        output.line(Span(word, tone), "  " + paired(one.about, said))
        for line in more:
            output.line("      ", line.strip())
        for advice in () if one.well else one.advice.splitlines():
            output.line("      ", Span(advice, Tone.QUIET))
    if all(one.well for one in findings):
        output.message(_("Everything is well."), Tone.GOOD)


def _plugin_cells(row: PluginRow) -> tuple[Span, ...]:
    word, tone = STATES.get(row.state, (row.state, Tone.PLAIN))
    gives = _(", ").join(_amount(what, amount) for what, amount in row.contributed.items() if amount)
    return (
        Span(row.name),
        Span(_(word), tone),
        Span(row.version),
        Span(_(ORIGINS.get(row.origin, row.origin)), Tone.QUIET),
        Span(gives, Tone.QUIET),
        Span(row.reason, Tone.WARNING),
    )


def remarks(row: PluginRow) -> list[str]:
    """Return the remarks on a working plugin: its own warnings, and that it is slow."""
    slow = _("it keeps everybody waiting: {hooks}", hooks=row.slow_hooks)
    return [*row.warnings, *([slow] if row.slow else [])]


def _amount(what: str, amount: int) -> str:
    """Return how many things of one kind a plugin declares, as a phrase."""
    known = {
        "departments": ngettext("{n} department", "{n} departments", amount),
        "obligations": ngettext("{n} obligation", "{n} obligations", amount),
        "event_types": ngettext("{n} kind of event", "{n} kinds of events", amount),
        "calendars": ngettext("{n} calendar", "{n} calendars", amount),
        "notifiers": ngettext("{n} notifier", "{n} notifiers", amount),
    }
    return known.get(what, f"{amount} {what}")


def _plugin_document(row: PluginRow) -> dict[str, object]:
    return {
        "name": row.name,
        "state": row.state,
        "origin": row.origin,
        "version": row.version or None,
        "digest": row.digest or None,
        "reason": row.reason or None,
        "contributed": dict(row.contributed),
        "seconds": row.seconds,
        "slow": list(row.slow),
        "slow_seconds": dict(row.slow),
        "warnings": list(row.warnings),
    }
