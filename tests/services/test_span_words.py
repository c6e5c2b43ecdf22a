"""How spans of time are said: rounded down, and never as none where there was some."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sla_tracker import i18n
from sla_tracker.wording.times import format_hours


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 min", "0 分"),
        (1, "under 1 min", "不足 1 分"),
        (59, "under 1 min", "不足 1 分"),
        (60, "1 min", "1 分"),
        (5459, "1 h 30 min", "1 小时 30 分"),
    ],
)
def test_working_time_is_said_in_hours_and_minutes(seconds: int, english: str, chinese: str) -> None:
    span = timedelta(seconds=seconds)
    with i18n.speaking("en"):
        assert format_hours(span) == english
    with i18n.speaking("zh_CN"):
        assert format_hours(span) == chinese
