"""What only the embedded store can do: be verified, backed up and restored, even when it cannot be opened any more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.desk.house import Finding
from sla_tracker.errors import N_, Refused, StoreError
from sla_tracker.locale import gettext as _
from sla_tracker.storage import journal as journals
from sla_tracker.storage.anchors import Anchors, gone_back, seen_now
from sla_tracker.storage.tinydb import INDEXES, TinyStore, in_our_words

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment


def anchors_of(deployment: Deployment) -> Anchors:
    """Return where the present login keeps what it saw last: outside the deployment, but for trials inside it."""
    if deployment.config.trial.enabled:
        return Anchors(deployment.folder / ".seen" / "anchor.json")
    from platformdirs import user_state_path

    name = hashlib.sha256(str(deployment.store_folder.resolve()).encode()).hexdigest()[:16]
    return Anchors(user_state_path("sla_tracker") / f"{name}.json")


def alarm(store: TinyStore, anchors: Anchors) -> StoreError | None:
    """Return the alarm to raise when the store no longer holds what this login saw of it."""
    anchor = anchors.load()
    if anchor is None:
        return None
    with in_our_words():
        return gone_back(store.journal, anchor)


def verify(deployment: Deployment, *, accept: bool = False) -> Sequence[Finding]:
    """Look at every byte of the store; returns what is not as it was written, nothing when all is.

    `accept` takes the store's present end as what was seen, after a backup was restored on purpose.
    """
    _must_be_embedded(deployment)
    anchors = anchors_of(deployment)
    anchor = None if accept else anchors.load()
    with in_our_words():
        found = journals.inspect(
            deployment.store_folder,
            indexes=INDEXES,
            anchors=[(anchor.sequence, anchor.hash)] if anchor else (),
        )
    if accept and not found:
        store = TinyStore.open(deployment.store_folder, read_only=True)
        anchors.save(seen_now(store.journal))
        store.close()
    return [_finding(one) for one in found]


def _finding(found: journals.Finding) -> Finding:
    place = [
        found.file,
        *(
            f"{name} {value}"
            for name, value in (
                (_("segment"), found.segment),
                (_("byte"), found.byte),
                (_("change"), found.sequence),
            )
            if value is not None
        ),
    ]
    return Finding(about=", ".join(place), well=False, sentence=found.sentence, advice=_("Restore a backup."))


def backup(deployment: Deployment, target: Path) -> int:
    """Write the whole store into one new file while others go on writing; returns the last change it holds."""
    _must_be_embedded(deployment)
    store = TinyStore.open(deployment.store_folder)
    try:
        with in_our_words():
            return store.journal.backup(target).sequence
    finally:
        store.close()


def restore(deployment: Deployment, source: Path) -> int:
    """Put a backup into the deployment's empty place for a store, verified first; returns its last change."""
    _must_be_embedded(deployment)
    with in_our_words():
        sequence = journals.restore(source, deployment.store_folder, indexes=INDEXES)
    store = TinyStore.open(deployment.store_folder, read_only=True)
    anchors_of(deployment).save(seen_now(store.journal))
    store.close()
    return sequence


def _must_be_embedded(deployment: Deployment) -> None:
    if deployment.config.store.kind.value != "tinydb":
        raise Refused(
            N_(
                "This deployment keeps everything in {kind}; this command is for the embedded store "
                "(see docs/postgresql.md)."
            ),
            kind=deployment.config.store.kind.value,
        )
