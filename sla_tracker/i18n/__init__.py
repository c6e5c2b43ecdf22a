"""Translates messages at run time, with the standard library alone.

Messages are English sentences with named values; Chinese comes from the catalogue. A process uses one language, except
inside `speaking`.
"""

import gettext as _gettext
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from sla_tracker.i18n.compiled import compiled_catalogue

__all__ = ["LANGUAGES", "choose", "gettext", "language", "match", "ngettext", "speaking", "use", "use_found"]

LANGUAGES = ("zh_CN", "en")

_FOLDER = Path(__file__).resolve().parent
_chosen: list[str | Callable[[], str]] = ["en"]
# Set inside `speaking` only. A context variable, so that other threads and coroutines keep their language.
_override: ContextVar[str | None] = ContextVar("aside", default=None)


def gettext(message: str, /, **values: object) -> str:
    """Translate `message` and fill in its values.

    Braces inside values stay as they are.
    """
    return _fill(_catalogue(language()).gettext(message), values)


def ngettext(one: str, many: str, n: int, /, **values: object) -> str:
    """Translate the singular or plural that fits `n`; the message may contain `{n}`."""
    return _fill(_catalogue(language()).ngettext(one, many, n), {"n": n, **values})


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Use another language inside the block, in this thread or coroutine only.

    Messages to other people need it. A tag that matches none of `LANGUAGES` changes nothing.
    """
    token = _override.set(match(lang) or _override.get())
    try:
        yield
    finally:
        _override.reset(token)


def use(lang: str | None) -> None:
    """Set the language of the process; None takes it from the environment.

    Raises ValueError for a language without a catalogue.
    """
    chosen = choose(environ=os.environ) if lang is None else match(lang)
    if chosen is None:
        raise ValueError(lang)
    _chosen[0] = chosen


def use_found(find: Callable[[], str]) -> None:
    """Set how the language of the process is found, when a text is first translated.

    `find` returns one of `LANGUAGES`.
    """
    _chosen[0] = find


def language() -> str:
    """Return the language in use, one of `LANGUAGES`."""
    overriding = _override.get()
    if overriding:
        return overriding
    chosen = _chosen[0]
    if not isinstance(chosen, str):
        chosen = _chosen[0] = chosen()
    return chosen


def match(tag: str | None) -> str | None:
    """Return the one of `LANGUAGES` for a tag such as `zh-CN` or `en_GB.UTF-8`.

    Returns None for any other tag.
    """
    primary = (tag or "").strip().replace("-", "_").split(".")[0].split("_")[0].lower()
    return {"zh": "zh_CN", "en": "en"}.get(primary)


def choose(
    option: str | None = None,
    environ: Mapping[str, str] | None = None,
    config: str | None = None,
    system: str | None = None,
) -> str:
    """Choose the language of the program.

    `--lang` comes first, then `SLA_LANG`, then the config, then the system's locale. A tag that matches none of
    `LANGUAGES` is skipped. `system` defaults to the locale variables of `environ`, in the order of gettext(3).
    English when nothing matches.
    """
    environ = environ or {}
    asked = (option, environ.get("SLA_LANG"), config, system or _system_locale(environ))
    return next(filter(None, map(match, asked)), "en")


def system_language(environ: Mapping[str, str]) -> str | None:
    """Return the language of the system's locale.

    None where it is neither of `LANGUAGES`.
    """
    return match(_system_locale(environ))


def _system_locale(environ: Mapping[str, str]) -> str | None:
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    return next((environ[name] for name in names if environ.get(name)), None)


class _Values(dict[str, object]):
    """Format values that leave a missing name as `{name}` instead of raising KeyError."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _fill(sentence: str, values: Mapping[str, object]) -> str:
    return sentence.format_map(_Values(values)) if values else sentence


@cache  # the file is read once per language and process
def _catalogue(lang: str) -> _gettext.NullTranslations:
    if lang == "en":
        return _gettext.NullTranslations()
    compiled = _FOLDER / lang / "LC_MESSAGES" / "sla_tracker.mo"
    if _is_stale(compiled):
        _recompile()
    if not compiled.exists():
        return _gettext.NullTranslations()
    content = compiled.read_bytes()
    return compiled_catalogue(content) or _gettext.GNUTranslations(BytesIO(content))


def _is_stale(compiled: Path) -> bool:
    """Return whether a `.po` file is newer than its compiled catalogue.

    A wheel has no `.po` and is never stale.
    """
    edited = [source.stat().st_mtime for source in compiled.parent.glob("*.po")]
    return bool(edited) and (not compiled.exists() or compiled.stat().st_mtime < max(edited))


def _recompile() -> None:
    try:
        from sla_tracker.i18n.catalogue import compile_catalogues
    except ImportError:  # Babel is for development only
        return
    try:
        compile_catalogues(_FOLDER)
    except OSError as reason:
        sys.stderr.write(f"sla: the message catalogue could not be compiled: {reason}\n")
