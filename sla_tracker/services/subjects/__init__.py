"""Use cases about contracts, vehicles and people.

They tell what ties them, and which of them look mistyped.
"""

from typing import TYPE_CHECKING

from sla_tracker.services.submodules import loader

if TYPE_CHECKING:
    from sla_tracker.services.subjects import ties as ties
else:
    __getattr__ = loader(__name__)
