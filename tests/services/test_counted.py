"""Rules that count from another duty: planned, opened, moved, cancelled with it; a year by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from sla_tracker.cli.formats.documents import duty_document
from sla_tracker.domain.agreements.counted import NamedTurn, named_turn, turns_by_rule, turns_due_by_rule
from sla_tracker.domain.agreements.obligation import EVERY, Obligation, Recurring
from sla_tracker.domain.deadlines.due import (
    AfterDuty,
    CountsFrom,
    DayOfMonth,
    DueRule,
    InDays,
    InElapsedTime,
    InWorkdays,
    InWorkingTime,
    rule_from_table,
    rule_to_table,
)
from sla_tracker.domain.deadlines.due_rule import RuleError
from sla_tracker.domain.deadlines.explanation import explain
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, Layer
from sla_tracker.domain.verbs import Verb
from sla_tracker.services import undo
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.duties import holds, operations, waivers
from sla_tracker.services.duties.saving import save_duty
from sla_tracker.services.months import archive
from sla_tracker.services.ports import Store
from sla_tracker.services.queries.duties import planned_rows
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.company import ZONE, a_calendar, a_context, an_obligation, local, set_clock
from sla_tracker.wording.times import format_counts_from
from tests.chinese import left_in_english
from tests.services.acts import live, rolled_to, stored, who

PAYDAY = an_obligation(
    "payday", provider="warehouse", consumer="sales", triggers=(Recurring(due=DayOfMonth(day=25)),)
)
CHANGE_BEFORE = InWorkdays(workdays=-3, at=time(17))


def after(id: str, then: DueRule, of: CountsFrom = CountsFrom.DUE, *, other: str = "payday") -> Obligation:
    rule = AfterDuty(after=other, then=then, of=of)
    return an_obligation(id, provider="sales", consumer="finance", triggers=(Recurring(due=rule),))


SHEET = after("sheet", CHANGE_BEFORE)
NOTE = after("note", InWorkdays(workdays=1), CountsFrom.DELIVERY)


def company(*obligations: Obligation, now: str, store: Store | None = None) -> ServiceContext:
    return a_context(
        store=store or MemoryStore(), now=now, obligations=obligations, in_force_from=date(2026, 11, 10)
    )


def only(context: ServiceContext, obligation: str) -> Duty:
    (found,) = live(context, obligation)
    return found


def pay(context: ServiceContext, at: str) -> Duty:
    set_clock(context, at)
    return operations.deliver(context, who(context, "ma.chao"), only(context, "payday").id)


def cancel_payday(context: ServiceContext) -> None:
    payday = only(context, "payday")
    context.write(
        None, Verb.NOTED, lambda tx, now: save_duty(context, tx, transitions.cancelled(payday, now=now))
    )


class TestFromTheDue:
    def test_a_year_by_hand(self) -> None:
        catalogue = company(PAYDAY, SHEET, now="2026-11-12 09:00").catalogue
        calendar = a_calendar()
        found = turns_by_rule(
            catalogue, SHEET, lambda department, named="": calendar, date(2026, 11, 1), date(2027, 11, 1)
        )
        said = [
            (one.turn, f"{one.deadline.due_at.astimezone(ZONE):%m-%d %a %H:%M}", f"{one.period_start:%Y-%m}")
            for one in found
        ]
        # Payday is the 25th, on a weekend the Monday after; the sheet is due at five, three workdays before.
        assert said == [
            ("recurring@2026-11", "11-20 Fri 17:00", "2026-10"), ("recurring@2026-12", "12-22 Tue 17:00", "2026-11"),
            ("recurring@2027-01", "01-20 Wed 17:00", "2026-12"), ("recurring@2027-02", "02-22 Mon 17:00", "2027-01"),
            ("recurring@2027-03", "03-22 Mon 17:00", "2027-02"), ("recurring@2027-04", "04-21 Wed 17:00", "2027-03"),
            ("recurring@2027-05", "05-20 Thu 17:00", "2027-04"), ("recurring@2027-06", "06-22 Tue 17:00", "2027-05"),
            ("recurring@2027-07", "07-21 Wed 17:00", "2027-06"), ("recurring@2027-08", "08-20 Fri 17:00", "2027-07"),
            ("recurring@2027-09", "09-22 Wed 17:00", "2027-08"), ("recurring@2027-10", "10-20 Wed 17:00", "2027-09"),
        ]  # fmt: skip

    @pytest.mark.parametrize("closed_days", [75, 200])
    def test_no_turn_is_missed_however_long_it_is_closed(self, closed_days: int) -> None:
        closed = DayRule(status=DayStatus.CLOSED, name=Text(zh="停", en="Closed"))
        days = {date(2026, 12, 1) + timedelta(days=n): closed for n in range(closed_days)}
        context = company(PAYDAY, SHEET, NOTE, now="2026-11-20 09:00")
        calendar = a_calendar().with_layer(Layer(name="company", days=days))
        context = replace(context, calendars={**context.calendars, COMPANY: calendar})
        for obligation in (PAYDAY, SHEET, NOTE):
            place = (context.catalogue, obligation, context.calendar_of)
            every = list(turns_by_rule(*place, date(2025, 1, 1), date(2028, 12, 31)))
            for due_on in {one.deadline.due_on for one in every if one.deadline.due_on.year == 2027}:
                found = turns_due_by_rule(*place, due_on, due_on)
                expected = {one.key for one in every if one.deadline.due_on == due_on}
                assert {one.key for one in found} == expected

    def test_it_opens_like_any_other_and_once(self, any_store: Store) -> None:
        context = company(PAYDAY, SHEET, now="2026-11-12 09:00", store=any_store)
        assert [row.obligation for row in planned_rows(context, date(2026, 11, 30))] == ["sheet", "payday"]
        rolled_to(context, "2026-11-13 09:00")
        sheet = only(context, "sheet")
        assert (sheet.due_at, sheet.month) == (local("2026-11-20 17:00"), "2026-11")
        assert sheet.key == "sheet/sales/recurring/recurring@2026-11"
        assert live(context, "payday") == []  # the sheet opens before the payday does
        rolled_to(context, "2026-11-19 09:00")
        assert len(live(context, "payday")) == len(live(context, "sheet")) == 1
        assert rolled_to(context, "2026-11-20 09:00").opened == ()

    def test_it_explains_itself_in_both_languages(self) -> None:
        context = company(PAYDAY, SHEET, now="2026-11-13 09:00")
        rolled_to(context, "2026-11-13 09:00")
        sheet = only(context, "sheet")
        assert recompute(sheet.deadline.steps) == sheet.due_at
        english = explain(sheet.deadline.steps, lang="en", zone=ZONE)
        assert english[1:4] == (
            "It counts from the due of “Payday”, before excuses.",
            "It counts from Wed 25 Nov 2026 18:00.",
            "3 workdays before it is Fri 20 Nov 2026 (not counting 11-21, 11-22).",
        )
        chinese = explain(sheet.deadline.steps, lang="zh_CN", zone=ZONE)
        assert chinese[1] == "从“约定 payday”的期限起算（不含扣除的时间）。"
        assert left_in_english(*chinese) == []

    def test_it_moves_when_the_other_moves_on_record(self, any_store: Store) -> None:
        context = company(PAYDAY, SHEET, now="2026-11-18 09:00", store=any_store)
        rolled_to(context, "2026-11-18 09:00")
        before = only(context, "sheet")
        closed = DayRule(status=DayStatus.CLOSED, name=Text("停电", "Power cut"))
        layer = Layer(name="company", days=dict.fromkeys((date(2026, 11, 24), date(2026, 11, 25)), closed))
        changed = a_calendar().with_layer(layer)
        later = replace(context, calendars={COMPANY: changed})
        rolled_to(later, "2026-11-18 10:00")
        assert only(later, "payday").due_at == local("2026-11-26 18:00")
        sheet = only(later, "sheet")
        # Its rule says the 19th at five now; it moves earlier at most to the close of the next workday.
        assert (before.due_at, sheet.due_at) == (local("2026-11-20 17:00"), local("2026-11-19 18:00"))
        history = [change.act.what for change in later.store.history(sheet.id)]
        assert history == ["rolled_over", "rolled_over"]

    def test_what_excuses_the_other_does_not_move_it(self) -> None:
        context = company(PAYDAY, SHEET, now="2026-11-18 09:00")
        rolled_to(context, "2026-11-19 09:00")
        payday = only(context, "payday")
        holds.hold(context, who(context, "ma.chao"), payday.id, waits_for="a bank", reason="system down")
        set_clock(context, "2026-11-20 09:00")
        holds.resume(context, who(context, "ma.chao"), payday.id)
        assert only(context, "payday").due_at > local("2026-11-25 18:00")
        assert only(context, "sheet").due_at == local("2026-11-20 17:00")

    def test_cancelled_with_the_other(self, any_store: Store) -> None:
        context = company(PAYDAY, SHEET, now="2026-11-18 09:00", store=any_store)
        rolled_to(context, "2026-11-19 09:00")
        cancel_payday(context)
        assert only(context, "sheet").state is State.CANCELLED
        assert [row for row in planned_rows(context, date(2026, 11, 30)) if row.obligation == "sheet"] == []

    def test_a_chain_counts_on(self) -> None:
        third = after("third", InWorkingTime(span=timedelta(hours=-8)), other="sheet")
        context = company(PAYDAY, SHEET, third, now="2026-11-12 09:00")
        rolled_to(context, "2026-11-13 09:00")
        assert only(context, "third").due_at == local("2026-11-19 17:00")
        assert only(context, "third").key == "third/sales/recurring/recurring@recurring@2026-11"

    @pytest.mark.parametrize("open_before", [5, 1], ids=["sheet-is-open", "sheet-is-not"])
    def test_a_chain_moves_and_ends_with_its_beginning(self, open_before: int, any_store: Store) -> None:
        sheet = replace(after("sheet", InWorkdays(workdays=2)), opens_before=open_before)
        third = replace(after("third", InWorkdays(workdays=2), other="sheet"), opens_before=10)
        context = company(PAYDAY, sheet, third, now="2026-11-23 09:00", store=any_store)
        rolled_to(context, "2026-11-23 09:00")
        assert len(live(context, "sheet")) == (open_before > 1)
        assert only(context, "third").due_at == local("2026-12-01 18:00")
        closed = DayRule(status=DayStatus.CLOSED, name=Text("停电", "Power cut"))
        layer = Layer(
            name="company", days=dict.fromkeys((date(2026, 11, day) for day in (25, 26, 27)), closed)
        )
        later = replace(context, calendars={COMPANY: a_calendar().with_layer(layer)})
        rolled_to(later, "2026-11-24 09:00")
        # Payday is the 30th now, the sheet the 2nd, and what counts from the sheet the 4th.
        assert only(later, "third").due_at == local("2026-12-04 18:00")
        cancel_payday(later)
        assert {one.state for id in ("sheet", "third") for one in live(later, id)} == {State.CANCELLED}
        assert rolled_to(later, "2026-12-01 09:00").opened == ()

    def test_every_department_counts_from_its_own(self) -> None:
        own = replace(PAYDAY, provider=EVERY, consumer="finance", not_from=("warehouse",))
        sheets = replace(SHEET, provider=EVERY, not_from=("warehouse",))
        context = company(own, sheets, now="2026-11-18 09:00")
        rolled_to(context, "2026-11-19 09:00")
        assert sorted(one.key for one in live(context, "sheet")) == [
            "sheet/sales/recurring/recurring@2026-11",
            "sheet/service/recurring/recurring@2026-11",
        ]


class TestFromTheDelivery:
    def test_a_planned_row_has_no_due_until_then(self) -> None:
        context = company(PAYDAY, NOTE, now="2026-11-19 09:00")
        rolled_to(context, "2026-11-19 09:00")
        assert live(context, "note") == []
        (row,) = [
            one for one in planned_rows(context, date(2026, 11, 30), undated=True) if one.obligation == "note"
        ]
        assert format_counts_from(row, "en", ZONE) == "“Payday” delivered · within 1 workday"
        assert format_counts_from(row, "zh_CN", ZONE) == "“约定 payday”交付 · 1 个工作日内"
        document = duty_document(row)
        assert document["due_at"] is None
        assert document["counts_from"]["en"] == "“Payday” delivered · within 1 workday"
        assert all(one.obligation != "note" for one in planned_rows(context, date(2026, 11, 30)))

    @pytest.mark.parametrize(
        ("then", "said"),
        [
            (InWorkingTime(span=timedelta(hours=4)), "“Payday” delivered · within 4 h of working time"),
            (InElapsedTime(elapsed=timedelta(hours=24)), "“Payday” delivered · within 24 h"),
        ],
    )
    def test_that_row_names_no_time(self, then: DueRule, said: str) -> None:
        note = after("note", then, CountsFrom.DELIVERY)
        context = company(PAYDAY, note, now="2026-11-19 09:00")
        rolled_to(context, "2026-11-19 09:00")
        rows = planned_rows(context, date(2026, 11, 30), undated=True)
        assert said in [format_counts_from(row, "en", ZONE) for row in rows]

    def test_the_first_delivery_opens_it(self, any_store: Store) -> None:
        context = company(PAYDAY, NOTE, now="2026-11-19 09:00", store=any_store)
        rolled_to(context, "2026-11-19 09:00")
        pay(context, "2026-11-27 10:00")
        note = only(context, "note")
        assert (note.opened_at, note.due_at, note.month) == (
            local("2026-11-27 10:00"),
            local("2026-11-30 18:00"),
            "2026-11",
        )
        assert (
            explain(note.deadline.steps, lang="en", zone=ZONE)[1]
            == "It counts from the first delivery of “Payday”."
        )
        assert recompute(note.deadline.steps) == note.due_at
        assert rolled_to(context, "2026-11-30 09:00").opened == ()
        rows = planned_rows(context, date(2026, 11, 30), undated=True)
        assert all(row.obligation != "note" for row in rows)

    @pytest.mark.parametrize("day", ["2027-07-01", "2028-03-01"])
    def test_one_that_is_delivered_long_after_its_due_opens_it_and_what_counts_on(self, day: str) -> None:
        yearly = replace(PAYDAY, triggers=(Recurring(due=DayOfMonth(day=25, months=(11,))),))
        further = after("further", InWorkdays(workdays=2), other="note")
        context = company(yearly, NOTE, further, now="2026-11-19 09:00")
        rolled_to(context, "2026-11-19 09:00")
        due = only(context, "payday")
        set_clock(context, f"{day} 10:00")
        operations.deliver(context, who(context, "ma.chao"), due.id)
        assert only(context, "note").deadline.nominal_on == date.fromisoformat(day) + timedelta(days=1)
        assert only(context, "further").deadline.nominal_on > only(context, "note").deadline.nominal_on

    def test_a_return_of_the_other_is_a_wait(self, any_store: Store) -> None:
        context = company(PAYDAY, NOTE, now="2026-11-19 09:00", store=any_store)
        rolled_to(context, "2026-11-19 09:00")
        payday = pay(context, "2026-11-25 10:00")
        assert only(context, "note").due_at == local("2026-11-26 18:00")
        set_clock(context, "2026-11-25 15:00")
        operations.return_(context, who(context, "wang.fang"), payday.id, "wrong sum")
        assert only(context, "note").stands_still(context.now())
        pay(context, "2026-11-26 11:00")
        (wait,) = only(context, "note").excuses
        assert (wait.start_at, wait.end_at) == (local("2026-11-25 15:00"), local("2026-11-26 11:00"))
        # 3 hours on Wednesday, 2.5 on Thursday.
        assert only(context, "note").due_at == local("2026-11-27 15:30")

    def test_a_chain_opens_and_waits_with_each_delivery(self, any_store: Store) -> None:
        memo = after("memo", InWorkdays(workdays=1), CountsFrom.DELIVERY, other="note")
        copy = after("copy", InWorkdays(workdays=1), other="note")
        context = company(PAYDAY, NOTE, memo, copy, now="2026-11-19 09:00", store=any_store)
        rolled_to(context, "2026-11-19 09:00")
        pay(context, "2026-11-25 10:00")
        assert only(context, "copy").due_at == local("2026-11-27 18:00")  # dated by the note's due
        set_clock(context, "2026-11-25 11:00")
        note = operations.deliver(context, who(context, "wang.fang"), only(context, "note").id)
        assert only(context, "memo").due_at == local("2026-11-26 18:00")
        set_clock(context, "2026-11-25 15:00")
        operations.return_(context, who(context, "chen.jing"), note.id, "wrong")
        assert only(context, "memo").stands_still(context.now())
        assert rolled_to(context, "2026-11-26 09:00").opened == ()

    def test_names_of_triggers_with_slashes_are_read(self, any_store: Store) -> None:
        """Two triggers without ids are named by their rules, here with a zone."""
        rules = [DayOfMonth(day=day, at=time(15), zone="Europe/Berlin") for day in (25, 10)]
        payday = replace(PAYDAY, triggers=tuple(Recurring(due=rule) for rule in rules))
        moved = replace(after("sheet", InDays(days=1, at=time(9), zone="Europe/Berlin")), opens_before=20)
        two = (*moved.triggers, Recurring(due=AfterDuty(after="payday", then=InDays(days=2))))
        third = after("third", InWorkdays(workdays=1), CountsFrom.DELIVERY, other="sheet")
        context = company(
            payday, NOTE, replace(moved, triggers=two), third, now="2026-11-19 09:00", store=any_store
        )
        rolled_to(context, "2026-11-19 09:00")
        set_clock(context, "2026-11-25 10:00")
        paid = next(one for one in live(context, "payday") if '"day":25' in one.key)
        operations.deliver(context, who(context, "ma.chao"), paid.id)
        name = 'recurring:{"at":"15:00","day":25,"zone":"Europe/Berlin"}'
        assert only(context, "note").key == f"note/sales/recurring/{name}@2026-11"
        own = 'recurring:{"after":"payday","at":"09:00","days":1,"of":"due","zone":"Europe/Berlin"}'
        sheet = next(one for one in live(context, "sheet") if one.key == f"sheet/sales/{own}/{name}@2026-11")
        operations.deliver(context, who(context, "wang.fang"), sheet.id)
        assert only(context, "third").key == f"third/sales/recurring/{own}@{name}@2026-11"

    def test_waived_it_counts_from_then(self) -> None:
        context = company(PAYDAY, NOTE, now="2026-11-19 09:00")
        rolled_to(context, "2026-11-19 09:00")
        set_clock(context, "2026-11-26 11:00")
        payday = only(context, "payday")
        waivers.waive(context, who(context, "li.na"), payday.id, code="agreed", reason="paid in cash")
        note = only(context, "note")
        assert note.due_at == local("2026-11-27 18:00")
        assert explain(note.deadline.steps, lang="en", zone=ZONE)[1] == (
            "“Payday” was waived; it counts from then."
        )

    def test_written_down_as_missed_it_counts_from_then(self) -> None:
        context = company(PAYDAY, NOTE, now="2026-11-19 09:00")
        rolled_to(context, "2026-11-19 09:00")
        set_clock(context, "2026-12-01 09:00")
        archive.close_and_seal(context, who(context, "root"), "2026-11", mark_missed=True)
        note = only(context, "note")
        assert (note.due_at, note.month) == (local("2026-12-02 18:00"), "2026-12")

    def test_cancelled_there_is_none(self) -> None:
        context = company(PAYDAY, NOTE, now="2026-11-19 09:00")
        rolled_to(context, "2026-11-19 09:00")
        cancel_payday(context)
        rolled_to(context, "2026-11-27 09:00")
        assert live(context, "note") == []
        rows = planned_rows(context, date(2026, 11, 30), undated=True)
        assert all(row.obligation != "note" for row in rows)

    def test_what_was_delivered_before_a_run_is_caught_up(self) -> None:
        context = company(PAYDAY, now="2026-11-19 09:00")
        rolled_to(context, "2026-11-19 09:00")
        pay(context, "2026-11-24 10:00")
        added = company(PAYDAY, NOTE, now="2026-11-24 11:00", store=context.store)
        rolled_to(added, "2026-11-24 12:00")
        assert only(added, "note").due_at == local("2026-11-25 18:00")


class TestWritten:
    @pytest.mark.parametrize(
        "table",
        [
            {"after": "b", "of": "due", "workdays": -3, "at": "17:00"},
            {"after": "b", "of": "delivery", "working_hours": 4},
            {"after": "b", "of": "due", "days": 2, "roll": "preceding"},
            {"after": "b", "of": "delivery", "hours": 24},
        ],
    )
    def test_a_table_is_read_and_written_back(self, table: dict[str, object]) -> None:
        assert rule_to_table(rule_from_table(table)) == table

    def test_without_of_it_is_the_due(self) -> None:
        assert rule_from_table({"after": "b", "workdays": 1}) == AfterDuty(
            after="b", then=InWorkdays(workdays=1)
        )

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ({"after": 5, "workdays": 1}, "after: 5 is no text"),
            ({"after": "b", "of": "start", "workdays": 1}, "of: “start” is unknown"),
            ({"after": "b"}, "Beside after, a due rule has exactly one of days, workdays"),
            ({"after": "b", "day": 5}, "Beside after, a due rule has exactly one of days, workdays"),
            ({"after": "b", "at_event": True}, "Beside after, a due rule has exactly one of"),
            ({"after": "b", "workdays": 1, "day": 5}, "Beside after, a due rule has exactly one of"),
            ({"after": "b", "of": "delivery", "workdays": -1}, "Nothing can be due before a delivery"),
            ({"after": "b", "workdays": "x"}, "workdays: 'x' is no whole number"),
            ({"after": "b", "workday": 1}, "Beside after"),
        ],
    )
    def test_a_mistake_is_named(self, table: dict[str, object], said: str) -> None:
        with pytest.raises(RuleError) as refused:
            rule_from_table(table)
        assert any(said in one.sentence() for one in refused.value.problems)
        assert left_in_english(*refused.value.problems) == []


@pytest.mark.parametrize("what", ["delivered", "waived"])
def test_what_opened_a_duty_is_undone_and_done_again(what: str, any_store: Store) -> None:
    context = company(PAYDAY, NOTE, now="2026-11-18 09:00", store=any_store)
    rolled_to(context, "2026-11-23 09:00")
    person, before = ("ma.chao" if what == "delivered" else "li.na"), only(context, "payday")
    if what == "delivered":
        pay(context, "2026-11-23 10:00")
    else:
        waivers.waive(context, who(context, person), before.id, code="other", reason="x")
    done, opened = stored(context, before), only(context, "note")
    change, restored = undo.undo(context, who(context, person))
    assert (change.act.what, restored, stored(context, before)) == (what, (before,), before)
    assert only(context, "note").state is State.OPEN
    undo.redo(context, who(context, person))
    assert (stored(context, before), only(context, "note")) == (done, opened)


@pytest.mark.parametrize(
    "trigger", ["recurring", "by-month", 'recurring:{"rrule":"a@b/c}"}', 'recurring:{"day":5}#2']
)
def test_a_key_names_its_turn_and_those_it_counts_from(trigger: str) -> None:
    named = named_turn(f"third/sales/recurring/{trigger}@recurring@2026-11")
    assert named is not None
    assert (named.provider, named.trigger) == ("sales", "recurring")
    between = named.other
    assert between is not None
    assert (between.trigger, between.turn) == (trigger, "recurring@2026-11")
    assert between.key_for(SHEET) == f"sheet/sales/{trigger}/recurring@2026-11"
    assert between.other == NamedTurn(provider="sales", trigger="recurring", turn="2026-11")
    assert between.other.other is None


@pytest.mark.parametrize(
    "key", ["hand-over/0001", "payday/2/2025-11", "payday/sales/recurring:{/2026-11", ""]
)
def test_a_key_of_another_kind_names_none(key: str) -> None:
    assert named_turn(key) is None
