"""What the independent model keeps of duties, events and requests; shares no code with the program."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from tests.services.differential.days import Rule, month_of

OPEN_STATES = ("open", "held")
JUDGED_BY_TIME = (*OPEN_STATES, "delivered", "accepted")
JUDGED_BY_DUE = (*JUDGED_BY_TIME, "handed_over")


@dataclass
class Delivery:
    at: datetime
    claimed: datetime | None = None
    confirmed: bool = False
    returned: datetime | None = None

    @property
    def counts_at(self) -> datetime:
        return self.claimed if self.confirmed and self.claimed is not None else self.at


@dataclass
class Hold:
    start: datetime
    end: datetime | None = None
    objected: bool = False
    confirmed: bool | None = None

    @property
    def counts(self) -> bool:
        return self.confirmed is True or (not self.objected and self.confirmed is None)

    @property
    def is_pending(self) -> bool:
        return self.objected and self.confirmed is None


@dataclass(frozen=True)
class Moment:
    """The time of an event, when it was set and by which department."""

    at: datetime
    set_at: datetime
    set_from: str


@dataclass
class Happening:
    """An event; `hands` are the people who acted on it or on one of its duties."""

    kind: str
    time: Moment
    cash: bool
    registered_at: datetime
    registered_from: str
    before_claim: Moment | None = None
    state: str = "active"
    sealed: str = ""
    hands: set[str] = field(default_factory=set)

    @property
    def planned(self) -> bool:
        return self.kind == "settlement-scheduled"


@dataclass
class Change:
    """A change of an event as it concerns one duty; `about` is its time or whether the duty is owed."""

    about: str
    effect: str
    department: str
    registered_from: str
    before: Moment
    after: Moment
    objected: bool = False
    confirmed: bool | None = None
    superseded: bool = False

    @property
    def is_pending(self) -> bool:
        waits = self.effect == "when confirmed" or self.objected
        return waits and self.confirmed is None and not self.superseded

    @property
    def takes_objection(self) -> bool:
        untouched = self.confirmed is None and not self.objected and not self.superseded
        return self.effect == "unless objected" and untouched


@dataclass
class Asked:
    """A request with its answer clock."""

    provider: str
    at: datetime
    answer_by: datetime
    id: str
    answered: datetime | None = None
    answering: Delivery | None = None
    state: str = "asked"
    sealed: str = ""

    @property
    def month(self) -> str:
        return month_of(self.at.date())


@dataclass
class Duty:
    """What one duty should look like."""

    obligation: str
    provider: str
    consumer: str
    rule: Rule
    target: Fraction
    opened: datetime
    nominal: date
    base: datetime
    month: str
    event: str = ""
    happening: Happening | None = None
    opened_from: str = ""
    own_time: Moment | None = None
    changes: list[Change] = field(default_factory=list)
    request: Asked | None = None
    turn: str = ""
    late_opened: bool = False
    short: bool = False
    waits_for: str = ""
    own_clock: bool = False
    state: str = "open"
    deliveries: list[Delivery] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    closed: datetime | None = None
    verdict_by: datetime | None = None
    frozen: datetime | None = None
    linked: Duty | None = None
    sealed: bool = False
    carried: bool = False

    @property
    def owed(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def live(self) -> bool:
        return self.owed or self.state == "delivered"

    @property
    def standing(self) -> Delivery | None:
        last = self.deliveries[-1] if self.deliveries else None
        return last if last is not None and last.returned is None else None

    @property
    def counted(self) -> Moment:
        """The time of its event that the duty counts from."""
        assert self.happening is not None
        return self.own_time or self.happening.time

    @property
    def pending(self) -> Change | None:
        """The change of its event that waits for a decision, the latest first."""
        for change in reversed(self.changes):
            states = JUDGED_BY_TIME if change.about == "time" else OPEN_STATES
            if change.is_pending and self.state in states:
                return change
        return None

    @property
    def unsettled(self) -> Change | None:
        """The change of its event's time that counts unless the consumer objects."""
        return next((one for one in reversed(self.changes) if one.takes_objection), None)

    @property
    def objectable(self) -> Change | None:
        """The change to which the consumer may object; a time that waits for a decision comes first."""
        is_claimed = self.pending is not None and self.pending.about == "time"
        return self.unsettled if self.live and not is_claimed else None

    @property
    def is_objected_to(self) -> bool:
        """Whether an objection waits for the head of the consumer."""
        return bool(self.pending_holds) or (self.pending is not None and self.pending.objected)

    @property
    def pending_holds(self) -> list[Hold]:
        """The holds with an objection that waits for a decision, the earliest first."""
        return [one for one in self.holds if one.is_pending and self.state in JUDGED_BY_DUE]

    def is_silent(self, now: datetime) -> bool:
        """Whether the time for a verdict has passed."""
        return self.state == "delivered" and self.verdict_by is not None and now > self.verdict_by

    def undelivered(self) -> list[tuple[datetime, datetime | None]]:
        """Return when somebody may have waited for this duty, its hand-over included."""
        return self._undelivered(self.base)

    def _undelivered(self, since: datetime) -> list[tuple[datetime, datetime | None]]:
        found: list[tuple[datetime, datetime | None]] = []
        for one in self.deliveries:
            if one.at > since:
                found.append((since, one.at))
            if one.returned is None:
                return found
            since = max(since, one.returned)
        if self.linked is not None:
            return found + self.linked._undelivered(since)
        if self.closed is None or self.closed > since:
            found.append((since, self.closed))
        return found
