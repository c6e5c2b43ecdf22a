"""Follows a store on a server: one process for all sessions of a service."""

from __future__ import annotations

import os
import time
import traceback
from typing import TYPE_CHECKING, NoReturn

from sla_tracker.errors import ExitCode, SlaError
from sla_tracker.serve import log
from sla_tracker.serve.processes import confinement
from sla_tracker.serve.shared import service_settings

if TYPE_CHECKING:
    from sla_tracker.serve.deployment import ServedDeployment
    from sla_tracker.serve.sessions.session import SessionLine

COMMAND = "watcher"
WAIT_SECONDS = 5.0
"""Longest time without asking the server, also where a notification was lost."""
LEAST_SECONDS = 0.2
"""Between two news, so that many commits wake the terminals once."""
AWAY_SECONDS = 2.0
"""Before a server that does not answer is asked again."""


def follow(opened: ServedDeployment, line: SessionLine) -> NoReturn:
    """Tell the generation of each commit until it ends.

    The settings of the services of the store are compared meanwhile.
    """
    code = int(ExitCode.FAILED)
    try:
        opened.adopt_after_fork()
        confinement.close_all_but({0, 1, 2, line.channel.fileno()})
        _follow(opened, line)
        code = int(ExitCode.OK)
    except Exception as error:
        details = "".join(traceback.format_exception(error))
        line.report(problem=type(error).__name__, fault=log.keep_numbered(opened.state_folder, details))
    finally:
        os._exit(code)


def _follow(opened: ServedDeployment, line: SessionLine) -> None:
    store = opened.shared
    if store is None:
        return
    own = service_settings.digests_of(opened.deployment, opened.plugins())
    seen, noted_at, problem = 0, float("-inf"), ""
    while os.getppid() == opened.generation:
        try:
            if time.monotonic() - noted_at >= service_settings.NOTE_SECONDS:
                noted_at = time.monotonic()
                service_settings.write_others(opened.state_folder, service_settings.differences(store, own))
            now = store.wait(seen, WAIT_SECONDS)
            if now != seen:
                seen = now
                line.tell_changed()
            problem = ""
            time.sleep(LEAST_SECONDS)
        except SlaError as away:
            if away.sentence() != problem:
                problem = away.sentence()
                log.write("store", problem=problem)
            time.sleep(AWAY_SECONDS)
