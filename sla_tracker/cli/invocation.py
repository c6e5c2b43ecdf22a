"""The context of one command-line call; opens the deployment on first use."""

from __future__ import annotations

import os
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker import i18n
from sla_tracker.cli import output
from sla_tracker.cli.deployments import CONFIG_FILE, Deployments, StoreOpening
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.screen import is_there
from sla_tracker.errors import N_, NotFound, UsageError, show_times_in

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sla_tracker.cli.completion_candidates import CompletionCandidates
    from sla_tracker.domain.measures.date_range import DateRange
    from sla_tracker.domain.people import Actor
    from sla_tracker.services.authoring.settings_editor import SettingsEditor
    from sla_tracker.services.authoring.workshop import PluginWorkshop
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.deployment import OpenDeployment

ENVIRONMENT = "SLA_DEPLOYMENT"
LARGEST_SETTINGS = 1024 * 1024  # bytes


class Invocation:
    """The options of one call, and the deployment, actor and language they mean."""

    def __init__(self, deployments: Deployments) -> None:
        self.deployments = deployments
        self.person = ""
        self.plugins = True
        self.shows_alarms = True
        self.lists_plugins = False
        self._named: Path | None = None
        self._asked_language: str | None = None
        self._may_ask = True
        self._deployment: OpenDeployment | None = None
        i18n.use(i18n.choose(environ=os.environ))

    # --- what the options say -----------------------------------------------------------------------------------------

    def enter(self, folder: str) -> None:
        """Set the deployment's folder."""
        self._named = Path(folder)

    def act_as(self, person: str) -> None:
        """Set the person to act as."""
        self.person = person

    def speak(self, tag: str) -> None:
        """Set the language; raises UsageError for an unsupported one."""
        if i18n.match(tag) is None:
            raise UsageError(
                N_("“{lang}” is not spoken here; there are {known}."),
                lang=tag,
                known=", ".join(i18n.LANGUAGES),
            )
        self._asked_language = tag
        i18n.use(tag)

    def forbid_input(self, _given: bool) -> None:
        """Disable prompts."""
        self._may_ask = False

    def forbid_plugins(self, _given: bool) -> None:
        """Disable plugins."""
        self.plugins = False

    @property
    def may_ask(self) -> bool:
        """Return whether prompts are allowed and somebody can answer them."""
        return self._may_ask and is_there()

    # --- the deployment -----------------------------------------------------------------------------------------------

    @property
    def named_folder(self) -> Path | None:
        """Return the folder named by option or environment, or None."""
        if self._named is not None:
            return self._named
        named = os.environ.get(ENVIRONMENT, "")
        return Path(named) if named else None

    def folder(self) -> Path:
        """Return the deployment's folder.

        Raises NotFound explaining how to make or name one.
        """
        named = self.named_folder
        if named is not None:
            if _may_hold_settings(named):
                return named
            if named.is_file():
                raise NotFound(
                    N_("{file} is a file; name the deployment's folder, in which {settings} lies."),
                    file=str(named),
                    settings=CONFIG_FILE,
                )
            raise NotFound(
                N_(
                    "There is no deployment in {folder}; make one with: sla init --trial {folder} --config NAME"
                ),
                folder=str(named),
            )
        for folder in _from_here_up():
            if _may_hold_settings(folder):
                return folder
        raise NotFound(
            N_(
                "There is no deployment here ({file}); go to its folder, name it (--deployment) or make one (sla init)."
            ),
            file=CONFIG_FILE,
        )

    def speak_as_deployment(self) -> None:
        """Set the deployment's language without opening it, once something is said.

        Unreadable settings change nothing.
        """
        i18n.use_found(lambda: self._deployments_language() or i18n.choose(self._asked_language, os.environ))

    def _deployments_language(self) -> str:
        """Return the language to speak if the deployment's settings name one, else empty."""
        import tomllib

        from sla_tracker.trusted_files import NotTrusted, read_trusted

        try:
            folder = self.folder()
            content = read_trusted(folder / CONFIG_FILE, folder, LARGEST_SETTINGS).content
            settings = tomllib.loads(content.decode())
        except (NotFound, NotTrusted, ValueError, RecursionError):
            return ""  # opening the deployment later reports the error
        tag = settings.get("language", "")
        return i18n.choose(self._asked_language, os.environ, tag) if isinstance(tag, str) and tag else ""

    @property
    def deployment(self) -> OpenDeployment:
        """Return the deployment, opened on first use; also sets its language."""
        if self._deployment is None:
            self._tell_alarms(self._opened(StoreOpening.AT_ONCE))
        return self._opened(StoreOpening.AT_ONCE)

    def _tell_alarms(self, deployment: OpenDeployment) -> None:
        """Print the deployment's alarms, except during shell completion."""
        if self.shows_alarms:
            missing = () if self.lists_plugins else deployment.missing_plugins()
            for alarm in (*deployment.alarms(), *missing):
                output.message(alarm, Tone.ALARM)

    @property
    def frame(self) -> OpenDeployment:
        """Return the deployment for the terminal.

        The terminal opens the store and shows alarms itself (`begin`).
        """
        return self._opened(StoreOpening.SERVER_AT_ONCE)

    @property
    def patient(self) -> OpenDeployment:
        """Return the deployment for `sla doctor`, which works without a store (`begin`)."""
        return self._opened(StoreOpening.BY_BEGIN)

    def _opened(self, opening: StoreOpening) -> OpenDeployment:
        if self._deployment is None:
            self._deployment = self.deployments.open(
                self.folder(),
                as_person=self.person,
                plugins=self.plugins,
                opening=opening,
                careful=opening is StoreOpening.BY_BEGIN or self.lists_plugins,
            )
            settings = self._deployment.context.settings
            i18n.use(i18n.choose(self._asked_language, os.environ, settings.language))
            show_times_in(settings.zone)
        return self._deployment

    def candidates(self, *, duties: bool) -> CompletionCandidates | None:
        """Return completion candidates from the start-up cache and set its language.

        None when the cache is outdated.
        """
        seen = self.deployments.candidates(self.folder(), duties=duties) if self.plugins else None
        if seen is not None:
            i18n.use(i18n.choose(self._asked_language, os.environ, seen.language))
        return seen

    @cached_property
    def workshop(self) -> PluginWorkshop:
        """Return the deployment's PluginWorkshop without opening its store."""
        workshop = self.deployments.workshop(self.folder())
        i18n.use(i18n.choose(self._asked_language, os.environ, workshop.language))
        show_times_in(workshop.zone)
        return workshop

    @property
    def settings_editor(self) -> SettingsEditor:
        """Return what changes the deployment's settings, as they are in the file now."""
        return self.deployments.settings_editor(self.folder())

    @property
    def context(self) -> ServiceContext:
        """Return the deployment's ServiceContext."""
        return self.deployment.context

    @property
    def actor(self) -> Actor:
        """Return the acting person and login."""
        return self.deployment.actor

    def close(self) -> None:
        """Close the deployment if it was opened."""
        if self._deployment is not None:
            if self._deployment.context.acts:
                output.note_act()
            self._deployment.close()
            self._deployment = None

    # --- time ---------------------------------------------------------------------------------------------------------

    @property
    def zone(self) -> ZoneInfo:
        """Return the deployment's zone."""
        return self.context.settings.zone

    def now(self) -> datetime:
        """Return the present instant."""
        return self.context.now()

    def today(self) -> date:
        """Return the present day in the deployment's zone."""
        return self.now().astimezone(self.zone).date()

    def moment(self, text: str, *, default_time: time | None = None, future: bool = False) -> datetime:
        """Return the instant that a typed text means; raises UsageError."""
        from sla_tracker.wording.parse_time import parse_moment

        return parse_moment(text, self.now(), self.zone, default_time=default_time, future=future)

    def day(self, text: str, *, future: bool = False) -> date:
        """Return the day that a text means, of a week or month the first day.

        Raises UsageError.
        """
        from sla_tracker.wording.parse_time import parse_day

        return parse_day(text, self.today(), future=future)

    def last_day(self, text: str) -> date:
        """Return the last day, today or later, that a text means; raises UsageError."""
        from sla_tracker.wording.parse_time import parse_until

        return parse_until(text, self.today())

    def range(self, text: str, since: str = "", until: str = "") -> DateRange:
        """Return the range of days that an argument or two days mean, else this month.

        Raises UsageError, also when both are given.
        """
        if not (text or since or until):
            from sla_tracker.domain.measures.date_range import month_range

            return month_range(f"{self.today():%Y-%m}")
        from sla_tracker.wording.figures.parse_range import between, parse_range

        if text and (since or until):
            raise UsageError(N_("Give either “{range}” or --since and --until, not both."), range=text)
        if text:
            return parse_range(text, self.today(), self.context.settings.fiscal)
        return between(since, until, self.today())

    def month(self, text: str) -> str:
        """Return the id (2026-10) of the month that a typed text means; raises UsageError."""
        from sla_tracker.wording.parse_time import parse_month

        return f"{parse_month(text, self.today()):%Y-%m}"


def _may_hold_settings(folder: Path) -> bool:
    """Return whether the folder has settings.

    Returns True when it cannot be read, so that reading reports why.
    """
    try:
        return (folder / CONFIG_FILE).is_file()
    except OSError:
        return True


def _from_here_up() -> tuple[Path, ...]:
    """Return the current folder and its parents; empty if the folder was removed."""
    try:
        here = Path.cwd()
    except OSError:
        return ()
    return (here, *here.parents)
