"""Requests of consumers; the answer and the settlement each have a deadline."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import date, datetime
from enum import StrEnum

from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.errors import N_, IllegalTransition, Phrase
from sla_tracker.value_class import dataclass


class RequestState(StrEnum):
    """State of a request; it is settled when its duty is delivered."""

    ASKED = "asked"
    ANSWERED = "answered"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


REQUEST_WORDS = {
    RequestState.ASKED: N_("asked"),
    RequestState.ANSWERED: N_("answered"),
    RequestState.SETTLED: N_("settled"),
    RequestState.WITHDRAWN: N_("withdrawn"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of a consumer.

    `wanted_on` is the day by whose close it is wanted, `wanted_at` the instant, also of that close. `duty` is empty
    when no obligation covers the request; such requests are counted apart. `answer_deadline` explains `answer_due_at`;
    requests of older versions have none. `fields` are the values that were given with it. `import_id` is the import
    that recorded it, `import_key` the key of its list. `withdrawn_at` is None for one that an older version withdrew.
    """

    id: str
    obligation: str
    provider: str
    consumer: str
    subject: str
    subject_key: str
    text: str
    requested_at: datetime
    requested_by: str
    wanted_at: datetime | None = None
    answer_due_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by: str = ""
    answer: str = ""
    settled_at: datetime | None = None
    state: RequestState = RequestState.ASKED
    duty: str = ""
    reason: str = ""
    wanted_on: date | None = None
    answer_deadline: Deadline | None = None
    fields: dict[str, str] = field(default_factory=dict)
    import_id: str = ""
    import_key: str = ""
    withdrawn_at: datetime | None = None


def answered(request: Request, *, answer: str, now: datetime, by: str) -> Request:
    """Return the request with its first answer.

    Raises IllegalTransition unless it waits for one.
    """
    if request.state is not RequestState.ASKED:
        raise IllegalTransition(
            N_("This request is {state}; it takes no first answer now."),
            state=Phrase(REQUEST_WORDS[request.state]),
        )
    return replace(request, state=RequestState.ANSWERED, answered_at=now, answered_by=by, answer=answer)


def settled(request: Request, *, now: datetime) -> Request:
    """Return the request as settled; settling also answers it when nobody has before."""
    if request.state in {RequestState.WITHDRAWN, RequestState.SETTLED}:
        raise IllegalTransition(
            N_("This request is {state}; it cannot be settled now."),
            state=Phrase(REQUEST_WORDS[request.state]),
        )
    first = request.answered_at or now
    return replace(request, state=RequestState.SETTLED, settled_at=now, answered_at=first)


def reopened(request: Request, *, taken_back: bool = False) -> Request:
    """Return a settled request as open again.

    This happens when its delivery was returned or taken back. A delivery that was taken back does not count as an
    answer either; an earlier answer still does, also one by a delivery that was returned.
    """
    if taken_back and not request.answered_by and request.answered_at == request.settled_at:
        return replace(request, state=RequestState.ASKED, settled_at=None, answered_at=None)
    return replace(request, state=RequestState.ANSWERED, settled_at=None)


def withdrawn(request: Request, *, reason: str, now: datetime | None) -> Request:
    """Return the request as withdrawn by its consumer.

    Raises IllegalTransition once it is settled.
    """
    if request.state in {RequestState.WITHDRAWN, RequestState.SETTLED}:
        raise IllegalTransition(
            N_("This request is {state}; it cannot be withdrawn now."),
            state=Phrase(REQUEST_WORDS[request.state]),
        )
    return replace(request, state=RequestState.WITHDRAWN, reason=reason, withdrawn_at=now)
