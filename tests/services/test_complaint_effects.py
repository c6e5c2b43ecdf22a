"""What complaints changed: misses in sixty workdays before them and after their remedies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.domain.deadlines.due import InDays, deadline_after
from sla_tracker.domain.duties.complaint import Complaint, ComplaintState, Stage, Taken
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.measures.comparisons.complaint_effect import Misses
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaint_effects import complaint_effects
from sla_tracker.services.lookup.references import new_id
from sla_tracker.testing.company import a_calendar, a_context, a_duty, an_actor, local
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.screens.detail_rows import DetailRowsScreen
from sla_tracker.tui.screens.service_levels import LevelsScreen
from sla_tracker.tui.startup import start_of
from sla_tracker.wording.figures.complaints import effect_line, effect_texts
from tests.cli.runner import FakeDeployment, Line, TestDeployments
from tests.tui.trial import quiet, until

LODGED, REMEDIED = "2026-06-01 10:00", "2026-06-15 16:00"  # both a Monday
MARCH_9, MARCH_6 = date(2026, 3, 9), date(2026, 3, 6)  # sixty workdays before, and one more
JUNE_16, SEPTEMBER_7, SEPTEMBER_8 = date(2026, 6, 16), date(2026, 9, 7), date(2026, 9, 8)


def a_complaint(*duties: Duty, remedied: bool = True) -> Complaint:
    taken = [Taken(stage=Stage.RECORD, at=local(LODGED), by="chen.jing", text="late")]
    if remedied:
        taken.append(Taken(stage=Stage.CARRY_OUT, at=local(REMEDIED), by="li.na", text="done"))
    return Complaint(
        id="c0ffee",
        complainant="finance",
        against="sales",
        judge="warehouse",
        subject="",
        subject_key="",
        duties=tuple(duty.id for duty in duties),
        taken=tuple(taken),
        next=Stage.EVALUATE,
        due_at=None,
    )


def due(day: date, *, missed: bool, obligation: str = "sheet", consumer: str = "finance") -> Duty:
    """Return a duty of sales that is due on a day, missed or accepted in time."""
    opened_at = local(f"{day - timedelta(days=3)} 10:00")
    deadline = deadline_after(InDays(days=3), opened_at, a_calendar())
    duty = a_duty(
        id=new_id(opened_at),
        obligation=obligation,
        consumer=consumer,
        deadline=deadline,
        due_at=deadline.due_at,
        month=f"{deadline.nominal_on:%Y-%m}",
    )
    return replace(duty, state=State.MISSED if missed else State.ACCEPTED)


@pytest.fixture
def context() -> ServiceContext:
    """Let sales miss 5 of 10 sheets before the complaint, 2 of 12 after its remedy, and others besides."""
    before = [due(MARCH_9 + timedelta(weeks=week), missed=week < 5) for week in range(10)]
    after = [due(JUNE_16 + timedelta(weeks=week), missed=week < 1) for week in range(11)]
    beyond = [due(day, missed=True) for day in (MARCH_6, date(2026, 6, 1), date(2026, 6, 15), SEPTEMBER_8)]
    other = [
        due(MARCH_9, missed=True, obligation="list"),
        due(JUNE_16, missed=True, consumer="service"),
    ]
    context = a_context(now="2026-09-08 09:00", trial=True)
    for duty in (*before, *after, due(SEPTEMBER_7, missed=True), *beyond, *other):
        context.write(None, Verb.NOTED, lambda tx, _now, duty=duty: tx.put(duty))  # type: ignore[misc]
    return context


def test_the_same_obligation_is_compared_between_the_same_departments(context: ServiceContext) -> None:
    named = next(duty for duty in context.store.read(lambda tx: tx.find(Duty)) if duty.obligation == "sheet")
    (effect,) = complaint_effects(context, [a_complaint(named)])
    assert (effect.before, effect.after) == (Misses(missed=5, judged=10), Misses(missed=2, judged=12))
    assert effect.difference == Fraction(2, 12) - Fraction(5, 10)
    assert effect.is_over
    assert effect_texts(context, effect)[2:] == ("5/10  50.0 %", "2/12  16.7 %", "-33.3")


def test_without_named_duties_all_between_the_two_count(context: ServiceContext) -> None:
    (effect,) = complaint_effects(context, [a_complaint()])
    assert (effect.before, effect.after) == (Misses(missed=6, judged=11), Misses(missed=2, judged=12))


def test_below_ten_on_a_side_only_the_counts_are_told(context: ServiceContext) -> None:
    named = due(MARCH_9, missed=True, obligation="list")
    context.write(None, Verb.NOTED, lambda tx, _now: tx.put(named))
    (effect,) = complaint_effects(context, [a_complaint(named)])
    assert (effect.difference, effect.after) == (None, Misses())
    assert effect_line(effect) == "misses before 2/2, after 0/0"


def test_before_the_remedy_there_is_no_after_and_unfounded_ones_have_no_effect(
    context: ServiceContext,
) -> None:
    running = a_complaint(remedied=False)
    (effect,) = complaint_effects(context, [running, replace(running, state=ComplaintState.UNFOUNDED)])
    assert (effect.after, effect.difference) == (None, None)
    context = replace(context, clock=a_context(now="2026-09-07 09:00").clock)
    (effect,) = complaint_effects(context, [a_complaint()])
    assert not effect.is_over
    assert "so far" in effect_line(effect)


async def test_the_counts_open_the_duties_they_are_counted_from(
    context: ServiceContext, tmp_path: Path
) -> None:
    complaint = a_complaint(
        *context.store.read(lambda tx: tx.find(Duty, obligation="sheet", consumer="finance"))[:1]
    )
    context.write(None, Verb.LODGED_COMPLAINT, lambda tx, _now: tx.put(complaint))
    (tmp_path / CONFIG_FILE).write_text("", encoding="utf-8")
    line = Line(TestDeployments(folder=tmp_path, context=context))
    rows = ("complaint", "figures", "--complaint", "c0ffee", "--rows")
    for side, missed, judged in (("before", 5, 10), ("after", 2, 12)):
        found = line.json(*rows, side, person="sun.hua")["rows"]
        assert [one["missed"] for one in found] == [True] * missed + [False] * (judged - missed)
        assert f"{missed} of {judged} missed" in line.say(*rows, side, person="sun.hua")
    assert "go together" in line.say("complaint", "figures", "--rows", "before", person="sun.hua", code=2)
    actor = an_actor(context, "sun.hua")
    deployment = FakeDeployment(folder=tmp_path, context=context, actor=actor)
    async with SlaApp(start_of(deployment)).run_test(size=(120, 60)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, LevelsScreen)
        screen._choose_range(month_range("2026-06"))
        await until(pilot, lambda: any(one.key == "effect c0ffee after" for one in screen.figures.rows))
        place = [one.key for one in screen.figures.rows].index("effect c0ffee after")
        assert screen.figures.rows[place].number.startswith("2/12")
        screen.figures.focus()
        screen.figures.go_to(place)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DetailRowsScreen))
        await quiet(pilot)
        assert isinstance(page := pilot.app.screen, DetailRowsScreen)
        assert len(page.list.rows) == 12
