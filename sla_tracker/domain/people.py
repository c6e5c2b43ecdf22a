"""Who acts: people, their departments and roles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

SYSTEM = "system"


class Role(StrEnum):
    """What a person may do beyond reading; each includes what the one before it may do, except the reader."""

    READER = "reader"
    STAFF = "staff"
    HEAD = "head"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Days on which a person is away, both included."""

    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of a department; `id` is what is stored, `name` what is shown, `logins` who they are to the OS."""

    id: str
    name: str
    department: str
    role: Role = Role.STAFF
    logins: tuple[str, ...] = ()
    deputy: str = ""
    away: tuple[Absence, ...] = ()
    addresses: dict[str, str] | None = None
    language: str = ""
    left_on: date | None = None

    def is_away(self, on: date) -> bool:
        """Say whether the person is absent on a day."""
        return any(absence.first_on <= on <= absence.last_on for absence in self.away)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person who acts now, and through which door; `as_login` is set when a trial lets a login act as another."""

    person: Person
    via: str
    as_login: str = ""

    @property
    def id(self) -> str:
        """Return the person's stored name."""
        return self.person.id

    @property
    def department(self) -> str:
        """Return the department the person acts for."""
        return self.person.department

    @property
    def role(self) -> Role:
        """Return the person's role."""
        return self.person.role
