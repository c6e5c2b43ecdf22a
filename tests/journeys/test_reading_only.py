"""A login that may read the store and not write to it: lists and explanations go on, what would write says why not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService

FRIDAY = "2026-11-20T17:30:00+08:00"
Sla = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a trial with duties in it, and take the right to write its store away."""
    monkeypatch.setenv("SLA_NOW", FRIDAY)
    place = tmp_path / "dealer"
    DeploymentService().init(place, config="dealership", trial=True, in_force_from=date(2026, 10, 1))
    assert CliRunner().invoke(build(DeploymentService()), ["--deployment", str(place), "due"]).exit_code == 0
    given = os.access

    def access(path: str | os.PathLike[str], mode: int) -> bool:
        return not (mode & os.W_OK and (place / "store") in (Path(path), *Path(path).parents)) and given(
            path, mode
        )

    monkeypatch.setattr(os, "access", access)
    return place


@pytest.fixture
def sla(folder: Path) -> Sla:
    def run(*words: str, code: int = 0, lang: str = "en") -> Result:
        outcome = CliRunner().invoke(
            build(DeploymentService()), ["--deployment", str(folder), "--lang", lang, *words]
        )
        assert outcome.exit_code == code, outcome.output
        return outcome

    return run


def first(sla: Sla) -> str:
    return str(json.loads(sla("due", "--json").stdout)["duties"][0]["reference"])


def test_lists_and_explanations_are_read_and_one_line_says_that_no_more_is_possible(
    folder: Path, sla: Sla
) -> None:
    before = (folder / "store" / "segments" / "00000001.journal").read_bytes()
    due = sla("due")
    said = f"You may read the store in {folder / 'store'} and not write to it"
    assert due.stderr.count(said) == 1
    reference = first(sla)
    for words in (("show", reference), ("why", reference), ("due", "--json"), ("score", "2026-10")):
        assert said in sla(*words).stderr
    assert f"您对 {folder / 'store'} 中的存储只有读取权限" in sla("due", lang="zh").stderr
    assert (folder / "store" / "segments" / "00000001.journal").read_bytes() == before


def test_what_would_write_is_refused_and_says_whom_to_ask(sla: Sla) -> None:
    reference = first(sla)
    said = sla("take", reference, code=5).stderr
    assert "so nothing was changed; ask whoever runs sla here for the right to write." in said
    assert "只有读取权限，未作任何更改" in sla("take", reference, code=5, lang="zh").stderr


def test_a_day_on_which_something_comes_due_is_read_too(sla: Sla, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sla("due", "--all", "--json").stdout.count('"reference"')
    monkeypatch.setenv("SLA_NOW", "2026-12-04T17:30:00+08:00")
    assert sla("due", "--all", "--json").stdout.count('"reference"') == before
