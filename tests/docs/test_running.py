"""What docs/running.md promises about a new deployment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SLA = str(Path(sys.executable).parent / "sla")
NOW = "2026-11-20T17:30:00+08:00"


def sla(*words: str, code: int = 0, **environ: str) -> str:
    outcome = subprocess.run(
        [SLA, *words],
        env={**os.environ, "SLA_LANG": "en", **environ},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert outcome.returncode == code, outcome.stdout + outcome.stderr
    return outcome.stdout + outcome.stderr


def test_init_writes_the_day_it_runs(tmp_path: Path) -> None:
    sla("init", str(tmp_path / "company"), "--config", "dealership", SLA_NOW=NOW)
    settings = (tmp_path / "company" / "sla_tracker.toml").read_text(encoding="utf-8")
    assert f"in_force_from = {today_of_the_machine()}" in settings


def today_of_the_machine() -> str:
    """A real deployment goes by the machine's clock, whatever SLA_NOW says."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
