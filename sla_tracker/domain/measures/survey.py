"""SERVQUAL surveys: a provider's expectation and perception in five dimensions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sla_tracker.errors import N_, Phrase, UsageError
from sla_tracker.value_class import dataclass

LEAST, MOST = 1, 7  # scale of a mark
WHOLE = 100  # points that the weights of the dimensions add up to
LONGEST_COMMENT = 1000  # characters


class Dimension(StrEnum):
    """Five dimensions of service quality (Parasuraman, Zeithaml, Berry 1988)."""

    TANGIBLES = "tangibles"
    RELIABILITY = "reliability"
    RESPONSIVENESS = "responsiveness"
    ASSURANCE = "assurance"
    EMPATHY = "empathy"


DIMENSION_WORDS = {
    Dimension.TANGIBLES: N_("tangibles"),
    Dimension.RELIABILITY: N_("reliability"),
    Dimension.RESPONSIVENESS: N_("responsiveness"),
    Dimension.ASSURANCE: N_("assurance"),
    Dimension.EMPATHY: N_("empathy"),
}

EVEN_WEIGHTS: Mapping[Dimension, int] = dict.fromkeys(Dimension, WHOLE // len(Dimension))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Expectation and perception in one dimension, each from 1 to 7."""

    expectation: int
    perception: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One person's answers about one provider in one quarter.

    An anonymous answer has no `by` and no `answered_at`: the time would give the person away. A receipt says of an
    anonymous survey who answered and when, and has no marks.
    """

    id: str
    quarter: str
    consumer: str
    provider: str
    marks: dict[Dimension, Mark]
    weights: dict[Dimension, int]
    comment: str = ""
    by: str = ""
    answered_at: datetime | None = None

    @property
    def is_receipt(self) -> bool:
        """Return whether this only records that a person answered, without the answers."""
        return not self.marks

    @property
    def weighted_gap(self) -> Decimal:
        """Return the mean of perception − expectation, weighted by this person."""
        total = sum(
            self.weights[dimension] * (mark.perception - mark.expectation)
            for dimension, mark in self.marks.items()
        )
        return Decimal(total) / WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Gap scores (perception − expectation) of a provider in a quarter.

    The scores are None while there are fewer answers than the minimum. `joined` are the departments that are counted
    together because each gave too few answers; `consumer` is empty then. Every answer has all dimensions, so `answers`
    is the number behind each of them.
    """

    quarter: str
    consumer: str
    provider: str
    answers: int
    joined: tuple[str, ...] = ()
    per_dimension: Mapping[Dimension, Decimal] | None = None
    weighted: Decimal | None = None


def quarter_of(day: date) -> str:
    """Return the quarter of a day, such as `2026-Q4`."""
    return f"{day.year:04d}-Q{(day.month + 2) // 3}"


def quarter_start(day: date) -> date:
    """Return the first day of the quarter of a day."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def check_quarter(quarter: str) -> str:
    """Return a typed quarter, such as `2026-Q4`; raises UsageError for other text."""
    if not re.fullmatch(r"[0-9]{4}-Q[1-4]", quarter):
        raise UsageError(N_("“{quarter}” is no quarter; write it like 2026-Q4."), quarter=quarter)
    return quarter


def check_answers(marks: Mapping[Dimension, Mark], weights: Mapping[Dimension, int], comment: str) -> None:
    """Raise UsageError unless the answers are complete and valid.

    Every dimension has both marks from 1 to 7, and the weights add up to 100.
    """
    for dimension in Dimension:
        mark = marks.get(dimension)
        if mark is None or not all(LEAST <= value <= MOST for value in (mark.expectation, mark.perception)):
            raise UsageError(
                N_("{dimension}: give expectation and perception, each from {least} to {most}."),
                dimension=Phrase(DIMENSION_WORDS[dimension]),
                least=LEAST,
                most=MOST,
            )
    if set(weights) != set(Dimension) or min(weights.values()) < 0 or sum(weights.values()) != WHOLE:
        raise UsageError(
            N_("The weights of the five dimensions must add up to {whole}; these give {total}."),
            whole=WHOLE,
            total=sum(weights.values()),
        )
    if len(comment) > LONGEST_COMMENT:
        raise UsageError(N_("A comment has at most {limit} characters."), limit=LONGEST_COMMENT)


def gaps(answers: Iterable[Answer], *, quarter: str, consumer: str, provider: str, minimum: int) -> Gaps:
    """Return one consumer's gap scores for a provider.

    There are no scores below `minimum` answers.
    """
    found = [
        answer
        for answer in answers
        if (answer.quarter, answer.consumer, answer.provider) == (quarter, consumer, provider)
    ]
    return _scored(
        Gaps(quarter=quarter, consumer=consumer, provider=provider, answers=len(found)), found, minimum
    )


def gaps_about(answers: Iterable[Answer], *, quarter: str, provider: str, minimum: int) -> list[Gaps]:
    """Return the gap scores for a provider by consumer.

    Consumers with too few answers are counted together. There is no total: with it the few could be told from the rest.
    What is too little even together has no scores.
    """
    groups: dict[str, list[Answer]] = {}
    for answer in answers:
        if (answer.quarter, answer.provider) == (quarter, provider):
            groups.setdefault(answer.consumer, []).append(answer)
    small = tuple(sorted(consumer for consumer, found in groups.items() if len(found) < minimum))
    together = [answer for consumer in small for answer in groups[consumer]]
    is_joined = len(small) > 1 and len(together) >= minimum
    rows = [
        gaps(found, quarter=quarter, consumer=consumer, provider=provider, minimum=minimum)
        for consumer, found in sorted(groups.items())
        if not (is_joined and consumer in small)
    ]
    if is_joined:
        counted = Gaps(quarter=quarter, consumer="", provider=provider, answers=len(together), joined=small)
        rows.append(_scored(counted, together, minimum))
    return rows


def _scored(counted: Gaps, found: list[Answer], minimum: int) -> Gaps:
    """Return gaps with their scores, without any below the minimum."""
    if len(found) < max(1, minimum):
        return counted
    return replace(
        counted,
        per_dimension={dimension: _mean_gap(found, dimension) for dimension in Dimension},
        weighted=sum((answer.weighted_gap for answer in found), Decimal()) / len(found),
    )


def _mean_gap(answers: list[Answer], dimension: Dimension) -> Decimal:
    total = sum(
        answer.marks[dimension].perception - answer.marks[dimension].expectation for answer in answers
    )
    return Decimal(total) / len(answers)
