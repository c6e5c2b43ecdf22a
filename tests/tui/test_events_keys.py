"""The key bar of view 4 names what the keys do to the row under the cursor, and an empty view says why it is."""

from __future__ import annotations

import pytest

from sla_tracker import i18n
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment, press, quiet, text_of


def key_bar(app: SlaApp) -> str:
    return text_of(app).splitlines()[-1]


@pytest.mark.parametrize(
    ("person", "words"),
    [("wang.fang", {"Answer": True, "Withdraw": True}), ("chen.jing", {"Answer": False, "Withdraw": True})],
)
async def test_the_keys_of_a_request_are_those_that_apply(person: str, words: dict[str, bool]) -> None:
    i18n.use("en")
    app = SlaApp(start_of(a_deployment(person)))
    async with app.run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        await press(pilot, "4")
        assert app.screen.list.current.request is not None  # type: ignore[attr-defined]
        for word, is_there in words.items():
            assert (f" {word} " in key_bar(app)) is is_there, word
        assert "Correct" not in key_bar(app)
        assert "Move" not in key_bar(app)
        await press(pilot, "down")
        assert " v Move " in key_bar(app)
        assert " x Cancel " in key_bar(app)
        await press(pilot, "down")
        assert " e Correct " in key_bar(app)
        for word in ("Answer", "Withdraw", "Move"):
            assert word not in key_bar(app)


async def test_a_filter_without_matches_says_how_it_is_taken_away() -> None:
    i18n.use("en")
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        await press(pilot, "4", "slash", *"zzz", "enter")
        assert "esc takes it away" in text_of(app)
        assert "Nothing has been registered yet" not in text_of(app)
        await press(pilot, "escape")
        assert "Vehicle delivered" in text_of(app)
