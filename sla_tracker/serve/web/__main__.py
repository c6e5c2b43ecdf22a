"""Runs the web process, which the supervisor starts.

The command is python -m sla_tracker.serve.web FOLDER DESCRIPTOR.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import traceback
from pathlib import Path

from sla_tracker.config.deployment import SERVICE_FOLDER
from sla_tracker.errors import N_, ConfigError, ExitCode, SlaError
from sla_tracker.serve import log, notices
from sla_tracker.serve.processes import confinement
from sla_tracker.serve.processes.link import TERMINAL
from sla_tracker.serve.web.exchange import ServiceAnswers
from sla_tracker.serve.web.listening import NOTICE, listen
from sla_tracker.serve.web.options import WebOptions, read_options
from sla_tracker.serve.web.server import WebServer
from sla_tracker.serve.web.terminals.page_terminal import ServiceTerminal

FAULT = N_(
    "The pages cannot be served, because of a fault of the program ({kind}); its details are kept under the number "
    "{number}."
)


def main() -> int:
    """Run the web process; return its exit code."""
    folder, descriptor = Path(sys.argv[1]), int(sys.argv[2])
    confinement.close_to_others()
    link = socket.socket(fileno=descriptor)
    try:
        with link:
            asyncio.run(_run(read_options(folder, SERVICE_FOLDER), link))
    except SlaError as problem:
        log.write("web", problem=problem.sentence())
        notices.leave(folder / SERVICE_FOLDER, NOTICE, problem)
        return int(problem.exit_code)
    except (OSError, ssl.SSLError) as problem:
        log.write("web", problem=str(problem))
        said = ConfigError(N_("The pages cannot be served: {reason}"), reason=problem)
        notices.leave(folder / SERVICE_FOLDER, NOTICE, said)
        return int(ConfigError.exit_code)
    except Exception as error:
        number = log.keep_numbered(folder / SERVICE_FOLDER, "".join(traceback.format_exception(error)))
        log.write("fault", number=number, kind=type(error).__name__)
        fault = ConfigError(FAULT, kind=type(error).__name__, number=number)
        notices.leave(folder / SERVICE_FOLDER, NOTICE, fault)
        return int(ExitCode.FAILED)
    return int(ExitCode.OK)


async def _run(options: WebOptions, link: socket.socket) -> None:
    def begin(person: str, language: str, rows: int, columns: int) -> ServiceTerminal:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(link, [TERMINAL + person.encode()], [theirs.fileno()])
            return ServiceTerminal(ours, language, rows, columns)
        except OSError:
            ours.close()
            raise

    answers = ServiceAnswers(link, options.section.calls)
    await listen(WebServer(options, answers, begin_terminal=begin), link)


if __name__ == "__main__":
    sys.exit(main())
