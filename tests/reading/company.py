"""A company of five departments in whose store every text says who may read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.deployment.service import DeploymentService
from sla_tracker.deployment.web_access.kept import KeptAccess
from sla_tracker.domain.consent.agreement import AgreedLimit, AgreedParts
from sla_tracker.domain.deadlines.due import InDays
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.handover import Offer, ShiftNote
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.measures import survey
from sla_tracker.domain.reference import REFERENCE_LENGTH
from sla_tracker.serve.caller import Caller
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.services import events, requests
from sla_tracker.services.access import ReadingRule
from sla_tracker.services.consent import agreeing
from sla_tracker.services.consent.parties import find_parties
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints, handovers, shift_notes, surveys
from sla_tracker.services.duties import holds, operations, ratings, scheduler, waivers
from sla_tracker.services.months import archive
from sla_tracker.services.open_requests import field_changes, progress
from sla_tracker.services.ports import Act
from sla_tracker.services.reminders.sender import run_once
from sla_tracker.services.web_access.tokens import Token, TokenKind
from sla_tracker.testing.channels import Postbox
from sla_tracker.testing.clock import FakeClock
from sla_tracker.testing.company import an_actor, local

SETTINGS = """
name = "Reading Ltd"
zone = "Asia/Shanghai"
in_force_from = 2026-10-01

[calendar.weekly]
mon = ["09:00-18:00"]
tue = ["09:00-18:00"]
wed = ["09:00-18:00"]
thu = ["09:00-18:00"]
fri = ["09:00-18:00"]

[complaints]
judge = "hr"

[closing]
by = ["finance"]

[serve]
unknown = "read"

[access]
reading = "own"

[web]
url = "http://localhost:8470"

[feed]
subjects = true

[notify.mail]
host = "localhost"
sender = "sla@example.com"

[reminders]
channels = ["mail"]

[reports]
to = ["boss"]
"""
# id, department, role, left_on
PEOPLE = (
    ("wang", "sales", "staff", ""),
    ("chen", "sales", "head", ""),
    ("li", "finance", "staff", ""),
    ("sun", "finance", "head", ""),
    ("liu", "loan", "staff", ""),
    ("huang", "loan", "head", ""),
    ("gao", "hr", "head", ""),
    ("zhou", "yard", "staff", ""),
    ("ma", "yard", "head", ""),
    ("guest", "yard", "reader", ""),
    ("former", "finance", "head", "2026-11-02"),
    ("audit", "", "reader", ""),
    ("boss", "", "admin", ""),
)
CHECKLIST = """
[department]
id = "sales"
name = { zh = "销售部", en = "Sales" }

[[event_type]]
id = "delivered"
title = { zh = "车辆交付", en = "Vehicle delivered" }
subject = { zh = "车牌", en = "Plate" }

[[obligation]]
id = "sheet"
title = { zh = "装饰单", en = "Decoration sheet" }
consumer = "finance"
on_event = { type = "delivered", due = { days = 3 } }
[[obligation.evidence]]
id = "words"
kind = "text"
label = { zh = "说明", en = "Words" }
[[obligation.evidence]]
id = "scan"
kind = "reference"
label = { zh = "扫描件", en = "Scan" }
required = false

[[obligation]]
id = "proof"
title = { zh = "证明", en = "Proof" }
consumer = "finance"
[[obligation.on_request]]
due = { workdays = 5 }
answer = { working_hours = 4 }
updates_every = { hours = 48 }
fields = { id = "detail", kind = "text", label = { zh = "细节", en = "Detail" }, required = false }

[[obligation]]
id = "rent"
title = { zh = "租金表", en = "Rent list" }
consumer = "finance"
recurring = { due = { day = 5 } }
"""
OTHERS = """
[department]
id = "{id}"
name = {{ zh = "{id}部", en = "{name}" }}

[[obligation]]
id = "{id}-paper"
title = {{ zh = "{id}单", en = "{name} paper" }}
consumer = "{consumer}"
on_event = {{ type = "delivered", due = {{ days = 3 }} }}
"""


@dataclass(frozen=True)
class Mark:
    """A word that stands in one text: `readers` are the departments, or the one person, that may read it.

    `is_free_for_all`: everybody may where reading = "all".
    """

    word: str
    readers: frozenset[str]
    is_free_for_all: bool


@dataclass
class Marked:
    """What was written into the store, by who may read it."""

    marks: dict[str, Mark] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    """References for commands, by names."""
    values: dict[str, tuple[type[Any], str]] = field(default_factory=dict)
    """The kind and id of each value that is owned, by names."""

    def word(self, name: str, *readers: str, free: bool = False) -> str:
        """Return a new word for a text of these departments."""
        number = len(self.marks)
        word = f"zq{number // 26:02}{chr(97 + number % 26)}{name}"
        self.marks[name] = Mark(word, frozenset(readers), free)
        return word

    def owned(self, name: str, value: Any, *readers: str, free: bool = False) -> None:
        """Note a value's id: nobody else learns that there is one."""
        self.values[name] = type(value), value.id
        self.named[name] = value.id[-REFERENCE_LENGTH:]
        # Its reference may have been typed by whoever asks; the middle of its id is typed by nobody.
        self.marks[f"id of {name}"] = Mark(value.id[14:-REFERENCE_LENGTH], frozenset(readers), free)
        self.marks[f"reference of {name}"] = Mark(self.named[name], frozenset(readers), free)


def _may_read(mark: Mark, who: str, department: str, rule: ReadingRule) -> bool:
    return bool({who, department} & mark.readers) or (rule is ReadingRule.ALL and mark.is_free_for_all)


@dataclass
class Company:
    """The open deployment of a service, in this process, and what is written in its store."""

    opened: ServedDeployment
    marked: Marked
    rule: ReadingRule = ReadingRule.OWN

    def read_by(self, rule: ReadingRule) -> None:
        """Change the setting that says whose duties people read."""
        if rule is self.rule:
            return
        file = self.opened.folder / "sla_tracker.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(f'reading = "{self.rule}"', f'reading = "{rule}"'), encoding="utf-8")
        self.rule = rule
        clock = self.opened.context.clock
        self.opened.reload()
        self.opened._context = replace(self.opened.context, clock=clock)

    def act_as(self, who: str, rule: ReadingRule) -> None:
        """Let the deployment act for a caller, under a reading rule; raises Forbidden for one who may not come."""
        self.read_by(rule)
        self.opened.adopt(callers()[who], None, None)

    def hidden_from(self, who: str, rule: ReadingRule) -> dict[str, Mark]:
        """Return the marks that somebody may not read, by name."""
        if who in ALL_READERS:
            return {}
        department = DEPARTMENTS.get(who, "")
        return {
            name: mark
            for name, mark in self.marked.marks.items()
            if not _may_read(mark, who, department, rule)
        }

    def leaked(self, text: str, who: str, words: Iterable[str] = ()) -> list[str]:
        """Return the names of marks in a text that somebody may not read, but for what was typed."""
        for word in words:
            text = text.replace(word, "")
        return [name for name, mark in self.hidden_from(who, self.rule).items() if mark.word in text]

    def seen(self, text: str) -> set[str]:
        """Return the names of all marks in a text."""
        return {name for name, mark in self.marked.marks.items() if mark.word in text}


def callers() -> dict[str, Caller]:
    """Return everybody who may call, by name: people as the web names them, logins as the kernel does."""
    people = {id: Caller(uid=-1, login="", person=id, via=f"web::{id}") for id, *_facts in PEOPLE}
    return {
        **people,
        "former": Caller(uid=5001, login="former"),
        "unknown": Caller(uid=5999, login="unknown"),
    }


STRANGERS = ("zhou", "ma", "guest", "former", "unknown")
"""Of a department that is not concerned, its head, a reader there, one who has left, and a login of nobody."""
PARTIES = ("wang", "chen", "li", "sun", "liu", "huang", "gao")
ALL_READERS = ("boss", "audit")
DEPARTMENTS = {id: department for id, department, *_more in PEOPLE if id != "former"}


@contextmanager
def a_deployment(folder: Path) -> Iterator[ServedDeployment]:
    """Yield the deployment of the company as a service has it open, with a clock that stands still."""
    DeploymentService().init(folder, config="minimal", trial=False, in_force_from=date(2026, 10, 1))
    people = "".join(
        f'\n[[people]]\nid = "{id}"\nname = "{id.title()}"\ndepartment = "{department}"\nrole = "{role}"\n'
        f'logins = ["{id}"]\nmail = "{id}@example.com"\n' + (f"left_on = {left}\n" if left else "")
        for id, department, role, left in PEOPLE
    )
    (folder / "sla_tracker.toml").write_text(SETTINGS + people, encoding="utf-8")
    plugins = folder / "plugins"
    (plugins / "sales.toml").write_text(CHECKLIST, encoding="utf-8")
    for id, name, consumer in (
        ("finance", "Finance", "loan"),
        ("loan", "Loan", "finance"),
        ("hr", "Staff", "finance"),
    ):
        (plugins / f"{id}.toml").write_text(
            OTHERS.format(id=id, name=name, consumer=consumer), encoding="utf-8"
        )
    (plugins / "yard.toml").write_text(
        '[department]\nid = "yard"\nname = { zh = "车场", en = "Yard" }\n', encoding="utf-8"
    )
    opened = ServedDeployment(folder)
    try:
        opened._context = replace(opened._context, clock=FakeClock(local("2026-10-12 10:00")))
        yield opened
    finally:
        opened._caller = None
        opened.close()


@contextmanager
def a_company(folder: Path) -> Iterator[Company]:
    """Yield the company after what happened in October and November 2026, served in this process."""
    with a_deployment(folder) as opened, pytest.MonkeyPatch.context() as patch:
        marked = Marked()
        live_through(opened.context, marked)
        opened.ticked_at = float("inf")
        patch.setattr(opened, "close", lambda: None)  # each command closes what it opened
        yield Company(opened, marked)


def a_token(folder: Path, department: str) -> str:
    """Return the hash of a program's token that speaks for a department and may do everything."""
    access = KeptAccess(folder)
    name = f"program.{department}"
    access.add_token(
        Token(
            hash="",
            kind=TokenKind.API,
            made_at=local("2026-10-12 10:00"),
            made_by="boss",
            name=name,
            department=department,
            events=("delivered",),
            may_ask=True,
            may_read=True,
            until=date(2027, 10, 1),
        )
    )
    return next(token.hash for token in access.tokens() if token.name == name)


# --- what happens -----------------------------------------------------------------------------------------------------


def live_through(context: ServiceContext, marked: Marked) -> None:
    """Let people write a mark into every text that there is, from 12 October to 18 November 2026."""
    clock = context.clock
    assert isinstance(clock, FakeClock)
    channels = {"mail": Postbox()}
    clock.set(local("2026-10-12 10:00"))
    _october(context, marked)
    run_once(context, channels)
    for at in ("2026-10-20 10:00", "2026-11-03 10:00", "2026-11-12 10:00"):
        clock.set(local(at))
        scheduler.tick(context)
    archive.close_and_seal(context, an_actor(context, "sun"), "2026-10", mark_missed=True)
    clock.set(local("2026-11-18 10:00"))
    _past(context, marked)
    _november(context, marked)
    _held(context, marked)
    _requests(context, marked)
    _between(context, marked)
    _agreements(context, marked)
    clock.set(local("2026-11-18 17:00"))
    run_once(context, channels)


def _opened(context: ServiceContext, plate: str) -> tuple[Event, dict[str, Duty]]:
    """Register a delivery, which everybody may read, and return the duties of all departments."""
    done = events.register(context, an_actor(context, "wang"), "delivered", subject=plate, at=context.now())
    return done.event, {duty.obligation: duty for duty in done.opened}


def _october(context: ServiceContext, marked: Marked) -> None:
    wang, li = an_actor(context, "wang"), an_actor(context, "li")
    _event, duties = _opened(context, "PLATE-1")
    sides, duty = ("sales", "finance"), duties["sheet"]
    marked.owned("old sheet", duty, *sides, free=True)
    operations.note(context, wang, duty.id, marked.word("oldnote", *sides, free=True))
    words = {"words": marked.word("oldwords", *sides, free=True)}
    operations.deliver(context, wang, duty.id, words, note=marked.word("oldhanded", *sides, free=True))
    operations.accept(context, li, duty.id)
    ratings.rate(context, li, duty.id, 1, marked.word("rated", *sides, free=True))


def _past(context: ServiceContext, marked: Marked) -> None:
    at = context.now()
    past = PastDuty(
        id="past1",
        obligation="sheet",
        provider="sales",
        consumer="finance",
        subject=marked.word("past", "sales", "finance", free=True),
        due_at=at,
        delivered_at=at,
        month="2026-08",
        imported_by="wang",
        imported_at=at,
        import_id="import1",
    )
    context.store.write(Act(what="imported_past", by="wang", at=at), lambda tx: tx.put(past))


def _november(context: ServiceContext, marked: Marked) -> None:
    """Deliver, return, deliver, accept and rate one sheet; leave others open for each kind of text."""
    sides = ("sales", "finance", "loan")  # loan: the duty is offered to it
    wang, li, sun = (an_actor(context, one) for one in ("wang", "li", "sun"))
    event, duties = _opened(context, "PLATE-2")
    marked.named["event"] = event.id[-REFERENCE_LENGTH:]
    sheet, paper = duties["sheet"], duties["loan-paper"]
    own = ("sales", "finance")
    marked.owned("sheet", sheet, *own, free=True)
    marked.owned("paper", paper, "loan", "finance", "sales", free=True)  # sales registered the event
    operations.take(context, wang, sheet.id)
    operations.note(context, wang, sheet.id, marked.word("note", *own, free=True))
    evidence = {
        "words": marked.word("words", *own, free=True),
        "scan": marked.word("scan", *own, free=True),
    }
    operations.deliver(context, wang, sheet.id, evidence, note=marked.word("handed", *own, free=True))
    operations.return_(context, li, sheet.id, marked.word("returned", *own, free=True))
    operations.deliver(context, wang, sheet.id, evidence)
    operations.accept(context, li, sheet.id)
    ratings.explain(context, wang, sheet.id, "workload", marked.word("cause", *own, free=True))
    operations.reopen(context, sun, sheet.id, marked.word("reopened", *own, free=True))
    note = marked.word("papernote", "loan", "finance", "sales", free=True)
    operations.note(context, an_actor(context, "liu"), paper.id, note)
    _event, more = _opened(context, "PLATE-3")
    marked.owned("offered", more["sheet"], *sides, free=True)
    operations.note(context, wang, more["sheet"].id, marked.word("offerednote", *sides, free=True))
    reason = marked.word("offer", "sales", "loan")
    offer = handovers.offer(context, wang, more["sheet"].id, "loan", reason=reason)
    marked.owned("offer", _of(context, Offer, offer), "sales", "loan")


def _of(context: ServiceContext, kind: type[Any], value: Any) -> Any:
    """Return a value of a kind; some use cases return the duty beside it."""
    return value if isinstance(value, kind) else context.store.read(lambda tx: tx.find(kind))[0]


def _held(context: ServiceContext, marked: Marked) -> None:
    own = ("sales", "finance")
    wang, li, sun = (an_actor(context, one) for one in ("wang", "li", "sun"))
    _event, duties = _opened(context, "PLATE-4")
    held = duties["sheet"]
    marked.owned("held", held, *own, free=True)
    operations.fill_in(context, wang, held.id, {"words": marked.word("draft", *own, free=True)})
    reason = marked.word("hold", *own, free=True)
    holds.hold(context, wang, held.id, waits_for="finance", reason=reason)
    holds.object_to(context, li, held.id, marked.word("objection", *own, free=True))
    asked = marked.word("waiver", *own, free=True)
    waivers.ask(context, wang, held.id, code="other", reason=asked)
    _event, duties = _opened(context, "PLATE-5")
    refused = duties["sheet"]
    marked.owned("refused", refused, *own, free=True)
    waivers.ask(context, wang, refused.id, code="other", reason=marked.word("wanted", *own, free=True))
    waivers.refuse(context, sun, refused.id, marked.word("refusal", *own, free=True))


def _requests(context: ServiceContext, marked: Marked) -> None:
    own = ("sales", "finance")
    wang, li = an_actor(context, "wang"), an_actor(context, "li")
    request, duty = requests.ask(
        context,
        li,
        "proof",
        subject=marked.word("asked", *own, free=True),
        text=marked.word("asking", *own, free=True),
        fields={"detail": marked.word("detail", *own, free=True)},
    )
    marked.owned("request", request, *own, free=True)
    marked.owned("proof", duty, *own, free=True)
    requests.answer(context, wang, duty.id, marked.word("answered", *own, free=True))
    progress.tell_update(context, wang, duty.id, marked.word("update", *own, free=True))
    changed = {"detail": marked.word("changed", *own, free=True)}
    field_changes.change_fields(context, li, duty.id, changed, marked.word("change", *own, free=True))
    other = requests.ask_uncovered(
        context,
        li,
        "sales",
        subject=marked.word("open", *own, free=True),
        text=marked.word("opening", *own, free=True),
    )
    marked.owned("uncovered", other, *own, free=True)
    requests.answer_uncovered(context, wang, other.id, marked.word("reply", *own, free=True))


def _between(context: ServiceContext, marked: Marked) -> None:
    li, sun = an_actor(context, "li"), an_actor(context, "sun")
    sides = ("finance", "sales", "hr")
    told = marked.word("complaint", *sides)
    about = marked.word("grievance", *sides)
    complaint = complaints.lodge(context, li, "sales", told, subject=about)
    marked.owned("complaint", _of(context, Complaint, complaint), *sides)
    reason = marked.word("judged", *sides)
    complaints.judge(context, an_actor(context, "gao"), complaint.id, founded=True, reason=reason)
    note = shift_notes.write(context, li, marked.word("shift", "finance"), whole_department=True)
    marked.owned("shift", _of(context, ShiftNote, note), "finance")
    marks = {one: survey.Mark(expectation=5, perception=2) for one in survey.Dimension}
    for actor in (li, sun):
        surveys.answer(context, actor, "sales", marks, comment=marked.word(f"poll{actor.id}", actor.id))


def _agreements(context: ServiceContext, marked: Marked) -> None:
    sides = ("sales", "finance")
    chen, sun = an_actor(context, "chen"), an_actor(context, "sun")
    parties = find_parties(context, sun, "sheet")
    draft = agreeing.TermsDraft(
        parts=AgreedParts(limits=(AgreedLimit(trigger="on_event", due=InDays(days=2)),)),
        first_on=date(2026, 12, 1),
        note=marked.word("proposal", *sides),
    )
    agreement = agreeing.propose(context, sun, parties, draft)
    marked.named["agreement"] = agreement.id[-REFERENCE_LENGTH:]
    agreeing.refuse(context, chen, agreement.id, 1, marked.word("refusedterms", *sides))
    again = replace(draft, note=marked.word("secondterms", *sides))
    agreeing.propose(context, sun, parties, again)
