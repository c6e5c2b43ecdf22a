"""`[reminders]` and `[notify]`: what they amount to, and what is said when they are wrong."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from sla_tracker.config.load import build, read_config
from sla_tracker.domain.reminders.policy import DEFAULT_STEPS, TERMINAL, Policies, Preference, Reach
from sla_tracker.domain.time.work_hours import Segment
from sla_tracker.errors import ConfigError
from tests.chinese import left_in_english
from tests.settings import BEGINNING


def settings(tmp_path: Path, more: str) -> Policies:
    file = tmp_path / "sla_tracker.toml"
    file.write_text(BEGINNING + more, encoding="utf-8")
    built = build(read_config(file), departments=["sales"], sources={}, kinds=["pager"])
    return built.settings.reminders


def problems(tmp_path: Path, more: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, more)
    assert left_in_english(*caught.value.problems) == []
    return [problem.sentence().partition(": ")[2] for problem in caught.value.problems]


def test_without_a_word_reminders_appear_in_the_terminal(tmp_path: Path) -> None:
    policies = settings(tmp_path, "")
    assert (list(policies.channels), policies.usual_channels) == ([TERMINAL], (TERMINAL,))
    assert policies.default.steps == DEFAULT_STEPS


def test_everything_can_be_set(tmp_path: Path) -> None:
    policies = settings(
        tmp_path,
        """
[notify.mail]
host = "mail.example.com"
sender = "sla@example.com"
user = "sla"
password_from = "env:MAIL_PASSWORD"
[notify.sales-robot]
kind = "wecom"
url_from = "file:/etc/sla/robot"
departments = ["sales"]
[notify.beeper]
kind = "pager"
reach = "address"
options = { number = 7 }
[reminders]
channels = ["mail", "terminal"]
hours = "09:00-18:00"
together_from = 10
subject = "{title}"
steps = [{ workdays = -1 }, { working_hours = -2, channels = ["sales-robot"] }]
[reminders.departments.sales]
hours = "10:00-12:00"
[reminders.obligations.stock-list]
steps = []
[reminders.people."wang.fang"]
channels = ["beeper"]
digest_at = "8:30"
""",
    )
    assert {name: (terms.kind, terms.reach) for name, terms in policies.channels.items()} == {
        "terminal": ("terminal", Reach.HERE),
        "mail": ("mail", Reach.ADDRESS),
        "sales-robot": ("wecom", Reach.GROUP),
        "beeper": ("pager", Reach.ADDRESS),
    }
    assert policies.default.hours.span == Segment(540, 1080)
    assert policies.departments["sales"].hours.span == Segment(600, 720)
    assert policies.departments["sales"].steps == policies.default.steps
    assert policies.obligations["stock-list"].steps == ()
    assert policies.preferences == {"wang.fang": Preference(channels=("beeper",), digest_at=time(8, 30))}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            '[reminders]\nchannels = ["mial"]',
            ["“mial” is unknown. Did you mean “terminal”? Allowed are terminal."],
        ),
        (
            '[reminders]\nbody = "{titel}"',
            [
                (
                    "body names the field “titel”, which does not exist; the fields are title, subject, ref, "
                    "provider, consumer, assignee, due, when, why, command, link."
                )
            ],
        ),
        (
            '[reminders]\nsteps = [{ workdays = 1, channels = ["mail"], id = "s" }]',
            ["The step s names a channel that is not set up: “mail” is unknown; allowed are terminal."],
        ),
        ("[reminders.departments.sails]", ["“sails” is unknown. Did you mean “sales”? Allowed are sales."]),
        (
            '[reminders.people."wang"]',
            ["“wang” is unknown. Did you mean “wang.fang”? Allowed are wang.fang."],
        ),
        ('[reminders.people."wang.fang"]\ndigest_at = "26:00"', ["Write a time of day like 08:30."]),
        ('[reminders]\ndigest_at = "09:00+08:00"', ["Write a time of day like 08:30."]),
        (
            '[reminders]\nhours = "20:00-06:00"',
            ["hours: '20:00-06:00' is no span of a day; write it like 08:00-20:00."],
        ),
        (
            "[notify.wecom]",
            ["A channel of the kind wecom needs url_from."],
        ),
        (
            '[notify.wecom]\nurl_from = "https://qyapi.weixin.qq.com/?key=secret"',
            ["Secrets never stand in the settings; write env:NAME of a variable or file:/path of a file."],
        ),
        (
            '[notify.feishu]\nurl_from = "env:X"\nhost = "x"',
            [
                (
                    "A channel of the kind feishu does not take host; it takes url_from, secret_from, ca_file, "
                    "timeout_seconds, departments."
                )
            ],
        ),
        (
            '[notify.chat]\nkind = "wecon"',
            [
                (
                    "“wecon” is unknown. Did you mean “wecom”? Allowed are mail, wecom, dingtalk, feishu, "
                    "webhook, desktop, pager."
                )
            ],
        ),
        (
            '[notify.mail]\nhost = "mail.example.com"\nsender = "sla@example.com"\nsecurity = "none"',
            ['security = "none" is possible on this machine only; use starttls or tls.'],
        ),
        ("[notify.terminal]", ["The terminal is always there; it needs no settings."]),
        (
            '[reminders.obligations.x]\nhours = "late"\nstep = 1',
            [
                "“step” is unknown. Did you mean “steps”? Allowed are hours, closed_days, steps.",
                "hours: 'late' is no span of a day; write it like 08:00-20:00.",
            ],
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, more: str, said: list[str]) -> None:
    assert problems(tmp_path, more) == said
