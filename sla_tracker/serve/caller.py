"""Decides who calls: user id → login → person, never what the caller says."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date
from pathlib import Path

from sla_tracker.deployment.settings.watched_files import Mark, mark_of
from sla_tracker.domain.people import Actor, Person, Role, people_called
from sla_tracker.durable_files import replace_file
from sla_tracker.errors import N_, ConfigError, Forbidden
from sla_tracker.os_login import BY_NUMBER
from sla_tracker.services.access import ReadingRule
from sla_tracker.services.web_access.tokens import Token, TokenKind
from sla_tracker.value_class import dataclass

NOBODY = 65534  # user id of callers from a user namespace that does not know them
OVERFLOW_FILE = Path("/proc/sys/kernel/overflowuid")
NAME_SECONDS = 5  # a name service that does not answer must not keep a session for ever
LOOK_SECONDS = 1.0  # between two looks at the settings file
_PLAIN_LOGIN = re.compile(r"[^\x00-\x20/\x7f]{1,256}")


class RecycledUser(Forbidden):
    """A user id that acted under another login before; administrators are told.

    The login before is kept in the file `file`.
    """

    @property
    def file(self) -> Path:
        """Return the file whose removal lets the user id act under its new login."""
        return Path(str(self.values["file"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """A login that several people share, and who they may be.

    Where nobody is named, they may be everybody.
    """

    people: frozenset[str] = frozenset()

    def admits(self, person: str) -> bool:
        """Return whether a person, named by id, may call by the login."""
        return not self.people or person in self.people


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The login that calls, or a person or program that the web process names.

    A `person` has logged in there, a program is known by its `token`. `seen` is the last commit that this login saw, as
    it says itself. `via` is how a person came in over the web, or by a shared login; `password_mark` then tells by
    which password.
    """

    uid: int
    login: str
    seen: tuple[int, str] | None = None
    person: str = ""
    token: Token | None = None
    via: str = ""
    password_mark: str = ""

    @property
    def is_proved(self) -> bool:
        """Return whether a password or a token says who calls, and not the kernel alone."""
        return bool(self.person) or self.token is not None

    @property
    def is_of_shared_login(self) -> bool:
        """Return whether a person called by a login that several people share."""
        return bool(self.person) and bool(self.login)


def login_of(uid: int) -> str:
    """Return the login of a user id; raises Forbidden for one that is nobody's.

    Where the name service does not answer in time, SIGALRM ends the process.
    """
    if uid in nobodies():
        raise _unnamed(uid)
    signal.alarm(NAME_SECONDS)
    try:
        login = pwd.getpwuid(uid).pw_name
    except KeyError:
        raise _unnamed(uid) from None
    finally:
        signal.alarm(0)
    if not _PLAIN_LOGIN.fullmatch(login):
        raise _unnamed(uid)
    return login


def _unnamed(uid: int) -> Forbidden:
    return Forbidden(
        N_("The user id {uid} belongs to nobody on this host, so the service does not answer it."), uid=uid
    )


def nobodies() -> frozenset[int]:
    """Return the user ids that can be anybody outside this host."""
    try:
        return frozenset({NOBODY, int(OVERFLOW_FILE.read_text(encoding="ascii"))})
    except (OSError, ValueError):
        return frozenset({NOBODY})


def person_of(caller: Caller, people: Mapping[str, Person], today: date) -> Person | None:
    """Return the person whom the settings give the caller's login or number.

    None where the person has left, or where login and number are given to two.
    """
    if caller.is_proved:
        named = people.get(caller.person)
        return named if named is not None and named.is_here(today) else None
    found = _owners(caller, people, today)
    return found[0] if len(found) == 1 else None


def _owners(caller: Caller, people: Mapping[str, Person], today: date) -> list[Person]:
    """Return the people here to whom the settings give the caller's login or number.

    Only this host knows that a login and a number are the same, so no check of the settings refuses two of them.
    """
    names = _names_of(caller)
    return [person for person in people.values() if names & set(person.logins) and person.is_here(today)]


def _names_of(caller: Caller) -> set[str]:
    """Return the ways in which settings name the caller's login."""
    return {caller.login, f"{BY_NUMBER}{caller.uid}"}


def actor_of(caller: Caller, present: Present, today: date) -> Actor:
    """Return the acting person; raises Forbidden for a login that belongs to nobody.

    Root and the service's own login are nobody unless they are named: whoever can become them is not thereby a person.
    """
    if caller.is_proved:
        return _actor_of_proved(caller, present, today)
    if sharing_of(caller, present) is not None:
        raise Forbidden(
            N_("The login “{login}” is shared by several people, and nobody said who it is."),
            login=caller.login,
        )
    owners = _owners(caller, present.people, today)
    if len(owners) > 1:
        raise Forbidden(
            N_(
                "The settings give the login “{login}”, which is uid:{uid}, to {first} and to {second}, so nobody acts "
                "by it. An administrator leaves it to one of them."
            ),
            login=caller.login,
            uid=caller.uid,
            first=owners[0].name,
            second=owners[1].name,
        )
    if owners:
        return Actor(person=owners[0], via=f"unix:{caller.uid}:{caller.login}")
    if present.strangers_read and caller.uid not in {0, os.geteuid()}:
        # An id that no person can have: a login may be called like somebody's id.
        unnamed = Person(id=f"login:{caller.login}", name=caller.login, department="", role=Role.READER)
        return Actor(person=unnamed, via=f"unix:{caller.uid}:{caller.login}", is_named=False)
    raise Forbidden(
        N_('The login “{login}” belongs to nobody here; an administrator enters it: logins = ["{login}"].'),
        login=caller.login,
    )


def person_named(typed: str, people: Mapping[str, Person], today: date) -> Person | None:
    """Return the one person here whom an id, a login or a name means, or None.

    A name that several people have means nobody.
    """
    found = people_called(typed, {id: person for id, person in people.items() if person.is_here(today)})
    return found[0] if len(found) == 1 else None


def sharing_of(caller: Caller, present: Present) -> Sharing | None:
    """Return who shares the caller's login; None where it is not a shared one.

    A login that is nobody's or one person's is not shared. Raises Forbidden where it is shared by its name and by its
    number: those whom only one of them admits may not depend on which is looked at first.
    """
    if not caller.login:
        return None
    found = [present.shared[name] for name in _names_of(caller) if name in present.shared]
    if len(found) > 1:
        raise Forbidden(
            N_(
                "The login “{login}” stands twice under [serve.logins], by its name and as uid:{uid}; an administrator "
                "takes one of them out."
            ),
            login=caller.login,
            uid=caller.uid,
        )
    return found[0] if found else None


def _actor_of_proved(caller: Caller, present: Present, today: date) -> Actor:
    if caller.token is not None and caller.token.kind is TokenKind.API:
        if not caller.token.is_valid(today):
            raise Forbidden(N_("The token “{name}” has run out."), name=caller.token.name)
        return caller.token.actor()
    person = person_of(caller, present.people, today)
    if caller.is_of_shared_login:
        sharing = sharing_of(caller, present)
        if sharing is None or not sharing.admits(caller.person):
            raise Forbidden(
                N_("“{person}” may not call by the login “{login}” any more."),
                person=caller.person,
                login=caller.login,
            )
    if person is None:
        raise Forbidden(N_("“{person}” does not belong to the people here any more."), person=caller.person)
    return Actor(person=person, via=caller.via)


def must_be_same_login(folder: Path, caller: Caller) -> None:
    """Raise RecycledUser where a user id acted under another login before.

    The number was given to somebody else. Raises OSError where that cannot be looked up or kept.
    """
    file = folder / str(caller.uid)
    try:
        before = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        _remember_login(file, caller.login)
        return
    if before != caller.login:
        raise RecycledUser(
            N_(
                "The user id {uid} belonged to the login “{before}” before and is “{login}” now. If that is right, "
                "whoever runs the service deletes {file}."
            ),
            uid=caller.uid,
            before=before,
            login=caller.login,
            file=file,
        )


def _remember_login(file: Path, login: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(file, login.encode(), mode=0o600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What the settings say at one moment of people and of what they may read."""

    people: Mapping[str, Person]
    strangers_read: bool
    reading: ReadingRule
    shared: Mapping[str, Sharing] = field(default_factory=dict)


class PresentSettings:
    """The newest settings that can be read, looked at no more than once a second."""

    def __init__(self, file: Path, mark: Mark, present: Present, read: Callable[[], Present]) -> None:
        self._file = file
        self._mark = mark
        self._present = present
        self._read = read
        self._looked_at = float("-inf")
        self._looking = threading.Lock()

    def now(self) -> Present:
        """Return what the settings say now; where the file is wrong, the last good ones."""
        # Two threads ask: one that began to read the file must not leave the rights of before to the other's act.
        with self._looking:
            at = time.monotonic()
            if at - self._looked_at >= LOOK_SECONDS:
                self._looked_at = at
                self._read_changed()
            return self._present

    def _read_changed(self) -> None:
        mark = mark_of(self._file)
        if mark == self._mark:
            return
        self._mark = mark
        with contextlib.suppress(ConfigError):
            self._present = self._read()
