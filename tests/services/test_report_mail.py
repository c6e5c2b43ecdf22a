"""Reports by mail: once for each form, month and person, so far and final."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sla_tracker.domain.people import Person
from sla_tracker.report.mailing import written_report
from sla_tracker.services.context import ReportMail, ServiceContext
from sla_tracker.services.months import archive
from sla_tracker.services.months.report_mail import send_reports
from sla_tracker.services.reminders.messages import SENT, failed
from sla_tracker.services.reminders.sender import run_once
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


def test_what_did_not_arrive_is_tried_again(context: ServiceContext) -> None:
    post = Postbox()
    set_clock(context, "2026-12-03 09:00")
    post.answer = lambda letter: failed("no way there")
    assert send_reports(context, {"mail": post}) == 0
    post.answer = lambda letter: SENT
    assert send_reports(context, {"mail": post}) == 2
    assert send_reports(context, {"mail": post}) == 0


def test_without_recipients_or_channel_nothing_is_written(context: ServiceContext) -> None:
    set_clock(context, "2026-12-03 09:00")
    before = context.store.sequence()
    assert send_reports(context, {}) == 0
    nobody = replace(context, settings=replace(context.settings, reports=ReportMail()))
    assert send_reports(nobody, {"mail": Postbox()}) == 0
    assert context.store.sequence() == before
