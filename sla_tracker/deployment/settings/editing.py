"""Changes the settings file of a deployment.

The new text is checked as a whole, then replaces the old one at once.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomlkit

from sla_tracker.config import edit
from sla_tracker.config.last_good import copy_of
from sla_tracker.config.load import FILE_NAME, LARGEST_FILE, Deployment, parse_config, parsed
from sla_tracker.config.locate import packaged_config, packaged_configs
from sla_tracker.deployment.plugin_loading import build_with, load_host
from sla_tracker.deployment.settings.loading import key_problems
from sla_tracker.domain.people import Role
from sla_tracker.domain.toml_reader import Key, dotted, unknown_name
from sla_tracker.durable_files import replace_file
from sla_tracker.errors import (
    N_,
    ConfigError,
    Forbidden,
    Names,
    NotFound,
    Overtaken,
    Refused,
    UsageError,
    unwritten,
)
from sla_tracker.os_login import login_of
from sla_tracker.services.authoring.settings_editor import PeopleList, SettingsChange, ValueChange
from sla_tracker.services.ports import CallerFiles
from sla_tracker.trusted_files import NotTrusted, Trusted, may_write_for, read_trusted
from sla_tracker.value_class import dataclass

PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class FileEditor:
    """Changes the settings file of one deployment.

    Implements `services.authoring.settings_editor.SettingsEditor`.
    """

    deployment: Deployment
    files: CallerFiles

    def with_value(self, key: str, typed: str) -> SettingsChange:
        """Return the settings with a value set."""
        path = _path(key)
        if path[0] == PEOPLE:
            raise UsageError(N_("People are changed with sla person; or edit the file yourself."))
        return self._checked(edit.with_value(self._text, path, edit.value_of(typed)))

    def without_value(self, key: str) -> SettingsChange:
        """Return the settings without a value."""
        return self._checked(edit.without_value(self._text, _path(key)))

    def with_plugin(self, plugin: str) -> SettingsChange:
        """Return the settings with an installed plugin in use, too."""
        names = dict.fromkeys([*self.deployment.config.plugins.enabled, plugin])
        return self._checked(edit.with_value(self._text, ("plugins", "enabled"), list(names)))

    def with_people(
        self, added: Sequence[Mapping[str, object]], changed: Mapping[str, Mapping[str, object]]
    ) -> SettingsChange:
        """Return the settings with people added and changed."""
        text = self._text
        places = {person["id"]: place for place, person in enumerate(tomllib.loads(text).get(PEOPLE, ()))}
        for id, values in changed.items():
            if id not in places:
                raise NotFound(N_("There is nobody with the id {name}."), name=unknown_name(id, places))
            text = edit.with_person_changed(text, places[id], values)
        for person in added:
            text = edit.with_person(text, person)
        return self._checked(text)

    def read_people(self, named: str) -> PeopleList:
        """Return the people in a file of the caller."""
        from sla_tracker.deployment.settings.people_list import read_people
        from sla_tracker.sheets.reader import read_named

        sheets = read_named(self.files.read, named)
        host = load_host(self.deployment)
        people = build_with(self.deployment, host, complete=False).people
        return read_people(sheets, people, host.catalogue.departments)

    def write(self, change: SettingsChange) -> None:
        """Write a change, unless the file has changed since."""
        file = self.deployment.file.resolve()
        if not may_write_for(self.deployment.owner):
            raise Forbidden(
                N_("{file} belongs to {owner}; only that login changes it."),
                file=file,
                owner=login_of(self.deployment.owner),
            )
        with _locked(file.parent):
            if read_trusted(file, file.parent, LARGEST_FILE).digest != change.digest:
                raise Overtaken(N_("Somebody has changed {file} meanwhile; try again."), file=file.name)
            try:
                mode = file.stat().st_mode & 0o777
                replace_file(file, change.text.encode(), mode=mode, owner=self.deployment.owner)
            except OSError as reason:
                kind = unwritten(reason, Refused)
                raise kind(N_("{file} cannot be written: {reason}"), file=file, reason=reason) from reason

    def differences(self, other: str) -> Sequence[ValueChange]:
        """Return what differs from other settings."""
        return tuple(
            _differences(_flat(tomllib.loads(self.text_of_other(other))), _flat(tomllib.loads(self._text)))
        )

    @property
    def _text(self) -> str:
        return self.deployment.source.text

    def text_of_other(self, named: str) -> str:
        """Return the text of other settings; raises NotFound, ConfigError."""
        path = copy_of(self.deployment.file) if not named else Path(named)
        if named in packaged_configs() and not path.exists():
            path = packaged_config(named)
        path = path / FILE_NAME if path.is_dir() else path
        if not path.is_file():
            raise NotFound(
                N_("There are no settings “{name}”; name a file, a deployment's folder, or one of {known}."),
                name=str(path),
                known=", ".join(packaged_configs()),
            )
        try:
            content = read_trusted(path, path.parent, LARGEST_FILE).content
        except NotTrusted as reason:
            raise ConfigError(
                N_("The settings {file} cannot be read: {reason}"), file=path, reason=reason
            ) from reason
        return parsed(path, content).text

    def _checked(self, text: str) -> SettingsChange:
        """Return the change to a text that passed every check; raises ConfigError."""
        content = text.encode()
        trusted = Trusted(path=self.deployment.file, content=content, owner=self.deployment.owner)
        present = parse_config(self.deployment.file, trusted)
        host = load_host(present)
        build_with(present, host, complete=host.is_complete)
        problems = tuple(key_problems(present))
        if problems:
            raise ConfigError(N_("The settings {file} cannot be used:"), problems, file=self.deployment.file)
        before, after = tomllib.loads(self._text), tomllib.loads(text)
        _must_keep_an_administrator(before, after)
        return SettingsChange(
            text=text,
            digest=self.deployment.digest,
            changes=tuple(_differences(_flat(before), _flat(after))),
        )


def _must_keep_an_administrator(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raise Refused for a change after which no administrator stays.

    A day on which the last one leaves counts: nobody could appoint another one from then on.
    """
    last = _staying_administrators(before)
    if last and not _staying_administrators(after):
        raise Refused(
            N_(
                "Nobody could administer this deployment after {person}; appoint somebody else first: sla person move "
                "PERSON DEPARTMENT --role admin, or sla person add … --role admin."
            ),
            person=Names(last),
        )


def _staying_administrators(tree: Mapping[str, Any]) -> list[str]:
    """Return the names of the administrators of whom nothing says that they leave."""
    return [
        str(person.get("name", person["id"]))
        for person in tree.get(PEOPLE, ())
        if person.get("role") == Role.ADMIN.value and "left_on" not in person
    ]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process after the other change the settings in a folder.

    The folder is locked, not the file: the file is replaced, and a lock on it would go with the old one.
    """
    try:
        import fcntl
    except ImportError:  # on systems without it nobody else runs this program beside us on the same files
        yield
        return
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _path(key: str) -> Key:
    """Return the parts of a dotted key, which may be quoted as in TOML.

    Raises UsageError.
    """
    wrong = UsageError(N_("“{key}” is no key of the settings; write it like targets.usual."), key=key)
    if not key.isprintable():
        raise wrong
    try:
        node: Any = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        raise wrong from None
    parts: list[str | int] = []
    while isinstance(node, dict):
        ((part, node),) = node.items()
        parts.append(part)
    return tuple(parts)


def _flat(tree: Mapping[str, Any]) -> dict[str, str]:
    """Return every value as TOML by its dotted key; people by their ids."""
    return dict(_values(tree, ()))


def _values(tree: Any, key: Key) -> Iterator[tuple[str, str]]:
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            yield from _values(value, (*key, name))
    elif key == (PEOPLE,) and isinstance(tree, list):
        for number, person in enumerate(tree, start=1):
            id = person.get("id", number) if isinstance(person, Mapping) else number
            yield from _values(person, (*key, str(id)))
    else:
        yield dotted(key), tomlkit.item(tree).as_string().strip()


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[ValueChange]:
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield ValueChange(key, before.get(key), after.get(key))
