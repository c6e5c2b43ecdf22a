"""Duty: one dated instance of an obligation, with frozen terms and its history."""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime, timedelta
from decimal import Decimal

from sla_tracker.domain.agreements.dependencies import Depended, Dependency, dependencies
from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.agreements.measure import Measure
from sla_tracker.domain.agreements.request_terms import RequestTerms
from sla_tracker.domain.consent.agreed_version import AgreedVersion
from sla_tracker.domain.deadlines.due import Deadline, DueRule, Interval, InWorkdays, InWorkingTime
from sla_tracker.domain.duties.event_change import EventChange, EventTime
from sla_tracker.domain.duties.states import LIVE, OWED, Opened, State
from sla_tracker.domain.reference import reference_of
from sla_tracker.domain.text import Text
from sla_tracker.value_class import dataclass

__all__ = [
    "LIVE",
    "OWED",
    "Delivery",
    "Duty",
    "FieldChange",
    "Hold",
    "Note",
    "Opened",
    "Paper",
    "Rating",
    "State",
    "Terms",
    "Waiver",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Terms of the obligation when the duty opened; they never change afterwards.

    Only `due` and `target` follow a changed field of the request, by the limits that were frozen in `request`.
    `accept_within` counts workdays, or is a span of working time.
    `target` is the deployment's of that day for an obligation without one; None in duties older than that rule.
    `assumed` are the parts that no two departments have agreed, `set_by_admin` those of them that the settings set.
    `agreed` is the version of the agreement that set parts of them; None for no agreement.
    """

    due: DueRule
    opened: Opened
    evidence: tuple[Field, ...] = ()
    assumed: tuple[str, ...] = ()
    accept_within: int | timedelta = 3
    calendar: str = ""
    target: Decimal | None = None
    depends_on: tuple[Depended, ...] = ()
    request: RequestTerms | None = None
    measure: Measure | None = None
    set_by_admin: tuple[str, ...] = ()
    agreed: AgreedVersion | None = None

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Return what it waits for, each with its turn."""
        return dependencies(self.depends_on)

    @property
    def silence(self) -> DueRule:
        """Return the rule by which silence accepts a delivery, in the consumer's calendar."""
        if isinstance(self.accept_within, timedelta):
            return InWorkingTime(span=self.accept_within)
        return InWorkdays(workdays=self.accept_within)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery and the consumer's verdict on it.

    `at` is when it was recorded; `claimed_at` an earlier time the provider claims, which counts only once
    `claim_confirmed`. A returned delivery has `returned_at` and a reason; `accepted_at` and `accepted_by` are its first
    verdict when it had been accepted before and was reopened. `not_reviewed` names the plugins whose review failed.
    """

    at: datetime
    by: str
    evidence: dict[str, str] = field(default_factory=dict)
    note: str = ""
    claimed_at: datetime | None = None
    claim_confirmed: bool = False
    returned_at: datetime | None = None
    returned_by: str = ""
    reason: str = ""
    accepted_at: datetime | None = None
    accepted_by: str = ""
    not_reviewed: tuple[str, ...] = ()

    @property
    def counts_at(self) -> datetime:
        """Return the instant that decides whether this delivery was on time."""
        if self.claimed_at is not None and self.claim_confirmed:
            return self.claimed_at
        return self.at


def _stands(objected_by: str, confirmed: bool | None) -> bool:
    """Return whether an act of the provider counts.

    One that was objected to counts once the consumer's head confirms it.
    """
    return confirmed is True or (not objected_by and confirmed is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Interval with a stopped clock, because the provider waits for somebody.

    `waits_for` is the department or person, `reason` what is waited for.
    `confirmed` is the verdict of the consumer's head after an objection; an objected hold counts only when True.
    """

    start_at: datetime
    by: str
    waits_for: str
    reason: str
    end_at: datetime | None = None
    objected_by: str = ""
    objection: str = ""
    confirmed: bool | None = None
    confirmed_by: str = ""

    @property
    def counts(self) -> bool:
        """Return whether the hold stops the clock: not if an objection was upheld."""
        return _stands(self.objected_by, self.confirmed)

    @property
    def is_pending(self) -> bool:
        """Return whether an objection to the hold waits for the consumer's head."""
        return bool(self.objected_by) and self.confirmed is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Waiver that the provider requests or the consumer grants.

    `granted` is None until it is decided.
    """

    asked_at: datetime
    asked_by: str
    code: str
    reason: str
    granted: bool | None = None
    decided_at: datetime | None = None
    decided_by: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note that a person wrote on a duty."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper that was ticked as there.

    `id` is that of its field, `at` is when it came, `by` is who ticked it. `told_at` is when the other side than the
    provider told that it had come earlier; None for one ticked as it came.
    """

    id: str
    at: datetime
    by: str
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field of the request that staff of either side changed, with the reason.

    `side` is the department that changed it. `moves_due` and `moves_answer` say which of the clocks was still running.
    An objected change counts only when `confirmed` is True.
    """

    field: str
    old: str
    new: str
    at: datetime
    by: str
    side: str
    reason: str
    moves_due: bool = True
    moves_answer: bool = True
    objected_by: str = ""
    objection: str = ""
    confirmed: bool | None = None
    confirmed_by: str = ""

    @property
    def counts(self) -> bool:
        """Return whether the change holds: not if an objection was upheld or is undecided."""
        return _stands(self.objected_by, self.confirmed)

    @property
    def is_pending(self) -> bool:
        """Return whether an objection to the change waits for the consumer's head."""
        return bool(self.objected_by) and self.confirmed is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """The consumer's rating of an accepted duty, from 0 to 4.

    0 is not met, 1 basic, 2 satisfying, 3 beyond, 4 memorable.
    """

    level: int
    word: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One dated duty of a provider to a consumer.

    `key` identifies what opened it, so that the same duty is never opened twice; `opened_from` is the department that
    caused it. `granted` is the deadline before excuses, present only when there are excuses; `deadline` is the one in
    force and `due_at` its instant, without what an excuse that still runs will add. `waits` are its ended waits for
    other duties, also for those in archives. `month` (YYYY-MM) is the month whose figures it belongs to; `carried` says
    that its own was closed. `draft` holds evidence ticked before delivering. `answered_by` is empty while only a
    delivery has answered the request. `event_changes` are the changes of its event that concern it, `event_time` the
    time that it counts from while that is not the event's own. `fields` are the present values of its request's fields,
    `field_changes` their changes, `papers` those that are there, `updates` what was told while it was open; `earliest`
    is the earlier end of a range. `undelivered_since_at` is since when others wait for what was handed over to it.
    """

    id: str
    key: str
    obligation: str
    title: Text
    provider: str
    consumer: str
    terms: Terms
    opened_at: datetime
    deadline: Deadline
    due_at: datetime
    month: str
    state: State = State.OPEN
    granted: Deadline | None = None
    subject: str = ""
    subject_key: str = ""
    period_start: date | None = None
    period_end: date | None = None
    event: str = ""
    request: str = ""
    answer_due_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by: str = ""
    assignee: str = ""
    draft: dict[str, str] = field(default_factory=dict)
    deliveries: tuple[Delivery, ...] = ()
    accept_by_at: datetime | None = None
    accepted_at: datetime | None = None
    accepted_by: str = ""
    holds: tuple[Hold, ...] = ()
    excuses: tuple[Interval, ...] = ()
    waits: tuple[Interval, ...] = ()
    waiver: Waiver | None = None
    notes: tuple[Note, ...] = ()
    rating: Rating | None = None
    cause: str = ""
    cause_note: str = ""
    closed_at: datetime | None = None
    opened_from: str = ""
    opened_late: bool = False
    short_notice: bool = False
    carried: bool = False
    handed_from: str = ""
    handed_to: str = ""
    undelivered_since_at: datetime | None = None
    event_changes: tuple[EventChange, ...] = ()
    event_time: EventTime | None = None
    fields: dict[str, str] = field(default_factory=dict)
    field_changes: tuple[FieldChange, ...] = ()
    papers: tuple[Paper, ...] = ()
    updates: tuple[Note, ...] = ()
    earliest: Deadline | None = None

    @property
    def reference(self) -> str:
        """Return the short reference that people type: the end of the id."""
        return reference_of(self.id)

    @property
    def is_live(self) -> bool:
        """Return whether somebody still has to act on the duty."""
        return self.state in LIVE

    @property
    def delivery(self) -> Delivery | None:
        """Return the last delivery, or None before the first."""
        return self.deliveries[-1] if self.deliveries else None

    @property
    def delivered_at(self) -> datetime | None:
        """Return when the last delivery that still stands was recorded."""
        last = self.delivery
        return last.at if last is not None and last.returned_at is None else None

    @property
    def missing_papers(self) -> tuple[str, ...]:
        """Return the ids of the papers that the settle clock still waits for."""
        terms = self.terms.request
        there = {paper.id for paper in self.papers}
        return tuple(paper.id for paper in terms.papers if paper.id not in there) if terms is not None else ()

    @property
    def was_returned(self) -> bool:
        """Return whether the consumer ever returned a delivery."""
        return any(delivery.returned_at is not None for delivery in self.deliveries)

    @property
    def holding(self) -> Hold | None:
        """Return the hold that stops the clock now, or None."""
        return self.holds[-1] if self.state is State.HELD and self.holds else None

    def stands_still(self, now: datetime) -> bool:
        """Return whether the clock is stopped now.

        The clock is stopped by a running excuse that began before the due time. Excuses that cannot count any more are
        not stored on the duty, so this needs no calendar.
        """
        return self.state in OWED and any(
            excuse.end_at is None and excuse.start_at <= min(now, self.due_at) for excuse in self.excuses
        )

    def is_overdue(self, now: datetime) -> bool:
        """Return whether the duty is owed, past its due time, and its clock is running."""
        return self.state in OWED and now > self.due_at and not self.stands_still(now)

    def is_late(self, now: datetime) -> bool:
        """Return whether the duty counts as late or missed as of `now`."""
        last = self.delivery
        if self.state in {State.DELIVERED, State.ACCEPTED} and last is not None:
            return last.counts_at > self.due_at
        if self.state is State.HANDED_OVER and self.closed_at is not None:
            return self.closed_at > self.due_at
        return self.state is State.MISSED or self.is_overdue(now)

    def is_answer_late(self, now: datetime) -> bool:
        """Return whether the answer limit passed, as of `now`, without an answer."""
        return self.answer_due_at is not None and (self.answered_at or now) > self.answer_due_at

    def asks_cause(self, now: datetime) -> bool:
        """Return whether it was late, missed or returned and no cause has been given yet."""
        return not self.cause and (self.was_returned or self.is_late(now))


def limit_missed_by(before: Duty, after: Duty, now: datetime) -> datetime | None:
    """Return the due, or the answer limit, that only the later state misses."""
    if after.is_late(now) and not before.is_late(now):
        return after.due_at
    if after.is_answer_late(now) and not before.is_answer_late(now):
        return after.answer_due_at
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyParties:
    """Who owes a duty, who is owed it, and the changes of its event, as stored."""

    id: str
    provider: str
    consumer: str
    event_changes: tuple[EventChange, ...] = ()

    @property
    def departments(self) -> frozenset[str]:
        """Return the departments that see something of the duty.

        A department that only registered the event is among them: its inbox has the event's changes.
        """
        registered = (change.registered_from for change in self.event_changes)
        return frozenset((self.provider, self.consumer, *registered))
