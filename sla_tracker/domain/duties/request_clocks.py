"""Computes a request's deadlines: settlement, answer, earlier end of a range."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date, datetime
from enum import StrEnum

from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.agreements.request_terms import Limit, RequestTerms, SettleFrom
from sla_tracker.domain.deadlines.due import (
    Deadline,
    DueRule,
    InDays,
    InWorkdays,
    deadline_after,
    grace,
    wanted,
)
from sla_tracker.domain.deadlines.steps import (
    Step,
    StepKind,
    changed_step,
    clock_start_step,
    no_requests_step,
    trigger_step,
)
from sla_tracker.domain.duties.duty import FieldChange
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.value_class import dataclass

REQUEST = Text(zh="请求", en="Request")


class ChangedLimit(StrEnum):
    """What a changed field does to a limit."""

    SHORTER = "shorter"
    KEPT = "kept"
    LONGER = "longer"
    PASSED = "passed"


class ClockStart(StrEnum):
    """From where a settle clock counts that does not start with the request."""

    ANSWERED = "answered"
    ANSWER_LIMIT = "answer_limit"
    PAPERS = "papers"
    PAPERS_AWAITED = "papers_awaited"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRequest:
    """A request as far as its clocks depend on it.

    `fields` are the values given with it, `changes` those that count, in order. `calendar_for` returns the calendar of
    a rule. `answered_at` is the first answer, `papers_at` when the last paper was there; None while one is missing.
    `papers_told_at` is when the provider was told of papers that had come earlier; None where it saw them come.
    `answer_limit` is the limit that the answer has already, whatever the calendar has become since; None computes it.
    `wanted_by`, an instant or a day until its close, extends the settlement when it is later and never shortens it.
    """

    terms: RequestTerms
    requested_at: datetime
    calendar_for: Callable[[DueRule], WorkCalendar]
    wanted_by: datetime | date | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[FieldChange, ...] = ()
    answered_at: datetime | None = None
    answer_limit: Deadline | None = None
    papers_at: datetime | None = None
    papers_told_at: datetime | None = None

    def limit(self) -> Limit:
        """Return the limits that the latest field values choose."""
        values = dict(self.fields)
        for change in self.changes:
            values[change.field] = change.new
        return self.terms.limit_for(values)

    def answer(self) -> Deadline | None:
        """Return the deadline of the answer.

        None without an answer clock, as for a same-day request.
        """
        if self.answer_limit is not None:
            return self.answer_limit
        first = _answer_rule(self.terms.limit_for(self.fields))
        base = None if first is None else self._from_request(first)
        for change, limit in self._chosen():
            rule = _answer_rule(limit)
            if rule is None or not change.moves_answer:
                continue
            if base is None:
                base = self._counted(rule, change.at)
                continue
            again = self._from_request(rule)
            base = self._changed(base, again, rule, change, (self.requested_at, None), moves=True)
        return base

    def settlement(self) -> Deadline:
        """Return the deadline of the settlement, before excuses.

        A change that makes it shorter counts from itself and never makes it later; a longer limit counts from the
        start, if the deadline had not passed by then.
        """
        start, said = self._start()
        base = self._from_start(self.terms.limit_for(self.fields).due, start, said)
        for change, limit in self._chosen():
            again = self._from_start(limit.due, start, said)
            base = self._changed(base, again, limit.due, change, (start, said), moves=change.moves_due)
        if self.papers_told_at is not None and self.papers_at is not None:
            rule = self.limit().due
            calendar = self.calendar_for(rule)
            base = grace(base, rule, self.papers_at, self.papers_told_at, calendar) or base
        if self.wanted_by is not None:
            base = wanted(base, self.wanted_by, self.calendar_for(self.limit().due))
        return base

    def earliest(self) -> Deadline | None:
        """Return the earlier end of a range; None without one."""
        rule = self.limit().earliest
        return None if rule is None else self._from_start(rule, *self._start())

    def _changed(
        self,
        base: Deadline,
        again: Deadline,
        rule: DueRule,
        change: FieldChange,
        begin: tuple[datetime, Step | None],
        *,
        moves: bool,
    ) -> Deadline:
        """Return a deadline after a change of the field.

        `again` is the new limit from the start. `begin` is when the clock starts, with the step that says why; `moves`
        tells whether the deadline had not passed by then.
        """
        if again.due_at < base.due_at:
            start, said = begin
            sooner = self._counted(rule, max(change.at, start), said if start > change.at else None)
            if sooner.due_at < base.due_at:
                return self._told(sooner, base, change, ChangedLimit.SHORTER)
            return self._told(base, base, change, ChangedLimit.KEPT)
        if not moves:
            return self._told(base, base, change, ChangedLimit.PASSED)
        return self._told(again, base, change, ChangedLimit.LONGER)

    def _told(self, found: Deadline, before: Deadline, change: FieldChange, effect: ChangedLimit) -> Deadline:
        """Return a deadline whose steps say all changes up to this one.

        The changes stand after the first step of the deadline.
        """
        told = [step for step in before.steps if step.kind is StepKind.CHANGED]
        own = [step for step in found.steps if step.kind is not StepKind.CHANGED]
        step = changed_step(self._name_of(change), str(effect), change.at)
        return replace(found, steps=(own[0], *told, step, *own[1:]))

    def _name_of(self, change: FieldChange) -> Text:
        """Return the changed field with both values, such as `优先级：P3 → P1`."""
        declared = next((one for one in self.terms.fields if one.id == change.field), None)
        label = declared.label if declared is not None else Text(zh=change.field, en=change.field)
        old, new = (value_text(declared, value) for value in (change.old, change.new))
        return Text(
            zh=f"{label.get('zh')}：{old.get('zh')} → {new.get('zh')}",
            en=f"{label.get('en')}: {old.get('en')} → {new.get('en')}",
        )

    def _chosen(self) -> Iterator[tuple[FieldChange, Limit]]:
        """Yield the changes of the field that chooses the limits.

        Each comes with the limits chosen.
        """
        for change in self.changes:
            if change.field == self.terms.limits_by:
                yield change, self.terms.limit_for({change.field: change.new})

    def _start(self) -> tuple[datetime, Step | None]:
        """Return when the settle clock starts, and the step that says why.

        None for the request itself.
        """
        if self.terms.settle_from is SettleFrom.PAPERS:
            if self.papers_at is None:
                return self.requested_at, clock_start_step(ClockStart.PAPERS_AWAITED, self.requested_at)
            at = max(self.papers_at, self.requested_at)
            return at, clock_start_step(ClockStart.PAPERS, at)
        limit = self.answer() if self.terms.settle_from is SettleFrom.ANSWER else None
        if limit is None:
            return self.requested_at, None
        if self.answered_at is not None and self.answered_at < limit.due_at:
            return self.answered_at, clock_start_step(ClockStart.ANSWERED, self.answered_at)
        return limit.due_at, clock_start_step(ClockStart.ANSWER_LIMIT, limit.due_at)

    def _from_start(self, rule: DueRule, start: datetime, said: Step | None) -> Deadline:
        return self._from_request(rule) if said is None else self._counted(rule, start, said)

    def _from_request(self, rule: DueRule) -> Deadline:
        """Return a deadline that counts from the request.

        For a request on a day that takes none, the clock starts with the next day that does.
        """
        starts_at = self.calendar_for(rule).request_start(self.requested_at)
        waited = None
        if starts_at != self.requested_at:
            waited = no_requests_step(self.requested_at, starts_at)
        return self._counted(rule, starts_at, waited)

    def _counted(self, rule: DueRule, start: datetime, said: Step | None = None) -> Deadline:
        deadline = deadline_after(rule, start, self.calendar_for(rule))
        first = (trigger_step(REQUEST), said) if said is not None else (trigger_step(REQUEST),)
        return replace(deadline, steps=(*first, *deadline.steps))


def value_text(declared: Field | None, value: str) -> Text:
    """Return a field's value in both languages.

    A choice is given by its label, an empty value as a dash.
    """
    if declared is not None and declared.kind is FieldKind.CHOICE:
        label = next((one.label for one in declared.choices if one.id == value), None)
        if label is not None:
            return label
    return Text(zh=value or "–", en=value or "–")


def _answer_rule(limit: Limit) -> DueRule | None:
    """Return the rule of the answer; None where the request is due on its day."""
    match limit.due:
        case InDays(days=0) | InWorkdays(workdays=0):
            return None
    return limit.answer
