"""Letters to send."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sla_tracker.services.reminders.messages import Letter, Line

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def a_letter(**changes: Any) -> Letter:
    """Build a letter to 王芳 about one duty."""
    line = Line(
        duty="01932f00-0000-7000-8000-000000abcdef",
        reference="abcdef",
        title="装饰单",
        subject="鄂F·12345",
        provider="sales",
        consumer="finance",
        due_at=AT,
        anchor="due",
        level="assignee",
    )
    given: dict[str, Any] = {
        "key": "01932f00-0000-7000-8000-0000000000aa",
        "recipient": "wang.fang",
        "address": "wang.fang@example.com",
        "subject": "逾期 1 天：装饰单 · 鄂F·12345",
        "text": "逾期 1 天：装饰单\n查看：sla show abcdef",
        "at": AT,
        "lines": (line,),
    }
    return Letter(**(given | changes))
