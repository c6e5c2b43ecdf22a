"""Finds plugins, loads the trusted ones and combines their declarations.

A plugin with an error does not affect the others: its state tells the reason.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker import i18n
from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.clean import clean
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, Phrase, PluginError
from sla_tracker.plugin_host.checklists.override_files import is_override, override_files
from sla_tracker.plugin_host.checklists.places import placed, placed_within
from sla_tracker.plugin_host.declarations import Declared, Owners, catalogue_of, digest_of, together
from sla_tracker.plugin_host.doubts import doubts
from sla_tracker.plugin_host.hook_calls import Attempt, Hooks, declared_by, hooks_of
from sla_tracker.plugin_host.host import (
    OBSERVE,
    REVIEW,
    PluginHost,
    marked_as_running,
    note_slow,
    with_attempt,
)
from sla_tracker.plugin_host.isolation.leftovers import Leftovers, listed, watched
from sla_tracker.plugin_host.isolation.own_process import can_fork, in_own_process
from sla_tracker.plugin_host.overrides import Overrides, overridden
from sla_tracker.plugin_host.sources import Found, Loaded, handed_over, in_folder, installed
from sla_tracker.plugin_host.status import LOADING, PluginStatus
from sla_tracker.services.deployment import Origin, PluginState
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.plugin_host.quarantine import Quarantine

TRIAL_LIMIT = 20.0  # seconds in which a plugin that may have ended a process has to load


def load_plugins(
    *,
    enabled: Iterable[str] = (),
    folder: Path | None = None,
    python_allowed: Iterable[str] = (),
    allowed_by: Path | None = None,
    overrides: Overrides | None = None,
    calendar_files: Mapping[str, str] | None = None,
    work_calendars: Collection[str] | None = None,
    offered: Iterable[EntryPoint] | None = None,
    given: Mapping[str, object] | None = None,
    switched_off: bool = False,
    owners: Owners | None = None,
    guard: Quarantine | None = None,
) -> PluginHost:
    """Return the host with the declarations of all enabled plugins.

    Errors of plugins are never raised. `enabled` names entry points; `python_allowed` the Python files of the folder
    that may run, as the settings in the file `allowed_by` list them. `calendar_files` are the texts of the deployment's
    own calendars by file name; departments and obligations may name one of the `work_calendars`; None allows any name.
    `offered` replaces the installed entry points. `given` are plugin objects or paths of files by name, which replace
    plugins of the same name. `switched_off` lists the plugins and loads none (`--no-plugins`). `owners` are the plugins
    that declared each id until now: of several that declare it they win. `guard` remembers plugins that end or freeze
    the process.
    """
    inside = in_folder(folder, python_allowed, allowed_by) if folder else ()
    overriding = override_files(wanted := tuple(enabled), folder, given or {})
    found = _found(installed(wanted, offered, overriding), given or {}, inside, overriding)
    if switched_off:
        return PluginHost(
            catalogue=Catalogue(), plugins=tuple(_status(one, PluginState.OFFERED) for one in found)
        )
    unique = list(_refuse_duplicates(found))
    tried = _loaded(unique, calendar_files or {}, given or {}, guard)
    accepted, faults = together(
        [one.declared for one in tried if one.declared is not None], work_calendars, owners or {}
    )
    statuses = tuple(_with_faults(one, faults.get(one.status.name, ())) for one in tried)
    catalogue, problems = overridden(catalogue_of(accepted), overrides or Overrides())
    names = {declared.plugin for declared in accepted}
    return PluginHost(
        catalogue=replace(catalogue, digest=digest_of(catalogue)),
        plugins=_with_doubts(statuses, accepted, catalogue),
        calendars={id: source for declared in accepted for id, source in declared.calendars.items()},
        notifiers={id: maker for declared in accepted for id, maker in declared.notifiers.items()},
        problems=problems,
        declared={declared.plugin: declared for declared in accepted},
        _hooks=tuple(one.hooks for one in tried if one.hooks is not None and one.hooks.plugin in names),
        _guard=guard,
        _found={one.name: one for one in reversed(unique)},
        _failed_reviewers=guard.failed_in(REVIEW) if guard else (),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _LoadResult:
    status: PluginStatus
    hooks: Hooks | None = None
    declared: Declared | None = None


def _loaded(
    found: Iterable[Found], files: Mapping[str, str], given: Mapping[str, object], guard: Quarantine | None
) -> list[_LoadResult]:
    """Load each plugin by itself.

    What is handed over is tried out on purpose; whether it ends the process is for the caller to see.
    """
    return [
        _load_one(
            one,
            files,
            None if one.name in given else guard,
            is_tried_out=isinstance(given.get(one.name), Path),
        )
        for one in found
    ]


def _found(
    outside: Iterable[Found],
    given: Mapping[str, object],
    inside: Iterable[Found],
    overriding: Collection[str],
) -> list[Found]:
    """Return all plugins, each listed once.

    A plugin may be both enabled by name and present as a file; one that is overridden has its file among the packaged.
    """
    own = {name: plugin for name, plugin in given.items() if name not in overriding}
    inside = [one for one in inside if one.name not in overriding]
    packaged = [one for one in outside if one.name not in own]
    files = [one for one in inside if one.name not in own]
    twice = {one.name for one in packaged if not one.place} & {one.name for one in files}
    return [
        *(one for one in packaged if one.name not in twice),
        *handed_over(own),
        *(_enabled_by_name(one) if one.name in twice else one for one in files),
    ]


def _enabled_by_name(file: Found) -> Found:
    """Return a file refused because its name is enabled like a package's.

    A file that was refused before stays so for the earlier reason.
    """
    refusal = PluginError(
        N_(
            "{file} needs no enabling by its name; take “{name}” out of enabled = […] under [plugins] in the settings."
        ),
        file=Path(file.place).name,
        name=file.name,
    )
    return replace(file, refusal=file.refusal or refusal)


def _refuse_duplicates(found: Iterable[Found]) -> Iterator[Found]:
    """Yield the plugins, every further one of the same name refused.

    Names must be unique, because people enable and look up plugins by name. An override of a plugin that is not enabled
    says so itself.
    """
    places: dict[str, str] = {}
    for one in found:
        if one.name in places and one.refusal is None and not _is_override(one):
            refusal = PluginError(
                N_("There is another plugin called “{name}”: {place}."), name=one.name, place=places[one.name]
            )
            one = replace(one, refusal=refusal)
        places.setdefault(one.name, one.place)
        yield one


def _is_override(found: Found) -> bool:
    return found.origin is Origin.CHECKLIST and is_override(Path(found.place))


@contextmanager
def _watched(found: Found, *, is_wanted: bool) -> Iterator[Leftovers]:
    """Watch what code of a plugin leaves behind, where that matters."""
    if is_wanted and found.is_code:
        with watched({found.place.partition(".")[0]}) as leftovers:
            yield leftovers
    else:
        yield Leftovers()


def _load_one(
    found: Found, files: Mapping[str, str], guard: Quarantine | None, *, is_tried_out: bool = False
) -> _LoadResult:
    if found.refusal is not None:
        return _LoadResult(status=_status(found, PluginState.REFUSED, problem=found.refusal))
    if not found.enabled:
        return _LoadResult(status=_status(found, PluginState.OFFERED))
    kept_away = _kept_away(found, files, guard) if guard and found.is_code else None
    if kept_away is not None:
        status = _status(found, PluginState.QUARANTINED, problem=kept_away)
        return _LoadResult(status=replace(status, is_kept_out=True))
    attempt = Attempt()
    with (
        warnings.catch_warnings(record=True) as caught,
        marked_as_running(guard, found, LOADING),
        _watched(found, is_wanted=is_tried_out or (guard is not None and guard.watches)) as leftovers,
    ):
        warnings.simplefilter("always")
        loaded = attempt.run(str(Phrase(N_("Loading the plugin"))), found.load)
        hooks = attempt.run(found.name, lambda: hooks_of(loaded.hooks, found.name)) if loaded else None
        asked = partial(declared_by, hooks, files, attempt) if hooks else None
        declared = attempt.run(found.name, asked, in_parts=True) if asked else None
    note_slow(guard, found, LOADING, attempt)
    is_left_out = guard is not None and guard.keeps_clean
    if guard is not None and is_left_out and leftovers.found:
        attempt.problem = guard.note_left(found, LOADING, leftovers.found)
        hooks = declared = None
    checklist = loaded.checklist if loaded else None
    if checklist is not None and attempt.problem is not None:
        attempt.problem = placed_within(attempt.problem, checklist)
    said = [_warning_text(one.message) for one in caught if one.category is UserWarning]
    status = replace(
        with_attempt(_status(found, PluginState.ACTIVE, loaded), attempt),
        contributed=_contributed(declared, hooks),
        warnings=(*said, *_print_warning(attempt), *(() if is_left_out else _leftover_warning(leftovers))),
        left_something=bool(leftovers.found),
    )
    declared = replace(declared, checklist=checklist) if declared else None
    return _LoadResult(status=status, hooks=hooks, declared=declared)


def _kept_away(found: Found, files: Mapping[str, str], guard: Quarantine) -> PluginError | None:
    """Return why a plugin is not run, or None where it may be.

    A process that ended while it loaded a plugin may have been killed, or lost its power: the plugin is then loaded in
    a process of its own, and kept away if it ends that one, too.
    """
    refusal = guard.refusal(found)
    if refusal is None or not guard.is_doubtful(found) or not can_fork():
        return refusal
    try:
        in_own_process(lambda: _load_one(found, files, None).status.name, limit=TRIAL_LIMIT)
    except PluginError:
        guard.confirm(found)
        return refusal
    guard.clear(found)
    return None


def _with_doubts(
    statuses: Iterable[PluginStatus], accepted: Iterable[Declared], catalogue: Catalogue
) -> tuple[PluginStatus, ...]:
    """Return the statuses with warnings about doubtful declarations.

    An active plugin hardly means what is doubtful.
    """
    said = {
        one.plugin: tuple(placed(doubt, one.checklist).sentence() for doubt in doubts(one, catalogue))
        for one in accepted
    }
    return tuple(
        replace(one, warnings=(*one.warnings, *said[one.name], *_emptiness(one)))
        if one.state is PluginState.ACTIVE and one.name in said
        else one
        for one in statuses
    )


def _emptiness(status: PluginStatus) -> Iterator[str]:
    """Yield a warning about a checklist that declares nothing."""
    if status.origin is Origin.CHECKLIST and not status.contributed:
        yield i18n.gettext(
            N_("It declares nothing: no department, event type or obligation stands in the file.")
        )


def _print_warning(attempt: Attempt) -> Iterator[str]:
    """Yield a warning about what the plugin printed, which nobody sees."""
    if attempt.printed.strip():
        yield i18n.gettext(
            N_("It prints, and what plugins print is not shown: {text}"), text=clean(attempt.printed)
        )


def _leftover_warning(leftovers: Leftovers) -> Iterator[str]:
    """Yield a warning about what a plugin leaves behind in the process that tries it."""
    if leftovers.found:
        yield i18n.gettext(
            N_(
                "A service (sla serve) would leave it out, because when it is loaded it leaves behind: {things}."
            ),
            things=listed(leftovers.found),
        )


def _warning_text(message: Warning | str) -> str:
    """Return the text of a plugin's warning, a Text in the reader's language."""
    said = message.args[0] if isinstance(message, Warning) and message.args else message
    return clean(said.get(i18n.language()) if isinstance(said, Text) else str(said))


def _status(
    found: Found, state: PluginState, loaded: Loaded | None = None, problem: PluginError | None = None
) -> PluginStatus:
    return PluginStatus(
        name=found.name,
        origin=found.origin,
        place=found.place,
        state=state,
        version=found.version or (loaded.version if loaded else ""),
        digest=loaded.digest if loaded else "",
        problem=problem,
    )


def _with_faults(tried: _LoadResult, faults: tuple[PluginError, ...]) -> PluginStatus:
    if not faults:
        return tried.status
    checklist = tried.declared.checklist if tried.declared else None
    problem = PluginError(
        N_("“{plugin}” does not fit the others:"),
        tuple(placed(fault, checklist) for fault in faults),
        plugin=tried.status.name,
    )
    return replace(tried.status, state=PluginState.QUARANTINED, problem=problem)


def _contributed(declared: Declared | None, hooks: Hooks | None) -> dict[str, int]:
    if declared is None or hooks is None:
        return {}
    later = {"reviews": REVIEW, "observers": OBSERVE}
    return declared.counts() | {kind: 1 for kind, hook in later.items() if hook in hooks.functions}
