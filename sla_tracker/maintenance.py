"""Looks after a store: verifies it, even when it cannot be opened any more; backs up and restores the embedded one."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.config.sections.store import StoreKind
from sla_tracker.desk.house import Finding
from sla_tracker.errors import N_, Refused, StoreError
from sla_tracker.locale import gettext as _
from sla_tracker.opening import as_server, open_server, server_address
from sla_tracker.storage import journal as journals
from sla_tracker.storage.anchors import Anchor, Anchors, gone_back, seen_now, went_back
from sla_tracker.storage.tinydb import INDEXES, TinyStore, in_our_words

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment
    from sla_tracker.desk.ports import Store
    from sla_tracker.storage.postgres import Finding as ServerFinding
    from sla_tracker.storage.postgres import PostgresStore


def anchors_of(deployment: Deployment) -> Anchors:
    """Return where the present login keeps what it saw last: outside the deployment, but for trials inside it."""
    return anchors_at(deployment, deployment.config.store.kind, deployment.store_folder)


def anchors_at(deployment: Deployment, kind: StoreKind, folder: Path) -> Anchors:
    """Return where is kept what was seen of the deployment's store of a kind, in a folder if it is embedded."""
    on_server = kind is StoreKind.POSTGRES
    if deployment.config.trial.enabled:
        return Anchors(deployment.folder / ".seen" / ("server.json" if on_server else "anchor.json"))
    from platformdirs import user_state_path

    place = f"{deployment.folder.resolve()} {kind}" if on_server else str(folder.resolve())
    name = hashlib.sha256(place.encode()).hexdigest()[:16]
    return Anchors(user_state_path("sla_tracker") / f"{name}.json")


def alarm(store: Store | None, anchors: Anchors) -> StoreError | None:
    """Return the alarm to raise when the store no longer holds what this login saw of it."""
    anchor = anchors.load()
    if anchor is None:
        return None
    if isinstance(store, TinyStore):
        with in_our_words():
            return gone_back(store.journal, anchor)
    server = as_server(store)
    return None if server is None else _server_gone_back(server, anchor)


def _server_gone_back(server: PostgresStore, anchor: Anchor) -> StoreError | None:
    """Return the alarm; of a change that this login does not see, only that there are as many can be told."""
    ends_at, last = server.head()
    if anchor.sequence == ends_at:
        still = last == anchor.hash
    else:
        still = anchor.sequence < ends_at and server.hash_at(anchor.sequence) in {"", anchor.hash}
    return None if still else went_back(anchor, ends_at)


def remember(store: Store | None, anchors: Anchors) -> None:
    """Keep how far the store goes now."""
    server = as_server(store)
    if isinstance(store, TinyStore):
        anchors.save(seen_now(store.journal))
    elif server is not None:
        ends_at, last = server.head()
        anchors.save(Anchor(sequence=ends_at, hash=last))


def verify(deployment: Deployment, *, accept: bool = False) -> Sequence[Finding]:
    """Look at every byte of the store; returns what is not as it was written, nothing when all is.

    `accept` takes the store's present end as what was seen, after a backup was restored on purpose.
    """
    if deployment.config.store.kind is StoreKind.POSTGRES:
        return _verify_server(deployment, accept=accept)
    _must_be_embedded(deployment)
    anchors = anchors_of(deployment)
    with in_our_words():
        found = journals.inspect(
            deployment.store_folder, indexes=INDEXES, anchors=_seen(anchors, accept=accept)
        )
    if accept and not found:
        store = TinyStore.open(deployment.store_folder, read_only=True)
        remember(store, anchors)
        store.close()
    return [_finding(one) for one in found]


def _verify_server(deployment: Deployment, *, accept: bool) -> Sequence[Finding]:
    address, anchors = server_address(deployment), anchors_of(deployment)
    server = open_server(address)
    try:
        from sla_tracker.storage import postgres

        found = postgres.verify(address, _seen(anchors, accept=accept))
        if accept and not found:
            remember(server, anchors)
    finally:
        server.close()
    return [_server_finding(one) for one in found]


def _seen(anchors: Anchors, *, accept: bool) -> list[tuple[int, str]]:
    anchor = None if accept else anchors.load()
    return [(anchor.sequence, anchor.hash)] if anchor and anchor.sequence else []


def _server_finding(found: ServerFinding) -> Finding:
    about = f"{_('change')} {found.sequence}" if found.sequence else _("present documents")
    return Finding(about=about, well=False, sentence=found.sentence(), advice=_("Restore a backup."))


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
    """Put a backup where the deployment has no store or an unwritten one, verified first; returns its last change."""
    _must_be_embedded(deployment)
    with in_our_words(), _unwritten_store_removed(deployment.store_folder):
        sequence = journals.restore(source, deployment.store_folder, indexes=INDEXES)
    store = TinyStore.open(deployment.store_folder, read_only=True)
    remember(store, anchors_of(deployment))
    store.close()
    return sequence


@contextmanager
def _unwritten_store_removed(folder: Path) -> Iterator[None]:
    """Move a store that nothing was ever written to out of the way; it comes back when what follows fails."""
    if not _is_unwritten(folder):
        yield
        return
    with closing(TinyStore.open(folder)) as store, store.kept_still():
        if store.sequence():
            yield
            return
        aside = folder.with_name(f"{folder.name}.unwritten")
        folder.rename(aside)
        try:
            yield
        except BaseException:
            aside.rename(folder)
            raise
        shutil.rmtree(aside)


def _is_unwritten(folder: Path) -> bool:
    """Say whether a folder is a journal without a byte of a change, nor of one that was torn or sealed."""
    written = (file for name in ("segments", "archives", "aside") for file in folder.glob(f"{name}/*"))
    return (folder / "journal.json").is_file() and not any(file.lstat().st_size for file in written)


def _must_be_embedded(deployment: Deployment) -> None:
    kind = deployment.config.store.kind
    if kind is StoreKind.POSTGRES:
        raise Refused(
            N_(
                "This deployment keeps everything in PostgreSQL; back it up with pg_dump and restore it with "
                "pg_restore (docs/postgresql.md)."
            )
        )
    if kind is not StoreKind.TINYDB:
        raise Refused(N_("This deployment keeps nothing: its store is in memory."))
