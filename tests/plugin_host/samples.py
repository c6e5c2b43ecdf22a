"""Plugins to try the host with: entry points that need no package, files in a folder, and a catalogue of mistakes."""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace

from sla_tracker import Department, DueRule, EventType, InWorkdays, Obligation, OnEvent, Text, hookimpl
from sla_tracker.domain.agreements.obligation import Trigger
from sla_tracker.plugin_host.host import PluginHost, load_plugins
from sla_tracker.plugin_host.status import PluginStatus

GOOD_CHECKLIST = """
[department]
id = "yard"
name = "车场"

[[event_type]]
id = "car-arrived"
title = "来车"
subject = "车牌号"

[[obligation]]
id = "car-parked"
title = "停好"
consumer = "yard"
on_event = { type = "car-arrived", due = { working_hours = 1 } }
"""

PARTIES_CHECKLIST = """
[[department]]
id = "sales"
name = "销售部"

[[department]]
id = "service"
name = "售后部"

[[department]]
id = "personnel"
name = "人事处"

[[obligation]]
id = "attendance"
title = "考勤"
provider = "*"
except = ["service"]
consumer = "personnel"
accept_within = { working_hours = 4 }
recurring = { due = { day = 5 }, assumed = ["day"] }

[[obligation]]
id = "pay-list"
title = "工资表"
provider = ["sales", "service"]
consumer = "personnel"
depends_on = ["attendance", { obligation = "attendance", turn = "previous" }]
reminders = { steps = [{ percent = 80, to = "head" }] }
recurring = { due = { day = 15 } }
"""

GOOD_PYTHON = """
from sla_tracker import Department, Text, hookimpl

@hookimpl
def sla_register_departments():
    return [Department(id="workshop", name=Text("车间", "Workshop"))]
"""


class Offered(EntryPoint):
    """An entry point that loads an object instead of importing a module."""

    def __init__(self, name: str, load: Callable[[], object]) -> None:
        super().__init__(name, "builtins", "sla_tracker")
        vars(self)["loads"] = load

    def load(self) -> object:
        return vars(self)["loads"]()


def plugin(**hooks: Callable[..., object]) -> SimpleNamespace:
    """Return a plugin whose hooks are these functions."""
    return SimpleNamespace(**{name: hookimpl(function) for name, function in hooks.items()})


def declaring(*values: object) -> SimpleNamespace:
    """Return a plugin that declares these departments, event types and obligations."""

    def of(kind: type) -> Callable[[], list[object]]:
        return lambda: [value for value in values if isinstance(value, kind)]

    return plugin(
        sla_register_departments=of(Department),
        sla_register_event_types=of(EventType),
        sla_register_obligations=of(Obligation),
    )


def department(id: str = "finance") -> Department:
    return Department(id=id, name=Text("部门", "Department"))


def event_type(id: str = "car-sold", **more: object) -> EventType:
    return EventType(id=id, title=Text("卖车", "Car sold"), subject=Text("车", "Car"), **more)  # type: ignore[arg-type]


def on_sale(due: DueRule | None = None) -> OnEvent:
    return OnEvent(event_type="car-sold", due=due or InWorkdays(workdays=1))


def obligation(id: str = "papers", trigger: Trigger | None = None, **more: object) -> Obligation:
    terms: dict[str, object] = {"provider": "finance", "consumer": "finance"} | more
    return Obligation(
        id=id,
        title=Text("交单", "Papers"),
        triggers=(trigger or on_sale(),),
        **terms,  # type: ignore[arg-type]
    )


GOOD = declaring(department(), event_type(), obligation())


def hosted(folder: Path | None = None, python: tuple[str, ...] = (), **plugins: object) -> PluginHost:
    """Load these plugins as entry points, in this order, and a folder if there is one."""

    def offer(name: str, value: object) -> Offered:
        return Offered(name, value if callable(value) else lambda: value)

    points = [offer(name.replace("_", "-"), value) for name, value in plugins.items()]
    return load_plugins(
        enabled=[point.name for point in points], offered=points, folder=folder, python_allowed=python
    )


def status(host: PluginHost, name: str) -> PluginStatus:
    (found,) = [plugin for plugin in host.plugins if plugin.name == name]
    return found
