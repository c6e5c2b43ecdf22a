"""Checks of `sla doctor`: settings, plugins, calendars, reminders, and the host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker import i18n
from sla_tracker.deployment.calendar_folder import read_calendar_folder
from sla_tracker.deployment.checks.consent import check_agreements
from sla_tracker.deployment.checks.host import answers, check_host
from sla_tracker.deployment.checks.inbox import check_inbox
from sla_tracker.deployment.checks.people import check_people
from sla_tracker.deployment.checks.web import check_web
from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.reminders.reminder import ReminderState
from sla_tracker.domain.time.calendar_layers import DaySource, doubts_of, left_out_years, remarks_of
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired
from sla_tracker.plugin_host.sources import unread_in
from sla_tracker.services.authoring.workshop import DRAFT_MARK
from sla_tracker.services.departments.complaints import judge_missing
from sla_tracker.services.deployment import Finding, OpenDeployment, PluginRow, PluginState
from sla_tracker.services.reminders.planner import channels_missing, nobody_reached, outbox
from sla_tracker.version import PACKAGE, version_text
from sla_tracker.wording.duties import not_reviewed_word, text_of

MOST_NAMED = 10
"""Most duties or people that one check names."""

if TYPE_CHECKING:
    from sla_tracker.config.load import Built, Deployment


def check_health(
    opened: OpenDeployment, deployment: Deployment, built: Built, sources: Mapping[str, DaySource]
) -> tuple[Finding, ...]:
    """Return the findings of all checks; each bad one says what to do."""
    return (
        *_settings(deployment, built),
        *_complaints(opened),
        *check_agreements(opened),
        *_plugins(opened),
        *_unread_plugin_files(deployment.plugin_folder),
        *check_people(opened, deployment),
        *_calendars(opened),
        *_unread_calendar_files(deployment.calendar_folder),
        *_unused_calendar_files(deployment),
        *_national_days(opened, sources),
        *_reminders(opened),
        *check_inbox(opened, deployment),
        *check_web(opened, deployment),
        *check_host(opened, deployment),
    )


def _settings(deployment: Deployment, built: Built) -> Iterator[Finding]:
    yield Finding(
        about=_("Program"),
        well=True,
        sentence=_("sla_tracker {version} in {folder}", version=version_text(), folder=PACKAGE),
    )
    yield Finding(about=_("Deployment"), well=True, sentence=str(deployment.folder.resolve()))
    yield Finding(
        about=_("Settings"),
        well=not built.warnings,
        sentence=ngettext(
            "{file}, {n} person", "{file}, {n} people", len(built.people), file=deployment.file.name
        ),
        advice="\n".join(warning.sentence() for warning in built.warnings),
    )
    if built.settings.trial:
        yield Finding(
            about=_("Trial"),
            well=True,
            sentence=_("This is a trial: whoever starts it may act as anybody, and that is on record."),
        )


def _complaints(opened: OpenDeployment) -> Iterator[Finding]:
    request = judge_missing(opened.context.settings.complaint_judge, opened.context.catalogue.departments)
    if request is not None:
        yield Finding(
            about=_("Complaints"),
            well=True,
            sentence=request.sentence(),  # with its advice, since that of a finding that is well is not printed
        )


def _plugins(opened: OpenDeployment) -> Iterator[Finding]:
    for row in opened.plugins():
        yield from _plugin_slow_or_warned(row)
        if row.state in {PluginState.ACTIVE, PluginState.OFFERED}:
            continue
        yield Finding(
            about=_("Plugin {name}", name=row.name),
            well=False,
            sentence=row.reason,
            advice=_("Mend it and look again with sla plugins; the other plugins go on working."),
        )
    yield from _not_reviewed(opened)
    active = sum(row.state is PluginState.ACTIVE for row in opened.plugins())
    obligations = len(opened.context.catalogue.obligations)
    yield Finding(
        about=_("Plugins"),
        well=active > 0,
        sentence=_("{active} active, {obligations} obligations", active=active, obligations=obligations),
        advice=""
        if active
        else _("Enable plugins in the settings, or put a checklist into the plugin folder."),
    )


def _not_reviewed(opened: OpenDeployment) -> Iterator[Finding]:
    """Yield a finding on waiting deliveries that a plugin failed to review."""
    if not answers(opened):
        return
    waiting = opened.context.store.read(lambda tx: tx.find(Duty, state=State.DELIVERED))
    found = [duty for duty in waiting if duty.delivery and duty.delivery.not_reviewed]
    for duty in found[:MOST_NAMED]:
        yield Finding(
            about=_("Delivery {ref}", ref=duty.reference),
            well=False,
            sentence=paired(text_of(duty.title), not_reviewed_word(duty.delivery)),
            advice=_(
                "Mend the plugin; the consumer judges what was delivered, or the provider takes it back."
            ),
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
            sentence=_("It keeps everybody waiting: {hooks}.", hooks=row.slow_hooks),
            advice=_("Ask whoever wrote it to do less when the program starts, or disable it."),
        )


def _calendars(opened: OpenDeployment) -> Iterator[Finding]:
    context = opened.context
    year = context.now().astimezone(context.settings.zone).year
    for name, calendar in context.calendars.items():
        if calendar.source is None:
            sentence = _("no national days: only the settings say which days are free")
            yield Finding(about=_("Calendar {name}", name=name or _("company")), well=True, sentence=sentence)
            continue
        now, later = (calendar.is_provisional(date(one, 6, 15)) for one in (year, year + 1))
        unread = calendar.is_unread(year if now else year + 1)
        advice = _("Put the published year into the folder calendars/: sla calendar import FILE")
        yield Finding(
            about=_("Calendar {name}", name=name or _("company")),
            well=not now,
            sentence=_published_sentence(now=now, later=later, unread=unread),
            advice=advice if now or later else "",
        )


def _published_sentence(*, now: bool, later: bool, unread: bool) -> str:
    """Return which of this year and the next is provisional.

    `unread` says that the earlier of them could not be read.
    """
    if now:
        return (
            _("this year is provisional: its working days could not be read")
            if unread
            else _("this year is provisional: its working days are not published")
        )
    if later:
        return (
            _("next year is provisional: its working days could not be read")
            if unread
            else _("next year is provisional until its working days are published")
        )
    return _("this year and the next are published")


def _unread_calendar_files(folder: Path) -> Iterator[Finding]:
    """Yield a finding for each file in the calendar folder that is not read."""
    for file, problem in read_calendar_folder(folder).unread.items():
        yield Finding(about=_("Calendar file {name}", name=file), well=False, sentence=problem.sentence())


def _unused_calendar_files(deployment: Deployment) -> Iterator[Finding]:
    """Yield a finding for each source in the calendar folder that no calendar uses."""
    for name in read_calendar_folder(deployment.calendar_folder).names():
        if not deployment.config.calendar.users_of(name):
            yield Finding(
                about=_("Calendar files {name}", name=name),
                well=False,
                sentence=_("No calendar uses these days."),
                advice=_(
                    'Name them under [calendar] or a department\'s: national = "{name}"; or take the files away.',
                    name=name,
                ),
            )


def _unread_plugin_files(folder: Path) -> Iterator[Finding]:
    """Yield a finding for each file in the plugin folder that is not read."""
    for file, problem in unread_in(folder):
        is_draft = file.startswith(DRAFT_MARK)
        yield Finding(
            about=_("Plugin file {name}", name=clean(file)), well=is_draft, sentence=problem.sentence()
        )


def _national_days(opened: OpenDeployment, sources: Mapping[str, DaySource]) -> Iterator[Finding]:
    """Yield the years whose file could not be used, and what others passed over."""
    language = i18n.language()
    warned = {warning for row in opened.plugins() for warning in row.warnings}
    for name, source in sources.items():
        for reason in left_out_years(source).values():
            if clean(reason.get(language)) in warned:
                continue  # said with its plugin
            yield Finding(
                about=_("Calendar {name}", name=name),
                well=False,
                sentence=reason.get(language),
                advice=_(
                    "Until the file is mended, the year stays as it was, and its deadlines are provisional."
                ),
            )
        for year, remarks in remarks_of(source).items():
            said = " ".join(remark.get(language) for remark in remarks)
            yield Finding(about=_("Calendar {name}", name=f"{name} {year}"), well=True, sentence=said)
        for year, doubts in doubts_of(source).items():
            yield Finding(
                about=_("Calendar {name}", name=f"{name} {year}"),
                well=False,
                sentence=" ".join(doubt.get(language) for doubt in doubts),
                advice=_("They count as ordinary days; complete the file and import it again."),
            )


def _reminders(opened: OpenDeployment) -> Iterator[Finding]:
    """Yield findings on channels, failed reminders, and unreachable departments.

    In an unreachable department no one can be reminded.
    """
    channels = opened.channels()
    for name in channels.working:
        yield Finding(about=_("Channel {name}", name=name), well=True, sentence=_("It is set up."))
    for name, problem in channels.broken.items():
        yield Finding(
            about=_("Channel {name}", name=name),
            well=False,
            sentence=problem.sentence(),
            advice=_("Until then reminders wait for this channel; the other channels go on."),
        )
    for problem in channels_missing(opened.context):
        yield Finding(
            about=_("Reminders"),
            well=False,
            sentence=problem.sentence(),
            advice=_("Until then this step uses each person's own channels."),
        )
    for department in nobody_reached(opened.context):
        yield Finding(
            about=_("Reminders"),
            well=False,
            sentence=_("Nobody is reminded of what {department} owes.", department=department),
            advice=_("Add its people to the settings, or a group channel for it."),
        )
    if not answers(opened):
        return
    lost = [row for row in outbox(opened.context) if row.state is ReminderState.FAILED]
    if lost:
        yield Finding(
            about=_("Reminders"),
            well=False,
            sentence=_("{n} reminders could not be sent.", n=len(lost)),
            advice=_("sla remind --outbox says why."),
        )
