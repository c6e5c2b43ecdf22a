"""Judges past duties by changed terms, beside the verdict that was kept.

Only duties that were really opened are counted. Their deliveries, holds and waits stay as they were; deadlines are
computed on the calendars of today. What only one of the two rules would have opened is listed apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.clocks import clock_for, rules_of
from sla_tracker.domain.agreements.counted import turn_days, turns_by_rule
from sla_tracker.domain.agreements.known_triggers import recognised
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, OnRequest, Trigger
from sla_tracker.domain.agreements.occurrences import (
    asked_of,
    granted_by,
    key_of,
    requestable,
)
from sla_tracker.domain.agreements.roster import Roster
from sla_tracker.domain.consent.agreement import AgreedParts, Agreement, Proposal
from sla_tracker.domain.consent.applied import with_agreements, with_versions
from sla_tracker.domain.deadlines.due import Deadline, DueRule, with_excuses
from sla_tracker.domain.deadlines.duty_clock import clock_of
from sla_tracker.domain.duties.duty import Duty, Opened
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.duties.request_clocks import AskedRequest
from sla_tracker.domain.measures.date_range import DateRange, free_range
from sla_tracker.domain.measures.outcome import Outcome, outcome_of
from sla_tracker.domain.measures.scorecard import Score, score
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.services.consent.parties import Parties
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import excusing_intervals
from sla_tracker.services.months.archive import duties_in_months
from sla_tracker.services.months.figure_source import duties_in, standing_of
from sla_tracker.services.open_requests.clocks import papers_there_at, papers_told_at
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.new_duty import terms_of
from sla_tracker.services.turns.rosters import roster_of
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A duty whose verdict is another one under the changed terms."""

    duty: Duty
    before: Outcome
    after: Outcome
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened:
    """A duty that the changed terms would have opened, and nobody has."""

    obligation: str
    title: Text
    provider: str
    consumer: str
    due_at: datetime
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The past of some obligations under the terms it had and under changed ones.

    `before` and `after` count the same duties. `only_before` are those that the changed terms would not have opened,
    `only_after` those that only they would have; neither is counted. `has_other_calendars` tells that they are judged
    by other calendars than those of today.
    """

    dates: DateRange
    obligations: tuple[Obligation, ...]
    before: Score
    after: Score
    duties: int = 0
    flips: tuple[Flip, ...] = ()
    only_before: tuple[Duty, ...] = ()
    only_after: tuple[Unopened, ...] = ()
    has_other_calendars: bool = False


def replay_catalogue(
    context: ServiceContext,
    changed: Catalogue,
    dates: DateRange,
    calendars: Mapping[str, WorkCalendar] | None = None,
) -> Replay:
    """Return a replay of the past by a changed catalogue or changed calendars.

    The replay has the obligations about which these differ from the present ones. What departments have agreed stands,
    whatever the changed catalogue says.
    """
    judging = context if calendars is None else replace(context, calendars=calendars)
    agreements = context.store.read(lambda tx: tx.find(Agreement))
    changed = with_agreements(changed, agreements)
    differing = [
        one
        for id in context.catalogue.obligations
        for one in changed.bound(id)
        if one not in context.catalogue.bound(id) or _counts_otherwise(one, context, judging)
    ]
    found = _replayed(judging, changed, differing, dates)
    return replace(found, has_other_calendars=calendars is not None)


def _counts_otherwise(obligation: Obligation, context: ServiceContext, judging: ServiceContext) -> bool:
    """Return whether a clock of an obligation would run by another calendar.

    A calendar of the same name with other days is another one, too.
    """
    names = {rule.calendar or obligation.calendar for one in obligation.triggers for rule in rules_of(one)}
    return any(
        context.calendar_of(obligation.provider, name).version
        != judging.calendar_of(obligation.provider, name).version
        for name in names
    )


def replay_parts(context: ServiceContext, parties: Parties, parts: AgreedParts, dates: DateRange) -> Replay:
    """Return the past of an obligation under proposed terms, for its two departments."""
    always = Proposal(
        number=1,
        parts=parts,
        first_on=date(1970, 1, 1),
        proposed_at=context.now(),
        proposed_by="",
        proposed_from="",
    )
    agreement = Agreement(
        id="",
        obligation=parties.obligation.id,
        provider=parties.provider,
        consumer=parties.consumer,
        title=parties.obligation.title,
    )
    declared = replace(parties.obligation, triggers=parties.obligation.declared)
    changed = with_versions(declared, agreement, [always])
    return _replayed(context, context.catalogue, [changed], dates, consumer=parties.consumer)


def _replayed(
    context: ServiceContext,
    catalogue: Catalogue,
    changed: Iterable[Obligation],
    dates: DateRange,
    *,
    consumer: str = "",
) -> Replay:
    obligations = tuple(changed)
    standing = standing_of(context, dates)
    spans = [turn_days(catalogue, one, dates.first_on, dates.last_on) for one in obligations]
    past = _Past.of(context, dates, spans)
    every = [
        duty
        for duty in duties_in(context, standing)
        if consumer in ("", duty.consumer) and duty.terms.opened is not Opened.HAND_OVER
    ]
    before: list[Duty] = []
    after: list[Duty] = []
    flips: list[Flip] = []
    only_before: list[Duty] = []
    only_after: list[Unopened] = []
    for obligation, span in zip(obligations, spans, strict=True):
        own = [one for one in every if (one.obligation, one.provider) == (obligation.id, obligation.provider)]
        judge = _Judge(context, catalogue, obligation, past, dates, span)
        for duty in own:
            judged = judge.judged(duty)
            if judged is None:
                only_before.append(duty)
                continue
            before.append(duty)
            after.append(judged)
            was, becomes = outcome_of(duty, standing.now), outcome_of(judged, standing.now)
            if was is not becomes:
                flips.append(Flip(duty=duty, before=was, after=becomes, due_at=judged.due_at))
        only_after += judge.unopened(past.keys)
    return Replay(
        dates=dates,
        obligations=obligations,
        before=score(before, now=standing.now, target=standing.target),
        after=score(after, now=standing.now, target=standing.target),
        duties=len(before),
        flips=tuple(sorted(flips, key=lambda one: (one.duty.due_at, one.duty.id))),
        only_before=tuple(only_before),
        only_after=tuple(sorted(only_after, key=lambda one: (one.due_at, one.obligation))),
    )


def wider_months(dates: DateRange, spans: Iterable[tuple[date, date]], today: date) -> tuple[str, ...]:
    """Return the months in which duties of a range's turns can lie.

    A turn has its month by the rule that opened it, and a later one if that was closed.
    """
    starts, ends = zip((dates.first_on, dates.last_on), *spans, strict=True)
    margin = timedelta(days=31)
    return free_range(min(starts) - margin, max(*ends, today) + margin).months


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """Events and requests of a range by id, and how the roster knows triggers.

    Archived events and requests are among them.
    """

    events: Mapping[str, Event]
    requests: Mapping[str, Request]
    roster: Roster
    keys: frozenset[str]
    """Keys of all duties that were opened in the range or near it."""

    @classmethod
    def of(cls, context: ServiceContext, dates: DateRange, spans: Iterable[tuple[date, date]]) -> _Past:
        """Return the past of a range; `spans` are the days of its turns."""

        def work(tx: Reading) -> tuple[list[Event], list[Request], Roster | None]:
            return tx.find(Event), tx.find(Request), roster_of(tx)

        events, requests, roster = context.store.read(work)
        for month in sorted(context.store.seals()):
            if month >= dates.months[0]:
                sealed = context.store.sealed(month)
                events += [one for one in sealed if isinstance(one, Event)]
                requests += [one for one in sealed if isinstance(one, Request)]
        near = wider_months(dates, spans, context.now().astimezone(context.settings.zone).date())
        return cls(
            keys=frozenset(duty.key for duty in duties_in_months(context, near)),
            events={one.id: one for one in events},
            requests={one.id: one for one in requests},
            roster=roster or Roster(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the changed terms give a duty: trigger, deadline, rule and target.

    `due` is the rule of the deadline, `target` that of a row of the terms, if it has its own.
    """

    trigger: Trigger
    deadline: Deadline
    due: DueRule
    target: Decimal | None = None


class _Judge:
    """Judges the duties of one obligation by its changed terms."""

    def __init__(
        self,
        context: ServiceContext,
        catalogue: Catalogue,
        obligation: Obligation,
        past: _Past,
        dates: DateRange,
        span: tuple[date, date],
    ) -> None:
        self._context, self._obligation, self._past, self._dates = context, obligation, past, dates
        known = past.roster.triggers_of(obligation) or ()
        self._named = tuple(zip(recognised(known, obligation), obligation.triggers, strict=True))
        turns = turns_by_rule(catalogue, obligation, context.calendar_of, *span, known)
        self._turns = {turn.key: turn for turn in turns}

    def judged(self, duty: Duty) -> Duty | None:
        """Return a duty with its deadline and target by the changed terms.

        None if they would not open it.
        """
        found = self._found(duty)
        if found is None:
            return None
        context, trigger = self._context, found.trigger
        rule, calendar = clock_for(self._obligation, found.due, context.calendar_of)
        target = found.target
        if target is None and (self._obligation.target is not None or trigger.version is not None):
            target = terms_of(self._obligation, trigger, context.settings.target, rule).target
        clock = clock_of(rule, calendar)
        extended = with_excuses(found.deadline, excusing_intervals(context, duty, duty.waits), clock)
        terms = replace(duty.terms, due=rule, target=duty.terms.target if target is None else target)
        return replace(
            duty, terms=terms, granted=found.deadline, deadline=extended, due_at=extended.due_at, excuses=()
        )

    def _found(self, duty: Duty) -> _Found | None:
        turn = self._turns.get(duty.key)
        if turn is not None:
            return _Found(trigger=turn.trigger, deadline=turn.deadline, due=turn.trigger.due)
        event, request = self._past.events.get(duty.event), self._past.requests.get(duty.request)
        for seen, trigger in self._named:
            cause = duty.event or duty.request
            if not cause or key_of(self._obligation, seen, cause) != duty.key:
                continue
            if isinstance(trigger, OnEvent) and event is not None:
                granted = granted_by(self._obligation, trigger, event, self._context.calendar_of)
                if granted is not None:
                    return _Found(trigger=trigger, deadline=granted.deadline, due=trigger.due)
            if isinstance(trigger, OnRequest) and request is not None and self._takes(trigger, request):
                asked = self._asked(duty, trigger, request)
                return _Found(
                    trigger=trigger,
                    deadline=asked.settlement(),
                    due=asked.limit().due,
                    target=asked.limit().target,
                )
        return None

    def _takes(self, trigger: OnRequest, request: Request) -> bool:
        """Tell whether a trigger is the one that a request would open."""
        at, fields = request.requested_at, request.fields
        found = requestable(self._obligation, request.consumer, at, self._context.calendar_of, fields)
        return found is trigger

    def _asked(self, duty: Duty, trigger: OnRequest, request: Request) -> AskedRequest:
        """Return the request with the changed clocks and the fields it had.

        The answer and the papers also stay as they were.
        """
        owed = self._obligation.to(request.consumer)
        wanted = request.wanted_on or request.wanted_at
        fields, at = request.fields, request.requested_at
        asked = asked_of(owed, trigger, at, wanted, self._context.calendar_of, fields, papers_there_at(duty))
        counted = tuple(change for change in duty.field_changes if change.counts)
        told_at = papers_told_at(duty)
        return replace(asked, changes=counted, answered_at=duty.answered_at, papers_told_at=told_at)

    def unopened(self, opened: Collection[str]) -> Iterator[Unopened]:
        """Yield what only the changed terms would have opened in the range, until now."""
        since = self._past.roster.since_of(self._obligation) or self._context.settings.in_force_from
        for turn in self._turns.values():
            day = turn.deadline.nominal_on
            is_past = turn.is_dated and turn.deadline.due_at <= self._context.now()
            if (
                turn.key not in opened
                and self._dates.holds(day)
                and is_past
                and turn.deadline.due_on >= since
            ):
                yield self._unopened(turn.deadline)
        for event in self._past.events.values():
            if event.state is not EventState.ACTIVE:
                continue
            for seen, trigger in self._named:
                if not isinstance(trigger, OnEvent) or trigger.event_type != event.type:
                    continue
                granted = granted_by(self._obligation, trigger, event, self._context.calendar_of)
                key = key_of(self._obligation, seen, event.id)
                if granted is None or key in opened or key in event.sealed or granted.rule_due_on < since:
                    continue
                if self._dates.holds(granted.deadline.nominal_on):
                    yield self._unopened(granted.deadline, event.subject)

    def _unopened(self, deadline: Deadline, subject: str = "") -> Unopened:
        return Unopened(
            obligation=self._obligation.id,
            title=self._obligation.title,
            provider=self._obligation.provider,
            consumer=self._obligation.consumer,
            due_at=deadline.due_at,
            subject=subject,
        )
