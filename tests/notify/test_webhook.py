"""The webhook: what is posted, how it is signed, what an answer means."""

from __future__ import annotations

import hashlib
import hmac
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from sla_tracker.i18n import gettext
from sla_tracker.notify.options import Options
from sla_tracker.notify.webhook import Webhook, webhook
from sla_tracker.services.reminders.messages import SENT, Result
from tests.notify.letters import a_letter
from tests.notify.servers import Answering, a_web_server


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with a_web_server(Answering(status=204, body=b"")) as server:
        yield server


def a_webhook(url: str, **table: object) -> Webhook:
    given: dict[str, object] = {"url_from": "env:URL", "secret_from": "env:SECRET", "timeout_seconds": 5}
    return webhook(Options("webhook", given | table, {"URL": url, "SECRET": "hush-hush"}))


def test_a_letter_is_posted_with_its_key_and_a_signature(answering: Answering) -> None:
    assert a_webhook(answering.url).send(a_letter()) == SENT
    (call,) = answering.calls
    stamp = call.headers["X-SLA-Timestamp"]
    signed = hmac.new(b"hush-hush", stamp.encode() + b"." + call.body, hashlib.sha256).hexdigest()
    assert call.headers["X-SLA-Signature"] == f"sha256={signed}"
    assert call.headers["Idempotency-Key"] == a_letter().key
    assert call.table == {
        "version": 1,
        "key": a_letter().key,
        "at": "2026-11-20T01:00:00Z",
        "recipient": "wang.fang",
        "address": "wang.fang@example.com",
        "subject": a_letter().subject,
        "text": a_letter().text,
        "repeat": False,
        "duties": [
            {
                "duty": "01932f00-0000-7000-8000-000000abcdef",
                "reference": "abcdef",
                "title": "装饰单",
                "subject": "鄂F·12345",
                "provider": "sales",
                "consumer": "finance",
                "due_at": "2026-11-20T01:00:00Z",
                "anchor": "due",
                "level": "assignee",
                "news": "",
            }
        ],
    }


def test_without_a_secret_nothing_is_signed(answering: Answering) -> None:
    a_webhook(answering.url, secret_from="").send(a_letter())
    assert "X-SLA-Signature" not in answering.calls[0].headers


@pytest.mark.parametrize(
    "body", [b"", b"ok", b"{}", b'{"code":0}', b'{"code":200}', b'{"errcode":"0"}', b"[1]"]
)
def test_an_answer_without_an_error_code_is_a_success(body: bytes, answering: Answering) -> None:
    answering.status, answering.body = 200, body
    assert a_webhook(answering.url).send(a_letter()) == SENT


@pytest.mark.parametrize(
    "body", [b'{"code":17}', b'{"errcode":-1}', b'{"StatusCode":"E7"}', b'{"code":null}']
)
def test_an_error_code_inside_a_success_is_a_failure(body: bytes, answering: Answering) -> None:
    answering.status, answering.body = 200, body
    assert a_webhook(answering.url).send(a_letter()).result is Result.FAILED


def test_a_receiver_may_promise_to_recognise_repeats(answering: Answering) -> None:
    assert not a_webhook(answering.url).recognises
    assert a_webhook(answering.url, recognises_repeats=True).recognises


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"])
def test_an_answer_that_comes_a_byte_at_a_time_is_given_up(
    head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have arrived, whether the status was there already or not."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(head)
            while True:
                connection.sendall(b"2")
                time.sleep(0.02)

    with listener, ThreadPoolExecutor() as threads:
        answering = threads.submit(answer)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        outcome = a_webhook(url, timeout_seconds=0.1).send(a_letter())
        answering.result()
    assert outcome.result is Result.UNKNOWN
    assert gettext(outcome.problem, **outcome.values) == (
        "127.0.0.1 is too slow: a message was given up after 0.6 s."
    )
    assert outcome.pause is not None
