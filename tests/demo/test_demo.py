"""The made-up company: the same on every call of a day, plausible in its figures, marked as what it is."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import pytest

from sla_tracker import i18n
from sla_tracker.demo import answers
from sla_tracker.demo.past import first_day
from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import OWED, Duty, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.text import Text
from sla_tracker.services.months import archive, closing
from sla_tracker.services.queries.duties import owed_by, owed_to

MORNING = "2026-11-20T09:30:00+08:00"

# Half of the year that is played by default: as many months as show everything that can happen.
SINCE = date(2026, 6, 1)

Line = tuple[str, ...]


@pytest.fixture(scope="module")
def frozen() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLA_NOW", MORNING)
        patch.setenv("SLA_LANG", "en")
        yield


@pytest.fixture(scope="module")
def deployment(frozen: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DirectDeployment]:
    folder = tmp_path_factory.mktemp("demo") / "company"
    DeploymentService().demo(folder, since=SINCE)
    deployment = open_deployment(folder)
    yield deployment
    deployment.close()


def test_its_texts_are_in_the_language_that_its_screens_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system names no language commands speak English, and the settings say Chinese."""
    monkeypatch.setenv("SLA_NOW", MORNING)
    for name in ("SLA_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    i18n.use("en")
    DeploymentService().demo(tmp_path / "company", since=date(2026, 11, 9))
    opened = open_deployment(tmp_path / "company")
    subjects = {event.subject for event in opened.context.store.read(lambda tx: tx.find(Event))}
    opened.close()
    assert any("鄂F" in subject for subject in subjects)
    assert not any("EF-" in subject for subject in subjects)


def every_duty(deployment: DirectDeployment) -> list[Duty]:
    context = deployment.context
    sealed = [duty for name in context.store.seals() for duty in archive.duties_of(context, name)]
    standing = context.store.read(lambda tx: tx.find(Duty, state=tuple(State)))
    return list({duty.id: duty for duty in (*sealed, *standing)}.values())


def lines(deployment: DirectDeployment) -> list[Line]:
    """Return what happened, without the ids that differ each time."""
    return sorted(
        (
            duty.obligation,
            duty.subject,
            duty.due_at.isoformat(),
            duty.state.value,
            duty.assignee,
            *(f"{delivery.at} {delivery.by} {delivery.reason}" for delivery in duty.deliveries),
        )
        for duty in every_duty(deployment)
    )


def test_another_call_on_the_same_day_plays_the_same(tmp_path: Path, frozen: None) -> None:
    played = []
    for name in ("one", "another"):
        DeploymentService().demo(tmp_path / name, since=date(2026, 10, 26))
        with contextlib.closing(open_deployment(tmp_path / name)) as deployment:
            events = deployment.context.store.read(lambda tx: tx.find(Event))
            played.append((lines(deployment), len(events)))
    one, another = played
    assert one == another
    assert len(one[0]) > 50


def test_it_is_a_trial_that_is_marked_as_a_demonstration(deployment: DirectDeployment) -> None:
    assert deployment.context.settings.trial
    assert deployment.context.settings.demonstration
    assert {change.act.via for change in deployment.context.store.changes() if change.act.by != "system"} == {
        "demonstration"
    }


def test_the_months_before_are_closed_and_sealed_with_plausible_figures(deployment: DirectDeployment) -> None:
    closed = {month.id for month in closing.closed_months(deployment.context)}
    assert closed == {f"2026-{number:02}" for number in range(SINCE.month, 11)}
    assert set(deployment.context.store.seals()) == closed
    for month in closed:
        duties = archive.duties_of(deployment.context, month)
        late = sum(duty.is_late(deployment.context.now()) for duty in duties)
        assert len(duties) > 50
        assert 0.01 < late / len(duties) < 0.25, month


def test_everything_that_can_happen_to_a_duty_has_happened(deployment: DirectDeployment) -> None:
    duties = every_duty(deployment)
    states = Counter(duty.state for duty in duties)
    assert {State.OPEN, State.DELIVERED, State.ACCEPTED, State.WAIVED, State.MISSED} <= set(states)
    assert sum(duty.was_returned for duty in duties) > 20
    assert sum(duty.rating is not None for duty in duties) > 50
    assert sum(bool(duty.holds) for duty in duties) > 10
    assert sum(duty.accepted_by in {"", "system"} for duty in duties if duty.accepted_at) > 50
    assert sum(bool(duty.cause) for duty in duties) > 30
    assert all(delivery.reason for duty in duties for delivery in duty.deliveries if delivery.returned_at)


def test_departments_also_ask_and_complain(deployment: DirectDeployment) -> None:
    read = deployment.context.store.read
    assert read(lambda tx: tx.find(Complaint))
    assert read(lambda tx: tx.find(Request))


def test_this_morning_has_something_for_everybody(deployment: DirectDeployment) -> None:
    sales, finance = (
        owed_by(deployment.context, "sales").counts,
        owed_to(deployment.context, "finance").counts,
    )
    assert sales.overdue
    assert sales.today
    assert sales.later
    assert sales.pool
    assert finance.delivered


def test_people_are_busy_differently(deployment: DirectDeployment) -> None:
    sales = Counter(
        duty.assignee for duty in every_duty(deployment) if duty.provider == "sales" and duty.assignee
    )
    assert sales["wang.fang"] > 2 * sales["zhao.qiang"] > 2 * sales["chen.gang"] > 0
    live = deployment.context.store.read(lambda tx: tx.find(Duty, state=OWED))
    assert any(not duty.assignee for duty in live)


def test_nothing_is_recorded_after_the_present(deployment: DirectDeployment) -> None:
    times = [change.act.at for change in deployment.context.store.changes()]
    assert max(times) <= deployment.context.now()
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 20), date(2025, 12, 1)),
        (date(2026, 12, 31), date(2026, 1, 1)),
        (date(2026, 1, 1), date(2025, 2, 1)),
    ],
)
def test_a_year_of_months_ends_with_the_present_one(today: date, expected: date) -> None:
    assert first_day(today) == expected


@pytest.mark.parametrize("kind", [Text("车牌号", "Plate"), Text("员工姓名", "Employee")], ids=str)
def test_subjects_are_invented_in_the_readers_language(kind: Text) -> None:
    today = date(2026, 11, 20)
    i18n.use("zh")
    chinese = answers.subject(kind, Random(1), today)
    i18n.use("en")
    english = answers.subject(kind, Random(1), today)
    assert (chinese.isascii(), english.isascii()) == (False, True)


def test_a_day_before_there_is_a_company_is_a_day_of_its_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLA_NOW", "2026-12-01T03:49:00+08:00")  # still the month before in UTC
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        assert DeploymentService().today(trial=True) == date(2026, 12, 1)
    finally:
        monkeypatch.undo()
        time.tzset()
