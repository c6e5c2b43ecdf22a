"""Runs calls of `sla` on a deployment without a service, each as a login of its own, from one process.

The program is loaded once: a process for each call would take most of the time of a test.
"""

from __future__ import annotations

import importlib
import json
import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.serve.host import SYSTEM_PYTHON, environment


class DirectCalls:
    """The process that runs the calls; the deployment belongs to the login of the present call."""

    def __init__(self, folder: Path) -> None:
        self._folder = self._outcome = folder
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, "-m", "tests.serve.direct_calls"],
            env=environment(SLA_DEPLOYMENT=str(folder)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def begin(self, login: str, home: Path, words: Sequence[str]) -> None:
        """Begin to run a call as a login in a folder."""
        self._outcome = Path(tempfile.mkdtemp(dir=self._folder.parent))
        request = {
            "outcome": str(self._outcome),
            "deployment": str(self._folder),
            "login": login,
            "home": str(home),
            "words": words,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def end(self) -> subprocess.CompletedProcess[str]:
        """Return what the call said."""
        assert self._process.stdout is not None
        code = int(self._process.stdout.readline())
        out, err = ((self._outcome / name).read_text(encoding="utf-8") for name in ("out", "err"))
        return subprocess.CompletedProcess((), code, out, err)


def _give(folder: Path, entry: pwd.struct_passwd) -> None:
    """Let a deployment belong to a login, as that of one person does."""
    for place in (folder, *folder.rglob("*")):
        os.chown(place, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def _run(request: Mapping[str, object]) -> None:
    """Become the login, and run the call."""
    entry = pwd.getpwnam(str(request["login"]))
    _give(Path(str(request["deployment"])), entry)
    for place, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(str(request["outcome"]), name), os.O_WRONLY | os.O_CREAT), place)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    home = str(request["home"])
    os.environ["HOME"] = home
    os.chdir(home)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    from sla_tracker.cli.main import build
    from sla_tracker.deployment.service import DeploymentService

    words = request["words"]
    assert isinstance(words, list)
    build(DeploymentService()).main(words)


def main() -> None:
    from sla_tracker.cli.command_list import COMMANDS

    for module in {f"sla_tracker.cli.commands.{one.module}" for one in COMMANDS.values()}:
        importlib.import_module(module)
    importlib.import_module("sla_tracker.deployment.service")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 99
            try:
                _run(json.loads(line))
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else code
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _pid, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
