"""Where a server's programs are missing the tests say so; where they are required they fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.outcomes import Failed, Skipped

from tests.storage import postgres_server


@pytest.mark.parametrize(
    ("required", "outcome"), [("chromium, postgres", Failed), ("chromium", Skipped), ("", Skipped)]
)
def test_missing_programs_are_said_so(
    required: str, outcome: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "PROGRAMS", tmp_path)
    monkeypatch.setenv("SLA_REQUIRE", required)
    with pytest.raises(outcome, match="install `postgresql`"):
        postgres_server.require_programs()


def test_the_newest_programs_that_are_new_enough_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "PROGRAMS", tmp_path)
    for version in ("9.6", "14", "15", "16", "common"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        (folder / "initdb").touch()
    assert postgres_server.programs() == tmp_path / "16" / "bin"
    for version in ("15", "16"):
        (tmp_path / version / "bin" / "initdb").unlink()
    assert postgres_server.programs() is None
