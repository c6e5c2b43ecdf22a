"""Strangers of each kind call every command there is, and hear nothing that is not for them."""

from __future__ import annotations

import pytest

from sla_tracker.services.access import ReadingRule
from tests.reading.company import ALL_READERS, STRANGERS, Company
from tests.reading.walking import run
from tests.reading.ways import (
    ACTS,
    FORMS,
    LOOKS,
    OF_ANYTHING,
    SAYS_NOTHING,
    leaves,
    looks,
    name_of,
    row_sets,
    written,
)

FOR_NOBODY = {"pollli", "pollsun"}
"""Single answers of a survey: no command shows them."""


def test_every_command_is_walked_or_says_nothing_of_anybody() -> None:
    """A new command has to be placed: it would be everybody's unseen."""
    known = leaves()
    walked = {name_of(words, known) for words in (*LOOKS, *ACTS, *OF_ANYTHING)}
    assert walked | set(SAYS_NOTHING) == set(known)
    assert not walked & set(SAYS_NOTHING)


FULLY = {("zhou", ReadingRule.OWN), ("li", ReadingRule.OWN)}
"""Who makes every call; others make those for programs, which say the most."""
CALLERS = [
    *((who, ReadingRule.OWN) for who in (*STRANGERS, "wang", "li", "liu", "gao", "boss")),
    ("zhou", ReadingRule.ALL),
    ("liu", ReadingRule.ALL),
]


@pytest.fixture(scope="module")
def heard() -> dict[str, set[str]]:
    """Give what each caller heard, by caller."""
    return {}


@pytest.mark.parametrize(("who", "rule"), CALLERS)
def test_no_command_says_what_is_not_for_the_caller(
    company: Company, heard: dict[str, set[str]], who: str, rule: ReadingRule
) -> None:
    known = leaves()
    company.act_as(who, rule)
    ways = [*looks(company.marked.named), *written(known, ("csv",)), *row_sets(known)]
    if (who, rule) not in FULLY:
        ways = [words for words in ways if "--json" in words]
    if who in STRANGERS:
        ways += [words.format(**company.marked.named).split() for words in ACTS]
    if who in ALL_READERS:
        ways.append(["export", "-"])
    leaks, seen = list[str](), set[str]()
    for words in ways:
        _code, said = run(company, words)
        leaks += [f"{' '.join(words)}: {name}" for name in company.leaked(said, who, words)]
        seen |= company.seen(said)
    assert leaks == []
    if rule is ReadingRule.OWN:
        heard[who] = seen


@pytest.mark.parametrize("who", ["li", "liu", "gao", "boss"])
def test_whom_a_text_is_for_reads_it(company: Company, heard: dict[str, set[str]], who: str) -> None:
    """The test before would find nothing if nothing were there to be found."""
    if who not in heard:
        test_no_command_says_what_is_not_for_the_caller(company, heard, who, ReadingRule.OWN)
    hidden = company.hidden_from(who, ReadingRule.OWN)
    missing = set(company.marked.marks) - set(hidden) - heard[who]
    assert missing <= (set() if who in ALL_READERS else FOR_NOBODY)


def test_no_form_of_a_list_says_more(company: Company) -> None:
    known = leaves()
    company.act_as("unknown", ReadingRule.OWN)
    for words in written(known, FORMS):
        _code, said = run(company, words)
        assert company.leaked(said, "unknown", words) == [], words
    company.act_as("li", ReadingRule.OWN)
    for form in FORMS:
        _code, said = run(company, ["due", "--all", "--to", f"list.{form}"])
        assert company.marked.marks["asked"].word in said, form


def test_completion_offers_nothing_of_others(company: Company) -> None:
    known = leaves()
    heard = {}
    for who in ("zhou", "unknown", "li"):
        company.act_as(who, ReadingRule.OWN)
        heard[who] = ""
        for name in known:
            typed = f"sla {name} "
            count = str(len(typed.split()))
            variables = {"_SLA_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": count}
            _code, said = run(company, (), **variables)
            assert company.leaked(said, who) == [], (who, name)
            heard[who] += said
    assert "reference of sheet" in company.seen(heard["li"])
