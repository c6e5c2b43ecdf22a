"""`sla demo`: where it is made, and when the terminal opens."""

from datetime import date
from pathlib import Path

import pytest

from tests.cli.runner import Line, TestDeployments


def test_it_is_made_where_one_says(line: Line, deployments: TestDeployments, tmp_path: Path) -> None:
    target = tmp_path / "company"
    shown = line.run("demo", str(target), "--no-open")
    assert shown.stdout == f"{target}\n"
    assert f"sla --deployment {target}" in shown.stderr
    assert (deployments.made, deployments.shown) == ([(target, "demo", True, None)], 0)


def test_its_history_begins_where_one_says(line: Line, deployments: TestDeployments, tmp_path: Path) -> None:
    line.run("demo", str(tmp_path / "short"), "--no-open", "--since", "上周一")
    assert deployments.made[-1][3] == date(2026, 11, 9)
    told = line.run("demo", str(tmp_path / "never"), "--no-open", "--since", "2026-11-20", code=2)
    assert "2026-11-20" in told.stderr
    assert not (tmp_path / "never").exists()


def test_a_long_past_is_asked_about(line: Line, deployments: TestDeployments, tmp_path: Path) -> None:
    target = tmp_path / "long"
    told = line.run("demo", str(target), "--no-open", "--since", "1990-01-01", code=2).stderr
    assert "A past of 36 years takes many minutes; add --yes" in told
    assert not deployments.made
    line.run("demo", str(target), "--no-open", "--since", "1990-01-01", "--yes")
    assert [made[3] for made in deployments.made] == [date(1990, 1, 1)]


def test_each_year_that_begins_is_said(line: Line, tmp_path: Path) -> None:
    told = line.run("demo", str(tmp_path / "company"), "--no-open").stderr
    assert "The year 2026 …" in told


def test_without_a_folder_it_is_made_in_a_new_one(line: Line, deployments: TestDeployments) -> None:
    first, second = (line.run("demo").stdout.strip() for _ in range(2))
    assert first != second
    assert [str(folder) for folder, *_rest in deployments.made] == [first, second]
    assert deployments.shown == 0, "nobody is there to look at a terminal"


def test_the_terminal_opens_on_it(
    line: Line, deployments: TestDeployments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla_tracker.cli.screen.can_draw", lambda: True)
    monkeypatch.setattr("sla_tracker.cli.terminal.can_draw", lambda: True)
    line.run("demo", str(tmp_path / "company"))
    assert deployments.shown == 1
    assert deployments.opened[-1][0] == tmp_path / "company"
