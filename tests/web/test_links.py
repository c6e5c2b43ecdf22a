"""Messages link to the page of their duty, where the deployment has an address."""

from dataclasses import replace

import pytest

from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.policy import Anchor, Level
from sla_tracker.domain.reminders.reminder import Reminder
from sla_tracker.services.reminders.messages import RemindedDuty
from sla_tracker.wording.reminders import letter_of
from tests.web.site import RunningSite

URL = "https://sla.example.com"


@pytest.mark.parametrize("one_line", [True, False])
async def test_a_message_links_to_the_duty_and_only_where_there_are_pages(
    dealer: DirectDeployment, site: RunningSite, one_line: bool
) -> None:
    context = dealer.context
    duty = context.store.read(lambda tx: tx.find(Duty, provider="sales"))[0]
    reminder = _reminder(duty)
    now = context.now()
    said = [RemindedDuty(reminder=reminder, duty=duty)]
    without = letter_of(context, "k", said, now, repeat=False, one_line=one_line)
    assert "http" not in without.text
    with_pages = replace(context, settings=replace(context.settings, web_url=URL))
    letter = letter_of(with_pages, "k", said, now, repeat=False, one_line=one_line)
    link = next(word for word in letter.text.split() if word.startswith("http"))
    page = await (await site.person("wang.fang")).get(link.removeprefix(URL))
    assert page.status == 200
    assert duty.title.en in page.words


def _reminder(duty: Duty) -> Reminder:
    """Return a reminder to the assignee of a duty, by mail."""
    return Reminder(
        id="r",
        duty=duty.id,
        turn="overdue",
        anchor=Anchor.DUE,
        level=Level.ASSIGNEE,
        recipient="wang.fang",
        channel="mail",
        fell_due_at=duty.due_at,
        planned_at=duty.due_at,
        send_at=duty.due_at,
    )
