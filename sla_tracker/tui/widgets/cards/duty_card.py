"""The card of one duty: terms, evidence, history, guide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.states import OWED
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.queries.rows import Bucket
from sla_tracker.tui.text_content import lines, plain, row, several
from sla_tracker.tui.text_wrapping import from_guide
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet, painted
from sla_tracker.tui.widgets.lists.duty_list import flags_of, symbol_of
from sla_tracker.wording.duties import (
    format_due,
    format_moment,
    format_period,
    format_short_notice,
    format_value,
    not_reviewed_word,
    state_word,
    text_of,
    weekday_word,
)

if TYPE_CHECKING:
    from sla_tracker.domain.agreements.fields import Field
    from sla_tracker.domain.duties.duty import Delivery, Duty, Note
    from sla_tracker.domain.text import Text
    from sla_tracker.services.queries.duties import DutyDetail
    from sla_tracker.services.queries.rows import DutyRow
    from sla_tracker.tui.view_context import ViewContext

STYLES: dict[str, str] = {
    Bucket.OVERDUE: "bold $error",
    Bucket.TODAY: "bold $warning",
    Bucket.THIS_WEEK: "$primary",
    Bucket.LATER: "$secondary",
    Bucket.ON_HOLD: "$hold",
    Bucket.DELIVERED: "$success",
    Bucket.CLOSED: "$muted",
}
BLANK = Fact("", Content(""))


class DutyCard(VerticalScroll, can_focus=True):
    """Shows the duty under the cursor: its row at once, its details once read."""

    DEFAULT_CSS = """
    DutyCard { padding: 0 1; background: $surface; }
    """

    def __init__(self, view_context: ViewContext, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view_context = view_context
        self._sheet = FactSheet()
        self._shown = ""
        self._facts_at: Callable[[datetime], Iterator[Fact]] = lambda _now: iter(())

    def compose(self) -> ComposeResult:
        """Return one fact sheet."""
        yield self._sheet

    def show_row(self, shown: DutyRow | None, now: datetime) -> None:
        """Show the facts of a row."""
        if shown is None:
            self._show("", lambda _now: iter(()), now)
        elif shown.id != self._shown or not shown.id:
            self._show(shown.id, lambda now: row_facts(shown, self.view_context, now), now)

    def show_detail(self, detail: DutyDetail, now: datetime) -> None:
        """Show all facts of a duty."""
        self._show(detail.duty.id, lambda now: detail_facts(detail, self.view_context, now), now)

    def repaint_facts(self, now: datetime) -> None:
        """Show the same duty again, with the times and names of now."""
        self._sheet.show(list(self._facts_at(now)))

    def _show(self, id: str, facts_at: Callable[[datetime], Iterator[Fact]], now: datetime) -> None:
        if id != self._shown:
            self.scroll_home(animate=False)
        self._shown, self._facts_at = id, facts_at
        self.repaint_facts(now)


def row_facts(shown: DutyRow, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield the facts of a row: title, parties, due time, state."""
    style = STYLES[shown.bucket]
    reference = f"  #{shown.reference}" if shown.reference else ""
    yield Fact("", row(plain(text_of(shown.title), "bold"), plain(reference, "$muted")))
    between = f"{place.department(shown.provider)} → {place.department(shown.consumer)}"
    yield Fact("", row(plain(between, "$primary"), plain(f"  {clean(shown.subject)}", "bold")))
    yield Fact(_("Due"), _due(shown, place, now, style))
    if shown.period_start and shown.period_end:
        yield Fact(_("Period"), plain(format_period(shown.period_start, shown.period_end), "$muted"))
    yield Fact(_("State"), row(plain(f"{symbol_of(shown)} {_state(shown)}", style), _flags(shown, place)))
    yield Fact(_("With"), _with(shown, place))


def detail_facts(detail: DutyDetail, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield all facts of a duty, the most urgent first."""
    from sla_tracker.tui.widgets.cards.event_changes import reader_of  # not needed for the first frame
    from sla_tracker.wording.facts.duty_facts import further_facts, urgent_facts

    duty, reader = detail.duty, reader_of(place, now)
    yield from row_facts(detail.row, place, now)
    yield from painted(urgent_facts(detail, reader))
    yield from evidence_facts(duty)
    yield from painted(further_facts(detail, place.catalogue.obligations.get(duty.obligation), reader))
    yield BLANK
    yield Fact(_("History"), lines(*_history(detail, place, now)))
    yield from _notes(duty, place, now)
    if detail.guide is not None:
        yield BLANK
        yield Fact(_("Guide"), _guide(detail.guide))


def short_notice_facts(detail: DutyDetail, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield who gave a duty too little notice, if anybody did."""
    if (given := detail.short_notice) is not None:
        said = format_short_notice(place.person(given.by), format_moment(given.at, now, place.zone))
        yield Fact(_("Notice"), plain(said, "$accent"))


def _guide(guide: Text) -> Content:
    return from_guide(clean(guide.get(language()), lines=True))


def _due(shown: DutyRow, place: ViewContext, now: datetime, style: str) -> Content:
    local = shown.due_at.astimezone(place.zone)
    said = f"{format_moment(shown.due_at, now, place.zone)} {weekday_word(local.date())}"
    parts = [plain(said, "bold")]
    if shown.bucket not in (Bucket.ON_HOLD, Bucket.DELIVERED, Bucket.CLOSED):
        parts.append(plain(f"  {format_due(shown.due_at, now, place.zone)}", style))
    if shown.provisional:
        parts.append(plain(_("  ~ provisional: a year not yet published"), "$accent"))
    if shown.assumed:
        parts.append(plain(_("  assumed, not agreed"), "$accent"))
    if shown.roll_assumed:
        parts.append(plain(_("  moved from a day off, not agreed"), "$accent"))
    return row(*parts)


def _state(shown: DutyRow) -> str:
    return _("planned") if shown.planned else state_word(shown.state)


def _flags(shown: DutyRow, place: ViewContext) -> Content:
    flags = [flag for flag in flags_of(shown, place.zone) if not shown.planned]
    return plain("".join(f"  {flag}" for flag in flags), "$accent")


def _with(shown: DutyRow, place: ViewContext) -> Content:
    if shown.assignee:
        return plain(place.person(shown.assignee))
    if shown.planned:
        return plain(place.department(shown.provider), "$muted")
    return plain(
        _("pool of {department}: nobody has taken it", department=place.department(shown.provider)), "$accent"
    )


def evidence_facts(duty: Duty) -> Iterator[Fact]:
    """Yield the evidence required and given."""
    last = duty.delivery
    values = duty.draft if duty.state in OWED or last is None else last.evidence
    if duty.terms.evidence:
        yield Fact(
            _("Evidence"), lines(*(_asked(field, values.get(field.id, "")) for field in duty.terms.evidence))
        )
    if last is not None and last.note and last.returned_at is None:
        yield Fact(_("Remark"), several(last.note))
    if last is not None and last.not_reviewed and last.returned_at is None:
        yield Fact(_("Review"), several(not_reviewed_word(last), "$warning"))


def _asked(field: Field, value: str) -> Content:
    mark = plain("[x] ", "$success") if value else plain("[ ] ", "$warning" if field.required else "$muted")
    said = format_value(field, value) if value else "" if field.required else _("(optional)")
    shown = "" if said == "✓" else f"  {said}"
    return row(mark, plain(text_of(field.label)), plain(shown, "$muted"))


def _history(detail: DutyDetail, place: ViewContext, now: datetime) -> Iterator[Content]:
    from sla_tracker.tui.widgets.cards.event_changes import reader_of
    from sla_tracker.wording.facts.change_facts import history_facts

    for change in history_facts(detail.duty, detail.history, reader_of(place, now)):
        at = format_moment(change.at, now, place.zone)
        said = row(plain(f"{at} ", "$muted"), plain(change.what), plain(f" {change.who}", "$muted"))
        reason = f"“{change.reason}”" if change.is_quotable else change.reason
        yield row(said, plain(f" {reason}", "$muted")) if change.reason else said


def _notes(duty: Duty, place: ViewContext, now: datetime) -> Iterator[Fact]:
    if duty.notes:
        yield Fact(_("Notes"), lines(*(_note(note, place, now) for note in reversed(duty.notes))))


def _note(note: Note, place: ViewContext, now: datetime) -> Content:
    head = paired(f"{format_moment(note.at, now, place.zone)} {place.person(note.by)}", "")
    return row(plain(head, "$muted"), several(note.text))


def claim_of(delivery: Delivery, place: ViewContext, now: datetime) -> str:
    """Return the earlier delivery time that a delivery claims, in words."""
    return "" if delivery.claimed_at is None else format_moment(delivery.claimed_at, now, place.zone)
