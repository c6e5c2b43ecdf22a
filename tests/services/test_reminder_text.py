"""What letters say: what, for whom, due when, why, and the command that shows it, in the recipient's language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sla_tracker.domain.duties.duty import Delivery, Duty, State
from sla_tracker.domain.reminders.policy import Anchor, Level
from sla_tracker.domain.reminders.reminder import Reminder, ReminderState
from sla_tracker.domain.text import Text
from sla_tracker.i18n import language
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.reminders.messages import Letter, RemindedDuty
from sla_tracker.testing.company import PEOPLE, a_duty, local
from sla_tracker.wording.reminders import OUTBOX_WORDS, letter_of, recipient_word
from sla_tracker.wording.times import LEVEL_WORDS
from tests.services.reminded import a_reminding_context

NOW = local("2026-11-20 14:00")


def a_reminder(**changes: object) -> Reminder:
    reminder = Reminder(
        id="d/t/wang.fang/mail",
        duty=a_duty().id,
        turn="on-the-day@2026-11-19",
        anchor=Anchor.DUE,
        level=Level.ASSIGNEE,
        recipient="wang.fang",
        channel="mail",
        fell_due_at=NOW,
        planned_at=NOW,
        send_at=NOW,
    )
    return replace(reminder, **changes)  # type: ignore[arg-type]


def a_context_for(language: str, **policies: object) -> ServiceContext:
    people = tuple(
        replace(person, language=language, addresses={"mail": "x@example.com"}) for person in PEOPLE
    )
    return a_reminding_context(people=people, policies=policies)


def letter(
    lang: str,
    reminder: Reminder | None = None,
    duty: Duty | None = None,
    *,
    repeat: bool = False,
    **policies: object,
) -> Letter:
    told = RemindedDuty(reminder=reminder or a_reminder(), duty=duty or a_duty(subject="鄂F·12345"))
    return letter_of(a_context_for(lang, **policies), "key", [told], NOW, repeat=repeat)


def test_a_letter_says_everything_in_english() -> None:
    found = letter("en")
    assert found.subject == "1 day overdue: Decoration sheet · 鄂F·12345"
    assert found.text.splitlines() == [
        "1 day overdue: Decoration sheet · 鄂F·12345",
        "Sales owes Finance; due 11-19 18:00 Thu",
        "Why: from Mon 16 Nov 16:40 · within 3 days · by close of Thu 19 Nov, 18:00",
        "See: sla show abcdef",
    ]


def test_a_letter_says_everything_in_chinese_whatever_this_process_speaks() -> None:
    found = letter("zh_CN")
    assert found.subject == "逾期 1 天：装饰单 · 鄂F·12345"
    assert found.text.splitlines() == [
        "逾期 1 天：装饰单 · 鄂F·12345",
        "销售部 → 财务部；期限 11-19 18:00 周四",
        "依据：11-16 周一 16:40 起 · 3 日内 · 11-19 周四 18:00 下班前",
        "查看：sla show abcdef",
    ]
    assert language() == "en"


@pytest.mark.parametrize(
    ("anchor", "changes", "subject"),
    [
        (Anchor.DUE, {"due_at": local("2026-11-20 16:00")}, "Due in 2 hours: Decoration sheet"),
        (
            Anchor.OPENING,
            {"due_at": local("2026-11-24 18:00")},
            "New, due in 4 days: Decoration sheet",
        ),
        (Anchor.OPENING, {}, "1 day overdue: Decoration sheet"),
        (
            Anchor.ANSWER,
            {"answer_due_at": local("2026-11-20 15:00")},
            "To answer, in 1 hour: Decoration sheet",
        ),
        (
            Anchor.VERDICT,
            {
                "state": State.DELIVERED,
                "deliveries": (Delivery(at=NOW, by="wang.fang"),),
                "accept_by_at": local("2026-11-23 18:00"),
            },
            "To accept or return, in 3 days: Decoration sheet",
        ),
    ],
)
def test_the_subject_says_what_is_asked(anchor: Anchor, changes: dict[str, object], subject: str) -> None:
    duty = replace(a_duty(), **changes)  # type: ignore[arg-type]
    assert letter("en", a_reminder(anchor=anchor), duty).subject == subject


def test_a_head_learns_with_whom_it_is_and_a_deputy_for_whom() -> None:
    text = letter("en", a_reminder(level=Level.HEAD, instead_of="li.na"), a_duty(assignee="wang.fang")).text
    assert "With: 王芳" in text
    assert "You get this in place of 李娜, who is away." in text


def test_a_repeat_is_marked() -> None:
    found = letter("en", repeat=True)
    assert found.subject.startswith("(repeated) 1 day overdue")
    assert found.text.startswith("It is not known whether this message reached you before.")


def test_own_words_replace_ours() -> None:
    found = letter("en", subject="[SLA] {title} {when}", body="{ref} {provider} {nonsense}{due}")
    assert found.subject == "[SLA] Decoration sheet 1 day overdue"
    assert found.text == "abcdef Sales 11-19 18:00 Thu"


def test_hostile_text_is_harmless() -> None:
    hostile = "\x1b]52;c;x\x07\u202eevil\r\nBcc: x\x00"
    found = letter("en", None, a_duty(title=Text(hostile, hostile), subject=hostile))
    assert not set("\x1b\x00\r\u202e\x07") & set(found.subject + found.text)
    assert "\n" not in found.subject


def test_a_digest_begins_with_the_oldest_and_says_how_many_it_does_not_name() -> None:
    told = [
        RemindedDuty(
            reminder=a_reminder(),
            duty=a_duty(
                id=f"01932f00-0000-7000-8000-{number:012x}", due_at=local(f"2026-11-{20 - number % 9} 18:00")
            ),
        )
        for number in range(60)
    ]
    context = a_context_for("en")
    found = letter_of(context, "key", told, NOW, repeat=False)
    assert found.subject == "60 reminders, 53 of them overdue"
    assert found.text.startswith("8 days overdue")
    part = letter_of(context, "key", told[:3], NOW, repeat=True, unsaid=57, one_line=True)
    assert part.subject == "(repeated) 60 reminders"
    assert part.text.splitlines() == [
        "It is not known whether this message reached you before.",
        "",
        "60 reminders",
        "2 days overdue: Decoration sheet (000002)",
        "1 day overdue: Decoration sheet (000001)",
        "Due in 4 hours: Decoration sheet (000000)",
        "… and 57 more: sla due",
    ]
    assert len(part.lines) == 3


def test_duties_of_one_limit_are_listed_by_obligation_and_subject() -> None:
    duties = [a_duty(id=f"id-{plate}", subject=plate) for plate in ("B 10", "A 1", "B 9")]
    duties.append(a_duty(id="id-later", subject="A 0", due_at=local("2026-11-20 18:00")))
    told = [RemindedDuty(reminder=a_reminder(duty=duty.id), duty=duty) for duty in reversed(duties)]
    found = letter_of(a_context_for("en"), "key", told, NOW, repeat=False, one_line=True)
    listed = [line for line in found.text.splitlines() if "Decoration sheet" in line]
    assert [next(plate for plate in ("A 1", "B 9", "B 10", "A 0") if plate in line) for line in listed] == [
        "A 1",
        "B 9",
        "B 10",
        "A 0",
    ]


def test_a_group_is_named_and_its_members_are_mentioned_by_address() -> None:
    context = a_context_for("en")
    reminder = a_reminder(recipient="@sales", mentions=("wang.fang", "nobody"))
    found = letter_of(context, "key", [RemindedDuty(reminder=reminder, duty=a_duty())], NOW, repeat=False)
    assert (found.address, found.mentions) == ("", ("x@example.com",))
    assert recipient_word(context, "@sales") == "group of Sales"
    assert recipient_word(context, "wang.fang") == "王芳"


def test_every_state_and_level_has_words() -> None:
    assert set(OUTBOX_WORDS) == set(ReminderState)
    assert set(LEVEL_WORDS) == set(Level)
