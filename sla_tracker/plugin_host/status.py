"""State of each plugin with its reason, for admins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sla_tracker.domain.clean import clean
from sla_tracker.errors import PluginError
from sla_tracker.services.deployment import BROKEN_STATES, Origin, PluginState
from sla_tracker.value_class import dataclass

LONGEST_REASON = 20_000  # characters
LOADING = "loading"
"""Stands for the hook while a plugin is loaded and declares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginStatus:
    """One plugin as the host sees it.

    `place` is its module or file, `digest` the SHA-256 of its files, `contributed` how many of each kind it declared,
    `seconds` what loading it took; `slow` gives the seconds of each hook that took longer than `time_limits.SLOW`,
    `warnings` what it warned of while it was loaded; `left_something` says that this process is not as it was before;
    `is_kept_out` that the plugin was not run, because it did harm before.
    """

    name: str
    origin: Origin
    place: str
    state: PluginState
    version: str = ""
    digest: str = ""
    problem: PluginError | None = None
    traceback: str = ""
    contributed: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    slow: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    left_something: bool = False
    is_kept_out: bool = False

    @property
    def reason(self) -> str:
        """Return why the plugin is not active, in the reader's language.

        Empty while it is active.
        """
        return (
            "" if self.problem is None else clean(self.problem.sentence(), lines=True, limit=LONGEST_REASON)
        )

    @property
    def is_wanted(self) -> bool:
        """Return whether the plugin is enabled by the settings but not active."""
        return self.state in BROKEN_STATES
