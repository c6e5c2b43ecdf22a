"""Defines tokens of programs and of calendar feeds, and the port that keeps them."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sla_tracker.domain.people import Actor, Person, Role
from sla_tracker.errors import N_, Refused, UsageError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.value_class import dataclass

LONGEST_LIFE = timedelta(days=366)
LONGEST_NAME = 40
FIRST_PASSWORD_DAYS = 14  # from the day it was given, unless another one is chosen before
API_PREFIX = "sla_"
PERSON_PREFIX = "api:"


class TokenKind(StrEnum):
    """What a token opens."""

    API = "api"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is kept of a token; the token itself is shown once and never kept.

    A feed's token has a `person`. A program's has a `name`, the `department` for which it speaks, the types of `events`
    that it may register, whether it may ask and read, the last day, and the `addresses` (networks) it may come from.
    """

    hash: str
    kind: TokenKind
    made_at: datetime
    made_by: str
    person: str = ""
    name: str = ""
    department: str = ""
    events: tuple[str, ...] = ()
    may_ask: bool = False
    may_read: bool = False
    until: date | None = None
    addresses: tuple[str, ...] = ()

    def is_valid(self, today: date) -> bool:
        """Return whether it has not run out."""
        return self.until is None or today <= self.until

    def is_allowed_from(self, address: str) -> bool:
        """Return whether it may be used from an address; any one where none is named."""
        if not self.addresses:
            return True
        try:
            there = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(there in ipaddress.ip_network(one, strict=False) for one in self.addresses)

    def actor(self) -> Actor:
        """Return the program as the acting person: staff of its department, or a reader."""
        role = Role.STAFF if self.events or self.may_ask else Role.READER
        person = Person(id=PERSON_PREFIX + self.name, name=self.name, department=self.department, role=role)
        return Actor(person=person, via=PERSON_PREFIX + self.name)


class WebAccess(Protocol):
    """Keeps passwords and tokens.

    Raises ConfigError where their files cannot be read or written.
    """

    def set_first_password(self, person: str) -> str:
        """Give a person a new password for one login, and return it; the old one ends."""

    def remove_password(self, person: str) -> bool:
        """Take a person's password away; return whether there was one."""

    def forget_identity(self, person: str) -> bool:
        """Forget a person's account of the identity provider.

        Returns whether there was one.
        """

    def tokens(self) -> Sequence[Token]:
        """Return all tokens."""

    def add_token(self, token: Token) -> str:
        """Keep a token with a new hash, and return the secret that it belongs to."""

    def end_token(self, token: Token) -> bool:
        """End a token; return whether it was there."""


def give_password(context: ServiceContext, actor: Actor, access: WebAccess, person: str) -> str:
    """Return a first password of a person, good until another one is chosen.

    Only an administrator may ask for other people's. Raises NotFound, Forbidden.
    """
    found = context.person(person or actor.id)
    if found.id != actor.id:
        context.require(actor, Right.ADMINISTER, context.now())
    if not found.is_here(_today(context)):
        raise Refused(N_("{person} is not here any more."), person=found.name)
    return access.set_first_password(found.id)


def take_password(context: ServiceContext, actor: Actor, access: WebAccess, person: str) -> bool:
    """Take a person's password away; return whether there was one."""
    if person != actor.id:
        context.require(actor, Right.ADMINISTER, context.now())
    return access.remove_password(person)


def forget_identity(context: ServiceContext, actor: Actor, access: WebAccess, person: str) -> bool:
    """Let another account of the identity provider be a person's.

    Returns whether there was one. Raises Forbidden.
    """
    context.require(actor, Right.ADMINISTER, context.now())
    return access.forget_identity(context.person(person).id)


def make_feed(context: ServiceContext, actor: Actor, access: WebAccess) -> str:
    """Return the secret of a new calendar feed of the acting person; the old one ends."""
    _must_be_named(actor)
    end_feed(actor, access)
    made = Token(hash="", kind=TokenKind.FEED, made_at=context.now(), made_by=actor.id, person=actor.id)
    return access.add_token(made)


def feed_of(actor: Actor, access: WebAccess) -> Token | None:
    """Return the token of the acting person's calendar feed, if there is one."""
    found = [one for one in access.tokens() if one.kind is TokenKind.FEED and one.person == actor.id]
    return found[0] if found else None


def end_feed(actor: Actor, access: WebAccess) -> bool:
    """End the calendar feed of the acting person; return whether there was one."""
    found = feed_of(actor, access)
    return found is not None and access.end_token(found)


def make_token(context: ServiceContext, actor: Actor, access: WebAccess, token: Token) -> str:
    """Return the secret of a new token for a program; administrators make them.

    Raises Forbidden, UsageError, NotFound, Refused for a name that is taken.
    """
    now = context.now()
    context.require(actor, Right.ADMINISTER, now)
    _check(context, token)
    if any(one.kind is TokenKind.API and one.name == token.name for one in access.tokens()):
        raise Refused(
            N_("There is a token “{name}” already; end it first: sla web token end {name}"), name=token.name
        )
    return access.add_token(token)


def program_tokens(context: ServiceContext, actor: Actor, access: WebAccess) -> Sequence[Token]:
    """Return the tokens of programs, for an administrator."""
    context.require(actor, Right.ADMINISTER, context.now())
    return [one for one in access.tokens() if one.kind is TokenKind.API]


def end_token(context: ServiceContext, actor: Actor, access: WebAccess, name: str) -> bool:
    """End a program's token by its name; return whether there was one."""
    found = [one for one in program_tokens(context, actor, access) if one.name == name]
    return bool(found) and access.end_token(found[0])


def _check(context: ServiceContext, token: Token) -> None:
    context.catalogue.department(token.department)
    for kind in token.events:
        context.catalogue.event_type(kind)
    if (
        not token.name
        or len(token.name) > LONGEST_NAME
        or not token.name.isascii()
        or not token.name.isprintable()
    ):
        raise UsageError(
            N_("A token's name has 1 to {limit} plain characters, such as erp."), limit=LONGEST_NAME
        )
    if not (token.events or token.may_ask or token.may_read):
        raise UsageError(N_("Say what the token may do: --event KIND, --requests or --read."))
    today = _today(context)
    if token.until is None or not today <= token.until <= today + LONGEST_LIFE:
        raise UsageError(
            N_("A token ends after a year at the latest: name its last day with --until, from today on.")
        )
    for address in token.addresses:
        try:
            ipaddress.ip_network(address, strict=False)
        except ValueError:
            raise UsageError(
                N_("“{address}” is no address and no network, such as 10.0.0.5 or 10.0.0.0/24."),
                address=address,
            ) from None


def _must_be_named(actor: Actor) -> None:
    if not actor.is_named:
        raise Refused(N_("Only people of the settings have a calendar feed."))


def _today(context: ServiceContext) -> date:
    return context.now().astimezone(context.settings.zone).date()
