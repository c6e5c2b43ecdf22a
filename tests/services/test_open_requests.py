"""Requests while they are open: fields that choose limits, changes and objections, papers, updates."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from sla_tracker.domain.agreements.fields import Choice, Field, FieldKind, filled
from sla_tracker.domain.agreements.obligation import OnRequest
from sla_tracker.domain.agreements.request_terms import Limit, SettleFrom
from sla_tracker.domain.deadlines.due import InElapsedTime, InWorkdays, InWorkingTime
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.reminders.policy import Anchor
from sla_tracker.domain.reminders.reminder import Reminder, ReminderState
from sla_tracker.domain.text import Text
from sla_tracker.errors import Forbidden, IllegalTransition, Incomplete, Overtaken, Refused, UsageError
from sla_tracker.quickstart.journal_tail import row_of_summary, summary_of
from sla_tracker.services import requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.departments.inbox import inbox_entries
from sla_tracker.services.departments.inbox_count import InboxCount
from sla_tracker.services.departments.inbox_duties import papers_limit
from sla_tracker.services.departments.inbox_entry import InboxKind
from sla_tracker.services.duties import holds, operations
from sla_tracker.services.duties.current_deadline import due_now
from sla_tracker.services.months import closing
from sla_tracker.services.open_requests import field_changes, progress
from sla_tracker.services.open_requests.update_clock import updates_of
from sla_tracker.services.queries.duties import detail
from sla_tracker.services.reminders.planner import my_reminders, plan
from sla_tracker.storage.codec import encode
from sla_tracker.testing.company import a_context, an_obligation, local, set_clock
from tests.services.acts import stored, stored_request, who
from tests.services.stores import Stores
from tests.services.test_renames import renamed


def elapsed(hours: float) -> InElapsedTime:
    return InElapsedTime(elapsed=timedelta(hours=hours))


PRIORITY = Field(
    id="priority",
    kind=FieldKind.CHOICE,
    label=Text("优先级", "Priority"),
    choices=tuple(Choice(id=id, label=Text(id, id)) for id in ("P1", "P2", "P3")),
)
FIX = an_obligation(
    "fix",
    title=Text("故障", "Fix"),
    triggers=(
        OnRequest(
            due=elapsed(72),
            answer=elapsed(4),
            fields=(PRIORITY,),
            limits_by="priority",
            limits=(
                Limit(values=("P1",), due=elapsed(4), answer=elapsed(0.25), target=Decimal("0.98")),
                Limit(values=("P2",), due=elapsed(8), answer=elapsed(0.5)),
            ),
            updates_every=elapsed(2),
        ),
    ),
)
CONTRACT = an_obligation(
    "contract",
    title=Text("合同", "Contract"),
    triggers=(
        OnRequest(
            due=InWorkingTime(span=timedelta(hours=4)),
            settle_from=SettleFrom.PAPERS,
            papers=tuple(
                Field(id=id, kind=FieldKind.TICK, label=Text(id, id)) for id in ("id-card", "invoice")
            ),
        ),
    ),
)
CONFIRMED = an_obligation(
    "confirmed",
    title=Text("确认", "Confirmed"),
    triggers=(OnRequest(due=elapsed(8), answer=elapsed(2), settle_from=SettleFrom.ANSWER),),
)
EVERY = (FIX, CONTRACT, CONFIRMED)


@pytest.fixture
def company(stores: Stores) -> Iterator[ServiceContext]:
    """Return the company on each kind of store, on Friday 2026-11-20 at 10:00."""
    with stores.opened() as store:
        yield a_context(now="2026-11-20 10:00", store=store, obligations=EVERY)


def ask(context: ServiceContext, obligation: str = "fix", **said: object) -> Duty:
    said = {"subject": "A", **({"fields": {"priority": "P2"}} if obligation == "fix" else {}), **said}
    return requests.ask(context, who(context, "chen.jing"), obligation, **said)[1]  # type: ignore[arg-type]


def change(context: ServiceContext, duty: Duty, to: str, at: str, by: str = "wang.fang") -> Duty:
    set_clock(context, at)
    return field_changes.change_fields(context, who(context, by), duty.id, {"priority": to}, "whole floor")


def dues(duty: Duty) -> tuple[datetime, datetime | None]:
    return duty.due_at, duty.answer_due_at


def test_a_value_chooses_the_limits_and_a_change_moves_both(company: ServiceContext) -> None:
    duty = ask(company)
    assert dues(duty) == (local("2026-11-20 18:00"), local("2026-11-20 10:30"))
    assert stored(company, duty).fields == {"priority": "P2"}
    sooner = change(company, duty, "P1", "2026-11-20 10:10", by="chen.jing")
    assert dues(sooner) == (local("2026-11-20 14:10"), local("2026-11-20 10:25"))
    assert (duty.terms.target, sooner.terms.target) == (Decimal("0.95"), Decimal("0.98"))
    request = stored_request(company, _request(company, duty))
    assert request.answer_due_at == local("2026-11-20 10:25")
    later = change(company, duty, "P3", "2026-11-20 12:00")
    # The answer's limit had passed, so it stays; the settlement's had not.
    assert dues(later) == (local("2026-11-23 10:00"), local("2026-11-20 10:25"))
    assert (later.terms.due, later.terms.target) == (elapsed(72), Decimal("0.95"))
    assert [one.new for one in stored(company, duty).field_changes] == ["P1", "P3"]


def _request(context: ServiceContext, duty: Duty) -> Request:
    found = detail(context, duty.id)
    assert found is not None
    assert found.request is not None
    return found.request


def test_an_objection_takes_the_longer_limit_back_until_the_head_confirms_it(company: ServiceContext) -> None:
    duty = ask(company, fields={"priority": "P1"})
    assert change(company, duty, "P3", "2026-11-20 11:00").due_at == local("2026-11-23 10:00")
    with pytest.raises(Forbidden):
        field_changes.object_to_change(company, who(company, "wang.fang"), duty.id, "no")
    set_clock(company, "2026-11-20 15:00")
    objected = field_changes.object_to_change(company, who(company, "chen.jing"), duty.id, "line stands")
    assert (objected.due_at, objected.fields) == (local("2026-11-20 14:00"), {"priority": "P1"})
    assert objected.is_overdue(company.now())
    with pytest.raises(Overtaken):
        field_changes.object_to_change(company, who(company, "sun.li"), duty.id, "again")
    with pytest.raises(Forbidden):
        field_changes.judge_change(company, who(company, "sun.li"), duty.id, confirmed=True)
    confirmed = field_changes.judge_change(company, who(company, "sun.hua"), duty.id, confirmed=True)
    assert (confirmed.due_at, confirmed.fields) == (local("2026-11-23 10:00"), {"priority": "P3"})
    with pytest.raises(Overtaken):
        field_changes.judge_change(company, who(company, "sun.hua"), duty.id, confirmed=False)


@pytest.mark.parametrize("confirmed", [True, False])
def test_an_objection_is_decided_on_after_a_hand_over_by_the_head_of_the_consumer(
    company: ServiceContext, confirmed: bool
) -> None:
    duty = ask(company, fields={"priority": "P1"})
    change(company, duty, "P3", "2026-11-20 11:00")
    field_changes.object_to_change(company, who(company, "chen.jing"), duty.id, "line stands")
    set_clock(company, "2026-11-20 15:00")
    offer = handovers.offer(company, who(company, "wang.fang"), duty.id, "warehouse", reason="moved")
    given, linked = handovers.consent(company, who(company, "wu.di"), offer.id)
    assert (given.is_late(company.now()), linked.field_changes) == (True, ())
    head = who(company, "sun.hua")
    fields = [one for one in inbox_entries(company, head) if one.kind is InboxKind.FIELD]
    assert [(one.id, one.mine) for one in fields] == [(duty.id, True)]
    with pytest.raises(Forbidden):
        field_changes.judge_change(company, who(company, "wu.di"), duty.id, confirmed=True)
    judged = field_changes.judge_change(company, head, duty.id, confirmed=confirmed)
    assert judged.is_late(company.now()) is not confirmed
    assert stored(company, linked).due_at == linked.due_at  # a clock of its own
    assert stored(company, linked).fields == {"priority": "P3" if confirmed else "P1"}
    assert [one.confirmed for one in stored(company, linked).field_changes] == [confirmed]
    assert stored(company, linked).answer_due_at == judged.answer_due_at
    assert not [one for one in inbox_entries(company, head) if one.kind is InboxKind.FIELD and one.mine]


def test_excuses_are_added_anew_also_one_that_runs(company: ServiceContext) -> None:
    duty = ask(company)
    set_clock(company, "2026-11-20 11:00")
    holds.hold(company, who(company, "wang.fang"), duty.id, waits_for="finance", reason="access")
    held = change(company, duty, "P1", "2026-11-20 12:00")
    assert due_now(company, held, company.now()).due_at == local("2026-11-20 17:00")
    set_clock(company, "2026-11-20 13:00")
    resumed = holds.resume(company, who(company, "wang.fang"), duty.id)
    assert resumed.due_at == local("2026-11-20 18:00")  # 12:00 and 4 hours, and 2 hours of hold
    assert resumed.granted is not None
    assert resumed.granted.due_at == local("2026-11-20 16:00")


def test_what_cannot_be_asked_or_changed_is_refused_with_what_to_do(company: ServiceContext) -> None:
    chen, wang = who(company, "chen.jing"), who(company, "wang.fang")
    for fields in ({}, {"priority": ""}, {"priority": "P9"}, {"kind": "x"}):
        with pytest.raises(Incomplete):
            requests.ask(company, chen, "fix", subject="A", fields=fields)
    with pytest.raises(UsageError):
        requests.ask(company, chen, "contract", subject="A", papers=("moon",))
    with pytest.raises(Refused):
        requests.ask(company, chen, "fix", subject="A", fields={"priority": "P1"}, papers=("moon",))
    assert company.store.read(lambda tx: tx.find(Duty)) == []
    duty = ask(company)
    with pytest.raises(UsageError, match="Nothing would change"):
        field_changes.change_fields(company, wang, duty.id, {"priority": "P2"}, "r")
    for values in ({"priority": "P9"}, {"priority": ""}, {"kind": "x"}):
        with pytest.raises(Incomplete):
            field_changes.change_fields(company, wang, duty.id, values, "r")
    with pytest.raises(UsageError):
        field_changes.change_fields(company, wang, duty.id, {"priority": "P1"}, " ")
    with pytest.raises(Forbidden):
        field_changes.change_fields(company, who(company, "liu.yang"), duty.id, {"priority": "P1"}, "r")
    assert stored(company, duty).field_changes == ()


def test_papers_start_the_clock_and_either_side_ticks_them(company: ServiceContext) -> None:
    duty = ask(company, "contract")
    assert duty.missing_papers == ("id-card", "invoice")
    set_clock(company, "2026-11-24 10:00")
    assert not stored(company, duty).is_overdue(company.now())
    assert due_now(company, stored(company, duty), company.now()).due_at > company.now()
    one = progress.tick_papers(company, who(company, "wang.fang"), duty.id, ["invoice"])
    assert one.stands_still(company.now())
    set_clock(company, "2026-11-24 14:00")
    both = progress.tick_papers(company, who(company, "chen.jing"), duty.id, ["id-card"])
    assert (both.due_at, both.excuses) == (local("2026-11-24 18:00"), ())
    with pytest.raises(UsageError):
        progress.tick_papers(company, who(company, "wang.fang"), duty.id, ["id-card"])
    complete = ask(company, "contract", papers=("id-card", "invoice"), subject="B")
    assert (complete.due_at, complete.excuses) == (local("2026-11-24 18:00"), ())


def test_the_answer_starts_the_settle_clock(company: ServiceContext) -> None:
    duty = ask(company, "confirmed")
    assert duty.due_at == local("2026-11-20 20:00")
    set_clock(company, "2026-11-20 10:30")
    answered = requests.answer(company, who(company, "wang.fang"), duty.id, "confirmed")
    assert (answered.due_at, answered.answer_due_at) == (local("2026-11-20 18:30"), local("2026-11-20 12:00"))
    late = ask(company, "confirmed", subject="B")
    set_clock(company, "2026-11-20 15:00")
    assert requests.answer(company, who(company, "wang.fang"), late.id, "at last").due_at == late.due_at


def test_papers_that_came_earlier_are_told_by_either_side(company: ServiceContext) -> None:
    """Four working hours from the last paper; the provider, who was not told, has the grace of a late registration."""
    wang, chen = who(company, "wang.fang"), who(company, "chen.jing")
    told, own = ask(company, "contract"), ask(company, "contract", subject="B")
    set_clock(company, "2026-11-23 16:00")
    with pytest.raises(UsageError, match="from the request on"):
        progress.tick_papers(company, chen, told.id, ["invoice"], local("2026-11-20 09:59"))
    with pytest.raises(UsageError, match="lies ahead"):
        progress.tick_papers(company, wang, told.id, ["invoice"], local("2026-11-23 16:01"))
    came_at, both = local("2026-11-23 09:00"), ["invoice", "id-card"]
    by_provider = progress.tick_papers(company, wang, own.id, both, came_at)
    assert (by_provider.due_at, by_provider.papers[0].told_at) == (local("2026-11-23 14:30"), None)
    by_consumer = progress.tick_papers(company, chen, told.id, both, came_at)
    assert by_consumer.due_at == local("2026-11-24 18:00")  # the close of the next workday
    assert recompute(by_consumer.deadline.steps) == by_consumer.due_at
    assert [paper.told_at for paper in by_consumer.papers] == [company.now()] * 2
    with pytest.raises(UsageError, match="ticked already"):
        progress.tick_papers(company, wang, told.id, ["invoice"], local("2026-11-23 10:00"))


def test_a_paper_that_was_ticked_too_late_is_corrected_by_an_earlier_time(company: ServiceContext) -> None:
    wang, chen = who(company, "wang.fang"), who(company, "chen.jing")
    duty = ask(company, "contract")
    set_clock(company, "2026-11-24 10:00")
    late = progress.tick_papers(company, wang, duty.id, ["invoice", "id-card"])
    assert late.due_at == local("2026-11-24 15:30")
    came_at = local("2026-11-23 17:00")
    earlier = progress.tick_papers(company, chen, duty.id, ["invoice", "id-card"], came_at)
    assert {paper.at for paper in earlier.papers} == {came_at}
    assert earlier.due_at == local("2026-11-25 18:00")  # as if it had been told of now: never late at once


def test_updates_within_one_span_count_once(company: ServiceContext) -> None:
    """Every two hours: three updates in a morning make up for no silence in the afternoon."""
    duty = ask(company, fields={"priority": "P3"})
    wang = who(company, "wang.fang")
    for at in ("10:30", "10:40", "12:20", "12:40"):
        set_clock(company, f"2026-11-20 {at}")
        progress.tell_update(company, wang, duty.id, f"at {at}")
    found = updates_of(company, stored(company, duty), company.now())
    assert found is not None
    # 10:30 keeps the limit of 12:00, 12:40 the next one from 12:30 on; 10:40 and 12:20 move limits only.
    assert (found.given, found.judged, found.next_at) == (2, 2, local("2026-11-20 14:40"))
    set_clock(company, "2026-11-20 17:00")
    silent = updates_of(company, stored(company, duty), company.now())
    assert silent is not None
    assert (silent.given, silent.judged) == (2, 4)  # 14:40 and 16:40 passed


def test_updates_are_counted_by_their_limits(company: ServiceContext) -> None:
    duty = ask(company, fields={"priority": "P3"})
    wang = who(company, "wang.fang")

    def figures() -> tuple[int, int, datetime | None]:
        found = updates_of(company, stored(company, duty), company.now())
        assert found is not None
        return found.given, found.judged, found.next_at

    assert figures() == (0, 0, local("2026-11-20 12:00"))
    set_clock(company, "2026-11-20 11:00")
    progress.tell_update(company, wang, duty.id, "looking")
    assert figures() == (1, 1, local("2026-11-20 13:00"))
    set_clock(company, "2026-11-20 13:30")
    assert figures() == (1, 2, local("2026-11-20 15:00"))
    holds.hold(company, wang, duty.id, waits_for="finance", reason="access")
    set_clock(company, "2026-11-20 16:30")
    assert figures() == (1, 2, local("2026-11-20 18:00"))
    holds.resume(company, wang, duty.id)
    set_clock(company, "2026-11-20 17:00")
    progress.tell_update(company, wang, duty.id, "cable found")
    operations.deliver(company, wang, duty.id)
    set_clock(company, "2026-11-20 22:00")
    assert figures() == (2, 3, None)
    operations.return_(company, who(company, "chen.jing"), duty.id, "still broken")
    assert figures() == (2, 3, local("2026-11-21 00:00"))
    found = detail(company, duty.id)
    assert found is not None
    assert found.row.update_due_at == local("2026-11-21 00:00")


def test_a_department_that_takes_it_over_has_its_own_clock(company: ServiceContext) -> None:
    duty = ask(company)
    offer = handovers.offer(
        company, who(company, "wang.fang"), duty.id, "warehouse", reason="theirs", within=2
    )
    _given, linked = handovers.consent(company, who(company, "wu.di"), offer.id)
    assert linked.terms.due == InWorkdays(workdays=2)
    moved = change(company, linked, "P1", "2026-11-20 11:00", by="ma.chao")
    assert (moved.due_at, moved.fields) == (linked.due_at, {"priority": "P1"})


def test_a_changed_checklist_changes_no_limit_of_an_open_request(company: ServiceContext) -> None:
    duty = ask(company)
    (trigger,) = FIX.triggers
    assert isinstance(trigger, OnRequest)
    catalogue = company.catalogue
    new = replace(FIX, triggers=(replace(trigger, limits=()),))
    later = replace(company, declared=replace(catalogue, obligations={**catalogue.obligations, "fix": new}))
    assert change(later, duty, "P1", "2026-11-20 11:00").due_at == local("2026-11-20 15:00")


RANGE = an_obligation(
    "range", triggers=(OnRequest(due=InWorkdays(workdays=10), earliest=InWorkdays(workdays=5)),)
)


def reminded(context: ServiceContext, at: str, anchor: Anchor) -> list[str]:
    """Return the steps of the reminders about a limit that were planned until an instant, with whom they reach."""
    set_clock(context, at)
    plan(context)
    found = sorted(
        context.store.read(lambda tx: tx.find(Reminder)), key=lambda one: (one.fell_due_at, one.id)
    )
    return [f"{one.turn.partition('@')[0]} {one.recipient}" for one in found if one.anchor is anchor]


def test_each_open_update_is_reminded_of_once_and_what_was_told_no_more() -> None:
    context = a_context(now="2026-11-20 09:00", obligations=EVERY)
    duty = ask(context, fields={"priority": "P3"})
    operations.take(context, who(context, "wang.fang"), duty.id)
    assert reminded(context, "2026-11-20 10:29", Anchor.UPDATE) == []
    assert reminded(context, "2026-11-20 10:30", Anchor.UPDATE) == ["update-soon wang.fang"]
    progress.tell_update(context, who(context, "wang.fang"), duty.id, "looking")
    plan(context)
    shown = my_reminders(context, "wang.fang")
    assert [one.anchor for one in shown if one.anchor is Anchor.UPDATE] == []  # it was told
    assert reminded(context, "2026-11-20 14:00", Anchor.UPDATE).count("update-soon wang.fang") == 2
    assert [one.anchor for one in my_reminders(context, "wang.fang")].count(Anchor.UPDATE) == 1


def test_the_consumer_is_reminded_of_papers_until_they_are_there() -> None:
    context = a_context(now="2026-11-02 09:30", obligations=EVERY)
    duty = ask(context, "contract")
    assert set(reminded(context, "2026-11-03 09:00", Anchor.PAPERS)) == {
        f"papers#1 {id}" for id in ("chen.jing", "sun.li", "sun.hua")
    }
    assert reminded(context, "2026-11-30 09:00", Anchor.PAPERS)[-1].startswith("papers-withdraw ")
    entry = next(
        one for one in inbox_entries(context, who(context, "chen.jing")) if one.kind is InboxKind.PAPERS
    )
    assert (entry.mine, entry.late) == (True, False)
    set_clock(context, "2026-12-01 09:00")
    entry = next(
        one for one in inbox_entries(context, who(context, "chen.jing")) if one.kind is InboxKind.PAPERS
    )
    assert entry.late
    progress.tick_papers(context, who(context, "chen.jing"), duty.id, ["id-card", "invoice"])
    assert not [
        one for one in inbox_entries(context, who(context, "chen.jing")) if one.kind is InboxKind.PAPERS
    ]


def test_the_limit_of_papers_stays_where_the_due_time_is_the_same_instant_and_moves() -> None:
    slow = replace(CONTRACT.triggers[0], due=InWorkdays(workdays=20))
    context = a_context(now="2026-11-02 09:30", obligations=[replace(CONTRACT, triggers=(slow,))])
    duty = ask(context, "contract")
    limit = papers_limit(context, duty)
    assert duty.due_at == limit
    set_clock(context, "2026-11-20 10:00")
    (entry,) = (
        one for one in inbox_entries(context, who(context, "chen.jing")) if one.kind is InboxKind.PAPERS
    )
    assert entry.duty is not None
    assert entry.duty.due_at > limit == entry.limit_at


def test_the_first_reminder_of_a_range_counts_from_its_earlier_end() -> None:
    context = a_context(now="2026-11-02 09:30", obligations=(RANGE,))
    duty = ask(context, "range")
    assert (duty.earliest.due_on.day if duty.earliest else 0, duty.deadline.due_on.day) == (9, 16)
    operations.take(context, who(context, "wang.fang"), duty.id)
    assert reminded(context, "2026-11-04 09:00", Anchor.DUE) == ["three-days-before wang.fang"]
    assert reminded(context, "2026-11-13 09:00", Anchor.DUE) == ["three-days-before wang.fang"]
    assert [one.turn.partition("@")[0] for one in reminders_now(context)] == ["three-days-before"]


def reminders_now(context: ServiceContext) -> list[Reminder]:
    """Return the due reminders that a person still sees."""
    found = context.store.read(lambda tx: tx.find(Reminder, state=ReminderState.SENT))
    return [one for one in found if one.anchor is Anchor.DUE]


def test_the_start_up_cache_says_the_same_of_papers_and_ranges_and_leaves_updates_to_the_store() -> None:
    context = a_context(now="2026-11-20 10:00", obligations=(*EVERY, RANGE))
    for duty in (ask(context, "contract", papers=("invoice",)), ask(context, "range"), ask(context)):
        summary = summary_of(json.loads(encode(duty)))
        found = detail(context, duty.id)
        assert found is not None
        quick = row_of_summary(summary, duty.due_at, context.now(), context.settings.zone)
        assert (quick.papers_missing, quick.earliest_on) == (found.row.papers_missing, found.row.earliest_on)
        assert quick.counted_by == found.row.counted_by
        assert summary.promises_updates is (found.row.update_due_at is not None)


def test_a_change_of_a_department_that_was_renamed_since_can_be_objected_to(company: ServiceContext) -> None:
    duty = ask(company, fields={"priority": "P1"})
    change(company, duty, "P3", "2026-11-20 11:00")
    later = renamed(company, departments={"sales": "selling"})
    objected = field_changes.object_to_change(later, who(later, "chen.jing"), duty.id, "no")
    assert (objected.provider, objected.due_at) == ("selling", local("2026-11-20 14:00"))


REMARK = Field(id="remark", kind=FieldKind.TEXT, label=Text("备注", "Remark"), required=False)
REMARKED = an_obligation(
    "fix",
    triggers=(
        OnRequest(
            due=elapsed(72),
            fields=(PRIORITY, REMARK),
            limits_by="priority",
            limits=(Limit(values=("P1",), due=elapsed(4)), Limit(values=("P2",), due=elapsed(8))),
        ),
    ),
)


class TestObjectionsToSeveralChanges:
    """An objection reaches the longer limit, whatever else the provider changes with it or afterwards."""

    @pytest.fixture
    def company(self) -> ServiceContext:
        return a_context(now="2026-11-20 10:00", obligations=[REMARKED])

    @pytest.fixture
    def duty(self, company: ServiceContext) -> Duty:
        """Return a request with 4 hours, until 14:00."""
        return ask(company, fields={"priority": "P1"})

    def changed(self, context: ServiceContext, duty: Duty, at: str, by: str = "wang.fang", **to: str) -> Duty:
        set_clock(context, f"2026-11-20 {at}")
        return field_changes.change_fields(context, who(context, by), duty.id, to, "whole floor")

    def objected(self, context: ServiceContext, duty: Duty) -> Duty:
        return field_changes.object_to_change(context, who(context, "chen.jing"), duty.id, "line stands")

    def in_inbox(self, context: ServiceContext, person: str = "sun.hua") -> list[bool]:
        entries = inbox_entries(context, who(context, person))
        return [one.mine for one in entries if one.kind is InboxKind.FIELD]

    @pytest.mark.parametrize("in_one_act", [True, False])
    def test_a_remark_shields_no_longer_limit(
        self, company: ServiceContext, duty: Duty, in_one_act: bool
    ) -> None:
        if in_one_act:
            self.changed(company, duty, "11:00", priority="P3", remark="by the door")
        else:
            self.changed(company, duty, "11:00", priority="P3")
            self.changed(company, duty, "11:01", remark="by the door")
        assert self.in_inbox(company, "chen.jing") == [True]
        objected = self.objected(company, duty)
        assert (objected.due_at, objected.fields["priority"]) == (local("2026-11-20 14:00"), "P1")
        assert self.in_inbox(company) == [True]
        kept = field_changes.judge_change(company, who(company, "sun.hua"), duty.id, confirmed=True)
        assert kept.fields == {"priority": "P3", "remark": "by the door"}

    def test_a_second_objection_is_to_the_longer_limit_before(
        self, company: ServiceContext, duty: Duty
    ) -> None:
        self.changed(company, duty, "11:00", priority="P3")
        self.changed(company, duty, "11:01", priority="P2")
        self.objected(company, duty)
        shown = self.objected(company, duty).field_changes
        assert [one.is_pending for one in shown] == [True, True]
        assert stored(company, duty).due_at == local("2026-11-20 14:00")
        with pytest.raises(Overtaken, match="already objected"):
            self.objected(company, duty)
        head = who(company, "sun.hua")
        field_changes.judge_change(company, head, duty.id, confirmed=False, shown=shown[1])
        with pytest.raises(Overtaken, match="already decided"):
            field_changes.judge_change(company, head, duty.id, confirmed=True, shown=shown[1])
        judged = field_changes.judge_change(company, head, duty.id, confirmed=True)
        assert [one.confirmed for one in judged.field_changes] == [True, False]
        assert judged.due_at == local("2026-11-23 10:00")

    def test_a_remark_alone_is_objected_to_as_before(self, company: ServiceContext, duty: Duty) -> None:
        self.changed(company, duty, "11:00", remark="by the door")
        assert "remark" not in filled(self.objected(company, duty).fields)
        with pytest.raises(Overtaken):
            self.objected(company, duty)

    def test_what_the_consumer_changed_is_nothing_to_object_to(
        self, company: ServiceContext, duty: Duty
    ) -> None:
        self.changed(company, duty, "11:00", by="chen.jing", priority="P3")
        with pytest.raises(IllegalTransition, match="no change of its provider"):
            self.objected(company, duty)

    @pytest.mark.parametrize("confirmed", [True, False])
    def test_delivered_and_accepted_it_is_still_decided_on(
        self, company: ServiceContext, duty: Duty, confirmed: bool
    ) -> None:
        self.changed(company, duty, "11:00", priority="P3")
        set_clock(company, "2026-11-20 15:00")
        operations.deliver(company, who(company, "wang.fang"), duty.id)
        assert self.objected(company, duty).is_late(company.now())
        assert self.in_inbox(company) == [True]
        operations.accept(company, who(company, "chen.jing"), duty.id)
        assert self.in_inbox(company) == [True]
        set_clock(company, "2026-12-01 09:00")
        with pytest.raises(Incomplete, match="2026-11") as refused:
            closing.close(company, who(company, "sun.hua"), "2026-11")
        assert "sla field judge" in refused.value.problems[0].sentence()
        judged = field_changes.judge_change(company, who(company, "sun.hua"), duty.id, confirmed=confirmed)
        assert (judged.state.value, judged.is_late(company.now())) == ("accepted", not confirmed)
        assert self.in_inbox(company) == []
        closing.close(company, who(company, "sun.hua"), "2026-11")

    def test_the_count_of_the_inbox_keeps_changed_requests(self, company: ServiceContext, duty: Duty) -> None:
        self.changed(company, duty, "11:00", priority="P3")
        self.objected(company, duty)
        count, head = InboxCount(), who(company, "sun.hua")
        assert count.count(company, head) == 1
        ask(company, fields={"priority": "P1"})
        count.note(company.store.touched(company.store.sequence() - 1))
        assert count.count(company, head) == 1
