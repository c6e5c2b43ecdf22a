"""Loads the modules of a package when they are first used as its attributes."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType


def loader(package: str) -> Callable[[str], ModuleType]:
    """Return a `__getattr__` for a package (PEP 562) that imports its submodules on first use.

    The terminal names many use cases; this way its first frame waits for none of them. The function raises
    AttributeError where there is no such module.
    """

    def load(name: str) -> ModuleType:
        full = f"{package}.{name}"
        try:
            return import_module(full)
        except ModuleNotFoundError as error:
            if error.name != full:
                raise
            raise AttributeError(f"module {package!r} has no attribute {name!r}") from None

    return load
