"""A stranger to a duty asks for it in every way that there is, through the service."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.serve.host import ADMIN, LI, SERVICE, STRANGER, WANG, Host, a_host

pytestmark = pytest.mark.timeout(300)

PLATE = "鄂F·99999"


@pytest.fixture(scope="module")
def private_host() -> Iterator[Host]:
    """Yield a host on which departments read their own duties, with a stranger of a third department."""
    with a_host(running=False) as host:
        host.change_settings("[serve]", '[access]\nreading = "own"\n\n[serve]')
        host.change_settings('id = "yang.jing"\n', f'id = "yang.jing"\nlogins = ["{STRANGER}"]\n')
        host.start()
        yield host


def ways_out(reference: str, identity: str) -> tuple[str, ...]:
    """Return commands that could show a duty, and those that could change it."""
    return (
        "due --json", "due --all --json", "due --until 2099-01-01 --json", f"show {reference}", f"why {reference}",
        f"show {identity} --json", f"subject {PLATE} --json", "log --last 0 --json", f"log --duty {reference}",
        "calendar --json",
        "calendar 2026-12 --json", "score --json", "score --by person --json", "report 2026-11", "requests --json",
        "remind --preview --json", "remind --outbox --json", "export -", "causes --json",
        f"deliver {reference}", f"accept {reference}", f"note {reference} x", f"take {reference}", "undo",
    )  # fmt: skip


def test_no_way_out_shows_a_duty_to_a_stranger(private_host: Host) -> None:
    opened = private_host.event(WANG, PLATE)["opened"]
    reference = next(one["reference"] for one in opened if one["obligation"] == "order-and-delivery-forms")
    secret = "a secret about the customer"
    private_host.call(WANG, "note", reference, secret)
    identity = next(one["id"] for one in opened if one["reference"] == reference)
    ways = ways_out(reference, identity)
    assert secret in private_host.call(LI, "show", reference).stdout
    assert secret in private_host.call(ADMIN, "show", reference).stdout
    for words in ways:
        outcome = private_host.call(STRANGER, *words.split(), code=None)
        told = outcome.stdout + outcome.stderr
        assert identity not in outcome.stdout, words
        assert secret not in told, words
        assert "Order and delivery" not in outcome.stdout or words.startswith("score"), words
    completed = private_host.call(
        STRANGER,
        code=None,
        variables={"_SLA_COMPLETE": "bash_complete", "COMP_WORDS": "sla show ", "COMP_CWORD": "2"},
    )
    assert reference not in completed.stdout


UNKNOWN = "mail"  # a login that the settings do not name


@pytest.fixture(scope="module")
def reading_host() -> Iterator[Host]:
    """Yield a host where unnamed logins read, departments see their own, and somebody has left."""
    with a_host(running=False) as host:
        host.change_settings("[serve]", '[access]\nreading = "own"\n\n[serve]\nunknown = "read"')
        host.change_settings(
            'id = "yang.jing"\n', f'id = "yang.jing"\nlogins = ["{STRANGER}"]\nleft_on = 2026-01-01\n'
        )
        for login in (UNKNOWN, SERVICE):
            home = host.root / "home" / login
            home.mkdir(mode=0o700)
            shutil.chown(home, login, login)
        host.start()
        yield host


@pytest.mark.parametrize("login", [UNKNOWN, STRANGER, "root", SERVICE])
def test_a_stranger_of_each_kind_sees_nothing_in_any_way(reading_host: Host, login: str) -> None:
    """Unnamed, left, root and the service's own login: who may come at all sees no duty of others."""
    opened = reading_host.event(WANG, PLATE)["opened"]
    duty = next(one for one in opened if one["obligation"] == "order-and-delivery-forms")
    reading_host.call(WANG, "note", duty["reference"], "a secret about the customer")
    for words in ways_out(duty["reference"], duty["id"]):
        outcome = reading_host.call(login, *words.split(), code=None)
        assert duty["id"] not in outcome.stdout, words
        assert "secret" not in outcome.stdout + outcome.stderr, words
        assert "Traceback" not in outcome.stderr, words
        if login in {"root", SERVICE}:
            assert (outcome.returncode, outcome.stdout) == (5, ""), words
    noted = reading_host.json(WANG, "show", duty["reference"])["duty"]
    assert noted["state"] == "open"
    assert noted["assignee"] in {None, ""}
