"""Puts the program's sentences into the reader's language, at run time, without third-party code.

Messages are English sentences with named values; Chinese comes from the catalogue. One process speaks one language,
except where `speaking` says something to somebody else.
"""

import gettext as _gettext
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

__all__ = ["LANGUAGES", "choose", "gettext", "language", "match", "ngettext", "speaking", "use"]

LANGUAGES = ("zh_CN", "en")

_FOLDER = Path(__file__).resolve().parent
_chosen = ["en"]
_aside: ContextVar[str | None] = ContextVar("aside", default=None)


def gettext(message: str, /, **values: object) -> str:
    """Translate `message` and fill in its named values; a value's own braces stay as they are."""
    return _filled(_catalogue(language()).gettext(message), values)


def ngettext(one: str, many: str, n: int, /, **values: object) -> str:
    """Translate the form that fits the count `n`, which the message may name as `{n}`."""
    return _filled(_catalogue(language()).ngettext(one, many, n), {"n": n, **values})


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Speak another language within the block and this thread or coroutine: for messages to other people.

    A tag that means none of `LANGUAGES` changes nothing.
    """
    token = _aside.set(match(lang) or _aside.get())
    try:
        yield
    finally:
        _aside.reset(token)


def use(lang: str | None) -> None:
    """Speak `lang` from now on, or what the environment asks for when it is None.

    Raises ValueError for a language we have no catalogue of.
    """
    chosen = choose(environ=os.environ) if lang is None else match(lang)
    if chosen is None:
        raise ValueError(lang)
    _chosen[0] = chosen


def language() -> str:
    """Return the language spoken now, one of `LANGUAGES`."""
    return _aside.get() or _chosen[0]


def match(tag: str | None) -> str | None:
    """Return which of `LANGUAGES` the tag `zh`, `zh-CN`, `zh_CN.UTF-8`, `en_GB`... means, or None."""
    primary = (tag or "").strip().replace("-", "_").split(".")[0].split("_")[0].lower()
    return {"zh": "zh_CN", "en": "en"}.get(primary)


def choose(
    option: str | None = None,
    environ: Mapping[str, str] | None = None,
    config: str | None = None,
    system: str | None = None,
) -> str:
    """Choose the language: `--lang`, then `SLA_LANG`, then the config, then the system's locale.

    A tag that means none of `LANGUAGES` is passed over. `system` is read from `environ` when it is not given, in the
    order of gettext(3). English when nothing fits.
    """
    environ = environ or {}
    asked = (option, environ.get("SLA_LANG"), config, system or _system_locale(environ))
    return next(filter(None, map(match, asked)), "en")


def _system_locale(environ: Mapping[str, str]) -> str | None:
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    return next((environ[name] for name in names if environ.get(name)), None)


class _Values(dict[str, object]):
    """Leaves a name nobody gave visible instead of losing the sentence."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _filled(sentence: str, values: Mapping[str, object]) -> str:
    return sentence.format_map(_Values(values)) if values else sentence


@cache
def _catalogue(lang: str) -> _gettext.NullTranslations:
    if lang == "en":
        return _gettext.NullTranslations()
    compiled = _FOLDER / lang / "LC_MESSAGES" / "sla_tracker.mo"
    if _is_stale(compiled):
        _recompile()
    if not compiled.exists():
        return _gettext.NullTranslations()
    with compiled.open("rb") as stream:
        return _gettext.GNUTranslations(stream)


def _is_stale(compiled: Path) -> bool:
    """Tell whether a checkout's catalogue was edited since it was compiled; a wheel carries no sources."""
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
