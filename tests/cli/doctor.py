"""`sla doctor` on a dealer's trial: exit code, text, and what it found wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService

NOW = "2026-11-20T18:30:00+08:00"


def sla(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run a command in English; return its exit code and text."""
    outcome = CliRunner().invoke(
        build(DeploymentService()),
        ["--deployment", str(folder), *words],
        env={"SLA_NOW": NOW, "SLA_LANG": "en", "SLA_DATABASE_URL": "", **(env or {})},
    )
    return outcome.exit_code, outcome.stdout


def wrong(said: str) -> list[str]:
    """Return what was found wrong: what it is about."""
    return [
        line.removeprefix("wrong  ").partition(":")[0]
        for line in said.splitlines()
        if line.startswith("wrong")
    ]


def an_empty_dealership(folder: Path) -> Path:
    """Make a dealer's trial in which nothing has happened."""
    assert sla(folder, "init", "--trial", str(folder), "--config", "dealership")[0] == 0
    return folder
