"""Plugins to try the host with: entry points that need no package, files in a folder, and a catalogue of mistakes."""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace

from sla_tracker import Department, DueRule, EventType, InWorkdays, Obligation, OnEvent, Text, hookimpl
from sla_tracker.domain.agreements.obligation import Trigger
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.loading import load_plugins
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

CLOCKS_CHECKLIST = """
[[department]]
id = "laboratory"
name = "检验科"

[[department]]
id = "ward"
name = "病房"

[[department]]
id = "critical-care"
name = "重症"

[[event_type]]
id = "paid"
title = "付款"
subject = "合同"
fields = [{ id = "amount", kind = "number", label = "金额" }, { id = "on", kind = "date", label = "日期" }]

[[obligation]]
id = "turns"
title = "期次"
consumer = "ward"
valid_from = "2026-01-01"
valid_until = "2027-12-31"

[[obligation.recurring]]
id = "closing"
due = { day = -1, offset = -2, at = "15:00", zone = "consumer" }
valid_until = "2026-12-31"
about = "next"

[[obligation.recurring]]
id = "closing"
due = { nth_workday = -3, at = "15:00", zone = "Europe/Berlin" }
valid_from = "2027-01-01"

[[obligation.recurring]]
due = { every_workday = true, except = ["2026-11-26"], moved = { "2026-11-25" = "2026-11-24" } }
about = "turn"

[[obligation.recurring]]
due = { on = ["2026-11-20", "2026-12-04"], roll = "following" }

[[obligation]]
id = "check"
title = "复核"
consumer = "ward"

[[obligation.on_event]]
type = "paid"
due = { hours = 24 }
condition = { field = "amount", at_least = 100000, less_than = 200000, asked_by = "ward" }

[[obligation.on_event]]
type = "paid"
due = { minutes = -90 }
condition = { field = "on", between = ["2026-01-01", 2026-12-31] }

[[obligation]]
id = "result"
title = "结果"
consumer = ["ward", "critical-care"]

[obligation.on_request]
due = { hours = 2 }
answer = { minutes = 30 }
condition = { asked_by = ["ward", "critical-care"] }
limits = { field = "consumer", critical-care = { due = { minutes = 15 }, answer = { minutes = 5 } } }
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

[[obligation]]
id = "time-records"
title = "工时"
provider = "sales"
consumer = "personnel"
recurring = { due = { after = "bank", of = "due", workdays = -3, at = "17:00" } }

[[obligation]]
id = "bank"
title = "发薪"
provider = "personnel"
consumer = "sales"
recurring = { due = { day = 25 } }

[[obligation]]
id = "slip"
title = "工资条"
provider = "personnel"
consumer = "sales"
recurring = { due = { after = "bank", of = "delivery", working_hours = 4 } }
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
