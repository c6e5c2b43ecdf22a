"""Prints what an event or a plugin says of itself, as lines of label and text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sla_tracker.cli import output
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.wording.facts.fact import FactTone, StatedFact

FACT_TONES: Mapping[FactTone, Tone] = {
    FactTone.PLAIN: Tone.PLAIN,
    FactTone.STRONG: Tone.PLAIN,
    FactTone.QUIET: Tone.QUIET,
    FactTone.NOTICE: Tone.WARNING,
    FactTone.WAITING: Tone.WARNING,
    FactTone.WARNING: Tone.WARNING,
    FactTone.ALARM: Tone.ALARM,
}


def print_facts(facts: Iterable[StatedFact], indent: str = "") -> None:
    """Print facts as a table without headings."""
    cells = [(Span(one.label, Tone.QUIET), Span(one.text, FACT_TONES[one.tone])) for one in facts]
    output.table([Column(), Column()], cells, indent)
