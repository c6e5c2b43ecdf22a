"""A fault of the program ends the terminal with its error, and shows nothing of what people wrote."""

from __future__ import annotations

import pytest

from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment


class FaultyApp(SlaApp):
    def action_help(self) -> None:
        written = "客户 张三, 13800000000"
        raise ZeroDivisionError(len(written))


def test_a_fault_is_handed_on_without_what_people_wrote(capfd: pytest.CaptureFixture[str]) -> None:
    app = FaultyApp(start_of(a_deployment()))
    app.run(headless=True, auto_pilot=lambda pilot: pilot.press("f1"))
    assert isinstance(app.failure, ZeroDivisionError)
    assert app.return_code == 1
    said = capfd.readouterr()
    assert said.out + said.err == ""
