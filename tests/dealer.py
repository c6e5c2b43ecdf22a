"""A dealer's trial on the embedded store, for tests of what is left behind when it is closed."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from datetime import date, datetime
from functools import cache
from pathlib import Path

from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.services import events
from sla_tracker.storage.store_owner import StoreOwner, write_owner


def a_dealer(folder: Path) -> DirectDeployment:
    """Make a trial in a folder with something in every group on 2026-11-20, and open it.

    It is a copy of one that is made once in a process, for each time and language.
    """
    made = _made(os.environ.get("SLA_NOW", ""), os.environ.get("SLA_LANG", ""))
    shutil.copytree(made, folder, dirs_exist_ok=True)
    write_owner(folder / "store", StoreOwner(folder=str(folder), trial=True))
    (folder / ".seen" / "anchor.json").unlink()  # nobody closed this one
    return open_deployment(folder)


@cache
def _made(_now: str, _language: str) -> Path:
    place = Path(tempfile.mkdtemp(prefix="dealer-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    folder = place / "company"
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
    deployment.close()
    return folder
