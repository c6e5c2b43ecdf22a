"""Classes made by `value_class.dataclass` behave like those of the standard library, at first and once compiled."""

import ast
import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_tracker import value_class

ROOT = Path(__file__).resolve().parent.parent


class Base:
    """A frozen class with every kind of field."""

    a: int
    b: str = "b"
    c: list[int] = field(default_factory=list)
    d: int = field(default=0, compare=False)
    e: int = field(default=1, repr=False)
    f: int = field(default=2, kw_only=True)

    def __post_init__(self) -> None:
        if self.a == 13:
            raise ValueError("thirteen")


class Child:
    """One that inherits."""

    g: int = 7


class Listed:
    """One with keywords only, fields that are not given, and no default."""

    a: int
    c: tuple[int, ...]
    kept: dict[str, int] = field(default_factory=dict, init=False)


OPTIONS: dict[str, dict[str, bool]] = {
    "frozen": {"frozen": True, "slots": True},
    "frozen, keywords": {"frozen": True, "slots": True, "kw_only": True},
    "frozen, without slots": {"frozen": True},
    "mutable": {"slots": True},
    "mutable, keywords": {"kw_only": True},
    "compared by identity": {"frozen": True, "slots": True, "kw_only": True, "eq": False},
    "ordered": {"frozen": True, "slots": True, "order": True},
}


def _family(make: Callable[..., Any], options: dict[str, bool]) -> dict[str, Any]:
    """Return the classes made by a decorator, findable for pickle, under the same names."""
    made: dict[str, Any] = {}
    for plain in (Base, Child, Listed):
        bases = (made["Base"],) if plain is Child else ()
        body = {name: copy.copy(value) for name, value in vars(plain).items() if name not in _IMPLICIT}
        made[plain.__name__] = make(**options)(type(plain.__name__, bases, body))
    return made


@cache
def _standard_family(options: tuple[tuple[str, bool], ...]) -> dict[str, Any]:
    return _family(dataclasses.dataclass, dict(options))


_IMPLICIT = ("__dict__", "__weakref__", "__firstlineno__", "__static_attributes__")
VALUES = st.integers(0, 2)
ARGUMENTS = st.tuples(
    st.lists(VALUES, max_size=6),
    st.dictionaries(st.sampled_from([*"abcdefgx", "kept"]), st.one_of(VALUES, st.just(13)), max_size=7),
)


def _outcome(work: Callable[[], object]) -> tuple[object, str]:
    """Return what a call gives, as text that does not name the decorator; or its error."""
    try:
        return ("result", repr(work()))
    except Exception as error:
        return (type(error), str(error))


@pytest.mark.every_python
@pytest.mark.parametrize("compiled", [False, True], ids=["first", "compiled"])
@settings(max_examples=60)
@given(
    options=st.sampled_from(list(OPTIONS.values())),
    asked=ARGUMENTS,
    other=ARGUMENTS,
    name=st.sampled_from(["Base", "Child", "Listed"]),
)
def test_each_value_behaves_like_one_of_the_standard_library(
    compiled: bool, options: dict[str, bool], asked: Any, other: Any, name: str
) -> None:
    ours, theirs = _family(value_class.dataclass, options), _standard_family(tuple(options.items()))
    if compiled:
        value_class._compile(ours[name])
    seen = [list(_told(family[name], asked, other)) for family in (ours, theirs)]
    assert seen[0] == seen[1]


def _told(cls: Any, asked: Any, other: Any) -> Any:
    """Yield all that can be told about two values of a class."""
    yield _outcome(lambda: cls(*asked[0], **asked[1]))
    yield _outcome(lambda: cls(*other[0], **other[1]))
    try:
        one, two = cls(*asked[0], **asked[1]), cls(*other[0], **other[1])
    except (TypeError, ValueError):
        return
    yield one == two, one != two, one == 3, one == cls(*asked[0], **asked[1])
    yield _outcome(lambda: one < two)
    yield _outcome(lambda: hash(one) == hash(cls(*asked[0], **asked[1])))
    yield cls.__hash__ is None
    yield _outcome(lambda: setattr(one, "a", 5))
    # Which error: with slots the standard library's method looks for a class that is not there any more.
    yield isinstance(_outcome(lambda: setattr(one, "unknown", 5))[0], type)
    yield _outcome(lambda: delattr(one, "b"))
    yield _outcome(lambda: one)
    yield _outcome(lambda: dataclasses.replace(two, a=1))
    yield _outcome(lambda: dataclasses.asdict(two))
    yield _outcome(lambda: copy.deepcopy(two))
    yield cls.__match_args__, hasattr(one, "__dict__"), vars(cls).get("__slots__")
    yield repr(cls.__dataclass_params__), repr(cls.__dataclass_fields__), cls.__doc__, cls.__qualname__
    # Before 3.11.3 the standard library's class kept a descriptor of the one it was made from.
    yield sorted(name for name in vars(cls) if name not in (*value_class._METHODS, "__weakref__"))


@value_class.dataclass(frozen=True, slots=True)
class Stored:
    """A class at a module's top, for pickle."""

    a: int
    next: Any = None


def test_values_are_pickled_and_shown_within_themselves() -> None:
    stored = Stored(1, [Stored(2)])
    assert pickle.loads(pickle.dumps(stored)) == stored  # noqa: S301
    stored.next.append(stored)
    assert repr(stored) == "Stored(a=1, next=[Stored(a=2, next=None), ...])"


@pytest.mark.parametrize("names", ["", "a", "ab"])
def test_many_values_compile_their_class_and_stay_equal(names: str) -> None:
    """Also the hash of one field's value stays, by which it is found in sets and dictionaries."""
    body = {"__annotations__": dict.fromkeys(names, int), **dict.fromkeys(names[1:], 2)}
    counted: Any = value_class.dataclass(frozen=True, slots=True, kw_only=True)(type("Counted", (), body))
    values = dict.fromkeys(names[:1], 1)
    first = counted(**values)
    known = {first}
    last = [counted(**values) for _ in range(value_class.COMPILED_AFTER + 1)][-1]
    assert counted.__init__.__code__.co_varnames[: len(names) + 1] == ("self", *names)
    assert (first, hash(first)) == (last, hash(last))
    assert last in known


def test_two_threads_may_compile_a_class_at_once() -> None:
    """One has begun to make a value when the other one compiles the methods."""

    @value_class.dataclass(frozen=True, slots=True, kw_only=True)
    class Base:
        a: int

    class Made(Base):
        pass

    begun = Base.__init__
    for _ in range(value_class.COMPILED_AFTER + 1):
        Made(a=1)
    assert Base.__init__ is not begun
    value = Made.__new__(Made)
    begun(value, a=2)
    assert value == Made(a=2)


def test_a_new_class_has_no_compiled_method() -> None:
    @value_class.dataclass(frozen=True, slots=True, kw_only=True)
    class Made:
        a: int

    assert Made(a=1) == Made(a=1)
    methods = (Made.__init__, Made.__repr__, Made.__eq__, Made.__hash__, Made.__setattr__, Made.__delattr__)
    assert [method.__code__.co_filename for method in methods if method is not Made.__repr__] == [
        value_class.__file__
    ] * 5


def _of(make: Callable[..., Any], frozen: bool = True, **attributes: Any) -> Any:
    """Return the class with attributes, and a base that is frozen or not."""
    base = make(frozen=frozen)(type("Base", (), {"__annotations__": {}}))
    return type("Made", (base,), {"__annotations__": {"first": int, "second": int}, **attributes})


# What a class has, and by which options it is made.
REFUSED: dict[str, tuple[dict[str, Any], dict[str, bool], str]] = {
    "order of defaults": ({"first": 1}, {"frozen": True}, "'second' follows default argument 'first'"),
    "order of makers": ({"first": field(default_factory=int)}, {"frozen": True}, "'second' follows"),
    "frozen of another": ({"frozen": False}, {"frozen": True}, "Made and Base"),
    "other of a frozen": ({}, {}, "Made and Base"),
    "own comparison": ({"__lt__": lambda *_: True}, {"frozen": True, "order": True}, "__lt__ in class Made"),
    "own slots": ({"__slots__": ()}, {"frozen": True, "slots": True}, "Made already specifies __slots__"),
}


@pytest.mark.every_python
@pytest.mark.parametrize("name", REFUSED)
def test_a_class_that_the_standard_library_refuses_is_refused(name: str) -> None:
    attributes, options, named = REFUSED[name]
    for make, message in ((dataclasses.dataclass, None), (value_class.dataclass, named)):
        with pytest.raises(TypeError, match=message):
            make(**options)(_of(make, **{key: copy.copy(value) for key, value in attributes.items()}))


def test_an_order_needs_equality() -> None:
    with pytest.raises(ValueError, match="eq must be true"):
        value_class.dataclass(order=True, eq=False)(Base)


@value_class.dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """One that sets its fields itself when it is unpickled."""

    a: int

    def __setstate__(self, state: object) -> None:
        object.__setattr__(self, "a", 99)


def test_a_class_keeps_its_own_way_to_be_unpickled() -> None:
    assert pickle.loads(pickle.dumps(Restored(a=1))).a == 99  # noqa: S301 – of this process


def test_the_program_makes_its_classes_by_it() -> None:
    """The standard library's decorator costs 0.8 ms a class, for 200 classes, at each start."""
    found = [
        f"{path.relative_to(ROOT)} takes `dataclass` from dataclasses, not from sla_tracker.value_class"
        for path in sorted((ROOT / "sla_tracker").rglob("*.py"))
        if path.name != "value_class.py" and _takes_standard(path)
    ]
    assert not found, "\n".join(found)


def _takes_standard(path: Path) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "dataclasses"
        and any(name.name == "dataclass" for name in node.names)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )
