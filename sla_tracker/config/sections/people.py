"""`[[people]]`: the people, their departments and roles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated

from pydantic import AfterValidator
from pydantic import Field as Key

from sla_tracker.config.sections.base import Id, Name, Section
from sla_tracker.domain.clean import clean
from sla_tracker.domain.people import SYSTEM, Absence, Person, Role
from sla_tracker.domain.toml_reader import Key as Place
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, SlaError, UsageError, Wrong

PERSON_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
ADDRESS = re.compile(r"[^\s@<>,;\"\\]{1,100}@[^\s@<>,;\"\\]{1,150}")


def _person_id(id: str) -> str:
    if not PERSON_ID.fullmatch(id) or id == SYSTEM:
        raise Wrong(
            UsageError(
                N_("“{id}” is no id of a person; write it like wang.fang."),
                id=clean(id),
            )
        )
    return id


def _address(address: str) -> str:
    if not ADDRESS.fullmatch(address) or clean(address) != address:
        raise Wrong(UsageError(N_("“{address}” is no mail address."), address=clean(address)))
    return address


PersonId = Annotated[str, AfterValidator(_person_id)]
Address = Annotated[str, AfterValidator(_address)]


class AbsenceTable(Section):
    """Days on which somebody is away, both included."""

    first: date
    last: date


class PersonTable(Section):
    """One person of the deployment.

    `logins` are their names to the operating system, `addresses` those of other channels than mail.
    """

    id: PersonId
    name: Name
    department: str = ""
    role: Annotated[Role, Key(strict=False)] = Role.STAFF
    logins: list[Name] = Key(default_factory=list)
    deputy: str = ""
    away: list[AbsenceTable] = Key(default_factory=list)
    mail: Address | None = None
    addresses: dict[Id, Name] = Key(default_factory=dict)
    language: str = ""
    calendar: str = ""
    left_on: date | None = None

    def person(self) -> Person:
        """Return the person that the table describes."""
        addresses = {**self.addresses, **({"mail": self.mail} if self.mail else {})}
        return Person(
            id=self.id,
            name=self.name,
            department=self.department,
            role=self.role,
            logins=tuple(self.logins),
            deputy=self.deputy,
            away=tuple(Absence(first_on=days.first, last_on=days.last) for days in self.away),
            addresses=addresses or None,
            language=self.language,
            calendar=self.calendar,
            left_on=self.left_on,
        )


def people_problems(people: Sequence[PersonTable]) -> Iterator[tuple[Place, SlaError]]:
    """Yield the errors between people: repeated ids, shared logins, unknown deputies."""
    ids = {person.id for person in people}
    owners: dict[tuple[str, str], str] = {}
    for index, person in enumerate(people):
        place: Place = ("people", index)
        for key, kind, name in (
            ("id", "id", person.id),
            *(("logins", "login", login) for login in person.logins),
        ):
            other = owners.setdefault((kind, name), person.name)
            if other is not person.name:
                yield (
                    (*place, key),
                    UsageError(N_("“{name}” already belongs to {other}."), name=name, other=other),
                )
        if person.deputy and (person.deputy not in ids or person.deputy == person.id):
            yield (*place, "deputy"), unknown_name(person.deputy, ids - {person.id})
        for number, days in enumerate(person.away):
            if days.last < days.first:
                yield (*place, "away", number), UsageError(N_("last has to be first or a later day."))
