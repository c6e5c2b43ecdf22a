"""Calls the hooks of one plugin; contains its errors, slowness and wrong values."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar

import pluggy

from sla_tracker import PROJECT
from sla_tracker.domain.agreements.obligation import Department, Obligation
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, Phrase, PluginError
from sla_tracker.plugin_host import checks, hookspecs
from sla_tracker.plugin_host.declarations import Declared
from sla_tracker.plugin_host.field_checks import id_problems
from sla_tracker.plugin_host.isolation.silence import silenced
from sla_tracker.plugin_host.isolation.time_limits import HOOK_LIMIT, SLOW, TookTooLong, at_most, own_seconds
from sla_tracker.plugin_host.type_checks import MOST_VALUES, shape_problems, shown
from sla_tracker.value_class import dataclass

T = TypeVar("T")
R = TypeVar("R")

HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("sla_"))
LONGEST_TRACEBACK = 8000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The hook functions that one plugin implements, with the arguments of each."""

    plugin: str
    functions: Mapping[str, Callable[..., object]]
    arguments: Mapping[str, tuple[str, ...]]

    def call(self, hook: str, **given: object) -> object:
        """Call one hook with the arguments the plugin asks for.

        None when the plugin does not implement it.
        """
        if hook not in self.functions:
            return None
        return self.functions[hook](**{name: given[name] for name in self.arguments[hook]})


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One attempt to run a plugin's code, with its duration and error.

    `slow` holds the seconds of each hook, or other part of the work, that took longer than `time_limits.SLOW`;
    `timed_out` says that it was interrupted; `printed` is the beginning of what it printed.
    """

    seconds: float = 0.0
    problem: PluginError | None = None
    traceback: str = ""
    slow: dict[str, float] = field(default_factory=dict)
    timed_out: bool = False
    printed: str = ""

    def run(self, what: str, work: Callable[[], R], *, in_parts: bool = False) -> R | None:
        """Run plugin code and return its result; on an exception store it and return None.

        If `in_parts`, the work times each of its parts (`part`).
        """
        started = own_seconds()
        try:
            with at_most(HOOK_LIMIT), silenced() as printed:
                try:
                    return work()
                finally:
                    self.printed += printed.getvalue()
        except KeyboardInterrupt:
            raise
        except PluginError as reason:
            self.problem = reason
        except TookTooLong:
            self.timed_out = True
            self.problem = PluginError(
                N_("{what} did not return within {limit} seconds."), what=what, limit=f"{HOOK_LIMIT:.0f}"
            )
            self.traceback = traceback.format_exc()[-LONGEST_TRACEBACK:]
        except BaseException as reason:  # sys.exit() in a plugin ends the plugin, not the program
            self.problem = PluginError(
                N_("{what} failed: {kind}: {reason}"),
                what=what,
                kind=type(reason).__name__,
                reason=_reason_text(reason),
            )
            self.traceback = _traceback_text()
        finally:
            took = own_seconds() - started
            self.seconds += took
            if not in_parts:
                self._note(what, took)
        return None

    @contextmanager
    def part(self, what: str) -> Iterator[None]:
        """Measure the time of one part of the work."""
        started = own_seconds()
        try:
            yield
        finally:
            self._note(what, own_seconds() - started)

    def _note(self, what: str, took: float) -> None:
        if took > SLOW:
            self.slow[what] = max(took, self.slow.get(what, 0.0))


def hooks_of(plugin: object, name: str) -> Hooks:
    """Return a plugin's hooks.

    Raises PluginError for unknown hooks or arguments, and for wrappers.
    """
    registry = pluggy.PluginManager(PROJECT)
    registry.add_hookspecs(hookspecs)
    try:
        registry.register(plugin, name)
    except pluggy.PluginValidationError as reason:
        raise PluginError(
            N_("A hook is not written as it has to be: {reason}"), reason=str(reason).replace("\n", " ")
        ) from reason
    found = [
        (caller, one)
        for caller in registry.get_hookcallers(plugin) or ()
        for one in caller.get_hookimpls()
        if one.plugin is plugin
    ]
    for caller, one in found:
        if not caller.has_spec():
            raise PluginError(N_("There is no such hook: {what}"), what=unknown_name(caller.name, HOOKS))
        if one.hookwrapper or one.wrapper:
            raise PluginError(N_("{hook} is a wrapper; a plugin only answers for itself."), hook=caller.name)
    if not found:
        raise PluginError(
            N_("It implements none of the hooks ({hooks}); put @hookimpl above its functions."),
            hooks=", ".join(HOOKS),
        )
    return Hooks(
        plugin=name,
        functions={caller.name: one.function for caller, one in found},
        arguments={caller.name: tuple(one.argnames) for caller, one in found},
    )


def declared_by(hooks: Hooks, files: Mapping[str, str], attempt: Attempt) -> Declared:
    """Return all declarations of a plugin, checked.

    Raises PluginError with all errors at once.

    `files` are the texts of the deployment's `calendars/` folder; each hook is a part of the `attempt`.
    """
    reader = _HookReader(hooks=hooks, attempt=attempt)
    declared = Declared(
        plugin=hooks.plugin,
        departments=reader.values("sla_register_departments", Department, checks.department_problems),
        event_types=reader.values("sla_register_event_types", EventType, checks.event_type_problems),
        obligations=reader.values("sla_register_obligations", Obligation, checks.obligation_problems),
        calendars=reader.named("sla_register_calendars", _is_day_source, files=read_only(files)),
        notifiers=reader.named("sla_register_notifiers", callable),
    )
    if problems := tuple(reader.problems[:50]):  # more would not be read
        raise PluginError(N_("What “{plugin}” declares is wrong:"), problems, plugin=hooks.plugin)
    return declared


def frozen(value: T) -> T:
    """Return a deep copy, which a plugin may keep or change without effect."""
    return copy.deepcopy(value)


def read_only(values: Mapping[str, str]) -> Mapping[str, str]:
    """Return a copy of a mapping that cannot be changed."""
    return MappingProxyType(dict(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class _HookReader:
    """Calls one plugin's hooks and collects their errors.

    The time of each hook is measured until its last value.
    """

    hooks: Hooks
    attempt: Attempt
    problems: list[PluginError] = field(default_factory=list)

    def values(
        self, hook: str, kind: type[T], problems_of: Callable[[T], Iterable[PluginError]]
    ) -> tuple[T, ...]:
        """Return the valid values that a hook declares."""
        with self.attempt.part(hook):
            answer = self.hooks.call(hook)
            if answer is None:
                return ()
            if not isinstance(answer, Iterable) or isinstance(answer, str | bytes | Mapping):
                self.problems.append(
                    not_a(hook, PluginError(N_("a list of {kind}"), kind=kind.__name__), answer)
                )
                return ()
            values = tuple(islice(answer, MOST_VALUES + 1))
        if len(values) > MOST_VALUES:
            self.problems.append(
                PluginError(N_("{where}: at most {limit} values."), where=hook, limit=MOST_VALUES)
            )
            return ()
        good: list[T] = []
        for index, value in enumerate(values):
            found = list(shape_problems(value, kind, f"{hook}[{index}]")) or list(problems_of(value))
            self.problems.extend(found)
            if not found:
                good.append(value)
        return tuple(good)

    def named(self, hook: str, is_right: Callable[[Any], bool], **given: object) -> dict[str, Any]:
        """Return the valid objects that a hook declares, by name."""
        with self.attempt.part(hook):
            answer = self.hooks.call(hook, **given)
            if answer is None:
                return {}
            if not isinstance(answer, Mapping):
                self.problems.append(not_a(hook, "mapping", answer))
                return {}
            entries = tuple(islice(answer.items(), MOST_VALUES))
        good: dict[str, Any] = {}
        for name, value in entries:
            if type(name) is not str:
                self.problems.append(not_a(hook, "str", name))
            elif not is_right(value):
                where = f"{hook}[{name[:64]!a}]"
                wanted = Phrase(N_("an object with the methods its hook asks for"))
                self.problems.append(not_a(where, wanted, value))
            else:
                self.problems.extend(id_problems(name, hook))
                good[name] = value
        return good


def _is_day_source(value: object) -> bool:
    return (
        callable(getattr(value, "days", None))
        and callable(getattr(value, "is_published", None))
        and isinstance(getattr(value, "version", None), str)
        and isinstance(getattr(value, "published_through", None), int)
    )


def not_a(where: str, wanted: object, found: object) -> PluginError:
    """Return the error of a hook's value that has the wrong type."""
    return PluginError(
        N_("{where}: this should be {wanted}, and is {found}."),
        where=where,
        wanted=wanted,
        found=shown(found),
    )


def _reason_text(reason: BaseException) -> str:
    try:
        return str(reason)[:300]
    except Exception:  # an exception whose own __str__ fails
        return "?"


def _traceback_text() -> str:
    try:
        return traceback.format_exc()[-LONGEST_TRACEBACK:]
    except Exception:  # formatting calls the exception's own __str__
        return ""
