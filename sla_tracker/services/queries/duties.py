"""Queries of duties: boards, rows, details, duties by subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime

from sla_tracker.domain.agreements.obligation import assumed_parts
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.deadlines.duty_clock import is_elapsed
from sla_tracker.domain.deadlines.steps import counting_steps
from sla_tracker.domain.duties.duty import LIVE, OWED, Duty, Opened, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.duties.update_clock import UpdatesSoFar
from sla_tracker.domain.measures.scorecard import Score, score
from sla_tracker.domain.reminders.policy import TimeUsed
from sla_tracker.domain.text import Text
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import as_of, due_now
from sla_tracker.services.duties.scheduler import planned
from sla_tracker.services.duties.waits import awaited
from sla_tracker.services.lookup.archives import (
    ArchivedDuty,
    archived_about,
    archived_duties_of,
    archived_duty,
)
from sla_tracker.services.open_requests.update_clock import next_update_at, updates_of
from sla_tracker.services.ports import Change, Reading
from sla_tracker.services.queries.limits import ExplainedLimit, limits_of
from sla_tracker.services.queries.rows import (
    Bucket,
    Counts,
    DutyRow,
    RowClock,
    bucket_at,
    count,
    is_limit_assumed,
    is_roll_assumed,
    urgency,
)
from sla_tracker.services.queries.sought import SoughtDuty, sought_duties
from sla_tracker.services.reminders.policies import escalation_of
from sla_tracker.value_class import dataclass

__all__ = [
    "Board",
    "Bucket",
    "Counts",
    "DutyDetail",
    "DutyRow",
    "TimeSet",
    "about_subject",
    "bucket_of",
    "count",
    "detail",
    "linked_duty",
    "owed_by",
    "owed_to",
    "planned_row",
    "planned_rows",
    "row_of",
    "urgency",
]

# Recorded verbs that set the time of an event.
TIME_SETTING = frozenset(
    {Verb.REGISTERED_EVENT, Verb.IMPORTED_EVENTS, Verb.CORRECTED_EVENT, Verb.MOVED_EVENT}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The rows of a duty list in order, their counts, and this month's rate.

    `sequence` is the commit that they were read at, `at` the time of it, `month` that of the rate. `party` is the side
    whose list it is, with the department; `waiting` has the ids of the duties whose deadline moves while they wait, and
    `changed` those that the last update looked at, each with its month. `gone` and `come` are the rows that it took out
    of those `before` it, and put in, `refigured` the months whose rate it changed.
    """

    rows: tuple[DutyRow, ...]
    counts: Counts
    score: Score
    sequence: int
    at: datetime
    party: Mapping[str, str] = field(default_factory=dict)
    by_id: Mapping[str, DutyRow] = field(default_factory=dict, repr=False)
    exchanged: Mapping[str, DutyRow | None] = field(default_factory=dict, repr=False)
    waiting: frozenset[str] = frozenset()
    month: str = ""
    changed: Mapping[str, str] = field(default_factory=dict)
    before: Sequence[DutyRow] = field(default=(), repr=False)
    gone: tuple[DutyRow, ...] = ()
    come: tuple[DutyRow, ...] = ()
    refigured: frozenset[str] = frozenset()

    def row(self, id: str) -> DutyRow | None:
        """Return the row of a duty, or None.

        `exchanged` has what updates changed in `by_id`, which is copied for many of them at once only.
        """
        return self.exchanged[id] if id in self.exchanged else self.by_id.get(id)

    @property
    def is_same_by_day(self) -> bool:
        """Return whether the last update left the duties of each day and their states."""
        before, after = (
            {(row.id, row.due_at, row.state, row.bucket) for row in rows} for rows in (self.gone, self.come)
        )
        return before == after

    def is_update_of(self, other: Board) -> bool:
        """Return whether this is the other board with at most some rows exchanged."""
        return bool(self.changed) or self.by_id is other.by_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSet:
    """Who set the time of an event, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyDetail:
    """One duty with its row, history (oldest first), guide and request.

    The duty has its deadline as of the reading. `short_notice` is who set the event's time too late, `awaited` are the
    undelivered duties that this one depends on, `limits` those of the answer and of silence, `archive` the closed month
    in whose archive the duty lies. `sought` are the turns that a live duty looks for by its terms, `handed_to` and
    `handed_from` the other duties of its hand-overs. `missing_papers` are those that the settle clock waits for,
    `updates` those of a duty that promises some.
    """

    duty: Duty
    row: DutyRow
    history: tuple[Change, ...]
    guide: Text | None
    short_notice: TimeSet | None = None
    request: Request | None = None
    awaited: tuple[Duty, ...] = ()
    limits: tuple[ExplainedLimit, ...] = ()
    archive: str = ""
    sought: tuple[SoughtDuty, ...] = ()
    handed_to: Duty | None = None
    handed_from: Duty | None = None
    missing_papers: tuple[str, ...] = ()
    updates: UpdatesSoFar | None = None


def owed_by(
    context: ServiceContext, department: str, *, person: str | None = None, now: datetime | None = None
) -> Board:
    """Return the live duties that a department owes, or only those of one person."""
    return _board(context, now or context.now(), provider=department, person=person)


def owed_to(context: ServiceContext, department: str, *, now: datetime | None = None) -> Board:
    """Return the live duties that other departments owe to a department."""
    return _board(context, now or context.now(), consumer=department)


def _board(
    context: ServiceContext,
    now: datetime,
    *,
    provider: str | None = None,
    consumer: str | None = None,
    person: str | None = None,
) -> Board:
    def work(tx: Reading) -> Board:
        party = {"provider": provider} if provider is not None else {"consumer": consumer or ""}
        duties = tx.find(Duty, state=LIVE, **party)
        chosen = [duty for duty in duties if person is None or duty.assignee == person]
        rows = sorted((row_of(context, duty, now) for duty in chosen), key=urgency)
        month = f"{now.astimezone(context.settings.zone):%Y-%m}"
        figures = tx.find(Duty, month=month, **party)
        return Board(
            rows=tuple(rows),
            counts=count(rows),
            score=score(figures, now=now, target=context.settings.target),
            sequence=tx.sequence,
            at=now,
            party=party,
            by_id={row.id: row for row in rows},
            waiting=frozenset(duty.id for duty in chosen if waits(duty)),
            month=month,
        )

    return context.store.read(work)


def waits(duty: Duty) -> bool:
    """Tell whether the deadline of a duty moves on with the time."""
    return duty.state in OWED and any(excuse.end_at is None for excuse in duty.excuses)


def row_of(context: ServiceContext, duty: Duty, now: datetime) -> DutyRow:
    """Return the row of a stored duty at an instant."""
    values = duty.draft if duty.state in OWED or duty.delivery is None else duty.delivery.evidence
    required = [field for field in duty.terms.evidence if field.required]
    deadline = due_now(context, duty, now)
    due_on = None if waits(duty) else deadline.due_on
    escalation = escalation_of(context, duty, now)
    share = escalation.when if escalation is not None else None
    return DutyRow(
        id=duty.id,
        reference=duty.reference,
        obligation=duty.obligation,
        title=duty.title,
        provider=duty.provider,
        consumer=duty.consumer,
        subject=duty.subject,
        due_at=deadline.due_at,
        bucket=bucket_of(context, duty.state, deadline.due_at, now, due_on),
        due_on=due_on,
        state=duty.state,
        assignee=duty.assignee,
        month=duty.month,
        opened=duty.terms.opened,
        opened_at=duty.opened_at,
        period_start=duty.period_start,
        period_end=duty.period_end,
        answer_due_at=duty.answer_due_at if duty.answered_at is None else None,
        accept_by_at=duty.accept_by_at if duty.state is State.DELIVERED else None,
        evidence_done=sum(field.id in values for field in required),
        evidence_asked=len(required),
        provisional=deadline.provisional,
        returned=duty.was_returned,
        opened_late=duty.opened_late,
        short_notice=duty.short_notice,
        assumed=is_limit_assumed(duty.terms.assumed),
        roll_assumed=is_roll_assumed(duty.terms.assumed, (step.kind for step in deadline.steps)),
        percent_used=share.percent if isinstance(share, TimeUsed) else 0,
        escalated_to=escalation.level.value if escalation is not None else "",
        key=duty.key,
        update_due_at=next_update_at(context, duty, now),
        papers_missing=len(duty.missing_papers) if duty.state in OWED else 0,
        earliest_on=duty.earliest.due_on if duty.earliest is not None else None,
        counted_by=RowClock(
            is_elapsed=is_elapsed(duty.terms.due), calendar=duty.terms.due.calendar or duty.terms.calendar
        ),
    )


def planned_row(context: ServiceContext, occurrence: Occurrence, now: datetime) -> DutyRow:
    """Return the row of a recurring duty that is not open yet."""
    obligation, parts = occurrence.obligation, assumed_parts(occurrence.trigger)
    return DutyRow(
        id="",
        reference="",
        obligation=obligation.id,
        title=obligation.title,
        provider=obligation.provider,
        consumer=obligation.consumer,
        subject="",
        due_at=occurrence.deadline.due_at,
        bucket=bucket_of(context, State.OPEN, occurrence.deadline.due_at, now, occurrence.deadline.due_on)
        if occurrence.is_dated
        else Bucket.LATER,
        due_on=occurrence.deadline.due_on,
        state=State.OPEN,
        assignee="",
        month=f"{occurrence.deadline.nominal_on:%Y-%m}",
        opened=Opened.STANDING if occurrence.trigger.standing else Opened.RECURRING,
        period_start=occurrence.period_start,
        period_end=occurrence.period_end,
        evidence_asked=len(obligation.evidence),
        provisional=occurrence.deadline.provisional and occurrence.is_dated,
        planned=True,
        counts_from=() if occurrence.is_dated else tuple(counting_steps(occurrence.deadline.steps)),
        assumed=is_limit_assumed(parts),
        roll_assumed=is_roll_assumed(parts, (step.kind for step in occurrence.deadline.steps)),
        key=occurrence.key,
    )


def planned_rows(
    context: ServiceContext, until: date, now: datetime | None = None, *, undated: bool = False
) -> list[DutyRow]:
    """Return the rows of recurring duties not open yet, due until a day (included).

    `undated` adds those without a due, which count from a delivery that lies ahead.
    """
    at = now or context.now()
    return [planned_row(context, occurrence, at) for occurrence in planned(context, until, undated=undated)]


def bucket_of(
    context: ServiceContext, state: State, due_at: datetime, now: datetime, due_on: date | None = None
) -> Bucket:
    """Return a duty's bucket in the deployment's time zone."""
    return bucket_at(state, due_at, now, context.settings.zone, due_on)


def detail(context: ServiceContext, duty_id: str, now: datetime | None = None) -> DutyDetail | None:
    """Return a duty, archived or not, with its history and guide; None without one."""
    at = now or context.now()

    def work(tx: Reading) -> tuple[ArchivedDuty | None, tuple[Duty, ...]]:
        duty = tx.get(Duty, duty_id)
        if duty is None:
            return None, ()
        request = tx.get(Request, duty.request) if duty.request else None
        waits_for = awaited(context, tx, duty) if duty.state in OWED else ()
        live = ArchivedDuty(duty=duty, month="", event=tx.get(Event, duty.event), request=request)
        return live, tuple(as_of(context, other, at) for other in waits_for)

    live, waits_for = context.store.read(work)
    found = live or archived_duty(context.store, duty_id)
    if found is None:
        return None
    duty = found.duty
    obligation = context.catalogue.obligations.get(duty.obligation)
    history = tuple(context.store.history(duty_id, found.month))
    return DutyDetail(
        duty=as_of(context, duty, at),
        row=row_of(context, duty, at),
        history=history,
        guide=obligation.guide if obligation else None,
        short_notice=_time_set(duty, found.event, history) if duty.short_notice else None,
        request=found.request,
        awaited=waits_for,
        limits=limits_of(context, duty, found.request),
        archive=found.month,
        sought=sought_duties(context, duty) if duty.is_live else (),
        handed_to=linked_duty(context, duty.handed_to),
        handed_from=linked_duty(context, duty.handed_from),
        missing_papers=duty.missing_papers if duty.state in OWED else (),
        updates=updates_of(context, duty, at),
    )


def _time_set(duty: Duty, event: Event | None, history: Iterable[Change]) -> TimeSet | None:
    """Return who set the event time that the duty's deadline is computed from.

    The duty's own history tells it where the event was moved after the duty's last change: a delivered duty does not
    follow.
    """
    if (counted := duty.event_time) is not None:
        return TimeSet(by=counted.set_by, at=counted.set_at)
    acts = [change.act for change in history if change.act.what in TIME_SETTING]
    if not acts:
        return None
    if event is not None and event.time_set_at <= acts[-1].at:
        return TimeSet(by=event.time_set_by, at=event.time_set_at)
    return TimeSet(by=acts[-1].by, at=acts[-1].at)


def open_of_events(context: ServiceContext) -> Mapping[str, int]:
    """Return how many duties of each event, by its id, are not delivered yet."""
    return Counter(
        duty.event for duty in context.store.read(lambda tx: tx.find(Duty, state=OWED)) if duty.event
    )


def duties_of(context: ServiceContext, ids: Iterable[str]) -> list[Duty]:
    """Return the stored duties of these ids; unknown and archived ones are skipped."""
    found = context.store.read(lambda tx: [tx.get(Duty, id) for id in ids])
    return [duty for duty in found if duty is not None]


def rows_of_event(context: ServiceContext, event_id: str, now: datetime | None = None) -> list[DutyRow]:
    """Return the duties that an event opened, archived ones too, by due time."""
    at = now or context.now()
    live = context.store.read(lambda tx: tx.find(Duty, event=event_id))
    found = (*archived_duties_of(context.store, event_id), *live)
    return sorted((row_of(context, duty, at) for duty in found), key=lambda row: row.due_at)


def linked_duty(context: ServiceContext, id: str) -> Duty | None:
    """Return the duty at the other end of a hand-over, archived or not.

    None without an id.
    """
    if not id:
        return None
    live = context.store.read(lambda tx: tx.get(Duty, id))
    archived = archived_duty(context.store, id) if live is None else None
    return archived.duty if archived is not None else live


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutSubject:
    """All duties (by due time) and events (by time) of one subject, all departments."""

    duties: tuple[DutyRow, ...] = ()
    events: tuple[Event, ...] = ()


def about_subject(context: ServiceContext, subject: str, now: datetime | None = None) -> AboutSubject:
    """Return the duties and events of a subject, archived ones too.

    An empty or erased subject has none.
    """
    key = subject_key(subject)
    if not key:
        return AboutSubject()
    at = now or context.now()
    duties, events = archived_about(context.store, key)

    def work(tx: Reading) -> AboutSubject:
        rows = (row_of(context, duty, at) for duty in (*duties, *tx.find(Duty, subject_key=key)))
        return AboutSubject(
            duties=tuple(sorted(rows, key=lambda row: row.due_at)),
            events=tuple(sorted((*events, *tx.find(Event, subject_key=key)), key=lambda event: event.at)),
        )

    return context.store.read(work)
