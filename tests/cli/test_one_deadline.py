"""A duty has one due at every moment, whoever asks: list, card, show, why, JSON, calendar, inbox, reminders."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.cli.formats.documents import instant
from sla_tracker.domain.deadlines.explanation import explain_line
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.domain.reminders.due_reminders import limit_of
from sla_tracker.errors import SlaError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.inbox import inbox_entries
from sla_tracker.services.duties import holds, operations
from sla_tracker.services.duties.current_deadline import due_now
from sla_tracker.services.queries import duties
from sla_tracker.services.reminders.planner import preview
from sla_tracker.testing.company import a_context, local, set_clock
from tests.cli.runner import Line, TestDeployments
from tests.services.acts import live, rolled_to, who

Act = Callable[[ServiceContext, Duty, Duty], object]

ACTS: dict[str, Act] = {
    "deliver what is waited for": lambda context, stock, _: operations.deliver(
        context, who(context, "ma.chao"), stock.id
    ),
    "return what is waited for": lambda context, stock, _: operations.return_(
        context, who(context, "chen.jing"), stock.id, "incomplete"
    ),
    "hold": lambda context, _, parts: holds.hold(
        context, who(context, "liu.yang"), parts.id, waits_for="finance", reason="no prices yet"
    ),
    "resume": lambda context, _, parts: holds.resume(context, who(context, "liu.yang"), parts.id),
    "object": lambda context, _, parts: holds.object_to(
        context, who(context, "chen.jing"), parts.id, "you had them"
    ),
    "deliver": lambda context, _, parts: operations.deliver(context, who(context, "liu.yang"), parts.id),
    "return": lambda context, _, parts: operations.return_(
        context, who(context, "chen.jing"), parts.id, "a page is missing"
    ),
}
BEGIN = local("2026-12-01 09:00")


def a_company(folder: Path) -> Line:
    (folder / CONFIG_FILE).write_text("", encoding="utf-8")
    context = a_context(now="2026-12-01 09:00", in_force_from=local("2026-12-01 12:00").date(), trial=True)
    rolled_to(context, "2026-12-01 09:00")
    return Line(TestDeployments(folder=folder, context=context, login="liu.yang"))


def dues_of(line: Line, duty: Duty) -> dict[str, str | None]:
    """Return the due of a duty as every place says it."""
    context = line.deployments.context
    now = context.now()
    detail = duties.detail(context, duty.id)
    assert detail is not None
    shown = line.json("show", duty.reference)["duty"]
    listed = [row for row in duties.owed_by(context, duty.provider).rows if row.id == duty.id]
    calendars = [
        row["due_at"]
        for month in ("2026-12", "2027-01")
        for day in line.json("calendar", month)["days"]
        for row in day["duties"]
        if row["id"] == duty.id
    ]
    entries = [
        one.limit_at
        for one in inbox_entries(context, who(context, "sun.hua"))
        if one.duty is not None and one.duty.id == duty.id and one.duty.is_live
    ]
    reminded = [
        row.due_at
        for row in preview(context, 60)
        if row.id == duty.id and limit_of(detail.duty, row.step.anchor) == detail.duty.due_at
    ]
    return {
        "service": instant(due_now(context, detail.duty, now).due_at),
        "detail": instant(detail.duty.due_at),
        "card": instant(detail.row.due_at),
        "steps": instant(recompute(detail.duty.deadline.steps)),
        "show": shown["due_at"],
        "why": line.json("why", duty.reference)["deadline"]["due_at"],
        **{f"list {number}": instant(row.due_at) for number, row in enumerate(listed)},
        **{f"calendar {number}": due for number, due in enumerate(calendars)},
        **{f"inbox {number}": instant(due) for number, due in enumerate(entries)},
        **{f"reminder {number}": instant(due) for number, due in enumerate(reminded)},
    }


# Each asks thirty places after every act.
@settings(max_examples=settings().max_examples // 2)
@given(
    history=st.lists(
        st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 60), st.integers(0, 40)),
        min_size=1,
        max_size=7,
    )
)
def test_one_due_at_every_moment_of_every_history(
    history: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    line = a_company(tmp_path_factory.mktemp("company"))
    context, now = line.deployments.context, BEGIN
    for act, before, after in history:
        now += before * timedelta(minutes=30)
        set_clock(context, now)
        (stock,), (parts,) = (live(context, one)[:1] for one in ("stock-list", "parts-margin"))
        with suppress(SlaError):  # an act that is not possible then changes nothing
            ACTS[act](context, stock, parts)
        now += after * timedelta(minutes=30)
        set_clock(context, now)
        found = dues_of(line, live(context, "parts-margin")[0])
        assert len(set(found.values())) == 1, found


def waiting(folder: Path, now: str) -> tuple[Line, Duty, Duty]:
    """Return a company in which the parts list waits for the stock list, due on the 3rd."""
    line = a_company(folder)
    set_clock(line.deployments.context, now)
    return (
        line,
        live(line.deployments.context, "stock-list")[0],
        live(line.deployments.context, "parts-margin")[0],
    )


def test_the_wait_so_far_is_explained_as_of_now(tmp_path: Path) -> None:
    line, stock, parts = waiting(tmp_path, "2026-12-07 10:30")
    assert stock.reference in line.say("show", parts.reference)
    said = line.say("why", parts.reference)
    # From Thursday 12-03 18:00: a Friday of eight working hours, and two on Monday.
    assert "still running: 10 h of working time excused up to Mon 7 Dec 2026 10:30" in said
    assert "As of Mon 7 Dec 2026 10:30 the deadline moves on by 10 h" in said
    shown = line.say("show", parts.reference)
    assert "Waits for" in shown
    assert "Stock list" in shown
    assert "Warehouse" in shown
    (awaited,) = line.json("show", parts.reference)["duty"]["waits_for"]
    assert (awaited["id"], awaited["provider"]) == (stock.id, "warehouse")


def test_before_the_other_duty_is_due_nothing_is_said_to_wait(tmp_path: Path) -> None:
    line, stock, parts = waiting(tmp_path, "2026-12-02 10:00")
    assert "still running" not in line.say("why", parts.reference)
    assert stock.reference in line.say("show", parts.reference)  # it depends on it all the same


def test_after_an_answer_show_still_says_whether_it_was_in_time(line: Line) -> None:
    context = line.deployments.context
    asked = line.json("request", "invoice-copy", "--text", "copy of 12", person="chen.jing")
    reference = asked["duty"]["reference"]
    limit = duties.duties_of(context, [asked["duty"]["id"]])[0].answer_due_at
    assert isinstance(limit, datetime)
    set_clock(context, limit + timedelta(minutes=1))
    assert "Answer due" in line.say("show", reference)
    line.say("answer", asked["request"]["reference"], "by Monday", person="wang.fang")
    assert ", late" in line.say("show", reference)
    shown = line.json("show", reference)["duty"]
    assert shown["answer_limit_at"] == instant(limit)
    assert shown["answered_at"] == instant(context.now())
    assert shown["answer_due_at"] is None


def test_no_duty_that_is_done_waits(tmp_path: Path) -> None:
    line, _, parts = waiting(tmp_path, "2026-12-07 10:30")
    operations.deliver(line.deployments.context, who(line.deployments.context, "liu.yang"), parts.id)
    done = live(line.deployments.context, "parts-margin")[0]
    assert done.state not in OWED
    assert line.json("show", parts.reference)["duty"]["waits_for"] == []
    assert "As of" not in explain_line(
        done.deadline.steps, lang="en", zone=line.deployments.context.settings.zone
    )
