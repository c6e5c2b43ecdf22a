"""Sessions of browsers are written once, however many end, and nobody takes the places of others."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from sla_tracker.serve import wire
from sla_tracker.serve.processes import generation
from sla_tracker.serve.processes.generation import Generation
from sla_tracker.serve.processes.running import WEB, Running
from sla_tracker.serve.web.login import web_sessions
from sla_tracker.serve.web.login.web_sessions import MOST_OF_PERSON, WebSessions

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


def test_who_logs_in_again_and_again_ends_only_own_sessions(
    tmp_path: Path, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_sessions, "MOST_SESSIONS", MOST_OF_PERSON + 1)
    sessions = made_of(tmp_path, now)
    other, _ = sessions.open(person="li.na", name="n", language="")
    own = []
    for _login in range(MOST_OF_PERSON + 5):
        now[0] += 1
        own.append(sessions.open(person="wang.fang", name="n", language="")[0])
    assert sessions.find(other) is not None
    assert [sessions.find(id) is not None for id in own] == [False] * 5 + [True] * MOST_OF_PERSON


def test_a_person_opens_no_more_terminals_in_the_browser_than_a_login_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generation, "MOST_WEB_TERMINALS", 4)
    host = wire.Peer(pid=1, uid=1000)
    ours, theirs = socket.socketpair()
    with ours, theirs:

        def running(peer: wire.Peer, person: str = "", *, is_terminal: bool = True) -> Running:
            return Running(
                pid=1, peer=peer, connection=None, channel=ours, person=person, is_terminal=is_terminal
            )

        def has_enough(asking: Running, *there: Running) -> bool:
            made = object.__new__(Generation)
            made._running = dict(enumerate(there))
            made._opened = SimpleNamespace(limits=SimpleNamespace(terminals=2))  # type: ignore[assignment]
            return made._has_enough_terminals(asking)

        wang, zhou = running(WEB, "wang.fang"), running(WEB, "zhou.min")
        assert not has_enough(wang, wang)
        assert has_enough(wang, wang, wang, zhou)
        assert not has_enough(zhou, wang, wang, zhou)
        assert not has_enough(wang, wang, running(WEB, "wang.fang", is_terminal=False), running(host))
        assert has_enough(running(WEB, "li.na"), wang, wang, zhou, zhou), "all together"
        assert has_enough(running(host), running(host), running(host))
