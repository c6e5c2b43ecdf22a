"""Use cases of duties: creating, delivering, judging, holding, waiving, rating."""

from typing import TYPE_CHECKING

from sla_tracker.services.submodules import loader

if TYPE_CHECKING:
    from sla_tracker.services.duties import actions as actions
    from sla_tracker.services.duties import holds as holds
    from sla_tracker.services.duties import operations as operations
    from sla_tracker.services.duties import ratings as ratings
    from sla_tracker.services.duties import scheduler as scheduler
    from sla_tracker.services.duties import waivers as waivers
else:
    __getattr__ = loader(__name__)
