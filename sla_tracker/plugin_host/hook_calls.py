"""Calls the hooks of one plugin, so that whatever it does stays its own affair."""

from __future__ import annotations

import copy
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from sla_tracker.plugin_host.time_limits import HOOK_LIMIT, SLOW, TookTooLong, at_most
from sla_tracker.plugin_host.type_checks import MOST_VALUES, shape_problems, shown

T = TypeVar("T")
R = TypeVar("R")

HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("sla_"))
LONGEST_TRACEBACK = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The hook functions that one plugin implements, each with the names of the arguments it takes."""

    plugin: str
    functions: Mapping[str, Callable[..., object]]
    arguments: Mapping[str, tuple[str, ...]]

    def call(self, hook: str, **given: object) -> object:
        """Call one hook with the arguments the plugin asks for; None when it does not implement it."""
        if hook not in self.functions:
            return None
        return self.functions[hook](**{name: given[name] for name in self.arguments[hook]})


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One try to run a plugin's code: how long it took and what came of it.

    `slow` gives the seconds of each hook, or other part of the work, that took longer than `limits.SLOW`.
    """

    seconds: float = 0.0
    problem: PluginError | None = None
    traceback: str = ""
    slow: dict[str, float] = field(default_factory=dict)

    def run(self, what: str, work: Callable[[], R], *, in_parts: bool = False) -> R | None:
        """Run plugin code; whatever it raises becomes the problem and its traceback, and None comes back.

        Work `in_parts` says itself when a part of it begins and ends (`part`).
        """
        started = time.perf_counter()
        try:
            with at_most(HOOK_LIMIT):
                return work()
        except KeyboardInterrupt:
            raise
        except PluginError as reason:
            self.problem = reason
        except TookTooLong:
            self.problem = PluginError(
                N_("{what} did not return within {limit} seconds."), what=what, limit=f"{HOOK_LIMIT:.0f}"
            )
            self.traceback = traceback.format_exc()[-LONGEST_TRACEBACK:]
        except BaseException as reason:  # sys.exit() in a plugin ends the plugin, not the program
            self.problem = PluginError(
                N_("{what} failed: {kind}: {reason}"),
                what=what,
                kind=type(reason).__name__,
                reason=_said(reason),
            )
            self.traceback = _trace()
        finally:
            took = time.perf_counter() - started
            self.seconds += took
            if not in_parts:
                self._note(what, took)
        return None

    @contextmanager
    def part(self, what: str) -> Iterator[None]:
        """Time one part of the work."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._note(what, time.perf_counter() - started)

    def _note(self, what: str, took: float) -> None:
        if took > SLOW:
            self.slow[what] = max(took, self.slow.get(what, 0.0))


def hooks_of(plugin: object, name: str) -> Hooks:
    """Return a plugin's hooks; raises PluginError for names and arguments that no hook has, and for wrappers."""
    machinery = pluggy.PluginManager(PROJECT)
    machinery.add_hookspecs(hookspecs)
    try:
        machinery.register(plugin, name)
    except pluggy.PluginValidationError as reason:
        raise PluginError(
            N_("A hook is not written as it has to be: {reason}"), reason=str(reason).replace("\n", " ")
        ) from reason
    found = [
        (caller, one)
        for caller in machinery.get_hookcallers(plugin) or ()
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
    """Ask a plugin for everything it declares and check it; raises PluginError with all problems at once.

    `files` are the texts of the deployment's `calendars/` folder; each hook is a part of the `attempt`.
    """
    asking = _Asking(hooks=hooks, attempt=attempt)
    declared = Declared(
        plugin=hooks.plugin,
        departments=asking.values("sla_register_departments", Department, checks.department_problems),
        event_types=asking.values("sla_register_event_types", EventType, checks.event_type_problems),
        obligations=asking.values("sla_register_obligations", Obligation, checks.obligation_problems),
        calendars=asking.named("sla_register_calendars", _is_day_source, files=read_only(files)),
        notifiers=asking.named("sla_register_notifiers", callable),
    )
    if problems := tuple(asking.problems[:50]):
        raise PluginError(N_("What “{plugin}” declares is wrong:"), problems, plugin=hooks.plugin)
    return declared


def frozen(value: T) -> T:
    """Return a copy that a plugin may keep or change without any effect."""
    return copy.deepcopy(value)


def read_only(values: Mapping[str, str]) -> Mapping[str, str]:
    """Return a copy of a mapping that cannot be changed."""
    return MappingProxyType(dict(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """Asks one plugin's hooks, times each until its last value is there, and gathers what is wrong with the answers."""

    hooks: Hooks
    attempt: Attempt
    problems: list[PluginError] = field(default_factory=list)

    def values(
        self, hook: str, kind: type[T], problems_of: Callable[[T], Iterable[PluginError]]
    ) -> tuple[T, ...]:
        """Return the good ones of the values that a hook declares."""
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
        """Return the good ones of the objects that a hook declares under names."""
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
                self.problems.extend(checks.id_problems(name, hook))
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
    """Return the problem of a value that is not what a hook should have returned."""
    return PluginError(
        N_("{where}: this should be {wanted}, and is {found}."),
        where=where,
        wanted=wanted,
        found=shown(found),
    )


def _said(reason: BaseException) -> str:
    try:
        return str(reason)[:300]
    except Exception:  # an exception whose own __str__ fails
        return "?"


def _trace() -> str:
    try:
        return traceback.format_exc()[-LONGEST_TRACEBACK:]
    except Exception:  # formatting calls the exception's own __str__
        return ""
