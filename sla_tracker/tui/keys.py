"""Every key binding of the terminal: id for key maps, keys, action, label.

Each has a key that is not a letter, because an input method may swallow letters.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

from sla_tracker.errors import N_
from sla_tracker.tui.keyboard.effects import KeyEffect
from sla_tracker.tui.views import VIEWS

EFFECTS: dict[str, KeyEffect] = {}
"""What the keys of an action open, close or leave, by the action's id; of the others nothing is expected."""

FIRST_KEYS: dict[str, str] = {}
"""The usual key of an action that is shown first, by the action's id."""


def key(
    id: str,
    keys: str,
    action: str,
    description: str,
    *,
    show: bool = True,
    priority: bool = False,
    effect: KeyEffect | None = None,
) -> Binding:
    """Return a binding; `keys` are separated by commas, the first is the one shown."""
    FIRST_KEYS.setdefault(id, keys.partition(",")[0])
    if effect is not None:
        EFFECTS[id] = effect
    return Binding(keys, action, description, id=id, show=show, priority=priority)


APP: list[BindingType] = [
    *(
        key(
            f"app.view_{view.key}",
            view.key,
            f"view('{view.id}')",
            view.title,
            show=False,
            effect=KeyEffect.LEAVES,
        )
        for view in VIEWS
    ),
    key(
        "app.next_view",
        "ctrl+right,ctrl+pagedown",
        "next_view(1)",
        N_("Next view"),
        show=False,
        effect=KeyEffect.LEAVES,
    ),
    key(
        "app.previous_view",
        "ctrl+left,ctrl+pageup",
        "next_view(-1)",
        N_("Previous view"),
        show=False,
        effect=KeyEffect.LEAVES,
    ),
    key("app.undo", "u,ctrl+z", "undo", N_("Undo"), show=False),
    key("app.redo", "ctrl+y", "redo", N_("Redo"), show=False),
    key("app.help", "question_mark,f1", "help", N_("Help"), effect=KeyEffect.OPENS),
    key("app.palette", "ctrl+p,f12", "command_palette", N_("Commands"), effect=KeyEffect.OPENS),
    key("app.theme", "ctrl+t", "next_theme", N_("Other colours"), show=False),
    key("app.language", "ctrl+l", "next_language", N_("中文 / English"), show=False),
    key("app.quit", "q,ctrl+q", "quit", N_("Quit"), effect=KeyEffect.LEAVES),
]

DUTIES: list[BindingType] = [
    key("duty.primary", "enter", "primary", N_("Deliver"), effect=KeyEffect.OPENS),
    key("duty.mark", "space,insert", "mark", N_("Mark"), show=False),
    key("duty.evidence", "e,f4", "evidence", N_("Evidence"), effect=KeyEffect.OPENS),
    key("duty.note", "n,f6", "note", N_("Note"), effect=KeyEffect.OPENS),
    key("duty.hold", "h,shift+f2", "hold", N_("Hold / resume"), show=False, effect=KeyEffect.OPENS),
    key("duty.why", "w,f2", "why", N_("Why due"), effect=KeyEffect.OPENS),
    key("duty.take", "t,f3", "take", N_("Take")),
    key("duty.assign", "a,f8", "assign", N_("Assign"), show=False, effect=KeyEffect.OPENS),
    key("duty.take_back", "b,shift+f3", "take_back", N_("Take back"), show=False),
    key(
        "duty.sides",
        "x,shift+f4",
        "sides",
        N_("Waive, object, hand over, rate"),
        show=False,
        effect=KeyEffect.OPENS,
    ),
    key("duty.subject", "s,f9", "subject", N_("Subject"), effect=KeyEffect.OPENS),
    key("duty.details", "v,f7", "details", N_("Details"), show=False, effect=KeyEffect.OPENS),
    key(
        "duty.find_subject",
        "f,ctrl+g",
        "find_subject",
        N_("Find a subject"),
        show=False,
        effect=KeyEffect.OPENS,
    ),
    key("list.filter", "slash,ctrl+f", "filter", N_("Filter"), effect=KeyEffect.OPENS),
    key(
        "list.saved_filters",
        "l,shift+f6",
        "saved_filters",
        N_("Saved filters"),
        show=False,
        effect=KeyEffect.OPENS,
    ),
    key("list.sort", "o,shift+f9", "sort", N_("Sort"), show=False),
    key("list.clear", "escape", "clear", N_("Clear filter and marks"), show=False),
    key("list.reload", "r,f5", "reload", N_("Read again"), show=False),
    key("list.copy", "y,shift+f5", "copy", N_("Copy the list"), show=False),
    key("list.print", "p,shift+f7", "print", N_("Print the list"), show=False, effect=KeyEffect.OPENS),
    key("list.calendar", "c,f10", "calendar", N_("Calendar"), show=False, effect=KeyEffect.OPENS),
]

MINE: list[BindingType] = [
    key(
        "list.agreements",
        "d,shift+f8",
        "agreements",
        N_("Agreements"),
        show=False,
        effect=KeyEffect.OPENS,
    ),
    key("list.scope", "m,f11", "scope", N_("Mine / department / pool"), show=False),
]

EVENTS: list[BindingType] = [
    key("event.details", "enter", "primary", N_("Duties"), effect=KeyEffect.OPENS),
    key("event.register", "i,insert,f4", "register", N_("Register event"), effect=KeyEffect.OPENS),
    key("event.ask", "d,f6", "ask", N_("Request"), effect=KeyEffect.OPENS),
    key("event.answer", "a,f2", "answer", N_("Answer"), effect=KeyEffect.OPENS),
    key("event.correct", "e,f3", "correct", N_("Correct"), effect=KeyEffect.OPENS),
    key("event.move", "v,f7", "move", N_("Move"), effect=KeyEffect.OPENS),
    key("event.cancel", "x,delete,f8", "cancel_event", N_("Cancel"), effect=KeyEffect.OPENS),
    key("event.import", "m,f9", "import_list", N_("Take a list over"), show=False, effect=KeyEffect.OPENS),
    key("list.filter", "slash,ctrl+f", "filter", N_("Filter"), show=False, effect=KeyEffect.OPENS),
    key("list.clear", "escape", "clear", N_("Clear filter and marks"), show=False),
    key("list.reload", "r,f5", "reload", N_("Read again"), show=False),
]

LEVELS: list[BindingType] = [
    key("levels.open", "enter", "open", N_("Rows"), effect=KeyEffect.OPENS),
    key("levels.other_side", "tab", "other_side", N_("Matrix / figures")),
    key("levels.month_end", "m,f6", "month_end", N_("Month's end"), effect=KeyEffect.OPENS),
    key("levels.report", "x,f4", "report", N_("Report"), show=False, effect=KeyEffect.OPENS),
    key("levels.previous", "left_square_bracket,p", "step(-1)", N_("Range before")),
    key("levels.next", "right_square_bracket,n", "step(1)", N_("Range after")),
    key("levels.range", "b,f7", "range", N_("Other range"), effect=KeyEffect.OPENS),
    key("levels.worst", "o,shift+f9", "worst_first", N_("Worst first"), show=False),
    key("list.reload", "r,f5", "reload", N_("Read again"), show=False),
]

AGREEMENTS: list[BindingType] = [
    key("agreement.next", "enter", "primary", N_("Propose or decide"), effect=KeyEffect.OPENS),
    key("agreement.new", "n,insert", "new", N_("New obligation"), effect=KeyEffect.OPENS),
    key("agreement.withdraw", "x,delete", "withdraw", N_("Withdraw")),
    key("agreement.replay", "b,f6", "replay", N_("Replay"), show=False, effect=KeyEffect.OPENS),
    key("agreement.assumed", "a,f8", "assumed", N_("Only assumed / all")),
    key("agreement.file", "p,shift+f7", "file", N_("Write a page"), effect=KeyEffect.OPENS),
    key("list.reload", "r,f5", "reload", N_("Read again"), show=False),
    key("agreement.back", "escape", "back", N_("Back")),
]

MONTH_END: list[BindingType] = [
    key("month_end.close", "z,ctrl+e", "close_month", N_("Close the month"), effect=KeyEffect.OPENS),
    key(
        "month_end.reopen",
        "d,ctrl+r",
        "reopen_month",
        N_("Open it again"),
        show=False,
        effect=KeyEffect.OPENS,
    ),
    key("month_end.missed", "i,delete", "mark_missed", N_("Mark as missed")),
    key("month_end.sign", "m,ctrl+k", "sign", N_("Sign"), effect=KeyEffect.OPENS),
    key("month_end.report", "ctrl+o", "report", N_("Report"), effect=KeyEffect.OPENS),
]

PLUGINS: list[BindingType] = [
    key("plugin.new", "n,insert", "new_department", N_("New department"), effect=KeyEffect.OPENS),
    key("plugin.edit", "e,f4", "edit_checklist", N_("Change obligations"), effect=KeyEffect.OPENS),
    key("plugin.take_over", "t,f6", "take_over", N_("Take changes over"), effect=KeyEffect.OPENS),
    key("list.reload", "r,f5", "reload", N_("Read again")),
]

DIALOG: list[BindingType] = [
    key("dialog.confirm", "ctrl+s,f10", "confirm", N_("Confirm"), priority=True, effect=KeyEffect.CLOSES),
    key("dialog.close", "escape", "close", N_("Close"), effect=KeyEffect.CLOSES),
    key("dialog.anew", "f9", "start_anew", N_("Start anew"), show=False),
]

# They go before the keys of a choice, which would open by them, and of a text; a dialog says when they apply.
FORM: list[BindingType] = [
    key("form.next", "down", "next_answer", N_("Next field"), show=False, priority=True),
    key("form.previous", "up", "previous_answer", N_("Previous field"), show=False, priority=True),
]

DELIVER: list[BindingType] = [
    key("deliver.keep", "ctrl+k,f4", "keep", N_("Keep for later")),
    key("deliver.tick_all", "ctrl+t,f6", "tick_all", N_("Tick all")),
]

PROPOSE: list[BindingType] = [
    key("propose.replay", "ctrl+r,f8", "replay", N_("Replay"), effect=KeyEffect.OPENS)
]

JUDGE: list[BindingType] = [
    key("judge.return", "ctrl+r,f8", "give_back", N_("Return"), effect=KeyEffect.OPENS)
]

PRINT: list[BindingType] = [key("print.printer", "f4", "to_printer", N_("To the printer"))]

FILTERS: list[BindingType] = [key("filters.remove", "f8", "remove", N_("Delete"))]

PICK: list[BindingType] = [
    key("pick.into_list", "down", "into_list(1)", N_("Into the list"), show=False),
    key("pick.into_end", "up", "into_list(-1)", N_("Into the list from its end"), show=False),
]
