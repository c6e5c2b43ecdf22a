"""Logs people in and out, and lets them set a password."""

from __future__ import annotations

import asyncio
import math
import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import quote

from sla_tracker import i18n
from sla_tracker.config.sections.web import LoginWay
from sla_tracker.deployment.web_access.identities import Identities, Settled
from sla_tracker.deployment.web_access.passwords import SHORTEST, Entry, Passwords
from sla_tracker.errors import N_, Forbidden, SlaError, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.serve import log, notices
from sla_tracker.serve.web.exchange import Answer, Answers, Kind, Question
from sla_tracker.serve.web.guard import is_same
from sla_tracker.serve.web.login.attempts import Attempts
from sla_tracker.serve.web.login.web_sessions import WebSession, WebSessions
from sla_tracker.serve.web.navigation import OTHER_LANGUAGE
from sla_tracker.serve.web.options import WebOptions
from sla_tracker.serve.web.page import Form, Frame, Input, InputKind, Link, Page, Section
from sla_tracker.serve.web.render import as_html
from sla_tracker.value_class import dataclass

HASHING_AT_ONCE = 2  # argon2id takes 64 MiB and a fifth of a second each
MOST_WAITING = 16
SAFE_ONWARD = re.compile(r"/(?![/\\])[\x21-\x7e]{0,500}")
OPENING_SECONDS = 60.0
OIDC_BEGIN = "/login/oidc"
WRONG = N_("The name or the password is wrong.")
UNKNOWN = N_(
    "You are “{name}” elsewhere, and nobody here is called that; an administrator enters it in the settings."
)
OTHER_ACCOUNT = N_(
    "“{name}” is another account of the identity provider than the one with which {person} logged in first. If that is "
    "right, an administrator says so: sla web forget {person}"
)
NO_PASSWORDS = N_("Nobody logs in with a password here.")


class Trial:
    """The pages of a trial: whose they are at first, and how they are opened.

    The password is for everybody; the secret is for one opening.
    """

    def __init__(self, person: str, name: str) -> None:
        self.person = person
        self.name = name
        self.word = "-".join(secrets.token_hex(2) for _part in range(2))
        self.secret = secrets.token_urlsafe(32)
        self._until = time.monotonic() + OPENING_SECONDS

    def takes(self, secret: str) -> bool:
        """Return whether the secret is right, in time, and used for the first time."""
        is_right = bool(self.secret) and is_same(secret, self.secret)
        if is_right:
            self.secret = ""
        return is_right and time.monotonic() < self._until


class TooMany(Exception):
    """More people log in at once than can be served."""


class MustWait(Exception):
    """Too many wrong passwords for a person from one address; holds the seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = math.ceil(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A new session, and what the cookie says."""

    cookie: str
    session: WebSession


class Logins:
    """Checks passwords, and opens sessions."""

    def __init__(
        self,
        options: WebOptions,
        answers: Answers,
        sessions: WebSessions,
        attempts: Attempts,
        trial: Trial | None = None,
    ) -> None:
        self._trial = trial
        self._options = options
        self._answers = answers
        self._sessions = sessions
        self._attempts = attempts
        self._passwords = Passwords(options.folder)
        self._identities = Identities(options.folder)
        self._hashing = ThreadPoolExecutor(HASHING_AT_ONCE, "passwords")
        self._waiting = 0

    async def log_in(self, name: str, password: str, address: str) -> LoggedIn | None:
        """Return a new session, None for a wrong name or password.

        Raises NoAnswer, TooMany, MustWait, SlaError.
        """
        known = await self._answers.ask(Question(kind=Kind.WHO, person=name[:200]))
        if self._trial is not None:
            return self._log_in_to_trial(known, password)
        entry = self._passwords.entry(known.person) if known.person else None
        named = known.person or name[:200]
        if seconds := self._attempts.wait_for(named, address):
            raise MustWait(seconds)
        await asyncio.sleep(self._attempts.seconds_for(named, address))
        if not await self._is_right(entry, password) or entry is None:
            self._attempts.note_wrong(named, address)
            log.write("login", person=known.person, address=address, result="refused")
            return None
        self._attempts.note_right(known.person, address)
        log.write("login", person=known.person, address=address, result="ok")
        language = known.language or ""
        cookie, session = self._sessions.open(
            person=known.person,
            name=known.name,
            language=language,
            password_mark=entry.mark,
            must_change=entry.is_first,
        )
        return LoggedIn(cookie=cookie, session=session)

    async def log_in_named(
        self, way: LoginWay, name: str, named: str, address: str, *, by_mail: bool
    ) -> LoggedIn:
        """Return a new session of whom a provider or proxy names.

        Raises Forbidden, NoAnswer. `named` is what the session is bound to: the account of the provider, or the name
        itself. `by_mail` is whether the name proves a mail address.
        """
        known = await self._answers.ask(Question(kind=Kind.CLAIMED, person=name, by_mail=by_mail))
        problem: SlaError | None = None
        if not known.person:
            problem = Forbidden(UNKNOWN, name=name)
        elif way is LoginWay.OIDC:
            problem = self._other_account(named, known, name)
        log.write(
            "login",
            person=known.person,
            address=address,
            way=way.value,
            result="refused" if problem else "ok",
        )
        if problem is not None:
            raise problem
        return self._opened(known.person, known.name, known.language, way, named)

    def _other_account(self, account: str, known: Answer, name: str) -> SlaError | None:
        """Return why an account is not a person's, and tell the administrators.

        None for the person's own.
        """
        about = notices.about_account(known.person)
        if self._identities.settle(account, known.person) is Settled.SAME:
            notices.withdraw(self._options.state_folder, about)
            return None
        problem = Forbidden(OTHER_ACCOUNT, name=name, person=known.person)
        notices.leave(self._options.state_folder, about, problem)
        return problem

    def _log_in_to_trial(self, known: Answer, password: str) -> LoggedIn | None:
        """Log anybody in with the one password of the trial."""
        assert self._trial is not None
        if not known.person or not is_same(password.strip(), self._trial.word):
            return None
        return self._opened(known.person, known.name, known.language)

    def _opened(
        self,
        person: str,
        name: str,
        language: str = "",
        way: LoginWay = LoginWay.PASSWORD,
        named: str = "",
    ) -> LoggedIn:
        cookie, session = self._sessions.open(
            person=person, name=name, language=language, way=way, named=named
        )
        return LoggedIn(cookie=cookie, session=session)

    def open_trial(self, secret: str) -> LoggedIn | None:
        """Log the person of a trial in by the secret that the browser was handed, once."""
        if self._trial is None or not self._trial.takes(secret):
            return None
        return self._opened(self._trial.person, self._trial.name)

    async def _is_right(self, entry: Entry | None, password: str) -> bool:
        if self._waiting >= MOST_WAITING:
            raise TooMany
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._hashing, self._passwords.is_right, entry, password)
        finally:
            self._waiting -= 1

    async def change_password(self, session: WebSession, old: str, new: str, again: str) -> str:
        """Set a person's new password, and return the cookie's new value.

        All other sessions of the person end. A first password is used up by the choice alone, so that who leaves before
        it is locked out of nothing. Raises UsageError, TooMany, and Forbidden where another login chose meanwhile.
        """
        entry = self._passwords.entry(session.person)
        if not session.must_change and not await self._is_right(entry, old):
            self._attempts.note_wrong(session.person, "")
            await asyncio.sleep(self._attempts.seconds_for(session.person, ""))
            raise UsageError(N_("The present password is wrong."))
        if new != again:
            raise UsageError(N_("The new password was not typed alike twice."))
        if new == old:
            raise UsageError(N_("The new password has to be another one."))
        loop = asyncio.get_running_loop()
        first = session.password_mark if session.must_change else ""
        change = partial(self._passwords.change, session.person, new, first=first)
        if not await loop.run_in_executor(self._hashing, change):
            raise Forbidden(N_("Another login has used the first password meanwhile."))
        changed = self._passwords.entry(session.person)
        session.password_mark, session.must_change = (changed.mark if changed else ""), False
        self._sessions.end_all(session.person, session)
        log.write("password", person=session.person)
        return self._sessions.renew(session)

    def is_still_good(self, session: WebSession) -> bool:
        """Return whether what a session was opened by still counts.

        The way of logging in, the account and the very password must still be the same.
        """
        if self._trial is not None:
            return True
        if session.way not in self._options.section.login:
            return False
        if session.way is LoginWay.OIDC:
            return self._identities.person_of(session.named) == session.person
        if session.way is LoginWay.PROXY:
            return True
        entry = self._passwords.entry(session.person)
        return entry is not None and entry.mark == session.password_mark

    def close(self) -> None:
        """End the threads."""
        self._hashing.shutdown(wait=False, cancel_futures=True)


def safe_onward(path: str) -> str:
    """Return where to go after the login: a path of ours, else the first page."""
    return path if SAFE_ONWARD.fullmatch(path) else "/"


def _password_input(name: str, label: str, autocomplete: str, hint: str = "") -> Input:
    return Input(
        name=name, label=label, kind=InputKind.PASSWORD, required=True, autocomplete=autocomplete, hint=hint
    )


def login_page(
    options: WebOptions, onward: str, problem: str = "", status: int = 200, name: str = ""
) -> Answer:
    """Return the page on which people log in."""
    ways = options.section.login
    sections = []
    if LoginWay.OIDC in ways:
        href = f"{OIDC_BEGIN}?next={quote(safe_onward(onward))}"
        link = Link(text=_("Log in with the company's account"), href=href, strong=True)
        sections.append(Section(links=[link]))
    if LoginWay.PASSWORD in ways:
        sections += _password_sections(onward, name, folded=len(ways) > 1)
    page = Page(title=_("Log in"), problem=problem, sections=sections)
    other = "en" if i18n.language() == "zh_CN" else "zh_CN"
    frame = Frame(
        company=options.company.get(i18n.language()),
        path=f"/login?lang={other}&next={quote(safe_onward(onward))}",
        other_language=OTHER_LANGUAGE[i18n.language()],
    )
    return Answer(status=status, body=as_html(page, frame))


def _password_sections(onward: str, name: str, *, folded: bool) -> list[Section]:
    """Return the form for name and password; folded where it is not the first way."""
    inputs = [
        Input(name="next", kind=InputKind.HIDDEN, value=safe_onward(onward)),
        Input(
            name="name", label=_("Name or login"), required=True, value=name[:200], autocomplete="username"
        ),
        _password_input("password", _("Password"), "current-password"),
    ]
    hint = _("No password yet? Somebody who administers this gives you one: sla web password NAME")
    form = Form(
        action="/login",
        button=_("Log in"),
        inputs=inputs,
        strong=not folded,
        folded=folded,
        heading=_("With a password") if folded else "",
    )
    return [Section(forms=[form]), Section(lines=[hint])]


def left_page(options: WebOptions, problem: str = "", status: int = 200) -> Answer:
    """Return the page of who is not logged in where a proxy says who everybody is."""
    said = _("The proxy of the company says who you are; nothing is typed here.")
    section = Section(lines=[said], links=[Link(text=_("Log in"), href="/login", strong=True)])
    page = Page(title=_("Not logged in"), problem=problem, sections=[section])
    return Answer(status=status, body=as_html(page, Frame(company=options.company.get(i18n.language()))))


def password_page(options: WebOptions, session: WebSession, problem: str = "", status: int = 200) -> Answer:
    """Return the page on which a person sets a new password."""
    inputs = [
        _password_input("old", _("Present password"), "current-password"),
        _password_input("new", _("New password"), "new-password", _("at least {n} characters", n=SHORTEST)),
        _password_input("again", _("Once more"), "new-password"),
    ]
    if session.must_change:
        inputs = inputs[1:]
    intro = (
        _("Your first password opens nothing but this choice; choose your own now.")
        if session.must_change
        else ""
    )
    page = Page(
        title=_("New password"),
        subtitle=intro,
        problem=problem,
        sections=[Section(forms=[Form(action="/password", button=_("Save"), inputs=inputs, strong=True)])],
    )
    frame = Frame(
        company=options.company.get(i18n.language()),
        person=session.name,
        csrf=session.csrf,
        log_out=_("Log out"),
        other_language=OTHER_LANGUAGE[i18n.language()],
        path="/password",
    )
    return Answer(status=status, body=as_html(page, frame))
