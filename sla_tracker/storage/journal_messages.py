"""Translates journal errors.

The journal itself has English messages and no translation.
"""

from __future__ import annotations

import re
from functools import cache

from sla_tracker import i18n
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.storage.journal import JournalError

SENTENCES = (
    N_("This is no snapshot that sla wrote; delete it."),
    N_("sla did not write this file."),
    N_("This is not the regular file that it should be."),
    N_("This is not the folder that it should be."),
    N_("The file is longer than sla makes it."),
    N_("Bytes stand behind the last line that sla did not write."),
    N_("A segment is larger than any that sla writes."),
    N_("A commit is missing."),
    N_("A document cannot be read: {why}"),
    N_("A document in a line does not have the digest that the line claims."),
    N_("A document is blank and no erasure on record says so."),
    N_("A file in the backup is not the one that was put there."),
    N_("A line cannot be read: {why}"),
    N_("A line does not follow the line before it."),
    N_("A line does not have the hash it claims."),
    N_("A line does not have the shape it was written in."),
    N_("A line does not name the hash of the line before it."),
    N_("A line has sequence {found} where {expected} follows."),
    N_("A line that is referred to is not there."),
    N_("A newer program wrote this journal (schema {schema}, this one knows {known}); upgrade."),
    N_("A newer program wrote this journal; upgrade this one."),
    N_("A sealed archive does not have the digest it was sealed with."),
    N_("A sealed archive is missing or is not as it was sealed."),
    N_("A sealed archive is not as it was sealed: {why}"),
    N_("A segment is missing; take it from a backup."),
    N_("An archive that belongs to no sealed month holds what was erased; delete it."),
    N_("An archived document is blank and no erasure on record says so."),
    N_("An earlier erasure is on record and must be finished first: {why}"),
    N_("Everybody may write to {folder}; run: chmod o-w {again}"),
    N_("No new segment could be begun: {why}"),
    N_("Nothing was erased: {why}"),
    N_("The archive could not be written: {why}"),
    N_("The backup cannot be read: {why}"),
    N_("The backup could not be unpacked: {why}"),
    N_("The backup could not be written: {why}"),
    N_("The backup lacks files."),
    N_("The change could not be made: {why}"),
    N_("The disk did not take the change: {why}"),
    N_("The document {key} cannot be read as it was written."),
    N_("The erasure is on record and not finished: {why}; the next writer finishes it."),
    N_("The file is not a backup of a journal."),
    N_("The journal cannot be brought up to date: {why}"),
    N_("The journal cannot be locked: {why}"),
    N_("The journal cannot be read: {why}"),
    N_("The journal ends before a commit that {who}."),
    N_("The journal has become shorter."),
    N_("The journal in {folder} cannot be opened: {why}"),
    N_("The journal was exchanged for another one; open it again."),
    N_("The journal was opened for reading only."),
    N_("The journal was rewritten: an anchor names another hash."),
    N_("The journal's manifest cannot be read; take it from a backup."),
    N_("The journal's last segment has gone."),
    N_("The sealed archive {name} is missing; take it from a backup."),
    N_("The snapshot does not show what the journal says; delete it."),
    N_("There is no journal in {folder}."),
    N_(
        "Writing failed ({why}) and could not be taken back ({also}); open the journal again to see whether the change "
        "stands."
    ),
    N_(
        "{folder} is on a network file system ({kind}), where locks and syncs cannot be relied on; use a local disk, "
        "or a database server for several machines."
    ),
    N_("{folder} holds segments and no journal.json; take it from a backup."),
    N_("{folder} is not empty; restore into an empty place."),
    N_("{file} exists already; name another file."),
)
# Texts that stand inside other messages as a value and are translated too.
KNOWERS = (N_("an anchor knows"), N_("the snapshot knows"))
# Values that are translated themselves; all others are names or numbers.
_TRANSLATED_VALUES = frozenset({"why", "also", "who"})
_NAME = r"\\\{(\w+)\\\}"


class TranslatedMessage:
    """A journal error with its place, translated when it is converted to text."""

    def __init__(self, error: JournalError) -> None:
        self._error = error

    def __str__(self) -> str:
        places = ", ".join(
            places_of(self._error.file, self._error.segment, self._error.byte, self._error.sequence)
        )
        said = translate(self._error.sentence)
        return f"{said} [{places}]" if places else said


def translate(sentence: str) -> str:
    """Return a journal message in the current language; an unknown one stays English."""
    for template in SENTENCES:
        found = _pattern(template).fullmatch(sentence)
        if found is not None:
            values = found.groupdict()
            return i18n.gettext(template, **{name: _value(name, value) for name, value in values.items()})
    return sentence


def places_of(file: str | None, segment: int | None, byte: int | None, sequence: int | None) -> list[str]:
    """Return the known parts of a place in the journal as translated texts."""
    numbered = ((_("segment"), segment), (_("byte"), byte), (_("change"), sequence))
    return [*([file] if file else []), *(f"{name} {value}" for name, value in numbered if value is not None)]


def _value(name: str, value: str) -> str:
    if name not in _TRANSLATED_VALUES or not value:
        return value
    said = translate(value)  # a reason may be another message of the journal, or the system's
    return said if said != value else i18n.gettext(value)


# Cached because a message of the journal is compared with every template until one fits.
@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(_NAME, r"(?P<\1>.*)", re.escape(template)), re.DOTALL)
