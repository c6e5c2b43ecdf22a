"""Opens the deployment of a generation before its first session.

What is the same for each session is done here once.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import threading
from collections.abc import Sequence
from pathlib import Path

from sla_tracker import digests, i18n
from sla_tracker.deployment.settings.plugin_memory import quarantine_of
from sla_tracker.errors import N_, ConfigError, PluginError
from sla_tracker.serve import log, notices
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.services.deployment import PluginState

ANSWERING = "sla_tracker.serve.web.answering"
"""The module that answers questions of the web process; imported only where there is one."""
CHORES = ("sla_tracker.deployment.backup", "sla_tracker.notify.channels")
"""Modules that only the chores need: without this, each minute's process would import them again."""


class LeftSomething(Exception):
    """A plugin left something behind in this process, which therefore serves nobody.

    The next process leaves the plugin out.
    """


def open_for_sessions(folder: Path) -> ServedDeployment:
    """Return the open deployment, after importing what sessions need; raises SlaError."""
    opened = ServedDeployment(folder)
    opened.must_be_servable()
    # No connection to a server before the fork: there the first chores do what has come due.
    if opened.shared is None:
        opened.begin()
    if opened.settings_problem is not None:
        log.write("settings", problem=opened.settings_problem.sentence())
        notices.leave(opened.state_folder, notices.SETTINGS, opened.settings_problem)
    else:
        notices.withdraw(opened.state_folder, notices.SETTINGS)
    _report_plugins(opened)
    if opened.host.left_behind:
        _must_be_remembered(opened)
        raise LeftSomething
    if threading.active_count() > 1:
        raise ConfigError(
            N_("A plugin started a thread, and the service must have only one; take it out of use.")
        )
    for module in (*_needed_modules(), *([ANSWERING] if opened.mark_of_web() else [])):
        importlib.import_module(module)
    digests.load_openssl()
    _say_help_once()
    if opened.mark_of_web():
        _draw_page_once()
    gc.collect()
    gc.freeze()
    return opened


def _must_be_remembered(opened: ServedDeployment) -> None:
    """Raise ConfigError unless it is on file which plugins left something behind.

    The next process reads it there and leaves these plugins out.
    """
    quarantine = quarantine_of(opened.deployment)
    known = quarantine.incidents if quarantine is not None else {}
    for plugin in opened.host.plugins:
        if plugin.left_something and plugin.name not in known and plugin.problem is not None:
            raise plugin.problem


def _report_plugins(opened: ServedDeployment) -> None:
    """Log the plugins that do not work, and tell the administrators."""
    broken = [one for one in opened.host.plugins if one.state is PluginState.QUARANTINED]
    for one in broken:
        log.write("plugin", name=one.name, problem=one.reason)
    if not broken:
        notices.withdraw(opened.state_folder, notices.PLUGIN)
    for one in broken:
        problem = PluginError(
            N_("The plugin {plugin} does not work: {reason}"), plugin=one.name, reason=one.problem
        )
        notices.leave(opened.state_folder, notices.PLUGIN, problem)


def _say_help_once() -> None:
    """Say the help once in each language.

    What is made on first use (catalogues, patterns, the list of commands) is then there in every session.
    """
    from sla_tracker.cli.main import build
    from sla_tracker.deployment.service import DeploymentService

    for language in i18n.LANGUAGES:
        with (
            i18n.speaking(language),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.suppress(SystemExit),
        ):
            build(DeploymentService()).main(["--help"])


def _draw_page_once() -> None:
    """Draw a page once: compiling its template takes longer than a session may."""
    from sla_tracker.serve.web.views.replies import fault

    fault("sla")


def _needed_modules() -> Sequence[str]:
    from sla_tracker.cli.command_list import COMMANDS
    from sla_tracker.tui.views import SCREENS, VIEWS

    commands = {f"sla_tracker.cli.commands.{listed.module}" for listed in COMMANDS.values()}
    views = {f"{SCREENS}.{view.screen.partition(':')[0]}" for view in VIEWS}
    return [*sorted(commands), "sla_tracker.tui.launch", "sla_tracker.tui.app", *sorted(views), *CHORES]
