"""Starts the service, checks whether it could start, and helps to install it."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import socket
import sys
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sla_tracker.cli.deployments import StoreOpening
from sla_tracker.config.deployment import SERVICE_FOLDER
from sla_tracker.deployment.settings.loading import usable_config
from sla_tracker.deployment.web_access.passwords import hasher
from sla_tracker.errors import N_, ConfigError, ExitCode, Refused, SlaError, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.os_login import login_of
from sla_tracker.serve import finding, sentences, systemd
from sla_tracker.serve.installation.install import Chinese, install_client, installed_program
from sla_tracker.serve.processes import confinement, generation, supervisor
from sla_tracker.serve.processes.own_socket import listening_at

if TYPE_CHECKING:
    from sla_tracker.cli.deployments import ServeRequest

LOCK_FILE = "service.lock"
WEB_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE")


class Unsafe(ConfigError):
    """What the staff's program would refuse of this service, as a sentence."""

    def sentence(self) -> str:
        """Return the sentence."""
        return self.message


def run(folder: Path, request: ServeRequest) -> int:
    """Do what `sla serve` was asked for, and return the exit code."""
    sentences.CHINESE = Chinese()
    if request.opens_trial:
        return _open_trial(folder, request)
    if not hasattr(socket, "SO_PEERCRED"):
        raise UsageError(
            N_("This system does not say who calls, so there is no service on it; work directly, without.")
        )
    if request.install_client is not None:
        return install_client(request.install_client, request.service_file)
    place, uid = _service_of(request.service_file)
    if request.print_systemd:
        login = pwd.getpwuid(uid).pw_name
        sys.stdout.write(
            systemd.units(installed_program(), folder.resolve(), place, login, request.service_file)
        )
        return ExitCode.OK
    if os.geteuid() != uid:
        raise Refused(
            N_("The service runs as the login “{login}”, which {file} names, and you are “{own}”."),
            login=login_of(uid),
            file=request.service_file,
            own=login_of(os.geteuid()),
        )
    return _check(folder, place) if request.check else _serve(folder.resolve(), place)


def _open_trial(folder: Path, request: ServeRequest) -> int:
    """Serve the pages of a trial; raises UsageError where the extra is missing."""
    try:
        from sla_tracker.serve.web.trial import open_pages
    except ImportError:
        raise UsageError(
            N_("The pages need the extra “web”, which is not installed: pip install “sla_tracker[web]”")
        ) from None
    return open_pages(folder, with_browser=request.with_browser)


def _service_of(file: Path) -> tuple[str, int]:
    """Return place of the socket and user id that root's file names.

    Raises ConfigError.
    """
    try:
        return finding.read_service_file(str(file))
    except finding.NoService as problem:
        raise Unsafe(str(problem)) from None


def _must_be_own(folder: Path) -> None:
    """Raise ConfigError unless a service may own the deployment.

    No plugin is run for that. Plugins are for the processes that this one starts: a thread of one would be in every
    copy of it.
    """
    from sla_tracker.serve.servable import must_be_servable

    deployment, _problem = usable_config(folder)
    must_be_servable(deployment)
    status = deployment.folder.stat()
    if status.st_uid not in {0, os.geteuid()} or status.st_mode & 0o022:
        raise ConfigError(
            N_(
                "{folder} belongs to somebody else, or others can write to it: chown it to the service's login."
            ),
            folder=deployment.folder,
        )


def _state_of(folder: Path) -> Path:
    """Return the folder of what the service notes, made if need be.

    What it notes of plugins there decides whether they are loaded.
    """
    state = folder / SERVICE_FOLDER
    state.mkdir(mode=0o700, exist_ok=True)
    return state


def _serve(folder: Path, place: str) -> int:
    from sla_tracker.serve.sessions.spool import SPOOL_FOLDER

    _must_be_own(folder)
    state = _state_of(folder)
    lock = _locked(state / LOCK_FILE, place)
    # What sessions of a service that was killed left behind; nobody works here while the lock is ours.
    shutil.rmtree(state / SPOOL_FOLDER, ignore_errors=True)
    confinement.close_to_others()

    def begin(link: socket.socket) -> NoReturn:
        generation.run(folder, link)

    handed_over = systemd.handed_over()
    with nullcontext(handed_over) if handed_over else listening_at(place) as listening:
        return supervisor.Supervisor(listening, begin, lock, partial(_become_web, folder)).run()


def _become_web(folder: Path, link: socket.socket) -> NoReturn:
    """Become the web process, which has neither plugins nor the secrets of channels."""
    kept = {name: os.environ[name] for name in WEB_ENVIRONMENT if name in os.environ}
    try:
        link.set_inheritable(True)
        words = [sys.executable, "-P", "-m", "sla_tracker.serve.web", str(folder), str(link.fileno())]
        os.execve(sys.executable, words, kept)
    finally:
        os._exit(ExitCode.FAILED)


def _locked(file: Path, place: str) -> int:
    """Take the service's lock and return its descriptor.

    Raises Refused naming the service that has it.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        first = os.read(descriptor, 500).decode("utf-8", "replace").strip()
        os.close(descriptor)
        raise Refused(N_("Another service has this store already: {first}."), first=first) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()} {place}\n".encode())
    return descriptor


def _check(folder: Path, place: str) -> int:
    """Say whether the service could start.

    Settings, plugins, rights and the socket's folder are checked.
    """
    from sla_tracker.deployment.web_access.web_files import web_file_problems
    from sla_tracker.serve.deployment import ServedDeployment

    _must_be_own(folder)
    _state_of(folder)
    opened = ServedDeployment(folder, opening=StoreOpening.SERVER_AT_ONCE, careful=True)
    problems: list[SlaError] = [
        UsageError(N_("The plugin {plugin} does not work: {reason}"), plugin=row.name, reason=row.reason)
        for row in opened.plugins()
        if row.is_broken
    ]
    if opened.limits.shared_logins:
        try:
            hasher()
        except UsageError as problem:
            problems.append(problem)
    socket_folder = Path(place).parent
    is_made = socket_folder.exists()
    try:
        if is_made:
            finding.must_be_safe(str(socket_folder), os.geteuid())
    except finding.NoService as problem:
        problems.append(Unsafe(str(problem)))
    now = datetime.now(opened.context.settings.zone)
    problems += web_file_problems(opened.deployment.config, now)
    if problems:
        raise ConfigError(N_("The service could not start:"), tuple(problems))
    sys.stdout.write(_("The service can start: {folder}, {place}", folder=opened.folder, place=place) + "\n")
    if not is_made:
        said = _(
            "{folder} is not there yet: sla.socket makes it. Without systemd root makes it, closed to others.",
            folder=socket_folder,
        )
        sys.stdout.write(said + "\n")
    return ExitCode.OK
