"""Verifies a store, even one that cannot be opened, and keeps checkpoints of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.config.store_kind import USUAL_FOLDER, StoreKind
from sla_tracker.deployment.stores import as_server, open_server, server_address
from sla_tracker.digests import sha256
from sla_tracker.errors import N_, Refused, StoreError
from sla_tracker.i18n import gettext as _
from sla_tracker.services.deployment import Finding
from sla_tracker.storage.checkpoints import CheckpointFile, SeenHead, gone_back
from sla_tracker.storage.codec import SCHEMA
from sla_tracker.storage.journal import JournalPaths
from sla_tracker.storage.tinydb import INDEXES, TinyStore, translate_errors
from sla_tracker.wording.checkpoints import Checkpoint, about, checkpoint_of, mismatches

if TYPE_CHECKING:
    from sla_tracker.config.deployment import Deployment
    from sla_tracker.services.ports import Store
    from sla_tracker.storage.journal.maintenance.verify import JournalFinding
    from sla_tracker.storage.postgres import DatabaseFinding as ServerFinding


def checkpoints_of(deployment: Deployment) -> CheckpointFile:
    """Return this login's checkpoint file.

    It lies in the user's state folder, for a trial in the deployment.
    """
    return checkpoints_at(deployment, deployment.basics.store_kind, deployment.store_folder)


def checkpoints_at(deployment: Deployment, kind: StoreKind, folder: Path) -> CheckpointFile:
    """Return the checkpoint file for a store of a kind.

    `folder` is the folder of an embedded store.
    """
    on_server = kind is StoreKind.POSTGRES
    place = f"{deployment.folder.resolve()} {kind}" if on_server else str(folder.resolve())
    name = sha256(place.encode()).hexdigest()[:16]
    if deployment.basics.trial:
        usual = folder.resolve() == (deployment.folder / USUAL_FOLDER).resolve()
        name = "server" if on_server else "anchor" if usual else name
        return CheckpointFile(deployment.folder / ".seen" / f"{name}.json")
    from platformdirs import user_state_path

    return CheckpointFile(user_state_path("sla_tracker") / f"{name}.json")


def alarm(store: Store | None, anchors: CheckpointFile) -> StoreError | None:
    """Return the error for a store that lost commits this login saw, or None."""
    seen = anchors.load()
    return None if store is None or seen is None or not _is_persistent(store) else gone_back(store, seen)


def must_not_be_gone(deployment: Deployment) -> None:
    """Raise StoreError where an embedded store seen before is missing.

    A new one would hide the loss.
    """
    folder = deployment.store_folder
    manifest = JournalPaths(folder=folder).manifest
    if deployment.basics.store_kind is not StoreKind.TINYDB or _may_exist(manifest):
        return
    seen = checkpoints_of(deployment).load()
    if seen is not None and seen.sequence:
        raise StoreError(
            N_(
                "There is no store in {folder}, and change {seen} was seen there before. Look whether its disk is "
                "there; else restore a backup: sla restore FILE"
            ),
            folder=folder,
            seen=seen.sequence,
        )


def _may_exist(file: Path) -> bool:
    """Return whether a file exists, True if that cannot be checked.

    Opening it then reports why.
    """
    try:
        return file.exists()
    except OSError:
        return True


def remember(store: Store | None, anchors: CheckpointFile) -> None:
    """Write the store's last commit to the checkpoint file."""
    if store is not None and _is_persistent(store):
        sequence, last = store.head()
        before = anchors.load()
        anchors.save(SeenHead(sequence=sequence, hash=last, logged_on=before.logged_on if before else ""))


def log_daily(store: Store | None, deployment: Deployment, today: date) -> None:
    """Write a checkpoint to the system log, if the settings say so.

    It is written once a day for each login.
    """
    if store is None or deployment.system_log is None:
        return
    anchors = checkpoints_of(deployment)
    seen = anchors.load()
    if seen is None or seen.logged_on == today.isoformat():
        return
    if _logged(store, deployment):
        anchors.save(SeenHead(sequence=seen.sequence, hash=seen.hash, logged_on=today.isoformat()))


def _logged(store: Store, deployment: Deployment) -> bool:
    """Write a checkpoint to the system log; return whether that worked.

    Errors are ignored.
    """
    place, anchor = deployment.system_log, checkpoint_of(store)
    if place is None or anchor is None:
        return False
    try:
        from sla_tracker.storage import syslog

        syslog.write(place, f"{anchor} {deployment.folder.resolve()}")
    except OSError:
        return False  # sla doctor reports it
    return True


def _is_persistent(store: Store) -> bool:
    return isinstance(store, TinyStore) or as_server(store) is not None


def verify(
    deployment: Deployment, *, accept: bool = False, anchors: Sequence[Checkpoint] = ()
) -> Sequence[Finding]:
    """Check every byte of the store; return a finding for each damage.

    `accept` writes the store's present end to the checkpoint file, after a backup was restored on purpose. `anchors`
    (checkpoints) are compared too. Without findings a checkpoint is written to the system log, if the settings say so.
    """
    if deployment.basics.store_kind is StoreKind.POSTGRES:
        return _verify_server(deployment, accept=accept, anchors=anchors)
    from sla_tracker.storage.journal.maintenance.offline import inspect

    must_be_embedded(deployment)
    seen = _seen(checkpoints_of(deployment), accept=accept)
    with translate_errors():
        found = inspect(deployment.store_folder, indexes=INDEXES, anchors=seen, schema=SCHEMA)
    findings = [_finding(one) for one in found]
    if not (accept or anchors or deployment.system_log):
        return findings
    try:
        with closing(TinyStore.open(deployment.store_folder, read_only=True)) as store:
            return _compared(store, deployment, findings, accept=accept, anchors=anchors)
    except StoreError:
        if not findings:
            raise
        return [*findings, *(_uncompared(anchor) for anchor in anchors)]


def _compared(
    store: Store,
    deployment: Deployment,
    findings: list[Finding],
    *,
    accept: bool,
    anchors: Sequence[Checkpoint],
) -> Sequence[Finding]:
    """Return findings and checkpoint mismatches; without any, write the checkpoints."""
    findings = [*findings, *mismatches(store, anchors)]
    if not findings:
        if accept:
            remember(store, checkpoints_of(deployment))
        _logged(store, deployment)
    return findings


def _uncompared(anchor: Checkpoint) -> Finding:
    return Finding(
        about=about(anchor),
        well=False,
        sentence=_("It cannot be compared as long as the store cannot be opened."),
    )


def _verify_server(
    deployment: Deployment, *, accept: bool, anchors: Sequence[Checkpoint]
) -> Sequence[Finding]:
    from sla_tracker.storage import postgres

    address = server_address(deployment)
    with closing(open_server(address)) as server:
        found = postgres.verify(address, _seen(checkpoints_of(deployment), accept=accept))
        findings = [_server_finding(one) for one in found]
        return _compared(server, deployment, findings, accept=accept, anchors=anchors)


def _seen(anchors: CheckpointFile, *, accept: bool) -> list[tuple[int, str]]:
    seen = None if accept else anchors.load()
    return [(seen.sequence, seen.hash)] if seen and seen.sequence else []


def _server_finding(found: ServerFinding) -> Finding:
    place = f"{_('change')} {found.sequence}" if found.sequence else _("present documents")
    return Finding(
        about=place, well=False, sentence=found.sentence(), advice=_("Restore a backup with pg_restore.")
    )


def _finding(found: JournalFinding) -> Finding:
    from sla_tracker.storage.journal_messages import places_of, translate

    return Finding(
        about=_(", ").join(places_of(found.file, found.segment, found.byte, found.sequence)),
        well=False,
        sentence=translate(found.message, found.values),
        advice=_("Move the store away and restore a backup: sla restore FILE"),
    )


def must_be_embedded(deployment: Deployment) -> None:
    """Raise Refused with the alternative for a store that is not the embedded one."""
    kind = deployment.basics.store_kind
    if kind is StoreKind.POSTGRES:
        raise Refused(
            N_(
                "This deployment keeps everything in PostgreSQL; back it up with pg_dump and restore it with "
                "pg_restore (docs/postgresql.md)."
            )
        )
    if kind is not StoreKind.TINYDB:
        raise Refused(N_("This deployment keeps nothing: its store is in memory."))
