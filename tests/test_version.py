"""Two builds of one release can be told apart by what they say of themselves."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path

from sla_tracker import version as versions


def _git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_checkout_names_its_commit(tmp_path: Path) -> None:
    package = tmp_path / "main" / "sla_tracker"
    package.mkdir(parents=True)
    assert versions.commit_of(package) == ""
    (package / "x.py").write_text("1", encoding="utf-8")
    _git(package.parent, "init", "-q")
    assert versions.commit_of(package) == ""
    _git(package.parent, "add", ".")
    _git(package.parent, "commit", "-qm", "one")
    first = versions.commit_of(package)
    assert _git(package.parent, "rev-parse", "HEAD").startswith(first)
    assert len(first) == versions.LENGTH
    _git(package.parent, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    other = tmp_path / "other" / "sla_tracker"
    assert versions.commit_of(other) == first
    _git(package.parent, "commit", "-q", "--allow-empty", "-m", "two")
    second = versions.commit_of(package)
    assert second not in {first, ""}
    _git(package.parent, "pack-refs", "--all")
    assert (versions.commit_of(package), versions.commit_of(other)) == (second, first)
    _git(package.parent, "checkout", "-q", "--detach", first)
    assert versions.commit_of(package) == first


def test_an_installed_one_names_the_commit_that_it_was_built_from(tmp_path: Path) -> None:
    (tmp_path / "build.txt").write_text("0123456789ab\n", encoding="ascii")
    assert versions.commit_of(tmp_path) == "0123456789ab"


def test_the_release_stands_first() -> None:
    assert versions.version_text().split()[0] == version("sla_tracker")
