"""Defines a store that shows a person only what that person may read.

All output reads through it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sla_tracker.domain.consent.agreement import Agreement, public_part
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.handover import Offer, OfferState, ShiftNote
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.survey import Answer
from sla_tracker.domain.people import Actor
from sla_tracker.domain.reminders.reminder import Reminded, Reminder
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.services.access import ReadingRule, may_read, reads_everything
from sla_tracker.services.ports import Change, Reading, Store, Version, Where
from sla_tracker.services.queries.forwarding import ForwardedReading, ForwardedStore
from sla_tracker.services.turns.prerequisites import linked_to
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.services.context import ServiceContext

T = TypeVar("T")
R = TypeVar("R")

GUARDED: Mapping[str, type] = {
    StoredKind.DUTIES: Duty,
    StoredKind.REQUESTS: Request,
    StoredKind.OFFERS: Offer,
    StoredKind.SHIFT_NOTES: ShiftNote,
    StoredKind.COMPLAINTS: Complaint,
    StoredKind.REMINDERS: Reminder,
    StoredKind.REMINDED: Reminded,
    StoredKind.PAST_DUTIES: PastDuty,
}
"""The kinds that not everybody reads, by their names in the store."""
PARTLY: Mapping[str, type] = {
    StoredKind.AGREEMENTS: Agreement,
    StoredKind.ANSWERS: Answer,
    StoredKind.MONTHS: Month,
}
"""The kinds of which everybody reads a part."""
KNOWN_TO_FEW: Mapping[str, type] = {**GUARDED, StoredKind.AGREEMENTS: Agreement, StoredKind.ANSWERS: Answer}
"""The kinds whose changes not everybody learns of."""
_GUARDED_TYPES = (*GUARDED.values(), *PARTLY.values())
_FREE_FOR_ALL = frozenset({Duty, Request, Reminder, Reminded, PastDuty, Month})
FIRST_AT_ONCE, MOST_AT_ONCE = 16, 512
"""Changes that are judged together: few at first, as most readers take only the newest."""
MOST_REMEMBERED = 10_000
"""Values that one transaction keeps for what it may be asked again."""
_OFFERED = (OfferState.ASKED.value, OfferState.CONSENTED.value)


def reads_all_duties(store: Store) -> bool:
    """Return whether a store gives the duties of all departments.

    Otherwise it gives only what one person may read.
    """
    # Asked by name: a context's store may stand around the one that filters.
    asked = getattr(store, "reads_all_duties", None)
    return asked is None or bool(asked())


@dataclass(frozen=True, slots=True)
class ReadingRights:
    """What one person may read at this moment."""

    context: ServiceContext
    actor: Actor
    rule: ReadingRule

    def sees_all_of(self, kind: type) -> bool:
        """Return whether every value of a kind may be read whole.

        If so, they need not be looked at one by one.
        """
        if kind not in _GUARDED_TYPES or reads_everything(self.actor):
            return True
        return self.rule is ReadingRule.ALL and kind in _FREE_FOR_ALL

    def shown(self, tx: Reading, value: T) -> T | None:
        """Return a value, or the part of it, that the person may read; None for nothing."""
        if self.sees_all_of(type(value)):
            return value
        part: object
        if isinstance(value, Month):
            part = self._month_shown(tx, value)
        elif isinstance(value, Agreement):
            part = value if may_read(self.actor, value, self.rule) else public_part(value)
        elif isinstance(value, Answer):
            # Results are made of all answers, from a least number on; who gave one, and what was written, is nobody's.
            own = value.by == self.actor.id
            part = value if own else replace(value, by="", answered_at=None, comment="")
        else:
            part = value if self.may_read(tx, value) else None
        return cast("T | None", part)

    def may_read(self, tx: Reading, value: object) -> bool:
        """Return whether the person may read a value."""
        if self.sees_all_of(type(value)):
            return True
        if isinstance(value, Reminder | Reminded):
            duty = tx.get(Duty, value.duty if isinstance(value, Reminder) else value.id)
            return duty is not None and self.may_read(tx, duty)
        if may_read(self.actor, value, self.rule):
            return True
        if isinstance(value, Duty):
            return self._is_concerned(tx, value)
        return isinstance(value, Request) and self._owes_behind(tx, value)

    def _month_shown(self, tx: Reading, month: Month) -> Month:
        """Return a month with those of its erased duties that the person may read."""
        return replace(month, erased=tuple(duty for duty in month.erased if self.may_read(tx, duty)))

    def _is_concerned(self, tx: Reading, duty: Duty) -> bool:
        """Return whether a duty is linked to the person's department.

        It was offered to the department, waits for a duty that the person may read, or such a duty waits for it.
        """
        department = self.actor.department
        if not department:
            return False
        if any(offer.duty == duty.id for offer in tx.find(Offer, taker=department, state=_OFFERED)):
            return True
        return any(may_read(self.actor, other, self.rule) for other in linked_to(self.context, tx, duty))

    def _owes_behind(self, tx: Reading, request: Request) -> bool:
        """Return whether the person may read the duty behind a request."""
        return any(
            may_read(self.actor, duty, self.rule) or self._is_concerned(tx, duty)
            for duty in tx.find(Duty, request=request.id)
        )


class _Remembered(ForwardedReading):
    """A view that asks another one each question once.

    A transaction that only reads uses it, because whether one may read a hundred duties takes the same few offers and
    duties.
    """

    def __init__(self, tx: Reading) -> None:
        super().__init__(tx)
        self._found: dict[object, list[Any]] = {}
        self._kept = 0

    def get(self, kind: type[T], id: str) -> T | None:
        (value,) = self._once((kind, id), lambda: [self._tx.get(kind, id)])
        return cast("T | None", value)

    def each(self, kind: type[T], **where: Where) -> Iterator[T]:
        return iter(self._once((kind, *sorted(where.items())), lambda: self._tx.find(kind, **where)))

    def _once(self, question: object, ask: Callable[[], list[Any]]) -> list[Any]:
        found = self._found.get(question)
        if found is None:
            found = ask()
            self._kept += len(found)
            if self._kept > MOST_REMEMBERED:
                self._found.clear()
                self._kept = len(found)
            self._found[question] = found
        return found


class _ReadersView(ForwardedReading):
    """A view that leaves out what the person may not read."""

    def __init__(self, tx: Reading, rights: ReadingRights) -> None:
        super().__init__(tx)
        self._rights = rights
        self._beside = _Remembered(tx)

    def get(self, kind: type[T], id: str) -> T | None:
        value = self._tx.get(kind, id)
        return None if value is None else self._rights.shown(self._beside, value)

    def each(self, kind: type[T], **where: Where) -> Iterator[T]:
        found = self._tx.each(kind, **where)
        if self._rights.sees_all_of(kind):
            return found
        return _known(self._rights.shown(self._beside, value) for value in found)

    def find(self, kind: type[T], **where: Where) -> list[T]:
        found = self._tx.find(kind, **where)
        if self._rights.sees_all_of(kind):
            return found
        return list(_known(self._rights.shown(self._beside, value) for value in found))

    def named(self, kind: type[T], text: str) -> list[T]:
        return list(_known(self._rights.shown(self._beside, value) for value in self._tx.named(kind, text)))


def _known(values: Iterable[T | None]) -> Iterator[T]:
    return (value for value in values if value is not None)


def _pages(found: Iterable[T]) -> Iterator[list[T]]:
    """Yield what is found in growing lists."""
    waiting, size = iter(found), FIRST_AT_ONCE
    while page := list(islice(waiting, size)):
        yield page
        size = min(size * 2, MOST_AT_ONCE)


class ReadersStore(ForwardedStore):
    """Store port over another one that filters what is read.

    Writing is not filtered, because use cases check its rights.

    `rights` returns what the person may read at the moment of each call. A change is shown with what it touched of that
    which the person may read, and left out when nothing remains.
    """

    def __init__(self, store: Store, rights: Callable[[], ReadingRights]) -> None:
        super().__init__(store)
        self._rights = rights

    def reads_all_duties(self) -> bool:
        """Return whether the person reads the duties of all departments."""
        rights = self._rights()
        return rights.sees_all_of(Duty) or reads_everything(rights.actor)

    def unfiltered(self) -> Store:
        """Return the store with all that is in it, for what the program does by itself."""
        return self.stored

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a view of what the person may read."""
        rights = self._rights()
        return self.stored.read(lambda tx: work(_ReadersView(tx, rights)))

    def history(self, id: str, archive: str = "") -> list[Change]:
        """Return the changes of one id that the person may read."""
        shown = self._visible(self.stored.history(id, archive))
        return [change for change in shown if any(named == id for _kind, named in change.touched)]

    def as_of(self, kind: type[T], id: str, sequence: int) -> T | None:
        """Return a value as of a commit, or None where there was none to be read."""
        value = self.stored.as_of(kind, id, sequence)
        return None if value is None else self._shown((value,))[0]

    def changes(self, since: int = 0) -> Iterable[Change]:
        """Yield the changes that the person may read."""
        return self._visible(self.stored.changes(since))

    def versions(self, wanted: Iterable[Version]) -> Mapping[Version, object]:
        """Return values as of commits, as far as they may be read."""
        found = self.stored.versions(wanted)
        return {
            one: value
            for one, value in zip(found, self._shown(found.values()), strict=True)
            if value is not None
        }

    def revisions(self, since: int = 0) -> Iterable[tuple[Change, Sequence[object]]]:
        """Yield the changes that the person may read, with those of their values."""
        for page in _pages(self.stored.revisions(since)):
            values = iter(self._shown(value for _change, written in page for value in written))
            written = {change.sequence: list(islice(values, len(written))) for change, written in page}
            for shown in self._visible(change for change, _written in page):
                yield shown, list(_known(written[shown.sequence]))

    def sealed(self, name: str) -> list[object]:
        """Return those values of an archive that the person may read."""
        return list(_known(self._shown(self.stored.sealed(name))))

    def _shown(self, values: Iterable[T]) -> list[T | None]:
        """Return of each value what the person may read; None for nothing."""
        rights, asked = self._rights(), list(values)
        if all(rights.sees_all_of(type(value)) for value in asked):
            return list(asked)

        def work(tx: Reading) -> list[T | None]:
            beside = _Remembered(tx)
            return [rights.shown(beside, value) for value in asked]

        return self.stored.read(work)

    def _visible(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Yield changes as the person may read them.

        Whole pages are judged together, as each question to a store on a server takes its time.
        """
        for page in _pages(changes):
            rights = self._rights()
            is_told, hidden = reads_everything(rights.actor), self._hidden(page, rights)
            for change in page:
                if not is_told:
                    # Logins and user ids are for administrators; the person stays.
                    change = replace(change, act=replace(change.act, via=""))
                touched = tuple(
                    (kind, id) for kind, id in change.touched if (kind, id, change.sequence) not in hidden
                )
                if touched or not change.touched:
                    yield change if touched == change.touched else replace(change, touched=touched)

    def _hidden(self, page: Iterable[Change], rights: ReadingRights) -> set[tuple[str, str, int]]:
        """Return what changes touched and the person may not know of: kind, id, number."""
        few = {name: kind for name, kind in KNOWN_TO_FEW.items() if not rights.sees_all_of(kind)}
        touched = [
            (name, id, change.sequence) for change in page for name, id in change.touched if name in few
        ]
        hidden: set[tuple[str, str, int]] = set()
        for start in range(0, len(touched), MOST_AT_ONCE):
            part = {
                (few[name], id, at): (name, id, at) for name, id, at in touched[start : start + MOST_AT_ONCE]
            }
            known = self._may_know(part, rights)
            hidden.update(named for version, named in part.items() if version not in known)
        return hidden

    def _may_know(self, wanted: Collection[Version], rights: ReadingRights) -> set[Version]:
        """Return those versions of which the person may know that they were written."""
        earlier = ((kind, id, at - 1) for kind, id, at in wanted if kind is Agreement)
        values = self.stored.versions([*wanted, *earlier])

        def is_known(beside: Reading, version: Version) -> bool:
            value = values.get(version)
            if value is None or rights.may_read(beside, value):
                return value is not None
            # Of an agreement others learn what changed their part of it, not what was proposed meanwhile.
            if not isinstance(value, Agreement) or (part := public_part(value)) is None:
                return False
            kind, id, at = version
            before = values.get((kind, id, at - 1))
            return part != (None if before is None else rights.shown(beside, before))

        def work(tx: Reading) -> set[Version]:
            beside = _Remembered(tx)
            return {version for version in wanted if is_known(beside, version)}

        return self.stored.read(work)
