"""A closed month can still be read: show, why, log, subject, calendar, complaints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.cli.formats.documents import instant
from sla_tracker.services.months import archive
from sla_tracker.testing.company import OBLIGATIONS, a_context, set_clock
from tests.cli.runner import Line, TestDeployments
from tests.services.acts import who

SUBJECT = "鄂F·1"


@pytest.fixture
def deployments(tmp_path: Path) -> TestDeployments:
    """Open onto a company in which only sales owes something."""
    (tmp_path / CONFIG_FILE).write_text("", encoding="utf-8")
    only = [one for one in OBLIGATIONS if one.id == "decoration-sheet"]
    return TestDeployments(folder=tmp_path, context=a_context(trial=True, obligations=only))


@pytest.fixture
def reference(line: Line, deployments: TestDeployments) -> str:
    """Deliver and accept a sheet, and close its month; returns its reference."""
    found = line.reference("decoration-sheet", subject=SUBJECT)
    line.run("deliver", found, "--all-ticks")
    line.run("accept", found, person="chen.jing")
    set_clock(deployments.context, "2026-12-04 09:00")
    archive.close_and_seal(deployments.context, who(deployments.context, "root"), "2026-11")
    return found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "REF"), "of 2026-11, which is closed"),
        (("why", "REF"), "due 11-23 Mon 18:00"),
        (("log", "--duty", "REF"), "accepted"),
        (("subject", SUBJECT), "Decoration sheet"),
        (("calendar", "2026-11"), "Decoration sheet"),
    ],
)
def test_each_way_of_reading_finds_what_is_archived(
    line: Line, reference: str, words: tuple[str, ...], said: str
) -> None:
    typed = tuple(reference if word == "REF" else word for word in words)
    assert said in line.say(*typed)
    assert reference in json.dumps(line.json(*typed)) or words[0] == "log"


def test_one_can_complain_about_it(line: Line, reference: str) -> None:
    words = ("complaint", "lodge", "sales", "It was torn.", "--duty", reference)
    line.run(*words, person="chen.jing")
    (complaint,) = line.json("complaint", "list", person="chen.jing")["complaints"]
    assert complaint["duties"] == [line.json("show", reference)["duty"]["id"]]


def test_the_list_of_months_writes_instants_as_the_log_does(
    line: Line, deployments: TestDeployments, reference: str
) -> None:
    (month,) = line.json("period", "list")["months"]
    closings = [act for act in line.json("log", "--last", "0")["changes"] if act["what"] == "closed_month"]
    assert month["closed_at"] == closings[0]["at"] == instant(deployments.context.now())
    assert month["closed_at"].endswith("Z")
