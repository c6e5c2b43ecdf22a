"""Makes dataclasses whose methods are compiled when they are used often, not while the program starts.

The standard library compiles six methods for each frozen class, 0.8 ms a class: a third of the time of a short command,
which makes one value or none of most classes. Here the standard library still reads the fields and makes the slots, but
it compiles `__init__` only for a class of which many values are made. The other methods need no code of their own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["COMPILED_AFTER", "dataclass"]

COMPILED_AFTER = 300
"""How many values are made before `__init__` is compiled: which takes as long as making 500 without."""
_METHODS = ("__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__getstate__")


def _dataclass(
    *,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
    eq: bool = True,
    order: bool = False,
) -> Callable[[Any], Any]:
    """Return a decorator that makes what `dataclasses.dataclass` makes of these arguments.

    `InitVar` and `field(hash=…)` are not for these classes.
    """

    def decorate(cls: Any) -> Any:
        # Which methods of its own a class keeps is for the standard library to say.
        if order or any(name in vars(cls) for name in _METHODS):
            return dataclasses.dataclass(frozen=frozen, slots=slots, kw_only=kw_only, eq=eq, order=order)(cls)
        # Only a frozen class may inherit from a frozen one; that compiles two short methods.
        inherits = any(map(dataclasses.is_dataclass, cls.__mro__[1:]))
        cls = dataclasses.dataclass(
            init=False, repr=False, eq=False, frozen=frozen and inherits, slots=slots, kw_only=kw_only
        )(cls)
        params = cls.__dataclass_params__
        params.init, params.repr, params.eq, params.frozen = True, True, eq, frozen
        cls.__repr__ = _repr
        if eq:
            _compare_by_fields(cls, frozen=frozen)
        if frozen and not inherits:
            _freeze(cls, slots=slots)
        _initialise(cls)
        return cls

    return decorate


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (field.name for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _compare_by_fields(cls: Any, *, frozen: bool) -> None:
    """Add `__eq__`, and `__hash__` for a frozen class."""
    names = [field.name for field in dataclasses.fields(cls) if field.compare]
    compared = attrgetter(*names) if names else _nothing

    def equals(self: Any, other: object) -> Any:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hash_of(self: Any) -> int:
        return hash(compared(self))

    cls.__eq__ = equals
    cls.__hash__ = hash_of if frozen else None


def _nothing(_value: object) -> tuple[()]:
    return ()


def _freeze(cls: Any, *, slots: bool) -> None:
    """Add the methods that refuse changes, and those by which pickle and copy may still set a new value's slots."""
    names = frozenset(field.name for field in dataclasses.fields(cls))

    def refuse_change(self: Any, name: str, value: object) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def refuse_removal(self: Any, name: str) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    cls.__setattr__, cls.__delattr__ = refuse_change, refuse_removal
    if slots:
        cls.__getstate__, cls.__setstate__ = _state_of, _set_state


def _state_of(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


def _initialise(cls: Any) -> None:
    """Add an `__init__` that sets the fields one by one, until it is worth compiling one."""
    fields = dataclasses.fields(cls)
    names = tuple(field.name for field in fields)
    in_order = tuple(field.name for field in fields if field.init and not field.kw_only)
    defaults = {field.name: field.default for field in fields if field.default is not MISSING}
    makers = {field.name: field.default_factory for field in fields if field.default_factory is not MISSING}
    left_out = {field.name for field in fields if not field.init}
    expected = frozenset(names)
    completes = hasattr(cls, "__post_init__")
    set_value = object.__setattr__
    made = 0

    def initialise(self: Any, /, *positional: Any, **given: Any) -> None:
        nonlocal made
        made += 1
        values = {**defaults, **dict(zip(in_order, positional, strict=False)), **given}
        for name, make in makers.items():
            if name not in values:
                values[name] = make()
        twice = given.keys() & {*in_order[: len(positional)], *left_out}
        if made > COMPILED_AFTER or values.keys() != expected or twice or len(positional) > len(in_order):
            _compile(cls)  # its `__init__` also tells best which arguments are wrong
            cls.__init__(self, *positional, **given)
            return
        for name in names:
            set_value(self, name, values[name])
        if completes:
            self.__post_init__()

    cls.__init__ = initialise


def _compile(cls: Any) -> None:
    """Give a class the methods that the standard library writes for it."""
    fields = [(field.name, field.type, _copied(field)) for field in dataclasses.fields(cls)]
    completes = {"__post_init__": cls.__post_init__} if hasattr(cls, "__post_init__") else {}
    params = cls.__dataclass_params__
    twin: Any = dataclasses.make_dataclass(
        cls.__name__, fields, namespace=completes, repr=False, eq=params.eq, frozen=params.frozen
    )
    for name in ("__init__", "__eq__", "__hash__") if params.eq else ("__init__",):
        setattr(cls, name, vars(twin)[name])


def _copied(field: dataclasses.Field[Any]) -> Any:
    return dataclasses.field(
        default=field.default,
        default_factory=field.default_factory,
        init=field.init,
        compare=field.compare,
        kw_only=bool(field.kw_only),
    )


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _dataclass
