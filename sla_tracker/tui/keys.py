"""Every key binding of the terminal: id for key maps, keys, action, label.

Each has a key that is not a letter, because an input method may swallow letters.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

from sla_tracker.errors import N_
from sla_tracker.tui.views import VIEWS


def key(
    id: str, keys: str, action: str, description: str, *, show: bool = True, priority: bool = False
) -> Binding:
    """Return a binding; `keys` are separated by commas, the first is the one shown."""
    return Binding(keys, action, description, id=id, show=show, priority=priority)


APP: list[BindingType] = [
    *(key(f"app.view_{view.key}", view.key, f"view('{view.id}')", view.title, show=False) for view in VIEWS),
    key("app.next_view", "ctrl+right,ctrl+pagedown", "next_view(1)", N_("Next view"), show=False),
    key("app.previous_view", "ctrl+left,ctrl+pageup", "next_view(-1)", N_("Previous view"), show=False),
    key("app.undo", "u,ctrl+z", "undo", N_("Undo"), show=False),
    key("app.redo", "ctrl+y", "redo", N_("Redo"), show=False),
    key("app.help", "question_mark,f1", "help", N_("Help")),
    key("app.palette", "ctrl+p,f12", "command_palette", N_("Commands")),
    key("app.theme", "ctrl+t", "next_theme", N_("Other colours"), show=False),
    key("app.language", "ctrl+l", "next_language", N_("中文 / English"), show=False),
    key("app.quit", "q,ctrl+q", "quit", N_("Quit")),
]

DUTIES: list[BindingType] = [
    key("duty.primary", "enter", "primary", N_("Deliver")),
    key("duty.mark", "space,insert", "mark", N_("Mark"), show=False),
    key("duty.evidence", "e,f4", "evidence", N_("Evidence")),
    key("duty.note", "n,f6", "note", N_("Note")),
    key("duty.hold", "h,shift+f2", "hold", N_("Hold / resume"), show=False),
    key("duty.why", "w,f2", "why", N_("Why due")),
    key("duty.take", "t,f3", "take", N_("Take")),
    key("duty.assign", "a,f8", "assign", N_("Assign"), show=False),
    key("duty.take_back", "b,shift+f3", "take_back", N_("Take back"), show=False),
    key("duty.sides", "x,shift+f4", "sides", N_("Waive, object, hand over, rate"), show=False),
    key("duty.subject", "s,f9", "subject", N_("Subject")),
    key("duty.details", "v,f7", "details", N_("Details"), show=False),
    key("duty.find_subject", "f,ctrl+g", "find_subject", N_("Find a subject"), show=False),
    key("list.filter", "slash,ctrl+f", "filter", N_("Filter")),
    key("list.saved_filters", "l,shift+f6", "saved_filters", N_("Saved filters"), show=False),
    key("list.sort", "o,shift+f9", "sort", N_("Sort"), show=False),
    key("list.clear", "escape", "clear", N_("Clear filter and marks"), show=False),
    key("list.reload", "r,f5", "reload", N_("Read again"), show=False),
    key("list.copy", "y,shift+f5", "copy", N_("Copy the list"), show=False),
    key("list.print", "p,shift+f7", "print", N_("Print the list"), show=False),
    key("list.calendar", "c,f10", "calendar", N_("Calendar"), show=False),
]

MINE: list[BindingType] = [
    key("list.scope", "m,f11", "scope", N_("Mine / department / pool"), show=False),
]

EVENTS: list[BindingType] = [
    key("event.details", "enter", "primary", N_("Duties")),
    key("event.register", "i,insert,f4", "register", N_("Register event")),
    key("event.ask", "d,f6", "ask", N_("Request")),
    key("event.answer", "a,f2", "answer", N_("Answer")),
    key("event.correct", "e,f3", "correct", N_("Correct")),
    key("event.move", "v,f7", "move", N_("Move")),
    key("event.cancel", "x,delete,f8", "cancel_event", N_("Cancel")),
    key("list.filter", "slash,ctrl+f", "filter", N_("Filter"), show=False),
    key("list.clear", "escape", "clear", N_("Clear filter and marks"), show=False),
    key("list.reload", "r,f5", "reload", N_("Read again"), show=False),
]

LEVELS: list[BindingType] = [
    key("levels.open", "enter", "open", N_("Rows")),
    key("levels.other_side", "tab", "other_side", N_("Matrix / figures")),
    key("levels.month_end", "m,f6", "month_end", N_("Month's end")),
    key("levels.report", "x,f4", "report", N_("Report"), show=False),
    key("levels.previous", "left_square_bracket,p", "month(-1)", N_("Month before")),
    key("levels.next", "right_square_bracket,n", "month(1)", N_("Month after")),
    key("list.reload", "r,f5", "reload", N_("Read again"), show=False),
]

MONTH_END: list[BindingType] = [
    key("month_end.close", "z,ctrl+e", "close_month", N_("Close the month")),
    key("month_end.reopen", "d,ctrl+r", "reopen_month", N_("Open it again"), show=False),
    key("month_end.missed", "i,delete", "mark_missed", N_("Mark as missed")),
    key("month_end.report", "ctrl+o", "report", N_("Report")),
]

PLUGINS: list[BindingType] = [
    key("plugin.new", "n,insert", "new_department", N_("New department")),
    key("plugin.edit", "e,f4", "edit_checklist", N_("Change obligations")),
    key("plugin.take_over", "t,f6", "take_over", N_("Take changes over")),
    key("list.reload", "r,f5", "reload", N_("Read again")),
]

DIALOG: list[BindingType] = [
    key("dialog.confirm", "ctrl+s,f10", "confirm", N_("Confirm"), priority=True),
    key("dialog.close", "escape", "close", N_("Close")),
    key("dialog.anew", "f9", "start_anew", N_("Start anew"), show=False),
]

FORM: list[BindingType] = [
    key("form.next", "down", "next_answer", N_("Next field"), show=False),
    key("form.previous", "up", "previous_answer", N_("Previous field"), show=False),
]

DELIVER: list[BindingType] = [
    key("deliver.keep", "ctrl+k,f4", "keep", N_("Keep for later")),
    key("deliver.tick_all", "ctrl+t,f6", "tick_all", N_("Tick all")),
]

JUDGE: list[BindingType] = [key("judge.return", "ctrl+r,f8", "give_back", N_("Return"))]

PRINT: list[BindingType] = [key("print.printer", "f4", "to_printer", N_("To the printer"))]

FILTERS: list[BindingType] = [key("filters.remove", "f8", "remove", N_("Delete"))]

PICK: list[BindingType] = [
    key("pick.into_list", "down", "into_list(1)", N_("Into the list"), show=False),
    key("pick.into_end", "up", "into_list(-1)", N_("Into the list from its end"), show=False),
]
