"""A deployment of version 0.1, its store and a closed month included, opens with every later version."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.packed import unpack

ROOT = Path(__file__).resolve().parents[2]
OLD = Path(__file__).with_name("deployment_0_1")
NOW = "2026-11-20T09:00:00+08:00"
COMMANDS = {
    "due.json": ["due", "--json"],
    "log.json": ["log", "--json"],
    "score-2026-10.json": ["score", "2026-10", "--json"],
    "periods.json": ["period", "list", "--json"],
    "show.json": ["show", "902bec", "--json"],
    "events.json": ["event", "list", "--json"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the deployment as it was left; modes are kept, because the store refuses files that others may write."""
    target = tmp_path_factory.mktemp("older") / "deployment"
    target.mkdir()
    unpack(OLD / "deployment.tar.gz", target)
    return target


def run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environ = os.environ | {
        "SLA_NOW": NOW,
        "SLA_LANG": "en",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")]),
    }
    return subprocess.run(
        [sys.executable, "-m", "sla_tracker", "--deployment", str(folder), *words],
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )


def missing(expected: Any, found: Any, at: str = "") -> list[str]:
    """Return where a document lacks or changes what the older version said; what it says besides is welcome."""
    match expected:
        case dict():
            if not isinstance(found, dict):
                return [at]
            return [
                place
                for key, value in expected.items()
                for place in (missing(value, found[key], f"{at}.{key}") if key in found else [f"{at}.{key}"])
            ]
        case list():
            if not isinstance(found, list) or len(found) != len(expected):
                return [at]
            pairs = enumerate(zip(expected, found, strict=True))
            return [place for number, pair in pairs for place in missing(*pair, f"{at}[{number}]")]
    return [] if expected == found else [f"{at}: {expected!r} became {found!r}"]


@pytest.mark.parametrize("name", COMMANDS)
def test_it_says_what_it_said(folder: Path, name: str) -> None:
    outcome = run(folder, *COMMANDS[name])
    assert outcome.returncode == 0, outcome.stderr
    expected = json.loads((OLD / name).read_text("utf-8"))
    found = json.loads(outcome.stdout)
    # Other plugin files are on record as a change of their own, so the store's end is another one.
    expected.pop("anchor", None)
    if name == "log.json":
        found["changes"] = found["changes"][: len(expected["changes"])]
    assert missing(expected, found) == []


def test_it_still_verifies(folder: Path) -> None:
    outcome = run(folder, "verify")
    assert (outcome.returncode, outcome.stdout) == (0, "Everything is as it was written.\n"), outcome.stderr


def test_the_comparison_finds_what_is_lost() -> None:
    assert missing({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}], "c": 1}) == [".a[1].b: 2 became 3"]
    assert missing({"a": 1}, {}) == [".a"]
    assert missing([1], [1, 2]) == [""]


def test_the_packed_deployment_holds_a_sealed_month() -> None:
    with tarfile.open(fileobj=io.BytesIO((OLD / "deployment.tar.gz").read_bytes())) as packed:
        assert any(name.endswith(".sealed") for name in packed.getnames())


def test_its_turns_are_not_opened_again_when_their_day_changes(tmp_path: Path) -> None:
    """Their days before the last run of 0.1 are past: neither sealed turns nor the present one open anew."""
    unpack(OLD / "deployment.tar.gz", tmp_path)
    owed = {(row["obligation"], row["period_start"], row["subject"]) for row in owed_rows(tmp_path)}
    settings = tmp_path / "sla_tracker.toml"
    moved = settings.read_text("utf-8") + "\n[assumed.loan-completion-dates]\ndue = { day = 18 }\n"
    settings.write_text(moved, "utf-8")
    again = [(row["obligation"], row["period_start"], row["subject"]) for row in owed_rows(tmp_path)]
    assert len(again) == len(set(again))
    assert set(again) == owed


def owed_rows(folder: Path) -> list[dict[str, Any]]:
    outcome = run(folder, "due", "--all", "--json")
    assert outcome.returncode == 0, outcome.stderr
    rows: list[dict[str, Any]] = json.loads(outcome.stdout)["duties"]
    return rows
