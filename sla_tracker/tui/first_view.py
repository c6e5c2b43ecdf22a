"""Chooses what the terminal shows first: what a person owes, or what he is owed.

Imports little, because the start-up cache asks it before the first rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sla_tracker.domain.duties.states import OWED
from sla_tracker.domain.people import Role
from sla_tracker.services.queries.rows import Bucket, DutyRow, Scope

if TYPE_CHECKING:
    from sla_tracker.domain.people import Person

URGENT = frozenset({Bucket.OVERDUE, Bucket.TODAY})
# What waits for a department that is owed something: a verdict, or a word about what is late.
WAITING = frozenset({Bucket.DELIVERED, Bucket.OVERDUE})


def first_scope(person: Person) -> Scope:
    """Return whose duties view 1 shows first.

    A head sees those of his people, others their own and the pool.
    """
    return Scope.OURS if person.role is Role.HEAD and person.department else Scope.MINE


def in_scope(rows: Sequence[DutyRow], scope: Scope, person: str) -> Sequence[DutyRow]:
    """Return the rows of a scope of view 1; mine includes the pool."""
    if scope is Scope.MINE:
        return [row for row in rows if row.is_open_to(person)]
    if scope is Scope.POOL:
        return [row for row in rows if row.is_in_pool]
    return rows


def is_quiet(own: Sequence[DutyRow]) -> bool:
    """Return whether nothing that the person owes is overdue or due today."""
    return not any(row.bucket in URGENT for row in own)


def opens_on_owed(own: Sequence[DutyRow], received: Sequence[DutyRow]) -> bool:
    """Return whether the person looks first at what he is owed.

    He does if nothing of his is urgent, and more waits for him there than he owes himself.
    """
    waiting = sum(row.bucket in WAITING for row in received)
    return is_quiet(own) and waiting > sum(row.state in OWED for row in own)
