"""Keeps the sessions of browsers.

A cookie holds a random id, of which only the hash is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from sla_tracker.config.sections.web import LoginWay
from sla_tracker.durable_files import replace_file
from sla_tracker.value_class import dataclass

MOST_SESSIONS = 10_000
MOST_OF_PERSON = 20  # so that nobody's logins end those of others
LEFT_SECONDS = 24 * 3600.0  # how long it is known whose session it was that ended by the time
MOST_LEFT = 1_000
MOST_SENT = 50  # forms of one session that are remembered, so that a double click sends nothing twice
ID_BYTES = 32
KEPT = (
    "person",
    "name",
    "language",
    "password_mark",
    "rights",
    "made_at",
    "seen_at",
    "csrf",
    "must_change",
    "way",
    "named",
    "sent",
)


@dataclass(slots=True, kw_only=True)
class WebSession:
    """One browser in which a person is logged in; times are seconds since 1970.

    `password_mark` changes with the password, `rights` with what the person may do. `way` is how the person logged in,
    `named` the account of the provider or what the proxy called the person. `sent` has where the forms that were sent
    lead.
    """

    key: str
    person: str
    name: str
    language: str
    password_mark: str
    made_at: float
    seen_at: float
    csrf: str
    rights: str = ""
    must_change: bool = False
    way: LoginWay = LoginWay.PASSWORD
    named: str = ""
    number: int = field(default_factory=itertools.count(1).__next__)
    notice: str = ""
    sent: OrderedDict[str, str] = field(default_factory=OrderedDict)
    busy: int = 0
    closing: list[Callable[[], None]] = field(default_factory=list)

    def remember_sent(self, once: str, location: str) -> None:
        """Remember where a form led; a form without a mark of its own is forgotten."""
        if not once:
            return
        self.sent[once] = location
        while len(self.sent) > MOST_SENT:
            self.sent.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftSession:
    """A session that ended because nobody came, or after its longest time."""

    person: str
    csrf: str
    left_at: float


class WebSessions:
    """The sessions of all browsers, kept in a file of the service over restarts."""

    def __init__(
        self, file: Path, *, idle_seconds: float, seconds: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._file = file
        self._idle_seconds = idle_seconds
        self._seconds = seconds
        self._clock = clock
        self._sessions: dict[str, WebSession] = {}
        self._left: OrderedDict[str, LeftSession] = OrderedDict()
        self._load()

    def open(
        self,
        *,
        person: str,
        name: str,
        language: str,
        password_mark: str = "",
        must_change: bool = False,
        way: LoginWay = LoginWay.PASSWORD,
        named: str = "",
    ) -> tuple[str, WebSession]:
        """Log a person in; return the cookie's value and the session.

        If there are too many sessions, the one seen longest ago ends: of the person's own, if these are too many.
        """
        self._expire(*self._old())
        now = self._clock()
        id = secrets.token_urlsafe(ID_BYTES)
        session = WebSession(
            key=_key(id),
            person=person,
            name=name,
            language=language,
            password_mark=password_mark,
            made_at=now,
            seen_at=now,
            csrf=secrets.token_urlsafe(ID_BYTES),
            must_change=must_change,
            way=way,
            named=named,
        )
        own = [one for one in self._sessions.values() if one.person == person]
        if len(own) >= MOST_OF_PERSON:
            self._forget(min(own, key=_seen_at))
        elif len(self._sessions) >= MOST_SESSIONS:
            self._forget(min(self._sessions.values(), key=_seen_at))
        self._sessions[session.key] = session
        self.save()
        return id, session

    def find(self, id: str) -> WebSession | None:
        """Return the session of a cookie's value, or None.

        A session that has idled or is too old ends.
        """
        session = self._sessions.get(_key(id))
        if session is None:
            return None
        if self._is_over(session):
            self._expire(session)
            self.save()
            return None
        session.seen_at = self._clock()
        return session

    def _is_over(self, session: WebSession) -> bool:
        now = self._clock()
        return now - session.seen_at > self._idle_seconds or now - session.made_at > self._seconds

    def left(self, id: str) -> LeftSession | None:
        """Return the session of a cookie's value that ended by the time, else None.

        One that somebody ended, or whose login was taken away, is not among them.
        """
        found = self._left.get(_key(id))
        return None if found is None or self._clock() - found.left_at > LEFT_SECONDS else found

    def _expire(self, *sessions: WebSession) -> None:
        """End sessions whose time is over without saving, and note whose they were."""
        for session in sessions:
            self._left[session.key] = LeftSession(
                person=session.person, csrf=session.csrf, left_at=self._clock()
            )
            self._forget(session)
        while len(self._left) > MOST_LEFT:
            self._left.popitem(last=False)

    def is_open(self, session: WebSession) -> bool:
        """Return whether a session has not ended."""
        return self._sessions.get(session.key) is session

    def touch(self, session: WebSession) -> None:
        """Note that somebody is there."""
        session.seen_at = self._clock()

    def renew(self, session: WebSession) -> str:
        """Give a session a new id, and return the cookie's new value.

        The old value opens nothing any more.
        """
        del self._sessions[session.key]
        id = secrets.token_urlsafe(ID_BYTES)
        session.key, session.csrf = _key(id), secrets.token_urlsafe(ID_BYTES)
        self._sessions[session.key] = session
        self.save()
        return id

    def end(self, *sessions: WebSession) -> None:
        """Log sessions out, and close what they have open."""
        for session in sessions:
            self._forget(session)
        if sessions:
            self.save()

    def end_all(self, person: str, but: WebSession | None = None) -> None:
        """Log a person out everywhere, but in one session."""
        self.end(*(one for one in self._sessions.values() if one.person == person and one is not but))

    def _forget(self, session: WebSession) -> None:
        """End a session without saving; the caller saves once, after the last one."""
        self._sessions.pop(session.key, None)
        for close in [*session.closing]:
            close()

    def with_something_open(self) -> list[WebSession]:
        """Return the sessions that have something to close, such as a terminal."""
        return [session for session in self._sessions.values() if session.closing]

    def drop_old(self) -> None:
        """End what idled or is too old."""
        old = self._old()
        self._expire(*old)
        if old:
            self.save()

    def _old(self) -> list[WebSession]:
        return [session for session in self._sessions.values() if self._is_over(session)]

    def __len__(self) -> int:
        return len(self._sessions)

    def save(self) -> None:
        """Write the sessions down; where that is impossible, they end with the process."""
        kept = {key: asdict_of(one) for key, one in self._sessions.items()}
        with contextlib.suppress(OSError):
            replace_file(self._file, json.dumps(kept).encode(), mode=0o600, durable=False)

    def _load(self) -> None:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            self._sessions = {
                key: WebSession(key=key, **{name: facts[name] for name in KEPT if name in facts})
                for key, facts in kept.items()
            }
            for session in self._sessions.values():
                session.way = LoginWay(session.way)
                session.sent = OrderedDict(session.sent)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._sessions = {}
        self.drop_old()


def asdict_of(session: WebSession) -> dict[str, object]:
    """Return what is kept of a session."""
    return {name: getattr(session, name) for name in KEPT}


def _seen_at(session: WebSession) -> float:
    return session.seen_at


def _key(id: str) -> str:
    return hashlib.sha256(id.encode("utf-8", "replace")).hexdigest()
