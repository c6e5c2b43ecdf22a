"""View 3: service levels by provider and consumer, this month and earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from sla_tracker.domain.measures.beside import Beside
from sla_tracker.domain.measures.causes import NOT_SAID, CauseRow
from sla_tracker.domain.measures.scorecard import Figure, Score, combined
from sla_tracker.domain.measures.verdict_times import VerdictTimes
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months.view import MonthFigures
from sla_tracker.tui import keys
from sla_tracker.tui.calls import departments, duties
from sla_tracker.tui.calls.departments import BesideLoaded
from sla_tracker.tui.messages.loaded import LevelsLoaded
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import fit, plain, right, row, width
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.bars.count_bar import sparkline
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.line_painter import Piece
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.duties import format_hours, percent, percent_on_time, percent_target, text_of
from sla_tracker.wording.party_statements import cause_word

BAR_CELLS = (10, 5)  # the widest that leaves room for the names
NAME_CELLS = 22


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One provider's figures towards one consumer (empty: all) in a month and before."""

    provider: str
    consumer: str
    score: Score
    trend: tuple[tuple[str, Score], ...]
    figures: tuple[Figure, ...]


def levels_of(months: Sequence[MonthFigures], chosen: int, mine: str) -> list[LevelRow]:
    """Return one row per provider, then one per pair; the own department first."""
    if not months:
        return []
    pairs = sorted({(figure.provider, figure.consumer) for month in months for figure in month.figures})
    providers = sorted({provider for provider, _consumer in pairs}, key=lambda id: (id != mine, id))
    wanted = [(provider, "") for provider in providers] + pairs
    return [_row(months, chosen, provider, consumer) for provider, consumer in wanted]


def _row(months: Sequence[MonthFigures], chosen: int, provider: str, consumer: str) -> LevelRow:
    def of(month: MonthFigures) -> tuple[Figure, ...]:
        return tuple(
            figure
            for figure in month.figures
            if figure.provider == provider and consumer in ("", figure.consumer)
        )

    target = months[chosen].target
    trend = tuple((month.id, combined((figure.score for figure in of(month)), target)) for month in months)
    return LevelRow(provider, consumer, trend[chosen][1], trend, of(months[chosen]))


class LevelList(LineList[LevelRow]):
    """Lists service levels, each with a bar and its figure."""

    def __init__(self, view_context: ViewContext) -> None:
        super().__init__(id="levels")
        self.view_context = view_context

    def key_of(self, row: LevelRow) -> str:
        """Return the pair."""
        return f"{row.provider}>{row.consumer}"

    def pieces(self, row: LevelRow, cells: int) -> Iterable[Piece]:
        """Return names, n of N, rate, bar, misses, first pass, trend."""
        score = row.score
        tone = tone_of(score)
        misses = width(_("misses {bad}, allowed {budget}", bad=88, budget=8)) + 1
        course = 8 if cells >= 72 else 0
        besides = 2 + 8 + 9 + misses + (course + 1 if course else 0) + 1
        bar = bar_cells(cells - besides)
        room = cells - besides - (bar + 1 if bar else 0)
        name = self.view_context.department(row.provider)
        if row.consumer:
            name = f"{name} → {self.view_context.department(row.consumer)}"
        yield f"{sign_of(score)} ", tone
        yield fit(name, max(6, room)), "strong" if not row.consumer else ""
        yield right(f"{score.good}/{score.valid}", 8), tone
        yield right(percent_on_time(score), 9), tone
        if bar:
            yield from bar_pieces(score.on_time_ratio, bar, tone)
        yield right(_("misses {bad}, allowed {budget}", bad=score.bad, budget=score.budget), misses), "muted"
        if course:
            yield " " + fit(sparkline([past.on_time_ratio for _month, past in row.trend]), course), "week"
        yield " ", ""


def bar_cells(room: int) -> int:
    """Return how wide the bar is beside the names; 0 when they leave no room for one."""
    return next((cells for cells in BAR_CELLS if room - cells - 1 >= NAME_CELLS), 0)


def tone_of(score: Score) -> str:
    """Return the tone of a score against its target."""
    if score.on_time_ratio is None:
        return "muted"
    return "good" if score.is_kept else "overdue"


def sign_of(score: Score) -> str:
    """Return the sign of a score: kept, not kept, nothing to judge."""
    if score.on_time_ratio is None:
        return "·"
    return "✓" if score.is_kept else "!"


def bar_pieces(ratio: Decimal | None, cells: int, tone: str) -> Iterator[Piece]:
    """Yield a ratio as a bar; completely filled only at 100 %."""
    full = 0 if ratio is None else int(ratio * cells)
    yield " " + "━" * full, tone
    yield "─" * (cells - full), "rule"


class LevelsScreen(ViewScreen):
    """Lists providers and pairs beside trend and obligations of one."""

    VIEW = "levels"
    CSS_PATH = STYLES / "columns.tcss"
    BINDINGS = keys.LEVELS
    AUTO_FOCUS = "#levels"

    def __init__(self) -> None:
        super().__init__()
        self._months: Sequence[MonthFigures] = ()
        self._chosen = -1
        self._beside: dict[tuple[str, str, str], Beside | None] = {}

    def body(self) -> ComposeResult:
        """Return list and facts."""
        self.list = LevelList(self.view_context)
        self.list.empty = Content(_("No duty has been judged yet.\nFigures appear with the first delivery."))
        self.sheet = FactSheet()
        with Horizontal(classes="columns"):
            yield self.list
            with VerticalScroll(classes="facts"):
                yield self.sheet

    def read(self) -> None:
        """Read the figures of the last months."""
        self.gateway.load(self, "levels", duties.levels(), _("adding up"))

    @on(LevelsLoaded)
    def _take(self, message: LevelsLoaded) -> None:
        self._months = message.months
        self._beside = {}
        if not 0 <= self._chosen < len(self._months):
            self._chosen = len(self._months) - 1
        self.lay_out()

    def lay_out(self) -> None:
        """Show the chosen month."""
        rows = levels_of(self._months, self._chosen, self.view_context.me.department)
        alone = sum(not row.consumer for row in rows)
        month = self._months[self._chosen].heading() if self._months else ""
        self.list.show(
            rows,
            [
                Section(_("{month}: departments", month=month), 0, alone, "week"),
                Section(_("{month}: who to whom", month=month), alone, len(rows), "week"),
            ],
        )

    def action_month(self, step: int) -> None:
        """Go to another month."""
        if self._months:
            self._chosen = min(max(self._chosen + step, 0), len(self._months) - 1)
            self.lay_out()

    @on(LineList.Highlighted)
    def _show_facts(self) -> None:
        current = self.list.current
        if current is None or not self._months:
            self.sheet.show([])
            return
        asked = (self._months[self._chosen].id, current.provider, current.consumer)
        if asked not in self._beside:
            self.gateway.load(self, "beside", departments.beside(*asked))
        self.sheet.show(list(self._facts(current, self._beside.get(asked))))

    @on(BesideLoaded)
    def _take_beside(self, message: BesideLoaded) -> None:
        self._beside[message.asked] = message.beside
        self._show_facts()

    def _is_missing(self, shown: LevelRow) -> bool:
        """Return whether the month was closed before details were kept with it."""
        return (self._months[self._chosen].id, shown.provider, shown.consumer) in self._beside

    def _facts(self, shown: LevelRow, beside: Beside | None) -> Iterator[Fact]:
        score = shown.score
        to = f" → {self.view_context.department(shown.consumer)}" if shown.consumer else ""
        yield Fact("", plain(f"{self.view_context.department(shown.provider)}{to}", "bold $primary"))
        said = _(
            "{good} of {valid} = {rate}",
            good=score.good,
            valid=score.valid,
            rate=percent_on_time(score),
        )
        yield Fact(_("On time"), plain(said, "bold"))
        yield Fact(_("Target"), plain(percent_target(score.target)))
        yield Fact(_("Misses"), plain(_("{bad}, allowed {budget}", bad=score.bad, budget=score.budget)))
        first = _(
            "{n} of {of} = {rate}", n=score.first_pass, of=score.judged, rate=percent(score.first_pass_ratio)
        )
        yield Fact(_("First pass"), plain(first))
        others = _(
            "{pending} pending, {waived} waived, {short} short notice",
            pending=score.pending,
            waived=score.waived,
            short=score.short_notice,
        )
        yield Fact(_("Besides"), plain(others, "$muted"))
        if beside is not None:
            yield from beside_facts(beside)
        elif self._is_missing(shown):
            yield Fact(_("Verdicts"), plain("–", "$muted"))
            yield Fact(_("Requests"), plain("–", "$muted"))
        yield Fact("", plain(""))
        for month, past in reversed(shown.trend):
            yield Fact(month, _figure(past))
        yield Fact("", plain(""))
        for figure in shown.figures:
            obligation = self.view_context.catalogue.obligations.get(figure.obligation)
            title = text_of(obligation.title) if obligation else figure.obligation
            style = TONE_STYLES.get(tone_of(figure.score), "$muted")
            counted = f"{sign_of(figure.score)} {figure.score.good}/{figure.score.valid}"
            rate = plain(f"{right(percent_on_time(figure.score), 7)}  ", style)
            yield Fact(counted, row(rate, plain(title)))


def beside_facts(beside: Beside) -> Iterator[Fact]:
    """Yield verdict times, request times and the table of causes, as far as known.

    The causes are a Pareto table.
    """
    requests, settled = beside.requests, beside.settled
    if beside.verdicts.verdicts or beside.verdicts.silent:
        yield Fact(_("Verdicts"), plain(_verdicts(beside.verdicts)))
    if requests.asked or settled.valid:
        said = _(
            "{asked}: answered {answered}, settled {settled} in time; {apart} uncovered",
            asked=requests.asked,
            answered=f"{requests.answered_well}/{requests.answer_judged}",
            settled=f"{settled.good}/{settled.valid}",
            apart=requests.uncovered,
        )
        yield Fact(_("Requests"), plain(said))
    for number, cause in enumerate(beside.causes):
        yield Fact(_("Causes") if number == 0 else " ", _cause(cause))


def _verdicts(times: VerdictTimes) -> str:
    said = [str(times.verdicts)]
    if times.median is not None and times.longest is not None:
        said += [
            _("half within {span}", span=format_hours(times.median)),
            _("longest {span}", span=format_hours(times.longest)),
        ]
    if times.silent:
        said.append(_("{n} by silence", n=times.silent))
    return " · ".join(said)


def _cause(cause: CauseRow) -> Content:
    word = _("nobody said") if cause.cause == NOT_SAID else cause_word(cause.cause)
    shares = f"{right(percent(cause.share_ratio), 8)} {right(f'Σ {percent(cause.cumulative_ratio)}', 10)}  "
    return row(plain(right(str(cause.count), 3)), plain(shares, "$muted"), plain(word))


TONE_STYLES = {"good": "$success", "overdue": "$error"}


def _figure(score: Score) -> Content:
    style = TONE_STYLES.get(tone_of(score), "$muted")
    said = f"{sign_of(score)} {right(f'{score.good}/{score.valid}', 7)} {right(percent_on_time(score), 8)}"
    return plain(said, style)
