"""Sets up roles and schema of a deployment's database.

They follow from its people and departments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from sla_tracker.deployment.plugin_loading import build_with, load_host
from sla_tracker.deployment.stores import need_driver, server_address
from sla_tracker.errors import N_, ConfigError

if TYPE_CHECKING:
    from sla_tracker.config.load import Built, Deployment
    from sla_tracker.domain.people import Person


class _SetupArguments(TypedDict):
    people: list[Person]
    departments: list[str]
    services: list[str]
    clock_tolerance: timedelta | None
    old_names: Mapping[str, str]


def present_settings(folder: Path) -> Deployment:
    """Return the present settings; raises ConfigError where they are wrong.

    Roles decide who may do what on the server, and somebody may be wrong settings' only change: taken out of them.
    """
    from sla_tracker.config.load import read_config

    try:
        return read_config(folder)
    except ConfigError as problem:
        raise ConfigError(
            N_("Rights in the database are given by the present settings only, not by the last good ones:"),
            problem.problems or (problem,),
        ) from problem


def script(deployment: Deployment, services: Sequence[str], now: datetime) -> str:
    """Return the SQL that sets up roles and schema; raises ConfigError."""
    arguments = _setup_arguments(deployment, services, now)
    from sla_tracker.storage.postgres import setup_sql

    return setup_sql(**arguments)


def apply(deployment: Deployment, services: Sequence[str], now: datetime, address: str) -> int:
    """Set up roles and schema in a database.

    An empty address means that of the settings.

    Returns the number of migrations that were new. Raises as script does, and StoreError when the server refuses.
    """
    arguments = _setup_arguments(deployment, services, now)
    from sla_tracker.storage.postgres import apply_setup

    return apply_setup(server_address(deployment, address), **arguments)


def _setup_arguments(deployment: Deployment, services: Sequence[str], now: datetime) -> _SetupArguments:
    need_driver()
    from sla_tracker.storage.postgres.setup import USUAL_TOLERANCE

    host = load_host(deployment)
    if host.broken:
        raise ConfigError(
            N_("Departments of broken plugins would be missing in the database:"),
            (*host.problems, *host.broken),
        )
    built = build_with(deployment, host, complete=True)
    return {
        "people": _current_people(built, now),
        "departments": list(host.catalogue.departments),
        "services": list(services),
        "clock_tolerance": None if built.settings.trial else USUAL_TOLERANCE,
        "old_names": host.catalogue.renames().departments.present_by_old,
    }


def _current_people(built: Built, now: datetime) -> list[Person]:
    """Return the people who have not left by today."""
    today = now.astimezone(built.settings.zone).date()
    return [one for one in built.people.values() if one.left_on is None or one.left_on > today]
