"""A host with a service, tried by other logins of the machine: everybody here is who the kernel says.

Needs root, to become those logins, and a Python that they may execute.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import site
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sla_tracker.domain.people import SYSTEM
from tests.requirements import go_without

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM_PYTHON = f"/usr/bin/python3.{sys.version_info.minor}"
# Logins that every Debian has. The service's, three people's, and a stranger's.
SERVICE, WANG, LI, ADMIN, STRANGER = "proxy", "backup", "news", "list", "games"
PEOPLE = {"wang.fang": WANG, "li.na": LI, "lin.tao": ADMIN}
READY_SECONDS = 60.0
# Calls that a test makes in a second as one login; the service refuses more than twenty connections.
CALLS_A_SECOND = 6


def must_have_logins() -> None:
    """Skip the test where nobody can become another login."""
    if os.geteuid() != 0:
        go_without("logins", "needs root, to call as other logins")
    missing = [name for name in (SERVICE, WANG, LI, ADMIN, STRANGER) if not _is_login(name)]
    if missing:
        go_without("logins", f"there is no login {', '.join(missing)}")
    if not os.access(SYSTEM_PYTHON, os.X_OK):
        go_without("logins", f"there is no {SYSTEM_PYTHON}, which other logins may execute")
    reached = subprocess.run([*as_login(STRANGER), "test", "-r", str(ROOT / "pyproject.toml")], check=False)
    if reached.returncode:
        go_without("logins", f"other logins cannot read {ROOT}")


def _is_login(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def as_login(login: str) -> list[str]:
    """Return the words before a command that is run as a login."""
    return ["setpriv", f"--reuid={login}", f"--regid={login}", "--clear-groups"]


def environment(**changes: str) -> dict[str, str]:
    """Return the environment in which other logins find the program."""
    packages = [str(ROOT), str(ROOT / "plugins"), *site.getsitepackages()]
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "SLA_LANG": "en",
        "PYTHONPATH": os.pathsep.join(packages),
        "PYTHONDONTWRITEBYTECODE": "1",
        **changes,
    }


@dataclass
class Host:
    """A folder in the place of a host's: root's file, the socket's folder, the service's deployment, people's homes."""

    root: Path
    service: subprocess.Popen[bytes] | None = None
    starts: int = field(default=0)
    called: dict[str, list[float]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    """What the service's environment holds besides the usual."""

    @property
    def service_file(self) -> Path:
        return self.root / "etc" / "service.toml"

    @property
    def socket(self) -> Path:
        return self.root / "run" / "socket"

    @property
    def deployment(self) -> Path:
        return self.root / "srv" / "company"

    @property
    def settings(self) -> Path:
        return self.deployment / "sla_tracker.toml"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def sla(self) -> Path:
        return self.root / "bin" / "sla"

    def program(self, *words: str) -> list[str]:
        return [SYSTEM_PYTHON, "-m", "sla_tracker", *words]

    def make(self) -> None:
        """Make the deployment as the service's login, and install the staff's program."""
        for name in ("etc", "bin", "run", "srv", "home"):
            (self.root / name).mkdir(mode=0o755)
        for name in ("run", "srv"):
            shutil.chown(self.root / name, SERVICE, SERVICE)
        (self.root / "srv").chmod(0o700)
        for login in (WANG, LI, ADMIN, STRANGER, "root"):
            (self.root / "home" / login).mkdir(mode=0o700)
            shutil.chown(self.root / "home" / login, login, login)
        self.service_file.write_text(f'socket = "{self.socket}"\nuser = "{SERVICE}"\n', encoding="utf-8")
        made = self.directly("init", str(self.deployment), "--config", "dealership")
        assert made.returncode == 0, made.stderr
        text = self.settings.read_text(encoding="utf-8").replace(f'logins = ["{SERVICE}"]\n', "")
        for person, login in PEOPLE.items():
            text = text.replace(f'id = "{person}"\n', f'id = "{person}"\nlogins = ["{login}"]\n')
        self.settings.write_text(f"{text}\n[serve]\n", encoding="utf-8")
        installed = subprocess.run(
            self.program(
                "serve", "--service-file", str(self.service_file), "--install-client", str(self.sla)
            ),
            env=environment(),
            check=False,
            capture_output=True,
            text=True,
        )
        assert installed.returncode == 0, installed.stderr

    def change_settings(self, before: str, after: str) -> None:
        """Change a text of the settings, as the administrator's editor does."""
        text = self.settings.read_text(encoding="utf-8")
        assert before in text
        part = self.settings.with_suffix(".part")
        part.write_text(text.replace(before, after, 1), encoding="utf-8")
        shutil.chown(part, SERVICE, SERVICE)
        part.chmod(0o644)
        part.replace(self.settings)

    def keep_on_server(self, address: str) -> None:
        """Let the settings name a store on a server."""
        self.variables["SLA_DATABASE_URL"] = address
        self.change_settings('kind = "tinydb"', 'kind = "postgres"')

    def directly(self, *words: str, login: str = SERVICE) -> subprocess.CompletedProcess[str]:
        """Run the whole program as a login, without the service."""
        return subprocess.run(
            [*as_login(login), *self.program(*words)],
            env=environment(HOME=str(self.root)),
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
        )

    def serve_words(self) -> list[str]:
        return self.program(
            "--deployment", str(self.deployment), "serve", "--service-file", str(self.service_file)
        )

    def start(self) -> None:
        """Start the service and wait until it answers."""
        with self.log.open("ab") as log:
            self.service = subprocess.Popen(
                [*as_login(SERVICE), *self.serve_words()],
                env=environment(HOME="/nonexistent", **self.variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
            )
        self.starts += 1
        self.wait_for(lambda: self.count("generation", ready=True) >= self.starts)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop the service and return its exit code."""
        assert self.service is not None
        self.service.send_signal(number)
        try:
            return self.service.wait(60)
        finally:
            self.service.kill()
            self.service = None

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield what the service logged."""
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        for line in text.splitlines():
            if line.startswith("{"):
                yield json.loads(line)

    def count(self, what: str, **facts: object) -> int:
        wanted = {"what": what, **facts}
        return sum(wanted.items() <= line.items() for line in self.lines())

    def wait_for(self, condition: Any, seconds: float = READY_SECONDS) -> None:
        """Wait until a condition holds; fail with the log when it does not."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.log.read_text(encoding="utf-8")[-4000:]
            time.sleep(0.05)

    def call_words(self, login: str, *words: str) -> tuple[list[str], dict[str, str], Path]:
        home = self.root / "home" / login
        return [*as_login(login), str(self.sla), *words], environment(HOME=str(home)), home

    def call(
        self,
        login: str,
        *words: str,
        code: int | None = 0,
        given: bytes | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Type a command as a login, from its home; the exit code has to be `code`."""
        self.wait_for_turn(login)
        command, environ, home = self.call_words(login, *words)
        done = subprocess.run(
            command,
            env={**environ, **(variables or {})},
            input=given if given is not None else b"",
            capture_output=True,
            check=False,
            cwd=home,
            timeout=60,
        )
        outcome = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )
        assert code is None or outcome.returncode == code, f"{outcome}\n{self.faults()}"
        return outcome

    def wait_for_turn(self, login: str) -> None:
        """Wait until a login may call again: a quick machine would call more often than the service allows."""
        called = self.called.setdefault(login, [])
        while len(called) >= CALLS_A_SECOND and time.monotonic() - called[-CALLS_A_SECOND] < 1.1:
            time.sleep(0.02)
        called.append(time.monotonic())

    def faults(self) -> str:
        folder = self.deployment / ".service" / "faults"
        return (
            "\n".join(file.read_text(encoding="utf-8") for file in folder.glob("*"))
            if folder.exists()
            else ""
        )

    def json(self, login: str, *words: str) -> Any:
        return json.loads(self.call(login, *words, "--json").stdout)

    def event(self, login: str = WANG, subject: str = "鄂F·12345") -> Any:
        """Register a delivered vehicle, and return the document of what it opened."""
        return self.json(login, "event", "add", "vehicle-delivered", subject, "-f", "cash=no", "--again")

    def acts(self) -> list[dict[str, Any]]:
        """Return what people changed, as the administrator reads it; what comes due comes by itself."""
        changes = self.json(ADMIN, "log", "--last", "0")["changes"]
        return [change for change in changes if change["by"] != SYSTEM]


@contextmanager
def a_host(*, running: bool = True) -> Iterator[Host]:
    """Yield a host in a folder that other logins may enter, with its service running."""
    with host_folder() as root:
        host = Host(root)
        try:
            host.make()
            if running:
                host.start()
            yield host
        finally:
            if host.service is not None:
                host.stop(signal.SIGKILL)


@contextmanager
def host_folder() -> Iterator[Path]:
    """Yield a folder that other logins may enter; skips the test where nobody can become another login."""
    must_have_logins()
    root = Path(tempfile.mkdtemp(prefix="sla-host-", dir="/tmp"))
    root.chmod(0o755)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def send_raw(host: Host, login: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run a hostile caller's program as a login; it finds the socket's place in its first argument."""
    return subprocess.run(
        [*as_login(login), "/usr/bin/python3", "-c", code, str(host.socket)],
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd="/",
    )


def descendants(pid: int) -> Sequence[int]:
    """Return the processes below a process."""
    found: list[int] = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(status.parent.name)
            found += [child, *descendants(child)]
    return found


def listens(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(place)) == 0
