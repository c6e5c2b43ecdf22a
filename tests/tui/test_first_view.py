"""What the terminal shows first, by the person's role and by what waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sla_tracker.domain.duties.duty import Opened, State
from sla_tracker.domain.people import Person, Role
from sla_tracker.services.queries.rows import Bucket, DutyRow, Scope, urgency
from sla_tracker.testing.company import NOW, local
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.first_view import first_scope, in_scope, is_quiet, opens_on_owed
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment, bilingual, quiet, text_of, until


def rows(*buckets: Bucket) -> list[DutyRow]:
    states = {Bucket.DELIVERED: State.DELIVERED}
    return [
        DutyRow(
            id=f"id-{number}",
            reference=f"r{number}",
            obligation="sheet",
            title=bilingual("Sheet"),
            provider="sales",
            consumer="finance",
            subject="",
            due_at=local(NOW) + timedelta(hours=number),
            bucket=bucket,
            state=states.get(bucket, State.OPEN),
            assignee="",
            month="2026-11",
            opened=Opened.ON_EVENT,
        )
        for number, bucket in enumerate(buckets)
    ]


@pytest.mark.parametrize(
    ("own", "received", "owed_first"),
    [
        ([], [Bucket.DELIVERED], True),
        ([], [Bucket.LATER], False),
        ([Bucket.OVERDUE], [Bucket.DELIVERED] * 15, False),
        ([Bucket.TODAY], [Bucket.OVERDUE] * 15, False),
        ([Bucket.LATER], [Bucket.DELIVERED, Bucket.OVERDUE], True),
        ([Bucket.LATER, Bucket.THIS_WEEK], [Bucket.DELIVERED, Bucket.OVERDUE], False),
        ([], [], False),
    ],
)
def test_what_waits_decides_between_owing_and_being_owed(
    own: list[Bucket], received: list[Bucket], owed_first: bool
) -> None:
    assert opens_on_owed(rows(*own), rows(*received)) is owed_first
    assert is_quiet(rows(*own)) is not any(one in {Bucket.OVERDUE, Bucket.TODAY} for one in own)


@pytest.mark.parametrize(
    ("role", "department", "scope"),
    [
        (Role.STAFF, "sales", Scope.MINE),
        (Role.HEAD, "sales", Scope.OURS),
        (Role.ADMIN, "sales", Scope.MINE),
        (Role.HEAD, "", Scope.MINE),
    ],
)
def test_a_head_sees_his_people_and_others_themselves(role: Role, department: str, scope: Scope) -> None:
    assert first_scope(Person(id="one", name="One", department=department, role=role)) is scope
    assert len(in_scope(rows(Bucket.LATER, Bucket.DELIVERED), scope, "one")) == (
        2 if scope is Scope.OURS else 1
    )


def test_what_awaits_a_verdict_is_sorted_by_the_day_that_it_shows() -> None:
    first, second = rows(Bucket.DELIVERED, Bucket.DELIVERED)
    by_then = {"id-0": local("2026-11-25 18:00"), "id-1": local("2026-11-24 18:00")}
    found = sorted((replace(row, accept_by_at=by_then[row.id]) for row in (first, second)), key=urgency)
    assert [row.id for row in found] == ["id-1", "id-0"]


async def test_finance_opens_on_what_awaits_its_verdict_and_tabs_say_what_waits() -> None:
    app = SlaApp(start_of(a_deployment("sun.li")))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.current_mode == "owed")
        await quiet(pilot)
        drawn = text_of(app)
        assert "Awaiting verdict 1 ──" in drawn
        assert "2 Owed to us 1 " in drawn
        await pilot.press("1")
        await quiet(pilot)
        assert "Nothing of yours is due." in text_of(app)


async def test_a_head_opens_on_what_his_people_owe() -> None:
    app = SlaApp(start_of(a_deployment("li.na")))
    async with app.run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        assert "My department" in text_of(app)
        assert "Overdue 4" in text_of(app)
        assert "1 My duties 4 " in text_of(app)
