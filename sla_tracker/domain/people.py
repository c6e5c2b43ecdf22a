"""People, their departments, roles and absences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from sla_tracker.value_class import dataclass

SYSTEM = "system"


class Role(StrEnum):
    """Role of a person; from staff on, each includes the rights of the one before."""

    READER = "reader"
    STAFF = "staff"
    HEAD = "head"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """First and last day on which a person is absent, both included."""

    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of a department.

    `id` is stored, `name` is shown, `logins` are the user names of the operating system. `calendar` names the working
    calendar of somebody who works by another than the department. `left_on` is the first day on which the person no
    longer works here.
    """

    id: str
    name: str
    department: str
    role: Role = Role.STAFF
    logins: tuple[str, ...] = ()
    deputy: str = ""
    away: tuple[Absence, ...] = ()
    addresses: dict[str, str] | None = None
    language: str = ""
    calendar: str = ""
    left_on: date | None = None

    def is_here(self, on: date) -> bool:
        """Return whether the person still works here on a day."""
        return self.left_on is None or on < self.left_on

    def is_away(self, on: date) -> bool:
        """Return whether the person is absent on a day."""
        return any(absence.first_on <= on <= absence.last_on for absence in self.away)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The acting person and their way in (`via`): user id and login.

    An example of a `via` is `unix:1001:wangfang`. `as_login` is the real login when a trial deployment lets it act as
    another person. `is_named` is false for a login that belongs to nobody in the settings and only reads.
    """

    person: Person
    via: str
    as_login: str = ""
    is_named: bool = True

    @property
    def id(self) -> str:
        """Return the person's id."""
        return self.person.id

    @property
    def signed_via(self) -> str:
        """Return the way as each commit keeps it, with the real login."""
        return f"{self.via}:{self.as_login}" if self.as_login and ":" not in self.via else self.via

    @property
    def department(self) -> str:
        """Return the department the person acts for."""
        return self.person.department

    @property
    def role(self) -> Role:
        """Return the person's role."""
        return self.person.role


def people_called(typed: str, people: Mapping[str, Person]) -> tuple[Person, ...]:
    """Return whom somebody means by an id, a login or a name.

    Several people may have one name. An id or login counts before a name, so that a name that somebody takes hides
    nobody.
    """
    named = typed.strip()
    if not named:
        return ()
    if named in people:
        return (people[named],)
    of_login = tuple(person for person in people.values() if named in person.logins)
    return of_login or tuple(person for person in people.values() if person.name == named)
