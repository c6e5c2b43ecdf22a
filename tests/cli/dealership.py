"""The whole command line on a dealer's trial with an embedded store, at a fixed time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner, Result

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService

NOW = "2026-11-20T18:30:00+08:00"


def sla(
    folder: Path, *words: str, code: int = 0, env: Mapping[str, str] | None = None, typed: str = ""
) -> Result:
    """Run a command in English and compare its exit code."""
    outcome = CliRunner().invoke(
        build(DeploymentService()),
        ["--deployment", str(folder), *words],
        env={"SLA_NOW": NOW, "SLA_LANG": "en", **(env or {})},
        input=typed,
    )
    assert outcome.exit_code == code, f"{outcome.exit_code}: {outcome.output}"
    return outcome


def an_event(folder: Path, subject: str) -> None:
    """Register a delivery of the day before."""
    sla(folder, "event", "add", "vehicle-delivered", subject, "--at", "11-19 16:40", "-f", "cash=no")


def a_dealership(folder: Path) -> Path:
    """Make a dealer's trial with one event."""
    sla(folder, "init", "--trial", str(folder), "--config", "dealership", "--in-force-from", "2026-10-01")
    an_event(folder, "鄂F·12345")
    return folder
