"""Reads the deployment's `calendars/` folder.

Texts for plugins, sources of other countries, files nobody reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import BinaryIO

from sla_tracker.domain.time.calendar_layers import DaySource
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.value_class import dataclass

_NAME = r"([a-z][a-z0-9-]{0,39})-([0-9]{4})\.(toml|ics|csv)"
# The form that is read where several files are about one year, as in calendar_files.reader.
_FORMS = ("toml", "ics", "csv")
_HIDDEN = (".", "~", "#")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFolder:
    """The calendar files of a deployment: texts by name, and why some are not read.

    A file that cannot be decoded has an empty text, so that its year counts as left out.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, SlaError] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Return the names of the sources that the files are for."""
        matches = (re.fullmatch(_NAME, name) for name in self.texts)
        return tuple(sorted({match[1] for match in matches if match}))

    def sources(self, zone: str, supplied: Collection[str]) -> dict[str, DaySource]:
        """Return a source for each name that no plugin supplies.

        UTC instants in the files become days of `zone`.
        """
        others = [name for name in self.names() if name not in supplied]
        if not others:
            return {}
        # Imported here because few deployments have files of other countries.
        from sla_tracker.calendar_files.sources import source_of_files

        return {name: source_of_files(self._years(name), zone) for name in others}

    def _years(self, name: str) -> dict[int, tuple[str, str]]:
        """Return the file and its text for each year of a name."""
        found = {
            file: match for file in self.texts if (match := re.fullmatch(_NAME, file)) and match[1] == name
        }
        return {int(match[2]): (file, self.texts[file]) for file, match in found.items()}


def read_calendar_folder(folder: Path) -> CalendarFolder:
    """Return the files of a folder.

    A file that cannot be read is named, never skipped silently.
    """
    if not folder.is_dir():
        return CalendarFolder()
    texts: dict[str, str] = {}
    unread: dict[str, SlaError] = {}
    for path in sorted(folder.iterdir()):
        name = path.name
        if name.startswith(_HIDDEN) or name.endswith("~"):
            continue  # what editors and systems leave there
        match = re.fullmatch(_NAME, name)
        if match is None or not path.is_file():
            unread[name] = _no_calendar_name(name) if match is None else UsageError(N_("It is no file."))
            continue
        try:
            texts[name] = read_calendar_text(path)
        except UsageError as problem:
            texts[name], unread[name] = "", problem
    for name, better in _superseded(texts):
        del texts[name]
        unread[name] = UsageError(
            N_("It is not read, because {better} is there for the same year; remove one of them."),
            better=better,
        )
    return CalendarFolder(texts=texts, unread=unread)


def read_calendar_text(path: Path) -> str:
    """Return the text of a calendar file.

    Raises UsageError when it cannot be read or decoded.
    """
    return text_of(path.name, lambda: path.open("rb"))


def text_of(name: str, opened: Callable[[], BinaryIO]) -> str:
    """Return the text of a calendar file that is opened elsewhere.

    Raises UsageError when it cannot be read or decoded.
    """
    from sla_tracker.calendar_files.decode import LARGEST_FILE, decode

    try:
        with opened() as stream:
            content = stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as reason:
        raise UsageError(N_("It cannot be read: {reason}."), reason=reason) from reason
    return decode(content, folded=name.lower().endswith(".ics"))


def _no_calendar_name(name: str) -> UsageError:
    return UsageError(
        N_(
            "Nothing reads it. A file here is called NAME-YEAR.toml, .ics or .csv, such as china-2027.ics; rename it, "
            "or take it over and remove it: sla calendar import calendars/{file}"
        ),
        file=name,
    )


def _superseded(names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each file beside a better one for the same year, with that one."""
    for name in sorted(names):
        stem, _, form = name.rpartition(".")
        for other in _FORMS[: _FORMS.index(form)]:
            if f"{stem}.{other}" in names:
                yield name, f"{stem}.{other}"
                break
