"""Tells whether this process has a terminal to prompt or draw on, and prompts."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import TypeVar

from sla_tracker.cli.terminal_kind import prints_only
from sla_tracker.i18n import gettext as _

R = TypeVar("R")

# Whatever the session's language, people type the one or the other.
_YES = frozenset({"y", "yes", "是", "是的"})
_NO = frozenset({"n", "no", "否", "不是"})


def is_there() -> bool:
    """Return whether prompts can be answered: stdin and stderr are terminals.

    stdout may be redirected.
    """
    streams = (sys.stdin, sys.stderr)  # None where a stream was closed
    return all(stream is not None and stream.isatty() for stream in streams)


def can_draw() -> bool:
    """Return whether the full-screen terminal can run: stdout is a terminal too.

    Its size is read from stdout.
    """
    return is_there() and sys.stdout is not None and sys.stdout.isatty() and not prints_only()


def confirm(question: str) -> bool:
    """Ask a question that is answered with yes or no, until it is; nothing means no."""
    said = chosen(
        f"{question} [y/N]",
        {True: _YES, False: _NO},
        _("Type y or yes for yes, n or no for no; nothing means no."),
    )
    return bool(said)


def chosen(question: str, words: Mapping[R, Collection[str]], how: str) -> R | None:
    """Ask until one of the words is typed, and return what it stands for.

    Nothing means None. `how` says what may be typed, after an answer that is none.
    """
    from sla_tracker.cli import output

    while answer := prompt(question, default="").strip().casefold():
        for meant, spellings in words.items():
            if answer in spellings:
                return meant
        output.message(how)
    return None


def prompt(question: str, *, default: str | None = None) -> str:
    """Ask for a value; without a default until there is one."""
    import click

    _begin_to_read()
    answer: str = click.prompt(question, default=default, show_default=False, err=True)
    return answer


def _begin_to_read() -> None:
    """Take the keys over before the question is on the screen.

    In a session of the service the first read does that. Who sees the question already may end it with Ctrl+C or
    suspend it with Ctrl+Z, and the keys would go to a client that does not pass them on yet.
    """
    if sys.stdin is None:
        return
    try:
        sys.stdin.read(0)
    except KeyboardInterrupt:
        import click

        raise click.Abort from None
