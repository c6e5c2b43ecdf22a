"""Loads settings together with their plugins.

Goes on with the last good settings when the present are wrong.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.deployment.plugin_loading import build_with, load_host
from sla_tracker.deployment.settings.plugin_memory import keep_owners
from sla_tracker.errors import N_, ConfigError, PluginError, SlaError
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sla_tracker.config.deployment import Deployment
    from sla_tracker.config.load import Built
    from sla_tracker.plugin_host.host import PluginHost

MOST_DEADLY = 8
"""Most plugins that may each end a process before nothing more is tried."""
TRIAL_LIMIT = 20.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings with the plugins they enable.

    `problem` says why the last good settings replace the present ones.
    """

    deployment: Deployment
    host: PluginHost
    built: Built
    problem: ConfigError | None = None


def load_settings(folder: Path, *, with_plugins: bool) -> LoadedSettings:
    """Return the present settings with their plugins.

    Raises ConfigError. Good ones are kept as the last good.
    """
    from sla_tracker.config.load import read_config

    loaded = _with_plugins(read_config(folder), with_plugins=with_plugins, complete=True)
    if with_plugins:
        keep_if_good(loaded.deployment, loaded.host)
    return loaded


def load_usable_settings(folder: Path, *, with_plugins: bool) -> LoadedSettings:
    """Return the present settings, or the last good ones.

    Raises ConfigError when there are none.
    """
    from sla_tracker.config.last_good import last_good
    from sla_tracker.config.load import settings_file

    try:
        return load_settings(folder, with_plugins=with_plugins)
    except ConfigError as problem:
        deployment = last_good(settings_file(folder), problem)
        return _with_plugins(deployment, with_plugins=with_plugins, complete=False, problem=problem)


def usable_config(path: Path) -> tuple[Deployment, ConfigError | None]:
    """Return the settings without plugins, present or last good.

    Returns also what is wrong with the present ones.
    """
    from sla_tracker.config.last_good import last_good
    from sla_tracker.config.load import read_config, settings_file

    try:
        return read_config(path), None
    except ConfigError as problem:
        return last_good(settings_file(path), problem), problem


def set_deadly_plugins_aside(folder: Path) -> None:
    """Load the plugins in separate processes until one ends well.

    Each plugin that ends a process is in quarantine then. `sla doctor` and `sla plugins` call this, because they have
    to work above all.
    """
    from sla_tracker.plugin_host.isolation.own_process import can_fork, in_own_process

    if not can_fork():
        return
    deployment, _problem = usable_config(folder)
    for _attempt in range(MOST_DEADLY):
        try:
            in_own_process(lambda: load_host(deployment).is_complete, limit=TRIAL_LIMIT)
        except PluginError:
            continue  # the next attempt leaves out the plugin that ended this one
        return


def keep_if_good(deployment: Deployment, host: PluginHost) -> None:
    """Keep a copy of settings that passed every check.

    Their own checks, the plugins', and those of the terminal's keys.

    Which plugin declares which id is kept with it, so that no other one can take it.
    """
    from sla_tracker.config.last_good import is_kept, keep
    from sla_tracker.plugin_host.declarations import owners_of

    is_whole = host.is_complete and not host.problems
    if is_whole:
        keep_owners(deployment, owners_of(host.declared.values()))
    if is_whole and not is_kept(deployment) and not any(key_problems(deployment)):
        keep(deployment)


def key_problems(deployment: Deployment) -> Iterator[SlaError]:
    """Yield the problems of the terminal's key settings, each with its line."""
    if deployment.basics.keys:
        from sla_tracker.domain.toml_reader import problem_at
        from sla_tracker.tui import keymap

        for id, problem in keymap.key_problems(deployment.basics.keys):
            yield problem_at(deployment.source, ("keys", id), problem)


def stand_in_alarm(problem: ConfigError, file: Path) -> SlaError:
    """Return the warning that the last good settings replace wrong ones.

    The warning names the first thing that is wrong.
    """
    first = problem.problems[0] if problem.problems else problem
    return ConfigError(
        N_(
            "The last good settings go on, because {file} cannot be used: {problem} All of it: sla config check"
        ),
        file=file.name,
        problem=first,
    )


def _with_plugins(
    deployment: Deployment, *, with_plugins: bool, complete: bool, problem: ConfigError | None = None
) -> LoadedSettings:
    host = load_host(deployment, with_plugins=with_plugins)
    built = build_with(deployment, host, complete=complete and with_plugins and host.is_complete)
    return LoadedSettings(deployment=deployment, host=host, built=built, problem=problem)
