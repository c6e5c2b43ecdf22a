"""Finds a reminder's recipients and their channels.

A deputy stands in for an absent person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Person, Role
from sla_tracker.domain.reminders.policy import GROUP_MARK, TERMINAL, ChannelTerms, Level, Policies, Reach
from sla_tracker.value_class import dataclass

People = Mapping[str, Person]
Members = Mapping[str, Sequence[Person]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One recipient on one channel: a person, or `@department` with people to mention.

    `instead_of` is the absent person whom the recipient stands in for.
    """

    id: str
    channel: str
    mentions: tuple[str, ...] = ()
    instead_of: str = ""


def department_of(duty: Duty, level: Level) -> str:
    """Return the department a level belongs to."""
    return duty.consumer if level in {Level.CONSUMER, Level.CONSUMER_HEAD} else duty.provider


def recipients(
    duty: Duty,
    level: Level,
    wanted: tuple[str, ...],
    *,
    policies: Policies,
    people: People,
    on: date,
    members: Members | None = None,
    department: str = "",
) -> list[Recipient]:
    """Return the recipients of a step on a day, each once per channel.

    `wanted` are the step's channels; empty means each person's own. `members` are the people by department, for
    callers that ask for many duties. `department` is another one than the level belongs to.
    """
    department = department or department_of(duty, level)
    own = (members if members is not None else members_of(people)).get(department, ())
    addressees = _people_of(
        duty, level, people, [person for person in own if may_be_reminded(person, on)], on
    )
    found = [
        recipient
        for person, absent in addressees.items()
        for recipient in _reached(people[person], absent, wanted, policies)
    ]
    for channel in _groups(wanted, addressees, policies, department):
        found.append(
            Recipient(
                id=GROUP_MARK + department, channel=channel.name, mentions=_mentioned(level, addressees)
            )
        )
    return found


def heads_of(department: str, *, policies: Policies, people: People, on: date) -> list[Recipient]:
    """Return the heads of a department, or who stands in for them.

    They are reached on their own channels. Where a department has no head, everybody present is returned. The
    department's group channels that they or the deployment use are recipients, too; the heads are mentioned there.
    """
    members = [
        person
        for person in people.values()
        if person.department == department and may_be_reminded(person, on)
    ]
    heads = [person for person in members if person.role is Role.HEAD]
    found = _with_substitutes(heads or [one for one in members if not one.is_away(on)], members, people, on)
    return [
        *(
            recipient
            for id, absent in found.items()
            for recipient in _reached(people[id], absent, (), policies)
        ),
        *(
            Recipient(id=GROUP_MARK + department, channel=channel.name, mentions=tuple(found))
            for channel in _groups((), found, policies, department)
        ),
    ]


def _mentioned(level: Level, addressees: Mapping[str, str]) -> tuple[str, ...]:
    """Return the people to mention in a group; none when the whole group is addressed."""
    return () if level in {Level.DEPARTMENT, Level.CONSUMER} else tuple(addressees)


def members_of(people: People) -> Members:
    """Return the people of each department."""
    found: dict[str, list[Person]] = {}
    for person in people.values():
        found.setdefault(person.department, []).append(person)
    return found


def _people_of(duty: Duty, level: Level, people: People, members: list[Person], on: date) -> dict[str, str]:
    """Return the people of a level by id, each with the person they stand in for.

    The person stood in for is absent; the text is empty for people who stand in for nobody.
    """
    if level is Level.ASSIGNEE and duty.assignee in people and may_be_reminded(people[duty.assignee], on):
        return _with_substitutes([people[duty.assignee]], members, people, on)
    if level in {Level.HEAD, Level.CONSUMER_HEAD}:
        heads = [person for person in members if person.role is Role.HEAD]
        if heads:
            return _with_substitutes(heads, members, people, on)
    present = [person for person in members if not person.is_away(on)]
    return dict.fromkeys((person.id for person in present or members), "")


def may_be_reminded(person: Person, on: date) -> bool:
    """Return whether a person is reminded of anything on a day, when present."""
    return person.role is not Role.READER and person.is_here(on)


def _with_substitutes(
    wanted: list[Person], members: list[Person], people: People, on: date
) -> dict[str, str]:
    found: dict[str, str] = {}
    for person in wanted:
        there = _substitute_of(person, members, people, on)
        absent = "" if there is person else person.id
        found[there.id] = found.get(there.id, absent) and absent
    return found


def _substitute_of(person: Person, members: list[Person], people: People, on: date) -> Person:
    """Return the person or their substitute on a day.

    The substitute of an absent person is the first present deputy along the chain of deputies, else a present head;
    without either the absent person is returned.
    """
    there, asked = person, {person.id}
    while there.is_away(on) or not may_be_reminded(there, on):
        deputy = people.get(there.deputy)
        if deputy is None or deputy.id in asked:
            heads = (other for other in members if other.role is Role.HEAD and not other.is_away(on))
            return next(heads, person)
        asked.add(deputy.id)
        there = deputy
    return there


def _reached(person: Person, absent: str, wanted: tuple[str, ...], policies: Policies) -> Iterator[Recipient]:
    own = policies.preference_of(person.id).channels or policies.usual_channels
    for names in (wanted, own, (TERMINAL,)):
        usable = [name for name in dict.fromkeys(names) if _reaches(policies.channels.get(name), person)]
        if usable:
            yield from (Recipient(id=person.id, channel=name, instead_of=absent) for name in usable)
            return
        if any(_is_group(policies.channels.get(name), person.department) for name in names):
            return


def _reaches(channel: ChannelTerms | None, person: Person) -> bool:
    if channel is None or channel.reach is Reach.GROUP:
        return False
    return channel.reach is Reach.HERE or bool(channel.address_of(person))


def _is_group(channel: ChannelTerms | None, department: str) -> bool:
    return channel is not None and channel.reach is Reach.GROUP and channel.serves(department)


def _groups(
    wanted: tuple[str, ...], addressees: Mapping[str, str], policies: Policies, department: str
) -> list[ChannelTerms]:
    """Return the department's group channels for a step.

    The step names them, else the department's people or the deployment do.
    """
    own = (policies.preference_of(person).channels for person in addressees)
    names = wanted or tuple(name for chosen in own for name in chosen) + policies.usual_channels
    found = (policies.channels.get(name) for name in dict.fromkeys(names))
    return [channel for channel in found if channel is not None and _is_group(channel, department)]
