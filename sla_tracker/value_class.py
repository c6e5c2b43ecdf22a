"""Makes dataclasses whose methods are compiled only once they are used often.

The standard library compiles six methods for each frozen class, 0.8 ms a class: a third of the time of a short command,
which makes one value or none of most classes. Here a class of which many values are made gets the compiled methods, and
the standard library compiles them. Its functions, such as `fields` and `replace`, work as with classes of its own.
"""

from __future__ import annotations

import abc
import dataclasses
import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from functools import cache, partial
from reprlib import recursive_repr
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any

__all__ = ["COMPILED_AFTER", "dataclass"]

COMPILED_AFTER = 300
"""How many values are made before `__init__` is compiled: which takes as long as making 500 without."""
_METHODS = frozenset(
    (
        "__init__",
        "__repr__",
        "__eq__",
        "__hash__",
        "__setattr__",
        "__delattr__",
        "__getstate__",
        "__setstate__",
    )
)
_ORDER = ("__lt__", "__le__", "__gt__", "__ge__")


def _dataclass(
    *,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
    eq: bool = True,
    order: bool = False,
) -> Callable[[Any], Any]:
    """Return a decorator like that of `dataclasses.dataclass` with these arguments.

    `InitVar`, `KW_ONLY` and `field(hash=…)` are not for these classes.
    """

    def decorate(cls: Any) -> Any:
        # Which methods of its own a class keeps, or may not have, is for the standard library to say.
        if not _METHODS.isdisjoint(vars(cls)) or (order and not vars(cls).keys().isdisjoint(_ORDER)):
            return dataclasses.dataclass(frozen=frozen, slots=slots, kw_only=kw_only, eq=eq, order=order)(cls)
        usual = _usual_class(frozen=frozen, slots=slots, kw_only=kw_only, eq=eq, order=order)
        fields = _fields(cls, frozen=frozen, kw_only=kw_only, kind=usual.__dataclass_fields__["usual"])
        in_order = tuple(field.name for field in fields.values() if field.init and not field.kw_only)
        if in_order:
            _check_order(cls, [fields[name] for name in in_order])
        added = {
            "__dataclass_fields__": fields,
            "__dataclass_params__": usual.__dataclass_params__,
            "__init__": _initialiser(cls, fields, in_order),
            "__repr__": _repr,
        }
        if "__match_args__" not in vars(cls):
            added["__match_args__"] = in_order
        if "__replace__" in vars(usual):  # from Python 3.13 on, for copy.replace
            added["__replace__"] = vars(usual)["__replace__"]
        if eq:
            added |= _comparisons(fields, frozen=frozen, order=order)
        if frozen:
            added |= _refusals(fields, slots=slots)
        if slots:
            return _slotted(cls, added)
        for name, value in added.items():
            setattr(cls, name, value)
        abc.update_abstractmethods(cls)
        return cls

    return decorate


# Cached: making a dataclass of the standard library takes longer than making ours, and few options are used.
@cache
def _usual_class(**options: bool) -> Any:
    """Return a dataclass of the standard library with these options.

    Classes with the same options have in common what it knows.
    """
    if options["order"] and not options["eq"]:
        raise ValueError("eq must be true if order is true")

    class Usual:
        """One field, for its kind."""

        usual: int

    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=options["kw_only"])(Usual)
    for name, value in {**options, "init": True, "repr": True}.items():
        if hasattr(made.__dataclass_params__, name):
            setattr(made.__dataclass_params__, name, value)
    return made


def _check_order(cls: Any, fields: Sequence[Any]) -> None:
    """Raise TypeError for a field that has to be given after one that need not be.

    The compiled `__init__` cannot have such arguments, and it is made only after many values.
    """
    optional = ""
    for field in fields:
        if field.default is not MISSING or field.default_factory is not MISSING:
            optional = field.name
        elif optional:
            raise TypeError(
                f"non-default argument {field.name!r} follows default argument {optional!r} in {cls.__name__}"
            )


def _fields(cls: Any, *, frozen: bool, kw_only: bool, kind: Any) -> dict[str, Any]:
    """Return the fields of a class by name, inherited ones first.

    The attributes of the class become their defaults. Raises TypeError where only one of a class and its base is
    frozen.
    """
    fields: dict[str, Any] = {}
    for base in cls.__mro__[-1:0:-1]:
        inherited = getattr(base, "__dataclass_fields__", None)
        if inherited is None:
            continue
        if base.__dataclass_params__.frozen is not frozen:
            raise TypeError(
                f"{cls.__name__} and {base.__name__}: a frozen class and one that is not cannot inherit"
            )
        fields.update(inherited)
    for name, annotation in inspect.get_annotations(cls).items():
        if "ClassVar" in str(annotation):
            continue
        default = getattr(cls, name, MISSING)
        if isinstance(default, dataclasses.Field):
            field: Any = default
            if field.default is MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, field.default)
        else:
            # What a base class has in a slot of this name is no default.
            field = dataclasses.field(
                default=MISSING if isinstance(default, MemberDescriptorType) else default
            )
        if field.default.__class__.__hash__ is None:
            raise ValueError(f"mutable default {type(field.default)} for field {name} is not allowed")
        field.name, field.type, field._field_type = name, annotation, kind._field_type
        if field.kw_only is MISSING:
            field.kw_only = kw_only
        fields[name] = field
    return fields


def _slotted(cls: Any, added: Mapping[str, Any]) -> Any:
    """Return a class like another one, with slots for its fields.

    Slots can only be given when a class is made. What is added is given then too: each method set on a class that is
    there already costs as much as a tenth of making it.
    """
    if "__slots__" in vars(cls):
        raise TypeError(f"{cls.__name__} already specifies __slots__")
    fields = added["__dataclass_fields__"]
    inherited = {name for base in cls.__mro__[1:-1] for name in _slots(base)}
    body = {name: value for name, value in vars(cls).items() if name not in fields}
    for name in ("__dict__", "__weakref__"):
        body.pop(name, None)
    slots = {"__slots__": tuple(name for name in fields if name not in inherited)}
    made = type(cls)(cls.__name__, cls.__bases__, {**body, **added, **slots})
    made.__qualname__ = cls.__qualname__
    return made


def _slots(cls: Any) -> tuple[str, ...]:
    named = vars(cls).get("__slots__", ())
    return (named,) if isinstance(named, str) else tuple(named)


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (field.name for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _comparisons(fields: Mapping[str, Any], *, frozen: bool, order: bool) -> dict[str, Any]:
    """Return `__eq__`, `__hash__` of a frozen class, comparisons of an ordered one."""
    names = [field.name for field in fields.values() if field.compare]
    # A tuple always, also for one field: compiled methods take the hash of one, and a value's may not change.
    compared = operator.attrgetter(*names) if len(names) > 1 else partial(_few, names)

    def equals(self: Any, other: object) -> Any:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hash_of(self: Any) -> int:
        return hash(compared(self))

    def ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, object], Any]:
        def compares(self: Any, other: object) -> Any:
            if other.__class__ is not self.__class__:
                return NotImplemented
            return compare(compared(self), compared(other))

        return compares

    methods: dict[str, Any] = {"__eq__": equals, "__hash__": hash_of if frozen else None}
    if order:
        for name in ("lt", "le", "gt", "ge"):
            methods[f"__{name}__"] = ordered(getattr(operator, name))
    return methods


def _few(names: Sequence[str], value: object) -> tuple[object, ...]:
    return tuple([getattr(value, name) for name in names])


def _refusals(fields: Mapping[str, Any], *, slots: bool) -> dict[str, Any]:
    """Return the methods that refuse changes.

    Pickle and copy get methods by which they may still set a new value's slots.
    """

    def refuse_change(self: Any, name: str, value: object) -> None:
        owner = _owner(self, fields)
        if type(self) is owner or name in fields:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(owner, self).__setattr__(name, value)

    def refuse_removal(self: Any, name: str) -> None:
        owner = _owner(self, fields)
        if type(self) is owner or name in fields:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(owner, self).__delattr__(name)

    methods: dict[str, Any] = {"__setattr__": refuse_change, "__delattr__": refuse_removal}
    if slots:
        methods |= {"__getstate__": _state_of, "__setstate__": _set_state}
    return methods


def _owner(value: Any, fields: Mapping[str, Any]) -> Any:
    """Return the class of a value, or the base of it, whose fields these are.

    Having a certain method does not tell it: another thread may just have compiled that.
    """
    return next(cls for cls in type(value).__mro__ if vars(cls).get("__dataclass_fields__") is fields)


def _state_of(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


def _initialiser(cls: Any, fields: Mapping[str, Any], in_order: tuple[str, ...]) -> Callable[..., None]:
    """Return an `__init__` that sets fields one by one.

    It is replaced once compiling one is worth it.
    """
    completes = hasattr(cls, "__post_init__")
    set_value = object.__setattr__
    made = 0
    rules: tuple[Any, ...] = ()

    def initialise(self: Any, /, *positional: Any, **given: Any) -> None:
        nonlocal made, rules
        made += 1
        rules = rules or _rules(fields)
        defaults, makers, left_out = rules
        values = {**defaults, **dict(zip(in_order, positional, strict=False)), **given}
        for name, make in makers.items():
            if name not in values:
                values[name] = make()
        twice = given.keys() & {*in_order[: len(positional)], *left_out}
        if (
            made > COMPILED_AFTER
            or values.keys() != fields.keys()
            or twice
            or len(positional) > len(in_order)
        ):
            owner = _owner(self, fields)
            _compile(owner)  # its `__init__` also tells best which arguments are wrong
            owner.__init__(self, *positional, **given)
            return
        for name in fields:
            set_value(self, name, values[name])
        if completes:
            self.__post_init__()

    return initialise


def _rules(fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]], set[str]]:
    """Return defaults and their makers, and the fields that are not given.

    They are computed for the first value, because many classes get none.
    """
    defaults = {name: field.default for name, field in fields.items() if field.default is not MISSING}
    makers = {
        name: field.default_factory for name, field in fields.items() if field.default_factory is not MISSING
    }
    return defaults, makers, {name for name, field in fields.items() if not field.init}


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
