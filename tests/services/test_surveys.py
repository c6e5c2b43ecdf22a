"""The quarterly survey: who is asked, what is kept of whom, what is shown."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sla_tracker.domain.measures.survey import Answer, Dimension, Mark
from sla_tracker.errors import Forbidden, NotFound, Overtaken, Refused, StoreError, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import surveys
from sla_tracker.storage.ballots import SUFFIX, FolderBallots
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.testing.company import a_context, set_clock
from tests.services.acts import who
from tests.services.memory_ballots import MemoryBallots

MARKS = {dimension: Mark(expectation=6, perception=5) for dimension in Dimension}
FINANCE = ("chen.jing", "sun.li", "sun.hua")


def answer(context: ServiceContext, person: str, provider: str = "sales") -> Answer:
    return surveys.answer(context, who(context, person), provider, MARKS, comment=" fine ")


def kept(context: ServiceContext) -> list[Answer]:
    return context.store.read(lambda tx: tx.find(Answer))


def test_one_is_asked_about_whoever_owes_ones_department(context: ServiceContext) -> None:
    assert surveys.asked(context, who(context, "chen.jing")) == ["sales", "service", "warehouse"]
    assert surveys.asked(context, who(context, "wang.fang")) == ["service"]
    answer(context, "chen.jing")
    assert surveys.asked(context, who(context, "chen.jing")) == ["service", "warehouse"]
    assert surveys.asked(context, who(context, "sun.li")) == ["sales", "service", "warehouse"]


def test_once_a_quarter(context: ServiceContext) -> None:
    given = answer(context, "chen.jing")
    assert (given.quarter, given.by, given.comment) == ("2026-Q4", "chen.jing", "fine")
    with pytest.raises(Overtaken, match="2026-Q4"):
        answer(context, "chen.jing")
    set_clock(context, "2027-01-04 09:00")
    assert answer(context, "chen.jing").quarter == "2027-Q1"


def test_figures_show_from_the_third_answer_on(context: ServiceContext) -> None:
    for number, person in enumerate(FINANCE, start=1):
        answer(context, person)
        (gaps,) = surveys.results(context, "2026-Q4")
        assert (gaps.answers, gaps.weighted) == (number, Decimal(-1) if number == 3 else None)
    assert surveys.results(context, "2026-Q3") == []


class TestAnonymous:
    @pytest.fixture
    def context(self) -> ServiceContext:
        return replace(a_context(survey_anonymous=True), ballots=MemoryBallots())

    def test_who_answered_is_on_record_and_what_is_not(self, context: ServiceContext) -> None:
        answer(context, "chen.jing")
        (receipt,) = kept(context)
        assert (receipt.by, receipt.marks, receipt.comment) == ("chen.jing", {}, "")
        assert receipt.is_receipt
        (change,) = context.store.changes(0)
        assert change.act.by == "chen.jing"
        assert surveys.results(context, "2026-Q4") == []

    def test_one_answer_a_person(self, context: ServiceContext) -> None:
        answer(context, "chen.jing")
        assert "sales" not in surveys.asked(context, who(context, "chen.jing"))
        assert "sales" in surveys.asked(context, who(context, "sun.li"))
        with pytest.raises(Overtaken):
            answer(context, "chen.jing")
        assert context.ballots is not None
        assert len(context.ballots.waiting()) == 1

    def test_answers_are_stored_together_by_nobody_when_all_have_answered(
        self, context: ServiceContext
    ) -> None:
        for person in FINANCE[:2]:
            answer(context, person)
        assert all(one.is_receipt for one in kept(context))
        answer(context, FINANCE[2])
        stored = [one for one in kept(context) if not one.is_receipt]
        assert [(one.by, one.answered_at) for one in stored] == [("", None)] * 3
        *before, last = context.store.changes(0)
        assert (last.act.by, len(last.touched)) == ("system", 3)
        touched = {id for change in before for _, id in change.touched}
        assert touched.isdisjoint(one.id for one in stored)
        (gaps,) = surveys.results(context, "2026-Q4")
        assert (gaps.answers, gaps.weighted) == (3, Decimal(-1))
        assert surveys.release(context) == 0

    def test_those_who_wait_are_stored_after_the_quarter(self, context: ServiceContext) -> None:
        small = replace(context, settings=replace(context.settings, survey_minimum=2))
        for person in FINANCE[:2]:
            answer(small, person)
        assert surveys.release(small) == 0
        set_clock(context, "2027-01-04 09:00")
        assert surveys.release(small) == 2
        assert surveys.results(small, "2026-Q4")[0].answers == 2

    def test_too_few_to_be_shown_are_never_stored(self, context: ServiceContext) -> None:
        answer(context, "chen.jing")
        set_clock(context, "2027-01-04 09:00")
        assert surveys.release(context) == 0
        assert context.ballots is not None
        assert context.ballots.waiting() == {}
        assert all(one.is_receipt for one in kept(context))

    def test_before_the_end_as_many_stay_behind_as_are_stored(self, context: ServiceContext) -> None:
        people = {f"p{number}": replace(context.people["sun.li"], id=f"p{number}") for number in range(9)}
        many = replace(context, people={**context.people, **people})
        for number in range(5):
            answer(many, f"p{number}")
        assert all(one.is_receipt for one in kept(many))
        answer(many, "p5")
        assert many.ballots is not None
        assert len(many.ballots.waiting()) == 3
        assert sum(not one.is_receipt for one in kept(many)) == 3

    def test_a_refused_answer_leaves_nothing_behind(self, context: ServiceContext) -> None:
        with pytest.raises(Forbidden):
            answer(context, "guest")
        assert context.ballots is not None
        assert context.ballots.waiting() == {}

    def test_a_program_that_ended_before_it_emptied_the_box_stores_nothing_twice(
        self, context: ServiceContext
    ) -> None:
        assert context.ballots is not None
        for person in FINANCE[:2]:
            answer(context, person)
        again = list(context.ballots.waiting().values())
        answer(context, FINANCE[2])
        for one in again:
            context.ballots.add(one)
        set_clock(context, "2027-01-04 09:00")
        surveys.release(replace(context, settings=replace(context.settings, survey_minimum=2)))
        assert sum(not one.is_receipt for one in kept(context)) == 3

    def test_without_a_place_beside_the_store_neither_name_nor_login_is_stored(
        self, context: ServiceContext
    ) -> None:
        there = replace(context, ballots=None, process="unix:1001:chenjing")
        for person in FINANCE:
            answer(there, person)
        assert [(one.by, one.answered_at) for one in kept(there)] == [("", None)] * 3
        assert {(change.act.by, change.act.via) for change in there.store.changes(0)} == {("system", "")}
        with pytest.raises(Overtaken):
            answer(there, "chen.jing")

    def test_without_it_only_who_may_have_answered_counts_as_a_member(self, context: ServiceContext) -> None:
        days = {"chen.jing": date(2025, 1, 1), "sun.li": date(2026, 10, 15), "sun.hua": date(2027, 1, 1)}
        people = {id: replace(one, left_on=days.get(id)) for id, one in context.people.items()}
        there = replace(context, ballots=None, people=people)
        answer(there, "sun.hua")
        assert "sales" in surveys.asked(there, who(there, "sun.hua"))  # it may have been her who left since
        answer(there, "sun.hua")
        assert "sales" not in surveys.asked(there, who(there, "sun.hua"))


def test_answers_wait_in_files_that_tell_no_time(tmp_path: Path) -> None:
    given = answer(replace(a_context(survey_anonymous=True), ballots=MemoryBallots()), "chen.jing")
    box = FolderBallots(tmp_path / "ballots")
    names = [box.add(given), box.add(given)]
    files = sorted((tmp_path / "ballots").iterdir())
    assert sorted(names) == [file.name for file in files]
    assert {file.stat().st_mtime for file in files} == {0}
    (tmp_path / "ballots" / f"odd{SUFFIX}").write_bytes(b"{")
    assert list(box.waiting().values()) == [given, given]
    box.remove(names)
    assert box.waiting() == {}
    assert FolderBallots(tmp_path / "none").waiting() == {}
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        FolderBallots(tmp_path / "file").add(given)


def test_an_answer_is_told_to_be_kept_once_its_name_is_on_the_disk(tmp_path: Path) -> None:
    class NamesDisk(Disk):
        def __init__(self) -> None:
            self.synced: list[tuple[str, int]] = []

        def sync_folder(self, path: Path) -> None:
            self.synced.append((path.name, len(list((tmp_path / "box").iterdir()))))
            if len(self.synced) > 3:
                raise OSError(errno.EIO, os.strerror(errno.EIO))

    given = answer(replace(a_context(survey_anonymous=True), ballots=MemoryBallots()), "chen.jing")
    disk = NamesDisk()
    box = FolderBallots(tmp_path / "box", disk)
    box.remove([box.add(given)])
    assert disk.synced == [(tmp_path.name, 0), ("box", 1), ("box", 0)]
    with pytest.raises(StoreError):
        box.add(given)
    assert box.waiting() == {}, "who is told that it is not kept answers again"


def test_what_is_refused(context: ServiceContext) -> None:
    with pytest.raises(Refused, match="Finance owes your department nothing"):
        answer(context, "wang.fang", "finance")
    with pytest.raises(NotFound):
        answer(context, "wang.fang", "moon")
    with pytest.raises(Forbidden):
        answer(context, "guest")
    with pytest.raises(UsageError, match="empathy"):
        surveys.answer(
            context,
            who(context, "chen.jing"),
            "sales",
            MARKS | {Dimension.EMPATHY: Mark(expectation=8, perception=1)},
        )
    assert kept(context) == []
