"""Reports by mail: once for each form, month and person, so far and final."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from sla_tracker.domain.people import Person
from sla_tracker.report.mailing import written_report
from sla_tracker.services.context import ReportMail, ServiceContext
from sla_tracker.services.months import archive
from sla_tracker.services.months.report_mail import send_reports
from sla_tracker.services.reminders.messages import SENT, Letter, Outcome, failed
from sla_tracker.services.reminders.sender import run_once
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.storage.transfer import migrate
from sla_tracker.testing.channels import Postbox, a_channel
from sla_tracker.testing.company import OBLIGATIONS, PEOPLE, a_context, set_clock
from tests.services.acts import opened, who

MAIL = a_channel()


def reachable(person: Person) -> Person:
    return replace(person, addresses={"mail": f"{person.id}@example.com"}, language="zh_CN")


@pytest.fixture
def context() -> ServiceContext:
    """Let sales owe something in November; the report goes to two people on the third workday."""
    reports = ReportMail(to=("sun.hua", "li.na", "root"), workday=3, terms=MAIL)
    people = [reachable(one) if one.id in {"sun.hua", "li.na"} else one for one in PEOPLE]
    kinds = [one for one in OBLIGATIONS if not one.depends_on]
    context = a_context(now="2026-11-23 14:00", people=people, reports=reports, obligations=kinds)
    opened(context, "2026-11-23 10:00")
    return replace(context, report_of=written_report)


def test_an_open_month_is_reported_on_its_workday_and_says_so(context: ServiceContext) -> None:
    post = Postbox()
    for day, arrived in (("2026-12-02 18:00", 0), ("2026-12-03 09:00", 2), ("2026-12-04 09:00", 0)):
        set_clock(context, day)
        assert send_reports(context, {"mail": post}) == arrived
    letter = post.letters[0]
    assert letter.text.startswith("该月尚未关账")
    assert (letter.address, letter.attachments[0].name) == ("sun.hua@example.com", "sla-2026-11.html")
    assert letter.attachments[0].content.startswith(b"<!doctype html>")
    assert len({one.key for one in post.letters}) == 2


def test_it_is_sent_again_as_final_once_the_month_is_closed(context: ServiceContext) -> None:
    post = Postbox()
    set_clock(context, "2026-12-03 09:00")
    run_once(context, {"mail": post})
    archive.close_and_seal(context, who(context, "root"), "2026-11", mark_missed=True)
    run_once(context, {"mail": post})
    run_once(context, {"mail": post})
    reports = [one for one in post.letters if one.attachments]
    assert [one.text.splitlines()[0][:4] for one in reports] == [
        "该月尚未",
        "该月尚未",
        "该月已由",
        "该月已由",
    ]


def killed_before_it_is_sent(_letter: Letter) -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    return SENT


def finals(post: Postbox) -> int:
    return sum(one.text.startswith("该月已由") for one in post.letters)


def test_a_month_closed_again_is_reported_again_and_one_closed_long_ago_is_not(
    context: ServiceContext,
) -> None:
    post, root = Postbox(), who(context, "root")
    for day, arrived in (("2026-12-02 09:00", 2), ("2026-12-09 09:00", 4)):
        set_clock(context, day)
        archive.close_and_seal(context, root, "2026-11", mark_missed=True)
        for _pass in range(2):
            send_reports(context, {"mail": post})
        assert finals(post) == arrived
        archive.reopen_and_unseal(context, root, "2026-11", "one was forgotten")
        send_reports(context, {"mail": post})
        assert finals(post) == arrived
    set_clock(context, "2027-03-20 09:00")
    archive.close_and_seal(context, root, "2026-11")
    set_clock(context, "2027-04-10 09:00")
    send_reports(context, {"mail": post})
    assert finals(post) == 6  # closed in March, reported in April
    set_clock(context, "2027-05-01 09:00")
    in_markdown = replace(context.settings.reports, form="md")
    send_reports(replace(context, settings=replace(context.settings, reports=in_markdown)), {"mail": post})
    assert finals(post) == 6


def test_what_did_not_arrive_is_tried_again_after_a_while(context: ServiceContext) -> None:
    post = Postbox()
    set_clock(context, "2026-12-03 09:00")
    post.answer = lambda letter: failed("no way there")
    assert send_reports(context, {"mail": post}) == 0
    post.answer = lambda letter: SENT
    assert send_reports(context, {"mail": post}) == 0
    set_clock(context, "2026-12-03 09:15")
    assert send_reports(context, {"mail": post}) == 2
    assert send_reports(context, {"mail": post}) == 0
    assert not any(one.repeat for one in post.letters)


def test_what_a_killed_program_had_taken_is_sent_later_and_says_so(
    context: ServiceContext, tmp_path: Path
) -> None:
    def in_files(*, create: bool = False) -> ServiceContext:
        return replace(context, store=TinyStore.open(tmp_path / "store", create=create))

    first = in_files(create=True)
    migrate(context.store, first.store, now=context.now())
    first.store.close()
    set_clock(context, "2026-12-03 09:00")
    process = os.fork()
    if not process:
        send_reports(in_files(), {"mail": Postbox(answer=killed_before_it_is_sent)})
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(process, 0)[1]) == signal.SIGKILL
    again, post = in_files(), Postbox()
    set_clock(context, "2026-12-03 09:05")
    assert send_reports(again, {"mail": post}) == 1  # the one that was taken may still be on its way
    set_clock(context, "2026-12-03 09:10")
    assert send_reports(again, {"mail": post}) == 1
    assert [one.repeat for one in post.letters] == [False, True]
    assert post.letters[1].subject.startswith("（重发）")
    assert send_reports(again, {"mail": post}) == 0
    again.store.close()


def test_without_recipients_or_channel_nothing_is_written(context: ServiceContext) -> None:
    set_clock(context, "2026-12-03 09:00")
    before = context.store.sequence()
    assert send_reports(context, {}) == 0
    nobody = replace(context, settings=replace(context.settings, reports=ReportMail()))
    assert send_reports(nobody, {"mail": Postbox()}) == 0
    assert context.store.sequence() == before
