"""Waiting for a turn of another obligation: which one, how long, on every store, with several departments."""

from __future__ import annotations

from dataclasses import replace

from sla_tracker.domain.agreements.dependencies import Dependency
from sla_tracker.domain.agreements.obligation import EVERY, About, Obligation, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, DueRule, Turn, Weekly
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.i18n import speaking
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import operations, waivers
from sla_tracker.services.months import archive
from sla_tracker.services.ports import Store
from sla_tracker.services.queries.duties import detail
from sla_tracker.services.turns.prerequisites import dependents_of
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.company import a_context, an_obligation, local, set_clock
from sla_tracker.wording.limits import format_sought
from tests.services.acts import live, rolled_to, stored, who

PEOPLE = {"sales": "wang.fang", "service": "liu.yang", "warehouse": "ma.chao", "finance": "chen.jing"}


def owed(
    id: str, provider: str, due: DueRule, *depends_on: str | Dependency, about: About = About.PREVIOUS
) -> Obligation:
    trigger = Recurring(due=due, about=about)
    return an_obligation(
        id, provider=provider, consumer="finance", triggers=(trigger,), depends_on=depends_on
    )


def on(obligation: str, turn: Turn) -> Dependency:
    return Dependency(obligation=obligation, turn=turn)


def company(
    *obligations: Obligation, now: str, store: Store | None = None, since: str = "2026-05-15"
) -> ServiceContext:
    return a_context(
        store=store or MemoryStore(),
        now=now,
        obligations=obligations,
        in_force_from=local(f"{since} 12:00").date(),
    )


def of(context: ServiceContext, obligation: str, month: str, provider: str = "") -> Duty:
    """Return an obligation's duty that counts in a month."""
    (found,) = [
        one
        for one in live(context, obligation)
        if one.month == month and provider in ("", one.provider) and not one.handed_from
    ]
    return found


def delivered(context: ServiceContext, duty: Duty, at: str) -> Duty:
    set_clock(context, at)
    return operations.deliver(context, who(context, PEOPLE[duty.provider]), duty.id)


def waits(context: ServiceContext, duty: Duty) -> list[tuple[str, str]]:
    """Return the excused time of a duty as local times; nothing behind the dash while it runs."""
    zone = context.settings.zone
    return [
        (
            f"{one.start_at.astimezone(zone):%m-%d %H:%M}",
            f"{one.end_at.astimezone(zone):%m-%d %H:%M}" if one.end_at else "",
        )
        for one in stored(context, duty).excuses
    ]


# The pay sheet of a month, due on its 5th, waits for the changes of that month, due on the 25th before.
CHANGES = owed("changes", "warehouse", DayOfMonth(day=25), about=About.NEXT)
SHEET = owed("sheet", "sales", DayOfMonth(day=5), "changes", about=About.CURRENT)


def test_the_pay_sheet_waits_for_the_changes_of_its_month(any_store: Store) -> None:
    context = company(CHANGES, SHEET, now="2026-06-18 09:00", store=any_store)
    rolled_to(context, "2026-06-18 09:00")
    changes = of(context, "changes", "2026-06")
    assert (str(changes.period_start), str(changes.period_end)) == ("2026-07-01", "2026-08-01")
    rolled_to(context, "2026-06-29 09:00")
    sheet = of(context, "sheet", "2026-07")
    # The wait runs since the sheet was opened, not since the changes were due.
    assert waits(context, sheet) == [("06-29 00:00", "")]
    assert detail(context, sheet.id).awaited == (stored(context, changes),)  # type: ignore[union-attr]
    delivered(context, changes, "2026-07-01 10:30")
    assert waits(context, sheet) == [("06-29 00:00", "07-01 10:30")]
    # Two days and 2 hours of open time: from Monday the 6th, 18:00, to Thursday the 9th, 10:30.
    assert stored(context, sheet).due_at == local("2026-07-09 10:30")


def test_the_list_of_the_month_before_is_looked_up_by_its_key(any_store: Store) -> None:
    report = owed("report", "sales", DayOfMonth(day=3), on("stock", Turn.PREVIOUS))
    stock = owed("stock", "warehouse", DayOfMonth(day=20))
    context = company(stock, report, now="2026-05-14 09:00", store=any_store, since="2026-05-14")
    rolled_to(context, "2026-05-14 09:00")
    rolled_to(context, "2026-05-28 09:00")
    # The report on May looks for the list on April, due on 20 May.
    duty, april = of(context, "report", "2026-06"), of(context, "stock", "2026-05")
    assert waits(context, duty) == [("05-27 00:00", "")]
    delivered(context, april, "2026-05-29 09:30")
    assert waits(context, duty) == [("05-27 00:00", "05-29 09:30")]
    assert [one.id for one in context.store.read(lambda tx: list(dependents_of(context, tx, april)))] == [
        duty.id
    ]


def test_a_quarterly_report_waits_for_all_lists_of_its_quarter_and_the_waits_are_united() -> None:
    monthly = owed("stock", "warehouse", DayOfMonth(day=5))
    quarterly = owed(
        "report", "sales", DayOfMonth(day=10, months=(1, 4, 7, 10)), on("stock", Turn.OVERLAPPING)
    )
    context = company(monthly, quarterly, now="2026-04-28 09:00", since="2026-04-28")
    for at in ("2026-04-28 09:00", "2026-05-29 09:00", "2026-07-03 09:00"):
        rolled_to(context, at)
    report = of(context, "report", "2026-07")
    lists = [of(context, "stock", month) for month in ("2026-05", "2026-06", "2026-07")]
    assert waits(context, report) == [("07-03 00:00", ""), ("07-03 00:00", ""), ("07-06 18:00", "")]
    for one, at in zip(lists, ("2026-07-07 09:30", "2026-07-06 09:30", "2026-07-08 09:30"), strict=True):
        delivered(context, stored(context, one), at)
    assert waits(context, report) == [
        ("07-03 00:00", "07-07 09:30"),
        ("07-03 00:00", "07-06 09:30"),
        ("07-06 18:00", "07-08 09:30"),
    ]
    # Together from Friday the 3rd to the 8th at 09:30: three days and an hour, counted from Friday the 10th, 18:00.
    assert stored(context, report).due_at == local("2026-07-16 09:30")


def test_the_latest_turn_due_before_is_meant_whatever_it_is_about() -> None:
    weekly = owed("count", "warehouse", Weekly(weekdays=(0,)))
    close = owed("close", "sales", DayOfMonth(day=15), on("count", Turn.LATEST))
    context = company(weekly, close, now="2026-06-01 09:00")
    for at in ("2026-06-01 09:00", "2026-06-08 09:00", "2026-06-10 09:00"):
        rolled_to(context, at)
    duty = of(context, "close", "2026-06")
    (found,) = detail(context, duty.id).sought  # type: ignore[union-attr]
    # Monday the 15th is the close's own day; the count due before it is that of the 8th.
    assert found.duty is not None
    assert found.duty.deadline.due_on.isoformat() == "2026-06-08"


def test_a_return_starts_the_wait_again_and_a_waiver_ends_it() -> None:
    context = company(CHANGES, SHEET, now="2026-06-18 09:00")
    for at in ("2026-06-18 09:00", "2026-06-29 09:00"):
        rolled_to(context, at)
    changes, sheet = of(context, "changes", "2026-06"), of(context, "sheet", "2026-07")
    delivered(context, changes, "2026-06-30 09:30")
    set_clock(context, "2026-07-01 09:30")
    operations.return_(context, who(context, "chen.jing"), changes.id, "a name is missing")
    assert waits(context, sheet) == [("06-29 00:00", "06-30 09:30"), ("07-01 09:30", "")]
    set_clock(context, "2026-07-02 09:30")
    waivers.waive(context, who(context, "sun.hua"), changes.id, code="agreed", reason="by telephone")
    assert waits(context, sheet) == [("06-29 00:00", "06-30 09:30"), ("07-01 09:30", "07-02 09:30")]


def test_what_was_handed_over_is_waited_for_at_the_other_department() -> None:
    context = company(CHANGES, SHEET, now="2026-06-18 09:00")
    for at in ("2026-06-18 09:00", "2026-06-29 09:00"):
        rolled_to(context, at)
    changes, sheet = of(context, "changes", "2026-06"), of(context, "sheet", "2026-07")
    made = handovers.offer(context, who(context, "ma.chao"), changes.id, "service", reason="moved", within=9)
    _, linked = handovers.consent(context, who(context, "zhou.min"), made.id)
    assert waits(context, sheet) == [("06-29 00:00", "")]
    delivered(context, linked, "2026-06-30 09:30")
    assert waits(context, sheet) == [("06-29 00:00", "06-30 09:30")]


class TestNothingToWaitFor:
    def said(self, context: ServiceContext, duty: Duty) -> tuple[list[str], list[str]]:
        found = detail(context, duty.id)
        assert found is not None
        english = [format_sought(one, "Warehouse") for one in found.sought]
        with speaking("zh_CN"):
            return english, [format_sought(one, "仓库") for one in found.sought]

    def test_one_that_was_not_opened_is_named_with_its_period(self) -> None:
        context = company(CHANGES, SHEET, now="2026-06-29 09:00", since="2026-07-01")
        rolled_to(context, "2026-06-29 09:00")
        sheet = of(context, "sheet", "2026-07")
        assert waits(context, sheet) == []
        english = (
            "It looks for “Changes” 2026-07 (Warehouse), of the same period: it was not opened, so there is "
        )
        assert self.said(context, sheet) == (
            [f"{english}nothing to wait for."],
            ["所等的是“约定 changes” 2026-07（仓库），同一期间：没有生成，所以不用等。"],
        )

    def test_one_that_lies_in_an_archive_is_named_with_it(self) -> None:
        context = company(CHANGES, SHEET, now="2026-06-18 09:00", since="2026-06-10")
        rolled_to(context, "2026-06-18 09:00")
        changes = of(context, "changes", "2026-06")
        delivered(context, changes, "2026-06-22 09:30")
        operations.accept(context, who(context, "chen.jing"), changes.id)
        rolled_to(context, "2026-07-01 09:00")
        sheet = of(context, "sheet", "2026-07")
        archive.close_and_seal(context, who(context, "root"), "2026-06", mark_missed=True)
        assert waits(context, sheet) == []
        english, chinese = self.said(context, sheet)
        named = "It looks for “Changes” 2026-07 (Warehouse), of the same period"
        assert english == [f"{named}: {changes.reference}, accepted, in the archive of 2026-06."]
        assert chinese == [
            f"所等的是“约定 changes” 2026-07（仓库），同一期间：{changes.reference}，已验收，在 2026-06 的归档中。"
        ]

    def test_what_is_waited_for_is_named_with_its_state(self) -> None:
        context = company(CHANGES, SHEET, now="2026-06-18 09:00")
        for at in ("2026-06-18 09:00", "2026-06-29 09:00"):
            rolled_to(context, at)
        changes, sheet = of(context, "changes", "2026-06"), of(context, "sheet", "2026-07")
        english, chinese = self.said(context, sheet)
        assert english == [
            f"It waits for “Changes” 2026-07 (Warehouse), of the same period: {changes.reference}, open."
        ]
        assert chinese == [f"等待“约定 changes” 2026-07（仓库），同一期间：{changes.reference}，待交付。"]

    def test_a_retired_obligation_opens_nothing_to_wait_for(self) -> None:
        context = company(replace(CHANGES, retired=True), SHEET, now="2026-06-29 09:00")
        rolled_to(context, "2026-06-29 09:00")
        sheet = of(context, "sheet", "2026-07")
        assert waits(context, sheet) == []
        assert self.said(context, sheet)[0] == [
            "It waits for “Changes”: there is none of the same event, subject or period."
        ]


class TestSeveralDepartments:
    ATTENDANCE = replace(owed("attendance", EVERY, DayOfMonth(day=5)), not_from=("warehouse",))

    def test_the_same_departments_is_meant_where_all_owe_both(self) -> None:
        hours = replace(owed("hours", EVERY, DayOfMonth(day=7), "attendance"), not_from=("warehouse",))
        context = company(self.ATTENDANCE, hours, now="2026-06-01 09:00")
        rolled_to(context, "2026-06-01 09:00")
        set_clock(context, "2026-06-08 09:00")
        delivered(context, of(context, "attendance", "2026-06", "sales"), "2026-06-08 09:30")
        assert waits(context, of(context, "hours", "2026-06", "sales")) == [("06-05 18:00", "06-08 09:30")]
        assert waits(context, of(context, "hours", "2026-06", "service")) == [("06-05 18:00", "")]

    def test_each_of_them_is_waited_for_by_one(self) -> None:
        total = owed("total", "warehouse", DayOfMonth(day=7), on("attendance", Turn.SAME))
        context = company(self.ATTENDANCE, total, now="2026-06-01 09:00")
        rolled_to(context, "2026-06-01 09:00")
        duty = of(context, "total", "2026-06")
        assert len(waits(context, duty)) == 2
        delivered(context, of(context, "attendance", "2026-06", "sales"), "2026-06-08 09:30")
        assert waits(context, duty) == [("06-05 18:00", "06-08 09:30"), ("06-05 18:00", "")]
        found = detail(context, duty.id)
        assert found is not None
        assert sorted(one.provider for one in found.sought) == ["sales", "service"]

    def test_each_of_those_waits_for_the_one(self) -> None:
        plan = owed("plan", "warehouse", DayOfMonth(day=3))
        hours = replace(owed("hours", EVERY, DayOfMonth(day=7), "plan"), not_from=("warehouse",))
        context = company(plan, hours, now="2026-06-01 09:00")
        rolled_to(context, "2026-06-01 09:00")
        assert {one.provider for one in live(context, "hours")} == {"sales", "service"}
        assert all(waits(context, one) == [("06-03 18:00", "")] for one in live(context, "hours"))


def test_a_rule_that_was_changed_still_finds_the_open_duty_of_the_period() -> None:
    context = company(CHANGES, SHEET, now="2026-06-18 09:00")
    rolled_to(context, "2026-06-18 09:00")
    changes = of(context, "changes", "2026-06")
    moved = replace(CHANGES, triggers=(Recurring(due=DayOfMonth(day=20), about=About.NEXT),))
    after = company(moved, SHEET, now="2026-06-29 09:00", store=context.store)
    after = replace(after, declared=replace(after.catalogue, digest="other"))
    rolled_to(after, "2026-06-29 09:00")
    assert waits(after, of(after, "sheet", "2026-07")) == [("06-29 00:00", "")]
    delivered(after, changes, "2026-06-30 09:30")
    assert stored(after, changes).state is State.DELIVERED
    assert waits(after, of(after, "sheet", "2026-07")) == [("06-29 00:00", "06-30 09:30")]
