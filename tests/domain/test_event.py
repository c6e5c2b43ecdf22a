"""Events are corrected, moved and cancelled, on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sla_tracker.domain.duties.event import Event, EventState, cancelled, corrected, rescheduled
from sla_tracker.domain.people import Person
from sla_tracker.domain.text import Text
from sla_tracker.errors import IllegalTransition
from sla_tracker.testing.company import local

THEN = local("2026-11-20 09:00")
NOW = local("2026-11-20 10:00")
LI = Person(id="li.na", name="李娜", department="sales")
EVENT = Event(
    id="e-1",
    type="vehicle-delivered",
    title=Text(zh="车辆交付", en="Vehicle delivered"),
    planned=False,
    subject="鄂F12345",
    subject_key="鄂F12345",
    at=THEN,
    registered_at=THEN,
    registered_by="chen.jing",
    registered_from="finance",
    time_set_at=THEN,
    time_set_by="chen.jing",
    time_set_from="finance",
)
PLANNED = replace(EVENT, planned=True)
GONE = replace(PLANNED, state=EventState.CANCELLED)


def test_a_corrected_subject_leaves_who_set_the_time() -> None:
    changed = corrected(EVENT, subject="鄂F·99999", at=EVENT.at, fields={"cash": "yes"}, now=NOW, by=LI)
    assert (changed.subject, changed.subject_key, changed.fields) == (
        "鄂F·99999",
        "鄂F99999",
        {"cash": "yes"},
    )
    assert (changed.time_set_at, changed.time_set_from) == (THEN, "finance")


@pytest.mark.parametrize("planned", [True, False])
def test_a_new_time_says_who_set_it_and_when(planned: bool) -> None:
    if planned:
        changed = rescheduled(PLANNED, at=NOW, now=NOW, by=LI)
    else:
        changed = corrected(EVENT, subject=EVENT.subject, at=NOW, fields={}, now=NOW, by=LI)
    assert (changed.at, changed.time_set_at, changed.time_set_by, changed.time_set_from) == (
        NOW,
        NOW,
        "li.na",
        "sales",
    )


def test_what_has_happened_is_not_moved() -> None:
    with pytest.raises(IllegalTransition, match="already happened"):
        rescheduled(EVENT, at=NOW, now=NOW, by=LI)


def test_a_cancelled_event_stays_so() -> None:
    assert cancelled(EVENT, reason="resold").state is EventState.CANCELLED
    steps: list[Callable[[], Event]] = [
        lambda: cancelled(GONE, reason="x"),
        lambda: rescheduled(GONE, at=NOW, now=NOW, by=LI),
        lambda: corrected(GONE, subject="x", at=NOW, fields={}, now=NOW, by=LI),
    ]
    for step in steps:
        with pytest.raises(IllegalTransition, match="is cancelled"):
            step()
