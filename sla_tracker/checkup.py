"""What `sla doctor` looks at: settings, plugins, store, disk, clock and language of a deployment."""

from __future__ import annotations

import locale as system_locale
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.core.reminder import ReminderState
from sla_tracker.desk.house import Finding, House, PluginRow
from sla_tracker.desk.ports import Change
from sla_tracker.desk.reminding import channels_missing, nobody_reached, outbox
from sla_tracker.errors import SlaError
from sla_tracker.locale import gettext as _

if TYPE_CHECKING:
    from sla_tracker.config.load import Built, Deployment

LEAST_FREE_BYTES = 200 * 1024 * 1024


def check_up(house: House, deployment: Deployment, built: Built) -> tuple[Finding, ...]:
    """Look at everything once; each finding says what was looked at and, when it is not well, what to do."""
    return (
        *_settings(deployment, built),
        *_plugins(house),
        *_calendars(house),
        *_store(house, deployment.config.store.kind.value),
        *_reminders(house),
        *_files(house.folder),
        _space(house.folder),
        _clock(house),
        _encoding(),
    )


def _settings(deployment: Deployment, built: Built) -> Iterator[Finding]:
    yield Finding(
        about=_("Settings"),
        well=not built.warnings,
        sentence=_("{file}, {people} people", file=deployment.file.name, people=len(built.people)),
        advice="\n".join(warning.sentence() for warning in built.warnings),
    )
    if built.settings.trial:
        yield Finding(
            about=_("Trial"),
            well=True,
            sentence=_("This is a trial: whoever starts it may act as anybody, and that is on record."),
        )


def _plugins(house: House) -> Iterator[Finding]:
    for row in house.plugins():
        yield from _plugin_slow_or_warned(row)
        if row.state in {"active", "offered"}:
            continue
        yield Finding(
            about=_("Plugin {name}", name=row.name),
            well=False,
            sentence=row.reason,
            advice=_("Mend it and look again with sla plugins; the other plugins go on working."),
        )
    active = sum(row.state == "active" for row in house.plugins())
    obligations = len(house.desk.catalogue.obligations)
    yield Finding(
        about=_("Plugins"),
        well=active > 0,
        sentence=_("{active} active, {obligations} obligations", active=active, obligations=obligations),
        advice=""
        if active
        else _("Enable plugins in the settings, or put a checklist into the plugin folder."),
    )


def _plugin_slow_or_warned(row: PluginRow) -> Iterator[Finding]:
    about = _("Plugin {name}", name=row.name)
    for warning in row.warnings:
        advice = _("The plugin works; tell whoever wrote it, or mend the file it names.")
        yield Finding(about=about, well=False, sentence=warning, advice=advice)
    if row.slow:
        yield Finding(
            about=about,
            well=False,
            sentence=_("It keeps everybody waiting: {hooks}.", hooks=", ".join(row.slow)),
            advice=_("Ask whoever wrote it to do less when the program starts, or disable it."),
        )


def _calendars(house: House) -> Iterator[Finding]:
    desk = house.desk
    year = desk.now().astimezone(desk.settings.zone).year
    for name, calendar in desk.calendars.items():
        provisional = calendar.is_provisional(date(year + 1, 6, 15))
        yield Finding(
            about=_("Calendar {name}", name=name or _("company")),
            well=not calendar.is_provisional(date(year, 6, 15)),
            sentence=_("next year is provisional until its working days are published")
            if provisional
            else _("this year and the next are published"),
            advice=_("Put the published year into the folder calendars/ (TOML or ICS).")
            if provisional
            else "",
        )


def _reminders(house: House) -> Iterator[Finding]:
    """Look at every channel, at what could not be sent, and for departments in which nobody can be reminded."""
    channels = house.channels()
    for name in channels.working:
        yield Finding(about=_("Channel {name}", name=name), well=True, sentence=_("It is set up."))
    for name, problem in channels.broken.items():
        yield Finding(
            about=_("Channel {name}", name=name),
            well=False,
            sentence=problem.sentence(),
            advice=_("Until then reminders wait for this channel; the other channels go on."),
        )
    for problem in channels_missing(house.desk):
        yield Finding(
            about=_("Reminders"),
            well=False,
            sentence=problem.sentence(),
            advice=_("Until then this step uses each person's own channels."),
        )
    for department in nobody_reached(house.desk):
        yield Finding(
            about=_("Reminders"),
            well=False,
            sentence=_("Nobody is reminded of what {department} owes.", department=department),
            advice=_("Add its people to the settings, or a group channel for it."),
        )
    if not _opens(house):
        return
    lost = [row for row in outbox(house.desk) if row.state is ReminderState.FAILED]
    if lost:
        yield Finding(
            about=_("Reminders"),
            well=False,
            sentence=_("{n} reminders could not be sent.", n=len(lost)),
            advice=_("sla remind --outbox says why."),
        )


def _store(house: House, kind: str) -> Iterator[Finding]:
    try:
        sequence = house.desk.store.sequence()
    except SlaError as problem:
        yield Finding(about=_("Store"), well=False, sentence=problem.sentence(), advice=_("Run sla verify."))
        return
    yield Finding(
        about=_("Store"),
        well=True,
        sentence=_("{kind}, {count} changes on record", kind=kind, count=sequence),
    )
    if kind == "memory":
        yield Finding(
            about=_("Durability"),
            well=False,
            sentence=_("Everything is forgotten when the program ends."),
            advice=_('Set kind = "tinydb" in [store].'),
        )


def _files(folder: Path) -> Iterator[Finding]:
    for place in (folder, folder / "plugins", folder / "store"):
        if place.exists() and os.name == "posix" and stat.S_IMODE(place.stat().st_mode) & stat.S_IWOTH:
            yield Finding(
                about=_("Rights"),
                well=False,
                sentence=_("Everybody may write to {place}.", place=place),
                advice=_("Take that right away: chmod o-w {place}", place=place),
            )


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    return Finding(
        about=_("Free space"),
        well=free >= LEAST_FREE_BYTES,
        sentence=_("{free} MB", free=free // (1024 * 1024)),
        advice=""
        if free >= LEAST_FREE_BYTES
        else _("Make room before the disk is full; nothing is lost when it is."),
    )


def _clock(house: House) -> Finding:
    last = max((change.act.at for change in _last_changes(house)), default=None)
    now = house.desk.now()
    well = last is None or last <= now
    return Finding(
        about=_("Clock"),
        well=well,
        sentence=_("{now}", now=now.astimezone(house.desk.settings.zone).strftime("%Y-%m-%d %H:%M %Z")),
        advice="" if well else _("The last change is later than now: set this machine's clock."),
    )


def _last_changes(house: House) -> Iterator[Change]:
    if _opens(house):
        store = house.desk.store
        yield from store.changes(max(0, store.sequence() - 1))


def _opens(house: House) -> bool:
    """Say whether the store can be asked at all; what is wrong with it is a finding of its own."""
    try:
        house.desk.store.sequence()
    except SlaError:
        return False
    return True


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
