"""Deadlines in words."""

import re
import string
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sla_tracker.domain.agreements.counted import Base, counted_deadline
from sla_tracker.domain.deadlines.due import (
    AtEvent,
    DayOfMonth,
    Deadline,
    DueRule,
    EachWorkday,
    InDays,
    InElapsedTime,
    Interval,
    InWorkdays,
    InWorkingTime,
    ListedDays,
    MovedTurn,
    NthWorkday,
    Recurrence,
    Roll,
    Step,
    StepKind,
    Weekly,
    deadline_after,
    deadlines_between,
    grace,
    no_requests_step,
    period_step,
    recalculated,
    trigger_step,
    wanted,
    with_excuses,
)
from sla_tracker.domain.deadlines.duty_clock import DutyClock
from sla_tracker.domain.deadlines.explanation import explain, explain_line
from sla_tracker.domain.deadlines.phrases import PHRASES
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.deadlines.steps import changed_step, clock_start_step, counting_steps
from sla_tracker.domain.duties.request_clocks import ChangedLimit, ClockStart
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import MissingDays
from sla_tracker.domain.time.work_calendar import FixedDays, WorkCalendar
from tests.domain.calendars import SHANGHAI, at, closed, office

NATIONAL_DAY = {date(2026, 10, day): closed("National Day") for day in range(1, 8)}
HOUR = timedelta(hours=1)


def calendar() -> WorkCalendar:
    return office(source=FixedDays(by_day=NATIONAL_DAY, published_through=2026))


def sentences(deadline: Deadline, lang: str = "en") -> list[str]:
    return list(explain(deadline.steps, lang=lang, zone=SHANGHAI))


def line(deadline: Deadline, lang: str = "en") -> str:
    return explain_line(deadline.steps, lang=lang, zone=SHANGHAI)


def every_case() -> Iterator[tuple[Step, ...]]:
    """Yield steps of deadlines that between them need every phrase."""
    events = (
        "2026-11-23 09:00",
        "2026-11-20 09:00",
        "2026-11-20 19:00",
        "2026-11-21 09:00",
        "2026-11-18 09:00",
        "2026-12-30 09:00",
    )
    rules: tuple[DueRule, ...] = (
        AtEvent(),
        *(
            InDays(days=days, roll=roll)
            for days in (0, 1, 4, -1, -5)
            for roll in Roll
            if roll is not Roll.SKIP
        ),
        *(InWorkdays(workdays=days, at=at) for days in (3, -2) for at in (None, time(12))),
        *(InWorkingTime(span=hours * HOUR) for hours in (4, 0, -2)),
        *(InElapsedTime(elapsed=hours * HOUR) for hours in (24, -48)),
    )
    for rule in rules:
        for event in events:
            yield deadline_after(rule, at(event), calendar()).steps
    turns: tuple[DueRule, ...] = (
        *(DayOfMonth(day=day) for day in (31, -1, -3, -31)),
        DayOfMonth(day=25, offset=-3, at=time(15), zone="Europe/Berlin"),
        EachWorkday(),
        ListedDays(on=(date(2026, 11, 20),)),
        Weekly(weekdays=(3,), moved=(MovedTurn(turn_on=date(2026, 11, 26), to_on=date(2026, 11, 24)),)),
        *(NthWorkday(n=n) for n in (1, 31, -1, -2)),
        Weekly(weekdays=(5,)),
        Recurrence(rrule="FREQ=MONTHLY", start_on=date(2026, 1, 1)),
    )
    for rule in turns:
        for deadline in deadlines_between(rule, date(2026, 9, 1), date(2026, 12, 31), calendar()):
            yield deadline.steps
    empty = office({date(2026, 11, day): closed() for day in range(1, 31)})
    for deadline in deadlines_between(NthWorkday(n=1), date(2026, 11, 1), date(2026, 12, 1), empty):
        yield deadline.steps
    missing = office(source=MissingDays("moon"))
    yield deadline_after(InWorkdays(workdays=1), at(events[0]), missing).steps
    yield from _changes()
    yield from _counted()


def _counted() -> Iterator[tuple[Step, ...]]:
    for of in ("due", "delivery", "waived", "missed"):
        base = Base(at=at("2026-11-20 09:00"), of=of)
        for then in (InWorkingTime(span=4 * HOUR), InElapsedTime(elapsed=4 * HOUR)):
            steps = counted_deadline(then, base, Text("发薪", "Payday"), calendar()).steps
            yield steps
            yield tuple(counting_steps(steps))


def _changes() -> Iterator[tuple[Step, ...]]:
    base = deadline_after(InWorkdays(workdays=1), at("2026-11-16 09:00"), calendar())
    later = deadline_after(InWorkdays(workdays=9), at("2026-11-16 09:00"), calendar())
    holds = [Interval(start_at=at("2026-11-16 10:00"), end_at=at("2026-11-16 12:00"), why="wait")] * 2
    yield with_excuses(base, holds, DutyClock(calendar())).steps
    running = [Interval(start_at=at("2026-11-16 10:00"), end_at=None)]
    yield with_excuses(base, running, DutyClock(calendar())).steps
    yield with_excuses(base, running, DutyClock(calendar()), now=at("2026-11-16 15:00")).steps
    hour = InElapsedTime(elapsed=HOUR)
    around = DutyClock(calendar(), is_elapsed=True)
    elapsed = deadline_after(hour, at("2026-11-16 09:30"), calendar())
    yield with_excuses(elapsed, holds, around).steps
    yield with_excuses(elapsed, running, around, now=at("2026-11-16 15:00")).steps
    late = grace(elapsed, hour, at("2026-11-16 09:30"), at("2026-11-17 02:00"), calendar())
    assert late is not None
    yield late.steps
    yield wanted(base, date(2026, 11, 25), calendar()).steps
    granted = grace(base, InWorkdays(workdays=1), at("2026-11-16 09:00"), at("2026-11-19 09:00"), calendar())
    assert granted is not None
    yield granted.steps
    changed_at = at("2026-11-18 09:00")
    for delivered, by_event in ((True, False), (False, True), (False, False)):
        yield recalculated(later, base, changed_at, calendar(), delivered=delivered, by_event=by_event).steps
    yield recalculated(later, base, changed_at, calendar(), cause="agreement").steps
    newfoundland = office(zone="America/St_Johns")
    evening = newfoundland.instant_of(date(2006, 10, 29), time()) + timedelta(minutes=30)
    yield deadline_after(InDays(days=1, at=time(0), roll=Roll.NONE), evening, newfoundland).steps
    yield (Step(StepKind.SET, (("at", "2026-11-20T10:00:00Z"),)),)
    yield (no_requests_step(at("2026-11-20 10:00"), at("2026-11-23 08:30")),)
    priority = Text("优先级：一般 → 紧急", "Priority: usual → urgent")
    yield tuple(changed_step(priority, effect, at("2026-11-20 11:00")) for effect in ChangedLimit)
    yield tuple(clock_start_step(cause, at("2026-11-20 11:00")) for cause in ClockStart)
    yield (
        trigger_step(Text("车辆交付", "vehicle delivered")),
        period_step(date(2026, 10, 1), date(2026, 11, 1)),
    )


def test_every_kind_of_step_has_words_in_both_languages() -> None:
    assert {kind for kind, _ in PHRASES} == set(StepKind)
    for phrase in PHRASES.values():
        assert phrase.long.zh
        assert phrase.long.en
        assert bool(phrase.short.zh) == bool(phrase.short.en)
        for zh, en in ((phrase.long.zh, phrase.long.en), (phrase.short.zh, phrase.short.en)):
            assert not re.search(r"[一-鿿]", en)
            assert {field for _, field, _, _ in string.Formatter().parse(zh)} <= KNOWN_FIGURES
            assert {field for _, field, _, _ in string.Formatter().parse(en)} <= KNOWN_FIGURES


KNOWN_FIGURES = {
    "now",
    None,
    "name",
    "start",
    "last",
    "at",
    "from",
    "on",
    "skipped",
    "days",
    "workdays",
    "s",
    "span",
    "pieces",
} | {
    *(
        "day",
        "month",
        "n",
        "counted",
        "weekday",
        "rrule",
        "registered",
        "requested",
        "changed",
        "old",
        "floor",
        "until",
        "why",
    ),
    "years",
}


def test_every_phrase_is_used_by_some_deadline_and_leaves_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[tuple[StepKind, str]] = set()

    class Noting(dict[tuple[StepKind, str], object]):
        def __getitem__(self, key: tuple[StepKind, str]) -> object:
            used.add(key)
            return super().__getitem__(key)

    monkeypatch.setattr("sla_tracker.domain.deadlines.explanation.PHRASES", Noting(PHRASES))
    for steps in every_case():
        for lang in ("zh_CN", "en"):
            said = explain(steps, lang=lang, zone=SHANGHAI)
            assert len(said) == len(steps)
            assert all(said)
            assert not any("{" in sentence for sentence in said)
            assert explain_line(steps, lang=lang, zone=SHANGHAI)
    assert used == set(PHRASES)


def test_a_rolled_deadline_in_full() -> None:
    found = deadline_after(InDays(days=3), at("2026-09-30 16:40"), calendar())
    assert sentences(found) == [
        "It counts from Wed 30 Sep 2026 16:40.",
        "3 calendar days later, its own day not counted, is Sat 3 Oct 2026.",
        "Sat 3 Oct 2026 (National Day) is no workday, so it moves on to Thu 8 Oct 2026.",
        "It is due at the close of Thu 8 Oct 2026, 18:00.",
    ]
    assert sentences(found, "zh_CN")[2:] == [
        "2026-10-03（周六）休，不是工作日，顺延到 2026-10-08（周四）。",
        "以 2026-10-08（周四）下班时间 18:00 为限。",
    ]


def test_chinese_signs_leave_no_room_behind_them() -> None:
    said = [sentence for steps in every_case() for sentence in explain(steps, lang="zh", zone=SHANGHAI)]
    assert any("）12:00 为限" in sentence for sentence in said)
    assert [sentence for sentence in said if re.search("[（），。：；、] ", sentence)] == []


def test_one_line_for_a_list() -> None:
    found = deadline_after(InDays(days=3), at("2026-11-16 16:40"), calendar())
    assert line(found, "zh_CN") == "11-16 周一 16:40 起 · 3 日内 · 11-19 周四 18:00 下班前"
    assert line(found) == "from Mon 16 Nov 16:40 · within 3 days · by close of Thu 19 Nov, 18:00"


def test_one_line_of_working_time_ends_with_the_due() -> None:
    deadline = deadline_after(InWorkingTime(span=4 * HOUR), at("2026-11-20 11:00"), office())
    assert line(deadline) == "from Fri 20 Nov 11:00 · within 4 h of working time · by Fri 20 Nov 16:30"
    assert line(deadline, "zh").endswith("4 小时工作时间内 · 11-20 周五 16:30 前")


def test_every_line_says_the_due() -> None:
    for steps in every_case():
        if any(step.kind in (StepKind.CLOSE, StepKind.TIME, StepKind.ANCHOR) for step in steps):
            due = recompute(steps).astimezone(SHANGHAI)
            zone = next(step.get("zone") for step in steps if step.get("zone"))
            said = explain_line(steps, lang="en", zone=SHANGHAI)
            # A close at 24:00 is named by the day that ends.
            clock = recompute(steps).astimezone(ZoneInfo(zone))
            assert f"{due:%H:%M}" in said or f"{clock:%H:%M}" in said, said


def test_working_hours_are_listed() -> None:
    found = deadline_after(InWorkingTime(span=4 * HOUR), at("2026-11-20 16:40"), calendar())
    assert sentences(found)[-1] == (
        "Plus 4 h of working time (11-20 16:40–18:00, 11-23 08:30–11:10): Mon 23 Nov 2026 11:10."
    )
    assert sentences(found, "zh")[-1] == (
        "加 4 小时工作时间（11-20 16:40–18:00、11-23 08:30–11:10），到 2026-11-23（周一）11:10。"
    )


@pytest.mark.parametrize(("workdays", "said"), [(1, "within 1 workday ·"), (2, "within 2 workdays ·")])
def test_one_workday_is_not_said_as_several(workdays: int, said: str) -> None:
    found = deadline_after(InWorkdays(workdays=workdays), at("2026-11-20 16:40"), calendar())
    assert said in explain_line(found.steps, lang="en", zone=SHANGHAI)


def test_days_not_counted_are_listed() -> None:
    found = deadline_after(InWorkdays(workdays=2), at("2026-11-20 16:40"), calendar())
    assert "(not counting 11-21, 11-22)" in sentences(found)[1]
    assert "（不计 11-21、11-22）" in sentences(found, "zh_CN")[1]


def test_a_provisional_deadline_says_so() -> None:
    found = deadline_after(InWorkdays(workdays=3), at("2026-12-30 16:40"), calendar())
    assert (
        sentences(found)[-1] == "The days off of 2027 are not published yet, so the deadline is provisional."
    )
    assert line(found, "zh_CN").endswith(" · 暂定")


def test_long_lists_keep_their_ends() -> None:
    found = deadline_after(InWorkingTime(span=100 * HOUR), at("2026-11-20 08:30"), calendar())
    said = sentences(found)[-1]
    assert "11-20 08:30–12:00" in said
    assert "…" in said
    assert len(said) < 220


def test_the_readers_zone_is_used() -> None:
    found = deadline_after(AtEvent(), at("2026-11-20 08:00"), calendar())
    assert (
        explain(found.steps, lang="en", zone=ZoneInfo("Europe/Berlin"))[0]
        == "It counts from Fri 20 Nov 2026 01:00."
    )


@given(st.text(max_size=30))
@example("2026-99-99")
@example("{at}")
@example("{0.__class__}")
@example("2026-01-01T99:99Z")
def test_words_of_people_are_only_words(why: str) -> None:
    base = deadline_after(InWorkdays(workdays=1), datetime(2026, 11, 16, 1, tzinfo=UTC), calendar())
    hold = Interval(start_at=at("2026-11-16 10:00"), end_at=at("2026-11-16 12:00"), why=why)
    assert why in sentences(with_excuses(base, [hold], DutyClock(calendar())))[-2]


def test_a_year_that_could_not_be_read_is_not_called_unpublished() -> None:
    missing = office(source=MissingDays("moon"))
    found = deadline_after(InWorkdays(workdays=9), at("2026-12-28 09:00"), missing)
    assert found.provisional
    assert sentences(found)[-1] == (
        "The days off of 2026 2027 could not be read, so the deadline is provisional; sla doctor says why."
    )
    assert sentences(found, "zh_CN")[-1].startswith("2026 2027 年的放假安排未能读取，期限为暂定")
