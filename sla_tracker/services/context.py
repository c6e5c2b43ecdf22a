"""The service desk itself: what every use case works with, wired once by bootstrap."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.roster import PluginSet
from sla_tracker.domain.duties.complaint import LIMITS, Stage
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.survey import EVEN_WEIGHTS, Dimension
from sla_tracker.domain.people import SYSTEM, Actor, Person, Role
from sla_tracker.domain.reminders.policy import USUAL_POLICIES, Policies
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.errors import N_, Choices, NotFound, Refused, UsageError
from sla_tracker.i18n import speaking
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.access import Right, require
from sla_tracker.services.ports import Act, Clock, Observer, Reading, Reviewer, Store, Writing

if TYPE_CHECKING:
    from sla_tracker.services.reminders.messages import Letter, RemindedDuty

R = TypeVar("R")
T = TypeVar("T")

COMPANY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment decides; `digest` changes whenever any of it does.

    `hand_over_within` and `complaint_limits` count workdays. `complaint_judge` is the department whose head judges
    complaints; empty, the one that is complained about. `survey_minimum` is the number of answers below which no
    figure of a survey is shown.
    """

    name: str
    zone: ZoneInfo
    in_force_from: date
    target: Decimal
    trial: bool = False
    demonstration: bool = False
    digest: str = ""
    language: str = ""
    waiver_codes: tuple[str, ...] = ("force_majeure", "agreed", "not_needed", "other")
    causes: tuple[str, ...] = ("workload", "waiting", "forgotten", "unclear", "system", "other")
    hand_over_within: int = 3
    complaint_judge: str = ""
    complaint_limits: Mapping[Stage, int] = field(default_factory=lambda: dict(LIMITS))
    survey_anonymous: bool = False
    survey_minimum: int = 3
    survey_weights: Mapping[Dimension, int] = field(default_factory=lambda: dict(EVEN_WEIGHTS))
    reminders: Policies = USUAL_POLICIES


class LetterWriter(Protocol):
    """Writes a letter about one or several duties in its recipient's language (wording/reminders.py does)."""

    def __call__(
        self,
        context: ServiceContext,
        key: str,
        told: Sequence[RemindedDuty],
        now: datetime,
        *,
        repeat: bool,
    ) -> Letter:
        """Return the letter; `repeat` says that it may have arrived before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceContext:
    """Everything a use case needs; `calendars` maps names to working calendars, empty is the company's."""

    store: Store
    clock: Clock
    catalogue: Catalogue
    calendars: Mapping[str, WorkCalendar]
    people: Mapping[str, Person]
    settings: Settings
    letter_of: LetterWriter
    review: Reviewer = lambda duty, evidence: ()
    observers: tuple[Observer, ...] = field(default=())
    plugins: PluginSet = field(default_factory=PluginSet)

    def now(self) -> datetime:
        """Return the present instant."""
        return self.clock.now()

    def calendar_of(self, department: str, named: str = "") -> WorkCalendar:
        """Return the calendar an obligation names, else the department's, else the company's."""
        own = self.catalogue.departments.get(department)
        for name in (named, own.calendar if own else ""):
            if name and name in self.calendars:
                return self.calendars[name]
        return self.calendars.get(department, self.calendars[COMPANY])

    def person(self, id: str) -> Person:
        """Return a person by id or name; raises NotFound naming the known ones."""
        if id in self.people:
            return self.people[id]
        for person in self.people.values():
            if person.name == id:
                return person
        raise NotFound(
            N_("There is nobody called “{id}”; there are {known}."),
            id=id,
            known=Choices({id: person.name for id, person in self.people.items()}),
        )

    def party(self, id: str) -> str:
        """Return the name of a department or a person in the deployment's language; other words as they are."""
        department = self.catalogue.departments.get(id)
        return self.name_of(id) if department is None else department.name.get(self.settings.language)

    def told_of(self, id: str, said: str) -> str:
        """Return a party and what is said of it, as it is kept: in the deployment's language."""
        with speaking(self.settings.language):
            return paired(self.party(id), said)

    def name_of(self, id: str) -> str:
        """Return a person's name; whoever is not known goes by the id."""
        person = self.people.get(id)
        return person.name if person is not None else id

    def acting(self, actor: Actor, now: datetime) -> Actor:
        """Return the actor with this day's rights: a deputy has the absent head's, somebody who left reads only."""
        today = now.astimezone(self.settings.zone).date()
        person = actor.person
        if person.left_on is not None and person.left_on <= today:
            return replace(actor, person=replace(person, role=Role.READER))
        if person.role is Role.STAFF and any(
            head.role is Role.HEAD
            and head.department == person.department
            and head.deputy == person.id
            and head.is_away(today)
            for head in self.people.values()
        ):
            return replace(actor, person=replace(person, role=Role.HEAD))
        return actor

    def require(
        self, actor: Actor, right: Right, now: datetime, *, provider: str = "", consumer: str = ""
    ) -> None:
        """Raise Forbidden, saying who may, unless the actor has the right on this day."""
        names = {department.id: department.name for department in self.catalogue.departments.values()}
        require(self.acting(actor, now), right, provider=provider, consumer=consumer, names=names)

    def write(
        self, actor: Actor | None, what: str, work: Callable[[Writing, datetime], R], reason: str = ""
    ) -> R:
        """Run one use case in one transaction under the actor's name (None: the system's), then tell the observers."""
        now = self.now()
        via = "" if actor is None else f"{actor.via}:{actor.as_login}" if actor.as_login else actor.via
        act = Act(what=what, by=SYSTEM if actor is None else actor.id, at=now, via=via, reason=reason)
        before = self.store.sequence() if self.observers else 0
        result = self.store.write(act, lambda tx: work(tx, now))
        if self.observers:
            self._tell(before)
        return result

    def _tell(self, before: int) -> None:
        for change in self.store.changes(before):
            for observer in self.observers:
                observer(change)


def new_id(now: datetime) -> str:
    """Return a fresh UUIDv7: ordered by time, random in the rest."""
    millis = int(now.timestamp() * 1000) & (1 << 48) - 1
    value = millis << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(UUID(int=value))


def existing(tx: Reading, kind: type[T], id: str) -> T:
    """Return a stored value; raises NotFound when there is none."""
    value = tx.get(kind, id)
    if value is None:
        raise NotFound(
            N_("There is nothing stored under {id}; sla due and sla event list show what there is."), id=id
        )
    return value


def resolve(tx: Reading, kind: type[T], reference: str, listed_by: str = "") -> T:
    """Return the value whose id ends (or begins) with the reference; raises NotFound, or UsageError when several do.

    `listed_by` is the command that shows such references, where it is another than those of duties and events.
    """
    wanted = reference.strip().lower().lstrip("#")
    exact = tx.get(kind, wanted)
    if exact is not None:
        return exact
    found = [value for value in tx.find(kind) if _named(value, wanted)] if len(wanted) >= 4 else []
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(str(getattr(value, "id", ""))[-10:] for value in found[:5])
        raise UsageError(N_("“{ref}” fits several: {ids}. Type more of it."), ref=reference, ids=ids)
    if listed_by:
        raise NotFound(
            N_("Nothing goes by “{ref}”; {command} shows the references."), ref=reference, command=listed_by
        )
    raise NotFound(
        N_("Nothing goes by “{ref}”; sla due and sla event list show the references."), ref=reference
    )


def _named(value: object, wanted: str) -> bool:
    id = str(getattr(value, "id", ""))
    return id.endswith(wanted) or id.startswith(wanted)


def find_duty(context: ServiceContext, reference: str, listed_by: str = "") -> Duty:
    """Return the duty a person means; raises NotFound, UsageError, or Refused for one in a closed month's archive."""
    try:
        return context.store.read(lambda tx: resolve(tx, Duty, reference, listed_by))
    except NotFound:
        _must_not_be_sealed(context, reference.strip().lower().lstrip("#"))
        raise


def _must_not_be_sealed(context: ServiceContext, wanted: str) -> None:
    """Say of a duty that lies in an archive how to look at it and how to bring it back."""
    for month in reversed(sorted(context.store.seals()) if len(wanted) >= 4 else []):
        for value in context.store.sealed(month):
            if isinstance(value, Duty) and _named(value, wanted):
                raise Refused(
                    N_(
                        "“{title}” ({ref}) lies in the archive of {month}, which is closed: sla period show {month} "
                        "shows it. To change it, open the month again first: sla period reopen {month} --reason TEXT"
                    ),
                    title=value.title,
                    ref=value.reference,
                    month=month,
                )
