"""View 5 and what one side says to the other: from the key to the store, in both languages and sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from textual.widgets import Input

from sla_tracker import i18n
from sla_tracker.domain.deadlines.explanation import explain
from sla_tracker.domain.duties.complaint import Complaint, Stage
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.handover import Offer, OfferState, ShiftNote
from sla_tracker.domain.measures.survey import Answer
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints, handovers, shift_notes
from sla_tracker.services.departments.inbox_entry import InboxKind
from sla_tracker.services.departments.limits import complaint_limit
from sla_tracker.services.duties import holds, operations, waivers
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.testing.company import set_clock
from sla_tracker.tui.dialogs.duties.party_dialogs import dialog_for
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.tui.dialogs.prompts import PickDialog
from sla_tracker.tui.dialogs.why import LimitDialog, WhyDialog
from sla_tracker.tui.screens.inbox import InboxScreen
from tests.services.acts import complained, delivered, opened, sheet, step_complaint, stored, who
from tests.tui.inbox import go_to, put_on_record, view_5
from tests.tui.trial import SIZES, an_app, quiet, text_of, type_in, until


def complaint_in(context: ServiceContext) -> Complaint:
    (found,) = context.store.read(lambda tx: tx.find(Complaint))
    return found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh_CN", "en"])
async def test_what_waits_is_listed_with_its_story(
    context: ServiceContext, lang: str, size: tuple[int, int]
) -> None:
    i18n.use(lang)
    complaint = complaints.lodge(context, who(context, "chen.jing"), "sales", "装饰单每周都迟")
    complaints.judge(context, who(context, "wu.di"), complaint.id, founded=True, reason="情况属实")
    async with an_app(context, "wu.di").run_test(size=size) as pilot:
        screen = await view_5(pilot)
        drawn = text_of(pilot.app)
        said = (
            ("指定责任部门", "判定是否成立", "情况属实")
            if lang == "zh_CN"
            else ("name the responsible department", "judge whether it is founded", "情况属实")
        )
        for words in (*said, "装饰单每周都迟"):
            assert words in drawn
        assert screen.list.rows[0].mine


async def test_a_complaint_goes_through_all_steps(context: ServiceContext) -> None:
    async with an_app(context, "chen.jing").run_test() as pilot:
        await view_5(pilot)
        await pilot.press("i")
        await quiet(pilot)
        await put_on_record(pilot, "sales", "late every week")
    walk = [
        ("wu.di", "yes"),
        ("wu.di", "service"),
        ("liu.yang", "workload"),
        ("liu.yang", ""),
        ("zhou.min", "yes"),
        ("liu.yang", ""),
        ("chen.jing", "3"),
    ]
    for person, choice in walk:
        stage = complaint_in(context).next
        async with an_app(context, person).run_test() as pilot:
            await go_to(pilot, await view_5(pilot), InboxKind.COMPLAINT)
            await put_on_record(pilot, choice, f"{stage} is done")
        assert complaint_in(context).taken[-1].stage is stage
    assert complaint_in(context).next is None


async def test_an_administrator_chooses_who_judges(context: ServiceContext) -> None:
    complaints.lodge(context, who(context, "chen.jing"), "sales", "late")
    async with an_app(context, "root").run_test() as pilot:
        screen = await view_5(pilot)
        assert screen.list.rows[0].kind is InboxKind.COMPLAINT
        await pilot.press("home", "t")
        await quiet(pilot)
        await put_on_record(pilot, "service", "the others are parties to it")
    assert complaint_in(context).judge == "service"


async def test_nobody_else_chooses_who_judges(context: ServiceContext) -> None:
    complaints.lodge(context, who(context, "chen.jing"), "sales", "late")
    async with an_app(context, "wu.di").run_test(notifications=True) as pilot:
        screen = await view_5(pilot)
        await pilot.press("home", "t")
        await quiet(pilot)
        assert pilot.app.screen is screen
        assert "Only administrators choose who judges" in text_of(pilot.app)


async def test_the_limit_of_a_complaints_step_is_explained(context: ServiceContext) -> None:
    complaint = complaints.lodge(context, who(context, "chen.jing"), "sales", "late every week")
    limit = complaint_limit(context, complaint)
    assert limit is not None
    async with an_app(context, "wu.di").run_test(size=(120, 36)) as pilot:
        await view_5(pilot)
        await pilot.press("home", "w")
        await quiet(pilot)
        drawn = text_of(pilot.app)
        assert isinstance(pilot.app.screen, LimitDialog)
        assert "late every week" in drawn
        assert "The complaint's next step is due by" in drawn
        steps = explain(limit.deadline.steps, lang="en", zone=context.settings.zone)
        assert all(word in drawn for step in steps for word in step.split())


async def test_an_entry_about_a_duty_explains_its_due(context: ServiceContext) -> None:
    operations.accept(context, who(context, "chen.jing"), delivered(context).id)
    async with an_app(context, "chen.jing").run_test() as pilot:
        screen = await view_5(pilot)
        place = next(n for n, row in enumerate(screen.list.rows) if row.kind is InboxKind.RATING)
        await pilot.press("home", *["down"] * place, "w")
        await quiet(pilot)
        assert isinstance(pilot.app.screen, WhyDialog)


async def test_a_step_needs_its_choice_and_words(context: ServiceContext) -> None:
    complaints.lodge(context, who(context, "chen.jing"), "sales", "late")
    async with an_app(context, "wu.di").run_test() as pilot:
        await go_to(pilot, await view_5(pilot), InboxKind.COMPLAINT)
        await put_on_record(pilot)
        assert "Choose first" in text_of(pilot.app)
        await put_on_record(pilot, "no")
        assert "A few words are needed" in text_of(pilot.app)
        await put_on_record(pilot, words="they were in time")
        assert isinstance(pilot.app.screen, InboxScreen)
    assert complaint_in(context).state.value == "unfounded"


async def test_whose_turn_it_is_not_is_told_so(context: ServiceContext) -> None:
    complaints.lodge(context, who(context, "chen.jing"), "sales", "late")
    async with an_app(context, "wang.fang").run_test() as pilot:
        await go_to(pilot, await view_5(pilot), InboxKind.COMPLAINT)
        assert isinstance(pilot.app.screen, InboxScreen)
    assert complaint_in(context).next is Stage.JUDGE


async def test_the_head_decides_on_waivers_and_holds(context: ServiceContext) -> None:
    found = opened(context)
    wang = who(context, "wang.fang")
    waivers.ask(context, wang, found["order-sheet"].id, code="agreed", reason="moved")
    holds.hold(context, wang, found["decoration-sheet"].id, waits_for="finance", reason="contract")
    holds.object_to(context, who(context, "chen.jing"), found["decoration-sheet"].id, "given last week")
    async with an_app(context, "sun.hua").run_test() as pilot:
        screen = await view_5(pilot)
        await go_to(pilot, screen, InboxKind.WAIVER)
        assert "agreed between the departments: moved" in text_of(pilot.app)
        await put_on_record(pilot, "yes")
        await go_to(pilot, screen, InboxKind.HOLD)
        assert "Finance: contract" in text_of(pilot.app)
        await put_on_record(pilot, "no")
    assert stored(context, found["order-sheet"]).state is State.WAIVED
    assert stored(context, found["decoration-sheet"]).holds[0].confirmed is False


async def test_of_several_holds_one_is_chosen_and_the_head_sees_it(context: ServiceContext) -> None:
    duty, wang = opened(context)["decoration-sheet"], who(context, "wang.fang")
    for reason in ("contract", "a stamp"):
        holds.hold(context, wang, duty.id, waits_for="finance", reason=reason)
        duty = holds.resume(context, wang, duty.id)
        set_clock(context, "2026-11-20 15:00")
    app = an_app(context, "chen.jing")
    async with app.run_test() as pilot:
        await view_5(pilot)
        app.push_screen(dialog_for(app, "object", duty))
        await pilot.pause()
        await put_on_record(pilot, duty.holds[0].start_at.isoformat(), "given last week")
    assert [one.is_pending for one in stored(context, duty).holds] == [True, False]
    async with an_app(context, "sun.hua").run_test() as pilot:
        await go_to(pilot, await view_5(pilot), InboxKind.HOLD)
        assert "Finance: contract" in text_of(pilot.app)
        await put_on_record(pilot, "yes")
    assert [one.confirmed for one in stored(context, duty).holds] == [True, None]


async def test_not_met_on_what_was_accepted_is_asked_about(context: ServiceContext) -> None:
    duty = delivered(context)
    operations.accept(context, who(context, "chen.jing"), duty.id)
    async with an_app(context, "chen.jing").run_test() as pilot:
        await go_to(pilot, await view_5(pilot), InboxKind.RATING)
        await put_on_record(pilot, "0", "torn")
        assert stored(context, duty).rating is None
        assert "not met" in text_of(pilot.app)
        await put_on_record(pilot)
    rating = stored(context, duty).rating
    assert rating is not None
    assert (rating.level, rating.word) == (0, "torn")


async def test_a_late_one_is_explained_once(context: ServiceContext) -> None:
    duty = sheet(context)
    set_clock(context, "2026-11-24 09:00")
    tick(context)
    async with an_app(context, "wang.fang").run_test() as pilot:
        screen = await view_5(pilot)
        causes = [row.id for row in screen.list.rows if row.kind is InboxKind.CAUSE]
        assert duty.id in causes
        await go_to(pilot, screen, InboxKind.CAUSE)
        await put_on_record(pilot, "forgotten")
        await until(
            pilot, lambda: [r.kind for r in screen.list.rows].count(InboxKind.CAUSE) == len(causes) - 1
        )


async def test_an_offer_is_agreed_to(context: ServiceContext) -> None:
    offer = handovers.offer(
        context, who(context, "wang.fang"), sheet(context).id, "service", reason="the car is there"
    )
    async with an_app(context, "zhou.min").run_test() as pilot:
        await go_to(pilot, await view_5(pilot), InboxKind.OFFER)
        await put_on_record(pilot, "yes")
    now = context.store.read(lambda tx: tx.get(Offer, offer.id))
    assert now is not None
    assert now.state is OfferState.CONSENTED


async def test_a_shift_note_is_made_edited_and_acknowledged(context: ServiceContext) -> None:
    duty = operations.take(context, who(context, "wang.fang"), sheet(context).id)
    # Who has given notice takes over until the day.
    leaving = replace(context.people["zhao.lei"], left_on=date(2027, 1, 1))
    context = replace(context, people={**context.people, "zhao.lei": leaving})
    async with an_app(context, "wang.fang").run_test() as pilot:
        await view_5(pilot)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, WordsDialog))
        assert duty.reference in text_of(pilot.app)
        await put_on_record(pilot, "zhao.lei", "call the garage ")
    (note,) = shift_notes.unacknowledged(context, "sales")
    assert "call the garage" in note.text
    async with an_app(context, "zhao.lei").run_test() as pilot:
        await go_to(pilot, await view_5(pilot), InboxKind.NOTE)
        await put_on_record(pilot)
    now = context.store.read(lambda tx: tx.get(ShiftNote, note.id))
    assert now is not None
    assert now.acknowledged_by == "zhao.lei"


async def test_a_survey_is_answered(context: ServiceContext) -> None:
    async with an_app(context, "chen.jing").run_test(size=(80, 24)) as pilot:
        await go_to(pilot, await view_5(pilot), InboxKind.SURVEY)
        await pilot.press("ctrl+s")
        await quiet(pilot)
        assert "two marks from 1 to 7" in text_of(pilot.app)
        marks = [one for one in pilot.app.screen.query(Input) if one.has_class("mark")]
        for mark in marks:
            mark.value = "6"
        await pilot.press("ctrl+s")
        await quiet(pilot)
    (given,) = context.store.read(lambda tx: tx.find(Answer))
    assert (given.provider, given.by, given.weighted_gap) == ("sales", "chen.jing", Decimal(0))


@pytest.mark.parametrize(
    ("word", "choice", "check"),
    [
        ("waiver", "agreed", lambda duty: duty.waiver is not None and duty.waiver.granted is None),
        ("Complain", "", lambda duty: duty.state is State.OPEN),
        ("Hand it", "service", lambda duty: duty.state is State.OPEN),
    ],
)
async def test_on_a_duty_one_chooses_what_to_say(
    context: ServiceContext, word: str, choice: str, check: Callable[[Duty], bool]
) -> None:
    duty = opened(context)["order-sheet"]
    person = "chen.jing" if word == "Complain" else "wang.fang"
    async with an_app(context, person).run_test() as pilot:
        await quiet(pilot)
        if person == "chen.jing":
            await pilot.press("2")
            await quiet(pilot)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickDialog))
        await type_in(pilot, word)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, WordsDialog))
        await put_on_record(pilot, choice, "because")
    assert check(stored(context, duty))


async def test_the_card_of_a_duty_says_what_both_sides_put_on_record(context: ServiceContext) -> None:
    found = opened(context)
    waivers.ask(context, who(context, "wang.fang"), found["order-sheet"].id, code="agreed", reason="moved")
    app = an_app(context, "wang.fang")
    async with app.run_test(size=(160, 48)) as pilot:
        for _row in found:
            await quiet(pilot)
            if "Waiver" in text_of(app):
                break
            await pilot.press("down")
        assert "agreed between the departments: moved" in text_of(app)


def test_everything_is_reachable_without_a_letter() -> None:
    for binding in InboxScreen.BINDINGS:
        assert any(len(key) > 1 for key in binding.key.split(",")), binding  # type: ignore[union-attr]


async def test_the_card_of_a_remedied_complaint_says_what_changed(context: ServiceContext) -> None:
    complaint = complained(context)
    for stage in (Stage.JUDGE, Stage.NAME, Stage.ANALYSE, Stage.PROPOSE, Stage.APPROVE, Stage.CARRY_OUT):
        complaint = step_complaint(context, complaint, stage)
    app = an_app(context, "chen.jing")
    async with app.run_test(size=(120, 48)) as pilot:
        await view_5(pilot)
        await until(pilot, lambda: "misses before 1/1, after 0/0 so far" in text_of(app))
