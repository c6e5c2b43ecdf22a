"""What is written for calendars is read by khal, todoman and vdirsyncer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sla_tracker.calendar_files.writer import as_ics
from sla_tracker.services.queries.list_content import DatedEntry, EntryEnd
from tests.requirements import go_without

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "in-your-calendar.md"
CONFIGS = {
    "khal": """
[calendars]
[[duties]]
path = {home}/.calendars/duties
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Asia/Shanghai
default_timezone = Asia/Shanghai
""",
    "todoman.py": 'path = "{home}/.calendars/*"\ndate_format = "%Y-%m-%d"\ntime_format = "%H:%M"\n',
}


class Reader:
    """A person's calendar programs, with their settings in one folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        if None in map(shutil.which, ("khal", "todoman", "vdirsyncer")):
            go_without("calendars")
        (home / ".calendars" / "duties").mkdir(parents=True)
        told = re.search(r"^```ini\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        assert told is not None
        (home / "vdirsyncer").write_text(told[1], encoding="utf-8")
        for name, text in CONFIGS.items():
            (home / name).write_text(text.format(home=home), encoding="utf-8")

    def run(self, program: str, *words: str) -> str:
        """Run a program with its settings, and return what it prints."""
        # The programs are Debian's, with Debian's own Python.
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environ |= {
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "TZ": "Asia/Shanghai",
            "PATH": "/usr/bin:/bin",
        }
        named = [program, "-c", str(self.home / program), *words]
        if program == "todoman":
            named = [program, "--config", str(self.home / "todoman.py"), *words]
        outcome = subprocess.run(named, env=environ, capture_output=True, text=True, check=False, timeout=60)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome.stdout

    def take(self, *entries: DatedEntry, todo: bool = False) -> None:
        """Write a calendar anew, as somebody does every morning, and let vdirsyncer take it."""
        (self.home / "duties.ics").write_bytes(as_ics("示范汽车", entries, AT, todo=todo))
        if not (self.home / ".local").exists():
            self.run("vdirsyncer", "discover")
        self.run("vdirsyncer", "sync")


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def entry(key: str, *, at: datetime = AT, sequence: int = 1, end: EntryEnd | None = None) -> DatedEntry:
    return DatedEntry(
        key=key,
        at=at,
        title=f"装饰单 鄂F·12345; {key}, 🚗",
        description="销售部 → 财务部\n二行",
        changed_at=AT + timedelta(minutes=sequence),
        sequence=sequence,
        end=end,
    )


def test_a_phone_shows_each_duty_once_and_follows_its_changes(reader: Reader) -> None:
    reader.take(entry("a"), entry("b"))
    shown = reader.run("khal", "list", "-f", "{start} {title} {description}", "2026-11-24", "10d")
    assert shown.count("装饰单") == 2
    assert "2026-11-24 18:00 装饰单 鄂F·12345; a, 🚗" in shown
    assert "二行" in shown

    reader.take(
        entry("a", at=AT + timedelta(days=1), sequence=2), entry("b", sequence=3, end=EntryEnd.COMPLETED)
    )
    shown = reader.run("khal", "list", "-f", "{start} {title} {status}", "2026-11-24", "10d")
    assert shown.count("装饰单") == 2
    assert "2026-11-25 18:00 装饰单 鄂F·12345; a" in shown
    assert "CANCELLED" in next(line for line in shown.splitlines() if "; b" in line)

    reader.take(entry("a", sequence=2))
    assert reader.run("khal", "list", "-f", "{title}", "2026-11-20", "10d").count("装饰单") == 1


def test_tasks_are_ticked_off_when_they_are_done(reader: Reader) -> None:
    reader.take(entry("a"), entry("b"), todo=True)
    assert reader.run("todoman", "list").count("装饰单") == 2
    reader.take(entry("a"), entry("b", sequence=2, end=EntryEnd.COMPLETED), todo=True)
    left = reader.run("todoman", "list")
    assert left.count("装饰单") == 1
    assert "; a" in left
    assert "2026-11-24" in left
