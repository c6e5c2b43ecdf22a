"""Damaged checklists and Python plugins: only plugin errors that name the plugin and a reason, in bounded time.

1,000 checklists and 100 Python plugins by default; 20,000 and 1,000 in full.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.plugin_host.status import PluginStatus
from sla_tracker.services.deployment import PluginState
from tests.plugin_host.samples import (
    CLOCKS_CHECKLIST,
    GOOD,
    GOOD_CHECKLIST,
    GOOD_PYTHON,
    PARTIES_CHECKLIST,
    status,
)

PACKS = Path(__file__).resolve().parents[2] / "plugins"
CHECKLISTS = (
    GOOD_CHECKLIST,
    PARTIES_CHECKLIST,
    CLOCKS_CHECKLIST,
    (PACKS / "sla_dealership" / "hr.toml").read_text(encoding="utf-8"),
    (PACKS / "sla_month_end" / "plugin.toml").read_text(encoding="utf-8"),
)
LONGEST_SECONDS = 2.0

ODD_VALUES = (
    "nan",
    "-inf",
    "1e999",
    "99999999999999999999",
    "0x7f",
    "{}",
    "[]",
    "[[]]",
    "{ a = { b = [1, { c = 2 }] } }",
    '""',
    '"\\u202e"',
    '"[@click=app.quit]"',
    "2026-02-30",
    "1979-05-27T07:32:00Z",
    "25:00:00",
    "true",
    "{ workdays = -99999 }",
    '{ rrule = "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", start = "2026-01-01" }',
    '{ rrule = "FREQ=SECONDLY", start = "2026-01-01" }',
    "{ day = 0 }",
    "{ nth_workday = 99 }",
    "{ weekdays = [] }",
    "{ every_workday = false }",
    "{ on = [] }",
    '{ on = ["2026-02-30"] }',
    "{ hours = 1e400 }",
    "{ minutes = nan }",
    '{ day = -32, offset = 99, zone = "../../etc/passwd", at = "12:00" }',
    "{ day = 5, moved = { x = 1 }, except = [{}] }",
    '{ field = "consumer" }',
    '{ field = "amount", at_least = nan }',
    "[nan, inf]",
    "0001-01-01",
    "9999-12-31",
    '{ after = "attendance", of = "delivery", minutes = 99999999 }',
    '{ obligation = "attendance", turn = "latest" }',
    '["*", "sales"]',
    "{ working_minutes = 0.5 }",
)
PYTHON = (
    GOOD_PYTHON,
    """
from sla_tracker import *

@hookimpl
def sla_register_event_types():
    yield EventType(id="e", title=Text("甲", "E"), subject=Text("乙", "S"))

@hookimpl
def sla_register_obligations():
    return [Obligation(id="o", title=Text("甲", "O"), provider="finance", consumer="finance",
        triggers=(OnEvent(event_type="e", due=InWorkdays(workdays=1)),))]

@hookimpl
def sla_review_delivery(duty, evidence):
    return [] if evidence else ["no"]
""",
)
ODD_NAMES = (
    "None", "0", "-1", "()", "[]", "{}", "object()", "...", "1/0", "'\\x1b'", "float('nan')", "b''", "print",
    "hookimpl", "Text", "sla_tracker", "lambda: 0", "Text('', '')", "InDays(days=10**9)", "exit()", "(yield)",
    "[[]] * 99", "type('D', (), {})()", "iter([1])",
)  # fmt: skip


def damaged_lines(chance: random.Random, text: str) -> str:
    """Drop, repeat, swap or cut lines."""
    lines = text.splitlines()
    for _ in range(chance.randint(1, 4)):
        here, there = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                lines[here] = ""
            case 1:
                lines.insert(there, lines[here])
            case 2:
                lines[here], lines[there] = lines[there], lines[here]
            case _:
                lines[here] = lines[here][: chance.randint(0, len(lines[here]))]
    return "\n".join(lines)


def odd_values(chance: random.Random, text: str) -> str:
    """Put a value where it does not belong."""
    lines = text.splitlines()
    places = [index for index, line in enumerate(lines) if " = " in line]
    for _ in range(chance.randint(1, 3)):
        index = chance.choice(places)
        lines[index] = f"{lines[index].partition(' = ')[0]} = {chance.choice(ODD_VALUES)}"
    return "\n".join(lines)


def misspelt(chance: random.Random, text: str) -> str:
    """Change single letters anywhere."""
    letters = list(text)
    for _ in range(chance.randint(1, 6)):
        letters[chance.randrange(len(letters))] = chance.choice("\0\t\x1b \"'[]{}=.,#ax0é中\u202e\ud7ff😀")
    return "".join(letters)


def cut(chance: random.Random, text: str) -> str:
    """Stop somewhere, as an editor that crashed."""
    return text[: chance.randrange(len(text))]


DAMAGE: tuple[Callable[[random.Random, str], str], ...] = (damaged_lines, odd_values, misspelt, cut)


def loaded(path: Path) -> tuple[PluginHost, PluginStatus, float]:
    started = time.process_time()
    host = load_plugins(offered=(), given={"good": GOOD, path.stem: path})
    return host, status(host, path.stem), time.process_time() - started


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    path.chmod(0o644)
    return path


def must_be_harmless(host: PluginHost, found: PluginStatus, seconds: float, source: object) -> None:
    assert status(host, "good").state is PluginState.ACTIVE, source
    assert "papers" in host.catalogue.obligations, source
    assert seconds < LONGEST_SECONDS, source
    if found.state is not PluginState.ACTIVE:
        assert found.reason, source
        assert found.name in found.reason + found.place, source
    assert not any(ord(char) < 32 and char != "\n" for char in found.reason), found.reason


def test_damaged_checklists_harm_nobody(tmp_path: Path, effort: Callable[[int, int], int]) -> None:
    chance = random.Random(20261120)
    states: dict[PluginState, int] = dict.fromkeys(PluginState, 0)
    for number in range(effort(1_000, 20_000)):
        text = chance.choice(DAMAGE)(chance, chance.choice(CHECKLISTS))
        path = written(tmp_path, "damaged.toml", text.encode("utf-8", "surrogatepass"))
        host, found, seconds = loaded(path)
        must_be_harmless(host, found, seconds, f"number {number}:\n{text}")
        # A traceback would mean that an exception of ours was taken for the checklist's fault.
        assert found.traceback == "", f"{found.traceback}\nnumber {number}:\n{text}"
        states[found.state] += 1
    assert states[PluginState.QUARANTINED] > states[PluginState.ACTIVE] > 0


def test_random_bytes_harm_nobody(tmp_path: Path, effort: Callable[[int, int], int]) -> None:
    chance = random.Random(20261121)
    for number in range(effort(100, 2_000)):
        path = written(tmp_path, "damaged.toml", chance.randbytes(chance.randint(0, 300)))
        host, found, seconds = loaded(path)
        must_be_harmless(host, found, seconds, number)
        assert found.traceback == ""


def damaged_python(chance: random.Random) -> str:
    text = chance.choice(PYTHON)
    if chance.random() < 0.3:
        return chance.choice((damaged_lines, cut))(chance, text)
    words = text.split(" ")
    for _ in range(chance.randint(1, 3)):
        words[chance.randrange(len(words))] = chance.choice(ODD_NAMES)
    text = " ".join(words)
    return (
        text.replace("return [", f"return [{chance.choice(ODD_NAMES)}, ") if chance.random() < 0.5 else text
    )


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::RuntimeWarning")
def test_broken_python_harms_nobody(tmp_path: Path, effort: Callable[[int, int], int]) -> None:
    chance = random.Random(20261122)
    quarantined = 0
    for number in range(effort(100, 1_000)):
        text = damaged_python(chance)
        host, found, seconds = loaded(written(tmp_path, "broken.py", text.encode()))
        must_be_harmless(host, found, seconds, f"number {number}:\n{text}")
        quarantined += found.state is PluginState.QUARANTINED
    assert quarantined > 50
