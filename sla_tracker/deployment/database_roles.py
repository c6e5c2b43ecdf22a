"""Roles and schema of a deployment's database: who works here by the settings, and which departments plugins bring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from sla_tracker.deployment.plugin_loading import build_with, load_host
from sla_tracker.deployment.stores import need_driver, server_address
from sla_tracker.errors import N_, ConfigError

if TYPE_CHECKING:
    from sla_tracker.config.load import Built, Deployment
    from sla_tracker.domain.people import Person


class _Given(TypedDict):
    people: list[Person]
    departments: list[str]
    services: list[str]
    clock_tolerance: timedelta | None


def script(deployment: Deployment, services: Sequence[str], now: datetime) -> str:
    """Return the SQL that makes roles and schema; raises ConfigError for settings or plugins that are wrong."""
    given = _given(deployment, services, now)
    from sla_tracker.storage.postgres import setup_sql

    return setup_sql(**given)


def apply(deployment: Deployment, services: Sequence[str], now: datetime, address: str) -> int:
    """Make roles and schema in the database at an address, the settings' own when it is empty.

    Returns the number of migrations that were new. Raises as script does, and StoreError when the server refuses.
    """
    given = _given(deployment, services, now)
    from sla_tracker.storage.postgres import apply_setup

    return apply_setup(server_address(deployment, address), **given)


def _given(deployment: Deployment, services: Sequence[str], now: datetime) -> _Given:
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
        "people": _present(built, now),
        "departments": list(host.catalogue.departments),
        "services": list(services),
        "clock_tolerance": None if built.settings.trial else USUAL_TOLERANCE,
    }


def _present(built: Built, now: datetime) -> list[Person]:
    """Return who works here today."""
    today = now.astimezone(built.settings.zone).date()
    return [one for one in built.people.values() if one.left_on is None or one.left_on > today]
