"""Closing and reopening a month may be interrupted between any two commits, and go on when they are called again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import pytest

from sla_tracker.domain.duties import states
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.scorecard import Figure
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import IllegalTransition, Overtaken, Refused
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.lookup.references import existing
from sla_tracker.services.months import archive
from sla_tracker.services.months.figure_source import duties_in, figures_in, standing_of
from sla_tracker.services.ports import Act, R, Writing
from sla_tracker.services.queries.forwarding import ForwardedStore
from sla_tracker.storage.codec import id_of
from sla_tracker.testing.company import OBLIGATIONS, a_context, set_clock
from tests.services.acts import TICKED, sheet, who
from tests.services.stores import in_files, in_memory

NOVEMBER = "2026-11"
MOST_COMMITS = 6  # of one closing or reopening; asserted
UNLIMITED = 1000
SHEET = [one for one in OBLIGATIONS if one.id == "decoration-sheet"]


class PowerCut(Exception):
    """The process ends before a commit."""


class EndingStore(ForwardedStore):
    """A store whose process ends before a commit; `left` is the number of commits until then."""

    left = UNLIMITED

    def write(
        self, act: Act, work: Callable[[Writing], R], on_commit: Callable[[int], None] | None = None
    ) -> R:
        if not self.left:
            raise PowerCut
        self.left -= 1
        return self.stored.write(act, work, on_commit)


class State(NamedTuple):
    """November's month, where its values lie, the keys on its events, its figures and the duties behind them."""

    month: Month
    sealed: dict[str, list[str]]
    live: list[tuple[str, states.State]]
    noted: list[tuple[str, ...]]
    figures: tuple[Figure, ...]
    behind: list[str]


@dataclass
class Company:
    """One company, its November with a delivered and an overdue duty, on 5 December."""

    store: EndingStore
    context: ServiceContext = field(init=False)

    def __post_init__(self) -> None:
        self.context = a_context(store=self.store, obligations=SHEET)
        sheet(self.context, "2026-11-20 09:00", subject="X-1")
        done = sheet(self.context, "2026-11-20 10:00", subject="X-2")
        operations.deliver(self.context, who(self.context, "wang.fang"), done.id, TICKED)
        set_clock(self.context, "2026-12-15 09:00")

    def close(self) -> archive.SealedMonth:
        return archive.close_and_seal(self.context, who(self.context, "sun.hua"), NOVEMBER, mark_missed=True)

    def reopen(self) -> Month:
        return archive.reopen_and_unseal(self.context, who(self.context, "sun.hua"), NOVEMBER, "a sum")

    def cut(self, act: Callable[[], object], commits: int) -> bool:
        """Tell whether an act that is interrupted after some commits had more to commit."""
        self.store.left = commits
        try:
            act()
        except PowerCut:
            return True
        finally:
            self.store.left = UNLIMITED
        return False

    def state(self) -> State:
        """Return everything that matters of November."""
        store = self.store
        standing = standing_of(self.context, month_range(NOVEMBER))
        return State(
            month=store.read(lambda tx: existing(tx, Month, NOVEMBER)),
            sealed={name: sorted(id_of(one) for one in store.sealed(name)) for name in store.seals()},
            live=sorted((duty.id, duty.state) for duty in store.read(lambda tx: tx.find(Duty))),
            noted=[event.sealed for event in store.read(lambda tx: tx.find(Event))],
            figures=figures_in(self.context, standing),
            behind=sorted(duty.id for duty in duties_in(self.context, standing)),
        )


@pytest.fixture(params=[in_memory, in_files])
def company(request: pytest.FixtureRequest) -> Iterator[Company]:
    with request.param() as store:
        yield Company(EndingStore(store))


def test_a_closing_goes_on_after_each_commit(company: Company) -> None:
    for commits in range(MOST_COMMITS):
        if not company.cut(company.close, commits):
            break
        assert company.close().sealed == 4
        month, sealed, live, noted, figures, behind = company.state()
        assert sum(figure.score.valid for figure in figures) == len(behind) == 2
        assert (month.closed, month.index is not None, len(sealed[NOVEMBER]), live, noted) == (
            True,
            True,
            4,
            [],
            [],
        )
        with pytest.raises(Overtaken, match="already closed"):
            company.close()
        company.reopen()
    assert commits >= 3


def test_a_reopening_goes_on_after_each_commit(company: Company) -> None:
    company.close()
    closed = company.state()
    for commits in range(MOST_COMMITS):
        if not company.cut(company.reopen, commits):
            break
        assert company.state() == closed  # nothing is done by halves
    month, sealed, live, noted, _figures, behind = company.state()
    assert (month.closed, sealed, len(live), noted, len(behind)) == (False, {}, 2, [(), ()], 2)
    with pytest.raises(IllegalTransition, match="not closed"):
        company.reopen()
    company.close()
    assert company.state()[1:] == closed[1:]


def test_a_closing_that_was_interrupted_can_be_reopened(company: Company) -> None:
    company.close()  # accepts what silence accepts, which is a commit of its own
    company.reopen()
    for commits in (1, 2):
        assert company.cut(company.close, commits)
        company.reopen()
        month, sealed, live, noted, *_shown = company.state()
        assert (month.closed, sealed, len(live), noted) == (False, {}, 2, [(), ()])


def test_another_month_s_closing_seals_one_that_was_interrupted(company: Company) -> None:
    assert company.cut(company.close, 2)
    set_clock(company.context, "2027-01-04 09:00")
    archive.close_and_seal(company.context, who(company.context, "sun.hua"), "2026-12")
    assert company.store.seals() == {NOVEMBER: 4}


def test_a_month_that_an_older_version_reopened_by_halves_is_not_closed_without_its_duties(
    company: Company,
) -> None:
    kept = company.close().month
    open_again = replace(kept, closed=False, index=company.state().month.index)
    company.context.write(None, Verb.REOPENED_MONTH, lambda tx, _now: tx.put(open_again))
    with pytest.raises(Refused, match="interrupted: sla period reopen 2026-11 brings them back"):
        company.close()
    company.reopen()
    assert company.close().month.figures == kept.figures
    assert company.store.seals() == {NOVEMBER: 4}
