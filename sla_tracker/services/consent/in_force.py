"""Follows the agreements that are stored, so that every use case goes by them.

Agreements change while programs run, so each transaction looks first whether anything was committed since the last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.consent.agreement import Agreement, public_part
from sla_tracker.services.ports import Act, Reading, Store, Writing

R = TypeVar("R")


class AgreementsInForce:
    """The agreements as last read, and the catalogue with them."""

    def __init__(self) -> None:
        self._agreements: tuple[Agreement, ...] = ()
        self._applied: tuple[Catalogue, tuple[Agreement, ...], Catalogue] | None = None
        self.revision = 0

    def take(self, agreements: tuple[Agreement, ...]) -> None:
        """Take the agreements that a transaction read.

        What is only proposed changes nothing; a person of another department does not read it.
        """
        agreements = tuple(part for one in agreements if (part := public_part(one)) is not None)
        if agreements != self._agreements:
            self._agreements = agreements
            self.revision += 1

    def applied_to(self, declared: Catalogue) -> Catalogue:
        """Return a declared catalogue with what departments have agreed.

        It is computed once for each change of either.
        """
        agreements, applied = self._agreements, self._applied
        if not agreements:
            return declared
        if applied is None or applied[0] is not declared or applied[1] is not agreements:
            # Loaded here: most deployments have no agreement, and the first frame waits for no rule.
            from sla_tracker.domain.consent.applied import with_agreements

            applied = (declared, agreements, with_agreements(declared, agreements))
            self._applied = applied
        return applied[2]


def following(store: Store, in_force: AgreementsInForce) -> Store:
    """Return a store whose transactions follow the agreements.

    A store that follows them already is returned as it is.
    """
    return cast("Store", FollowingStore(unfollowed(store), in_force))


def unfollowed(store: Store) -> Store:
    """Return the store itself."""
    return store.followed if isinstance(store, FollowingStore) else store


class FollowingStore:
    """A store whose transactions begin by reading the agreements.

    Each reads them if anything was committed since they were read last.
    """

    def __init__(self, followed: Store, in_force: AgreementsInForce) -> None:
        self.followed = followed
        self._in_force = in_force
        self._seen = -1

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a consistent view."""
        return self.followed.read(lambda tx: self._after_following(tx, work))

    def write(
        self, act: Act, work: Callable[[Writing], R], on_commit: Callable[[int], None] | None = None
    ) -> R:
        """Run work and commit what it put."""
        return self.followed.write(act, lambda tx: self._after_following(tx, work), on_commit)

    def _after_following(self, tx: Any, work: Callable[[Any], R]) -> R:
        if tx.sequence != self._seen:
            self._in_force.take(tuple(tx.find(Agreement)))
            self._seen = tx.sequence
        return work(tx)

    def __getattr__(self, name: str) -> Any:
        """Return everything else of the store itself."""
        return getattr(self.followed, name)
