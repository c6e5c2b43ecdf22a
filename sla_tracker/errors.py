"""Defines every error that users see: message, values, exit code.

Each message says what is wrong, with which object, and what to do. It is stored as an English msgid with named values
and translated only when it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from enum import IntEnum
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from itertools import accumulate
from os import PathLike

from sla_tracker import i18n

NO_ROOM = frozenset({ENOSPC, EDQUOT, EFBIG, EIO})
"""errno values of a disk that takes nothing more."""

LONGEST_SHOWN = 500  # characters of user input repeated in a message
LONGEST_DECIMAL = 4096  # bits; Python refuses to write a number of thousands of digits in decimal

# Set when a deployment opens; UTC and bare ids until then.
_display_zone: list[tzinfo] = [UTC]
_display_names: dict[str, str] = {}


class ExitCode(IntEnum):
    """Exit code of a command; scripts rely on the numbers, so they never change."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    FORBIDDEN = 5
    CONFIG = 6
    STORE = 7
    UNKNOWN_OUTCOME = 8
    PLUGIN = 9
    BUSY = 10


def N_(message: str) -> str:
    """Mark a message for translation without translating it yet."""
    return message


# Error texts of Linux and macOS (`strerror`) for files, folders and hosts, marked for translation.
SYSTEM_MESSAGES = frozenset(
    {
        N_("Connection refused"),
        N_("Connection timed out"),
        N_("Device or resource busy"),
        N_("Directory not empty"),
        N_("Disk quota exceeded"),
        N_("File exists"),
        N_("File name too long"),
        N_("File too large"),
        N_("Input/output error"),
        N_("Is a directory"),
        N_("Is a symbolic link"),
        N_("Name or service not known"),
        N_("Network is unreachable"),
        N_("No route to host"),
        N_("No space left on device"),
        N_("No such device or address"),
        N_("No such file or directory"),
        N_("Not a directory"),
        N_("Not a regular file"),
        N_("Operation not permitted"),
        N_("Permission denied"),
        N_("Read-only file system"),
        N_("Stale file handle"),
        N_("Temporary failure in name resolution"),
        N_("Too many levels of symbolic links"),
        N_("Too many open files"),
    }
)


def _filled(message: str, values: Mapping[str, object]) -> str:
    return i18n.gettext(message, **{name: shown(value) for name, value in values.items()})


class Phrase:
    """A msgid used as a value of another message; translated together with it."""

    def __init__(self, message: str, /, **values: object) -> None:
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return _filled(self.message, self.values)


class Choices:
    """The allowed choices as a message value.

    Id and name of each (once where they are alike), separated by commas; of more than `most` the first ones, and how
    many more there are.
    """

    def __init__(self, called: Mapping[str, object], most: int | None = None) -> None:
        self.called = called
        self.most = most

    def __str__(self) -> str:
        each = [
            id if name == id else str(Phrase(N_("{id} ({name})"), id=id, name=name))
            for id, name in self.called.items()
        ]
        shown_ones = i18n.gettext(N_(", ")).join(each[: self.most]) or "-"
        more = len(each) - self.most if self.most else 0
        return str(Phrase(N_("{known} and {n} more"), known=shown_ones, n=more)) if more > 0 else shown_ones


class Names:
    """Names that are listed as a message value, however many they are.

    They are joined in the language of the message. With `longest`, only as many are listed as that many characters
    hold, and how many more there are.
    """

    def __init__(self, names: Iterable[object], longest: int | None = None) -> None:
        self.names = tuple(names)
        self.longest = longest

    def __str__(self) -> str:
        comma, names = i18n.gettext(N_(", ")), [str(shown(name)) for name in self.names]
        ends = accumulate(len(name) + len(comma) for name in names)
        fitting = sum(self.longest is None or end <= self.longest for end in ends)
        shown_ones = comma.join(names[: max(fitting, 1)])
        more = len(names) - max(fitting, 1)
        return str(Phrase(N_("{known} and {n} more"), known=shown_ones, n=more)) if more > 0 else shown_ones


class Who:
    """A person as a message value: the name if the deployment knows it, else the id."""

    def __init__(self, id: str) -> None:
        self.id = id

    def __str__(self) -> str:
        return _display_names.get(self.id, self.id)


def show_people_as(names: Mapping[str, str]) -> None:
    """Set the names (by person id) that error messages show."""
    _display_names.clear()
    _display_names.update(names)


def show_times_in(zone: tzinfo) -> None:
    """Set the time zone in which error messages show instants."""
    _display_zone[0] = zone


def shown(value: object) -> object:
    """Return a message value as users read it: local time, the user's language.

    User input is cut after `LONGEST_SHOWN` characters.
    """
    if isinstance(value, str | PathLike):
        text = str(value)
        return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    if isinstance(value, datetime):
        return value.astimezone(_display_zone[0]).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, OSError):
        text = value.strerror or str(value) or type(value).__name__
        return i18n.gettext(text) if text in SYSTEM_MESSAGES else text
    if isinstance(value, int) and value.bit_length() > LONGEST_DECIMAL:
        return f"{value:#x}"[:LONGEST_SHOWN] + "…"
    get = getattr(value, "get", None)
    if get is not None and hasattr(value, "zh"):
        return get(i18n.language())
    return value


class SlaError(Exception):
    """Base of all errors shown to users.

    `message` is the msgid, `values` fill its names.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, /, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def sentence(self) -> str:
        """Return the message in the current language, with its values filled in."""
        return _filled(self.message, self.values)

    def __str__(self) -> str:
        return self.sentence()


class Wrong(ValueError):
    """A ValueError that carries the translated problems of a rejected value."""

    def __init__(self, *problems: SlaError) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return " ".join(problem.sentence() for problem in self.problems)


class UsageError(SlaError):
    """The user's input cannot be parsed or is out of range."""

    exit_code = ExitCode.USAGE


class NotFound(SlaError):
    """No object has the given id, name or reference."""

    exit_code = ExitCode.NOT_FOUND


class Refused(SlaError):
    """The deployment's rules do not allow this now."""

    exit_code = ExitCode.REFUSED


class IllegalTransition(Refused):
    """The object's present state does not allow this step."""


class Overtaken(Refused):
    """Another person acted first; the message names who and when."""


class WithProblems(SlaError):
    """An error that lists several problems, one a line."""

    def __init__(self, message: str, /, problems: tuple[SlaError, ...] = (), **values: object) -> None:
        super().__init__(message, **values)
        self.problems = problems

    def sentence(self) -> str:
        """Return the message and its problems, one a line."""
        return "\n".join([super().sentence(), *(f"  - {problem.sentence()}" for problem in self.problems)])


class Incomplete(WithProblems, Refused):
    """Required fields, evidence or steps are missing; `problems` names each."""


class MissingValue(UsageError):
    """A required field has no value; the value `name` is the field's id."""


class NeedsConfirmation(Refused):
    """The same object seems to exist already; `--again` confirms that it is meant."""


class Forbidden(SlaError):
    """The person's role or department does not have the right."""

    exit_code = ExitCode.FORBIDDEN


class ConfigError(WithProblems):
    """The deployment's configuration is invalid; `problems` names every place."""

    exit_code = ExitCode.CONFIG


class RecordingStopped(ConfigError):
    """The settings let no act be recorded now; the act itself is allowed."""


class PluginError(WithProblems):
    """A plugin is invalid or refused; the other plugins go on working."""

    exit_code = ExitCode.PLUGIN


class StoreError(SlaError):
    """The store cannot be read or written."""

    exit_code = ExitCode.STORE


class StoreNotOpen(StoreError):
    """The store is still being opened; trying again in a moment helps."""

    def __init__(self) -> None:
        super().__init__(N_("The store is still being opened; try again in a moment."))


class StoreBusy(StoreError):
    """Another process locked the store for longer than the time-out."""

    exit_code = ExitCode.BUSY


class StoreUnreachable(StoreError):
    """The store's server does not answer or lets nobody in; later it may."""


class OutcomeUnknown(StoreError):
    """The connection broke during a commit: the change may or may not be stored."""

    exit_code = ExitCode.UNKNOWN_OUTCOME


def unwritten(error: OSError, otherwise: type[SlaError]) -> type[SlaError]:
    """Return the kind of error for a file that cannot be written.

    StoreError for a disk that takes nothing more, so that scripts know it by its exit code.
    """
    return StoreError if error.errno in NO_ROOM else otherwise
