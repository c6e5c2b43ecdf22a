"""Who reads what: each kind of value with a stranger, one of its parties, an administrator, and a login of nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import pytest

from sla_tracker.domain.consent.agreement import AgreedLimit, AgreedParts, Agreement
from sla_tracker.domain.deadlines.due import InDays
from sla_tracker.domain.duties.complaint import Complaint, Stage
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.handover import Offer, ShiftNote
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.survey import Answer, Dimension, Mark
from sla_tracker.domain.people import Actor, Person, Role
from sla_tracker.errors import NotFound
from sla_tracker.services.access import ReadingRule, may_read
from sla_tracker.services.consent import agreeing
from sla_tracker.services.consent.parties import find_parties
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers, shift_notes, surveys
from sla_tracker.services.lookup.references import find_duty
from sla_tracker.services.ports import Act, Reading, Version, Where, Writing
from sla_tracker.services.queries.forwarding import ForwardedReading, ForwardedStore
from sla_tracker.services.queries.reading import GUARDED, PARTLY, ReadersStore, ReadingRights
from tests.services.acts import complaint_at, sheet, who

R = TypeVar("R")
NOBODY = Actor(
    person=Person(id="login:x", name="x", department="", role=Role.READER), via="login", is_named=False
)


def seen_by(context: ServiceContext, actor: Actor, rule: ReadingRule = ReadingRule.OWN) -> ServiceContext:
    """Return the context as it is for one person."""
    return replace(context, store=ReadersStore(context.store, lambda: ReadingRights(context, actor, rule)))


def found(context: ServiceContext, kind: type[Any]) -> list[Any]:
    return context.store.read(lambda tx: tx.find(kind))


def test_with_own_a_duty_is_its_parties(context: ServiceContext) -> None:
    duty = sheet(context)
    assert {duty.provider, duty.consumer} == {"sales", "finance"}
    for person in ("wang.fang", "li.na", "chen.jing"):
        assert find_duty(seen_by(context, who(context, person)), duty.reference) == duty
    for stranger in (who(context, "zhou.min"), NOBODY):
        narrow = seen_by(context, stranger)
        with pytest.raises(NotFound):
            find_duty(narrow, duty.reference)
        assert duty not in found(narrow, Duty)
        assert duty not in narrow.store.read(lambda tx: list(tx.each(Duty)))
        assert narrow.store.history(duty.id) == []
        assert narrow.store.as_of(Duty, duty.id, context.store.sequence()) is None
        assert all(("duties", duty.id) not in change.touched for change in narrow.store.changes())
        assert all(duty not in values for _change, values in narrow.store.revisions())


def test_a_finished_duty_of_the_past_is_read_like_a_duty(context: ServiceContext) -> None:
    at = context.now()
    past = PastDuty(
        id="past1",
        obligation="decoration-sheet",
        provider="sales",
        consumer="finance",
        due_at=at,
        delivered_at=at,
        month="2026-01",
        imported_by="wang.fang",
        imported_at=at,
        import_id="import1",
    )
    context.store.write(Act(what="imported", by="wang.fang", at=at), lambda tx: tx.put(past))
    for actor in (who(context, "zhou.min"), NOBODY):
        assert found(seen_by(context, actor), PastDuty) == []
        assert found(seen_by(context, actor, ReadingRule.ALL), PastDuty) == [past]
    assert found(seen_by(context, who(context, "li.na")), PastDuty) == [past]


def test_with_all_everybody_reads_duties(context: ServiceContext) -> None:
    duty = sheet(context)
    for actor in (who(context, "zhou.min"), NOBODY):
        assert find_duty(seen_by(context, actor, ReadingRule.ALL), duty.reference) == duty


def test_an_administrator_and_an_auditor_read_everything(context: ServiceContext) -> None:
    duty = sheet(context)
    admin = Actor(person=Person(id="boss", name="boss", department="", role=Role.ADMIN), via="login")
    auditor = Actor(person=Person(id="audit", name="audit", department="", role=Role.READER), via="login")
    for actor in (admin, auditor):
        assert find_duty(seen_by(context, actor), duty.reference) == duty


def test_who_is_offered_a_duty_reads_it(context: ServiceContext) -> None:
    duty = sheet(context)
    stranger = who(context, "zhou.min")
    handovers.offer(context, who(context, "wang.fang"), duty.id, stranger.department, reason="for you")
    narrow = seen_by(context, stranger)
    assert find_duty(narrow, duty.reference).id == duty.id
    assert len(found(narrow, Offer)) == 1
    assert found(seen_by(context, who(context, "chen.jing"), ReadingRule.ALL), Offer) == []


@pytest.mark.parametrize("rule", ReadingRule)
def test_a_shift_note_is_its_departments(context: ServiceContext, rule: ReadingRule) -> None:
    shift_notes.write(context, who(context, "wang.fang"), "call the garage", whole_department=True)
    assert len(found(seen_by(context, who(context, "zhao.lei"), rule), ShiftNote)) == 1
    for stranger in (who(context, "chen.jing"), who(context, "zhou.min"), NOBODY):
        assert found(seen_by(context, stranger, rule), ShiftNote) == []


@pytest.mark.parametrize("rule", ReadingRule)
def test_a_complaint_is_its_sides_until_it_is_escalated(context: ServiceContext, rule: ReadingRule) -> None:
    complaint = complaint_at(context, Stage.JUDGE)
    sides = {complaint.complainant, complaint.against, complaint.judge}
    for person in context.people.values():
        actor = Actor(person=person, via="test")
        expected = person.department in sides or person.role is Role.ADMIN
        assert (complaint in found(seen_by(context, actor, rule), Complaint)) == expected, person.id
    assert found(seen_by(context, NOBODY, rule), Complaint) == []
    escalated = replace(complaint, escalated_at=context.now())
    assert may_read(NOBODY, escalated, rule)


def test_rights_are_asked_anew_at_every_call(context: ServiceContext) -> None:
    duty = sheet(context)
    present = [who(context, "wang.fang")]
    narrow = replace(
        context,
        store=ReadersStore(context.store, lambda: ReadingRights(context, present[0], ReadingRule.OWN)),
    )
    assert find_duty(narrow, duty.reference) == duty
    present[0] = NOBODY
    with pytest.raises(NotFound):
        find_duty(narrow, duty.reference)


def test_every_stored_kind_is_guarded_or_for_everybody() -> None:
    """A new kind of value has to be placed: it would be everybody's unseen."""
    from sla_tracker.storage.codec import KINDS

    for_everybody = {"events", "rosters", "message_days", "checklists"}
    for_everybody |= {"imports", "import_maps"}  # how lists of events were read, which everybody reads
    assert {kind.name for kind in KINDS} == set(GUARDED) | set(PARTLY) | for_everybody
    assert {kind.name: kind.type for kind in KINDS if kind.name in GUARDED} == dict(GUARDED)


def test_what_is_only_proposed_is_of_the_two_departments(context: ServiceContext) -> None:
    """What is agreed is everybody's, because duties go by it; what was said about it is not."""
    proposer, other, stranger = who(context, "sun.hua"), who(context, "li.na"), who(context, "zhou.min")
    parties = find_parties(context, proposer, "order-sheet")
    draft = agreeing.TermsDraft(
        parts=AgreedParts(limits=(AgreedLimit(trigger="on_event", due=InDays(days=2)),)),
        first_on=date(2026, 12, 1),
        note="between us",
    )
    known = agreeing.propose(context, proposer, parties, draft)
    narrow = seen_by(context, stranger, ReadingRule.ALL)
    assert found(narrow, Agreement) == []
    assert narrow.store.history(known.id) == []
    assert found(seen_by(context, other, ReadingRule.ALL), Agreement) == [known]
    agreeing.refuse(context, other, known.id, 1, "too early")
    agreeing.propose(context, proposer, parties, draft)
    accepted = agreeing.accept(context, other, known.id, 2)
    (shown,) = found(narrow, Agreement)
    assert [(one.number, one.note, one.answer) for one in shown.proposals] == [(2, "", "")]
    assert [change.act.what for change in narrow.store.history(known.id)] == ["accepted_agreement"]
    assert narrow.catalogue.obligations == context.catalogue.obligations
    assert found(seen_by(context, other), Agreement) == [accepted]


def test_erased_duties_of_a_month_are_read_like_duties_in_every_way(context: ServiceContext) -> None:
    erased = sheet(context)
    month = Month(id="2026-10", closed_at=context.now(), closed_by="sun.hua", erased=(erased,))
    context.store.write(Act(what="closed_period", by="sun.hua", at=context.now()), lambda tx: tx.put(month))
    for actor, shown in ((who(context, "zhou.min"), ()), (who(context, "li.na"), (erased,))):
        store = seen_by(context, actor).store
        values = [one for _change, written in store.revisions() for one in written if isinstance(one, Month)]
        values += found(replace(context, store=store), Month)
        past = store.as_of(Month, "2026-10", store.sequence())
        assert past is not None
        assert [one.erased for one in (*values, past)] == [shown] * 3


def test_of_survey_answers_everybody_reads_the_results_alone(context: ServiceContext) -> None:
    marks = {one: Mark(expectation=6, perception=5) for one in Dimension}
    for person in ("chen.jing", "sun.li", "sun.hua"):
        surveys.answer(context, who(context, person), "sales", marks, comment=f"so says {person}")
    (gaps,) = surveys.results(context, "2026-Q4")
    assert gaps.weighted is not None
    for actor in (who(context, "zhou.min"), who(context, "li.na"), who(context, "chen.jing"), NOBODY):
        narrow = seen_by(context, actor)
        assert surveys.results(narrow, "2026-Q4") == [gaps]
        answers = found(narrow, Answer)
        assert {one.by for one in answers} | {one.comment for one in answers} <= {
            "",
            actor.id,
            f"so says {actor.id}",
        }
    kept = next(one for one in found(context, Answer) if one.by == "sun.li")
    assert seen_by(context, who(context, "zhou.min")).store.history(kept.id) == []
    assert len(seen_by(context, who(context, "li.na")).store.history(kept.id)) == 1


class _Counted(ForwardedStore):
    """A store that counts what it is asked."""

    asked = 0

    def read(self, work: Callable[[Reading], R]) -> R:
        self.asked += 1
        return super().read(work)

    def as_of(self, kind: type[R], id: str, sequence: int) -> R | None:
        self.asked += 1
        return super().as_of(kind, id, sequence)

    def versions(self, wanted: Iterable[Version]) -> Mapping[Version, object]:
        self.asked += 1
        return super().versions(wanted)


def of_others(duty: Duty) -> list[Duty]:
    """Return duties like one that have nothing to do with its departments."""
    apart = replace(duty, provider="cases", consumer="cases", opened_from="", event="", subject_key="")
    return [replace(apart, id=f"d{number}") for number in range(40)]


def test_a_history_of_many_takes_few_questions_to_the_store(context: ServiceContext) -> None:
    """On a server each takes a round trip; there were three for each value that somebody had written."""
    duty = sheet(context)
    act = Act(what="noted", by="wang.fang", at=context.now())
    others = of_others(duty)
    for one in others:
        context.store.write(act, lambda tx, one=one: tx.put(one))  # type: ignore[misc]
    counted = _Counted(context.store)
    narrow = seen_by(replace(context, store=counted), who(context, "li.na")).store
    touched = {named for change in narrow.changes() for named in change.touched}
    assert counted.asked <= 8
    assert ("duties", duty.id) in touched
    assert not touched & {("duties", one.id) for one in others}
    counted.asked = 0
    revised = [value for _change, values in narrow.revisions() for value in values]
    assert duty in revised
    assert not [one for one in others if one in revised]
    assert counted.asked <= 12


def test_rights_ask_the_store_each_question_once(context: ServiceContext) -> None:
    duty = sheet(context)
    act = Act(what="noted", by="wang.fang", at=context.now())
    others = of_others(duty)

    def put_all(tx: Writing) -> None:
        for one in others:
            tx.put(one)

    context.store.write(act, put_all)
    counted = Counter[str]()

    class Counting(ForwardedReading):
        def each(self, kind: type[R], **where: Where) -> Iterator[R]:
            counted[f"{kind.__name__} {sorted(where.items())}"] += 1
            return self._tx.each(kind, **where)

    class Asked(ForwardedStore):
        def read(self, work: Callable[[Reading], R]) -> R:
            return self.stored.read(lambda tx: work(Counting(tx)))

    narrow = seen_by(replace(context, store=Asked(context.store)), who(context, "li.na"))
    shown = found(narrow, Duty)
    assert duty in shown
    assert not [one for one in others if one in shown]
    assert [times for question, times in counted.items() if question.startswith("Offer")] == [1]
