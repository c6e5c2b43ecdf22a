"""`[serve]`: settings of the service that `sla serve` runs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field as Key

from sla_tracker.config.sections.base import Section


class Unknown(StrEnum):
    """What a login may do that belongs to nobody."""

    REFUSE = "refuse"
    READ = "read"


class ServeSection(Section):
    """`[serve]`: the service of a host.

    That the section is there marks the folder as the service's own.

    Limits hold for each login, `connections` (to a database) for all together. Regular backups are made by `[backup]`,
    with a service or without.
    """

    unknown: Annotated[Unknown, Key(strict=False)] = Unknown.REFUSE
    commands: Annotated[int, Key(ge=1, le=100)] = 8
    terminals: Annotated[int, Key(ge=1, le=100)] = 4
    calls_per_second: Annotated[int, Key(ge=1, le=1000)] = 20
    connections: Annotated[int, Key(ge=2, le=200)] = 20
