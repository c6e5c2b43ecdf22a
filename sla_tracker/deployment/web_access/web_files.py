"""Looks at what the pages need on this host, such as certificates and a socket."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from sla_tracker.config.schema import Config
from sla_tracker.config.sections.web import LoginWay, place_of
from sla_tracker.deployment.web_access.certificates import certificate_problems, tls_context
from sla_tracker.errors import N_, ConfigError, SlaError, UsageError
from sla_tracker.notify.secrets import read_secret

UNITS_FOLDER = Path("/run/sla-web")
"""Where the unit of the service lets it make the socket; it is there while the service runs."""
LIBRARIES = ("aiohttp", "argon2", "joserfc")


def web_file_problems(config: Config, now: datetime) -> Iterator[SlaError]:
    """Yield why the present login could not serve the pages on this host.

    Yields nothing where the settings want no pages.
    """
    section = config.web
    if not section.url:
        return
    if not all(find_spec(name) for name in LIBRARIES):
        yield UsageError(
            N_("The pages need the extra “web”, which is not installed: pip install “sla_tracker[web]”")
        )
    if section.certificate:
        try:
            tls_context(section.certificate, section.key)
            yield from certificate_problems(section.certificate, urlsplit(section.url).hostname or "", now)
        except SlaError as problem:
            yield problem
    if LoginWay.OIDC in section.login:
        try:
            read_secret(config.oidc.secret_from, {})
        except SlaError as problem:
            yield problem
    if place_of(section.listen) is None:
        yield from _socket_problems(Path(section.listen), section.proxy)


def _socket_problems(place: Path, proxy: str) -> Iterator[SlaError]:
    try:
        pwd.getpwnam(proxy)
    except KeyError:
        yield ConfigError(
            N_("There is no login “{login}” on this host, which [web] names as the proxy."), login=proxy
        )
    if place.parent == UNITS_FOLDER and not UNITS_FOLDER.exists():
        return
    try:
        must_be_closed_folder(place)
    except SlaError as problem:
        yield problem
        return
    if not os.access(place.parent, os.W_OK | os.X_OK):
        yield ConfigError(
            N_(
                "The service cannot make a socket in {folder}; name one in {own}, which its unit makes, or a folder "
                "that belongs to it."
            ),
            folder=place.parent,
            own=UNITS_FOLDER,
        )


def must_be_closed_folder(place: Path) -> None:
    """Raise ConfigError where others could replace the socket of the pages.

    Otherwise they could put a socket of their own in its place.
    """
    folder = place.parent
    try:
        status = folder.stat()
    except OSError as problem:
        raise ConfigError(
            N_("The folder {folder} for the socket of the pages cannot be used: {reason}"),
            folder=folder,
            reason=problem,
        ) from problem
    if status.st_uid not in {0, os.geteuid()} or status.st_mode & 0o022:
        raise ConfigError(
            N_(
                "Others can write to {folder}, and could put a socket of their own there in place of the pages'."
            ),
            folder=folder,
        )
