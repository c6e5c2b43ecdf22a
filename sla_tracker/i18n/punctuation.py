"""Joins texts with the brackets, colons and spaces of the current language."""

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language


def bracketed(name: str, said: object) -> str:
    """Return `name (said)` with the parentheses of the current language."""
    return _("{name} ({said})", name=name, said=said)


def paired(name: str, said: str) -> str:
    """Return `name: said` with the colon of the current language."""
    return _("{name}: {said}", name=name, said=said)


def together(*sentences: str) -> str:
    """Join sentences with a space, or with nothing in Chinese; empty ones are skipped."""
    return ("" if language() == "zh_CN" else " ").join(filter(None, sentences))
