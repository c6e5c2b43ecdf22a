"""Checks of `sla doctor` on the host, such as store, disk, rights and clock."""

from __future__ import annotations

import locale as system_locale
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.config.store_kind import StoreKind
from sla_tracker.deployment.stores import as_server
from sla_tracker.errors import SlaError, StoreUnreachable, shown
from sla_tracker.i18n import gettext as _
from sla_tracker.services.deployment import Finding, OpenDeployment
from sla_tracker.services.queries.renamed import as_stored
from sla_tracker.storage import syslog
from sla_tracker.storage.store_owner import NAME as OWNER_FILE

if TYPE_CHECKING:
    from sla_tracker.config.deployment import Deployment
    from sla_tracker.storage.postgres.store import Replication

MEGABYTE = 1024 * 1024
"""Bytes."""
LEAST_FREE_BYTES = 200 * MEGABYTE
"""Free space in bytes below which a finding is reported."""
CHANGES_LOOKED_AT = 1000
"""Of so many last changes none may be later than now; the very last was perhaps made by the wrong clock itself."""
MOST_PLACES = 3
"""Most paths reported as not writable."""
FILE_ACCESS = os.R_OK | os.W_OK
FOLDER_ACCESS = FILE_ACCESS | os.X_OK
FLEETING = frozenset({"tmpfs", "ramfs"})
"""File systems whose content is lost when the machine stops."""


def check_host(opened: OpenDeployment, deployment: Deployment) -> Iterator[Finding]:
    """Yield the findings on the host, even if the store cannot be reached."""
    yield from _store(opened, deployment)
    yield from _rights(deployment)
    yield from (_space(place) for place in _disks(deployment))
    yield _clock(opened)
    yield from _backups(opened, deployment)
    yield from _system_log(deployment)
    yield _encoding()


def answers(opened: OpenDeployment) -> bool:
    """Return whether the store answers; its error is reported by another finding."""
    try:
        opened.context.store.sequence()
    except SlaError:
        return False
    return True


def _store(opened: OpenDeployment, deployment: Deployment) -> Iterator[Finding]:
    kind = deployment.basics.store_kind
    try:
        sequence = opened.context.store.sequence()
    except SlaError as problem:
        waits = isinstance(problem, StoreUnreachable)
        advice = (
            _("Everything goes on as soon as the database takes changes from this login.") if waits else ""
        )
        yield Finding(about=_("Store"), well=False, sentence=problem.sentence(), advice=advice)
        return
    sentence = _("{kind}, {count} changes on record", kind=kind, count=sequence)
    yield Finding(about=_("Store"), well=True, sentence=sentence)
    yield _durability(opened, deployment)
    server = as_server(as_stored(opened.context.store))
    if server is not None:
        yield failover(server.replication())


def failover(found: Replication) -> Finding:
    """Return a finding on what is lost when the database's machine dies."""
    names = ", ".join(one.name for one in found.standbys)
    waited = ", ".join(one.name for one in found.standbys if one.is_waited_for)
    if not found.is_visible:
        sentence = _(
            "this login may not see whether a standby stands by; a superuser runs: {command}",
            command="GRANT pg_read_all_stats TO sla_service",
        )
    elif waited and found.waits:
        sentence = _(
            "{names} confirms every change before it is acknowledged: a failover loses none", names=waited
        )
    elif found.wanted and found.waits:
        return Finding(
            about=_("Failover"),
            well=False,
            sentence=_(
                "Every change waits for a standby ({wanted}), and none stands by.", wanted=found.wanted
            ),
            advice=_("Start the standby, or take it out of synchronous_standby_names on the server."),
        )
    elif names:
        sentence = _(
            "{names} follows, but no change waits for it: a failover may lose the last ones, {behind} bytes at present",
            names=names,
            behind=max(one.behind_bytes for one in found.standbys),
        )
    else:
        sentence = _("no standby: if the database's machine dies, what changed since its last backup is lost")
    return Finding(about=_("Failover"), well=True, sentence=sentence)


def _durability(opened: OpenDeployment, deployment: Deployment) -> Finding:
    """Return a finding on whether commits survive program end, reboot and power cut."""
    wrong, advice = "", ""
    server = as_server(as_stored(opened.context.store))
    if server is not None:
        off = sorted(name for name, setting in server.durability().items() if setting == "off")
        if off:
            wrong = _("On the server {settings} is off.", settings=", ".join(off))
            advice = _("A power cut loses what was acknowledged; set it to on in postgresql.conf.")
    elif deployment.basics.store_kind is StoreKind.MEMORY:
        wrong = _("Everything is forgotten when the program ends.")
        advice = _('Set kind = "tinydb" in [store].')
    elif _file_system(deployment.store_folder) in FLEETING:
        wrong = _("{place} lies in memory and is gone when the machine stops.", place=deployment.store_folder)
        advice = _("Move the store to a disk: sla migrate --to FOLDER")
    sentence = wrong or _("what is acknowledged is on the disk")
    return Finding(about=_("Durability"), well=not wrong, sentence=sentence, advice=advice)


def _file_system(folder: Path) -> str:
    from sla_tracker.storage.journal.files.paths import filesystem_of

    return filesystem_of(folder, folder.stat().st_dev) if folder.exists() else ""


def _rights(deployment: Deployment) -> Iterator[Finding]:
    store = [deployment.store_folder] if deployment.basics.store_kind is StoreKind.TINYDB else []
    places = (deployment.folder, deployment.plugin_folder, deployment.calendar_folder, *store)
    for place in filter(Path.exists, dict.fromkeys(places)):
        if os.name == "posix" and stat.S_IMODE(place.stat().st_mode) & stat.S_IWOTH:
            yield Finding(
                about=_("Rights"),
                well=False,
                sentence=_("Everybody may write to {place}.", place=place),
                advice=_("Take that right away: chmod o-w {place}", place=place),
            )
    for place in islice(_unwritable_paths(store), MOST_PLACES):
        yield Finding(
            about=_("Rights"),
            well=False,
            sentence=_("You may not write to {place}.", place=place),
            advice=_(
                "Ask whoever looks after this machine: the store belongs to the group of all who work with it, folders "
                "with the rights 2770, files with 660."
            ),
        )


def _unwritable_paths(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the paths in the store that this login cannot write.

    The store's folder comes first.
    """
    for folder in folders:
        if not os.access(folder, FOLDER_ACCESS):
            yield folder
        for here, below, files in os.walk(folder):
            yield from (path for name in below if not os.access(path := Path(here, name), FOLDER_ACCESS))
            yield from (
                path
                for name in files
                # Whose store it is, only its owner may write.
                if name != OWNER_FILE and not os.access(path := Path(here, name), FILE_ACCESS)
            )


def _disks(deployment: Deployment) -> Sequence[Path]:
    """Return one path on each file system that the deployment and its store write to."""
    places = [deployment.folder]
    if deployment.basics.store_kind is StoreKind.TINYDB and deployment.store_folder.exists():
        places.append(deployment.store_folder)
    return tuple({place.stat().st_dev: place for place in places}.values())


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    return Finding(
        about=_("Free space"),
        well=free >= LEAST_FREE_BYTES,
        sentence=_("{free} MB for {place}", free=free // MEGABYTE, place=folder),
        advice=""
        if free >= LEAST_FREE_BYTES
        else _("Make room before the disk is full; nothing is lost when it is."),
    )


def _clock(opened: OpenDeployment) -> Finding:
    store, now = opened.context.store, opened.context.now()
    last = store.changes(max(0, store.sequence() - CHANGES_LOOKED_AT)) if answers(opened) else ()
    latest = max((change.act.at for change in last), default=now)
    well = latest <= now
    return Finding(
        about=_("Clock"),
        well=well,
        sentence=now.astimezone(opened.context.settings.zone).strftime("%Y-%m-%d %H:%M %Z"),
        advice=""
        if well
        else _(
            "A change is on record for {at}, later than now: set this machine's clock. What is delivered meanwhile "
            "is judged by the clock as it is.",
            at=shown(latest),
        ),
    )


def _backups(opened: OpenDeployment, deployment: Deployment) -> Iterator[Finding]:
    """Yield the age of the newest regular backup, if the settings want any.

    Backups that a wrong clock made are named, too.
    """
    from sla_tracker.deployment import backup

    folder = backup.backup_folder(deployment)
    if folder is None or deployment.basics.store_kind is not StoreKind.TINYDB:
        return
    now = opened.context.now()
    kept = backup.backups_in(folder, now)
    age = now - backup.made_at(kept[-1]) if kept else None
    well = age is not None and age < backup.STALE_AFTER
    yield Finding(
        about=_("Backup"),
        well=well,
        sentence=_("There is none in {folder}.", folder=folder)
        if age is None
        else _(
            "the newest is {hours} hours old: {file}", hours=age // timedelta(hours=1), file=kept[-1].name
        ),
        advice="" if well else _("Let cron run sla backup --due every hour, as an administrator's login."),
    )
    for file in backup.failed_in(folder):
        yield Finding(
            about=_("Backup"),
            well=False,
            sentence=_("{file} could not be restored when it was tried.", file=file.name),
            advice=_(
                "Look at its disk, and whether there is room for temporary files; then make another one: sla backup"
            ),
        )
    for file in backup.misdated_in(folder, now):
        yield Finding(
            about=_("Backup"),
            well=False,
            sentence=_("{file} is named after an instant that is yet to come.", file=file.name),
            advice=_(
                "The clock was wrong when it was made. It counts as no backup and is never deleted: move it away."
            ),
        )


def _system_log(deployment: Deployment) -> Iterator[Finding]:
    place = deployment.system_log
    if place is None:
        return
    try:
        syslog.check(place)
    except OSError as error:
        yield Finding(
            about=_("System log"),
            well=False,
            sentence=_(
                "{place} does not take what it is told: {reason}.",
                place=place,
                reason=shown(error),
            ),
            advice=_(
                "Start the log, or mend syslog in [store]; until then only reports and logins keep anchors."
            ),
        )
    else:
        yield Finding(about=_("System log"), well=True, sentence=_("{place} is listening", place=place))


def _encoding() -> Finding:
    encoding = system_locale.getpreferredencoding(False)
    well = encoding.replace("-", "").lower() == "utf8"
    return Finding(
        about=_("Language"),
        well=well,
        sentence=_("characters are written as {encoding}", encoding=encoding),
        advice=""
        if well
        else _("Choose a UTF-8 locale, such as LANG=zh_CN.UTF-8, so that Chinese can be shown."),
    )
