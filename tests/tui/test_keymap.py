"""What is wrong with a deployment's own key map is found; what works is let through."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from textual.binding import Binding

from sla_tracker import tui
from sla_tracker.tui import keys
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.keymap import key_problems, unknown_ids, wrong_keys
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment, press, quiet, text_of, type_in, until


def _said(keymap: dict[str, str]) -> list[tuple[str, str]]:
    return [(id, problem.sentence()) for id, problem in key_problems(keymap)]


def test_the_usual_keys_are_right() -> None:
    usual = {one.id: one.key for one in (*keys.APP, *keys.DUTIES) if isinstance(one, Binding) and one.id}
    assert _said(usual) == []
    assert _said({}) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("F4", "f4"),
        ("Ctrl+X", "ctrl+x"),
        ("ctrl-x", "ctrl+x"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("control+k", "ctrl+k"),
        ("esc", "escape"),
        ("pgup", "pageup"),
        ("f6，z", "f6"),
    ],
)
def test_a_key_that_no_keyboard_sends_is_named_with_what_was_probably_meant(written: str, meant: str) -> None:
    assert _said({"duty.note": written}) == [
        ("duty.note", f"There is no key “{written}”. Did you mean “{meant}”?")
    ]


@pytest.mark.parametrize("written", ["return", "<any>", "a" * 5000, "\x1b[2J"])
def test_what_is_no_key_at_all_is_refused_in_few_words(written: str) -> None:
    ((id, said),) = _said({"duty.note": written})
    assert id == "duty.note"
    assert said.startswith("There is no key “")
    assert len(said) < 120
    assert "\x1b" not in said


@pytest.mark.parametrize("written", ["", " ", "f6,", ",f6", "f6,,Z"])
def test_a_missing_key_is_told(written: str) -> None:
    ((id, said),) = _said({"duty.note": written})
    assert (id, said.partition(";")[0]) == ("duty.note", "A key is missing")


@pytest.mark.parametrize("written", ["?", "+", "ctrl+k", "G", "f13", "ctrl+shift+left", "ctrl+@", "，", "é"])
def test_every_way_to_write_a_key_is_let_through(written: str) -> None:
    free = {"app.help": "f14", "list.last": "f15", "deliver.keep": "f16"}
    assert _said({**free, "levels.next": written}) == []


@pytest.mark.parametrize(
    ("keymap", "told"),
    [
        ({"duty.note": "w"}, [("duty.note", "Why due (duty.why)")]),
        ({"duty.note": "q"}, [("duty.note", "Quit (app.quit)")]),
        ({"duty.note": "j"}, [("duty.note", "Down (list.down)")]),
        ({"duty.note": "?"}, [("duty.note", "Help (app.help)")]),
        ({"month.next": "q"}, [("month.next", "Quit (app.quit)")]),
        ({"judge.return": "ctrl+s"}, [("judge.return", "Confirm (dialog.confirm)")]),
        ({"duty.note": "Z", "duty.why": "Z"}, [("duty.why", "Note (duty.note)")]),
    ],
)
def test_a_key_for_two_actions_of_one_place_is_told_where_it_was_given(
    keymap: dict[str, str], told: list[tuple[str, str]]
) -> None:
    said = _said(keymap)
    assert len(said) == len(told)
    for (id, sentence), (blamed, other) in zip(said, told, strict=True):
        assert id == blamed
        assert other in sentence


@pytest.mark.parametrize(
    "keymap",
    [
        {"duty.note": "w", "duty.why": "n"},
        {"judge.return": "f7"},
        {"page.back": "escape,backspace"},
        {"duty.judge": "enter,ctrl+o"},
        {"event.move": "n"},
    ],
    ids=["exchanged", "another place", "shared on purpose", "the same action", "another view"],
)
def test_what_does_not_meet_is_no_clash(keymap: dict[str, str]) -> None:
    assert _said(keymap) == []


def test_a_key_of_everywhere_is_told_once_for_each_action_it_meets() -> None:
    said = [problem.sentence() for _id, problem in wrong_keys({"app.help": "x"})]
    meets = ("duty.sides", "agreement.withdraw", "event.cancel", "reminder.read", "levels.report")
    assert len(said) == len(meets)
    for sentence, met in zip(said, meets, strict=True):
        assert met in sentence


def test_an_unknown_action_has_no_keys_to_clash_with() -> None:
    assert unknown_ids({"duty.nte": "w", "duty.why": "f2"}) == ("duty.nte",)
    assert list(wrong_keys({"duty.nte": "w"})) == []


async def test_the_terminal_warns_of_a_clash_at_its_start() -> None:
    deployment = a_deployment()
    deployment.keymap = {"duty.note": "w"}
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: "[keys]" in text_of(app))
        said = next(one for one in app._notifications if "[keys]" in one.message)
        assert said.severity == "warning"
        words = said.message.replace("\n", " ")
        assert "Note (duty.note) and Why due (duty.why)" in words
        assert words.endswith("sla config check says more.")


def test_an_unknown_action_is_answered_with_those_of_its_group() -> None:
    ((id, said),) = _said({"duty.nte": "w"})
    assert id == "duty.nte"
    assert "Did you mean “duty.note”?" in said
    assert "duty.hold" in said
    assert "event." not in said


MOVED = {
    "app.undo": "f13",
    "app.redo": "f14",
    "app.view_2": "f15",
    "app.view_5": "ctrl+u",
    "dialog.close": "ctrl+b",
    "duty.evidence": "ctrl+e,e",
    "list.agreements": "f16",
    "list.clear": "f17",
}


async def test_sentences_name_the_keys_of_the_key_map() -> None:
    deployment = a_deployment("chen.jing")
    deployment.keymap = MOVED
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await quiet(pilot)
        assert [app.key_word(id) for id in MOVED] == [
            *("f13", "f14", "f15", "ctrl+u", "ctrl+b", "ctrl+e", "f16", "f17"),
        ]
        assert app.key_word("dialog.confirm") == "ctrl+s"
        assert " f15 Owed to us" in text_of(app)  # the tab names the key that opens it
        await press(pilot, "f15", "n")
        await type_in(pilot, "A note")
        await press(pilot, "ctrl+b")
        assert "ctrl+b again closes this" in text_of(app)
        await press(pilot, "ctrl+s")
        assert "f13 takes it back." in text_of(app)
        await press(pilot, "f13")
        assert "f14 does it again." in text_of(app)
        await press(pilot, "slash", *"decoration", "enter", "w")
        assert "can agree it: 1, then f16." in text_of(app)
        await press(pilot, "ctrl+b", "slash", *"zzz", "enter")
        assert "f17 takes it away" in text_of(app)


# A key in a sentence: one that is called by name, a view's digit, or a letter that does something.
KEY = re.compile(
    r"\b(?:ctrl\+\w|esc|f\d{1,2})\b|\bviews? \d|\(\w\)|(?:^|[\n.,;:] ?)[b-z0-9] (?!workday)[a-z]+s\b"
)


def test_no_sentence_of_the_terminal_names_a_fixed_key() -> None:
    found = [
        (path.name, word.value)
        for path in Path(tui.__path__[0]).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"_", "ngettext"}
        for word in call.args
        if isinstance(word, ast.Constant) and isinstance(word.value, str) and KEY.search(word.value)
    ]
    assert not found, found
    for fixed in (
        "u takes it back.",
        "skip it with esc",
        "view 5 keeps it",
        "Nothing.\n4 registers",
        "first (e).",
    ):
        assert KEY.search(fixed), fixed
