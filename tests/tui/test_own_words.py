"""What Textual itself would say in English is said in the reader's language, or cannot come up."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import textual

from sla_tracker import i18n
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment, quiet

TEXTUAL = Path(textual.__file__).parent
TUI = Path(__file__).resolve().parents[2] / "sla_tracker" / "tui"
# Screenshots are offered in Textual's palette only, which is switched off.
UNREACHABLE = {"_on_delivery_complete", "_on_delivery_failed"}


@pytest.mark.parametrize(
    ("lang", "said"), [("zh_CN", "要退出程序，请按 ctrl+q。"), ("en", "To leave the program, press ctrl+q.")]
)
async def test_ctrl_c_says_in_the_readers_language_how_to_leave(lang: str, said: str) -> None:
    i18n.use(lang)
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await quiet(pilot)
        app.clear_notifications()
        await pilot.press("ctrl+c")
        await quiet(pilot)
        assert [one.message for one in app._notifications] == [said]


def _calls(file: Path, name: str) -> list[tuple[str, ast.Call]]:
    """Return the calls of a name in a file, each with the function around it."""
    return [
        (function.name, call)
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and name in {getattr(call.func, "attr", ""), getattr(call.func, "id", "")}
    ]


def test_textual_says_nothing_else_by_itself() -> None:
    found = {
        function
        for file in (*TEXTUAL.glob("[!_]*.py"), *TEXTUAL.glob("widgets/*.py"))
        for function, call in _calls(file, "notify")
        if call.args and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
    }
    assert found == {"action_help_quit", *UNREACHABLE}
    assert "action_help_quit" in vars(SlaApp)
    assert not SlaApp.ENABLE_COMMAND_PALETTE


def test_every_select_says_its_prompt_or_has_none() -> None:
    """Textual's own prompt is an English word."""
    made = [(file, call) for file in TUI.rglob("*.py") for _function, call in _calls(file, "Select")]
    assert len(made) > 5
    for file, call in made:
        given = {keyword.arg or "prompt" for keyword in call.keywords}  # `**` gives one of them
        assert given & {"prompt", "allow_blank"}, f"{file.name}:{call.lineno}"
