"""Use cases about contracts, vehicles and people: their ties, mistyped subjects."""

from typing import TYPE_CHECKING

from sla_tracker.services.submodules import loader

if TYPE_CHECKING:
    from sla_tracker.services.subjects import ties as ties
else:
    __getattr__ = loader(__name__)
