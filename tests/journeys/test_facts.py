"""Duties, events, plugins and changes say of themselves the same in the terminal and by command, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sla_tracker import i18n
from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.duties.states import State
from sla_tracker.i18n import gettext as _
from sla_tracker.services import events, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import holds, ratings, waivers
from sla_tracker.services.queries.duties import detail
from sla_tracker.testing.company import an_actor, local, set_clock
from sla_tracker.tui.screens.plugins import plugin_card_facts
from sla_tracker.tui.view_context import view_context_of
from sla_tracker.tui.widgets.cards.duty_card import detail_facts
from sla_tracker.tui.widgets.cards.event_card import event_card_facts, request_card_facts
from sla_tracker.tui.widgets.cards.event_changes import reader_of
from sla_tracker.tui.widgets.cards.facts import Fact
from sla_tracker.wording.facts.change_facts import change_headings, history_facts
from sla_tracker.wording.facts.duty_facts import further_facts, urgent_facts
from sla_tracker.wording.facts.event_facts import event_facts
from sla_tracker.wording.facts.fact import StatedFact
from sla_tracker.wording.facts.plugin_facts import plugin_facts
from sla_tracker.wording.facts.request_facts import request_facts
from tests.cli.runner import FakeDeployment, Line, TestDeployments
from tests.services.acts import opened
from tests.tui.trial import a_deployment, find

WANTED = {
    *("Text", "Answer", "Answer due", "Notice", "Waits for", "Returned", "Verdict", "Event"),
    *("Waiver", "Cause", "Rating", "Handed over to", "Handed over from", "Day off", "Opened"),
}


@pytest.fixture
def deployment() -> FakeDeployment:
    """Let the trial company do whatever a duty can tell of."""
    found = a_deployment()
    context = found.context
    sales, finance, head = (an_actor(context, id) for id in ("wang.fang", "chen.jing", "zhou.min"))
    late = find(context, "decoration-sheet", "鄂F·12345")
    holds.hold(context, sales, late.id, waits_for="finance", reason="their stamp")
    waivers.ask(context, sales, find(context, "cash-slip").id, code="agreed", reason="no cash came")
    ratings.explain(context, sales, find(context, "order-sheet", "鄂F·12345").id, "workload", "too few")
    accepted = find(context, "decoration-sheet", "鄂F·11111")
    ratings.rate(context, finance, accepted.id, 3, "quick")
    given = find(context, "decoration-sheet", "鄂F·67890")
    offer = handovers.offer(context, sales, given.id, "service", reason="they have the papers")
    handovers.consent(context, head, offer.id)
    asked = find(context, "invoice-copy")
    requests.answer(context, sales, asked.id, "tomorrow")
    planned = events.register(
        context, finance, "settlement-scheduled", subject="HT-1", at=local("2026-11-20 16:00")
    )
    events.move(context, sales, planned.event.id, at=local("2026-11-27 10:00"), reason="the bank is late")
    set_clock(context, "2026-11-20 15:00")
    return found


def every_duty(context: ServiceContext) -> list[Duty]:
    return context.store.read(lambda tx: tx.find(Duty, state=tuple(State)))


def shared(deployment: FakeDeployment, duty: Duty) -> Iterator[StatedFact]:
    found = detail(deployment.context, duty.id)
    assert found is not None
    reader = reader_of(view_context_of(deployment), deployment.context.now())
    yield from urgent_facts(found, reader)
    yield from further_facts(found, deployment.context.catalogue.obligations.get(duty.obligation), reader)


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_card_and_command_say_every_fact(deployment: FakeDeployment, line: Line, lang: str) -> None:
    seen: set[str] = set()
    for duty in every_duty(deployment.context):
        i18n.use(lang)
        found = detail(deployment.context, duty.id)
        assert found is not None
        facts = list(shared(deployment, duty))
        card = detail_facts(found, view_context_of(deployment), deployment.context.now())
        shown = {(fact.label, fact.content.plain) for fact in card}
        assert {(fact.label, fact.text) for fact in facts} <= shown
        said = line.say("show", duty.reference, "--lang", lang)
        for fact in facts:
            assert fact.label in said
            assert fact.text in said, (fact, said)
        i18n.use("en")
        seen |= {fact.label for fact in shared(deployment, duty)}
    assert seen >= WANTED


@pytest.fixture
def line(deployment: FakeDeployment, tmp_path: Path) -> Line:
    """Return the command line over the same company."""
    (tmp_path / CONFIG_FILE).write_text("", encoding="utf-8")
    return Line(TestDeployments(folder=tmp_path, context=deployment.context, rows=deployment.rows))


def must_say(said: str, facts: Iterable[StatedFact], card: Iterable[Fact]) -> set[str]:
    """Check that a command and a card say every fact; return the facts' labels."""
    shown = {(fact.label, fact.content.plain) for fact in card}
    labels = set()
    for fact in facts:
        assert (fact.label, fact.text) in shown
        assert fact.label in said
        assert all(part.strip() in said for part in fact.text.splitlines()), (fact, said)
        labels.add(fact.label)
    return labels


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_card_and_command_say_what_an_event_says(deployment: FakeDeployment, line: Line, lang: str) -> None:
    context = deployment.context
    finance = an_actor(context, "chen.jing")
    wrong = events.register(
        context, finance, "settlement-scheduled", subject="HT-2", at=local("2026-11-25 16:00")
    )
    events.cancel(context, finance, wrong.event.id, "it was bought out")
    duty = opened(context, "2026-11-19 10:00")["decoration-sheet"]
    set_clock(context, "2026-11-24 15:30")
    events.correct(context, an_actor(context, "wang.fang"), duty.event, at=local("2026-11-24 13:55"))
    seen: set[str] = set()
    for event in events.listed(context, cancelled=True):
        i18n.use(lang)
        place, now = view_context_of(deployment), context.now()
        facts = list(event_facts(event, place.catalogue.event_types[event.type], reader_of(place, now)))
        card = list(event_card_facts(event, place, now))
        must_say(line.say("event", "show", event.id[-6:], "--lang", lang), facts, card)
        i18n.use("en")
        seen |= {one.label for one in event_facts(event, None, reader_of(place, now))}
    assert seen == {"Subject", "Planned for", "Happened", "Registered", "Time set", "Claimed", "State"}


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_a_card_says_what_a_request_says(deployment: FakeDeployment, lang: str) -> None:
    context = deployment.context
    finance, sales = (an_actor(context, id) for id in ("chen.jing", "wang.fang"))
    _asked, duty = requests.ask(context, finance, "invoice-copy", subject="[b]HT-3", text="two\ncopies")
    requests.answer(context, sales, duty.id, "tomorrow")
    gone, _duty = requests.ask(context, finance, "invoice-copy", subject="HT-4")
    requests.withdraw(context, finance, gone.id, "found it")
    i18n.use(lang)
    place, now = view_context_of(deployment), context.now()
    reader, seen = reader_of(place, now), ""
    for request in context.store.read(lambda tx: tx.find(Request)):
        obligation = place.catalogue.obligations.get(request.obligation)
        shown = {(one.label, one.content.plain) for one in request_card_facts(request, place, now)}
        facts = list(request_facts(request, obligation, reader))
        assert {(one.label, one.text) for one in facts} <= shown
        seen += "\n".join(one.text for one in facts)
    assert all(said in seen for said in ("two\ncopies", "tomorrow", "found it"))
    i18n.use("en")


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_card_and_command_say_what_a_plugin_says(deployment: FakeDeployment, line: Line, lang: str) -> None:
    broken = next(row for row in deployment.rows if row.is_broken)
    slow = replace(
        deployment.rows[0], slow={"due": 2.5}, warnings=("an old hook",), digest="c0ffee" * 8, seconds=0.2
    )
    i18n.use(lang)
    place = view_context_of(deployment)
    labels = set()
    for row in (broken, slow):
        line.deployments.rows = (row,)
        said = line.say("plugin", "show", row.name, "--lang", lang)
        i18n.use(lang)
        labels |= must_say(said, plugin_facts(row), plugin_card_facts(row, place))
        assert all(part.strip() in said for part in row.traceback.splitlines())
    assert len(labels) == 9
    i18n.use("en")


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_card_and_commands_say_what_a_change_says(deployment: FakeDeployment, line: Line, lang: str) -> None:
    context = deployment.context
    duty = next(one for one in every_duty(context) if one.waiver is not None)
    found = detail(context, duty.id)
    assert found is not None
    i18n.use(lang)
    place, now = view_context_of(deployment), context.now()
    card = next(fact for fact in detail_facts(found, place, now) if fact.label == _("History"))
    changes = history_facts(found.duty, found.history, reader_of(place, now))
    headings = change_headings()
    log = line.say("log", "--duty", duty.reference, "--lang", lang)
    shown = line.say("show", duty.reference, "--lang", lang)
    i18n.use(lang)
    assert all(heading in log for heading in headings)
    assert any(one.reason for one in changes)
    for one in changes:
        for said in (log, shown, card.content.plain):
            assert one.what in said
            assert one.who in said
            assert one.reason in said
        assert one.number in log
        assert one.touched in log
        assert one.author in log
    i18n.use("en")
