"""Implements what the command line does with deployments.

It opens, creates, checks, migrates and backs them up.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextvars import copy_context
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sla_tracker import i18n
from sla_tracker.cli.deployments import StoreOpening
from sla_tracker.deployment.caller_files import LocalFiles
from sla_tracker.deployment.context.clock import clock_of
from sla_tracker.deployment.context.store_in_use import StoreInUse
from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.deployment.plugin_loading import build_with, load_host
from sla_tracker.deployment.settings.loading import keep_if_good, key_problems, stand_in_alarm, usable_config
from sla_tracker.deployment.stores import Waiting, open_store
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, ConfigError, SlaError, UsageError
from sla_tracker.os_login import login_name
from sla_tracker.services.access import Right, require
from sla_tracker.services.deployment import BackedUp, Copied, DatabaseSetUp, Finding, OpenDeployment, Restored
from sla_tracker.services.ports import CallerFiles

if TYPE_CHECKING:
    from sla_tracker.cli.completion_candidates import CompletionCandidates
    from sla_tracker.cli.deployments import ServeRequest
    from sla_tracker.config.load import Deployment
    from sla_tracker.deployment.calendar_import import FolderImporter
    from sla_tracker.deployment.migration import Moves
    from sla_tracker.services.authoring.settings_editor import SettingsEditor
    from sla_tracker.services.authoring.workshop import PluginWorkshop
    from sla_tracker.wording.checkpoints import Checkpoint

DEMO_CONFIG = "dealership"
"""Name of the packaged settings that the demonstration uses."""


def _usable(folder: Path) -> Deployment:
    """Return the present settings, or the last good ones with a warning."""
    deployment, problem = usable_config(folder)
    if problem is not None:
        from sla_tracker.cli import output
        from sla_tracker.cli.formats.text_table import Tone

        output.message(stand_in_alarm(problem, deployment.file).sentence(), Tone.ALARM)
    return deployment


def _must_be_named(deployment: Deployment) -> Deployment:
    """Return a deployment.

    Raises RecordingStopped where its present settings name another store.
    """
    StoreInUse(deployment).must_be_named()
    return deployment


def _now(deployment: Deployment) -> datetime:
    return clock_of(trial=deployment.basics.trial).now()


def _store_copier(folder: Path, waiting: Waiting | None) -> Moves:
    """Return the store copier for an administrator."""
    from sla_tracker.deployment.migration import Moves

    deployment = _require_administrator(folder)
    return Moves(deployment=deployment, now=_now(deployment), waiting=waiting)


def _is_services_login(deployment: Deployment) -> bool:
    """Tell whether this process runs as the login that owns a service's deployment."""
    return deployment.config.serve is not None and deployment.folder.stat().st_uid == os.geteuid() != 0


def _require_administrator(folder: Path) -> Deployment:
    """Return a deployment.

    Raises Forbidden for a login that may not administer it, except in a trial, and except for the login of a service,
    which owns settings and store and belongs to no person.
    """
    deployment = _usable(folder)
    if not deployment.basics.trial and not _is_services_login(deployment):
        opened = DirectDeployment(folder, with_plugins=False, opening=StoreOpening.SERVER_AT_ONCE)
        opened.close()
        require(opened.actor, Right.ADMINISTER)
    return deployment


class DeploymentService:
    """Operations on deployments for the command line; imports each part on first use."""

    def __init__(
        self,
        *,
        writes_cache: bool = False,
        serve: Callable[[Path, ServeRequest], int] | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        """Prepare the service of deployments.

        `waiting` is told who holds the store, once somebody waits for it for over two seconds.
        """
        self._writes_cache = writes_cache
        self._waiting = waiting
        self._serve = serve

    @property
    def files(self) -> CallerFiles:
        """Return the files and the printer of the calling login."""
        return LocalFiles()

    def open(
        self,
        folder: Path,
        *,
        as_person: str = "",
        plugins: bool = True,
        opening: StoreOpening = StoreOpening.AT_ONCE,
        careful: bool = False,
    ) -> OpenDeployment:
        """Open the deployment in a folder for the present login and create due duties."""
        return open_deployment(
            folder,
            as_person=as_person,
            with_plugins=plugins,
            writes_cache=self._writes_cache,
            # The terminal, and commands about plugins, look at the plugins themselves.
            keeps_settings=opening is StoreOpening.AT_ONCE and not careful,
            opening=opening,
            careful=careful,
            # It would go over the screen of the terminal, which alone opens like this.
            waiting=None if opening is StoreOpening.SERVER_AT_ONCE else self._waiting,
        )

    def keep_fault(self, kind: str, details: str) -> str:
        """Write the details of a fault into a private temporary file."""
        from sla_tracker.cli.errors import keep_in_file

        return keep_in_file(kind, details)

    def serve(self, folder: Path, request: ServeRequest) -> int:
        """Run the service of a deployment; raises UsageError where this program has none."""
        if self._serve is None:
            raise UsageError(N_("A session of the service cannot start another one."))
        return self._serve(folder, request)

    def candidates(self, folder: Path, *, duties: bool) -> CompletionCandidates | None:
        """Return completion candidates from the start-up cache.

        None if it is missing or outdated.
        """
        if os.name != "posix":
            return None
        from sla_tracker.quickstart import completion
        from sla_tracker.quickstart.journal_tail import CacheInconclusive, CacheOutdated

        try:
            return completion.candidates(folder.resolve(), duties=duties)
        except CacheOutdated:
            self._writes_cache = True
        except CacheInconclusive:
            pass
        return None

    def init(
        self, folder: Path, *, config: str, trial: bool, in_force_from: date | None, admin: str = ""
    ) -> Path:
        """Create a deployment with its store, and return its settings file."""
        from sla_tracker.config.create import create_deployment

        today = self.today(trial=trial, config=config)
        deployment = create_deployment(
            folder,
            config,
            in_force_from=in_force_from or (today.replace(day=1) if trial else today),
            login="" if trial else admin or login_name(),
            trial=trial,
        )
        open_store(deployment).close()
        return deployment.file

    def demo(
        self, folder: Path, *, since: date | None = None, progress: Callable[[int], None] | None = None
    ) -> Path:
        """Create a demonstration company with its past, from a day (default: a year ago).

        `progress` is called with each year that begins to be played.
        """
        from sla_tracker.config.create import create_deployment
        from sla_tracker.demo.past import first_day, play

        since = since or first_day(self.today(trial=True))
        deployment = create_deployment(
            folder, DEMO_CONFIG, in_force_from=since, trial=True, demonstration=True
        )
        opened = DirectDeployment(folder, writes_cache=True)
        # The company's texts get the language of its settings, because its screens use that. Progress messages keep the
        # caller's language.
        outside = copy_context()
        asked = i18n.match(os.environ.get("SLA_LANG"))
        try:
            with i18n.speaking(asked or opened.context.settings.language or ""):
                play(
                    opened.context,
                    opened.context.now(),
                    progress=progress and (lambda year: outside.run(progress, year)),
                )
        finally:
            opened.close()
        return deployment.file

    def today(self, *, trial: bool, config: str = DEMO_CONFIG) -> date:
        """Return today in the zone of settings to begin with; in a trial by its clock."""
        from sla_tracker.config.create import template_zone

        return clock_of(trial=trial).now().astimezone(template_zone(config)).date()

    def configs(self) -> Sequence[str]:
        """Return the names of the packaged settings for `init`."""
        from sla_tracker.config.locate import packaged_configs

        return packaged_configs()

    def check_config(self, path: Path) -> Sequence[SlaError]:
        """Return what the settings should say and need not.

        Raises ConfigError with every problem.
        """
        from sla_tracker.config.load import read_config
        from sla_tracker.services.departments.complaints import judge_missing

        deployment = read_config(path)
        host = load_host(deployment)
        build_with(deployment, host, complete=host.is_complete)
        problems = (*host.problems, *key_problems(deployment), *host.broken)
        if problems:
            raise ConfigError(N_("The settings {file} cannot be used:"), problems, file=deployment.file)
        keep_if_good(deployment, host)
        request = judge_missing(deployment.config.complaints.judge, host.catalogue.departments)
        return () if request is None else (request,)

    def workshop(self, folder: Path) -> PluginWorkshop:
        """Return the plugin workshop of a deployment, without opening its store."""
        from sla_tracker.deployment.plugin_workshop import DeploymentWorkshop

        deployment = _usable(folder)
        clock = clock_of(trial=deployment.basics.trial)
        return DeploymentWorkshop(deployment=deployment, host=load_host(deployment), clock=clock)

    def settings_editor(self, folder: Path) -> SettingsEditor:
        """Return what changes the settings of a deployment, for an administrator."""
        from sla_tracker.config.load import read_config
        from sla_tracker.deployment.settings.editing import FileEditor

        _require_administrator(folder)
        return FileEditor(read_config(folder), self.files)

    def settings_schema(self) -> str:
        """Return the JSON Schema of the settings."""
        from sla_tracker.config.schema import schema_text

        return schema_text()

    def calendar_importer(self, folder: Path, today: date) -> FolderImporter:
        """Return the reader of calendar files of a deployment."""
        from sla_tracker.deployment.calendar_import import FolderImporter

        deployment, _problem = usable_config(folder)  # the command has opened the deployment, which warned
        return FolderImporter(deployment=deployment, host=load_host(deployment), today=today)

    def retry_plugin(self, folder: Path, plugin: str) -> bool:
        """Let a plugin of a deployment be run again.

        Returns whether it was in quarantine for this login.
        """
        from sla_tracker.deployment.settings.plugin_memory import quarantine_of

        quarantine = quarantine_of(_usable(folder))
        return quarantine is not None and quarantine.forget(plugin)

    def new_package(self, folder: Path, plugin: str, name: Text, consumer: str) -> Sequence[Path]:
        """Write a Python package with tests for a plugin and return its files."""
        from sla_tracker.deployment.plugin_workshop import write_package

        return write_package(folder, plugin, name, consumer)

    def plugin_schema(self) -> str:
        """Return the JSON Schema of a checklist."""
        from sla_tracker.plugin_host.authoring.check import schema_text

        return schema_text()

    def setup_script(self, folder: Path, services: Sequence[str]) -> str:
        """Return the SQL that makes schema, role and logins of a deployment's database."""
        from sla_tracker.deployment import database_setup

        return database_setup.script(services)

    def apply_setup(self, folder: Path, services: Sequence[str], address: str) -> DatabaseSetUp:
        """Make schema, role and logins in a deployment's database."""
        from sla_tracker.deployment import database_setup

        return database_setup.apply(_usable(folder), services, address)

    def migrate(self, folder: Path, place: str, progress: Callable[[int], None]) -> Copied:
        """Copy a deployment's store to a server or into a folder."""
        return _store_copier(folder, self._waiting).migrate(place, progress)

    def write_lines(self, folder: Path, lines: BinaryIO) -> Copied:
        """Write a deployment's store as JSON lines."""
        return _store_copier(folder, self._waiting).write_lines(lines)

    def read_lines(self, folder: Path, lines: BinaryIO, progress: Callable[[int], None]) -> Copied:
        """Read JSON lines into a deployment's store."""
        copier = _store_copier(folder, self._waiting)
        _must_be_named(copier.deployment)
        return copier.read_lines(lines, progress)

    def adopt_store(self, folder: Path) -> None:
        """Make the embedded store that the settings name this deployment's, on record."""
        from sla_tracker.deployment.stores import adopt_store
        from sla_tracker.deployment.verification import must_be_embedded

        deployment = _must_be_named(_usable(folder))
        must_be_embedded(deployment)
        adopt_store(deployment, _now(deployment))

    def verify(self, folder: Path, *, accept: bool, anchors: Sequence[Checkpoint]) -> Sequence[Finding]:
        """Check every byte of a deployment's store; return what is damaged."""
        from sla_tracker.deployment import verification

        return verification.verify(_usable(folder), accept=accept, anchors=anchors)

    def backup(self, folder: Path, target: Path | None, *, only_due: bool = False) -> BackedUp | None:
        """Write a deployment's store and settings into one new file, or a regular backup."""
        from sla_tracker.deployment import backup

        deployment = _require_administrator(folder)
        if target is not None:
            return backup.backup(deployment, target, self._waiting)
        now = _now(deployment)
        if only_due and not backup.is_due(deployment, now):
            return None
        return backup.regular_backup(deployment, now, self._waiting)

    def restore(
        self, folder: Path, source: Path, *, settings: bool = False, only_show: bool = False
    ) -> Restored:
        """Restore a backup into a deployment whose store is empty, or say what that does."""
        from sla_tracker.deployment import backup

        deployment = _require_administrator(folder)
        if only_show:
            return backup.preview(deployment, source)
        return backup.restore(_must_be_named(deployment), source, settings=settings)

    def terminal(self, opened: OpenDeployment) -> int:
        """Run the terminal until the person leaves it, and return the exit code."""
        from sla_tracker.tui.launch import run
        from sla_tracker.tui.startup import start_of

        return run(start_of(opened))
