"""`sla plugins` and `sla doctor`: list the plugins and check the whole deployment."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.fact_lines import FACT_TONES
from sla_tracker.cli.formats.plugin_lines import plugin_document
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, ConfigError, ExitCode, StoreError, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.deployment import Finding, PluginRow, PluginState
from sla_tracker.wording.facts.plugin_facts import (
    STATE_TONES,
    contributed_word,
    origin_word,
    plugin_remarks,
    plugin_state_word,
)


@click.command("plugins", cls=Command)
@option("--details", is_flag=True, help=N_("With the traceback of each that broke."))
@as_json
@click.pass_obj
def plugins_command(invocation: Invocation, details: bool, as_json: bool) -> None:
    """List the plugins."""
    invocation.lists_plugins = True
    rows = invocation.deployment.plugins()
    if as_json:
        output.document(plugins=[plugin_document(row) for row in rows])
        return
    cells = [_plugin_cells(row) for row in rows]
    if not rows:
        output.message(_("No plugin is installed or in the plugin folder."))
        return
    headings = (_("Plugin"), _("State"), _("Version"), _("From"), _("Declares"), _("Reason"))
    flexible, spare = {_("Declares"), _("Reason")}, {_("Declares"): 1, _("Version"): 2, _("From"): 3}
    output.table(
        [
            Column(heading=heading, flexible=heading in flexible, spare=spare.get(heading, 0))
            for heading in headings
        ],
        cells,
    )
    for row in rows:
        for remark in plugin_remarks(row):
            output.message(paired(row.name, remark.text), Tone.WARNING)
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
    broken = [row for row in deployment.plugins() if row.is_broken]
    if as_json:
        output.document(
            findings=[
                {"about": one.about, "well": one.well, "sentence": one.sentence, "advice": one.advice or None}
                for one in findings
            ],
            broken_plugins=[plugin_document(row) for row in broken],
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
    return (
        Span(row.name),
        Span(
            plugin_state_word(row),
            Tone.GOOD if row.state is PluginState.ACTIVE else FACT_TONES[STATE_TONES[row.state]],
        ),
        Span(row.version),
        Span(origin_word(row), Tone.QUIET),
        Span(contributed_word(row), Tone.QUIET),
        Span(row.reason, Tone.WARNING),
    )
