"""`[trial]`: settings of a trial deployment."""

from __future__ import annotations

from sla_tracker.config.sections.base import Section


class TrialSection(Section):
    """A trial, in which the present login may act as other people.

    It acts as `default_person`, and with `--as` as anybody; both are on record. `demonstration` fills the trial with
    made-up duties of the past months.
    """

    enabled: bool = False
    default_person: str = ""
    demonstration: bool = False
