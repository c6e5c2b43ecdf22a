"""Nobody gets a message about what is for others: reminders, digests, reports, what is told to heads."""

from __future__ import annotations

from pathlib import Path

from sla_tracker.services.reminders.sender import run_once
from sla_tracker.testing.channels import Postbox
from sla_tracker.testing.company import local, set_clock
from tests.reading.company import a_company

DAYS = ("11-19", "11-20", "11-23", "11-24", "11-25", "12-03", "12-04")


def test_messages_say_only_what_their_recipients_read(tmp_path: Path) -> None:
    with a_company(tmp_path / "company") as company:
        context, box = company.opened.context, Postbox()
        for day in DAYS:
            for at in ("10:00", "17:30"):
                set_clock(context, local(f"2026-{day} {at}"))
                run_once(context, {"mail": box})
        seen: dict[str, set[str]] = {}
        for letter in box.letters:
            files = "".join(one.content.decode("utf-8", "replace") for one in letter.attachments)
            said = f"{letter.subject} {letter.text} {letter.lines} {files}"
            assert company.leaked(said, letter.recipient) == [], letter
            seen[letter.recipient] = seen.get(letter.recipient, set()) | company.seen(said)
    assert "asked" in seen["wang"] | seen["chen"]
    assert seen["boss"]
    assert not {"zhou", "guest", "former"} & set(seen)
