"""Calls the loaded plugins of a deployment.

They review deliveries and observe changes. A plugin that fails is left out from then on and does not affect the others.
The state of each is kept with its reason, for the terminal, for `sla plugins` and for `sla doctor`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from sla_tracker import i18n
from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DaySource
from sla_tracker.errors import N_, Phrase, PluginError, SlaError
from sla_tracker.plugin_host.declarations import Declared, Notifiers
from sla_tracker.plugin_host.hook_calls import Attempt, Hooks, frozen, not_a, read_only
from sla_tracker.plugin_host.sources import Found
from sla_tracker.plugin_host.status import PluginStatus
from sla_tracker.plugin_host.trust import Untrusted
from sla_tracker.services.deployment import PluginState
from sla_tracker.services.ports import Change, Observer, Review
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.plugin_host.quarantine import Quarantine

R = TypeVar("R")

REVIEW = "sla_review_delivery"
OBSERVE = "sla_after_change"
MOST_OPINIONS = 20  # objections shown of all reviews of a delivery
LONGEST_OPINION = 300  # characters


@dataclass(slots=True, kw_only=True)
class PluginHost:
    """The loaded plugins of a deployment and the catalogue they declare.

    `problems` are settings that fit no plugin; `declared` holds the declarations of each active plugin by name.
    `plugins` changes when a plugin fails after loading.
    """

    catalogue: Catalogue
    plugins: tuple[PluginStatus, ...] = ()
    calendars: Mapping[str, DaySource] = field(default_factory=dict)
    notifiers: Notifiers = field(default_factory=dict)
    problems: tuple[SlaError, ...] = ()
    declared: Mapping[str, Declared] = field(default_factory=dict)
    _hooks: tuple[Hooks, ...] = ()
    _guard: Quarantine | None = None
    _found: Mapping[str, Found] = field(default_factory=dict)
    _failed_reviewers: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Return whether every enabled plugin is active."""
        return not any(plugin.is_wanted for plugin in self.plugins)

    @property
    def broken(self) -> tuple[PluginError, ...]:
        """Return the error of each enabled plugin that is not active, with its name."""
        return tuple(
            one.problem
            if one.problem.problems
            else PluginError(
                N_("The plugin “{plugin}” cannot be used: {reason}"), plugin=one.name, reason=one.problem
            )
            for one in self.plugins
            if one.is_wanted and one.problem
        )

    @property
    def digests(self) -> dict[str, str]:
        """Return the digests of the active plugins' files by name, to be stored."""
        return {plugin.name: plugin.digest for plugin in self.plugins if plugin.state is PluginState.ACTIVE}

    @property
    def observers(self) -> tuple[Observer, ...]:
        """Return the observers of changes; empty when no plugin observes, to save calls."""
        return (self.observe,) if any(OBSERVE in hooks.functions for hooks in self._hooks) else ()

    @property
    def reviews(self) -> bool:
        """Return whether a plugin reviews deliveries."""
        return any(REVIEW in hooks.functions for hooks in self._hooks) or bool(self._failed_reviewers)

    @property
    def left_behind(self) -> tuple[str, ...]:
        """Return the plugins that left something behind in this very process."""
        return tuple(plugin.name for plugin in self.plugins if plugin.left_something)

    @property
    def incidents(self) -> bool:
        """Return whether a plugin has ended or frozen a process of this login."""
        return self._guard is not None and bool(self._guard.incidents)

    def review(self, duty: Duty, evidence: Mapping[str, str]) -> Review:
        """Return the plugins' objections to a delivery, and failed reviewers.

        Objections are in the reader's language. The failed plugins did not review the delivery.
        """
        found: list[str] = []
        self._leave_out_deadly()
        for hooks in self._hooks:
            if REVIEW in hooks.functions:
                found += self._run(hooks, REVIEW, partial(_reviewed, hooks, duty, evidence)) or ()
        return Review(objections=tuple(found[:MOST_OPINIONS]), failed=self._failed_reviewers)

    def observe(self, change: Change) -> None:
        """Pass one committed change to the observing plugins."""
        self._leave_out_deadly()
        for hooks in self._hooks:
            if OBSERVE in hooks.functions:
                self._run(hooks, OBSERVE, partial(hooks.call, OBSERVE, change=frozen(change)))

    def _leave_out_deadly(self) -> None:
        """Leave out plugins that ended another process since they were loaded here.

        The service loads plugins once for all its sessions, and a terminal stays open for days.
        """
        if self._guard is None or not self._hooks:
            return
        self._guard.read()
        for hooks in self._hooks:
            found = self._found[hooks.plugin]
            refusal = self._guard.refusal(found) if found.is_code else None
            if refusal is not None and not self._guard.is_doubtful(found):  # loaded here without harm
                self._hooks = tuple(one for one in self._hooks if one is not hooks)
                self._failed_reviewers += (hooks.plugin,) if REVIEW in hooks.functions else ()
                self.plugins = tuple(
                    replace(status, state=PluginState.QUARANTINED, problem=refusal)
                    if status.name == hooks.plugin
                    else status
                    for status in self.plugins
                )

    def _run(self, hooks: Hooks, hook: str, work: Callable[[], R]) -> R | None:
        attempt, found = Attempt(), self._found[hooks.plugin]
        with marked_as_running(self._guard, found, hook):
            result = attempt.run(hook, work)
        if attempt.problem is not None:
            self._hooks = tuple(one for one in self._hooks if one is not hooks)
            if hook == REVIEW:
                self._failed_reviewers += (hooks.plugin,)
            note_slow(self._guard, found, hook, attempt)
        if attempt.problem is not None or attempt.slow:
            self.plugins = tuple(
                with_attempt(status, attempt) if status.name == hooks.plugin else status
                for status in self.plugins
            )
        return result


@contextmanager
def marked_as_running(guard: Quarantine | None, found: Found, hook: str) -> Iterator[None]:
    """Mark code of a plugin as running, if somebody remembers what happens to it."""
    if guard is None or not found.is_code:
        yield
    else:
        with guard.running(found, hook):
            yield


def note_slow(guard: Quarantine | None, found: Found, hook: str, attempt: Attempt) -> None:
    """Remember that code of a plugin took too long, where somebody remembers."""
    if guard is not None and found.is_code and attempt.timed_out:
        guard.note_slow(found, hook)


def with_attempt(status: PluginStatus, attempt: Attempt) -> PluginStatus:
    """Return the status updated with the result of an attempt to run the plugin."""
    status = replace(
        status,
        seconds=status.seconds + attempt.seconds,
        slow={
            hook: max(status.slow.get(hook, 0.0), attempt.slow.get(hook, 0.0))
            for hook in {**status.slow, **attempt.slow}
        },
    )
    if attempt.problem is None:
        return status
    state = PluginState.REFUSED if isinstance(attempt.problem, Untrusted) else PluginState.QUARANTINED
    return replace(status, state=state, problem=attempt.problem, traceback=attempt.traceback)


def _reviewed(hooks: Hooks, duty: Duty, evidence: Mapping[str, str]) -> list[str]:
    answer = hooks.call(REVIEW, duty=frozen(duty), evidence=read_only(evidence))
    if answer is None:
        return []
    if isinstance(answer, str | Text) or not isinstance(answer, Iterable):
        raise not_a(REVIEW, Phrase(N_("a list of sentences")), answer)
    return [_sentence(opinion) for opinion in islice(answer, MOST_OPINIONS)]


def _sentence(opinion: object) -> str:
    """Return a plugin's sentence without characters that control a terminal."""
    if type(opinion) is Text:
        opinion = opinion.get(i18n.language())
    if type(opinion) is not str:
        raise not_a(REVIEW, "str, Text", opinion)
    return clean(opinion, limit=LONGEST_OPINION)
