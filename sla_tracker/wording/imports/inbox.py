"""What became of a file of the inbox, in one sentence."""

from __future__ import annotations

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import together
from sla_tracker.services.imports.inbox import FileFate, TakenFile


def format_taken(found: TakenFile) -> str:
    """Return what a file did, or that nothing of it was taken."""
    match found.fate:
        case FileFate.WAITING:
            return _("Left where it is.")
        case FileFate.REFUSED:
            return _("Nothing of it was taken over.")
    if not (found.added or found.changed):
        return _("All of it was there already: {same} rows.", same=found.same)
    said = _(
        "Taken over: new {added}, corrected {changed}, there already {same}.",
        added=found.added,
        changed=found.changed,
        same=found.same,
    )
    if not found.opened:
        return said
    opened = ngettext("It opened {n} duty.", "It opened {n} duties.", found.opened)
    return together(said, opened)
