"""Tells administrators of problems that only they can mend.

Such problems are wrong settings, broken plugins, and a user id that changed hands.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker import i18n
from sla_tracker.domain.clean import clean
from sla_tracker.domain.people import Person, Role
from sla_tracker.domain.reminders.policy import Reach
from sla_tracker.i18n import gettext as _
from sla_tracker.serve import log
from sla_tracker.services.reminders.messages import Letter, Result
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.domain.reminders.policy import ChannelTerms
    from sla_tracker.errors import SlaError
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.reminders.messages import Channels

FOLDER = "notices"
SETTINGS, LOGIN, PLUGIN, ANSWERS = "settings", "login", "plugin", "answers"  # what a notice is about
NEW, TOLD = ".new", ".told"
SENTENCES, CAUSE, CAUSE_TEXT = "sentences", "cause", "cause_text"  # keys of a notice's file
LONGEST = 2000  # characters of a sentence
MOST = 200  # files of one folder; a caller who causes more of them is only logged
SHOWN_SECONDS = 86400.0  # how long administrators see a notice in the terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminNotice:
    """A sentence for the administrators in each language, and the file that keeps it.

    `left_at` is when it was left, in seconds since 1970. It holds as long as the file `cause` has the text
    `cause_text`; without such a file, until it is withdrawn or old.
    """

    file: Path
    left_at: float
    sentences: Mapping[str, str]
    cause: str = ""
    cause_text: str = ""

    @property
    def holds(self) -> bool:
        """Return whether the notice's cause has not been put right."""
        if not self.cause:
            return True
        try:
            return Path(self.cause).read_text(encoding="utf-8") == self.cause_text
        except FileNotFoundError:
            return False
        except (OSError, ValueError):
            return True

    def in_language(self, language: str) -> str:
        """Return the sentence in a language, the present one for an unknown."""
        return self.sentences.get(language) or self.sentences.get(i18n.language(), "")


def leave(state: Path, about: str, problem: SlaError, *, cause: Path | None = None) -> None:
    """Keep a problem for the administrators; the same one is kept once a day.

    Sessions leave it and the chores send it, so that no caller waits for a channel. `cause` is a file whose change or
    removal puts the problem right.
    """
    content: dict[str, object] = {}
    if cause is not None:
        with suppress(OSError, ValueError):
            content = {CAUSE: str(cause), CAUSE_TEXT: cause.read_text(encoding="utf-8")}
    sentences = {}
    for language in i18n.LANGUAGES:
        with i18n.speaking(language):
            sentences[language] = clean(problem.sentence(), limit=LONGEST, lines=True)
    document = json.dumps(content | {SENTENCES: sentences}, sort_keys=True)
    digest = hashlib.sha256(f"{time.strftime('%Y%m%d')} {document}".encode()).hexdigest()
    name = f"{about}-{digest[:24]}"
    folder = state / FOLDER
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = [file.stem for file in folder.iterdir()]
        if name not in known and len(known) < MOST:
            (folder / f"{name}{NEW}").write_text(document, encoding="utf-8")


def about_account(person: str) -> str:
    """Return what a notice is about that concerns a person's account of the provider."""
    return f"{LOGIN}-{hashlib.sha256(person.encode()).hexdigest()[:24]}"


def withdraw(state: Path, about: str) -> None:
    """Forget the notices about what has been mended."""
    for notice in kept(state, NEW, TOLD):
        if notice.file.name.startswith(about):
            with suppress(OSError):
                notice.file.unlink()


def kept(state: Path, *endings: str) -> Iterator[AdminNotice]:
    """Yield the notices that hold and whose files have one of the endings.

    Other processes rename and delete them meanwhile, so nothing may be asked of a file later.
    """
    try:
        files = sorted((state / FOLDER).iterdir())
    except OSError:
        return
    for file in files:
        if file.suffix in endings:
            with suppress(OSError, ValueError, TypeError, AttributeError):
                notice = _read(file)
                if notice.holds:
                    yield notice
                else:
                    file.unlink()


def _read(file: Path) -> AdminNotice:
    with file.open(encoding="utf-8") as stream:
        left_at = os.fstat(stream.fileno()).st_mtime
        document = json.load(stream)
        return AdminNotice(
            file=file,
            left_at=left_at,
            # A notice of an earlier version is its sentences alone.
            sentences=dict(document.get(SENTENCES, document)),
            cause=document.get(CAUSE, ""),
            cause_text=document.get(CAUSE_TEXT, ""),
        )


def recent(state: Path) -> list[str]:
    """Return what was left of the last day about logins, for administrators to see."""
    now = time.time()
    found = (one for one in kept(state, NEW, TOLD) if one.file.name.startswith(LOGIN))
    return [one.in_language(i18n.language()) for one in found if now - one.left_at < SHOWN_SECONDS]


def send(state: Path, context: ServiceContext, channels: Channels, terms: Mapping[str, ChannelTerms]) -> None:
    """Send each new notice to every administrator with an address, once.

    Every channel to single people is used. `terms` are those of the channels, by name.
    """
    for notice in list(kept(state, NEW)):
        told = dict.fromkeys(_told(context, channels, terms, notice))
        log.write("notice", told=", ".join(told), sentence=notice.in_language("en"))
        with suppress(OSError):
            notice.file.rename(notice.file.with_suffix(TOLD))
    for old in kept(state, TOLD):
        if time.time() - old.left_at > SHOWN_SECONDS:
            with suppress(OSError):
                old.file.unlink()


def _told(
    context: ServiceContext, channels: Channels, terms: Mapping[str, ChannelTerms], notice: AdminNotice
) -> Iterator[str]:
    """Send a notice, and yield the ids of the people whom it reached."""
    for name, channel in channels.working.items():
        own = terms.get(name)
        if own is None or own.reach is not Reach.ADDRESS:
            continue
        for person in administrators(context):
            address = own.address_of(person)
            if not address:
                continue
            try:
                outcome = channel.send(_letter(context, notice, person, address))
            except Exception as error:  # a plugin's channel may raise anything
                log.write("channel", problem=f"{name}: {type(error).__name__}")
                continue
            if outcome.result is Result.SENT:
                yield person.id


def administrators(context: ServiceContext) -> list[Person]:
    """Return the administrators who are here today."""
    today = context.now().astimezone(context.settings.zone).date()
    return [
        person for person in context.people.values() if person.role is Role.ADMIN and person.is_here(today)
    ]


def _letter(context: ServiceContext, notice: AdminNotice, person: Person, address: str) -> Letter:
    language = person.language or context.settings.language
    with i18n.speaking(language):
        company = clean(context.settings.names.get(i18n.language()), limit=60)
        subject = _("{company}: the service of sla needs an administrator", company=company)
    return Letter(
        key=f"{notice.file.stem}-{person.id}",
        recipient=person.id,
        address=address,
        subject=subject,
        text=notice.in_language(language),
        at=context.now(),
    )
