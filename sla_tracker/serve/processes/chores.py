"""Does the regular work of the service that nobody asks for.

The work is to open what comes due, to accept by silence, the daily backup, the inbox, and reminders.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections import Counter
from typing import NoReturn

from sla_tracker.errors import ExitCode, SlaError
from sla_tracker.serve import log, notices
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.serve.processes import confinement
from sla_tracker.serve.processes.watched_channels import watched
from sla_tracker.serve.sessions.session import SessionLine
from sla_tracker.serve.sessions.spool import remove_left_spools
from sla_tracker.services.imports.inbox import FileFate
from sla_tracker.services.reminders.sender import run_once

EVERY_SECONDS = 60.0
ROUND_SECONDS = 300.0  # after which a round begins no further message
MOST_SENDING_SECONDS = 600.0  # after which a channel hangs, and its process is ended
_started_at = [float("-inf")]


def are_due() -> bool:
    """Tell whether a minute has passed since the last start."""
    return time.monotonic() - _started_at[0] >= EVERY_SECONDS


def note_start() -> None:
    """Note that the chores were started now."""
    _started_at[0] = time.monotonic()


def do(opened: ServedDeployment, line: SessionLine) -> NoReturn:
    """Do everything that has come due, in a process of its own, and end it."""
    code = int(ExitCode.FAILED)
    try:
        own = opened.adopt_after_fork()
        confinement.close_all_but({0, 1, 2, line.channel.fileno(), *own})
        opened.catch_up()
        opened.adopt(None, None, None)
        remove_left_spools(opened.state_folder)
        # What leaves this host comes last: a server or a plugin that hangs must not keep the rest from being done.
        _back_up(opened)
        _take_inbox(opened)
        line.tell_all_else_done()
        _send(opened, line)
        code = int(ExitCode.OK)
    except SlaError as problem:
        line.report(problem=problem.sentence())
        code = int(problem.exit_code)
    except Exception as error:
        details = "".join(traceback.format_exception(error))
        line.report(problem=type(error).__name__, fault=log.keep_numbered(opened.state_folder, details))
    finally:
        os._exit(code)


def _send(opened: ServedDeployment, line: SessionLine) -> None:
    """Send reminders and notices; a round that takes long goes on with the next."""
    channels = watched(opened.channels(), line)
    for problem in channels.broken.values():
        log.write("channel", problem=problem.sentence())
    stop = threading.Event()
    ending = threading.Timer(ROUND_SECONDS, stop.set)
    ending.daemon = True
    ending.start()
    done = run_once(opened.context, channels.working, stop=stop)
    ending.cancel()
    if done.sent or done.failed or done.unknown:
        log.write("reminders", sent=done.sent, failed=done.failed, unknown=done.unknown)
    tables = opened.deployment.config.notify.items()
    terms = {name: table.settings(name).terms for name, table in tables}
    notices.send(opened.state_folder, opened.context, channels, terms)


def _take_inbox(opened: ServedDeployment) -> None:
    """Take over the lists in the inbox folder, and log how many.

    The log has numbers only, because files may be named after people.
    """
    if not opened.deployment.config.inbox.folder:
        return
    try:
        found = opened.take_inbox()
    except SlaError as problem:
        log.write("inbox", problem=problem.sentence())
        return
    fates = Counter(one.fate for one in found)
    if found:
        log.write("inbox", **{fate.value: fates[fate] for fate in FileFate})


def _back_up(opened: ServedDeployment) -> None:
    """Make the regular backup of the settings when it is due."""
    from sla_tracker.deployment import backup

    now = opened.context.now()
    if not backup.is_due(opened.deployment, now):
        return
    try:
        done = backup.regular_backup(opened.deployment, now)
    except SlaError as problem:
        log.write("backup", problem=problem.sentence())
        return
    log.write("backup", file=str(done.file), changes=done.changes)
