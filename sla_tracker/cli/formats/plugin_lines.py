"""Formats a checked plugin and its changes as lines and JSON documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import deadline_document, instant, words
from sla_tracker.cli.formats.fact_lines import print_facts
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.deadlines.explanation import explain_line
from sla_tracker.domain.deadlines.steps import counting_steps
from sla_tracker.domain.text import Text
from sla_tracker.errors import SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language, ngettext
from sla_tracker.i18n.punctuation import bracketed, paired
from sla_tracker.services.authoring.difference import Kind, Shift
from sla_tracker.services.authoring.joins import Join
from sla_tracker.services.authoring.preview import Example
from sla_tracker.services.authoring.workshop import Changes, Checked, PluginWorkshop
from sla_tracker.services.deployment import PluginRow
from sla_tracker.wording.duties import format_moment, text_of, weekday_word
from sla_tracker.wording.facts.plugin_facts import declaration_word, declared_amount, plugin_facts
from sla_tracker.wording.plugin_changes import difference_heading, difference_lines, kind_word
from sla_tracker.wording.times import format_period

INDENT = "  "
SIGNS = {Kind.ADDED: ("+", Tone.GOOD), Kind.REMOVED: ("-", Tone.ALARM), Kind.CHANGED: ("~", Tone.WARNING)}


def problem_lines(file: str, problems: Sequence[SlaError]) -> None:
    """Print every problem of a plugin."""
    output.message(_("The plugin {file} cannot be used:", file=file), Tone.ALARM)
    for problem in problems:
        output.message(f"  - {problem.sentence()}", Tone.ALARM)


def print_checked(workshop: PluginWorkshop, checked: Checked) -> None:
    """Print the duties a plugin will open, each with its deadline explained."""
    for warning in checked.warnings:
        output.message(warning, Tone.WARNING)
    now = workshop.now()
    if checked.coming:
        output.line(Span(_("Opened by the calendar until {day}", day=f"{checked.until}"), Tone.HEADING))
        output.table(_columns(), [_coming(workshop, checked.catalogue, one) for one in checked.coming])
    if checked.examples:
        when = moment(workshop, now)
        output.line(Span(_("If it happened or was asked for now ({when})", when=when), Tone.HEADING))
        output.table(_columns(), [_example(workshop, checked.catalogue, one) for one in checked.examples])
    print_joins(workshop, checked)
    if any(one.deadline.provisional for one in checked.coming):
        output.message(
            _("* provisional: the working days of that year are not published, or could not be read."),
            Tone.WARNING,
        )


def print_joins(workshop: PluginWorkshop, checked: Checked) -> None:
    """Print which duties of the calendar wait for which."""
    if checked.joins:
        output.line(Span(_("What waits for what until {day}", day=f"{checked.until}"), Tone.HEADING))
        headings = (_("Due"), _("Obligation"), _("About"), _("Waits for"))
        columns = [Column(heading=heading, flexible=heading == headings[-1]) for heading in headings]
        output.table(columns, [_join(workshop, checked.catalogue, one) for one in checked.joins])


def print_changes(workshop: PluginWorkshop, changes: Changes) -> None:
    """Print what installing changed plugins would change."""
    for name, kind in changes.plugins.items():
        sign, tone = SIGNS[kind]
        output.line(Span(paired(f"{sign} {name}", kind_word(kind)), tone))
    for difference in changes.differences:
        sign, tone = SIGNS[difference.kind]
        output.line(Span(f"{sign} {difference_heading(difference)}", tone))
        for line in difference_lines(difference):
            output.line(f"    {line}")
    if changes.shifts:
        output.line(Span(_("Duties ahead, within twelve months"), Tone.HEADING))
        output.table([Column(), Column(), Column(), Column(flexible=True)], [
            _shift(workshop, changes, shift) for shift in changes.shifts
        ])  # fmt: skip
    if changes.problems:
        output.message(_("This would not work:"), Tone.ALARM)
        for problem in changes.problems:
            output.message(f"  - {problem.sentence()}", Tone.ALARM)
    elif changes.is_empty:
        output.message(_("Nothing would be different."))
    else:
        output.message(_("Duties that are open already keep the terms they were opened with."))


def print_plugin(row: PluginRow, departments: Mapping[str, Text]) -> None:
    """Print what a plugin says of itself, what it declares, and its traceback.

    Only a plugin that broke has one.
    """
    output.line(Span(row.name, Tone.HEADING))
    print_facts(plugin_facts(row), INDENT)
    for kind, declared in row.declares.items():
        if declared:
            output.line(Span(declared_amount(kind, len(declared)), Tone.HEADING))
        for one in declared:
            output.line(INDENT, declaration_word(one, departments))
    if row.traceback:
        output.text(row.traceback)


def plugin_document(row: PluginRow) -> dict[str, Any]:
    """Return a plugin as a document."""
    return {
        "name": row.name,
        "state": row.state.value,
        "origin": row.origin.value,
        "version": row.version or None,
        "digest": row.digest or None,
        "reason": row.reason or None,
        "contributed": dict(row.contributed),
        "seconds": row.seconds,
        "slow": list(row.slow),
        "slow_seconds": dict(row.slow),
        "warnings": list(row.warnings),
    }


def moment(workshop: PluginWorkshop, at: datetime) -> str:
    """Return a day with its weekday and time, such as `11-20 Fri 18:00`."""
    day, _blank, clock = format_moment(at, workshop.now(), workshop.zone).partition(" ")
    return f"{day} {weekday_word(at.astimezone(workshop.zone).date())} {clock}"


def checked_document(checked: Checked) -> dict[str, Any]:
    """Return a check as a document."""
    return {
        "plugin": checked.name,
        "good": checked.is_good,
        "problems": [problem.sentence() for problem in checked.problems],
        "warnings": list(checked.warnings),
        "contributed": dict(checked.contributed),
        "coming": [_opening_document(one) for one in checked.coming],
        "examples": [_example_document(one) for one in checked.examples],
        "joins": [_join_document(one) for one in checked.joins],
    }


def changes_document(changes: Changes) -> dict[str, Any]:
    """Return what would change as a document."""
    return {
        "plugins": {name: kind.value for name, kind in changes.plugins.items()},
        "differences": [
            {
                "what": one.what,
                "id": one.id,
                "kind": one.kind.value,
                "parts": [part.name for part in one.parts],
            }
            for one in changes.differences
        ],
        "duties": [
            {
                "obligation": shift.obligation,
                "kind": shift.kind.value,
                "due_before": instant(shift.before.deadline.due_at) if shift.before else None,
                "due_after": instant(shift.after.deadline.due_at) if shift.after else None,
            }
            for shift in changes.shifts
        ],
        "problems": [problem.sentence() for problem in changes.problems],
    }


def _columns() -> list[Column]:
    headings = (_("Due"), _("Obligation"), _("Owed to"), _("Why"))
    return [Column(heading=heading, flexible=heading == _("Why")) for heading in headings]


def _coming(workshop: PluginWorkshop, catalogue: Catalogue, one: Occurrence) -> tuple[Span, ...]:
    mark = "*" if one.deadline.provisional and one.is_dated else ""
    # What counts from a delivery has no due yet; the steps say from what it counts.
    due = _due(workshop, one) + mark
    steps = one.deadline.steps if one.is_dated else tuple(counting_steps(one.deadline.steps))
    return (
        Span(due),
        Span(_title(catalogue, one.obligation)),
        Span(_consumer(catalogue, one.obligation)),
        Span(explain_line(steps, lang=language(), zone=workshop.zone), Tone.QUIET),
    )


def _due(workshop: PluginWorkshop, one: Occurrence) -> str:
    return moment(workshop, one.deadline.due_at) if one.is_dated else "–"


def _together(turns: Sequence[Occurrence]) -> list[tuple[Obligation, Occurrence]]:
    """Return turns with their obligations.

    Turns of one obligation with one due time in several departments are returned as one.
    """
    same: dict[tuple[str, datetime], list[Occurrence]] = {}
    for turn in turns:
        same.setdefault((turn.obligation.id, turn.deadline.due_at), []).append(turn)
    return [
        (replace(group[0].obligation, providers=tuple(one.obligation.provider for one in group)), group[0])
        if group[0].obligation.is_shared
        else (group[0].obligation, group[0])
        for group in same.values()
    ]


def _join(workshop: PluginWorkshop, catalogue: Catalogue, join: Join) -> tuple[Span, ...]:
    other = catalogue.obligations[join.dependency.obligation]
    found = [
        f"{_title(catalogue, one)} {format_period(turn.period_start, turn.period_end)} {_due(workshop, turn)}"
        for one, turn in _together(join.waits_for)
    ]
    nothing = _("no turn of “{title}”", title=text_of(other.title))
    return (
        Span(_due(workshop, join.turn)),
        Span(_title(catalogue, join.turn.obligation)),
        Span(format_period(join.turn.period_start, join.turn.period_end)),
        Span(_(", ").join(found) or nothing, Tone.QUIET if found else Tone.WARNING),
    )


def _example(workshop: PluginWorkshop, catalogue: Catalogue, one: Example) -> tuple[Span, ...]:
    opened_by = _("a request")
    if isinstance(one.trigger, OnEvent):
        event_type = catalogue.event_types.get(one.trigger.event_type)
        opened_by = text_of(event_type.title) if event_type else one.trigger.event_type
    title = f"{_title(catalogue, one.obligation)} ← {opened_by}"
    if one.answer is not None:
        title += _(" (answer by {when})", when=moment(workshop, one.answer.due_at))
    return (
        Span(moment(workshop, one.deadline.due_at)),
        Span(title),
        Span(_consumer(catalogue, one.obligation)),
        Span(explain_line(one.deadline.steps, lang=language(), zone=workshop.zone), Tone.QUIET),
    )


def _shift(workshop: PluginWorkshop, changes: Changes, shift: Shift) -> tuple[Span, ...]:
    sign, tone = SIGNS[shift.kind]
    before = moment(workshop, shift.before.deadline.due_at) if shift.before else ""
    after = moment(workshop, shift.after.deadline.due_at) if shift.after else ""
    opening = shift.after or shift.before
    assert opening is not None
    catalogue = changes.after if shift.after else changes.before
    return (
        Span(sign, tone),
        Span(" → ".join(filter(None, (before, after)))),
        Span(text_of(opening.obligation.title)),
        Span(_consumer(catalogue, opening.obligation), Tone.QUIET),
    )


def _title(catalogue: Catalogue, obligation: Obligation) -> str:
    """Return the title; of what several departments owe, with whose deadline it is."""
    title = text_of(obligation.title)
    if not obligation.is_shared:
        return title
    if len(obligation.providers) > 1:
        return bracketed(title, ngettext("{n} department", "{n} departments", len(obligation.providers)))
    department = catalogue.departments.get(obligation.provider)
    return bracketed(title, text_of(department.name) if department else obligation.provider)


def _consumer(catalogue: Catalogue, obligation: Obligation) -> str:
    names = [
        text_of(catalogue.departments[id].name) if id in catalogue.departments else id
        for id in obligation.owed_to(tuple(catalogue.departments))
    ]
    return _(", ").join(names)


def _opening_document(one: Occurrence) -> dict[str, Any]:
    return {
        "obligation": one.obligation.id,
        "title": words(one.obligation.title),
        "providers": list(one.obligation.providers or (one.obligation.provider,)),
        "consumer": one.obligation.consumer,
        "opens_at": instant(one.opens_at) if one.is_dated else None,
        "is_dated": one.is_dated,
        "deadline": deadline_document(one.deadline),
    }


def _join_document(join: Join) -> dict[str, Any]:
    return {
        "turn": join.dependency.turn.value,
        **_turn_document(join.turn),
        "waits_for": [_turn_document(one) for one in join.waits_for],
    }


def _turn_document(one: Occurrence) -> dict[str, Any]:
    return {
        "obligation": one.obligation.id,
        "provider": one.obligation.provider,
        "period_start": one.period_start.isoformat(),
        "period_end": one.period_end.isoformat(),
        "due_at": instant(one.deadline.due_at) if one.is_dated else None,
    }


def _example_document(one: Example) -> dict[str, Any]:
    return {
        "obligation": one.obligation.id,
        "title": words(one.obligation.title),
        "providers": list(one.obligation.providers or (one.obligation.provider,)),
        "consumer": one.obligation.consumer,
        "event_type": one.trigger.event_type if isinstance(one.trigger, OnEvent) else None,
        "at": instant(one.at),
        "deadline": deadline_document(one.deadline),
        "answer": deadline_document(one.answer) if one.answer else None,
    }
