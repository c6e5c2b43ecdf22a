"""`sla remind`: once, ahead, what waits, for ever, and the service that does so."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.domain.reminders.policy import Policies
from sla_tracker.errors import ConfigError, ExitCode
from sla_tracker.services.reminders.messages import Channels, failed
from sla_tracker.testing.channels import Postbox, a_channel, some_channels
from sla_tracker.testing.company import PEOPLE, a_context, a_duty, set_clock
from tests.cli.runner import Line, TestDeployments
from tests.services.reminded import keep


@pytest.fixture
def box() -> Postbox:
    return Postbox()


@pytest.fixture
def deployments(tmp_path: Path, box: Postbox) -> TestDeployments:
    (tmp_path / CONFIG_FILE).write_text("", encoding="utf-8")
    people = tuple(replace(person, addresses={"mail": f"{person.id}@example.com"}) for person in PEOPLE)
    policies = Policies(channels=some_channels(a_channel()), usual_channels=("mail",))
    context = a_context(trial=True, obligations=(), people=people, reminders=policies)
    keep(context, a_duty(assignee="wang.fang", subject="鄂F·12345"))
    return TestDeployments(folder=tmp_path, context=context, outlets=Channels(working={"mail": box}))


@pytest.fixture
def line(deployments: TestDeployments) -> Line:
    return Line(deployments)


def test_what_is_due_is_sent_once(line: Line, box: Postbox) -> None:
    assert line.say("remind") == "2 reminders sent\n"
    assert sorted(letter.recipient for letter in box.letters) == ["li.na", "wang.fang"]
    quiet = line.run("remind")
    assert (quiet.stdout, quiet.stderr) == ("", "")  # or cron would send a mail every five minutes


def test_a_script_learns_what_became_of_it(line: Line, deployments: TestDeployments) -> None:
    away = Postbox(lambda letter: failed("{host} is away.", host="mail.example"))
    deployments.outlets = Channels(working={"mail": away})
    assert line.run("remind", code=ExitCode.FAILED).stdout == "0 reminders sent, 2 failed\n"
    set_clock(deployments.context, deployments.context.now() + timedelta(minutes=1))
    deployments.outlets = Channels(working={"mail": Postbox()})
    assert line.json("remind")["reminders"]["sent"] == 2


def test_a_channel_that_does_not_work_is_named_and_the_others_send(
    line: Line, deployments: TestDeployments
) -> None:
    deployments.outlets = Channels(
        working=deployments.outlets.working,
        broken={"wecom": ConfigError("The channel wecom has no address.")},
    )
    result = line.run("remind", code=ExitCode.FAILED)
    assert result.stdout == "2 reminders sent\n"
    assert "The channel wecom has no address." in result.stderr


def test_the_preview_says_what_to_whom_and_why(line: Line) -> None:
    result = line.run("remind", "--preview", "--days", "5")
    assert [
        word for word in ("王芳", "mail", "Decoration sheet", "鄂F·12345") if word not in result.stdout
    ] == []
    assert "every workday at 09:00 while overdue, at most 5 times, to whoever has it" in result.stdout
    assert result.stderr == "4 reminders until 2026-11-25, if nothing happens.\n"
    rows = line.json("remind", "--preview", "--days", "5")["reminders"]
    assert [(row["at"], row["recipient"], row["step"]) for row in rows] == [
        ("2026-11-23T01:00:00Z", "wang.fang", "overdue"),
        ("2026-11-24T01:00:00Z", "sun.hua", "overdue-consumer-head"),
        ("2026-11-24T01:00:00Z", "wang.fang", "overdue"),
        ("2026-11-25T01:00:00Z", "wang.fang", "overdue"),
    ]


@pytest.mark.parametrize("days", ["0", "-1", "401"])
def test_a_preview_has_its_limits(line: Line, days: str) -> None:
    assert "--days takes a number from 1 to 400." in line.say(
        "remind", "--preview", f"--days={days}", code=ExitCode.USAGE
    )


def test_days_go_with_the_preview_only(line: Line) -> None:
    assert "--days says how far --preview looks ahead" in line.say(
        "remind", "--days", "3", code=ExitCode.USAGE
    )


def test_the_outbox_says_what_waits_and_why(line: Line, deployments: TestDeployments) -> None:
    assert line.say("remind", "--outbox") == "Nothing waits.\n"
    away = Postbox(lambda letter: failed("{host} is away.", host="mail.example"))
    deployments.outlets = Channels(working={"mail": away})
    line.run("remind", code=ExitCode.FAILED)
    shown = line.say("remind", "--outbox")
    assert "mail.example is away." in shown
    assert "failed, will be tried again" in shown
    (first, *_) = line.json("remind", "--outbox")["outbox"]
    assert (first["state"], first["next_at"], first["attempts"]) == ("retrying", "2026-11-20T06:01:00Z", 1)


def test_only_one_thing_at_a_time(line: Line) -> None:
    assert "Choose one of" in line.say("remind", "--preview", "--watch", code=ExitCode.USAGE)


def test_the_service_names_this_deployment(line: Line, deployments: TestDeployments) -> None:
    shown = line.say("remind", "--print-systemd")
    assert f"--deployment {deployments.folder} remind --watch" in shown
    assert "systemctl --user enable --now sla-remind" in shown
    assert "SLA_OWNER" not in shown


def test_the_service_trusts_the_same_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sla_tracker.cli.formats.systemd import unit

    monkeypatch.setenv("SLA_OWNER", "admin")
    assert "\nEnvironment=SLA_OWNER=admin\n" in unit(tmp_path)


def test_a_folder_with_odd_characters_is_quoted_for_systemd(tmp_path: Path) -> None:
    from sla_tracker.cli.formats.systemd import unit

    shown = unit(tmp_path / 'a "b" 100% $x')
    assert '/a \\"b\\" 100%% $$x" remind --watch' in shown


def test_watching_ends_cleanly_on_sigterm(line: Line, box: Postbox) -> None:
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
    result = line.run("remind", "--watch")
    assert "Reminding; stop it with Ctrl+C." in result.stderr
    assert "2 reminders sent" in result.stderr
    assert len(box.letters) == 2
