"""`[backup]`: where, when and how many backups are kept."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import Field as Key

from sla_tracker.config.sections.base import Section


class BackupSection(Section):
    """`[backup]`: the folder, time and number of regular backups.

    `folder` is empty for none. `at` is the time of day from which one is due. `keep` is how many stay.

    `sla backup` without a file makes one, `sla backup --due` only when today's is missing.
    """

    folder: str = ""
    at: time = time(2)
    keep: Annotated[int, Key(ge=1, le=1000)] = 14
