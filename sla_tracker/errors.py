"""The one tree of errors that people see.

Each error says what is wrong, which one, and what to do, and owns its exit code. The sentence is an English
message with named values; it is put into the reader's language only when it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from enum import IntEnum
from os import PathLike

from sla_tracker import i18n

LONGEST_SHOWN = 500

_display_zone: list[tzinfo] = [UTC]
_display_names: dict[str, str] = {}


class ExitCode(IntEnum):
    """How a command ended; the meaning of each code is part of the interface."""

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


# What Linux and macOS say of a file, a folder or a host that cannot be used.
_SYSTEM_SAYS = frozenset(
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
        N_("Name or service not known"),
        N_("Network is unreachable"),
        N_("No route to host"),
        N_("No space left on device"),
        N_("No such device or address"),
        N_("No such file or directory"),
        N_("Not a directory"),
        N_("Operation not permitted"),
        N_("Permission denied"),
        N_("Read-only file system"),
        N_("Stale file handle"),
        N_("Temporary failure in name resolution"),
        N_("Too many levels of symbolic links"),
        N_("Too many open files"),
    }
)


class Phrase:
    """A marked message inside a sentence, put into the reader's language when the sentence is."""

    def __init__(self, message: str, /, **values: object) -> None:
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return i18n.gettext(self.message, **{name: shown(value) for name, value in self.values.items()})


class Choices:
    """What one may choose from, inside a sentence: what is typed, each with what it is called."""

    def __init__(self, called: Mapping[str, object]) -> None:
        self.called = called

    def __str__(self) -> str:
        each = (str(Phrase(N_("{id} ({name})"), id=id, name=name)) for id, name in self.called.items())
        return i18n.gettext(N_(", ")).join(each) or "-"


class Who:
    """A person inside a sentence, shown by name where the deployment knows one."""

    def __init__(self, id: str) -> None:
        self.id = id

    def __str__(self) -> str:
        return _display_names.get(self.id, self.id)


def show_people_as(names: Mapping[str, str]) -> None:
    """Set the names under which error sentences show people's ids."""
    _display_names.clear()
    _display_names.update(names)


def show_times_in(zone: tzinfo) -> None:
    """Set the zone in which instants inside error sentences are written."""
    _display_zone[0] = zone


def shown(value: object) -> object:
    """Return a value the way a sentence shows it: instants in local time, texts and faults in the reader's language.

    What somebody typed or pasted is repeated up to `LONGEST_SHOWN` characters.
    """
    if isinstance(value, str | PathLike):
        said = str(value)
        return said if len(said) <= LONGEST_SHOWN else f"{said[:LONGEST_SHOWN]}…"
    if isinstance(value, datetime):
        return value.astimezone(_display_zone[0]).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, OSError):
        said = value.strerror or str(value) or type(value).__name__
        return i18n.gettext(said) if said in _SYSTEM_SAYS else said
    get = getattr(value, "get", None)
    if get is not None and hasattr(value, "zh"):
        return get(i18n.language())
    return value


class SlaError(Exception):
    """Base of every error a person may see; `message` is the English msgid, `values` fill its names."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, /, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def sentence(self) -> str:
        """Return the error in the current language."""
        return i18n.gettext(self.message, **{name: shown(value) for name, value in self.values.items()})

    def __str__(self) -> str:
        return self.sentence()


class Wrong(ValueError):
    """Refuse a value where Python expects a ValueError, and carry the sentences that say to people what is wrong."""

    def __init__(self, *problems: SlaError) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return " ".join(problem.sentence() for problem in self.problems)


class UsageError(SlaError):
    """What was typed cannot be understood."""

    exit_code = ExitCode.USAGE


class NotFound(SlaError):
    """Nothing goes by the name that was given."""

    exit_code = ExitCode.NOT_FOUND


class Refused(SlaError):
    """The rules of the house do not allow this now."""

    exit_code = ExitCode.REFUSED


class IllegalTransition(Refused):
    """The duty, request or complaint is in a state from which this step does not exist."""


class Overtaken(Refused):
    """Somebody else was first; says who and when."""


class WithProblems(SlaError):
    """An error that names all its problems at once, each on a line of its own."""

    def __init__(self, message: str, /, problems: tuple[SlaError, ...] = (), **values: object) -> None:
        super().__init__(message, **values)
        self.problems = problems

    def sentence(self) -> str:
        """Return the error and each problem on a line of its own."""
        return "\n".join([super().sentence(), *(f"  - {problem.sentence()}" for problem in self.problems)])


class Incomplete(WithProblems, Refused):
    """Something required is missing."""


class NeedsConfirmation(Refused):
    """The same thing seems to be there already; asks before going on (`--again` goes on)."""


class Forbidden(SlaError):
    """This person's role or department does not allow it."""

    exit_code = ExitCode.FORBIDDEN


class ConfigError(WithProblems):
    """The deployment's configuration is wrong; every place is named at once."""

    exit_code = ExitCode.CONFIG


class PluginError(WithProblems):
    """A plugin is wrong or refused; costs itself only."""

    exit_code = ExitCode.PLUGIN


class StoreError(SlaError):
    """The store cannot be read or written."""

    exit_code = ExitCode.STORE


class StoreNotOpen(StoreError):
    """The store is still being opened."""

    def __init__(self) -> None:
        super().__init__(N_("The store is still being opened; try again in a moment."))


class StoreBusy(StoreError):
    """Somebody holds the store for longer than one waits."""

    exit_code = ExitCode.BUSY


class OutcomeUnknown(StoreError):
    """The store could not say whether the change was applied."""

    exit_code = ExitCode.UNKNOWN_OUTCOME
