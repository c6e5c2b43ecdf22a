"""Checks a deployment's key map: unknown actions, invalid keys, keys used twice.

A place is the set of bindings active at one time: a view with its list and the app, or a dialog alone. Keys that two
actions share without a key map are shared on purpose.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import combinations

from textual.binding import Binding, BindingsMap, InvalidBinding
from textual.dom import DOMNode
from textual.keys import REPLACED_KEYS, Keys, key_to_character
from textual.screen import ModalScreen, Screen

from sla_tracker.domain.clean import clean
from sla_tracker.domain.toml_reader import did_you_mean, unknown_name
from sla_tracker.errors import N_, Phrase, SlaError, UsageError

Keymap = Mapping[str, str]
Place = Mapping[str, Binding]

MODIFIERS = frozenset({"alt", "ctrl", "hyper", "meta", "shift", "super"})
# Textual lists "return" too, but reports that key as "enter".
NAMED = frozenset(
    key.value.rpartition("+")[2] for key in Keys if key.value[0] != "<" and "-" not in key.value
) - {"return"}


def binding_ids() -> frozenset[str]:
    """Return the id of every action; settings may assign other keys to it."""
    return frozenset(one.id for kind in _kinds() for one in _own(kind) if one.id)


def unknown_ids(keymap: Keymap) -> tuple[str, ...]:
    """Return the ids in a key map that belong to no action."""
    known = binding_ids()
    return tuple(id for id in keymap if id not in known)


def wrong_keys(keymap: Keymap) -> Iterator[tuple[str, SlaError]]:
    """Yield each invalid or clashing key with the id of its entry."""
    for id, written in keymap.items():
        for problem in _unheard(written):
            yield id, problem
    yield from _clashes(keymap)


def key_problems(keymap: Keymap) -> Iterator[tuple[str, SlaError]]:
    """Yield every problem of a key map with the id of its entry."""
    known = binding_ids()
    for id in unknown_ids(keymap):
        group = id.partition(".")[0] + "."
        yield id, unknown_name(id, [one for one in sorted(known) if one.startswith(group)] or known)
    yield from wrong_keys(keymap)


def _unheard(written: str) -> Iterator[SlaError]:
    for key in _split(written):
        if not key:
            yield UsageError(
                N_("A key is missing; take the line out and the action keeps the keys that it has.")
            )
        elif not _is_key(key):
            meant = _meant(key)
            if meant:
                message = N_("There is no key “{key}”. Did you mean “{meant}”?")
            else:
                message = N_(
                    "There is no key “{key}”; keys are called f6, insert, ctrl+k, x or ?, for example."
                )
            yield UsageError(message, key=clean(key)[:32], meant=meant)


def _split(written: str) -> list[str]:
    """Return keys by their Textual names: question_mark for ?."""
    found: list[str] = []
    for key in written.split(","):
        try:
            found.extend(BindingsMap([Binding(key, "")]).key_to_bindings)
        except InvalidBinding:
            found.append("")
    return found


def _is_key(key: str) -> bool:
    *modifiers, name = key.split("+")
    if modifiers != sorted(MODIFIERS.intersection(modifiers)):
        return False
    character = key_to_character(REPLACED_KEYS.get(name, name)) or ""
    return name in NAMED or (_split(character) == [name] and not (modifiers and name.isupper()))


def _meant(key: str) -> str:
    """Return the key probably meant: parts reordered or respelled, or a near name."""
    *modifiers, name = key.lower().replace("-", "+").split("+")
    put_right = "+".join((*sorted(modifiers), name))
    return put_right if _is_key(put_right) else did_you_mean(put_right, _examples())


# Cached because it walks the bindings of all places, and each unknown key of a key map asks for it.
@cache
def _examples() -> tuple[str, ...]:
    usual = {key for kind in _kinds() for one in _own(kind) for key in _split(one.key)}
    return tuple(sorted(key for key in NAMED | usual if len(key) > 1))


def _clashes(keymap: Keymap) -> Iterator[tuple[str, SlaError]]:
    """Yield one problem for each mapped key that another action of the place has too."""
    order = list(keymap)
    told = set()
    for place in _places():
        usual = {(key, *pair) for key, *pair in _shared(place, {})}
        for key, one, other in _shared(place, keymap):
            if (key, one, other) in usual or (key, one, other) in told:
                continue
            told.add((key, one, other))
            blamed, first = (one, other) if _late(order, one) > _late(order, other) else (other, one)
            yield blamed, _shared_problem(key, blamed, place[blamed], first, place[first])


def _late(order: list[str], id: str) -> int:
    return order.index(id) if id in order else -1


def _shared_problem(key: str, id: str, own: Binding, other: str, others: Binding) -> SlaError:
    return UsageError(
        N_(
            "The key “{key}” is given to two actions of one place: {action} ({id}) and {other_action} ({other}). "
            "Give one of them another key."
        ),
        key=key,
        id=id,
        action=Phrase(own.description),
        other=other,
        other_action=Phrase(others.description),
    )


def _shared(place: Place, keymap: Keymap) -> Iterator[tuple[str, str, str]]:
    """Yield each key that two actions of a place share, with the ids of both.

    The ids are in alphabetical order.
    """
    having: dict[str, list[str]] = {}
    for id, binding in place.items():
        for key in dict.fromkeys(_split(keymap.get(id) or binding.key)):
            having.setdefault(key, []).append(id)
    for key, ids in having.items():
        for one, other in combinations(sorted(ids), 2):
            if key and place[one].action != place[other].action:
                yield key, one, other


def _places() -> Iterator[Place]:
    from sla_tracker.tui.app_base import BaseApp
    from sla_tracker.tui.screens.base.view_screen import ViewScreen
    from sla_tracker.tui.widgets.lists.line_list import LineList

    everywhere, lines = _bound(BaseApp), _bound(LineList)
    for kind in _kinds():
        own = _bound(kind)
        if issubclass(kind, ViewScreen):
            yield {**everywhere, **own, **lines}
        elif issubclass(kind, ModalScreen):
            yield own
        elif own and not issubclass(kind, Screen):
            yield {**everywhere, **own}


def _bound(kind: type[DOMNode]) -> Place:
    """Return the actions of a class by id, without keys that its bases' bindings hide."""
    by_key = {
        key: binding
        for base in reversed(kind.__mro__)
        for binding in _own(base)
        for key in _split(binding.key)
    }
    found: dict[str, Binding] = {}
    for key, binding in by_key.items():
        if binding.id:
            before = found.get(binding.id)
            found[binding.id] = binding.with_key(f"{before.key},{key}" if before else key)
    return found


def _own(kind: type) -> Iterator[Binding]:
    """Yield the bindings that a class of this package adds to those of its bases."""
    if kind.__module__.startswith("sla_tracker."):
        yield from (one for one in vars(kind).get("BINDINGS", ()) if isinstance(one, Binding))


# Cached because it imports and walks all modules of the package.
@cache
def _kinds() -> tuple[type[DOMNode], ...]:
    """Return every screen and widget class of the terminal, and the app."""
    import sla_tracker.tui

    modules = pkgutil.walk_packages(sla_tracker.tui.__path__, f"{sla_tracker.tui.__name__}.")
    parts = [part for module in modules for part in vars(import_module(module.name)).values()]
    kinds = (part for part in parts if isinstance(part, type) and issubclass(part, DOMNode))
    return tuple(dict.fromkeys(kinds))
