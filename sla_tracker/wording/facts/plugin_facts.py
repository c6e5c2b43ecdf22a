"""What a plugin says of itself: label, text, tone; one list for all front ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.deployment import Origin, PluginState
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.facts.fact import FactTone, StatedFact, stated

if TYPE_CHECKING:
    from sla_tracker.domain.text import Text
    from sla_tracker.services.deployment import Declaration, PluginRow

DIGEST_SHOWN = 16  # characters of a digest
LONGEST_REASON = 20_000  # characters
STATE_WORDS: Mapping[PluginState, str] = {
    PluginState.ACTIVE: N_("active"),
    PluginState.OFFERED: N_("offered"),
    PluginState.REFUSED: N_("refused"),
    PluginState.QUARANTINED: N_("quarantined"),
}
STATE_TONES: Mapping[PluginState, FactTone] = {
    PluginState.ACTIVE: FactTone.PLAIN,
    PluginState.OFFERED: FactTone.QUIET,
    PluginState.REFUSED: FactTone.WARNING,
    PluginState.QUARANTINED: FactTone.ALARM,
}
ORIGIN_WORDS: Mapping[Origin, str] = {
    Origin.ENTRY_POINT: N_("installed package"),
    Origin.PYTHON_FILE: N_("Python file in the plugin folder"),
    Origin.CHECKLIST: N_("checklist in the plugin folder"),
}


def plugin_state_word(row: PluginRow) -> str:
    """Return whether a plugin is active, in words."""
    return _(STATE_WORDS[row.state])


def origin_word(row: PluginRow) -> str:
    """Return where a plugin comes from, in words."""
    return _(ORIGIN_WORDS[row.origin])


def contributed_word(row: PluginRow) -> str:
    """Return how many things of each kind a plugin declares, such as `9 obligations`."""
    return _(", ").join(declared_amount(kind, count) for kind, count in row.contributed.items() if count)


def declared_amount(kind: str, n: int) -> str:
    """Return a count of declarations of one kind.

    An unknown kind is called by its name.
    """
    known = {
        "departments": ngettext("{n} department", "{n} departments", n),
        "obligations": ngettext("{n} obligation", "{n} obligations", n),
        "event_types": ngettext("{n} kind of event", "{n} kinds of events", n),
        "calendars": ngettext("{n} calendar", "{n} calendars", n),
        "notifiers": ngettext("{n} notifier", "{n} notifiers", n),
    }
    return known.get(kind, f"{n} {clean(kind)}")


def declaration_word(one: Declaration, departments: Mapping[str, Text]) -> str:
    """Return a declaration's title, an obligation's with its parties."""
    names = [text_of(departments[id]) if id in departments else clean(id) for id in _parties(one)]
    return "  ".join(filter(None, (text_of(one.title), " → ".join(names))))


def _parties(one: Declaration) -> list[str]:
    return [id for id in (one.provider, one.consumer) if id]


def plugin_facts(row: PluginRow) -> Iterator[StatedFact]:
    """Yield a plugin's state, origin, declarations, remarks, and why it does not work."""
    yield StatedFact(label=_("State"), text=plugin_state_word(row), tone=STATE_TONES[row.state])
    yield StatedFact(label=_("Version"), text=clean(row.version) or "–", tone=FactTone.QUIET)
    yield StatedFact(label=_("From"), text=origin_word(row), tone=FactTone.QUIET)
    yield StatedFact(label=_("Declares"), text=contributed_word(row) or "–")
    if row.seconds:
        yield StatedFact(label=_("Loaded in"), text=f"{row.seconds * 1000:.0f} ms", tone=FactTone.QUIET)
    yield from plugin_remarks(row)
    yield from stated(_("Digest"), clean(row.digest)[:DIGEST_SHOWN], FactTone.QUIET)
    reason = clean(row.reason, lines=True, limit=LONGEST_REASON)
    yield from stated(_("Why not"), reason, FactTone.ALARM)


def plugin_remarks(row: PluginRow) -> Iterator[StatedFact]:
    """Yield the remarks on a working plugin: its own warnings, and that it is slow."""
    for warning in row.warnings:
        yield from stated(_("Warns"), clean(warning), FactTone.WARNING)
    if row.slow:
        said = _("it keeps everybody waiting: {hooks}", hooks=clean(row.slow_hooks))
        yield StatedFact(label=_("Slow"), text=said, tone=FactTone.WARNING)
