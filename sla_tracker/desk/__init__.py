"""The service desk: one function per use case, and the queries; knows core and its ports only.

Its modules may also be used as attributes (`desk.duties.deliver`): each is loaded when it is first used, so that
whoever names many of them, as the terminal does, waits for none before its first frame.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from sla_tracker.desk import deeds as deeds
    from sla_tracker.desk import duties as duties
    from sla_tracker.desk import events as events
    from sla_tracker.desk import holds as holds
    from sla_tracker.desk import house as house
    from sla_tracker.desk import monthly as monthly
    from sla_tracker.desk import queries as queries
    from sla_tracker.desk import ratings as ratings
    from sla_tracker.desk import requests as requests
    from sla_tracker.desk import rollover as rollover
    from sla_tracker.desk import undo as undo
else:

    def __getattr__(name: str) -> "ModuleType":
        """Load a module when it is first asked for; raises AttributeError where there is none of that name."""
        full = f"{__name__}.{name}"
        try:
            return import_module(full)
        except ModuleNotFoundError as error:
            if error.name != full:
                raise
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
