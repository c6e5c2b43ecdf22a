"""Runs the terminal over a company in memory, for tests that need a real terminal: `python -m tests.tui.stage KIND`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from sla_tracker import locale
from sla_tracker.core.catalogue import Catalogue
from sla_tracker.core.obligation import Obligation
from sla_tracker.core.text import Text
from sla_tracker.desk import duties, events
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.house import PluginRow
from sla_tracker.testing.company import a_desk, an_actor, local
from sla_tracker.tui.launch import run
from sla_tracker.tui.start import start_of
from tests.cli.front import OpenHouse
from tests.tui.trial import a_house, bilingual

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


def a_hostile_house() -> OpenHouse:
    """Build a house in which every text that a person or a plugin can write is hostile."""
    plain = a_desk()
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
    desk = replace(
        plain, catalogue=catalogue, people=people, settings=replace(plain.settings, name=HOSTILE, trial=True)
    )
    work(desk)
    plugin = PluginRow(
        name=HOSTILE, origin=HOSTILE, state="quarantined", version=HOSTILE, reason=HOSTILE, traceback=HOSTILE
    )
    actor = replace(an_actor(desk, "wang.fang"), as_login=HOSTILE)
    return OpenHouse(folder=Path(), desk=desk, actor=actor, rows=(plugin,))


def work(desk: Desk) -> None:
    """Let people write hostile things wherever they can."""
    wang, chen = an_actor(desk, "wang.fang"), an_actor(desk, "chen.jing")
    subject = HOSTILE[:190]
    opened = events.register(
        desk, wang, "vehicle-delivered", subject=subject, at=local("2026-11-20 09:00"), fields={"cash": "no"}
    ).opened
    for duty in opened:
        duties.note(desk, chen if duty.provider != "service" else wang, duty.id, HOSTILE)
        if duty.obligation == "order-sheet":
            duties.deliver(desk, wang, duty.id, note=HOSTILE)
            duties.return_(desk, chen, duty.id, HOSTILE)
        if duty.obligation == "decoration-sheet":
            duties.fill_in(desk, wang, duty.id, {"sheet": "yes"})


def main(kind: str, lang: str) -> int:
    """Run the terminal over the house of that kind."""
    locale.use(lang)
    return run(start_of(a_hostile_house() if kind == "hostile" else a_house()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
