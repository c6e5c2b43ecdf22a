"""What view 7's form asks about requests and levels: text that people type, tables of a checklist, and back."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.agreements.obligation import TriggerKind
from sla_tracker.domain.deadlines.due import rule_from_table
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.text import Text
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import speaking
from sla_tracker.plugin_host.authoring.draft import checklist_text
from sla_tracker.plugin_host.authoring.edit import drafts_in, edited
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.services.authoring.draft import DraftObligation
from sla_tracker.services.authoring.edit import ChecklistEdit, ObligationChange
from sla_tracker.tui.dialogs.authoring.answers import Answers, answers_of
from sla_tracker.tui.dialogs.authoring.drafting import drafted, understood
from sla_tracker.tui.dialogs.authoring.promises import RequestAnswers
from sla_tracker.wording.consent.parse_terms import parse_limit
from sla_tracker.wording.consent.rule_words import format_rule
from sla_tracker.wording.consent.spoken_limits import spoken_limit
from sla_tracker.wording.consent.typed_triggers import EXAMPLE

FAILURE = RequestAnswers(
    target="95%",
    earliest="1 workday",
    fields="Priority: P1, P2, P3\nAmount? (number)\nWhere",
    limits="P1: 4 elapsed hours / 15 elapsed minutes / 98%\nP2: 1 workday ~ 2 workdays / - / 97.5%",
    starts="papers",
    papers="invoice, id card",
    updates="2 elapsed hours",
)
ASKED = Answers(
    zh="排除故障",
    consumer="finance",
    opens=TriggerKind.ON_REQUEST,
    rule="workdays",
    figure="3",
    promised=FAILURE,
)
REPORT = Answers(
    zh="急查及时率",
    consumer="finance",
    opens=TriggerKind.RECURRING,
    rule="weekdays",
    figure="fri",
    evidence=(("时限内", FieldKind.NUMBER), ("总数", FieldKind.NUMBER)),
    promised=RequestAnswers(measure="时限内 / 总数 ≥ 90%"),
)


def written(answers: Answers) -> str:
    """Return the checklist that the form writes."""
    outcome = understood(answers, "it")
    assert outcome.problems == {}
    assert outcome.filled is not None
    draft = drafted("it", "技术部", "IT", [outcome.filled])
    return checklist_text(replace(draft, consumers={"finance": Text("财务部", "")}))


def read(text: str, folder: Path) -> DraftObligation:
    """Return the obligation of a checklist, which the program accepts."""
    file = folder / "it.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o644)
    loaded = load_plugins(offered=(), given={"it": file})
    assert [one.sentence() for one in loaded.problems] == []
    (found,) = drafts_in(tomllib.loads(text))
    return found


@pytest.mark.parametrize("answers", [ASKED, REPORT])
def test_what_is_typed_is_accepted_and_shown_again_as_it_was_typed(answers: Answers, tmp_path: Path) -> None:
    shown = answers_of(read(written(answers), tmp_path))
    assert shown.promised == answers.promised
    again = understood(shown, "it")
    assert again.filled is not None
    assert again.filled.obligation == shown.written


def test_rows_fields_and_papers_become_the_tables_of_a_checklist(tmp_path: Path) -> None:
    found = read(written(ASKED), tmp_path)
    assert found.asked["limits"] == {
        "field": "priority",
        "P1": {"due": {"hours": 4}, "answer": {"minutes": 15}, "target": 0.98},
        "P2": {"due": {"workdays": 2}, "earliest": {"workdays": 1}, "target": 0.975},
    }
    assert [one["kind"] for one in found.asked["fields"]] == ["choice", "number", "text"]  # type: ignore[attr-defined]
    assert found.asked["settle_from"] == {
        "papers": [{"id": "invoice", "label": "invoice"}, {"id": "id-card", "label": "id card"}]
    }
    assert (found.target, found.asked["updates_every"]) == (0.95, {"hours": 2})
    assert read(written(REPORT), tmp_path).measure == {
        "good": "shixiannei",
        "of": "zongshu",
        "target": 0.9,
    }


PACKAGED = """
[department]
id = "it"
name = "技术部"

[[obligation]]
id = "fix"
title = "故障"
consumer = "it2"

[obligation.on_request]
due = { hours = 72, calendar = "it" } # day and night
answer = { hours = 4 }
updates_every = { working_hours = 1.5 }
settle_from = "answer"
[[obligation.on_request.fields]]
id = "priority"
kind = "choice"
label = { zh = "优先级", en = "Priority" }
choices = [{ id = "P1", label = "紧急" }, { id = "P2", label = "一般" }]
[obligation.on_request.limits]
field = "priority"
P1 = { due = { hours = 4 }, answer = { minutes = 15 } } # at once
"""


def test_what_is_left_as_it_was_shown_stays_as_the_file_has_it() -> None:
    (before,) = drafts_in(tomllib.loads(PACKAGED))
    with speaking("zh"):
        shown = answers_of(before)
        assert shown.promised.limits == "紧急: 连续 4 小时 / 连续 15 分钟"
        assert shown.promised.fields == "优先级: 紧急, 一般"
        same = understood(shown, "it")
        assert same.filled is not None
        assert same.filled.obligation == before
        promised = replace(shown.promised, limits="紧急：连续 6 小时 / 连续 15 分钟\n一般：1 个工作日")
        changed = understood(replace(shown, promised=promised), "it")
    assert changed.filled is not None
    edit = ChecklistEdit(
        plugin="it", digest="", changes=(ObligationChange(before=before, after=changed.filled.obligation),)
    )
    text = edited(PACKAGED, edit)
    assert "# day and night" in text
    (after,) = drafts_in(tomllib.loads(text))
    assert after.asked["limits"] == {
        "field": "priority",
        "P1": {"due": {"hours": 6}, "answer": {"minutes": 15}},
        "P2": {"due": {"workdays": 1}},
    }
    assert {key: after.asked[key] for key in ("fields", "updates_every", "settle_from")} == {
        key: before.asked[key] for key in ("fields", "updates_every", "settle_from")
    }


WRONG = [
    ({"fields": "Priority: P1"}, "fields", "at least two values"),
    ({"fields": "Amount (money)"}, "fields", "is no kind of field"),
    ({"limits": "P9: 1 workday"}, "limits", "Begin each line with a value"),
    ({"fields": "Priority: P1, P2", "limits": "P1: soon"}, "limits", "is not understood as a limit"),
    ({"fields": "Priority: P1, P2", "limits": "P1: 1 workday / 2 / 3 / 4"}, "limits", "limit / first answer / target"),
    ({"starts": "papers"}, "papers", "at least one paper"),
    ({"updates": "2 workdays"}, "updates", "hours or minutes"),
    ({"target": "120%"}, "target", "is no target"),
    ({"earliest": "later"}, "earliest", "is not understood"),
    ({"measure": "good enough"}, "measure", "Write a level"),
    ({"measure": "uptime ≥ 99.5 %"}, "measure", "no evidence of kind number"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "place", "said"), WRONG)
def test_what_is_not_understood_is_said_at_its_field(typed: dict[str, str], place: str, said: str) -> None:
    problems = understood(replace(ASKED, promised=RequestAnswers(**typed)), "it").problems
    assert set(problems) == {place}
    assert said in problems[place]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "table",
    [
        {unit: n}
        for unit in ("workdays", "days", "working_hours", "working_minutes", "hours", "minutes")
        for n in (1, 5)
    ],
)
def test_a_limit_that_is_shown_can_be_typed_again(lang: str, table: dict[str, object]) -> None:
    with speaking(lang):
        rule = rule_from_table(table)
        assert parse_limit(spoken_limit(table), TriggerKind.ON_REQUEST)[0] == rule
        assert parse_limit(format_rule(rule), TriggerKind.ON_REQUEST)[0] == rule


EVENTS = {
    "paid": EventType(
        id="paid",
        title=Text("已付款", "Paid"),
        subject=Text("合同", "Contract"),
        fields=(Field(id="amount", kind=FieldKind.NUMBER, label=Text("金额", "Amount")),),
    )
}
SEVERAL = replace(
    ASKED,
    when="Amount>=1000, Amount<5000",
    also="request: 2 workdays / 4 working hours if Priority=P1\nPaid: 3 workdays if Amount<=500\ncalendar: day = 5",
)


def test_conditions_and_several_triggers_are_shown_again_as_typed(tmp_path: Path) -> None:
    outcome = understood(SEVERAL, "it", events=EVENTS)
    assert outcome.problems == {}
    assert outcome.filled is not None
    draft = drafted("it", "技术部", "IT", [outcome.filled])
    text = checklist_text(replace(draft, consumers={"finance": Text("财务部", "")}))
    text += '\n[[event_type]]\nid = "paid"\ntitle = "已付款"\nsubject = "合同"\n'
    text += 'fields = [{ id = "amount", kind = "number", label = "金额" }]\n'
    before = read(text, tmp_path)
    shown = answers_of(before, EVENTS)
    assert (shown.when, shown.also) == (SEVERAL.when, SEVERAL.also)
    same = understood(shown, "it", events=EVENTS)
    assert same.filled is not None
    assert same.filled.obligation == before
    kinds = [(kind, table.get("condition")) for kind, table in before.further]
    assert kinds == [
        ("on_request", {"field": "priority", "equals": "P1"}),
        ("on_event", {"field": "amount", "at_most": 500}),
        ("recurring", None),
    ]
    twice = replace(before, further=(*before.further, ("recurring", {"id": "b", "due": {"day": 5}})))
    kept = understood(answers_of(twice, EVENTS), "it", events=EVENTS).filled
    assert kept is not None
    assert kept.obligation == twice  # two that look alike stay two
    # One trigger less, another limit, and the condition gone: the rest stays as it is written.
    also = "request: 1 workday if Priority=P1\ncalendar: day = 5"
    changed = understood(replace(shown, when="", also=also), "it", events=EVENTS)
    assert changed.problems == {}
    assert changed.filled is not None
    after = changed.filled.obligation
    new = edited(
        text, ChecklistEdit(plugin="it", digest="", changes=(ObligationChange(before=before, after=after),))
    )
    found = read(new, tmp_path)
    assert found == after
    assert found.condition is None
    assert [table["id"] for _kind, table in found.further] == [
        before.further[0][1]["id"],
        before.further[2][1]["id"],
    ]


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ({"when": "Size>=3"}, "when"),
        ({"when": "soon"}, "when"),
        ({"also": "soon"}, "also"),
        ({"also": "request: 2 workdays if Size>=3"}, "also"),
    ],
)
def test_what_a_condition_or_a_trigger_cannot_be_is_said_at_its_line(
    typed: dict[str, str], place: str
) -> None:
    assert set(understood(replace(ASKED, **typed), "it", events=EVENTS).problems) == {place}  # type: ignore[arg-type]


def test_the_chinese_example_of_a_trigger_is_understood() -> None:
    with speaking("zh"):
        answers = replace(ASKED, also=_(EXAMPLE), promised=replace(FAILURE, fields="金额(数字)", limits=""))
        outcome = understood(answers, "it", events=EVENTS)
        assert outcome.problems == {}
        assert outcome.filled is not None
        (trigger,) = outcome.filled.obligation.further
        shown = answers_of(outcome.filled.obligation).also
        again = understood(replace(answers, also=shown), "it", events=EVENTS)
    assert trigger[1]["condition"] == {"field": "jine", "at_least": 1000}
    assert again.filled is not None
    assert again.filled.obligation == outcome.filled.obligation
