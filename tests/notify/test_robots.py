"""WeCom, DingTalk and Feishu robots, against servers that answer as they do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from sla_tracker.errors import ConfigError
from sla_tracker.i18n import gettext
from sla_tracker.notify.channels import BUILT_IN
from sla_tracker.notify.options import Options
from sla_tracker.services.reminders.messages import SENT, Limited, Notifier, Outcome, Result
from tests.notify.letters import AT, a_letter
from tests.notify.servers import Answering, a_closed_port, a_web_server

ROBOTS = ("wecom", "dingtalk", "feishu")
OK = {
    "wecom": b'{"errcode":0,"errmsg":"ok"}',
    "dingtalk": b'{"errcode":0,"errmsg":"ok"}',
    "feishu": b'{"code":0,"msg":"success","data":{}}',
}
REFUSED = {
    "wecom": b'{"errcode":93000,"errmsg":"invalid webhook url, hint: [0123456789abcdef-secret]"}',
    "dingtalk": b'{"errcode":310000,"errmsg":"sign not match: hush-hush-secret"}',
    "feishu": b'{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}',
}
TOO_FAST = {
    "wecom": b'{"errcode":45009,"errmsg":"api freq out of limit"}',
    "dingtalk": b'{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}',
    "feishu": b'{"code":11232,"msg":"frequency limited psm[lark.oapi.app_platform]"}',
}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def answering() -> Iterator[Answering]:
    with a_web_server(Answering()) as server:
        yield server


def a_robot(kind: str, url: str, *, signed: bool = False, seconds: float = 5) -> Notifier:
    table: dict[str, object] = {"url_from": "env:URL", "timeout_seconds": seconds}
    if signed:
        table["secret_from"] = "env:SIGN"
    return BUILT_IN[kind](Options(kind, table, {"URL": url, "SIGN": "hush-hush-secret"}))


def said(outcome: Outcome) -> str:
    return gettext(outcome.problem, **outcome.values)


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_letter_arrives(kind: str, answering: Answering) -> None:
    answering.body = OK[kind]
    assert a_robot(kind, answering.url).send(a_letter()) == SENT
    (call,) = answering.calls
    assert "装饰单" in str(call.table)
    assert call.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("kind", ROBOTS)
def test_an_error_code_inside_http_200_is_a_failure_and_no_secret_is_told(
    kind: str, answering: Answering
) -> None:
    answering.body = REFUSED[kind]
    outcome = a_robot(kind, answering.url, signed=kind != "wecom").send(a_letter())
    assert outcome.result is Result.FAILED
    assert said(outcome).startswith("127.0.0.1 refused the message: ")
    assert "secret" not in said(outcome)


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_robot_that_is_asked_too_fast_wants_a_pause(kind: str, answering: Answering) -> None:
    answering.body = TOO_FAST[kind]
    outcome = a_robot(kind, answering.url).send(a_letter())
    assert (outcome.result, outcome.pause) == (Result.DEFERRED, timedelta(seconds=61))


@pytest.mark.parametrize("kind", ROBOTS)
@pytest.mark.parametrize(
    "body", [b"<html>Please log in</html>", b"{}", b"[0]", b"", b'{"errcode":null}', b'{"code":false}']
)
def test_an_answer_that_says_nothing_leaves_it_unknown(kind: str, body: bytes, answering: Answering) -> None:
    answering.body = body
    assert a_robot(kind, answering.url).send(a_letter()).result is Result.UNKNOWN


def test_the_older_feishu_answer_is_understood(answering: Answering) -> None:
    robot = a_robot("feishu", answering.url)
    answering.body = b'{"Extra":null,"StatusCode":0,"StatusMessage":"success"}'
    assert robot.send(a_letter()) == SENT
    answering.body = b'{"StatusCode":9499,"StatusMessage":"Bad Request"}'
    assert said(robot.send(a_letter())) == "127.0.0.1 refused the message: 9499 Bad Request"


def hang_up(server: Answering) -> None:
    server.hang_up = True


def answer_slowly(server: Answering) -> None:
    server.before = lambda: time.sleep(0.5)


def bad_gateway(server: Answering) -> None:
    server.status = 502


def refuse(server: Answering) -> None:
    server.status = 403


def move(server: Answering) -> None:
    server.status, server.headers = 302, {"Location": "http://127.0.0.1:1/elsewhere"}


@pytest.mark.parametrize(
    ("trouble", "result"),
    [
        (hang_up, Result.UNKNOWN),
        (answer_slowly, Result.UNKNOWN),
        (bad_gateway, Result.UNKNOWN),
        (refuse, Result.FAILED),
        (move, Result.FAILED),
    ],
)
def test_trouble_on_the_way_is_told_as_it_is(
    trouble: Callable[[Answering], None], result: Result, answering: Answering
) -> None:
    trouble(answering)
    outcome = a_robot("wecom", answering.url, seconds=0.2).send(a_letter())
    assert outcome.result is result
    assert "127.0.0.1" in said(outcome)
    assert "secret" not in said(outcome)
    assert len(answering.calls) == 1


def test_http_429_says_how_long_to_wait(answering: Answering) -> None:
    answering.status, answering.headers = 429, {"Retry-After": "120"}
    assert a_robot("wecom", answering.url).send(a_letter()).pause == timedelta(minutes=2)
    answering.headers = {"Retry-After": "Fri, 20 Nov 2026 08:00:00 GMT"}
    assert a_robot("wecom", answering.url).send(a_letter()).pause == timedelta(minutes=1)
    answering.headers = {"Retry-After": "99999999"}
    assert a_robot("wecom", answering.url).send(a_letter()).pause == timedelta(hours=6)


def test_a_server_that_is_not_there_certainly_took_nothing() -> None:
    outcome = a_robot("wecom", f"http://127.0.0.1:{a_closed_port()}/").send(a_letter())
    assert (outcome.result, outcome.pause) == (Result.FAILED, timedelta(minutes=1))
    assert said(outcome) == "127.0.0.1 cannot be reached (ConnectionRefusedError)."


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_wecom_mentions_by_user_id_and_keeps_its_limit(answering: Answering) -> None:
    a_robot("wecom", answering.url).send(a_letter(text="装" * 3000, mentions=("wangfang",)))
    text = answering.calls[0].table["text"]
    assert text["mentioned_list"] == ["wangfang"]
    assert len(text["content"].encode()) <= 2048
    assert text["content"].endswith("装…")


def test_dingtalk_signs_its_address_and_mentions_by_number_or_id(answering: Answering) -> None:
    robot = a_robot("dingtalk", answering.url, signed=True)
    robot.send(a_letter(mentions=("13900000000", "manager01")))
    call = answering.calls[0]
    query = parse_qs(urlsplit(call.path).query)
    stamp = str(round(AT.timestamp() * 1000))
    digest = hmac.new(b"hush-hush-secret", f"{stamp}\nhush-hush-secret".encode(), hashlib.sha256).digest()
    assert query["timestamp"] == [stamp]
    assert query["sign"] == [base64.b64encode(digest).decode()]
    assert call.table["at"] == {"atMobiles": ["13900000000"], "atUserIds": ["manager01"], "isAtAll": False}
    assert call.table["text"]["content"].endswith(" @13900000000 @manager01")


def test_feishu_signs_its_message_and_lets_nobody_else_mention(answering: Answering) -> None:
    answering.body = OK["feishu"]
    robot = a_robot("feishu", answering.url, signed=True)
    robot.send(a_letter(text='<at user_id="all"></at>', mentions=("ou_1", 'x"><b')))
    table = answering.calls[0].table
    stamp = str(round(AT.timestamp()))
    digest = hmac.new(f"{stamp}\nhush-hush-secret".encode(), b"", hashlib.sha256).digest()
    assert (table["timestamp"], table["sign"]) == (stamp, base64.b64encode(digest).decode())
    assert table["content"]["text"] == '＜at user_id="all">＜/at> <at user_id="ou_1"></at>'


@pytest.mark.parametrize(("kind", "most_bytes"), [("wecom", 2048), ("dingtalk", 18_000), ("feishu", 18_000)])
def test_a_text_of_the_greatest_size_arrives_whole(kind: str, most_bytes: int, answering: Answering) -> None:
    answering.body = OK[kind]
    robot = a_robot(kind, answering.url)
    assert isinstance(robot, Limited)
    assert robot.most_bytes == most_bytes
    text = ""
    while robot.size_of(text + "装<\n") <= most_bytes:
        text += "装<\n"
    assert robot.send(a_letter(text=text)) == SENT
    assert text.replace("<", "＜" if kind == "feishu" else "<") in str(
        answering.calls[0].table.get("text", answering.calls[0].table.get("content"))
    ).replace("\\n", "\n")


@pytest.mark.parametrize("kind", ROBOTS)
def test_robots_reach_groups_only_and_cannot_tell_a_repeat(kind: str) -> None:
    robot = a_robot(kind, "http://127.0.0.1:1/")
    assert (robot.serves("@sales"), robot.serves("wang.fang"), robot.recognises) == (True, False, False)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "The channel wecom, url_from: The secret env:URL is empty or not set."),
        ("ftp://x/", "The channel wecom: the address that url_from names is no web address."),
        ("http://[", "The channel wecom: the address that url_from names is no web address."),
        (
            "http://example.com/",
            "The channel wecom: the address that url_from names must begin with https://.",
        ),
    ],
)
def test_a_wrong_address_is_explained_without_showing_it(url: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        a_robot("wecom", url)
    assert caught.value.sentence() == sentence


def test_an_answer_without_end_is_not_read_to_the_end(answering: Answering) -> None:
    answering.body = b'{"errcode":0,"x":"' + b"x" * 200_000 + b'"}'
    assert a_robot("wecom", answering.url).send(a_letter()).result is Result.UNKNOWN
