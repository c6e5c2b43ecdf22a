"""The last commit that a login saw: two calls at once are no store that went back."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from sla_tracker.domain.verbs import Verb
from sla_tracker.serve import client
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.serve.seen_commit import keep_seen_commit, read_seen_commit
from sla_tracker.serve.sessions.conversation import Conversation
from sla_tracker.services.ports import Act
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.company import a_duty

SERVICE_FILE = "/etc/sla/service.toml"
NONE = (b"", b"")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_a_call_that_another_overtook_neither_complains_nor_forgets_what_that_one_saw() -> None:
    for began_with in (NONE, (b"3", b"c")):
        assert keep_seen_commit(SERVICE_FILE, [b"4", b"d"], began_with) == ""
        assert keep_seen_commit(SERVICE_FILE, [b"3", b"c"], began_with) == ""
        assert read_seen_commit(SERVICE_FILE) == (b"4", b"d")


@pytest.mark.parametrize(
    ("ends_at", "began_with", "said"),
    [
        ((b"3", b"c"), (b"4", b"d"), "went back"),
        ((b"4", b"other"), (b"4", b"d"), "another one"),
        ((b"4", b"other"), NONE, "another one"),
    ],
)
def test_a_store_that_went_back_is_told_until_somebody_accepts_it(
    ends_at: tuple[bytes, bytes], began_with: tuple[bytes, bytes], said: str
) -> None:
    keep_seen_commit(SERVICE_FILE, [b"4", b"d"], NONE)
    for _again in range(2):
        assert said in keep_seen_commit(SERVICE_FILE, [*ends_at], began_with)
        assert read_seen_commit(SERVICE_FILE) == (b"4", b"d")
    assert keep_seen_commit(SERVICE_FILE, [*ends_at, b"accept"], began_with) == ""
    assert read_seen_commit(SERVICE_FILE) == ends_at


@dataclass
class Heard:
    """A conversation that keeps what it was to tell the caller."""

    messages: list[tuple[bytes, ...]] = field(default_factory=list)

    def tell(self, kind: bytes, *fields: bytes) -> None:
        self.messages.append((kind, *fields))


def test_a_session_tells_the_end_of_the_store_as_it_is_now(opened: ServedDeployment) -> None:
    heard = Heard()
    opened._conversation = cast(Conversation, heard)
    with closing(TinyStore.open(opened.deployment.store_folder)) as other:
        act = Act(what=Verb.NOTED, by="system", at=opened.context.now())
        other.write(act, lambda tx: tx.put(a_duty()))
        sequence, last = other.head()
    opened._write_state()
    assert heard.messages == [(client.CHECKPOINT, str(sequence).encode(), last.encode())]


def test_the_end_of_a_store_that_the_settings_name_no_more_is_not_kept(opened: ServedDeployment) -> None:
    """The caller's login would find the new store gone back."""
    heard = Heard()
    opened._conversation = cast(Conversation, heard)
    file = opened.deployment.file
    text = file.read_text(encoding="utf-8")
    file.write_text(f'{text}\n[store]\nfolder = "new"\n', encoding="utf-8")
    opened._write_state()
    assert heard.messages == []
