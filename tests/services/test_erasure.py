"""A subject's data goes, everywhere and for good; times, verdicts and the record of acts stay."""

from __future__ import annotations

import builtins
from datetime import date, datetime
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from sla_tracker.domain.agreements.request_terms import Limit, RequestTerms
from sla_tracker.domain.deadlines.excuses import Interval
from sla_tracker.domain.deadlines.steps import Step, StepKind
from sla_tracker.domain.duties.duty import Duty, Terms
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.imports.run import ImportMap
from sla_tracker.domain.text import Text
from sla_tracker.errors import Forbidden, NotFound, UsageError
from sla_tracker.services import erasure, events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers, shift_notes
from sla_tracker.services.duties import holds, operations, waivers
from sla_tracker.services.months import archive
from sla_tracker.services.ports import Store
from sla_tracker.services.subjects.erased_copies import ERASED, KEPT, Erasable, erased_copy
from sla_tracker.storage.codec import KINDS, encode, kind_of
from sla_tracker.storage.journal.document import decoded
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.company import a_context, a_duty, an_actor
from tests.services.test_month_archive import NOVEMBER, at, clock_of, close, settled_context

SAID = "Zhang San 138"


def with_vehicle(store: Store | None = None) -> ServiceContext:
    context = a_context(store=store or MemoryStore())
    clock_of(context).set(at("2026-11-10T10:00"))
    registered = events.register(
        context,
        an_actor(context, "wang.fang"),
        "vehicle-delivered",
        subject="鄂F·12345",
        at=at("2026-11-10T09:30"),
    )
    sheet = next(duty for duty in registered.opened if duty.obligation == "decoration-sheet")
    operations.note(context, an_actor(context, "wang.fang"), sheet.id, "call Mr Li, 138…")
    return context


def admin(context: ServiceContext) -> str:
    return next(person.id for person in context.people.values() if person.role.value == "admin")


def test_live_duties_and_events_lose_the_subject_and_their_past() -> None:
    context = with_vehicle()
    before = context.store.read(lambda tx: tx.find(Duty))
    erased = erasure.erase(context, an_actor(context, admin(context)), "鄂f 12345", "the customer asked")
    assert (erased.duties, erased.others) == (len(before), 1)
    after = context.store.read(lambda tx: tx.find(Duty))
    assert {duty.subject for duty in after} == {ERASED}
    assert all(duty.notes == () for duty in after)
    assert {duty.due_at for duty in after} == {duty.due_at for duty in before}
    assert context.store.read(lambda tx: tx.find(Event))[0].subject == ERASED
    assert all(context.store.as_of(Duty, duty.id, duty_sequence(context, duty.id)) is None for duty in before)


def duty_sequence(context: ServiceContext, id: str) -> int:
    return context.store.history(id)[0].sequence


def test_closed_months_are_erased_too() -> None:
    context = settled_context()
    close(context)
    erasure.erase(context, an_actor(context, admin(context)), "鄂F·12345", "the customer asked")
    assert all(duty.subject != "鄂F·12345" for duty in archive.duties_of(context, NOVEMBER))


def test_the_reason_stays_on_record() -> None:
    context = with_vehicle()
    erasure.erase(context, an_actor(context, admin(context)), "鄂F·12345", "the customer asked")
    last = list(context.store.changes())[-1]
    assert (last.act.what, last.act.reason) == ("erased", "the customer asked")


def test_only_an_administrator_erases() -> None:
    with pytest.raises(Forbidden):
        erasure.erase(with_vehicle(), an_actor(with_vehicle(), "wang.fang"), "鄂F·12345", "because")


@pytest.mark.parametrize(("subject", "reason"), [("鄂F·12345", " "), ("··", "because")])
def test_a_reason_and_a_subject_are_needed(subject: str, reason: str) -> None:
    context = with_vehicle()
    with pytest.raises(UsageError):
        erasure.erase(context, an_actor(context, admin(context)), subject, reason)


def test_an_unknown_subject_says_so() -> None:
    context = with_vehicle()
    with pytest.raises(NotFound):
        erasure.erase(context, an_actor(context, admin(context)), "鄂F·99999", "because")


def filled(kind: Any) -> Any:
    """Return a value of a type with SAID as every text in it."""
    known: dict[Any, Any] = {
        str: SAID,
        int: 1,
        bool: True,
        datetime: at("2026-11-10T10:00"),
        date: date(2026, 11, 10),
        Terms: a_duty().terms,
        Text: Text(SAID, SAID),
        Interval: Interval(start_at=at("2026-11-10T10:00"), end_at=None, why=SAID),
        Step: Step(StepKind.EXCUSE, (("why", SAID),)),
    }
    parts = get_args(kind)
    match get_origin(kind):
        case builtins.dict:
            return {"field": SAID}
        case builtins.tuple:
            return (filled(parts[0]),)
    if kind in known:
        return known[kind]
    if parts:  # of several types, or none: the first one
        return filled(parts[0])
    if issubclass(kind, Enum):
        return next(iter(kind))
    return kind(**{name: filled(hint) for name, hint in get_type_hints(kind).items()})


def said_in(part: Any, name: str = "") -> set[str]:
    """Return the names under which SAID is still written."""
    match part:
        case dict():
            return set().union(*(said_in(value, key) for key, value in part.items()))
        case list():
            return set().union(*(said_in(value, name) for value in part))
        case _:
            return {name} if part == SAID else set()


@pytest.mark.parametrize("kind", get_args(Erasable), ids=lambda kind: kind.__name__)
def test_of_all_texts_only_ids_codes_and_titles_stay(kind: type[Erasable]) -> None:
    value = filled(kind)
    assert {"subject", "reason", "text", "file", "name"} & said_in(decoded(encode(value)))
    copy = erased_copy(value, frozenset(), None)
    assert said_in(decoded(encode(copy))) <= {
        *(
            "id",
            "key",
            "title",
            "zh",
            "en",
            "type",
            "duty",
            "duties",
            "event",
            "request",
            "obligation",
            "sealed",
        ),
        *(
            "provider",
            "consumer",
            "department",
            "giver",
            "taker",
            "complainant",
            "against",
            "judge",
            "linked",
        ),
        *(
            "code",
            "cause",
            "outcome",
            "side",
            "field",
            "about",
            "at",
            "month",
            "source",
            "digest",
            "import_id",
        ),
        *(
            "handed_from",
            "handed_to",
            "opened_from",
            "registered_from",
            "set_from",
            "time_set_from",
            "waited_for",
        ),
        *("not_reviewed", "calendar_version", "responsible", "person", "successor", "assignee"),
        *(name for name in said_in(decoded(encode(value))) if name == "by" or name.endswith("_by")),
        *(("name",) if kind is ImportMap else ()),  # its id stands for its name
    }


def test_only_texts_that_exist_are_kept() -> None:
    for kind, names in KEPT.items():
        assert set(names) <= set(get_type_hints(kind)), kind


def test_of_each_kind_that_is_stored_it_is_known_whether_it_names_a_subject() -> None:
    others = {
        "rosters",
        "months",
        "answers",
        "reminders",
        "reminded",
        "message_days",
        "agreements",
        "checklists",
    }
    assert {kind_of(kind).name for kind in get_args(Erasable)} | others == {kind.name for kind in KINDS}


def test_the_value_that_chooses_a_requests_limits_stays() -> None:
    urgent = Limit(values=("urgent",), due=a_duty().terms.due)
    terms = RequestTerms(usual=Limit(due=a_duty().terms.due), limits_by="how", limits=(urgent,))
    asked = a_duty(fields={"how": "urgent", "for": "Mr Li"})
    copy = erased_copy(asked, frozenset(), terms)
    assert isinstance(copy, Duty)
    assert copy.fields == {"how": "urgent"}


def test_what_was_written_elsewhere_about_its_duties_goes_too(any_store: Store) -> None:
    context = with_vehicle(any_store)
    (sheet,) = context.store.read(lambda tx: tx.find(Duty, obligation="decoration-sheet"))
    wang = an_actor(context, "wang.fang")
    holds.hold(context, wang, sheet.id, waits_for=SAID, reason=SAID)
    waivers.ask(context, wang, sheet.id, code="other", reason=SAID)
    handovers.offer(context, wang, sheet.id, "service", reason=SAID)
    shift_notes.write(context, wang, f"call {SAID} about 鄂F 12345")
    erasure.erase(context, an_actor(context, admin(context)), "鄂F·12345", "the customer asked")
    kept = [value for kind in KINDS for value in context.store.read(lambda tx, kind=kind: tx.find(kind.type))]  # type: ignore[misc]
    assert kept
    assert not any(SAID.encode() in encode(value) for value in kept)
    assert not any(SAID in change.act.reason for change in context.store.changes())
    (now,) = context.store.read(lambda tx: tx.find(Duty, obligation="decoration-sheet"))
    assert now.due_at == sheet.due_at
    assert [hold.reason for hold in now.holds] == [ERASED]
