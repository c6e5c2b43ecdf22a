"""Keeps a copy of the last settings that passed every check.

The program goes on with it when the present ones are wrong.

The copy lies beside the file. It is used only if it belongs to the same owner, and it gives nobody an identity, a role
or a trial that the present file, as far as it can be read, no longer gives.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from sla_tracker.config.comments import without_comments
from sla_tracker.config.deployment import LARGEST_FILE, Contents, Deployment
from sla_tracker.config.load import parse_config
from sla_tracker.config.sections.people import PersonTable
from sla_tracker.domain.people import Role
from sla_tracker.durable_files import replace_file
from sla_tracker.errors import ConfigError
from sla_tracker.trusted_files import NotTrusted, Trusted, may_write_for, read_trusted
from sla_tracker.value_class import dataclass

SUFFIX = ".good"
COPY_MODE = 0o644

_HEADING = re.compile(r"^[ \t]*\[\[?[ \t]*([\w.-]+)[ \t]*\]\]?[ \t]*$", re.MULTILINE)
_QUOTED = r"""["']([^"'\n]*)["']"""
_VALUE = {key: re.compile(rf"^[ \t]*{key}[ \t]*=[ \t]*{_QUOTED}", re.MULTILINE) for key in ("id", "role")}
_LOGINS = re.compile(r"^[ \t]*logins[ \t]*=[ \t]*\[([^\]]*)\]", re.MULTILINE)
_LEFT_ON = re.compile(r"^[ \t]*left_on[ \t]*=[ \t]*(\d{4}-\d\d-\d\d)", re.MULTILINE)
_ENABLED = re.compile(r"^[ \t]*enabled[ \t]*=[ \t]*true\b", re.MULTILINE)


def copy_of(file: Path) -> Path:
    """Return the path of the copy that belongs to a settings file."""
    return file.with_name(file.name + SUFFIX)


def is_kept(deployment: Deployment) -> bool:
    """Return whether the copy already has the content of these settings."""
    try:
        return _read_copy(deployment.file, deployment.owner).digest == deployment.digest
    except NotTrusted:
        return False


def keep(deployment: Deployment) -> None:
    """Write the copy of settings that passed every check.

    Only their owner and root write it; for others nothing happens.
    """
    if may_write_for(deployment.owner):
        with suppress(OSError):
            mode = deployment.file.stat().st_mode & COPY_MODE
            content = deployment.source.text.encode()
            replace_file(copy_of(deployment.file), content, mode=mode, owner=deployment.owner)


def last_good(file: Path, problem: ConfigError) -> Deployment:
    """Return the deployment as its last good settings describe it.

    Raises the problem of the present ones where there is no copy to be trusted, where it is a trial and the present
    file no longer says so, or where not even the owner of the present file can be known.
    """
    try:
        present = read_trusted(file, file.parent, LARGEST_FILE)
        copy = _read_copy(file, present.owner)
    except NotTrusted:
        raise problem from None
    good = parse_config(file, copy)
    text = present.content.decode("utf-8-sig", "replace")
    said = _in_toml(text) or _in_text(text)
    if good.config.trial.enabled and not said.is_trial:
        raise problem
    return _restricted(good, said) if copy.digest != present.digest else good


def _read_copy(file: Path, owner: int) -> Trusted:
    """Return the copy beside a settings file.

    Raises NotTrusted for a copy of another owner, or a link.
    """
    place = copy_of(file)
    copy = read_trusted(place, file.parent, LARGEST_FILE)
    if copy.owner != owner or place.is_symlink():
        raise NotTrusted("{path}", path=place)
    return copy


# --- what the present file still says about people --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """What the present file says about one person."""

    logins: Collection[str]
    role: Role
    left_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the present file says about people, by id, and whether it is a trial's."""

    people: Mapping[str, _Named]
    is_trial: bool


def _restricted(good: Deployment, said: _Said) -> Deployment:
    """Return the deployment without identities and roles that the file does not give."""
    people = [_as_named(person, said.people.get(person.id)) for person in good.config.people]
    unnamed = frozenset(
        person.id
        for person, was in zip(people, good.config.people, strict=True)
        if person.id not in said.people or (was.logins and not person.logins)
    )
    contents = Contents(config=good.config.model_copy(update={"people": people}), source=good.source)
    return replace(good, read=contents.read, unnamed=unnamed)


def _as_named(person: PersonTable, named: _Named | None) -> PersonTable:
    if named is None:
        return person.model_copy(update={"logins": []})
    order = list(Role)
    return person.model_copy(
        update={
            "logins": [login for login in person.logins if login in named.logins],
            "role": min(person.role, named.role, key=order.index),
            "left_on": min(filter(None, (person.left_on, named.left_on)), default=None),
        }
    )


def _in_toml(text: str) -> _Said | None:
    """Return what a file of readable TOML says; None when it is not readable."""
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    people, trial = tree.get("people"), tree.get("trial")
    tables = [table for table in people if isinstance(table, dict)] if isinstance(people, list) else []
    return _Said(
        people={str(table.get("id")): _named_in_table(table) for table in tables},
        is_trial=isinstance(trial, dict) and trial.get("enabled") is True,
    )


def _named_in_table(table: Mapping[str, object]) -> _Named:
    logins, left_on = table.get("logins"), table.get("left_on")
    return _Named(
        logins=[str(login) for login in logins] if isinstance(logins, list) else [],
        role=_role(table.get("role", Role.STAFF)),
        left_on=left_on if type(left_on) is date else None,
    )


def _in_text(text: str) -> _Said:
    """Return what a file that is no TOML says, table by table, without its comments."""
    people, is_trial = dict[str, _Named](), False
    for heading, body in _tables(without_comments(text)):
        id = _VALUE["id"].search(body)
        if heading == "people" and id:
            people[id[1]] = _named_in_text(body)
        elif heading == "trial":
            is_trial = bool(_ENABLED.search(body))
    return _Said(people=people, is_trial=is_trial)


def _tables(text: str) -> Iterator[tuple[str, str]]:
    """Yield the heading and the text of each table."""
    for heading, following in pairwise([*_HEADING.finditer(text), None]):
        if heading is not None:
            yield heading[1], text[heading.end() : following.start() if following else len(text)]


def _named_in_text(body: str) -> _Named:
    logins, role, left_on = _LOGINS.search(body), _VALUE["role"].search(body), _LEFT_ON.search(body)
    return _Named(
        logins=re.findall(_QUOTED, logins[1]) if logins else [],
        role=_role(role[1])
        if role
        else Role.READER
        if re.search(r"^[ \t]*role\b", body, re.MULTILINE)
        else Role.STAFF,
        left_on=_day(left_on[1]) if left_on else None,
    )


def _role(word: object) -> Role:
    """Return a role by its word; for an unknown word, that with the fewest rights."""
    return next((role for role in Role if role == word), Role.READER)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
