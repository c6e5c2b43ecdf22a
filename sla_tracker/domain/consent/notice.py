"""What heads are told of a proposal or an agreement."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sla_tracker.digests import sha256
from sla_tracker.domain.consent.agreement import Agreement, Proposal, TermPart
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A part of an agreement from which plugin or settings differ since it was made."""

    agreement: Agreement
    version: Proposal
    trigger: str
    part: TermPart
    agreed: object
    declared: object
    value: str = ""


class NoticeKind(StrEnum):
    """What happened to a proposal or an agreement."""

    PROPOSED = "proposed"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    EXPIRED = "expired"
    CONTRADICTED = "contradicted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """News of an agreement for the heads of one department.

    `proposal` is the one that it is about, or the version; `at` is None where nobody knows when it began, as with what
    a plugin says otherwise. `by` made it and is told nothing.
    """

    kind: NoticeKind
    agreement: Agreement
    department: str
    proposal: Proposal
    at: datetime | None
    by: str = ""
    against: tuple[Contradiction, ...] = ()

    @property
    def key(self) -> str:
        """Return the key under which it is kept that the notice was given.

        Every contradiction has another key.
        """
        said = "".join(f"{one.trigger}{one.value}{one.part}{one.declared!r}" for one in self.against)
        mark = f".{sha256(said.encode()).hexdigest()[:12]}" if said else ""
        return f"{self.proposal.number}.{self.kind}{mark}@{self.department}"
