"""Finds the two departments of an agreement and their heads in office."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.agreements.obligation import EVERY, Obligation
from sla_tracker.domain.consent.agreement import Agreement, Proposal
from sla_tracker.domain.consent.applied import created_obligation, with_proposed_rows
from sla_tracker.domain.people import Actor, Person, Role
from sla_tracker.errors import N_, Choices, Refused, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """An obligation as it binds one provider, and one consumer of it."""

    obligation: Obligation
    consumer: str

    @property
    def provider(self) -> str:
        """Return the department that owes it."""
        return self.obligation.provider

    @property
    def sides(self) -> tuple[str, str]:
        """Return provider and consumer."""
        return self.provider, self.consumer

    def other_than(self, department: str) -> str:
        """Return the side that a department is not."""
        return self.consumer if department == self.provider else self.provider


def all_parties(context: ServiceContext) -> Iterator[Parties]:
    """Yield every obligation in force with each pair of departments that it joins."""
    departments = tuple(context.catalogue.departments)
    for obligation in context.catalogue.in_force():
        for consumer in obligation.owed_to(departments):
            yield Parties(obligation=obligation, consumer=consumer)


def created_parties(agreement: Agreement, first: Proposal) -> Parties:
    """Return the parties of an obligation that only an accepted proposal creates."""
    made = created_obligation(agreement, first)
    triggers = tuple(with_proposed_rows(one, first.parts) for one in made.triggers)
    return Parties(obligation=replace(made, triggers=triggers), consumer=agreement.consumer)


def parties_between(context: ServiceContext, obligation: str, provider: str, consumer: str) -> Parties | None:
    """Return the parties of an obligation by their ids.

    None if it does not join them any more.
    """
    for one in context.catalogue.bound(obligation):
        departments = tuple(context.catalogue.departments)
        if one.provider == provider and not one.retired and consumer in one.owed_to(departments):
            return Parties(obligation=one, consumer=consumer)
    return None


def find_parties(context: ServiceContext, actor: Actor, named: str, other: str = "") -> Parties:
    """Return an obligation that joins the actor's department with another one.

    `other` names that department where there are several. Raises NotFound, Refused, or UsageError with the choices.
    """
    obligation = context.catalogue.obligation(named)
    other_id = context.catalogue.department(other).id if other else ""
    found = [
        one
        for one in all_parties(context)
        if one.obligation.id == obligation.id
        and actor.department in one.sides
        and other_id in {"", one.other_than(actor.department)}
    ]
    if not found:
        raise Refused(
            N_("“{title}” does not join your department with another one{other}, so you cannot agree on it."),
            title=obligation.title,
            other=f" ({other})" if other else "",
        )
    if len(found) > 1:
        names = {one.other_than(actor.department) for one in found}
        raise UsageError(
            N_("“{title}” joins your department with several; say which one you mean (--with): {known}."),
            title=obligation.title,
            known=Choices({id: context.catalogue.departments[id].name for id in sorted(names)}),
        )
    return found[0]


def heads_in_office(context: ServiceContext, department: str, now: datetime) -> tuple[Person, ...]:
    """Return the heads of a department and the deputies of those absent today."""
    today = now.astimezone(context.settings.zone).date()
    return tuple(
        person
        for person in context.people.values()
        if person.department == department and context.role_of(person, today) is Role.HEAD
    )


def must_have_head(context: ServiceContext, department: str, now: datetime) -> None:
    """Raise Refused for a department in which nobody may agree."""
    if not heads_in_office(context, department, now):
        raise Refused(
            N_(
                "{department} has no head who could agree; the administrator names one in the settings "
                '(role = "head").'
            ),
            department=context.party(department),
        )


def departments_without_head(context: ServiceContext, now: datetime) -> tuple[str, ...]:
    """Return the departments that owe or are owed something and have no head today."""
    sides = dict.fromkeys(side for one in all_parties(context) for side in one.sides if side != EVERY)
    return tuple(one for one in sides if not heads_in_office(context, one, now))
