"""A closed month can still be read: show, why, log, subject, calendar, and complaints about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.agreements.obligation import OnEvent
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.archive_index import index_of, reference_key, reference_keys
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import NotFound, Refused, UsageError
from sla_tracker.services import event_claims, events, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints, handovers
from sla_tracker.services.duties import actions, operations, scheduler
from sla_tracker.services.lookup import archives
from sla_tracker.services.lookup.references import (
    existing,
    find_duty,
    find_duty_to_read,
    find_event,
    find_event_to_read,
)
from sla_tracker.services.months import archive, view
from sla_tracker.services.ports import Store
from sla_tracker.services.queries import duties
from sla_tracker.testing.company import OBLIGATIONS, a_context, an_actor, local, set_clock
from tests.services.acts import TICKED, opened, sheet, stored, who

NOVEMBER = date(2026, 11, 1)
OF_EVENTS = [one for one in OBLIGATIONS if one.trigger_of(OnEvent)]


def close(context: ServiceContext, month: str, at: str) -> None:
    """Settle what is owed, and seal a month."""
    set_clock(context, at)
    scheduler.tick(context)
    archive.close_and_seal(context, who(context, "root"), month, mark_missed=True)


@pytest.fixture
def context(any_store: Store) -> ServiceContext:
    return a_context(store=any_store, obligations=OF_EVENTS)


@pytest.fixture
def sealed(context: ServiceContext) -> Duty:
    """Deliver and accept a sheet of November, and seal the month."""
    duty = sheet(context)
    operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
    operations.accept(context, who(context, "chen.jing"), duty.id)
    duty = stored(context, duty)
    close(context, "2026-11", "2026-12-15 10:00")
    return duty


def test_a_sealed_duty_is_found_by_the_end_of_its_id_and_shown_as_it_was(
    context: ServiceContext, sealed: Duty
) -> None:
    for typed in (sealed.reference, f"#{sealed.reference.upper()}", sealed.id, sealed.id[-4:]):
        assert find_duty_to_read(context, typed) == sealed
    shown = duties.detail(context, sealed.id)
    assert shown is not None
    assert (shown.duty, shown.archive, shown.row.id) == (sealed, "2026-11", sealed.id)
    assert [change.act.what for change in shown.history][:3] == ["registered_event", "delivered", "accepted"]
    with pytest.raises(NotFound):
        find_duty_to_read(context, "ffffff")
    with pytest.raises(NotFound):
        find_duty_to_read(context, sealed.id[-3:])


def test_it_cannot_be_changed_and_says_how_it_could(context: ServiceContext, sealed: Duty) -> None:
    with pytest.raises(Refused, match="sla period reopen 2026-11"):
        find_duty(context, sealed.reference)
    with pytest.raises(Refused, match="sla show"):
        operations.note(context, who(context, "wang.fang"), sealed.id, "hello")


@pytest.mark.parametrize(
    "act",
    [
        lambda context, duty: handovers.offer(
            context, who(context, "li.na"), duty.id, "service", reason="they have the car"
        ),
        lambda context, duty: requests.answer(context, who(context, "wang.fang"), duty.id, "here it is"),
        lambda context, duty: event_claims.object_to(context, who(context, "chen.jing"), duty.id, "no"),
        lambda context, duty: event_claims.confirm(context, who(context, "chen.jing"), duty.event),
        lambda context, duty: event_claims.refuse(context, who(context, "chen.jing"), duty.event, "no"),
        lambda context, duty: events.correct(context, who(context, "wang.fang"), duty.event, subject="鄂F2"),
        lambda context, duty: events.cancel(context, who(context, "wang.fang"), duty.event, "typo"),
        lambda context, duty: events.move(
            context, who(context, "wang.fang"), duty.event, local("2026-12-20 10:00")
        ),
        lambda context, duty: find_event(context, duty.event[-6:]),
    ],
)
def test_every_act_on_it_or_its_event_names_the_archive(
    context: ServiceContext, sealed: Duty, act: Callable[[ServiceContext, Duty], object]
) -> None:
    with pytest.raises(Refused, match=r"archive of 2026-11.*sla period reopen 2026-11"):
        act(context, sealed)


def test_among_several_it_alone_is_left_out_and_named(context: ServiceContext, sealed: Duty) -> None:
    live = sheet(context, "2026-12-15 09:00", by="chen.jing")
    wang = who(context, "wang.fang")
    done = actions.apply_to_many(context, wang, [live.id, sealed.id], operations.take_action(context, wang))
    assert [one.id for one in done.done] == [live.id]
    (problem,) = done.refused
    assert "sla period reopen 2026-11" in problem.sentence()


def test_its_subject_has_its_duties_and_events_of_all_months(context: ServiceContext, sealed: Duty) -> None:
    live = sheet(context, "2026-12-15 09:00", subject="鄂F12345", by="chen.jing")
    found = duties.about_subject(context, "鄂F·12345")
    assert {sealed.id, live.id} <= {row.id for row in found.duties}
    assert sealed.event in {event.id for event in found.events}
    assert [row.due_at for row in found.duties] == sorted(row.due_at for row in found.duties)


def test_its_event_is_shown_with_every_duty_of_it(context: ServiceContext, sealed: Duty) -> None:
    assert find_event_to_read(context, sealed.event[-6:])[1] == "2026-11"
    assert sealed.id in {row.id for row in duties.rows_of_event(context, sealed.event)}
    with pytest.raises(NotFound, match="sla event list"):
        find_event_to_read(context, "ffffff")


def test_a_live_event_is_shown_with_its_sealed_duties(context: ServiceContext) -> None:
    """Two days before a signing papers are due, so that they lie in the archive of the month before it."""
    set_clock(context, "2026-11-20 14:00")
    signing = events.register(
        context,
        who(context, "chen.jing"),
        "settlement-scheduled",
        subject="2211",
        at=local("2026-12-01 15:00"),
    )
    close(context, "2026-11", "2026-12-15 10:00")
    event, month = find_event_to_read(context, signing.event.id[-6:])
    assert (event.id, month) == (signing.event.id, "")
    found = {row.id for row in duties.rows_of_event(context, event.id)}
    assert found == {duty.id for duty in signing.opened}
    assert any(context.store.read(lambda tx, id=id: tx.get(Duty, id)) is None for id in found)  # type: ignore[misc]


def test_the_calendar_of_its_month_has_it(context: ServiceContext, sealed: Duty) -> None:
    assert sealed.id in {row.id for row in view.month_plan(context, "finance", NOVEMBER).rows}
    assert sealed.id not in {row.id for row in view.month_plan(context, "warehouse", NOVEMBER).rows}
    days = (date(2026, 11, 23), date(2026, 11, 23))
    zone = context.settings.zone
    assert sealed.id in {duty.id for duty in archives.archived_due_between(context.store, *days, zone)}
    other = (date(2026, 11, 24), date(2026, 11, 24))
    assert sealed.id not in {duty.id for duty in archives.archived_due_between(context.store, *other, zone)}


def test_one_can_complain_about_it(context: ServiceContext, sealed: Duty) -> None:
    made = complaints.lodge(
        context, who(context, "chen.jing"), "sales", "the sum was wrong", duties=[sealed.id]
    )
    assert (made.duties, made.subject_key) == ((sealed.id,), sealed.subject_key)
    with pytest.raises(NotFound):
        complaints.lodge(context, who(context, "chen.jing"), "sales", "late", duties=["nothing"])


def test_the_other_end_of_a_hand_over_is_found(context: ServiceContext) -> None:
    duty = sheet(context, "2026-11-20 10:00")
    made = handovers.offer(context, who(context, "wang.fang"), duty.id, "service", reason="moved", within=30)
    _, linked = handovers.consent(context, who(context, "zhou.min"), made.id)
    close(context, "2026-11", "2026-12-15 10:00")
    assert linked.month != "2026-11"
    given = duties.linked_duty(context, stored(context, linked).handed_from)
    assert given is not None
    assert given.id == duty.id
    assert duties.linked_duty(context, "") is None


def test_short_notice_still_names_who_set_the_time(context: ServiceContext) -> None:
    planned = events.register(
        context,
        an_actor(context, "chen.jing"),
        "settlement-scheduled",
        subject="C-1",
        at=local("2026-11-23 10:00"),
    )
    papers = next(duty for duty in planned.opened if duty.obligation == "settlement-papers")
    if not papers.short_notice:
        events.move(context, who(context, "chen.jing"), papers.event, local("2026-11-20 17:00"))
    assert stored(context, papers).short_notice
    close(context, "2026-11", "2026-12-15 10:00")
    shown = duties.detail(context, papers.id)
    assert shown is not None
    assert shown.short_notice is not None
    assert shown.short_notice.by == "chen.jing"


class Counting:
    """A store that counts the archives it opens."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.opened: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def sealed(self, name: str) -> Sequence[object]:
        self.opened.append(name)
        return self._store.sealed(name)


@pytest.fixture
def years() -> tuple[ServiceContext, list[Duty]]:
    """Seal twenty-four months with a vehicle in each."""
    context = a_context(now="2024-12-02 09:00", in_force_from=date(2024, 12, 1), obligations=OF_EVENTS)
    found = []
    for number in range(24):
        year, month = divmod(number + 11, 12)
        at = f"{2024 + year}-{month + 1:02}-15 10:00"
        set_clock(context, at)
        found.append(opened(context, f"{at[:10]} 09:00", subject=f"V-{number}")["decoration-sheet"])
        then = date(2024 + (number + 13) // 12, (number + 13) % 12 + 1, 20)
        close(context, at[:7], f"{then} 10:00")
    return context, found


def test_only_the_archive_that_holds_it_is_opened(years: tuple[ServiceContext, list[Duty]]) -> None:
    context, found = years
    counting = Counting(context.store)
    context = replace(context, store=cast("Store", counting))
    for number in (0, 11, 23):
        duty = found[number]
        for look in (
            lambda duty=duty: find_duty_to_read(context, duty.reference),
            lambda duty=duty: duties.detail(context, duty.id),
            lambda duty=duty: duties.about_subject(context, duty.subject),
        ):
            counting.opened.clear()
            look()
            assert counting.opened[-1:] == [duty.month] or duty.month in counting.opened
            assert len(counting.opened) <= 2
    counting.opened.clear()
    with pytest.raises(NotFound):
        find_duty_to_read(context, "ffffff")
    assert len(counting.opened) <= 1


def test_an_archive_of_an_older_version_is_read_and_indexed_by_the_next_closing(
    context: ServiceContext, sealed: Duty
) -> None:
    month = context.store.read(lambda tx: existing(tx, Month, "2026-11"))
    context.write(None, Verb.CLOSED_MONTH, lambda tx, _now: tx.put(replace(month, index=None)))
    assert find_duty_to_read(context, sealed.reference) == sealed
    duty = sheet(context, "2026-12-15 09:00", subject="X-1")
    operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
    close(context, "2026-12", "2027-01-15 10:00")
    assert context.store.read(lambda tx: existing(tx, Month, "2026-11")).index == month.index


def test_two_that_end_alike_are_asked_apart(context: ServiceContext, sealed: Duty) -> None:
    twin = replace(
        sealed, id=f"{sealed.id[:-7]}{'0' if sealed.id[-7] != '0' else '1'}{sealed.id[-6:]}", key="twin"
    )
    archive.reopen_and_unseal(context, who(context, "root"), "2026-11", "a twin")
    context.write(None, Verb.NOTED, lambda tx, _now: tx.put(twin))
    archive.close_and_seal(context, who(context, "root"), "2026-11")
    with pytest.raises(UsageError, match="fits several"):
        find_duty_to_read(context, sealed.reference)


@given(
    st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=300), st.text(min_size=1, max_size=12)
)
def test_the_index_never_denies_what_is_there(keys: list[str], other: str) -> None:
    index = index_of(keys, ())
    assert all(index.may_hold(key) for key in keys)
    assert not index_of((), ()).may_hold(other)


def test_the_index_seldom_opens_an_archive_in_vain() -> None:
    index = index_of((f"subject:{number}" for number in range(3000)), ())
    assert sum(index.may_hold(f"subject:{number}") for number in range(3000, 23_000)) < 40


def test_a_typed_end_has_the_key_that_its_id_has() -> None:
    id = "01932f00-0000-7000-8000-000000abcdef"
    for typed in (id, "abcdef", "00abcdef", "cdef", "bcdef"):
        assert reference_key(typed) in reference_keys(id)
