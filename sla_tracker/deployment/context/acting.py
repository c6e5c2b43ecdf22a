"""Decides who acts: the person of the present login."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sla_tracker.domain.people import Actor, Person, Role
from sla_tracker.errors import N_, Forbidden
from sla_tracker.os_login import login_name, process_login
from sla_tracker.services.context import ServiceContext

if TYPE_CHECKING:
    from sla_tracker.config.deployment import Deployment


def find_actor(context: ServiceContext, deployment: Deployment, as_person: str, today: date) -> Actor:
    """Return the person of the present login of the machine.

    `as_person` is somebody else whom a trial lets act; raises Forbidden in a real deployment.
    """
    login = login_name()
    if context.settings.trial:
        person = context.person(as_person or deployment.basics.default_person)
        return Actor(person=person, via=process_login("trial"), as_login=login)
    if as_person:
        raise Forbidden(
            N_("Acting as another person (--as) is for trial deployments only; this is a real one.")
        )
    for person in context.people.values():
        if person.id in deployment.unnamed:
            continue  # the login of somebody whom the present settings no longer name gives no rights
        if login in person.logins and person.is_here(today):
            return Actor(person=person, via=process_login())
    nobody = Person(id=login, name=login, department="", role=Role.READER)
    return Actor(person=nobody, via=process_login(), is_named=False)
