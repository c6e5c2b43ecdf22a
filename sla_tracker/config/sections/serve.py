"""`[serve]`: settings of the service that `sla serve` runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field as Key

from sla_tracker.config.sections.base import Name, Section
from sla_tracker.config.sections.people import PersonTable
from sla_tracker.domain.toml_reader import Key as Place
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, SlaError, UsageError


class Unknown(StrEnum):
    """What a login may do that belongs to nobody."""

    REFUSE = "refuse"
    READ = "read"


class LoginTable(Section):
    """`[serve.logins.NAME]`: a login that several people use at one desk.

    Who calls by a `shared` one is asked for name and password; `people` are those who may, everybody when empty.
    """

    shared: bool = False
    people: list[Name] = Key(default_factory=list)


class ServeSection(Section):
    """`[serve]`: the service of a host.

    The section itself marks the folder as the service's own. Limits hold for each login, `connections` (to a database)
    for all together. Regular backups are made by `[backup]`, with a service or without. `logins` are those that several
    people share.
    """

    unknown: Annotated[Unknown, Key(strict=False)] = Unknown.REFUSE
    commands: Annotated[int, Key(ge=1, le=100)] = 8
    terminals: Annotated[int, Key(ge=1, le=100)] = 4
    calls_per_second: Annotated[int, Key(ge=1, le=1000)] = 20
    connections: Annotated[int, Key(ge=2, le=200)] = 20
    logins: dict[Name, LoginTable] = Key(default_factory=dict)

    @property
    def shared_logins(self) -> Mapping[str, LoginTable]:
        """Return the logins that several people share, by name."""
        return {name: table for name, table in self.logins.items() if table.shared}


def serve_problems(
    section: ServeSection | None, people: Mapping[str, PersonTable]
) -> Iterator[tuple[Place, SlaError]]:
    """Yield what contradicts the people in `[serve]`.

    A shared login must not be one person's, and its people must be known.
    """
    owners = {login: person for person in people.values() for login in person.logins}
    for name, table in section.shared_logins.items() if section else ():
        if name in owners:
            yield (
                ("serve", "logins", name),
                UsageError(
                    N_(
                        "“{login}” is shared by several people, so it cannot be the login of {person} as well."
                    ),
                    login=name,
                    person=owners[name].name,
                ),
            )
        for place, id in enumerate(table.people):
            if id not in people:
                yield ("serve", "logins", name, "people", place), unknown_name(id, people)
