"""Sessions of browsers are written once, however many of them end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sla_tracker.serve.web.login import web_sessions
from sla_tracker.serve.web.login.web_sessions import WebSessions

MANY = 20


class Saving(WebSessions):
    """Counts how often everything is written."""

    saves = 0

    def save(self) -> None:
        self.saves += 1
        super().save()


@pytest.fixture
def now() -> list[float]:
    return [1e9]


@pytest.fixture
def sessions(tmp_path: Path, now: list[float]) -> Saving:
    made = made_of(tmp_path, now)
    for number in range(MANY):
        made.open(person=f"p{number % 2}", name="n", language="")
    made.saves = 0
    return made


def made_of(folder: Path, now: list[float]) -> Saving:
    return Saving(folder / "sessions", idle_seconds=60, seconds=600, clock=lambda: now[0])


def test_sessions_that_are_over_are_forgotten_with_one_write(
    sessions: Saving, tmp_path: Path, now: list[float]
) -> None:
    closed = list[None]()
    _, open_still = sessions.open(person="p", name="n", language="")
    sessions.saves = 0
    now[0] += 50
    sessions.touch(open_still)
    sessions.save()
    now[0] += 50
    assert made_of(tmp_path, now).saves == 1
    for session in sessions._sessions.values():
        session.closing.append(lambda: closed.append(None))
    sessions.saves = 0
    sessions.drop_old()
    assert (sessions.saves, len(sessions), len(closed)) == (1, 1, MANY)
    assert list(json.loads((tmp_path / "sessions").read_text())) == [open_still.key]
    sessions.drop_old()
    assert sessions.saves == 1


def test_logging_in_and_logging_out_everywhere_write_once(
    sessions: Saving, tmp_path: Path, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_sessions, "MOST_SESSIONS", MANY)
    id, _ = sessions.open(person="p2", name="n", language="")
    assert (sessions.saves, len(sessions)) == (1, MANY)
    sessions.end_all("p1")
    assert sessions.saves == 2
    assert {one["person"] for one in json.loads((tmp_path / "sessions").read_text()).values()} == {"p0", "p2"}
    now[0] += 100
    sessions.open(person="p3", name="n", language="")
    assert (sessions.saves, len(sessions), sessions.find(id)) == (3, 1, None)
