"""Setting up channels: secrets, options, plugins' kinds; one that is wrong costs itself only."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest

from sla_tracker.domain.reminders.policy import Reach
from sla_tracker.errors import ConfigError
from sla_tracker.notify import apprise as plugin
from sla_tracker.notify.channels import make_channels
from sla_tracker.notify.desktop import Desktop
from sla_tracker.notify.secrets import Secret, read_secret, without
from sla_tracker.services.reminders.messages import SENT, Channels, ChannelSettings, Result
from sla_tracker.testing.channels import Postbox, a_channel
from tests.notify.letters import a_letter

MAIL = {"host": "localhost", "sender": "sla@example.com", "security": "none"}


def made(
    options: Mapping[str, Mapping[str, object]], makers: Mapping[str, object] | None = None, **environ: str
) -> Channels:
    settings = [
        ChannelSettings(terms=a_channel(kind, Reach.GROUP), options={**given, "name": kind})
        for kind, given in options.items()
    ]
    return make_channels(settings, environ=environ, person="wang.fang", makers=makers)  # type: ignore[arg-type]


def test_every_kind_can_be_set_up() -> None:
    url = {"url_from": "env:URL"}
    channels = made(
        {"mail": MAIL, "wecom": url, "dingtalk": url, "feishu": url, "webhook": url, "terminal": {}},
        URL="https://example.com/hook",
    )
    assert channels.broken == {}
    assert list(channels.working) == ["mail", "wecom", "dingtalk", "feishu", "webhook"]


def test_one_that_is_wrong_costs_itself_only() -> None:
    channels = made({"wecom": {"url_from": "env:NOT_SET"}, "mail": MAIL, "pager": {}})
    assert list(channels.working) == ["mail"]
    assert [problem.sentence() for problem in channels.broken.values()] == [
        "The channel wecom, url_from: The secret env:NOT_SET is empty or not set.",
        (
            "The channel pager is of the kind pager, which does not exist here; "
            "there are mail, wecom, dingtalk, feishu, webhook, desktop."
        ),
    ]


def test_a_plugins_kind_is_made_by_the_plugin() -> None:
    box = Postbox()
    assert made({"pager": {}}, {"pager": lambda options: box}).working == {"pager": box}


@pytest.mark.parametrize("maker", [lambda options: 1 / 0, lambda options: "no notifier", lambda: None])
def test_a_plugin_that_makes_nothing_useful_is_named(maker: object) -> None:
    channels = made({"pager": {}, "mail": MAIL}, {"pager": maker})
    assert list(channels.working) == ["mail"]
    assert "The channel pager of the kind pager could not be set up" in channels.broken["pager"].sentence()


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret("hush-hush")
    assert "hush" not in f"{secret} {secret!r} {[secret]}"
    assert (bool(secret), secret.reveal()) == (True, "hush-hush")
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)


def test_other_programs_words_are_told_without_our_secrets() -> None:
    assert without("key hush-hush is wrong, no", Secret("hush-hush"), Secret("no")) == "key ••• is wrong, no"


def test_a_secret_file_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "mail.secret"
    file.write_text("hush-hush\n", encoding="utf-8")
    file.chmod(0o600)
    assert read_secret(f"file:{file}", {}).reveal() == "hush-hush"
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="readable by nobody else"):
        read_secret(f"file:{file}", {})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is empty or not set"), (b"\xff\xfe\x00", "is no text"), (b"  \n", "is empty or not set")],
)
def test_a_secret_file_without_a_secret_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(ConfigError, match=sentence):
        read_secret(f"file:{file}", {})


def test_a_secret_is_never_read_from_something_else_than_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)
    for place in (tmp_path / "folder", tmp_path / "missing"):
        with pytest.raises(ConfigError):
            read_secret(f"file:{place}", {})
    with pytest.raises(ConfigError, match="does not stand in the settings"):
        read_secret("hush-hush", {})


# --- desktop ----------------------------------------------------------------------------------------------------------


def a_program(folder: Path, script: str) -> str:
    program = folder / "notify-send"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def test_a_note_is_given_to_the_program_word_by_word(tmp_path: Path) -> None:
    program = a_program(tmp_path, f'printf "%s|" "$@" > {tmp_path}/said')
    hostile = "$(touch pwned); `id`; --help <b>&"
    outcome = Desktop(program, "wang.fang", 5).send(a_letter(subject=hostile, text=hostile))
    assert outcome == SENT
    assert (tmp_path / "said").read_text(encoding="utf-8") == (
        "--app-name=sla|--|$(touch pwned); `id`; --help <b>&|$(touch pwned); `id`; --help &lt;b&gt;&amp;|"
    )


@pytest.mark.parametrize("script", ["exit 1", "sleep 5"])
def test_where_no_desktop_runs_the_note_has_failed(tmp_path: Path, script: str) -> None:
    assert Desktop(a_program(tmp_path, script), "wang.fang", 0.2).send(a_letter()).result is Result.FAILED


def test_the_desktop_reaches_only_who_sits_there(tmp_path: Path) -> None:
    desktop = Desktop("/nowhere/notify-send", "wang.fang", 1)
    assert (desktop.serves("wang.fang"), desktop.serves("li.na")) == (True, False)
    assert desktop.send(a_letter()).result is Result.FAILED


def test_macos_is_told_without_a_shell_too() -> None:
    command = Desktop("/usr/bin/osascript", "wang.fang", 1).command(a_letter(subject='x" & quit'))
    assert command[-2:] == ['x" & quit', a_letter().text]


def test_a_system_without_the_program_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    assert "notify-send" in made({"desktop": {}}).broken["desktop"].sentence()


# --- apprise ----------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Apprise about itself
def test_apprise_is_a_kind_that_a_plugin_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    makers = plugin.sla_register_notifiers()
    monkeypatch.setenv("SLA_TEST_URL", "json://127.0.0.1:1/")
    assert list(made({"apprise": {"url_from": "env:SLA_TEST_URL"}}, makers).working) == ["apprise"]
    monkeypatch.setenv("SLA_TEST_URL", "nonsense")
    broken = made({"apprise": {"url_from": "env:SLA_TEST_URL"}}, makers).broken
    assert "does not know the kind of address" in broken["apprise"].sentence()


@pytest.mark.parametrize(
    ("status", "result"), [(True, Result.SENT), (False, Result.FAILED), (None, Result.FAILED)]
)
def test_apprise_is_asked_whether_it_worked(status: object, result: Result) -> None:
    class Answer:
        def __init__(self) -> None:
            self.status = status

        def __bool__(self) -> bool:
            return True

    class Sender:
        def notify(self, body: str, title: str) -> Answer:
            return Answer()

    channel = plugin.AppriseChannel("apprise", Sender())
    assert channel.send(a_letter()).result is result
    assert (channel.recognises, channel.serves("@sales")) == (False, True)
