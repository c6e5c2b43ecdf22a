"""Use cases of months: closing, archiving, figures."""

from typing import TYPE_CHECKING

from sla_tracker.services.submodules import loader

if TYPE_CHECKING:
    from sla_tracker.services.months import service_levels as service_levels
    from sla_tracker.services.months import view as view
else:
    __getattr__ = loader(__name__)
