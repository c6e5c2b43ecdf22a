"""What each page and call gets: use cases, the asking person, time, words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import NoReturn
from zoneinfo import ZoneInfo

from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.agreements.typed_values import stored_value
from sla_tracker.domain.clean import is_storable
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, ExitCode, Incomplete, NotFound, SlaError, UsageError
from sla_tracker.serve.web.exchange import Question
from sla_tracker.services.access import Right, may
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.duties import DutyRow
from sla_tracker.services.web_access.tokens import Token, WebAccess
from sla_tracker.value_class import dataclass
from sla_tracker.wording.duties import format_moment
from sla_tracker.wording.event_changes import Reader
from sla_tracker.wording.parse_time import parse_day, parse_moment

STATUS: Mapping[ExitCode, int] = {
    ExitCode.USAGE: 422,
    ExitCode.NOT_FOUND: 404,
    ExitCode.REFUSED: 409,
    ExitCode.FORBIDDEN: 403,
    ExitCode.STORE: 503,
    ExitCode.BUSY: 503,
    ExitCode.UNKNOWN_OUTCOME: 504,
}
LONGEST_ANSWER = 20_000  # characters of one value of a form


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What pages know of the deployment besides its use cases."""

    url: str = ""
    names_subjects: bool = False
    has_passwords: bool = True


class Visit:
    """One request inside a session."""

    def __init__(
        self,
        context: ServiceContext,
        actor: Actor,
        question: Question,
        access: WebAccess,
        site: Site,
        token: Token | None = None,
    ) -> None:
        self.context = context
        self.actor = actor
        self.question = question
        self.access = access
        self.site = site
        self.token = token

    @cached_property
    def now(self) -> datetime:
        """Return the instant of the request."""
        return self.context.now()

    @property
    def zone(self) -> ZoneInfo:
        """Return the deployment's zone."""
        return self.context.settings.zone

    @property
    def today(self) -> date:
        """Return the day of the request in the deployment's zone."""
        return self.now.astimezone(self.zone).date()

    @cached_property
    def reader(self) -> Reader:
        """Return names and time for sentences."""
        names = {id: department.name for id, department in self.context.catalogue.departments.items()}
        return Reader(departments=names, people=self.context.people, now=self.now, zone=self.zone)

    @cached_property
    def acting(self) -> Actor:
        """Return the acting person with the role of today."""
        return self.context.acting(self.actor, self.now)

    def may(self, right: Right, *, provider: str = "", consumer: str = "") -> bool:
        """Return whether the person has a right between two departments."""
        return may(self.acting, right, provider=provider, consumer=consumer)

    def may_judge(self, row: DutyRow) -> bool:
        """Return whether the person may accept or return a delivery."""
        return self.may(Right.JUDGE, provider=row.provider, consumer=row.consumer)

    def given(self, name: str) -> str:
        """Return the value of a form or query by its name.

        Raises UsageError for characters that no store keeps.
        """
        source = self.question.form if self.question.changes else self.question.query
        return storable(source.get(name, "")[:LONGEST_ANSWER].strip())

    def moment(self, text: str, *, future: bool = False) -> datetime:
        """Return the instant that a text means; raises UsageError."""
        return parse_moment(text, self.now, self.zone, future=future)

    def day(self, text: str) -> date:
        """Return the day that a text means; raises UsageError."""
        return parse_day(text, self.today)

    def when(self, at: datetime) -> str:
        """Return an instant in words."""
        return format_moment(at, self.now, self.zone)

    def answers(self, fields: Sequence[Field]) -> dict[str, str]:
        """Return a form's values of declared fields as stored values.

        An empty value clears a field.
        """
        return {
            field.id: stored_value(field, self.given(FIELD_PREFIX + field.id), self.day) for field in fields
        }


FIELD_PREFIX = "f-"
"""Before a declared field's id in a form, so that no field can be taken for one of ours."""


def storable(text: str) -> str:
    """Return the text; raises UsageError for characters that no store keeps.

    These are NUL, and halves of a pair (surrogates).
    """
    if not is_storable(text):
        raise UsageError(NOT_STORABLE)
    return text


def status_of(problem: SlaError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(problem, Incomplete):
        return 422
    return STATUS.get(ExitCode(problem.exit_code), 500)


def no_page(path: str) -> NoReturn:
    """Raise NotFound for an address that leads nowhere."""
    raise NotFound(NO_PAGE, path=path)


NOT_STORABLE = N_(
    "A text holds a character that cannot be kept (U+0000 or half of a pair); write it without."
)
NO_PAGE = N_("There is no page {path}.")
