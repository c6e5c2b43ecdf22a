"""A stranger to a duty asks for it in every way that there is, through the service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serve.host import ADMIN, LI, STRANGER, WANG, Host, a_host

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


def test_no_way_out_shows_a_duty_to_a_stranger(private_host: Host) -> None:
    opened = private_host.event(WANG, PLATE)["opened"]
    reference = next(one["reference"] for one in opened if one["obligation"] == "order-and-delivery-forms")
    secret = "a secret about the customer"
    private_host.call(WANG, "note", reference, secret)
    identity = next(one["id"] for one in opened if one["reference"] == reference)
    ways = (
        "due --json", "due --all --json", "due --until 2099-01-01 --json", f"show {reference}", f"why {reference}",
        f"show {identity} --json", f"subject {PLATE} --json", "log --last 0 --json", f"log --duty {reference}",
        "calendar --json",
        "calendar 2026-12 --json", "score --json", "score --by person --json", "report 2026-11", "requests --json",
        "remind --preview --json", "remind --outbox --json", "export -", "causes --json",
        f"deliver {reference}", f"accept {reference}", f"note {reference} x", f"take {reference}", "undo",
    )  # fmt: skip
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
