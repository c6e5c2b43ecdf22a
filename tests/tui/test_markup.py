"""No text reaches a widget as a plain string, which Textual would read as markup."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sla_tracker.tui

TUI = Path(sla_tracker.tui.__file__).parent
FILES = sorted(TUI.rglob("*.py"))
# What each of these shows is the first argument; a plain string there is parsed as markup.
SHOWING = {
    "Static",
    "Label",
    "Button",
    "Tick",
    "Checkbox",
    "RadioButton",
    "Option",
    "Collapsible",
    "update",
    "add_option",
}
KEYWORDS = {"label", "prompt", "tooltip", "border_title", "border_subtitle"}
ATTRIBUTES = {"border_title", "border_subtitle", "tooltip", "label"}
# Select shows its prompt as it is; it is a sentence of ours. A FigureLine is no widget: its list paints Content.
PLAIN_PROMPTS = {"Select", "FigureLine"}
TRANSLATORS = {"_", "gettext", "ngettext", "N_", "str", "clean", "text_of", "sentence", "join", "format"}
OWN_LABEL = "widgets/bar.py"


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_plain(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(node.value)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Call) and called(node) in TRANSLATORS)


def plain_strings(tree: ast.Module, *, bars: bool) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = called(node)
            if name in SHOWING - ({"Label"} if bars else set()) and node.args and is_plain(node.args[0]):
                yield node.lineno
            if name not in PLAIN_PROMPTS and any(
                word.arg in KEYWORDS and is_plain(word.value) for word in node.keywords
            ):
                yield node.lineno
            if name == "notify" and not any(word.arg == "markup" for word in node.keywords):
                yield node.lineno
            if name in {"from_markup", "from_text"}:
                yield node.lineno
        elif isinstance(node, ast.Assign):
            targets = {target.attr for target in node.targets if isinstance(target, ast.Attribute)}
            if targets & ATTRIBUTES and is_plain(node.value):
                yield node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_plain_string_reaches_a_widget(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    bars = "widgets.bars.bar import" in source or path.name == "bar.py"
    assert list(plain_strings(ast.parse(source), bars=bars)) == []


@pytest.mark.parametrize(
    "code",
    [
        'Static("x")', 'Static(f"{x}")', 'Static(_("x"))', "label.update(text_of(x))", 'self.border_title = _("x")',
        'Option("x")', "app.notify(x)", "Content.from_markup(x)", 'Button(label="x")',
    ],
)  # fmt: skip
def test_the_lint_sees_every_way(code: str) -> None:
    assert list(plain_strings(ast.parse(code), bars=False)) == [1]


@pytest.mark.parametrize("code", ["Static(plain(x))", 'Static(Content(""))', "app.notify(x, markup=False)"])
def test_the_lint_lets_content_pass(code: str) -> None:
    assert list(plain_strings(ast.parse(code), bars=False)) == []
