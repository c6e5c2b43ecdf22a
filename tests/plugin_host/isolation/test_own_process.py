"""What a process that ran code of others may answer: plain values, and nothing that does something."""

from __future__ import annotations

import os
from typing import Any

import pytest

from sla_tracker.domain.duties.states import State
from sla_tracker.domain.people import Role
from sla_tracker.errors import PluginError
from sla_tracker.plugin_host.isolation.own_process import can_fork, in_own_process

pytestmark = [
    pytest.mark.every_python,
    pytest.mark.skipif(not can_fork(), reason="this system cannot fork"),
]


class Asking:
    """A value that asks for an attribute when it is read."""

    def __init__(self, *asked: object) -> None:
        self.asked = asked

    def __reduce__(self) -> Any:
        return getattr, self.asked


def test_members_of_enumerations_come_back_on_every_python() -> None:
    assert in_own_process(lambda: {"state": State.OPEN, "role": Role.HEAD}) == {
        "state": State.OPEN,
        "role": Role.HEAD,
    }
    assert in_own_process(lambda: Asking(State, "OPEN")) is State.OPEN  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("asked", [(State, "__class__"), ("text", "format"), (int, "from_bytes")])
def test_no_other_attribute_does(asked: tuple[object, str]) -> None:
    with pytest.raises(PluginError, match=r"builtins\.getattr"):
        in_own_process(lambda: Asking(*asked))


def test_nothing_outside_the_program_is_called() -> None:
    class Calling:
        def __reduce__(self) -> Any:
            return os.system, ("true",)

    with pytest.raises(PluginError, match="system"):
        in_own_process(Calling)
