"""Strangers of each kind ask for every page, every call of a program, feeds and metrics, and read nothing of others."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sla_tracker.serve.web.answering import answer
from sla_tracker.serve.web.exchange import Kind, Question
from sla_tracker.serve.web.programs.api_description import ENDPOINTS, PREFIX
from sla_tracker.serve.web.views import duty_page
from sla_tracker.serve.web.views.pages import REFERENCE, ROUTES
from sla_tracker.services.access import ReadingRule
from tests.reading.company import ALL_READERS, Company, a_token
from tests.reading.ways import VALUES

PAGE_ACTS = {"duty": tuple(duty_page.ACTS), "request": ("answer", "settle", "withdraw")}
FORM = {"text": "x", "reason": "x", "note": "x", "answer": "x", "waits_for": "yard", "level": "1"}
WALKED = {Kind.PAGE, Kind.FEED, Kind.API, Kind.METRICS}
SAYS_NOTHING = {
    Kind.WHO: "is asked by the web process itself, whose name somebody types",
    Kind.CLAIMED: "is asked by the web process itself, whose login somebody has elsewhere",
}
BODIES = {
    "registerEvent": {"type": "delivered", "subject": "PLATE-2", "at": "2026-11-18T16:40:00+08:00"},
    "askForSomething": {"obligation": "proof", "subject": "x"},
}
QUERIES = {
    "listDue": ({}, {"scope": "owed_to_us"}, {"scope": "all"}, {"department": "sales"}),
    "listScores": ({}, {"range": "2026-10"}, {"by": "obligation"}),
}


def pages(company: Company, who: str, *, acts: bool) -> Iterator[Question]:
    """Yield a question for every address of the pages, about every value."""
    for route in ROUTES:
        for name in VALUES if REFERENCE in route.pattern else ("sheet",):
            path = route.pattern.replace(REFERENCE, company.marked.named[name], 1)
            kind = path.split("/")[1]
            for act in PAGE_ACTS[kind] if "([" in path else ("",):
                if route.method == "POST" and not acts:
                    continue
                address = path.split("(")[0] + act
                yield Question(kind=Kind.PAGE, person=who, method=route.method, path=address, form=FORM)
    yield Question(kind=Kind.FEED, person=who)


def calls(company: Company, token: str) -> Iterator[Question]:
    """Yield a question for every call of a program."""
    for endpoint in ENDPOINTS:
        for name in VALUES if "{" in endpoint.path else ("sheet",):
            path = PREFIX + endpoint.path.replace("{reference}", company.marked.named[name])
            for query in QUERIES.get(endpoint.id, ({},)):
                body = json.dumps(BODIES.get(endpoint.id, {}))
                yield Question(
                    kind=Kind.API, token=token, method=endpoint.method, path=path, query=query, body=body
                )
    yield Question(kind=Kind.METRICS, token=token)


def said_to(company: Company, question: Question) -> str:
    """Return all that an answer says, without what was asked for."""
    found = answer(company.opened, question)
    assert found.status != 500, (question, found.body)
    said = " ".join((found.body, found.notice, found.location, found.ended))
    for typed in company.marked.named.values():
        said = said.replace(typed, "") if f"/{typed}" in question.path else said
    return said


def test_every_kind_of_question_is_walked_or_says_nothing_of_anybody() -> None:
    assert set(Kind) == WALKED | set(SAYS_NOTHING)


@pytest.mark.parametrize(
    ("who", "rule"),
    [
        ("zhou", ReadingRule.OWN), ("zhou", ReadingRule.ALL), ("ma", ReadingRule.OWN), ("guest", ReadingRule.OWN),
        ("former", ReadingRule.OWN), ("gao", ReadingRule.OWN), ("liu", ReadingRule.OWN),
    ],
)  # fmt: skip
def test_no_page_says_what_is_not_for_the_reader(company: Company, who: str, rule: ReadingRule) -> None:
    company.read_by(rule)
    for question in pages(company, who, acts=who in {"zhou", "ma", "guest", "former"}):
        assert company.leaked(said_to(company, question), who) == [], question.path


def test_whom_a_text_is_for_reads_it_on_a_page(company: Company) -> None:
    company.read_by(ReadingRule.OWN)
    for who in ("wang", "li", *ALL_READERS):
        said = "".join(said_to(company, question) for question in pages(company, who, acts=False))
        for name in ("note", "returned", "asking", "opening", "offerednote", "hold", "oldnote"):
            assert company.marked.marks[name].word in said, (who, name)


@pytest.mark.parametrize("rule", ReadingRule)
def test_no_call_of_a_program_says_what_is_not_for_its_department(
    company: Company, rule: ReadingRule
) -> None:
    company.read_by(rule)
    token = a_token(company.opened.folder, "yard")
    for question in calls(company, token):
        assert company.leaked(said_to(company, question), "zhou") == [], question.path


def test_a_program_of_the_department_reads_it(company: Company) -> None:
    company.read_by(ReadingRule.OWN)
    token = a_token(company.opened.folder, "finance")
    said = "".join(
        said_to(company, question) for question in calls(company, token) if question.method == "GET"
    )
    for name in ("note", "returned", "asking", "hold", "reference of sheet"):
        assert company.marked.marks[name].word in said, name
