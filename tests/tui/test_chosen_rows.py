"""What a view shows of a board follows the rows that change, as if all had been looked at anew."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from sla_tracker.domain.duties.states import Opened, State
from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.domain.text import NO_TEXT, Text
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.duties import Board
from sla_tracker.services.queries.rows import (
    Bucket,
    DutyRow,
    Scope,
    bucket_at,
    count,
    exchanged_rows,
    urgency,
)
from sla_tracker.testing.company import a_context, an_actor, local
from sla_tracker.tui.filtering import filtered, spelled_like
from sla_tracker.tui.first_view import in_scope
from sla_tracker.tui.screens.base.chosen_rows import choose_rows
from sla_tracker.tui.view_context import ViewContext

NOW = local("2026-11-19 09:00")


def a_place(context: ServiceContext) -> ViewContext:
    return ViewContext(
        company=NO_TEXT, zone=context.settings.zone, actor=an_actor(context, "wang.fang"), people=context.people,
        departments={}, trial=False, demonstration=False,
    )  # fmt: skip


def a_row(chance: random.Random, number: int, context: ServiceContext) -> DutyRow:
    due_at = NOW + timedelta(hours=chance.randrange(-60, 400))
    state = chance.choice((State.OPEN, State.OPEN, State.HELD, State.DELIVERED))
    return DutyRow(
        id=f"id-{number}", reference=f"{number:06x}", obligation="forms", title=Text(zh="订车单", en="Order forms"),
        provider="sales", consumer="finance", subject=chance.choice(("", "鄂F·12345", "鄂F·77777")), due_at=due_at,
        bucket=bucket_at(state, due_at, NOW, context.settings.zone), state=state,
        assignee=chance.choice(("", "wang.fang", "zhao.lei")), month="2026-11", opened=Opened.ON_EVENT,
    )  # fmt: skip


def a_board(rows: Sequence[DutyRow], score: Score) -> Board:
    in_order = tuple(sorted(rows, key=urgency))
    return Board(rows=in_order, counts=count(in_order), score=score, sequence=1, at=NOW)


def mine(rows: Sequence[DutyRow]) -> Sequence[DutyRow]:
    return in_scope(rows, Scope.MINE, "wang.fang")


def to_judge_first(row: DutyRow) -> tuple[object, ...]:
    return row.state is not State.DELIVERED, *urgency(row)


@pytest.mark.parametrize(
    ("choose", "order"),
    [(mine, urgency), (lambda rows: sorted(rows, key=to_judge_first), to_judge_first), (tuple, urgency)],
)
@pytest.mark.parametrize("asked", ["", "77777", "state:hold", "dingchedan"])
def test_an_update_by_rows_is_the_whole_chosen_anew(
    choose: Callable[[Sequence[DutyRow]], Sequence[DutyRow]],
    order: Callable[[DutyRow], tuple[object, ...]],
    asked: str,
) -> None:
    chance, context = random.Random(7), a_context(now="2026-11-19 09:00")
    place, score = a_place(context), Score(target=context.settings.target)
    board = a_board([a_row(chance, number, context) for number in range(60)], score)
    chosen = choose_rows(board.rows, choose, asked, place, NOW)
    for turn in range(40):
        gone = chance.sample(board.rows, 2)
        come = [a_row(chance, int(gone[0].id[3:]), context), a_row(chance, 100 + turn, context)]
        rows = tuple(exchanged_rows(board.rows, gone, come))
        board = replace(board, rows=rows, before=board.rows, gone=tuple(gone), come=tuple(come))
        followed = chosen.after(board, choose, order, place, NOW)
        assert followed is not None
        anew = choose_rows(board.rows, choose, asked, place, NOW)
        assert (list(followed.rows), list(followed.found)) == (list(anew.rows), list(anew.found))
        assert (followed.counts, followed.base) == (anew.counts, anew.base)
        if followed.places is not None:
            others = [one for one in range(len(anew.found)) if one not in followed.places]
            assert [followed.found[one] for one in others] == [chosen.found[one] for one in others]
        chosen = followed


def test_a_row_that_keeps_its_place_is_told_by_it() -> None:
    chance, context = random.Random(7), a_context(now="2026-11-19 09:00")
    place, score = a_place(context), Score(target=context.settings.target)
    board = a_board([a_row(chance, number, context) for number in range(30)], score)
    chosen = choose_rows(board.rows, tuple, "", place, NOW)
    for change, places in (({"evidence_done": 1}, [7]), ({"due_at": NOW + timedelta(days=90)}, None)):
        gone, come = board.rows[7], replace(board.rows[7], **change)
        come = replace(come, bucket=Bucket.LATER) if places is None else come
        rows = tuple(exchanged_rows(board.rows, [gone], [come]))
        update = replace(board, rows=rows, before=board.rows, gone=(gone,), come=(come,))
        followed = chosen.after(update, tuple, urgency, place, NOW)
        assert followed is not None
        assert followed.places == places


def test_another_board_or_another_next_workday_is_chosen_anew() -> None:
    chance, context = random.Random(7), a_context(now="2026-11-19 09:00")
    place, score = a_place(context), Score(target=context.settings.target)
    board = a_board([a_row(chance, number, context) for number in range(9)], score)
    chosen = choose_rows(board.rows, mine, "", place, NOW)
    assert chosen.after(board, mine, urgency, place, NOW) is None  # nothing was exchanged
    gone = board.rows[:1]
    update = replace(board, rows=board.rows[1:], before=board.rows, gone=gone)
    assert chosen.after(update, mine, urgency, place, NOW) is not None
    assert chosen.after(update, mine, urgency, place, NOW + timedelta(days=1)) is None
    assert chosen.after(replace(update, before=board.rows[1:]), mine, urgency, place, NOW) is None


def test_a_filter_asks_each_word_of_each_row() -> None:
    chance, context = random.Random(7), a_context(now="2026-11-19 09:00")
    place = a_place(context)
    rows = [a_row(chance, number, context) for number in range(40)]
    for asked, wanted in (
        ("77777", lambda row: "77777" in row.subject),
        ("f77777", lambda row: "77777" in row.subject),
        ("order held", lambda row: False),
        ("order 12345", lambda row: "12345" in row.subject),
        ("#000003", lambda row: row.reference == "000003"),
        ("＃０００００３", lambda row: row.reference == "000003"),
        ("ＯＲＤＥＲ　１２３４５", lambda row: "12345" in row.subject),
        ("finance state:hold", lambda row: row.bucket is Bucket.ON_HOLD),
        ("ｓｔａｔｅ：ｈｏｌｄ", lambda row: row.bucket is Bucket.ON_HOLD),
    ):
        assert [row.id for row in filtered(rows, asked, place, NOW)] == [
            row.id for row in rows if wanted(row)
        ]


def test_full_width_letters_are_found_on_both_sides() -> None:
    for text in ("装饰金额（元）", "装饰金额(元)", "AB-3", "ＡＢ－３"):
        for typed in (text, text.lower(), text[-3:]):
            assert spelled_like(typed, text)
    assert spelled_like("ab-3", "ＡＢ－３")
    assert spelled_like("额(元", "装饰金额（元）")
    assert not spelled_like("ａｃ", "AB-3")
