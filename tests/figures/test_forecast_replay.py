"""The forecast replayed over the past of the demo: how often the misses lay in the range, as the documents say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.states import Opened, State
from sla_tracker.domain.measures.comparisons.forecast import CLOSED_MONTHS, expected_misses, odds_of
from sla_tracker.domain.measures.outcome import VALID, Outcome, outcome_of
from sla_tracker.domain.time.instants import preceding
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months import archive
from sla_tracker.services.months.figure_source import last_closed

pytestmark = pytest.mark.faults
DAYS = (5, 10, 20)
NOON = time(12)
FIGURES = Path(__file__).parents[2] / "docs" / "figures.md"
BY_CALENDAR = {Opened.RECURRING, Opened.STANDING}


def ahead_at(duties: list[Duty], at: datetime) -> list[Duty]:
    """Return the duties of a month that a forecast at that moment would have counted."""

    def is_known(duty: Duty) -> bool:
        return duty.opened_at <= at or duty.terms.opened in BY_CALENDAR

    def is_done(duty: Duty) -> bool:
        first = duty.deliveries[0] if duty.deliveries else None
        return (first is not None and first.at <= at) or (duty.closed_at is not None and duty.closed_at <= at)

    return [duty for duty in duties if duty.due_at > at and is_known(duty) and not is_done(duty)]


def replayed(context: ServiceContext, month: str) -> Iterator[tuple[int, int, int]]:
    """Yield the range and the misses for each department and day of a closed month."""
    duties = [one for one in archive.duties_in_months(context, (month,)) if one.state is not State.CANCELLED]
    closed = context.store.read(lambda tx: last_closed(tx, preceding(month), CLOSED_MONTHS))
    odds, now = odds_of(one for kept in closed for one in kept.figures), context.now()
    for day in DAYS:
        at = datetime.combine(date.fromisoformat(f"{month}-{day:02d}"), NOON, context.settings.zone)
        for provider in sorted({duty.provider for duty in duties}):
            own = [one for one in ahead_at(duties, at.astimezone(UTC)) if one.provider == provider]
            expected = expected_misses([odds.of((one.provider, one.consumer, one.obligation)) for one in own])
            if own and expected is not None:
                outcomes = [outcome_of(one, now) for one in own]
                counted = [one for one in outcomes if one in VALID]
                yield expected.least, expected.most, counted.count(Outcome.MISSED)


def test_the_range_covers_the_share_of_the_past_that_the_documents_say(tmp_path: Path) -> None:
    first = date(2024, 1, 1) if os.environ.get("SLA_EFFORT") == "full" else date(2026, 8, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLA_NOW", "2026-11-20T09:30:00+08:00")
        patch.setenv("SLA_LANG", "en")
        DeploymentService().demo(tmp_path / "company", since=first)
        deployment = open_deployment(tmp_path / "company")
    context = deployment.context
    months = context.store.read(lambda tx: last_closed(tx, "2026-10", 36))
    cases = [case for month in months[1:] for case in replayed(context, month.id)]
    inside = sum(least <= missed <= most for least, most, missed in cases)
    deployment.close()
    assert len(cases) >= 12
    said = re.search(r"in (\d+) of (\d+) cases", FIGURES.read_text(encoding="utf-8"))
    assert said is not None
    if os.environ.get("SLA_EFFORT") == "full":
        assert inside / len(cases) == pytest.approx(int(said[1]) / int(said[2]), abs=0.02)
    assert inside / len(cases) >= 0.8
