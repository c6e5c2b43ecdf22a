"""Use cases and queries, one function each.

They depend on the domain and on ports only.

Modules can be used as attributes (`services.events.register`); each is imported on first access.
"""

from typing import TYPE_CHECKING

from sla_tracker.services.submodules import loader

if TYPE_CHECKING:
    from sla_tracker.services import deployment as deployment
    from sla_tracker.services import duties as duties
    from sla_tracker.services import events as events
    from sla_tracker.services import months as months
    from sla_tracker.services import queries as queries
    from sla_tracker.services import requests as requests
    from sla_tracker.services import subjects as subjects
    from sla_tracker.services import undo as undo
else:
    __getattr__ = loader(__name__)
