"""Builds docs/reference/keys.md from the terminal's key bindings."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from inspect import getmembers, isclass

from textual.binding import Binding

import sla_tracker.tui
from sla_tracker import i18n
from sla_tracker.tui.views import VIEWS

# Headings of the page, by the first part of a binding's id.
PLACES = {
    "app": "Everywhere",
    "list": "In every list",
    "duty": "On a duty",
    "event": "View 4: events and requests",
    "levels": "View 3: service levels",
    "matrix": "The matrix of view 3",
    "matter": "View 5: complaints, hand-overs, shift notes, surveys",
    "reminder": "View 6: reminders",
    "plugin": "View 7: plugins",
    "calendar": "Calendar",
    "month": "The month of the calendar",
    "month_end": "The page of a month's end",
    "page": "Pages about one subject",
    "dialog": "In dialogs",
    "form": "In forms",
    "deliver": "Delivering",
    "judge": "Judging a delivery",
    "agreement": "The page of agreements",
    "propose": "Proposing terms",
    "print": "Printing the list",
    "filters": "Saved filters",
    "pick": "In a list that one can search",
}

OPENING = """\
# Keys of the terminal

<!-- Written by `make reference`; change the bindings, not this page. -->

`?` or `F1` shows the keys of where you are, `ctrl+p` or `F12` every action by its name. Every action has a key that is
no letter, so that an input method cannot swallow it. The mouse works everywhere.

Other keys can be set per deployment, by the id; they replace all of the old ones:

```toml
[keys]
"duty.note" = "f6,z"
```

`sla config check` refuses an id or a key that there is not, and a key that would do two things in one place: in a view
with its list and what works everywhere, or in one dialog. The terminal warns of them when it starts.

The buttons of a dialog name their keys.
"""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One binding: its id, its keys, and what it does."""

    id: str
    keys: str
    does: str


def bindings() -> tuple[KeyRow, ...]:
    """Return every terminal binding that has an id, without duplicates."""
    found: dict[KeyRow, None] = {}
    for binding in _all():
        if binding.id:
            found[KeyRow(binding.id, binding.key, binding.description)] = None
    return tuple(found)


def without_id() -> frozenset[str]:
    """Return the keys of bindings without id, which a deployment cannot change."""
    return frozenset(key for one in _all() if not one.id for key in one.key.split(","))


def page() -> str:
    """Return the page as Markdown."""
    return OPENING + "".join(_sections(bindings()))


def _sections(rows: Sequence[KeyRow]) -> Iterator[str]:
    titles = {view.title for view in VIEWS}
    for part in dict.fromkeys(row.id.partition(".")[0] for row in rows):
        yield f"\n## {PLACES[part]}\n\n| id | keys | what it does | 作用 |\n|---|---|---|---|\n"
        for row in rows:
            if row.id.partition(".")[0] == part:
                does = f"View: {row.does}" if row.does in titles and part == "app" else row.does
                yield f"| `{row.id}` | {_keys(row.keys)} | {does} | {_chinese_of(row.does)} |\n"


def _keys(written: str) -> str:
    shown = {"question_mark": "?", "slash": "/"}
    return ", ".join(f"`{shown.get(key, key)}`" for key in written.split(","))


def _chinese_of(sentence: str) -> str:
    previous = i18n.language()
    i18n.use("zh_CN")
    try:
        return i18n.gettext(sentence)
    finally:
        i18n.use(previous)


def _all() -> Iterator[Binding]:
    seen = set()
    for module in pkgutil.walk_packages(sla_tracker.tui.__path__, "sla_tracker.tui."):
        for _name, kind in getmembers(import_module(module.name), isclass):
            if kind.__module__.startswith("sla_tracker.tui.") and kind not in seen:
                seen.add(kind)
                yield from _own(kind)


def _own(kind: type) -> Iterator[Binding]:
    for one in vars(kind).get("BINDINGS", ()):
        if isinstance(one, Binding):
            yield one
        else:
            yield Binding(*one)
