"""Defines ServiceContext, which holds what every use case needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TypeVar
from zoneinfo import ZoneInfo

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.agreements.roster import PluginSet
from sla_tracker.domain.duties.complaint import LIMITS, Stage
from sla_tracker.domain.measures.fiscal_calendar import CALENDAR_YEAR, FiscalCalendar
from sla_tracker.domain.measures.survey import EVEN_WEIGHTS, Dimension
from sla_tracker.domain.people import SYSTEM, Actor, Person, Role, people_called
from sla_tracker.domain.reminders.policy import IN_TERMINAL, USUAL_POLICIES, ChannelTerms, Policies
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Choices, NotFound, SlaError, UsageError
from sla_tracker.i18n import language, speaking
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.access import Right, require
from sla_tracker.services.consent.in_force import AgreementsInForce, following
from sla_tracker.services.ports import Act, BallotBox, Clock, Observer, Reviewer, Store, Writing, no_review
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.domain.consent.notice import Notice
    from sla_tracker.domain.measures.comparisons.forecast import Forecast
    from sla_tracker.domain.measures.date_range import DateRange
    from sla_tracker.domain.reminders.recipients import Recipient
    from sla_tracker.services.reminders.messages import Letter, RemindedDuty, WrittenReport

R = TypeVar("R")

COMPANY = ""  # key of the company's calendar in ServiceContext.calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMail:
    """Who gets a month's report by mail, in which form, and on which workday.

    `workday` is counted in the next month. `terms` are those of the mail channel of that name.
    """

    to: tuple[str, ...] = ()
    form: str = "html"
    workday: int = 3
    channel: str = "mail"
    terms: ChannelTerms = IN_TERMINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a deployment; `digest` changes whenever one of them does.

    `name_en` is the company's name for readers of English; without one they read `name`.

    `hand_over_within` and `complaint_limits` count workdays. `complaint_judge` is the department whose head judges
    complaints; empty means the administrators. The heads of `closing_departments` may close months, besides
    administrators. Figures about people are shown from `people_figures_since` on; None means that none are.
    `web_url` is the address of the pages in the browser, which messages link to; empty for none.
    `survey_minimum` is the number of answers below which a survey shows
    no figures.
    """

    name: str
    zone: ZoneInfo
    in_force_from: date
    target: Decimal
    trial: bool = False
    demonstration: bool = False
    digest: str = ""
    language: str = ""
    name_en: str = ""
    web_url: str = ""
    waiver_codes: tuple[str, ...] = ("force_majeure", "agreed", "not_needed", "other")
    causes: tuple[str, ...] = ("workload", "waiting", "forgotten", "unclear", "system", "other")
    hand_over_within: int = 3
    complaint_judge: str = ""
    closing_departments: tuple[str, ...] = ()
    fiscal: FiscalCalendar = CALENDAR_YEAR
    reports: ReportMail = ReportMail()
    people_figures_since: date | None = None
    people_figures_agreed_with: str = ""
    complaint_limits: Mapping[Stage, int] = field(default_factory=lambda: dict(LIMITS))
    survey_anonymous: bool = False
    survey_minimum: int = 3
    survey_weights: Mapping[Dimension, int] = field(default_factory=lambda: dict(EVEN_WEIGHTS))
    reminders: Policies = USUAL_POLICIES

    @property
    def names(self) -> Text:
        """Return the company's name in both languages."""
        return Text(zh=self.name, en=self.name_en)


class LetterWriter(Protocol):
    """Writes a reminder message.

    It is injected, because services must not import wording; wording/reminders.py implements it.
    """

    def __call__(
        self,
        context: ServiceContext,
        key: str,
        reminded: Sequence[RemindedDuty],
        now: datetime,
        /,
        *,
        repeat: bool,
        unsaid: int = 0,
        one_line: bool = False,
    ) -> Letter:
        """Return the message to send; `repeat` marks one that may have arrived before.

        The message also says how many reminders are `unsaid`; `one_line` gives each duty one line.
        """


class ReportWriter(Protocol):
    """Writes a report; injected, because services must not import report/."""

    def __call__(
        self, context: ServiceContext, dates: DateRange, form: str, /, *, repeat: bool = False
    ) -> WrittenReport:
        """Return the report of a range for a letter, in the current language.

        `repeat` marks a letter that may have arrived before.
        """


class HeadWriter(Protocol):
    """Writes a message to a head of department.

    It is injected, because services must not import wording.
    """

    def __call__(
        self,
        context: ServiceContext,
        key: str,
        told: Sequence[Forecast | Notice],
        to: Recipient,
        now: datetime,
        /,
        *,
        repeat: bool,
    ) -> Letter:
        """Return one message about all that is told.

        `repeat` marks a message that may have arrived before.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceContext:
    """Everything a use case needs: store, clock, catalogue, people, settings.

    `calendars` maps names to working calendars, COMPANY to the company's. `review` asks plugins about a delivery,
    `observers` are called with each change after its commit. `present` returns the actor with what the settings say of
    the person at this moment, or raises Forbidden; sessions that stay open for long would act with old rights.
    `process` says who runs the program, as acts of the system record it; `before_act` raises where no act may happen
    now; `stopped` is the error that each act raises, for example while the store has lost what was seen before.
    `ballots` keeps anonymous answers until several can be stored at once; None where the store has no place for them
    beside it. `declared` is what plugins and settings say; every use case goes by `catalogue`, which has what
    departments have agreed besides.
    """

    store: Store
    clock: Clock
    declared: Catalogue
    calendars: Mapping[str, WorkCalendar]
    people: Mapping[str, Person]
    settings: Settings
    letter_of: LetterWriter
    report_of: ReportWriter | None = None
    head_letter_of: HeadWriter | None = None
    review: Reviewer = no_review
    observers: tuple[Observer, ...] = field(default=())
    present: Callable[[Actor], Actor] = lambda actor: actor
    process: str = ""
    stopped: SlaError | None = None
    before_act: Callable[[], None] = lambda: None
    plugins: PluginSet = field(default_factory=PluginSet)
    ballots: BallotBox | None = None
    agreements: AgreementsInForce = field(default_factory=AgreementsInForce, repr=False, compare=False)
    acts: set[Verb] = field(default_factory=set, repr=False, compare=False)
    """What people have done through this context."""
    turns: dict[tuple[int, str, tuple[str, ...], date], tuple[Occurrence, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Turns by the rules and calendars of this context.

    By the revision of its agreements, obligation, names of triggers and quarter.
    """

    def __post_init__(self) -> None:
        """Let every transaction of the store follow the agreements."""
        object.__setattr__(self, "store", following(self.store, self.agreements))

    @property
    def catalogue(self) -> Catalogue:
        """Return the declared catalogue, with the terms that departments have agreed."""
        return self.agreements.applied_to(self.declared)

    def for_the_program(self) -> ServiceContext:
        """Return the context that reads everything, for acts of the program.

        The context of a person may leave out what that person must not read.
        """
        # Asked by name: the store may stand around the one that filters.
        unfiltered = getattr(self.store, "unfiltered", None)
        return self if unfiltered is None else replace(self, store=unfiltered())

    def now(self) -> datetime:
        """Return the present instant."""
        return self.clock.now()

    def calendar_of(self, department: str, named: str = "") -> WorkCalendar:
        """Return the calendar `named`, else the department's, else the company's."""
        own = self.catalogue.departments.get(department)
        for name in (named, own.calendar if own else ""):
            if name and name in self.calendars:
                return self.calendars[name]
        return self.calendars.get(department, self.calendars[COMPANY])

    def calendar_of_recipient(self, recipient: str, department: str) -> WorkCalendar:
        """Return the calendar of a person who has one of their own, else the department's."""
        person = self.people.get(recipient)
        return self.calendar_of(department, person.calendar if person else "")

    def person(self, id: str) -> Person:
        """Return a person by id, login or name.

        Raises NotFound with the known people, UsageError for a name of two.
        """
        found = people_called(id, self.people)
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                N_("Several people are called “{name}”; write one of the ids: {ids}."),
                name=id,
                ids=", ".join(person.id for person in found),
            )
        raise NotFound(
            N_("There is nobody called “{id}”; there are {known}."),
            id=id,
            known=Choices({id: person.name for id, person in self.people.items()}),
        )

    @property
    def stored_language(self) -> str:
        """Return the language of texts that are stored: the settings', else the caller's."""
        return self.settings.language or language()

    def party(self, id: str) -> str:
        """Return the name of a department or person by id; any other text unchanged."""
        department = self.catalogue.departments.get(id)
        return self.name_of(id) if department is None else department.name.get(self.stored_language)

    def party_with(self, id: str, text: str) -> str:
        """Return `party: text` in the deployment's language, because the result is stored."""
        with speaking(self.stored_language):
            return paired(self.party(id), text)

    def name_of(self, id: str) -> str:
        """Return a person's name, or the id of an unknown person."""
        person = self.people.get(id)
        return person.name if person is not None else id

    def acting(self, actor: Actor, now: datetime) -> Actor:
        """Return the actor with the role of this day.

        A deputy has the role of the absent head; a person who has left can only read.
        """
        actor = self.present(actor)
        role = self.role_of(actor.person, now.astimezone(self.settings.zone).date())
        return actor if role is actor.role else replace(actor, person=replace(actor.person, role=role))

    def role_of(self, person: Person, today: date) -> Role:
        """Return the role that a person has on a day.

        A deputy has the role of the absent head.
        """
        if not person.is_here(today):
            return Role.READER
        if person.role is Role.STAFF and any(
            head.role is Role.HEAD
            and head.department == person.department
            and head.deputy == person.id
            and head.is_away(today)
            for head in self.people.values()
        ):
            return Role.HEAD
        return person.role

    def require(
        self, actor: Actor, right: Right, now: datetime, *, provider: str = "", consumer: str = ""
    ) -> None:
        """Raise Forbidden, saying who may, unless the actor has the right today."""
        names = {department.id: department.name for department in self.catalogue.departments.values()}
        closing = self.settings.closing_departments
        acting = self.acting(actor, now)
        require(acting, right, provider=provider, consumer=consumer, closing=closing, names=names)

    def write(
        self, actor: Actor | None, what: Verb, work: Callable[[Writing, datetime], R], reason: str = ""
    ) -> R:
        """Run a use case in one transaction, then notify the observers.

        The act is recorded under the actor's id, or as the system for None.
        """
        act = self.act(actor, what, reason)
        now = act.at
        told = (self._notify_observers,) if self.observers else ()
        result = self.store.write(act, lambda tx: work(tx, now), *told)
        if actor is not None:
            self.acts.add(what)
        return result

    def act(self, actor: Actor | None, what: Verb, reason: str = "") -> Act:
        """Return the act to record with a change made now.

        Acts of the system are recorded with the login that runs it. Raises the error that says why nothing may be
        written now.
        """
        if self.stopped is not None:
            raise self.stopped
        self.before_act()
        by, via = (SYSTEM, self.process) if actor is None else (actor.id, actor.signed_via)
        return Act(what=what.value, by=by, at=self.now(), via=via, reason=reason)

    def _notify_observers(self, sequence: int) -> None:
        """Give observers the change of this number, and none that others made meanwhile."""
        change = next(iter(self.store.changes(sequence - 1)), None)
        if change is not None and change.sequence == sequence:
            for observer in self.observers:
                observer(change)
