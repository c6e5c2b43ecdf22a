"""A fact that a duty, an event or a plugin says of itself: label, text, tone.

The command line prints it, the terminal paints it; neither words it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from sla_tracker.value_class import dataclass


class FactTone(StrEnum):
    """How urgent a fact is; colour repeats what its words say."""

    PLAIN = "plain"
    STRONG = "strong"
    QUIET = "quiet"
    NOTICE = "notice"
    WAITING = "waiting"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFact:
    """One fact; its text is not empty."""

    label: str
    text: str
    tone: FactTone = FactTone.PLAIN


def stated(label: str, text: str, tone: FactTone = FactTone.PLAIN) -> Iterator[StatedFact]:
    """Yield the fact unless its text is empty."""
    if text:
        yield StatedFact(label=label, text=text, tone=tone)
