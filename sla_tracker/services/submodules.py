"""Imports the modules of a package on first access as its attributes."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType


def loader(package: str) -> Callable[[str], ModuleType]:
    """Return a `__getattr__` that imports a package's submodules on first use.

    PEP 562 describes it. The terminal refers to many use cases; its first frame then waits for none of their imports.
    The function raises AttributeError for an unknown module.
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
