"""Texts that simulated people write: field values, subjects, reasons."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from random import Random

from sla_tracker.domain.agreements.fields import TICKED, Field, FieldKind
from sla_tracker.domain.text import Text
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.value_class import dataclass

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_FAMILY = "王李张刘陈杨黄赵周吴徐孙"
_GIVEN = "芳伟娜敏静丽强磊洋艳勇军杰涛明超兰霞平刚"


def answers(fields: Iterable[Field], chance: Random, today: date) -> dict[str, str]:
    """Return a random value for every required field."""
    return {field.id: _answer(field, chance, today) for field in fields if field.required}


def _answer(field: Field, chance: Random, today: date) -> str:
    match field.kind:
        case FieldKind.TICK:
            return TICKED
        case FieldKind.NUMBER:
            return str(chance.randrange(800, 260_000))
        case FieldKind.DATE:
            return today.isoformat()
        case FieldKind.CHOICE:
            return chance.choice(field.choices).id
        case FieldKind.REFERENCE:
            return f"{today:%Y%m%d}-{chance.randrange(1, 900):03d}"
    return _("as agreed")


def subject(kind: Text, chance: Random, today: date) -> str:
    """Return a random subject that fits a kind of event, in the reader's language."""
    number = chance.randrange(10_000, 99_999)
    is_english = language() == "en"
    if "车" in kind.zh:
        return f"{'EF-' if is_english else '鄂F·'}{chance.choice(_LETTERS)}{number}"
    if "员工" in kind.zh or "姓名" in kind.zh:
        # Drawn before it is spelled, so that both languages play the same past.
        family, given = chance.choice(_FAMILY), "".join(chance.sample(_GIVEN, 2))
        return f"{_spelled(family)} {_spelled(given)}" if is_english else family + given
    if "保单" in kind.zh:
        return f"PDAA{today:%Y}{number}"
    return f"HT{today:%Y}-{number}" if "合同" in kind.zh else f"{today:%Y%m}-{number % 1000:03d}"


def _spelled(name: str) -> str:
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(name)).capitalize()


def return_reasons() -> tuple[str, ...]:
    """Return reasons for returning a delivery."""
    return (
        _("The customer's signature is missing on the second page."),
        _("The total does not agree with the list."),
        _("The scan cannot be read; please send it again."),
        _("Last month's figures were attached by mistake."),
    )


def waiver_reasons() -> tuple[str, ...]:
    """Return reasons for waiving a duty."""
    return (
        _("The bank had closed its counter that day."),
        _("There was nothing to report this month."),
        _("Agreed by telephone: it comes with the next list."),
    )


def hold_reasons() -> tuple[str, ...]:
    """Return reasons for putting a duty on hold."""
    return (
        _("Waiting for the stamped original."),
        _("The customer brings the missing paper tomorrow."),
    )


def complaints() -> tuple[str, ...]:
    """Return texts of complaints."""
    return (
        _("For the third time the list came after the close, and the books had to be opened again."),
        _("Nobody could say where the documents were; it took two days to find them."),
        _("The amounts were changed afterwards without telling us."),
    )


def words_of_praise() -> tuple[str, ...]:
    """Return remarks for a rating."""
    return (_("Complete at once, thank you."), _("Quick and tidy."), _("As it should be."), "")


def first_answers() -> tuple[str, ...]:
    """Return first answers to a request."""
    return (
        _("It comes this afternoon."),
        _("The archive has it; I fetch it."),
        _("Received, working on it."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Texts of the steps of a complaint."""

    judgement: str
    refusal: str
    cause: str
    remedy: str
    approval: str
    done: str
    summary: str


def remedy() -> Remedy:
    """Return the texts of the steps of a complaint."""
    return Remedy(
        judgement=_("The record shows it."),
        refusal=_("It was agreed beforehand; see the note on the duty."),
        cause=_("The list waited for one signature while its owner was away."),
        remedy=_("A deputy signs from now on."),
        approval=_("Agreed."),
        done=_("The deputy is named and told."),
        summary=_("It has not happened again."),
    )
