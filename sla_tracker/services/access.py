"""Defines which role may do what, and checks it; all front ends use this table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from sla_tracker.domain.people import Actor, Role
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, Forbidden, Phrase
from sla_tracker.i18n import language
from sla_tracker.value_class import dataclass


class Right(StrEnum):
    """A permission that a use case requires."""

    REGISTER_EVENT = "register_event"
    CHANGE_EVENT = "change_event"
    CONFIRM_EVENT = "confirm_event"
    ASK = "ask"
    WITHDRAW_REQUEST = "withdraw_request"
    ANSWER = "answer"
    CHANGE_REQUEST = "change_request"
    TICK_PAPER = "tick_paper"
    UPDATE_REQUEST = "update_request"
    TAKE = "take"
    ASSIGN = "assign"
    DELIVER = "deliver"
    NOTE = "note"
    JUDGE = "judge"
    REOPEN = "reopen"
    HOLD = "hold"
    OBJECT = "object"
    CONFIRM_HOLD = "confirm_hold"
    ASK_WAIVER = "ask_waiver"
    WAIVE = "waive"
    HAND_OVER = "hand_over"
    CONSENT = "consent"
    AGREE = "agree"
    WRITE_SHIFT = "write_shift"
    EXPLAIN = "explain"
    COMPLAIN = "complain"
    JUDGE_COMPLAINT = "judge_complaint"
    HANDLE_COMPLAINT = "handle_complaint"
    APPROVE_REMEDY = "approve_remedy"
    EVALUATE_COMPLAINT = "evaluate_complaint"
    SURVEY = "survey"
    PREPARE_CHECK = "prepare_check"
    REVIEW_CHECK = "review_check"
    CLOSE_PERIOD = "close_period"
    ADMINISTER = "administer"


class ReadingRule(StrEnum):
    """Says whether a person reads all departments' duties or the own one's only."""

    ALL = "all"
    OWN = "own"


class Side(StrEnum):
    """Which party of the duty the person's department must be.

    CLOSING means a department that the settings name for closing months.
    """

    PROVIDER = "provider"
    CONSUMER = "consumer"
    EITHER = "either"
    ANY = "any"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Requirement:
    """The minimum role and the party that a right requires; `meaning` describes it.

    `exactly` gives it to that role alone, not to those above it.
    """

    role: Role
    side: Side
    meaning: str
    exactly: bool = False


RULES: dict[Right, Requirement] = {
    Right.REGISTER_EVENT: Requirement(Role.STAFF, Side.ANY, N_("register an event")),
    Right.CHANGE_EVENT: Requirement(Role.STAFF, Side.EITHER, N_("correct, move or cancel an event")),
    Right.CONFIRM_EVENT: Requirement(
        Role.STAFF,
        Side.EITHER,
        N_("confirm or refuse what a department changed about an event of its own duties"),
    ),
    Right.ASK: Requirement(Role.STAFF, Side.CONSUMER, N_("ask for something")),
    Right.WITHDRAW_REQUEST: Requirement(Role.STAFF, Side.CONSUMER, N_("withdraw a request")),
    Right.ANSWER: Requirement(Role.STAFF, Side.PROVIDER, N_("answer a request")),
    Right.CHANGE_REQUEST: Requirement(
        Role.STAFF, Side.EITHER, N_("change a field of a request, such as its priority")
    ),
    Right.TICK_PAPER: Requirement(Role.STAFF, Side.EITHER, N_("note that a paper for a request is there")),
    Right.UPDATE_REQUEST: Requirement(Role.STAFF, Side.PROVIDER, N_("tell how an open request stands")),
    Right.TAKE: Requirement(Role.STAFF, Side.PROVIDER, N_("take a duty")),
    Right.ASSIGN: Requirement(Role.HEAD, Side.PROVIDER, N_("assign a duty to somebody else")),
    Right.DELIVER: Requirement(Role.STAFF, Side.PROVIDER, N_("deliver")),
    Right.NOTE: Requirement(Role.STAFF, Side.EITHER, N_("write a note")),
    Right.JUDGE: Requirement(Role.STAFF, Side.CONSUMER, N_("accept, return or rate")),
    Right.REOPEN: Requirement(Role.HEAD, Side.CONSUMER, N_("reopen what was accepted")),
    Right.HOLD: Requirement(Role.STAFF, Side.PROVIDER, N_("put a duty on hold or resume it")),
    Right.OBJECT: Requirement(Role.STAFF, Side.CONSUMER, N_("object to a hold")),
    Right.CONFIRM_HOLD: Requirement(Role.HEAD, Side.CONSUMER, N_("confirm or refuse a hold")),
    Right.ASK_WAIVER: Requirement(Role.STAFF, Side.PROVIDER, N_("ask for a waiver")),
    Right.WAIVE: Requirement(Role.HEAD, Side.CONSUMER, N_("waive a duty")),
    Right.HAND_OVER: Requirement(Role.STAFF, Side.PROVIDER, N_("hand a duty over")),
    Right.CONSENT: Requirement(Role.HEAD, Side.PROVIDER, N_("consent to take a duty over, or refuse")),
    Right.AGREE: Requirement(
        Role.HEAD, Side.EITHER, N_("propose, accept or refuse an agreement"), exactly=True
    ),
    Right.WRITE_SHIFT: Requirement(Role.STAFF, Side.PROVIDER, N_("write or acknowledge a shift note")),
    Right.EXPLAIN: Requirement(Role.STAFF, Side.PROVIDER, N_("say why it was late or returned")),
    Right.COMPLAIN: Requirement(Role.STAFF, Side.CONSUMER, N_("file a complaint")),
    Right.JUDGE_COMPLAINT: Requirement(
        Role.HEAD, Side.PROVIDER, N_("judge a complaint and name who answers for it")
    ),
    Right.HANDLE_COMPLAINT: Requirement(
        Role.STAFF, Side.PROVIDER, N_("find the cause and carry out the remedy")
    ),
    Right.APPROVE_REMEDY: Requirement(Role.HEAD, Side.PROVIDER, N_("approve a remedy")),
    Right.EVALUATE_COMPLAINT: Requirement(
        Role.STAFF, Side.CONSUMER, N_("evaluate how a complaint was settled")
    ),
    Right.SURVEY: Requirement(Role.STAFF, Side.CONSUMER, N_("answer a survey")),
    Right.PREPARE_CHECK: Requirement(
        Role.STAFF, Side.ANY, N_("sign a point of a month's checklist as prepared, or take that back")
    ),
    Right.REVIEW_CHECK: Requirement(
        Role.HEAD, Side.CLOSING, N_("sign a point of a month's checklist as reviewed")
    ),
    Right.CLOSE_PERIOD: Requirement(Role.HEAD, Side.CLOSING, N_("close a month")),
    Right.ADMINISTER: Requirement(Role.ADMIN, Side.ANY, N_("administer the deployment")),
}

ROLE_WORDS = {
    Role.READER: N_("reader"),
    Role.STAFF: N_("staff"),
    Role.HEAD: N_("head of department"),
    Role.ADMIN: N_("administrator"),
}

NO_DEPARTMENT = N_("no department")

_RANK = {role: rank for rank, role in enumerate(Role)}


def may(
    actor: Actor, right: Right, *, provider: str = "", consumer: str = "", closing: Collection[str] = ()
) -> bool:
    """Tell whether the actor has a right on a duty between provider and consumer.

    `closing` are the departments whose heads may close months; administrators always may.
    """
    rule = RULES[right]
    if _RANK[actor.role] < _RANK[rule.role] or (rule.exactly and actor.role is not rule.role):
        return False
    match rule.side:
        case Side.PROVIDER:
            return actor.department == provider
        case Side.CONSUMER:
            return actor.department == consumer
        case Side.EITHER:
            return actor.department in {provider, consumer}
        case Side.CLOSING:
            return actor.role is Role.ADMIN or actor.department in closing
        case Side.ANY:
            return True


def require(
    actor: Actor,
    right: Right,
    *,
    provider: str = "",
    consumer: str = "",
    closing: Collection[str] = (),
    names: Mapping[str, Text] = MappingProxyType({}),
) -> None:
    """Raise Forbidden, saying who may, unless the actor has the right.

    `names` are the departments' names by id, for the message.
    """
    if may(actor, right, provider=provider, consumer=consumer, closing=closing):
        return
    rule = RULES[right]
    least = Role.ADMIN if rule.side is Side.CLOSING and not closing else rule.role
    sides = {
        Side.PROVIDER: (provider,),
        Side.CONSUMER: (consumer,),
        Side.EITHER: (provider, consumer),
        Side.CLOSING: tuple(closing),
        Side.ANY: (),
    }[rule.side]
    message = N_(
        "{person} ({role}, {department}) may not {what}: it takes {least} of {side} (sla access lists the rights)."
    )
    anywhere = N_(
        "{person} ({role}, {department}) may not {what}: it takes {least} (sla access lists the rights)."
    )
    raise Forbidden(
        message if any(sides) else anywhere,
        person=actor.person.name,
        role=Phrase(ROLE_WORDS[actor.role]),
        department=_Departments((actor.department,), names) if actor.department else Phrase(NO_DEPARTMENT),
        what=Phrase(rule.meaning),
        least=Phrase(ROLE_WORDS[least]),
        side=_Departments(sides, names),
    )


class _Departments:
    """Departments as a message value: their names, joined by slashes."""

    def __init__(self, ids: tuple[str, ...], names: Mapping[str, Text]) -> None:
        self._ids, self._names = ids, names

    def __str__(self) -> str:
        shown = [self._names[id].get(language()) if id in self._names else id for id in self._ids if id]
        return " / ".join(dict.fromkeys(shown))


# --- reading ----------------------------------------------------------------------------------------------------------


def readers_of(value: object) -> tuple[str, ...] | None:
    """Return the departments that a value concerns.

    None for a value that everybody may read.
    """
    # Loaded here: the first frame needs the table of rights, not what they are about.
    from sla_tracker.domain.consent.agreement import Agreement
    from sla_tracker.domain.duties.complaint import Complaint
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.domain.duties.handover import Offer, ShiftNote
    from sla_tracker.domain.duties.request import Request
    from sla_tracker.domain.imports.past import PastDuty
    from sla_tracker.domain.measures.survey import Answer

    match value:
        case Duty():
            return (value.provider, value.consumer, value.opened_from)
        case Request() | Answer() | PastDuty() | Agreement():
            return (value.provider, value.consumer)
        case Offer():
            return (value.giver, value.taker)
        case ShiftNote():
            return (value.department,)
        case Complaint():
            sides = (value.complainant, value.against, value.judge, value.responsible)
            return None if value.escalated_at is not None else sides
    return None


def reads_everything(actor: Actor) -> bool:
    """Tell whether a person reads all values: an administrator, or an auditor."""
    return actor.role is Role.ADMIN or (actor.role is Role.READER and actor.is_named and not actor.department)


def may_see_logins(actor: Actor, person: str) -> bool:
    """Tell whether a person may see by which logins another one, named by id, acts.

    Everybody sees the own logins; who may read everything sees all.
    """
    return reads_everything(actor) or actor.id == person


def may_read(actor: Actor, value: object, rule: ReadingRule) -> bool:
    """Tell whether a person may read a value as it is stored, whatever the way out.

    Duties, those of the past too, and requests follow the rule. Complaints, shift notes, offers, single survey answers,
    and what is proposed in agreements, are always for the departments in them only. Administrators read everything; so
    does a reader of the settings without a department, who is an auditor.
    """
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.domain.duties.request import Request
    from sla_tracker.domain.imports.past import PastDuty

    if reads_everything(actor):
        return True
    if rule is ReadingRule.ALL and isinstance(value, Duty | Request | PastDuty):
        return True
    readers = readers_of(value)
    return readers is None or (bool(actor.department) and actor.department in readers)
