"""What a duty says of itself is the same on the card of the terminal and in `sla show`, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_tracker import i18n
from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.states import State
from sla_tracker.services import events, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import holds, ratings, waivers
from sla_tracker.services.queries.duties import detail
from sla_tracker.testing.company import an_actor, local, set_clock
from sla_tracker.tui.view_context import view_context_of
from sla_tracker.tui.widgets.cards.duty_card import detail_facts
from sla_tracker.tui.widgets.cards.event_changes import reader_of
from sla_tracker.wording.facts.duty_facts import DutyFact, further_facts, urgent_facts
from tests.cli.runner import FakeDeployment, Line, TestDeployments
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


def shared(deployment: FakeDeployment, duty: Duty) -> Iterator[DutyFact]:
    found = detail(deployment.context, duty.id)
    assert found is not None
    reader = reader_of(view_context_of(deployment), deployment.context.now())
    yield from urgent_facts(found, reader)
    yield from further_facts(found, deployment.context.catalogue.obligations.get(duty.obligation), reader)


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_card_and_command_say_every_fact(deployment: FakeDeployment, lang: str, tmp_path: Path) -> None:
    (tmp_path / CONFIG_FILE).write_text("", encoding="utf-8")
    line = Line(TestDeployments(folder=tmp_path, context=deployment.context))
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
