"""A dealer's trial on the embedded store, for tests of what is left behind when it is closed."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.services import events


def a_dealer(folder: Path) -> DirectDeployment:
    """Make a trial in a folder with something in every group on 2026-11-20, and open it."""
    DeploymentService().init(folder, config="dealership", trial=True, in_force_from=date(2026, 10, 1))
    deployment = open_deployment(folder)
    for number, day in enumerate((16, 18, 19, 20)):
        events.register(
            deployment.context,
            deployment.actor,
            "vehicle-delivered",
            subject=f"鄂F·1234{number}",
            at=datetime.fromisoformat(f"2026-11-{day}T10:40:00+08:00"),
            fields={"cash": "yes"},
        )
    return deployment
