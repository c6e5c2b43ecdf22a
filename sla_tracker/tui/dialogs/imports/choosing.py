"""Asks what is imported: a new list of some kind, or an earlier import.

An earlier import is continued or taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from textual.screen import Screen

from sla_tracker.domain.clean import clean
from sla_tracker.domain.imports.run import ImportKind, ImportMap, ImportRun, RunState
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.dialogs.imports.lists import HEADINGS, ImportDialog
from sla_tracker.tui.dialogs.prompts import ConfirmDialog, PickDialog
from sla_tracker.wording.imports.sentences import format_undo_question, import_reference

GO_ON, TAKE_BACK = "go-on/", "take-back/"


def import_choices(
    runs: Sequence[ImportRun],
    maps: Sequence[ImportMap],
    *,
    show: Callable[[Screen[None]], None],
    undo: Callable[[ImportRun], None],
) -> PickDialog:
    """Return the dialog that offers new lists and earlier imports.

    `show` opens the next dialog, `undo` takes an import back.
    """
    by_id = {run.id: run for run in runs}

    def follow(chosen: str) -> None:
        if chosen.startswith(GO_ON):
            run = by_id[chosen.removeprefix(GO_ON)]
            show(ImportDialog(run.kind, run=run))
        elif chosen.startswith(TAKE_BACK):
            run = by_id[chosen.removeprefix(TAKE_BACK)]
            title = _("Take this import back?")
            show(ConfirmDialog(title, format_undo_question(run), _("Take back"), partial(undo, run)))
        else:
            kind = ImportKind(chosen)
            show(ImportDialog(kind, names=[one.name for one in maps if one.kind is kind]))

    return PickDialog(_("Take a list over"), tuple(_options(runs)), follow)


def _options(runs: Sequence[ImportRun]) -> Iterator[tuple[str, str]]:
    yield from ((kind.value, _(HEADINGS[kind])) for kind in ImportKind)
    for run in runs:
        values = {
            "file": clean(run.file),
            "ref": import_reference(run.id),
            "added": run.added,
            "rows": run.rows,
        }
        if run.state is RunState.RUNNING:
            yield f"{GO_ON}{run.id}", _("Go on with {file} ({ref}): {added} of {rows} are there", **values)
        yield f"{TAKE_BACK}{run.id}", _("Take back {file} ({ref}): {added} entries", **values)
