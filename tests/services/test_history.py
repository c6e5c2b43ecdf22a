"""The history of a duty says what was done to it, also what time alone brought."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from sla_tracker.cli.formats.documents import change_document, detail_document
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.people import SYSTEM
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import Incomplete
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.months import closing
from sla_tracker.services.ports import Writing
from sla_tracker.services.queries import duties
from sla_tracker.services.queries.tick_effects import effects_of
from sla_tracker.testing.company import set_clock
from sla_tracker.wording.event_changes import Reader
from sla_tracker.wording.facts.change_facts import history_facts
from sla_tracker.wording.history import change_word
from tests.services.acts import TICKED, complained, delivered, live, who


def words(context: ServiceContext, duty: Duty) -> list[tuple[str, str]]:
    """Return what the history of a duty says, and by whom."""
    shown = duties.detail(context, duty.id)
    assert shown is not None
    reader = Reader(departments={}, people=context.people, now=context.now(), zone=context.settings.zone)
    said = history_facts(shown.duty, shown.history, reader)
    return [(one.what, change.act.by) for one, change in zip(said, shown.history, strict=True)]


def test_silence_accepts_by_the_system_and_opens_nothing(context: ServiceContext) -> None:
    duty = delivered(context)
    set_clock(context, "2026-11-30 09:00")
    tick(context)
    assert words(context, duty)[-2:] == [("delivered", "wang.fang"), ("silence accepted", "system")]


def test_it_still_says_so_after_the_head_reopened_it(context: ServiceContext) -> None:
    duty = delivered(context)
    set_clock(context, "2026-11-30 09:00")
    tick(context)
    operations.reopen(context, who(context, "sun.hua"), duty.id, "page 2 is missing")
    operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
    operations.accept(context, who(context, "chen.jing"), duty.id)
    assert [word for word, _ in words(context, duty)][-5:] == [
        "delivered",
        "silence accepted",
        "reopened",
        "delivered",
        "accepted",
    ]


def test_what_the_calendar_opens_is_opened(context: ServiceContext) -> None:
    set_clock(context, "2026-12-01 09:00")
    tick(context)
    (duty, *_others) = live(context, "parts-margin")
    assert words(context, duty) == [("opened", "system")]


def test_silence_within_a_persons_act_is_told_before_that_act(context: ServiceContext) -> None:
    duty = delivered(context)
    set_clock(context, "2026-11-30 09:00")
    operations.reopen(context, who(context, "sun.hua"), duty.id, "page 2 is missing")
    assert words(context, duty)[-3:] == [
        ("delivered", "wang.fang"),
        ("silence accepted", "system"),
        ("reopened", "sun.hua"),
    ]


def test_silence_is_told_before_an_event_is_corrected_and_a_month_closed(context: ServiceContext) -> None:
    duty = delivered(context, subject="鄂F·1")
    set_clock(context, "2026-11-30 09:00")
    events.correct(context, who(context, "wang.fang"), duty.event, subject="鄂F·2")
    assert words(context, duty)[-2:] == [("silence accepted", "system"), ("event corrected", "wang.fang")]
    other = delivered(context, at="2026-11-25 10:00", subject="鄂F·3")
    set_clock(context, "2026-12-10 09:00")
    with suppress(Incomplete):
        closing.close(context, who(context, "root"), "2026-11", mark_missed=True)
    assert words(context, other)[-1] == ("silence accepted", "system")


def recorded(context: ServiceContext) -> list[tuple[str, list[str]]]:
    """Return what the log says of the ticks, in words and in JSON."""
    changes = list(context.store.changes())
    effects = effects_of(context.store, changes)
    ticks = [change for change in changes if change.act.what == "rolled_over"]
    return [(change_word(one, effects), change_document(one, effects)["did"]) for one in ticks]


def test_the_log_says_what_each_tick_did(context: ServiceContext) -> None:
    delivered(context)
    complained(context)
    tick(context)
    set_clock(context, "2026-11-30 09:00")
    tick(context)
    set_clock(context, "2026-12-01 09:00")
    tick(context)
    assert recorded(context)[-4:] == [
        ("silence accepted", ["accepted_by_silence"]),
        ("opened", ["opened"]),
        ("complaint escalated", ["complaint_escalated"]),
        ("brought up to date", ["brought_up_to_date"]),
    ]


def test_the_log_says_all_that_one_transaction_did(context: ServiceContext) -> None:
    """Silence may open what counts from the delivery; version 0.1 did all of a tick in one transaction."""
    duty, complaint = delivered(context), complained(context)
    set_clock(context, "2026-11-30 09:00")

    def all_at_once(tx: Writing, now: datetime) -> None:
        silent = replace(duty, state=State.ACCEPTED, accepted_at=now, accepted_by=SYSTEM)
        for value in (silent, replace(duty, id="another", opened_at=now), complaint):
            tx.put(value)

    context.write(None, Verb.ROLLED_OVER, all_at_once)
    assert recorded(context)[-1] == (
        "opened, silence accepted, complaint escalated",
        ["opened", "accepted_by_silence", "complaint_escalated"],
    )


def test_json_tells_of_a_duty_what_a_tick_did_and_keeps_the_recorded_verb(context: ServiceContext) -> None:
    duty = delivered(context)
    set_clock(context, "2026-11-30 09:00")
    tick(context)
    shown = duties.detail(context, duty.id)
    assert shown is not None
    *_, deliver, silence = detail_document(shown)["history"]
    assert (deliver["what"], deliver["did"]) == ("delivered", ["delivered"])
    assert (silence["what"], silence["did"]) == ("rolled_over", ["accepted_by_silence"])
