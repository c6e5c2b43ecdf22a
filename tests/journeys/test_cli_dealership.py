"""The main job on the real input, typed into the installed program: 34 obligations, TinyDB, China's holidays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-m", "sla_tracker")
EVENING = "2026-11-20T18:30:00+08:00"


@dataclass(frozen=True)
class Deployment:
    """A trial deployment of the dealer, used from outside."""

    folder: Path

    def sla(
        self,
        *words: str,
        person: str = "",
        at: str = EVENING,
        code: int = 0,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        acting = ["--as", person] if person else []
        outcome = run("--deployment", str(self.folder), *acting, *words, at=at, env=env)
        assert outcome.returncode == code, outcome.stdout + outcome.stderr
        assert "Traceback" not in outcome.stderr
        return outcome

    def json(self, *words: str, person: str = "", at: str = EVENING) -> Any:
        return json.loads(self.sla(*words, "--json", person=person, at=at).stdout)


def run(
    *words: str, at: str = EVENING, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")]),
        "SLA_NOW": at,
        "SLA_LANG": "zh_CN",
        "PYTHONIOENCODING": "utf-8",
        **(env or {}),
    }
    return subprocess.run(
        [*PROGRAM, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=environ,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Make one deployment, for tests that only look and to copy for the others."""
    folder = tmp_path_factory.mktemp("deployment") / "dealer"
    made = run("init", "--trial", str(folder), "--config", "dealership", "--in-force-from", "2026-10-01")
    assert made.returncode == 0, made.stderr
    return Deployment(folder)


@pytest.fixture
def dealer(untouched: Deployment, tmp_path: Path) -> Deployment:
    return Deployment(Path(shutil.copytree(untouched.folder, tmp_path / "dealer")))


def titles(duties: list[dict[str, Any]]) -> set[str]:
    return {duty["obligation"] for duty in duties}


def test_a_vehicle_opens_two_duties_by_day_and_three_after_five_with_cash(dealer: Deployment) -> None:
    by_day = dealer.json("event", "add", "车辆交付", "鄂F·12345", "--at", "今天 16:40")
    assert titles(by_day["opened"]) == {"order-and-delivery-forms", "decoration-sheet"}
    asked = dealer.sla("event", "add", "车辆交付", "鄂F·67890", "--at", "17:10", code=4)
    assert "是否涉及现金" in asked.stderr
    late = dealer.json("event", "add", "车辆交付", "鄂F·67890", "--at", "１７：１０", "-f", "cash=是")
    assert titles(late["opened"]) == {"order-and-delivery-forms", "decoration-sheet", "after-hours-cash"}
    again = dealer.sla("event", "add", "车辆交付", "鄂f12345", "--at", "9:00", code=4)
    assert "由王芳于 2026-11-20 18:30 登记" in again.stderr


def test_a_decoration_sheet_is_delivered_returned_delivered_and_accepted(dealer: Deployment) -> None:
    opened = dealer.json("event", "add", "vehicle-delivered", "鄂F·12345", "--at", "16:40")["opened"]
    (reference,) = [duty["reference"] for duty in opened if duty["obligation"] == "decoration-sheet"]
    why = dealer.sla("why", reference).stdout
    assert "2026-11-20（周五）16:40" in why
    assert "3 个自然日后是 2026-11-23（周一）" in why
    assert "18:00 为限" in why
    missing = dealer.sla("deliver", reference, code=4).stderr
    assert "缺少装饰单（sheet）" in missing
    dealer.sla("deliver", reference, "--all-ticks", "-e", "amount=3,200", "--note", "单据随附")
    assert "理由" in dealer.sla("return", reference, "--no-input", person="li.na", code=2).stderr
    dealer.sla("return", reference, "--reason", "缺客户签字", person="li.na")
    assert "缺客户签字" in dealer.sla("show", reference).stdout
    dealer.sla("deliver", reference, "--all-ticks")
    second = dealer.sla("deliver", reference, "--all-ticks", person="zhao.qiang", code=4).stderr
    assert "王芳" in second
    dealer.sla("accept", reference, person="li.na")
    duty = dealer.json("show", reference)["duty"]
    assert duty["state"] == "accepted"
    assert [act["what"] for act in duty["history"]] == [
        "registered_event", "delivered", "returned", "delivered", "accepted",
    ]  # fmt: skip
    assert {act["by"] for act in duty["history"]} == {"wang.fang", "li.na"}


MONTHLY = {
    "monthly-business-list": [
        ("2026-10-08T04:00:00Z", False), ("2026-11-02T04:00:00Z", False), ("2026-12-01T04:00:00Z", False),
        ("2027-01-04T04:00:00Z", True), ("2027-02-01T04:00:00Z", True), ("2027-03-01T04:00:00Z", True),
    ],
    "loan-arrears-report": [
        # Never after the 5th; October's would have been due on 30 September, before the first day.
        ("2026-11-05T10:00:00Z", False), ("2026-12-04T10:00:00Z", False),
        ("2027-01-05T10:00:00Z", True), ("2027-02-04T10:00:00Z", True), ("2027-03-05T10:00:00Z", True),
    ],
    "premium-arrears-report": [
        # Never after the 5th; October's would have been due on 30 September, before the first day.
        ("2026-11-05T10:00:00Z", False), ("2026-12-04T10:00:00Z", False),
        ("2027-01-05T10:00:00Z", True), ("2027-02-04T10:00:00Z", True), ("2027-03-05T10:00:00Z", True),
    ],
    "loan-completion-dates": [
        ("2026-10-30T10:00:00Z", False), ("2026-11-30T10:00:00Z", False), ("2026-12-31T10:00:00Z", False),
        ("2027-01-29T10:00:00Z", True), ("2027-02-26T10:00:00Z", True), ("2027-03-31T10:00:00Z", True),
    ],
}  # fmt: skip


def test_six_months_of_the_four_monthly_duties_round_national_day_new_year_and_spring_festival(
    dealer: Deployment,
) -> None:
    duties = dealer.json("due", "--until", "2027-03-31")["duties"]
    found: dict[str, list[tuple[str, bool]]] = {}
    for duty in sorted(duties, key=lambda duty: str(duty["due_at"])):
        found.setdefault(duty["obligation"], []).append((duty["due_at"], duty["provisional"]))
    assert found == MONTHLY
    text = dealer.sla("due", "--until", "2027-03-31").stdout
    assert text.count("暂定") == 12
    assert "春节" in dealer.sla("why", "loan-arrears-report", "--on", "2027-02-04").stdout


def test_finance_asks_and_the_loan_department_answers_and_settles(dealer: Deployment) -> None:
    morning = "2026-11-20T09:00:00+08:00"
    asked = dealer.json(
        "request",
        "payer-mismatch-lookup",
        "--subject",
        "合同 2211",
        "--text",
        "购车人与合同人不符",
        person="li.na",
        at=morning,
    )
    assert asked["request"]["answer_due_at"] == "2026-11-20T06:30:00Z"
    reference = asked["duty"]["reference"]
    assert reference in dealer.sla("requests", person="liu.yang").stdout
    dealer.sla("answer", reference, "正在查", person="liu.yang")
    dealer.sla("deliver", reference, "-e", "finding=合同人为购车人配偶", person="liu.yang")
    dealer.sla("accept", reference, person="li.na")
    assert "没有未办结的请求" in dealer.sla("requests", person="li.na").stderr


def test_a_settlement_is_rescheduled_and_both_duties_follow(dealer: Deployment) -> None:
    planned = dealer.json("event", "add", "settlement-scheduled", "合同 2211", "--at", "下周三 10:00")
    assert titles(planned["opened"]) == {"down-payment-receipt", "settlement-file"}
    due = {duty["obligation"]: duty["due_at"] for duty in planned["opened"]}
    assert due == {"down-payment-receipt": "2026-11-24T09:30:00Z", "settlement-file": "2026-11-25T02:00:00Z"}
    moved = dealer.json(
        "event", "move", planned["event"]["reference"], "--at", "11-27 15:30", "--reason", "客户改期"
    )
    assert titles(moved["moved"]) == {"down-payment-receipt", "settlement-file"}


def test_two_processes_that_deliver_at_once_have_one_winner(dealer: Deployment) -> None:
    opened = dealer.json("event", "add", "vehicle-delivered", "鄂F·10001", "--at", "16:40")["opened"]
    reference = str(opened[0]["reference"])
    environ = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")]), "SLA_NOW": EVENING, "SLA_LANG": "en",
    }  # fmt: skip
    racing = [
        subprocess.Popen(
            [
                *PROGRAM,
                "--deployment",
                str(dealer.folder),
                "--as",
                person,
                "deliver",
                reference,
                "--all-ticks",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
        )
        for person in ("wang.fang", "zhao.qiang")
    ]
    endings = [(process.communicate(), process.returncode) for process in racing]
    assert sorted(code for _said, code in endings) == [0, 4]
    (loser,) = [said[1] for said, code in endings if code == 4]
    assert "already delivered by" in loser
    assert "2026-11-20 18:30" in loser


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("due", "--until", "someday"), 2),
        (("due", "--department", "kitchen"), 3),
        (("show", "nothing"), 3),
        (("why", "nothing"), 3),
        (("event", "add", "no-such-event", "A1"), 3),
        (("deliver", "ffffff"), 3),
        (("--as", "ghost", "due"), 3),
        (("config", "check", "/nonexistent/sla_tracker.toml"), 6),
        (("init", "--trial", ".", "--config", "bank"), 3),
        (("calendar", "13月"), 2),
        (("nonsense",), 2),
        ((), 2),
    ],
)
def test_wrong_input_is_one_sentence_in_chinese_and_an_exit_code(
    untouched: Deployment, words: tuple[str, ...], code: int
) -> None:
    said = untouched.sla(*words, code=code)
    assert said.stdout == ""
    assert any("\u4e00" <= char <= "\u9fff" for char in said.stderr)


def test_a_second_init_in_the_same_place_is_refused(untouched: Deployment) -> None:
    again = run("init", "--trial", str(untouched.folder), "--config", "dealership")
    assert again.returncode != 0
    assert str(untouched.folder) in again.stderr


def test_plugins_and_doctor_are_well(untouched: Deployment) -> None:
    plugins = {row["name"]: row["state"] for row in untouched.json("plugins")["plugins"]}
    assert plugins["dealership-sales"] == plugins["china"] == "active"
    assert plugins["month-end"] == "offered"
    untouched.sla("doctor")
    assert "configs" not in untouched.sla("config", "check").stdout


def test_the_calendar_knows_make_up_days(untouched: Deployment) -> None:
    document = untouched.json("calendar", "2026-10")
    days = {day["day"]: day for day in document["days"]}
    assert not days["2026-10-01"]["workday"]
    assert days["2026-10-10"]["workday"]
    assert days["2026-10-10"]["hours"] == [["08:30", "12:00"], ["13:30", "18:00"]]
    assert "调休上班" in untouched.sla("calendar", "2026-10").stdout
