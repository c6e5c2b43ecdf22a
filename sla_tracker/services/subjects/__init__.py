"""Use cases about contracts, vehicles and people: what ties them, which of them look mistyped."""

from typing import TYPE_CHECKING

from sla_tracker.services.submodules import loader

if TYPE_CHECKING:
    from sla_tracker.services.subjects import ties as ties
else:
    __getattr__ = loader(__name__)
