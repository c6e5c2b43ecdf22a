"""`[trial]`: settings of a trial deployment."""

from __future__ import annotations

from sla_tracker.config.sections.base import Section


class TrialSection(Section):
    """A trial lets the present login act as `default_person`, and as anybody with `--as`; both are on record.

    `demonstration` fills it with made-up duties of the past months.
    """

    enabled: bool = False
    default_person: str = ""
    demonstration: bool = False
