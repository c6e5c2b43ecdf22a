"""Formats a month's rates and causes as table rows for commands and reports."""

from __future__ import annotations

from collections.abc import Mapping

from sla_tracker.domain.clean import clean
from sla_tracker.domain.measures.causes import NOT_SAID, CauseRow
from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months.service_levels import By, ServiceLevel
from sla_tracker.wording.duties import (
    department_word,
    percent,
    percent_on_time,
    percent_target,
    person_word,
    text_of,
)
from sla_tracker.wording.party_statements import cause_word

GROUPS: Mapping[By, str] = {
    By.DEPARTMENT: N_("Department"),
    By.PAIR: N_("From → to"),
    By.OBLIGATION: N_("Obligation"),
    By.PERSON: N_("Person"),
}


def level_titles() -> tuple[str, ...]:
    """Return the headings of a score with one number a column."""
    return (
        _("On time"),
        _("Counted"),
        _("On-time rate"),
        _("Target"),
        _("Misses"),
        _("Misses allowed"),
        _("First pass"),
        _("Accepted"),
        _("First-pass rate"),
        _("Waived"),
        _("Short notice"),
        _("Pending"),
    )


def level_headings(by: By) -> tuple[str, ...]:
    """Return the column headings of a table of rates, grouping first."""
    return (
        _(GROUPS[by]),
        _("On time"),
        _("On-time rate"),
        _("Target"),
        _("Misses"),
        _("First pass"),
        _("Waived"),
        _("Short notice"),
        _("Pending"),
    )


def level_texts(context: ServiceContext, level: ServiceLevel, by: By) -> tuple[str, ...]:
    """Return one row of the table of rates."""
    return (level_word(context, level, by), *score_texts(level.score))


def total_texts(total: Score) -> tuple[str, ...]:
    """Return the last row of the table of rates: all rows together."""
    return (_("Total"), *score_texts(total))


def score_texts(score: Score) -> tuple[str, ...]:
    """Return a score as the cells of a table of rates, without its name."""
    return (
        f"{score.good}/{score.valid}",
        percent_on_time(score),
        percent_target(score.target),
        _("{bad}, allowed {budget}", bad=score.bad, budget=score.budget),
        f"{score.first_pass}/{score.judged}  {percent(score.first_pass_ratio)}",
        str(score.waived),
        str(score.short_notice),
        str(score.pending),
    )


def is_kept(score: Score) -> bool:
    """Tell whether a rate reaches its target; true when nothing was judged."""
    return score.is_kept


def level_word(context: ServiceContext, level: ServiceLevel, by: By) -> str:
    """Return the first cell of a row of rates: department, pair, obligation or person.

    Grouped by person, duties without an assignee are shown as not taken, with their department.
    """
    provider = department_word(context, level.provider)
    if level.obligation:
        title = obligation_word(context, level.obligation)
        return bracketed(title, f"{provider} → {department_word(context, level.consumer)}")
    if level.consumer:
        return f"{provider} → {department_word(context, level.consumer)}"
    if level.person:
        return bracketed(person_word(context.people, level.person), provider)
    return _("not taken ({department})", department=provider) if by is By.PERSON else provider


def budget_word(score: Score) -> str:
    """Return the allowed misses, and how many are left or too many."""
    left = score.budget - score.bad
    if left < 0:
        return _("{budget} allowed, {n} too many", budget=score.budget, n=-left)
    return _("{budget} allowed, {n} left", budget=score.budget, n=left)


def counts_note(score: Score) -> str:
    """Return n of N as it stands behind a rate."""
    return _("({good}/{valid})", good=score.good, valid=score.valid)


def left_word(score: Score) -> str:
    """Return how many misses are left, or how many there are too many.

    Empty where no duty is judged.
    """
    if not score.valid:
        return ""
    left = score.budget - score.bad
    return _("{n} too many", n=-left) if left < 0 else _("{n} left", n=left)


def matrix_note(score: Score) -> str:
    """Return what stands beside a rate in the matrix: n of N, and the misses left."""
    if not score.valid:
        return ""
    left = score.budget - score.bad
    if left < 0:
        return _("({good}/{valid}, {n} too many)", good=score.good, valid=score.valid, n=-left)
    return _("({good}/{valid}, {n} left)", good=score.good, valid=score.valid, n=left)


def obligation_word(context: ServiceContext, id: str) -> str:
    """Return an obligation's title, or the id of one no longer declared."""
    known = context.catalogue.obligations.get(id)
    return text_of(known.title) if known else clean(id)


def cause_headings() -> tuple[str, ...]:
    """Return the column headings of the table of causes."""
    return (_("Cause"), _("Count"), _("Share"), _("Together"))


def cause_said(cause: str) -> str:
    """Return a cause in words, or that nobody gave one."""
    return _("nobody said") if cause == NOT_SAID else cause_word(cause)


def cause_texts(cause: CauseRow) -> tuple[str, ...]:
    """Return one row of the table of causes."""
    return (
        cause_said(cause.cause),
        str(cause.count),
        percent(cause.share_ratio),
        percent(cause.cumulative_ratio),
    )
