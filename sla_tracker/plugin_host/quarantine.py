"""Remembers which plugins harmed a process, so that they are not run again.

Such a plugin ended or froze a process of this login, or left something behind in the service.

Before code of a plugin runs, its name is written into a file that the process holds locked; afterwards the file is
removed. A file that nobody holds is what a process left behind that was ended in the middle.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sla_tracker.durable_files import replace_file
from sla_tracker.errors import N_, Phrase, PluginError
from sla_tracker.plugin_host.isolation.leftovers import Leftover, LeftoverKind, listed
from sla_tracker.plugin_host.sources import Found
from sla_tracker.plugin_host.status import LOADING
from sla_tracker.value_class import dataclass

MARK = ".running-"
LARGEST = 256 * 1024  # bytes
RETRY_SLOW_AFTER = timedelta(hours=1)
"""After which time a plugin that was only too slow is tried again: the machine may have been busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A plugin that ended or froze a process, or left something behind.

    The hook that ran, the file's fingerprint, and when (ISO 8601, UTC). `left` are kind and name of what it left.
    `is_certain` once the plugin itself is known to end a process, rather than a kill or a power cut that came then.
    """

    plugin: str
    hook: str
    fingerprint: str
    at: str
    was_slow: bool = False
    left: Sequence[Sequence[str]] = ()
    is_certain: bool = False

    @property
    def is_doubtful(self) -> bool:
        """Return whether something else may have ended the process that loaded the plugin."""
        return self.hook == LOADING and not (self.was_slow or self.left or self.is_certain)

    def problem(self) -> PluginError:
        """Return why the plugin is not run."""
        if self.left:
            return PluginError(
                N_(
                    "When it is loaded it leaves behind: {things}. The service copies itself for each caller, so it "
                    "leaves this plugin out until its file changes; to try it again: sla plugin retry {plugin}"
                ),
                things=_Things(self.left),
                plugin=self.plugin,
            )
        message = (
            N_(
                "It did not return from {hook} on {at} and is not run for an hour or until its file changes; to try "
                "it at once: sla plugin retry {plugin}"
            )
            if self.was_slow
            else N_(
                "It ended the program in {hook} on {at} and is not run until its file changes; to try it again: "
                "sla plugin retry {plugin}"
            )
        )
        hook = Phrase(N_("loading")) if self.hook == LOADING else self.hook
        return PluginError(message, hook=hook, at=datetime.fromisoformat(self.at), plugin=self.plugin)


class _Things:
    """What a plugin left behind, as a value of a message."""

    def __init__(self, left: Sequence[Sequence[str]]) -> None:
        self._left = left

    def __str__(self) -> str:
        return listed(Leftover(kind=LeftoverKind(kind), name=name) for kind, name in self._left)


@dataclass(slots=True)
class Quarantine:
    """The file with the incidents of one login in one deployment.

    The marks of running plugins are beside it. In the service it `keeps_clean`: what leaves something behind in its
    process is kept away, too; in a deployment that `is_for_service`, yet opened without one, that is a warning.
    """

    file: Path
    keeps_clean: bool = False
    is_for_service: bool = False
    incidents: dict[str, Incident] = field(default_factory=dict)
    cleared: set[str] = field(default_factory=set)

    @property
    def watches(self) -> bool:
        """Return whether it matters what plugins leave behind in the process."""
        return self.keeps_clean or self.is_for_service

    @property
    def marks_begin(self) -> str:
        """Return how the names of marks of running plugins begin."""
        return f"{self.file.stem}{MARK}"

    def read(self) -> None:
        """Read the known incidents, and add those of processes that have ended since."""
        with suppress(OSError, ValueError, TypeError, RecursionError):
            found = json.loads(self.file.read_bytes()[:LARGEST])
            self.incidents = {one["plugin"]: _as_incident(one) for one in found}
        left = [one for mark in self._marks() if (one := _left_behind(mark)) is not None]
        if left:
            self.incidents |= {one.plugin: one for one in left}
            self._write()

    def refusal(
        self, found: Found, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> PluginError | None:
        """Return why a plugin is not run, or None where it may be.

        A plugin whose file was changed since may be run.
        """
        incident = self.incidents.get(found.name)
        if incident is None:
            return None
        slept = incident.was_slow and now() - datetime.fromisoformat(incident.at) >= RETRY_SLOW_AFTER
        if slept or incident.fingerprint != found.fingerprint():
            self.forget(found.name)
            return None
        return incident.problem()

    def is_doubtful(self, found: Found) -> bool:
        """Return whether a plugin is kept away for what may have been a kill."""
        incident = self.incidents.get(found.name)
        return incident is not None and incident.is_doubtful

    def confirm(self, found: Found) -> None:
        """Remember that it was the plugin itself that ended a process."""
        self.incidents[found.name] = replace(self.incidents[found.name], is_certain=True)
        self._write()

    def clear(self, found: Found) -> None:
        """Let a plugin be run again that did no harm in a separate process.

        If this process ends while the plugin is loaded, the plugin is the cause.
        """
        self.cleared.add(found.name)
        self.forget(found.name)

    def note_slow(self, found: Found, hook: str) -> None:
        """Remember a plugin that did not return in time."""
        self.incidents[found.name] = replace(_incident(found, hook), was_slow=True)
        self._write()

    def note_left(self, found: Found, hook: str, left: Sequence[Leftover]) -> PluginError:
        """Remember what a plugin left behind, and return why it is not run."""
        named = tuple((one.kind.value, one.name) for one in left)
        incident = self.incidents[found.name] = replace(_incident(found, hook), left=named)
        self._write()
        return incident.problem()

    def failed_in(self, hook: str) -> tuple[str, ...]:
        """Return the plugins that are not run because of this hook."""
        return tuple(one.plugin for one in self.incidents.values() if one.hook == hook)

    def forget(self, plugin: str) -> bool:
        """Let a plugin be run again; return whether it was in quarantine."""
        was_there = self.incidents.pop(plugin, None) is not None
        if was_there:
            self._write()
        return was_there

    @contextmanager
    def running(self, found: Found, hook: str) -> Iterator[None]:
        """Mark that code of a plugin runs.

        If the process does not survive it, the mark stays.
        """
        mark = self.file.with_name(f"{self.marks_begin}{os.getpid()}-{threading.get_ident()}")
        handle = None
        with suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            incident = replace(_incident(found, hook), is_certain=found.name in self.cleared)
            os.write(handle, json.dumps(asdict(incident)).encode())
        try:
            yield
        finally:
            if handle is not None:
                with suppress(OSError):
                    mark.unlink()
                os.close(handle)

    def _marks(self) -> list[Path]:
        try:
            return sorted(self.file.parent.glob(f"{self.marks_begin}*"))
        except OSError:
            return []

    def _write(self) -> None:
        content = json.dumps([asdict(one) for one in self.incidents.values()])
        with suppress(OSError):
            replace_file(self.file, content.encode(), mode=0o644)


def _incident(found: Found, hook: str) -> Incident:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Incident(plugin=found.name, hook=hook, fingerprint=found.fingerprint(), at=at)


def _as_incident(values: Mapping[str, Any]) -> Incident:
    """Return an incident that was written.

    Raises TypeError, ValueError for anything else.
    """
    incident = Incident(**values)
    for kind, _name in incident.left:
        LeftoverKind(kind)
    return incident


def _left_behind(mark: Path) -> Incident | None:
    """Return what an abandoned mark says, and remove the mark.

    None for a mark that a living process holds.
    """
    try:
        handle = os.open(mark, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mark.unlink()
        content: dict[str, Any] = json.loads(os.read(handle, LARGEST) or b"{}")
        return _as_incident(content)
    except (OSError, ValueError, TypeError):
        return None
    finally:
        os.close(handle)
