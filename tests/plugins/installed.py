"""The entry points as the project declares them, so that tests do not depend on how the package was installed."""

import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.loading import load_plugins

ROOT = Path(__file__).resolve().parents[2]
DEALERSHIP = (
    "dealership-finance",
    "dealership-loan",
    "dealership-service",
    "dealership-insurance",
    "dealership-sales",
    "dealership-hr",
)


def entry_points() -> tuple[EntryPoint, ...]:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    points = declared["project"]["entry-points"]["sla_tracker"]
    return tuple(EntryPoint(name, value, "sla_tracker") for name, value in points.items())


def host(*names: str) -> PluginHost:
    return load_plugins(enabled=names, offered=entry_points())
