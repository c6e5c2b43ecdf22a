"""Queries that return frozen rows for the front ends."""

from typing import TYPE_CHECKING

from sla_tracker.services.submodules import loader

if TYPE_CHECKING:
    from sla_tracker.services.queries import board_updates as board_updates
    from sla_tracker.services.queries import duties as duties
    from sla_tracker.services.queries import rows as rows
else:
    __getattr__ = loader(__name__)
