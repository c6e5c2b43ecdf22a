"""What the terminal asks about matters between departments, and what it hears."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sla_tracker.core.complaint import Stage
from sla_tracker.core.request import Request
from sla_tracker.desk import complaints, handovers, levels, matters, requests, shifts
from sla_tracker.desk.house import House
from sla_tracker.desk.levels import Beside
from sla_tracker.desk.matters import Matter
from sla_tracker.locale import gettext as _
from sla_tracker.tui.messages import Done, Told

Call = Callable[[House], Told]


class MattersLoaded(Told):
    """What waits between departments was read."""

    def __init__(self, rows: Sequence[Matter]) -> None:
        super().__init__()
        self.rows = rows


class DraftLoaded(Told):
    """The draft of a shift note was made."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class BesideLoaded(Told):
    """What stands beside a department's or a pair's rate was added up; None for a closed month."""

    def __init__(self, asked: tuple[str, str, str], beside: Beside | None) -> None:
        super().__init__()
        self.asked = asked
        self.beside = beside


class Said(Done):
    """Something between departments was put on record."""

    def __init__(self, what: str, *, undoable: bool) -> None:
        super().__init__()
        self.what = what
        self.undoable = undoable

    def sentence(self) -> str:
        """Return what has happened."""
        return self.what


def matters_of_mine(*, ended: bool) -> Call:
    """Read what waits for the actor's department."""
    return lambda house: MattersLoaded(matters.matters(house.desk, house.actor, ended=ended))


def said(what: str, act: Callable[[House], object], *, undoable: bool = True) -> Call:
    """Do something, and say so in one sentence."""

    def call(house: House) -> Said:
        act(house)
        return Said(what, undoable=undoable)

    return call


def beside(month: str, provider: str, consumer: str) -> Call:
    """Add up verdict times, clocks of requests and causes."""
    asked = (month, provider, consumer)
    return lambda house: BesideLoaded(asked, levels.beside(house.desk, *asked))


def ask_uncovered(department: str, subject: str, text: str) -> Call:
    """Ask a department for something that no obligation covers."""
    ask = lambda house: requests.ask_uncovered(
        house.desk, house.actor, department, subject=subject, text=text
    )
    return said(_("Asked; no obligation covers it, so it has no limits."), ask, undoable=False)


def answer(request: Request, text: str) -> Call:
    """Give the first answer to a request."""

    def act(house: House) -> object:
        if request.duty:
            return requests.answer(house.desk, house.actor, request.duty, text)
        return requests.answer_uncovered(house.desk, house.actor, request.id, text)

    return said(_("Answered."), act, undoable=False)


def settle(request: Request) -> Call:
    """Say that a request that no obligation covers is settled."""
    settled = lambda house: requests.settle_uncovered(house.desk, house.actor, request.id)
    return said(_("The request is settled."), settled, undoable=False)


def withdraw(request: Request, reason: str) -> Call:
    """Withdraw a request that no obligation covers."""
    gone = lambda house: requests.withdraw(house.desk, house.actor, request.id, reason)
    return said(_("The request is withdrawn."), gone, undoable=False)


def draft_of_mine() -> Call:
    """Make a shift note from one's open duties, or the department's when one has none."""

    def call(house: House) -> DraftLoaded:
        text, duties = shifts.draft(house.desk, house.actor)
        if not duties:
            text, _all = shifts.draft(house.desk, house.actor, whole_department=True)
        return DraftLoaded(text)

    return call


def step_complaint(id: str, stage: Stage, outcome: str, text: str) -> Call:
    """Take a complaint's next step."""

    def act(house: House) -> object:
        desk, actor = house.desk, house.actor
        match stage:
            case Stage.JUDGE:
                return complaints.judge(desk, actor, id, founded=outcome == "yes", reason=text)
            case Stage.NAME:
                return complaints.name(desk, actor, id, outcome, text)
            case Stage.ANALYSE:
                return complaints.analyse(desk, actor, id, outcome, text)
            case Stage.APPROVE:
                return complaints.approve(desk, actor, id, approved=outcome == "yes", reason=text)
            case Stage.EVALUATE:
                return complaints.evaluate(desk, actor, id, int(outcome), text)
        done = complaints.propose if stage is Stage.PROPOSE else complaints.carry_out
        return done(desk, actor, id, text)

    return said(_("On record."), act)


def decide_offer(id: str, verdict: str, answer: str) -> Call:
    """Agree to take a duty over, or refuse."""

    def act(house: House) -> object:
        if verdict == "yes":
            return handovers.consent(house.desk, house.actor, id)
        return handovers.refuse(house.desk, house.actor, id, answer)

    words = _("Taken over: the duty is your department's now.") if verdict == "yes" else _("Refused.")
    return said(words, act, undoable=False)
