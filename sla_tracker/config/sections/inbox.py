"""`[inbox]`: a folder whose lists are taken over as an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field as Key

from sla_tracker.config.sections.base import Section
from sla_tracker.config.sections.people import PersonTable
from sla_tracker.domain.people import Role
from sla_tracker.domain.toml_reader import Key as Place
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.services.imports.inbox import CHANGES_SETTINGS, InboxFileKind


def _usual() -> list[InboxFileKind]:
    """Return the kinds of lists taken by default: those that change no settings."""
    return [kind for kind in InboxFileKind if kind not in CHANGES_SETTINGS]


class InboxSection(Section):
    """`[inbox]`: the folder, as whom its lists are taken over, and how they are read.

    `account` is the id of one of the people: what a file says is that account's word, whoever put the file there.
    `takes` are the kinds of lists that are taken over. `map` is a name under which a map of columns is remembered,
    `kind` the kind of event of all rows. `update` also makes the corrections of rows with known keys. Taken and refused
    files are kept for `keep_days`; 0 keeps them.
    """

    folder: str = ""
    account: str = ""
    takes: list[Annotated[InboxFileKind, Key(strict=False)]] = Key(default_factory=_usual)
    map: str = ""
    kind: str = ""
    update: bool = False
    keep_days: Annotated[int, Key(ge=0, le=3660)] = 90


def inbox_problems(
    section: InboxSection, people: Mapping[str, PersonTable]
) -> Iterator[tuple[Place, SlaError]]:
    """Yield why nobody's word could be taken from the folder."""
    if not section.folder:
        return
    account = people.get(section.account)
    if account is None:
        yield ("inbox", "account"), unknown_name(section.account, people)
    elif not account.department or account.role is Role.READER:
        yield (
            ("inbox", "account"),
            UsageError(
                N_(
                    "{account} needs a department and a role that may register events: the department decides which "
                    "deadlines are counted from the registration."
                ),
                account=account.id,
            ),
        )
    elif not CHANGES_SETTINGS.isdisjoint(section.takes) and account.role is not Role.ADMIN:
        yield (
            ("inbox", "takes"),
            UsageError(
                N_("{account} is no administrator, so that no {kinds} can be taken from the inbox."),
                account=account.id,
                kinds=", ".join(kind for kind in section.takes if kind in CHANGES_SETTINGS),
            ),
        )
