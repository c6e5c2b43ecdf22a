"""Each command of the command line, once through the service and once directly: same words, same exit code."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.people import SYSTEM
from tests.serve.direct_calls import DirectCalls
from tests.serve.host import SERVICE, Host, a_host

pytestmark = pytest.mark.timeout(1200)

# Logins that every Debian has, for one person of each side and rank.
LOGINS = {
    "wang.fang": "backup", "chen.gang": "uucp", "li.na": "news", "sun.li": "man", "liu.yang": "lp",
    "huang.wei": "irc", "gao.xia": "mail", "lin.tao": "list",
}  # fmt: skip
SALES, SALES_HEAD, FINANCE, FINANCE_HEAD, LOAN, LOAN_HEAD, HR_HEAD, ADMIN = LOGINS

CHECKLIST = """
[department]
id = "workshop"
name = { zh = "车间", en = "Workshop" }

[[obligation]]
id = "fault"
title = { zh = "故障处理", en = "Fault" }
provider = "sales"
consumer = "finance"

[[obligation.on_request]]
due = { hours = 72 }
answer = { hours = 4 }
settle_from = "answer"
updates_every = { hours = 2 }
fields = { id = "priority", kind = "choice", label = { zh = "优先级", en = "Priority" }, choices = [
  { id = "P1", label = { zh = "紧急", en = "Urgent" } },
  { id = "P2", label = { zh = "一般", en = "Usual" } },
] }

[obligation.on_request.limits]
field = "priority"
P1 = { due = { hours = 4 }, answer = { minutes = 15 } }

[[obligation]]
id = "contract"
title = { zh = "合同", en = "Contract" }
provider = "sales"
consumer = "finance"

[obligation.on_request]
due = { workdays = 5 }
settle_from = { papers = [ { id = "invoice", label = { zh = "发票", en = "Invoice" } } ] }
"""
FILES = {
    "workshop.toml": CHECKLIST,
    "events.csv": "车牌号,时间\n鄂F·70001,2026-11-20\n",
    "requests.csv": "业务对象,请求时间\n合同 9,2026-11-20\n",
    "past.csv": "车牌号,到期,交付\n鄂F·70003,2026-03-02 18:00,2026-03-02 16:00\n",
    "people.csv": "编号,姓名,部门\nxie.bin,谢斌,sales\n",
    "days.csv": "date,status,name\n2027-10-01,off,National Day\n",
}


MARKS = "reliability=6/5 assurance=6/5 tangibles=6/5 empathy=6/5 responsiveness=6/5"


class Step(NamedTuple):
    """A call of a person; `{NAME.KEY}` stands for a reference that an earlier step named NAME gave."""

    person: str
    words: str
    name: str = ""


def steps(today: date) -> Iterator[Step]:
    """Yield calls that change everything there is, in an order in which most of them succeed."""
    last = (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    yield Step(ADMIN, "plugin use workshop.toml --yes")
    yield from looking()
    yield Step(SALES, "event add vehicle-delivered 鄂F·10001 -f cash=no --json", "one")
    yield Step(SALES, "event add vehicle-delivered 鄂F·10002 -f cash=no --json", "two")
    yield Step(SALES, "event add vehicle-delivered 鄂F·10003 -f cash=no --json", "three")
    yield Step(SALES, "event add settlement-scheduled c7 --at +9d_16:40 --json", "plan")
    yield from events()
    yield from duties()
    yield from holds()
    yield from between_departments()
    yield from requests()
    yield from agreements()
    yield from complaints()
    yield from files()
    yield from months(last)
    yield from looking_again()
    yield from administering()


def looking() -> Iterator[Step]:
    for words in (
        "due", "access", "access --json", "plugins", "plugins --json", "plugin schema", "plugin show dealership-loan",
        "completion bash", "calendar", "calendar sources", "event types", "survey list", "survey results",
    ):  # fmt: skip
        yield Step(SALES, words)
    yield from refused()
    for words in ("config path", "config schema", "config check", "person list", "plugin diff", "inbox"):
        yield Step(ADMIN, words)


def refused() -> Iterator[Step]:
    for words in (
        "--version", "--help", "show nothing", "why", "why nothing", "subject 鄂F·77777", "note", "deliver nothing",
        "dueue", "due --no-such-option", "--as chen.gang due", "--lang fr due", "agree propose nothing",
        "erase somebody --reason x --yes", "calendar import days.csv --yes",
    ):  # fmt: skip
        yield Step(SALES, words)


def events() -> Iterator[Step]:
    yield Step(SALES, "event move {plan.event} --at +10d_16:40 --reason customer")
    yield Step(SALES, "event correct {three.event} --subject 鄂F·10033 --reason typing")
    yield Step(FINANCE, "event object {three.event} --reason no")
    yield Step(FINANCE, "event confirm {three.event}")
    yield Step(FINANCE, "event refuse {three.event} --reason no")
    yield Step(SALES, "event show {three.event}")
    yield Step(SALES, "event list")


def duties() -> Iterator[Step]:
    sheet, forms = "{one.decoration-sheet}", "{one.order-and-delivery-forms}"
    for words in (
        f"show {sheet}", f"show {sheet} --json", f"why {sheet}", f"why {sheet} --json", f"take {sheet}",
        f"release {sheet}", f"fill {sheet} -e amount=3200", f"note {sheet} look", "undo", "redo",
        f"deliver {sheet}", f"deliver {sheet} --all-ticks", f"take-back {sheet}", f"deliver {sheet} --all-ticks",
        f"deliver {forms} --all-ticks",
    ):  # fmt: skip
        yield Step(SALES, words)
    yield Step(SALES_HEAD, "assign {two.decoration-sheet} --to wang.fang")
    yield Step(FINANCE, f"return {sheet}")
    yield Step(FINANCE, f"return {sheet} --reason unsigned")
    yield Step(FINANCE, f"accept {forms}")
    yield Step(FINANCE, f"rate {forms} 3")
    yield Step(FINANCE_HEAD, f"reopen {forms} --reason again")
    yield Step(SALES, f"cause {sheet} forgotten busy")
    yield Step(FINANCE_HEAD, "waive {two.decoration-sheet} --code other --reason once")
    yield Step(SALES, "subject 鄂F·10001")


def holds() -> Iterator[Step]:
    forms = "{two.order-and-delivery-forms}"
    yield Step(SALES, f"hold {forms} --for consumer --reason waiting")
    yield Step(FINANCE, f"object {forms} --reason no")
    yield Step(FINANCE_HEAD, f"judge-hold {forms} --confirm")
    yield Step(SALES, f"resume {forms}")
    for answer in ("refuse", "grant"):
        yield Step(SALES, f"waiver ask {forms} --code other --reason please")
        yield Step(FINANCE_HEAD, "waiver list")
        yield Step(FINANCE_HEAD, f"waiver {answer} {forms} --answer well")


def between_departments() -> Iterator[Step]:
    forms, sheet = "{three.order-and-delivery-forms}", "{three.decoration-sheet}"
    yield Step(SALES, f"hand-over offer {forms} --to loan --reason theirs")
    yield Step(LOAN, "hand-over list")
    yield Step(LOAN_HEAD, f"hand-over refuse {forms} --answer no")
    yield Step(SALES, f"hand-over offer {forms} --to loan --reason theirs")
    yield Step(SALES, f"hand-over withdraw {forms}")
    yield Step(SALES, f"hand-over offer {sheet} --to loan --reason theirs")
    yield Step(LOAN_HEAD, f"hand-over agree {sheet}")
    yield Step(SALES, "shift draft")
    yield Step(SALES, "shift write keys", "shift")
    yield Step(SALES, "shift edit {shift.first} cars")
    yield Step(SALES_HEAD, "shift acknowledge {shift.first}")
    yield Step(SALES, "shift list --all")


def requests() -> Iterator[Step]:
    yield Step(FINANCE, "request fault --field priority=P2 --subject c1 --text help --json", "fault")
    yield Step(SALES, "answer {fault.request} soon")
    yield Step(SALES, "update {fault.request} working")
    yield Step(SALES, "field change {fault.request} priority=P1 --reason urgent")
    yield Step(FINANCE, "field object {fault.request} --reason no")
    yield Step(FINANCE_HEAD, "field judge {fault.request} --refuse")
    yield Step(FINANCE, "request contract --subject c2 --json", "contract")
    yield Step(SALES, "papers {contract.request} invoice")
    yield Step(FINANCE, "request --to sales --text anything --json", "other")
    yield Step(FINANCE, "requests")
    yield Step(FINANCE, "settle {other.request}")
    yield Step(FINANCE, "withdraw {contract.request} --reason done")


def agreements() -> Iterator[Step]:
    yield Step(FINANCE_HEAD, "agree list")
    yield Step(FINANCE_HEAD, "agree show payer-mismatch-lookup")
    yield Step(FINANCE_HEAD, "agree propose payer-mismatch-lookup --due=2_workdays", "agreed")
    yield Step(LOAN_HEAD, "agree counter {agreed.first} 1 --due=3_workdays")
    yield Step(FINANCE_HEAD, "agree refuse {agreed.first} 2 --reason long")
    yield Step(FINANCE_HEAD, "agree accept {agreed.first} 2")
    yield Step(FINANCE_HEAD, "agree withdraw {agreed.first}")
    yield Step(FINANCE_HEAD, "agree new papers --owed-by loan --on-request --due=2_workdays")


def complaints() -> Iterator[Step]:
    yield Step(SALES, "complaint lodge loan late", "complaint")
    told = "{complaint.first}"
    yield Step(SALES, "complaint list")
    yield Step(SALES, f"complaint show {told}")
    yield Step(HR_HEAD, f"complaint judge {told} --founded yes")
    yield Step(HR_HEAD, f"complaint name {told} loan theirs")
    yield Step(LOAN, f"complaint analyse {told} forgotten busy")
    yield Step(LOAN, f"complaint propose {told} more")
    yield Step(LOAN_HEAD, f"complaint approve {told} --yes good")
    yield Step(LOAN, f"complaint carry-out {told} done")
    yield Step(SALES, f"complaint evaluate {told} 2 fine")
    yield Step(SALES, f"complaint refer {told} loan theirs")
    yield Step(SALES, "complaint figures")
    yield Step(FINANCE, f"survey answer sales {MARKS} --comment good")


def files() -> Iterator[Step]:
    for words in (
        "event import events.csv --kind vehicle-delivered --map subject=车牌号 --map at=时间 --yes",
        "request-import requests.csv --obligation fault --dry-run",
        "past import past.csv --obligation decoration-sheet --map due=到期 --map delivered=交付 --yes",
        "past list", "imports", "subject 鄂F·10001 --to all.csv", "due --to due.xlsx",
    ):  # fmt: skip
        yield Step(SALES, words)
    for words in (
        "person import people.csv --yes", "calendar import days.csv --name own --year 2027 --yes",
        "plugin check workshop.toml",
        "plugin diff workshop.toml", "plugin replay workshop.toml", "plugin retry china",
        "plugin new yard --zh 停车场 --en Yard --consumer finance", "export all.jsonl", "backup all.bak",
        "backup all.bak",
    ):  # fmt: skip
        yield Step(ADMIN, words)


def months(last: str) -> Iterator[Step]:
    yield Step(FINANCE_HEAD, "period list")
    yield Step(FINANCE_HEAD, f"period check {last}")
    yield Step(SALES, f"period sign {last} overdue")
    yield Step(FINANCE_HEAD, f"period close {last}")
    yield Step(FINANCE_HEAD, f"period show {last}")
    yield Step(FINANCE_HEAD, f"period reopen {last} --reason again")


def looking_again() -> Iterator[Step]:
    for words in (
        "due", "due --all --json", "score", "score --json", "causes", "league", "forecast", "report --form csv",
        "log --last 0", "log --last 0 --json", "remind --preview", "remind --outbox", "requests --all --json",
        "event cancel {three.event} --reason mistake",
    ):  # fmt: skip
        yield Step(SALES, words)


def administering() -> Iterator[Step]:
    for words in (
        "person add xu.yan --name 徐妍 --department sales", "person move xu.yan loan", "person leave xu.yan",
        "config set targets.usual 0.9", "config set targets.usual 7", "config diff", "verify", "doctor", "log --last 0",
        "erase 鄂F·10001 --reason asked --yes",
    ):  # fmt: skip
        yield Step(ADMIN, words)


OTHERWISE = {
    "init": "makes a deployment", "demo": "makes a deployment", "serve": "is the service",
    "restore": "needs the service stopped", "migrate": "needs the service stopped",
    **dict.fromkeys(
        ("web feed", "web forget", "web password", "web token add", "web token end", "web token list"),
        "is held by tests/web",
    ),
    "web open": "shows a trial", "import": "needs the service stopped", "pg setup": "is of another store",
}  # fmt: skip
"""Commands that are not of the service, and why; test_sessions.py holds what it answers to them."""


def leaves(command: click.Command, context: click.Context, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the names of all commands that do something."""
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, click.Context(found, parent=context), (*path, name))


def test_each_command_stands_in_the_walk() -> None:
    root = build(DeploymentService())
    walked = [step.words for step in steps(date(2026, 11, 20))]
    missing = {
        name
        for name in leaves(root, click.Context(root))
        if not any(f"{words} ".startswith(f"{name} ") for words in walked)
    }
    assert missing == set(OTHERWISE)


def let_everybody_call(host: Host) -> None:
    """Give each person of LOGINS that login, no limit of calls, no reminders: the service plans them each minute."""
    text = host.settings.read_text(encoding="utf-8")
    text = re.sub(r"^logins = .*\n", "", text, flags=re.MULTILINE)
    for person, login in LOGINS.items():
        text = text.replace(f'id = "{person}"\n', f'id = "{person}"\nlogins = ["{login}"]\n')
    limits = "[reminders]\nsteps = []\n\n[serve]\ncalls_per_second = 1000"
    host.settings.write_text(text.replace("[serve]", limits), encoding="utf-8")
    shutil.chown(host.settings, SERVICE, SERVICE)


@pytest.fixture(scope="module")
def two_ways() -> Iterator[tuple[Host, Path]]:
    """Yield a host whose service runs, and a copy of its deployment to work on directly."""
    with a_host(running=False) as host:
        let_everybody_call(host)
        for login in LOGINS.values():
            for home in (host.root / "home" / login, host.root / "alone" / "home" / login):
                home.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.chown(home, login, login)
        alone = host.root / "alone" / "company"
        shutil.copytree(host.deployment, alone)
        host.start()
        yield host, alone


def test_each_command_says_the_same_directly_and_through_the_service(two_ways: tuple[Host, Path]) -> None:
    host, alone = two_ways
    known: tuple[dict[str, str], dict[str, str]] = ({}, {})
    differing = []
    with DirectCalls(alone) as direct:
        for step in steps(datetime.now(UTC).date()):
            login = LOGINS[step.person]
            homes = host.root / "alone" / "home" / login, host.root / "home" / login
            for home in homes:
                lay_out(home, login)
            direct.begin(login, homes[0], words_of(step, known[0]))
            served = _served(host, login, words_of(step, known[1]))
            by_itself = direct.end()
            for way, outcome in zip(known, (by_itself, served), strict=True):
                way.update(named(step.name, outcome.stdout) if step.name else {})
            one, other = shown(step.words, by_itself), shown(step.words, served)
            if one != other:
                differing.append((step.words, one[0], other[0], *sorted(set(one[1]) ^ set(other[1]))))
    assert not differing, "\n".join(map(str, differing))


def _served(host: Host, login: str, words: list[str]) -> subprocess.CompletedProcess[str]:
    command, environ, home = host.call_words(login, *words)
    return subprocess.run(
        command, env=environ, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def lay_out(home: Path, login: str) -> None:
    """Put the files for the calls into a home, and take away what a call wrote."""
    for file in home.iterdir():
        if file.is_file():
            file.unlink()
    for name, text in FILES.items():
        (home / name).write_text(text, encoding="utf-8")
        shutil.chown(home / name, login, login)


def words_of(step: Step, known: Mapping[str, str]) -> list[str]:
    def reference(found: re.Match[str]) -> str:
        return known[found[1]]

    return [re.sub(r"\{([\w.-]+)\}", reference, word).replace("_", " ") for word in step.words.split()]


def named(name: str, text: str) -> dict[str, str]:
    """Return the references that a call gave: of a document's event, request and duties, or the first in a text."""
    if not text.startswith("{"):
        found = re.search(r"\b[0-9a-f]{6}\b", text)
        return {f"{name}.first": found[0]} if found else {}
    document: dict[str, Any] = json.loads(text)
    given = {f"{name}.{key}": document[key]["reference"] for key in ("event", "request") if key in document}
    return given | {f"{name}.{one['obligation']}": one["reference"] for one in document.get("opened", ())}


UNLIKE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|\b[0-9a-f]{6}\b|\b[0-9a-f]{16,}\b|\d{4}-\d\d-\d\dT[\d:.]+Z"
    r"|\b\d\d:\d\d(?::\d\d)?\b|\b\d+ (?:ms|MB)\b|/(?:srv|alone)/company|(?:/alone)?/home"
    # How many commits there are: the service does by itself what comes due, at times of its own.
    r'|^\d+ +|\bafter change \d+|\bsla:\d+:|\b\d+ changes|"sequence": \d+|"reason": "\d+"'
    r'|"(?:via|uid|login|seconds)": .*'  # who may read a login differs between both ways
    r"|/tmp/sla-host-\w+"
)
"""Ids, hashes, instants, times of the day, and places of the two deployments."""


OF_THE_SERVICE = re.compile(rf"\b{SYSTEM}\b|messages$|\b\d+ remind(?:er|ing)s$|keeps everybody waiting")
"""Lines about what comes due by itself, and about a machine that is busy."""
OF_TWO_DEPARTMENTS = {
    "proposed_agreement": "agreement proposed",
    "countered_agreement": "agreement countered",
    "refused_agreement": "agreement refused",
}
"""What the service shows to the two departments of an agreement only; directly the files lie open."""


def shown(words: str, outcome: subprocess.CompletedProcess[str]) -> tuple[int, list[str]]:
    """Return the exit code and the lines, in any order: what was made at once is sorted by random ids."""
    said = outcome.stdout
    if words.startswith("log") and said.startswith("{"):
        document = json.loads(said)
        document["changes"] = [
            change
            for change in document["changes"]
            if change["by"] != SYSTEM and change["what"] not in OF_TWO_DEPARTMENTS
        ]
        said = json.dumps(document, indent=1)
    lines = f"{said}\n{outcome.stderr}".splitlines()
    if words.startswith("log"):
        lines = [line for line in lines if not any(act in line for act in OF_TWO_DEPARTMENTS.values())]
        # How wide a column is depends also on what is left out here.
        lines = [re.sub(" {2,}", "  ", line) for line in lines]
    kept = (line for line in lines if not OF_THE_SERVICE.search(line))
    return outcome.returncode, sorted(UNLIKE.sub("…", line) for line in kept)
