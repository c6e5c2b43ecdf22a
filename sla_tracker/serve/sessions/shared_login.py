"""Asks who calls by a login of several people, and for that person's password."""

from __future__ import annotations

import fcntl
import math
import os
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from sla_tracker.deployment.web_access.passwords import SHORTEST, Entry, Passwords
from sla_tracker.domain.clean import clean
from sla_tracker.domain.people import Person
from sla_tracker.errors import N_, Forbidden, Refused, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.serve.caller import Caller, Sharing, person_named
from sla_tracker.value_class import dataclass

TRIES = 3  # of one call
LONGEST_TYPED = 300  # characters of a name or a password
KEYS = 0  # the descriptor on which a session reads what is typed
HASHING_LOCK = "hashing.lock"
"""A password takes 64 MiB and a fifth of a second to check: one session after the other does it."""


class Questions(Protocol):
    """The terminal of who calls."""

    def tell(self, sentence: str) -> None:
        """Show a sentence."""

    def ask(self, question: str) -> str:
        """Return the line that is typed."""

    def ask_hidden(self, question: str) -> str:
        """Return the line that is typed, which is not shown."""


class Attempts(Protocol):
    """The count of wrong passwords, which all sessions have together."""

    def waits(self, person: str, login: str) -> tuple[float, float]:
        """Return the seconds before an answer about a person, and until a login may try."""

    def note(self, person: str, login: str, *, is_right: bool) -> None:
        """Count a wrong password, or forget the wrong ones after a right one."""


def must_have_same_password(caller: Caller, passwords: Passwords) -> None:
    """Raise Forbidden where a person's password is no more the one that was given."""
    entry = passwords.entry(caller.person)
    if entry is None or entry.mark != caller.password_mark:
        raise Forbidden(
            N_("The password of “{person}” was changed or taken away; call again and say who it is."),
            person=caller.person,
        )


def last_key() -> float:
    """Return when somebody last typed on the session's terminal (time.time).

    The kernel notes it in steps of some seconds.
    """
    return os.fstat(KEYS).st_atime


def must_not_idle(
    now: float, *, began_at: float, typed_at: float | None, idle: timedelta, most: timedelta
) -> None:
    """Raise Forbidden where a person at a shared desk has to log in again."""
    if typed_at is not None and now - max(typed_at, began_at) > idle.total_seconds():
        raise Forbidden(
            N_("Nobody typed anything for {minutes} minutes; call again and say who it is."),
            minutes=idle // timedelta(minutes=1),
        )
    if now - began_at > most.total_seconds():
        raise Forbidden(
            N_("After {hours} hours this login has to say again who it is."), hours=most // timedelta(hours=1)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLogin:
    """One call by a login that several people share; `state` is the service's folder."""

    caller: Caller
    sharing: Sharing
    people: Mapping[str, Person]
    today: date
    passwords: Passwords
    attempts: Attempts
    state: Path

    def identify(self, questions: Questions) -> Caller:
        """Return the caller as the person who proved it.

        Raises Forbidden, Refused, UsageError.
        """
        questions.tell(_("The login “{login}” is shared by several people.", login=clean(self.caller.login)))
        for _try in range(TRIES):
            typed = questions.ask(_("Your name or login: ")).strip()[:LONGEST_TYPED]
            person = self._named(typed)
            named = person.id if person else typed
            held_back, waits = self.attempts.waits(named, self.caller.login)
            if waits:
                raise Refused(
                    N_(
                        "Too many wrong passwords for “{name}” were typed here; try again in {seconds} seconds."
                    ),
                    name=clean(typed),
                    seconds=math.ceil(waits),
                )
            password = questions.ask_hidden(_("Password: "))[:LONGEST_TYPED]
            entry = self._proved(person, password, held_back)
            self.attempts.note(named, self.caller.login, is_right=entry is not None)
            if person is not None and entry is not None:
                return self._as_person(person, entry, questions)
            questions.tell(_("The name or the password is wrong."))
        raise Forbidden(N_("Nobody was recognised, so nothing was done."))

    def _named(self, typed: str) -> Person | None:
        """Return the person whom somebody typed, if that one may use this login."""
        person = person_named(typed, self.people, self.today)
        return person if person is not None and self.sharing.admits(person.id) else None

    def _proved(self, person: Person | None, password: str, held_back: float) -> Entry | None:
        """Return the entry of a person's password if it is right."""
        entry = self.passwords.entry(person.id) if person is not None else None
        time.sleep(held_back)
        with self._one_at_a_time():
            is_right = self.passwords.is_right(entry, password)  # takes as long where there is none
        return entry if is_right else None

    def _as_person(self, person: Person, entry: Entry, questions: Questions) -> Caller:
        mark = self._chosen_anew(person, entry.mark, questions) if entry.is_first else entry.mark
        return replace(
            self.caller,
            person=person.id,
            password_mark=mark,
            via=f"unix:{self.caller.uid}:{self.caller.login}",
        )

    def _chosen_anew(self, person: Person, first: str, questions: Questions) -> str:
        """Let a person choose a password instead of the first; return its mark.

        `first` is the first one's mark. It is used up by the choice alone, so that mistyping costs nobody a way in.
        """
        questions.tell(_("Your first password opens nothing but this choice; choose your own now."))
        for _try in range(TRIES):
            chosen = questions.ask_hidden(_("New password (at least {n} characters): ", n=SHORTEST))
            if chosen != questions.ask_hidden(_("Once more: ")):
                questions.tell(_("The new password was not typed alike twice."))
                continue
            try:
                with self._one_at_a_time():
                    is_changed = self.passwords.change(person.id, chosen, first=first)
            except UsageError as problem:
                questions.tell(problem.sentence())
                continue
            if not is_changed:
                raise Forbidden(N_("Another login has used the first password meanwhile."))
            changed = self.passwords.entry(person.id)
            return changed.mark if changed else ""
        raise Forbidden(N_("No new password was chosen, so nothing was done; the first one is still good."))

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        lock = os.open(
            self.state / HASHING_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


class TerminalQuestions:
    """Asks on standard error, and reads what is typed on standard input."""

    def tell(self, sentence: str) -> None:
        """Show a sentence."""
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()

    def ask(self, question: str) -> str:
        """Return the line that is typed; raises KeyboardInterrupt at the end of the keys."""
        sys.stdin.read(0)  # moves to the session's terminal before the question is seen
        sys.stderr.write(question)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise KeyboardInterrupt
        return line.rstrip("\r\n")

    def ask_hidden(self, question: str) -> str:
        """Return the line that is typed, which is not shown."""
        sys.stdin.read(0)
        modes = termios.tcgetattr(sys.stdin.fileno())
        hidden = [*modes]
        hidden[3] &= ~termios.ECHO
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSAFLUSH, hidden)
        try:
            return self.ask(question)
        finally:
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSAFLUSH, modes)
            sys.stderr.write("\n")
            sys.stderr.flush()
