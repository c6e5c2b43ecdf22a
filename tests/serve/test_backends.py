"""What people may do and what they are told is the same on both backends: two services, one over each."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta

import pytest

from sla_tracker.storage.postgres import apply_setup, verify
from tests.serve.host import STRANGER, Host, host_folder
from tests.serve.test_every_command import (
    ADMIN,
    FINANCE_HEAD,
    LOGINS,
    SALES_HEAD,
    Step,
    duties,
    events,
    lay_out,
    let_everybody_call,
    looking_again,
    named,
    shown,
    steps,
    words_of,
)
from tests.storage.postgres_server import running_server

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(1200)]
ROBOT = "robot"
Outcome = subprocess.CompletedProcess[str]
# What no two stores say alike: the one is backed up by commands, what is on disk is another thing.
OF_ONE_STORE = ("backup", "doctor", "plugin retry", "inbox")


@pytest.fixture(scope="module")
def two_stores() -> Iterator[tuple[Host, Host, str]]:
    """Yield a host with an embedded store and one with a store on a server, and that one's address."""
    with ExitStack() as stack:
        server = stack.enter_context(running_server())
        database = server.new_database()
        apply_setup(server.dsn(database), [ROBOT])
        embedded, on_server = hosts = [Host(stack.enter_context(host_folder())) for _ in range(2)]
        stack.callback(lambda: [host.stop() for host in hosts if host.service is not None])
        embedded.make()
        on_server.make()
        let_everybody_call(embedded)
        shutil.copy(embedded.settings, on_server.settings)
        on_server.keep_on_server(f"postgresql://{ROBOT}@/{database}?host={server.folder}&port={server.port}")
        for host in hosts:
            for login in LOGINS.values():
                home = host.root / "home" / login
                home.mkdir(mode=0o700, exist_ok=True)
                shutil.chown(home, login, login)
            host.start()
        yield embedded, on_server, server.dsn(database, ROBOT)


def on_both(hosts: Sequence[Host], login: str, words: Sequence[Sequence[str]]) -> list[Outcome]:
    """Return what a login is told by two services that it calls at the same time."""
    calls = []
    for host, typed in zip(hosts, words, strict=True):
        command, environ, home = host.call_words(login, *typed)
        pipe = subprocess.PIPE
        calls.append(
            subprocess.Popen(
                command, env=environ, cwd=home, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
            )
        )
    outcomes = []
    for call in calls:
        said, told = call.communicate()
        outcomes.append(subprocess.CompletedProcess((), call.returncode, said, told))
    return outcomes


def walk(today: date, *, whole: bool) -> Iterator[Step]:
    """Yield calls of several people: all of the long walk, or a sample."""
    if whole:
        yield from (step for step in steps(today) if not step.words.startswith(OF_ONE_STORE))
        return
    yield from (step for step in steps(today) if step.words.startswith("event add"))
    yield from events()
    yield from duties()
    yield from looking_again()


def test_everybody_has_the_same_rights(two_stores: tuple[Host, Host, str]) -> None:
    hosts = two_stores[:2]
    for login in (*LOGINS.values(), STRANGER):
        for words in (["access", "--json"], ["due", "--all"]):
            one, other = on_both(hosts, login, [words, words])
            assert shown(words[0], one) == shown(words[0], other)
            assert one.returncode == (5 if login == STRANGER else 0)


def test_people_are_told_the_same_sentences_and_figures(
    two_stores: tuple[Host, Host, str], effort: Callable[[bool, bool], bool]
) -> None:
    embedded, on_server, address = two_stores
    known: tuple[dict[str, str], dict[str, str]] = ({}, {})
    differing = []
    for step in walk(datetime.now(UTC).date(), whole=effort(False, True)):
        typed = [words_of(step, way) for way in known]
        for host in (embedded, on_server):
            lay_out(host.root / "home" / LOGINS[step.person], LOGINS[step.person])
        outcomes = on_both((embedded, on_server), LOGINS[step.person], typed)
        for way, outcome in zip(known, outcomes, strict=True):
            way.update(named(step.name, outcome.stdout) if step.name else {})
        one, other = (shown(step.words, outcome) for outcome in outcomes)
        if one != other:
            differing.append((step.words, one[0], other[0], *sorted(set(one[1]) ^ set(other[1]))))
    assert not differing, "\n".join(map(str, differing))
    assert verify(address) == []


def test_who_the_settings_name_for_closing_closes_months_on_both(two_stores: tuple[Host, Host, str]) -> None:
    hosts = two_stores[:2]
    today = datetime.now(UTC).date()
    month = (today.replace(day=1) - timedelta(days=40)).strftime("%Y-%m")
    close = ["period", "close", month, "--missed"]
    for person, code in ((SALES_HEAD, 5), (FINANCE_HEAD, 0), (ADMIN, 0)):
        words = ["period", "reopen", month, "--reason", "again"] if person == ADMIN else close
        one, other = on_both(hosts, LOGINS[person], [words, words])
        assert [one.returncode, other.returncode] == [code, code], (one, other)
        assert shown("period", one) == shown("period", other)
