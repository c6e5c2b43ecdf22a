"""A clinic: the laboratory owes the wards results within four working hours, and a printer prints reminders.

It shows every hook that the packs shipped with sla_tracker do not need.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sla_tracker import (
    Change,
    Department,
    EventType,
    Field,
    FieldKind,
    InWorkingTime,
    Letter,
    Notifier,
    Obligation,
    OnEvent,
    Outcome,
    Result,
    Text,
    hookimpl,
)

log = logging.getLogger("sla_sample_clinic")

SAMPLE_TAKEN = EventType(
    id="sample-taken",
    title=Text("采集标本", "Sample taken"),
    subject=Text("条码", "Bar code"),
    subject_patterns=("S########",),
)

RESULT = Obligation(
    id="lab-result",
    title=Text("检验结果", "Laboratory result"),
    provider="laboratory",
    consumer="wards",
    triggers=(OnEvent(event_type=SAMPLE_TAKEN.id, due=InWorkingTime(span=timedelta(hours=4))),),
    evidence=(Field(id="report", kind=FieldKind.REFERENCE, label=Text("报告号", "Report number")),),
)


@hookimpl
def sla_register_departments() -> tuple[Department, ...]:
    """Declare who owes and who is owed."""
    return (
        Department(id="laboratory", name=Text("检验科", "Laboratory")),
        Department(id="wards", name=Text("病区", "Wards")),
    )


@hookimpl
def sla_register_event_types() -> tuple[EventType, ...]:
    """Declare what opens duties."""
    return (SAMPLE_TAKEN,)


@hookimpl
def sla_register_obligations() -> tuple[Obligation, ...]:
    """Declare what is owed."""
    return (RESULT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """Puts each letter into a folder from which a printer takes it; the key as the name makes a second one harmless."""

    folder: Path

    @property
    def recognises(self) -> bool:
        """Say that a letter sent twice is printed once."""
        return True

    def serves(self, recipient: str) -> bool:
        """Say that everybody can be reached."""
        return True

    def send(self, letter: Letter) -> Outcome:
        """Write the letter; what the disk objects to is said, and tried again later."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{letter.key}.txt").write_text(
                f"{letter.subject}\n\n{letter.text}\n", encoding="utf-8"
            )
        except OSError as reason:
            return Outcome(result=Result.FAILED, problem="{reason}", values={"reason": str(reason)})
        return Outcome(result=Result.SENT)


def spool(options: Mapping[str, object]) -> Notifier:
    """Make the notifier of one channel from its settings."""
    return Spool(folder=Path(str(options.get("folder", "spool"))))


@hookimpl
def sla_register_notifiers() -> dict[str, Callable[..., object]]:
    """Declare the kind of channel `spool`."""
    return {"spool": spool}


@hookimpl
def sla_after_change(change: Change) -> None:
    """Tell the clinic's own log what was done, and nothing about whom it concerns."""
    log.info("%s %s", change.sequence, change.act.what)
