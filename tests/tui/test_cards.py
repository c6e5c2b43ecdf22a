"""What a card and a day of the calendar say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sla_tracker import i18n
from sla_tracker.domain.measures.comparisons.forecast import Expected, Forecast
from sla_tracker.services.departments.inbox_entry import InboxEntry, InboxKind, Turn
from sla_tracker.services.duties import holds
from sla_tracker.services.queries import duties
from sla_tracker.tui.view_context import view_context_of
from sla_tracker.tui.widgets.cards.duty_card import detail_facts, row_facts
from sla_tracker.tui.widgets.cards.inbox_card import inbox_facts
from sla_tracker.tui.widgets.lists.inbox_list import entry_sections, entry_text
from sla_tracker.tui.widgets.month.month_grid import DayLoad, MonthGrid
from sla_tracker.wording.duties import text_of
from tests.tui.trial import a_deployment, find

DAY = date(2026, 11, 23)


@pytest.mark.parametrize("is_held", [False, True])
def test_a_duty_on_hold_is_not_called_overdue(is_held: bool) -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    if is_held:
        holds.hold(deployment.context, deployment.actor, duty.id, waits_for="finance", reason="their stamp")
    detail = duties.detail(deployment.context, duty.id)
    assert detail is not None
    said = "\n".join(
        fact.content.plain
        for fact in row_facts(detail.row, view_context_of(deployment), deployment.context.now())
    )
    assert ("1 day overdue" in said) is not is_held
    assert ("on hold" in said) is is_held
    assert "11-19 18:00 Thu" in said


def test_the_card_of_an_archived_duty_says_where_it_lies() -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    detail = duties.detail(deployment.context, duty.id)
    assert detail is not None
    place, now = view_context_of(deployment), deployment.context.now()
    for archive, expected in (("", False), ("2026-11", True)):
        shown = detail_facts(replace(detail, archive=archive), place, now)
        said = "\n".join(fact.content.plain for fact in shown)
        assert ("sla period reopen 2026-11" in said) is expected


@pytest.mark.parametrize(
    ("load", "said"),
    [
        (DayLoad(owed=3, done=2), " ○3✓2 "),
        (DayLoad(owed=10, planned=1), " ○10◌1"),
        (DayLoad(late=10, owed=10), " ●10… "),
        (DayLoad(done=7), " ✓7   "),
    ],
)
def test_a_day_says_what_fits_and_that_there_is_more(load: DayLoad, said: str) -> None:
    i18n.use("en")
    grid = MonthGrid(DAY)
    grid.loads = {DAY: load}
    assert grid._load(DAY, 6).plain == said


def test_the_inbox_shows_a_head_what_the_month_is_expected_to_bring() -> None:
    i18n.use("en")
    deployment = a_deployment()
    expected = Expected(misses=1, least=0, most=2)
    forecast = Forecast(provider="sales", month="2026-11", used=2, allowed=2, ahead=7, expected=expected)
    place, now = view_context_of(deployment), deployment.context.now()
    entry = InboxEntry(
        kind=InboxKind.BUDGET,
        id="2026-11/sales",
        origin="sales",
        against="sales",
        about=forecast,
        limit_at=now,
        late=False,
        mine=False,
    )
    assert entry_text(entry, place) == "0-2 of 7 ahead; 2 so far, 2 allowed"
    card = "\n".join(fact.content.plain for fact in inbox_facts(entry, place, now))
    assert "All allowed misses of 2026-11 are used" in card
    assert "1 more expected (0-2) of 7 still ahead" in card


def test_news_stand_under_their_own_headings_before_what_others_have_to_do() -> None:
    i18n.use("en")
    deployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    kinds = (InboxKind.CAUSE, InboxKind.BUDGET, InboxKind.ENDING, InboxKind.WAIVER, InboxKind.HOLD)
    rows = [
        InboxEntry(
            kind=kind, id=kind, origin="sales", against="sales", about=duty, limit_at=None, late=False,
            mine=kind is InboxKind.CAUSE,
        )
        for kind in kinds
    ]  # fmt: skip
    assert [row.turn for row in rows] == [Turn.OWN, Turn.NEWS, Turn.NEWS, Turn.OTHERS, Turn.OTHERS]
    said = [(section.title, section.end - section.start) for section in entry_sections(rows)]
    assert said == [
        ("Late or returned: why?", 1),
        ("Allowed misses run out", 1),
        ("Ends soon, without a successor", 1),
        ("Others have to do the next step", 2),
    ]


def test_the_inbox_and_the_page_of_a_duty_say_when_its_obligation_ends() -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    detail = duties.detail(deployment.context, duty.id)
    assert detail is not None
    known = deployment.context.catalogue.obligations[duty.obligation]
    ending = replace(known, valid_until_on=date(2026, 12, 31))
    place, now = view_context_of(deployment), deployment.context.now()
    catalogue = replace(place.catalogue, obligations={ending.id: ending})
    entry = InboxEntry(
        kind=InboxKind.ENDING,
        id=ending.id,
        origin=ending.provider,
        against=ending.consumer,
        about=ending,
        limit_at=now,
        late=False,
        mine=False,
    )
    assert entry_text(entry, place) == text_of(ending.title)
    for shown in (
        detail_facts(detail, replace(place, declared=catalogue), now),
        inbox_facts(entry, place, now),
    ):
        assert "until 2026-12-31; no successor is agreed" in "\n".join(fact.content.plain for fact in shown)
