"""Joins texts with the punctuation of the reader's language."""

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language


def bracketed(name: str, said: object) -> str:
    """Return a name and what belongs to it, in the parentheses of the reader's language."""
    return _("{name} ({said})", name=name, said=said)


def paired(name: str, said: str) -> str:
    """Return a name and what is said of it, with the colon of the reader's language."""
    return _("{name}: {said}", name=name, said=said)


def together(*sentences: str) -> str:
    """Return sentences one after the other; Chinese ones have no blank between them."""
    return ("" if language() == "zh_CN" else " ").join(filter(None, sentences))
