"""Runs the terminal over a company in memory: `python -m tests.tui.harness KIND`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from sla_tracker import i18n
from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.text import Text
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.deployment import Origin, PluginRow, PluginState
from sla_tracker.services.duties import operations
from sla_tracker.testing.company import a_context, an_actor, local
from sla_tracker.tui.launch import run
from sla_tracker.tui.startup import start_of
from tests.cli.runner import FakeDeployment
from tests.tui.trial import a_deployment, bilingual

HOSTILE = (
    "\x1b]52;c;UFdORUQ=\x07\x1b[2J\x1b[31mPWNED1 \x9b31m\x9d52;c;UFdO\x9c\x1bP1$r0m\x1b\\"
    "[@click=app.quit]PWNED2[/] [/x] [red \u202egnp.exe\u202c\u200b\u200d\ufeff\u2066 \x00\x07\x08\x7f\r\n\t"
    "e" + "\u0301" * 40 + "\U000e0041\U0001f469\u200d\U0001f469\ufe0f" + "长" * 300
)


def said(text: Text | None) -> Text:
    """Return a text with everything hostile behind its first letters."""
    return bilingual((text.en[:6] if text else "") + HOSTILE)


def poisoned(obligation: Obligation) -> Obligation:
    """Return an obligation every word of which is hostile."""
    return replace(
        obligation,
        title=said(obligation.title),
        guide=said(obligation.guide),
        evidence=tuple(replace(field, label=said(field.label)) for field in obligation.evidence),
    )


def a_hostile_deployment() -> FakeDeployment:
    """Build a deployment in which every text that a person or a plugin can write is hostile."""
    plain = a_context()
    known = plain.catalogue
    catalogue = Catalogue(
        departments={id: replace(part, name=said(part.name)) for id, part in known.departments.items()},
        obligations={id: poisoned(part) for id, part in known.obligations.items()},
        event_types={
            id: replace(
                part,
                title=said(part.title),
                subject=said(part.subject),
                fields=tuple(
                    replace(
                        field,
                        label=said(field.label),
                        choices=tuple(replace(choice, label=said(choice.label)) for choice in field.choices),
                    )
                    for field in part.fields
                ),
            )
            for id, part in known.event_types.items()
        },
        digest="hostile",
    )
    people = {id: replace(person, name=person.name + HOSTILE) for id, person in plain.people.items()}
    context = replace(
        plain, declared=catalogue, people=people, settings=replace(plain.settings, name=HOSTILE, trial=True)
    )
    work(context)
    plugin = PluginRow(
        name=HOSTILE,
        origin=Origin.PYTHON_FILE,
        state=PluginState.QUARANTINED,
        version=HOSTILE,
        reason=HOSTILE,
        traceback=HOSTILE,
    )
    actor = replace(an_actor(context, "wang.fang"), as_login=HOSTILE)
    return FakeDeployment(folder=Path(), context=context, actor=actor, rows=(plugin,))


def work(context: ServiceContext) -> None:
    """Let people write hostile things wherever they can."""
    wang, chen = an_actor(context, "wang.fang"), an_actor(context, "chen.jing")
    subject = HOSTILE[:190]
    opened = events.register(
        context,
        wang,
        "vehicle-delivered",
        subject=subject,
        at=local("2026-11-20 09:00"),
        fields={"cash": "no"},
    ).opened
    for duty in opened:
        operations.note(context, chen if duty.provider != "service" else wang, duty.id, HOSTILE)
        if duty.obligation == "order-sheet":
            operations.deliver(context, wang, duty.id, note=HOSTILE)
            operations.return_(context, chen, duty.id, HOSTILE)
        if duty.obligation == "decoration-sheet":
            operations.fill_in(context, wang, duty.id, {"sheet": "yes"})


def main(kind: str, lang: str) -> int:
    """Run the terminal on the deployment of that kind."""
    i18n.use(lang)
    return run(start_of(a_hostile_deployment() if kind == "hostile" else a_deployment()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
