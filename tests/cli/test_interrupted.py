"""Ctrl+C ends a command in good order, also where nobody reads what it says."""

from __future__ import annotations

from typing import NoReturn

import pytest

from sla_tracker.cli import output
from sla_tracker.cli.errors import INTERRUPTED, guarded


def test_an_interrupt_that_nobody_reads_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up: list[bool] = []
    faults: list[str] = []
    monkeypatch.setattr(output, "give_up", lambda: given_up.append(True))

    def interrupted() -> NoReturn:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise BrokenPipeError(32, "Broken pipe") from None  # as from click’s line end after it

    def broken() -> NoReturn:
        raise BrokenPipeError(32, "Broken pipe")

    def keep(kind: str, _details: str) -> str:
        faults.append(kind)
        return kind

    assert guarded(interrupted, keep) == INTERRUPTED
    assert (given_up, faults) == ([True], [])
    assert guarded(broken, keep) == 1
    assert faults == ["BrokenPipeError"]
