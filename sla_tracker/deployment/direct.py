"""Opens a deployment in this process, for front ends.

What they need beyond the use cases is done here, too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sla_tracker.cli.deployments import StoreOpening
from sla_tracker.deployment.caller_files import LocalFiles
from sla_tracker.deployment.context.loaded import LoadedDeployment
from sla_tracker.deployment.context.warnings import read_only_notice, unread_days
from sla_tracker.deployment.plugin_loading import plugin_rows
from sla_tracker.deployment.settings.loading import key_problems, stand_in_alarm
from sla_tracker.deployment.settings.settings_cache import is_usual, write_settings
from sla_tracker.deployment.settings.watched_files import watched_files
from sla_tracker.deployment.stores import Waiting
from sla_tracker.errors import SlaError, StoreError
from sla_tracker.services.deployment import Finding, PluginRow, missing_plugins
from sla_tracker.services.ports import CallerFiles, NewsSource

if TYPE_CHECKING:
    from sla_tracker.domain.imports.run import ImportKind, ListReading
    from sla_tracker.domain.measures.date_range import DateRange
    from sla_tracker.services.authoring.workshop import PluginWorkshop
    from sla_tracker.services.form_drafts import FormDraft
    from sla_tracker.services.imports.inbox import TakenFile
    from sla_tracker.services.imports.rows import ReadList
    from sla_tracker.services.queries.list_content import ListContent
    from sla_tracker.services.reminders.messages import Channels
    from sla_tracker.services.web_access.tokens import WebAccess


class DirectDeployment(LoadedDeployment):
    """An open deployment as front ends use it, with what they need besides use cases.

    This is its warnings, plugins, channels, lists and caches.
    """

    @property
    def keymap(self) -> Mapping[str, str]:
        """Return the deployment's key bindings by binding id."""
        return self.deployment.basics.keys

    @property
    def workshop(self) -> PluginWorkshop:
        """Return the workshop that writes, checks and compares the deployment's plugins."""
        from sla_tracker.deployment.plugin_workshop import DeploymentWorkshop

        return DeploymentWorkshop(deployment=self.deployment, host=self.host, clock=self._context.clock)

    @property
    def files(self) -> CallerFiles:
        """Return the files and the printer of the calling login."""
        return LocalFiles()

    @property
    def has_all_plugins(self) -> bool:
        """Return whether every plugin enabled in the settings works."""
        return self._relies_on_cache or self.host.is_complete

    @property
    def checkpoint_file(self) -> Path:
        """Return the file with the last commit that this login saw."""
        from sla_tracker.deployment.verification import checkpoints_of

        return checkpoints_of(self.deployment).file

    def alarms(self) -> Sequence[str]:
        """Return warnings to show at once.

        Wrong settings, settings of another store, lost commits, a read-only store, unread holidays.
        """
        problems = (
            self._stand_in_alarm(),
            self._renamed_store(),
            self._lost_commits(),
            read_only_notice(self.deployment.store_folder) if self.reads_only else None,
            *unread_days(self._context.calendars),
        )
        return tuple(problem.sentence() for problem in problems if problem is not None)

    def _stand_in_alarm(self) -> SlaError | None:
        return stand_in_alarm(self.settings_problem, self.deployment.file) if self.settings_problem else None

    def plugins(self) -> Sequence[PluginRow]:
        """Return a row for every plugin, whether offered, enabled or refused."""
        return plugin_rows(self.host)

    def missing_plugins(self) -> Sequence[str]:
        """Return the alarm that names enabled plugins that do not work, if there are any."""
        return () if self._relies_on_cache else missing_plugins(self.plugins())

    def check_up(self) -> Sequence[Finding]:
        """Return the findings of `sla doctor`."""
        from sla_tracker.deployment.checks.health import check_health

        wrong = (self.settings_problem,) if self.settings_problem else ()
        warnings = (*wrong, *self.built.warnings, *key_problems(self.deployment))
        built = replace(self.built, warnings=warnings)
        return check_health(self, self.deployment, built, self.host.calendars)

    def channels(self) -> Channels:
        """Return the channels for sending reminders."""
        from sla_tracker.notify.channels import make_channels

        return make_channels(
            (table.settings(name) for name, table in self.deployment.config.notify.items()),
            environ=os.environ,
            person=self.actor.id,
            makers=self.host.notifiers,
        )

    @property
    def does_chores(self) -> bool:
        """Return True: without a service each program does what comes due."""
        return True

    def news(self) -> NewsSource | None:
        """Return what tells of commits by others.

        None where the store has to be asked: a server, or a system that does not tell.
        """
        from sla_tracker.storage.file_events import written_files

        embedded = self.embedded
        return None if embedded is None else written_files(embedded.journal.folders())

    def report(self, dates: DateRange, form: str) -> bytes:
        """Return the report of a range in a form."""
        from sla_tracker.report.contents import read_report
        from sla_tracker.report.forms import FORMS

        return FORMS[form](read_report(self.context, dates))

    def list_file(self, content: ListContent, form: str, *, todo: bool = False) -> bytes:
        """Return a list as a file of a form."""
        from sla_tracker.deployment.list_files import list_file

        return list_file(self.context, content, form, todo=todo)

    def read_list(self, kind: ImportKind, file: str, reading: ListReading) -> ReadList[Any]:
        """Return what a list of the calling login holds."""
        from sla_tracker.deployment.lists import read_list

        return read_list(self.context, self.files, kind, file, reading)

    @property
    def web_access(self) -> WebAccess:
        """Return the passwords and tokens for HTTP, kept beside the settings."""
        from sla_tracker.deployment.web_access.kept import KeptAccess

        return KeptAccess(self.deployment.folder)

    @property
    def web_url(self) -> str:
        """Return the address of the pages in the browser; empty for none."""
        return self.deployment.config.web.url.rstrip("/")

    @property
    def takes_passwords(self) -> bool:
        """Return whether people log in to those pages with passwords."""
        from sla_tracker.config.sections.web import LoginWay

        return LoginWay.PASSWORD in self.deployment.config.web.login

    def saved_filters(self) -> Mapping[str, str]:
        """Return the saved filters of the present login, by name."""
        from sla_tracker.deployment.saved_filters import filters_of

        return filters_of(self.deployment).load()

    def save_filter(self, name: str, text: str) -> None:
        """Save a filter under a name for the present login."""
        from sla_tracker.deployment.saved_filters import filters_of

        filters_of(self.deployment).save(name, text)

    def form_drafts(self) -> Mapping[str, FormDraft]:
        """Return what the acting person left in forms of the terminal, by the form."""
        from sla_tracker.deployment.form_drafts import drafts_of

        return drafts_of(self.deployment, self.actor.person.id).load(self.context.now())

    def change_form_drafts(self, changed: Mapping[str, FormDraft | None]) -> None:
        """Keep what the acting person left in forms; None forgets it."""
        from sla_tracker.deployment.form_drafts import drafts_of

        drafts_of(self.deployment, self.actor.person.id).change(changed, self.context.now())

    def take_inbox(self) -> Sequence[TakenFile]:
        """Take over the lists that lie ready in the inbox folder."""
        from sla_tracker.deployment.inbox_folder.taking import take_inbox
        from sla_tracker.services.imports.inbox import CHANGES_SETTINGS

        found = take_inbox(self.context, self.deployment, self.host)
        if any(one.kind in CHANGES_SETTINGS and (one.added or one.changed) for one in found):
            self.reload()
            self.begin()
        return found

    def erase_files(self, subjects: Sequence[str]) -> int:
        """Delete taken and refused files of the inbox that may hold data of subjects."""
        from sla_tracker.deployment.inbox_folder.erasing import erase_files

        return erase_files(self.deployment, subjects)

    def forget(self) -> None:
        """Delete this login's start-up cache and form drafts: they may hold erased data."""
        from sla_tracker.deployment.form_drafts import drafts_of
        from sla_tracker.quickstart.cache_file import places

        for place in (*places(self.folder), drafts_of(self.deployment, self.actor.person.id).file):
            with suppress(OSError):
                place.unlink()

    def close(self) -> None:
        """Close the store; write the checkpoint and the caches first."""
        if self._store is not None:
            self._write_state()
            self._store.close()
        if self._keeps_settings and self._cached is None and self._loaded and is_usual(self._loaded):
            write_settings(self.folder, self._loaded, self._context.now(), self._began_ns)

    def _write_state(self) -> None:
        """Write the checkpoint and the start-up cache.

        Nothing is written where the store lost commits: the warning must stay until `sla verify --accept`. Nor where
        the settings name another store by now, whose checkpoint this would become.
        """
        from sla_tracker.deployment.verification import checkpoints_of, log_daily, remember

        with suppress(StoreError):
            if self._renamed_store() is None and self._lost_commits() is None:
                remember(self._store, checkpoints_of(self.deployment))
                log_daily(self._store, self.deployment, self._today())
                if self._may_write_cache:
                    from sla_tracker.quickstart.cache_writer import write_cache

                    write_cache(self)

    @property
    def _may_write_cache(self) -> bool:
        """Return whether the start-up cache may be written.

        It may not while there is a warning, which the cache would not show.
        """
        quiet = (
            self._with_plugins
            and self.settings_problem is None
            and not any(unread_days(self._context.calendars))
        )
        is_kept = self.embedded is not None or self.server is not None
        return is_kept and self._writes_cache and quiet

    def watched(self) -> Sequence[Path]:
        """Return every file and folder whose change makes the start-up cache outdated."""
        if self._cached is not None and self._relies_on_cache:
            return [Path(name) for name in self._cached.watched]
        return watched_files(self.deployment, self.host)


def open_deployment(
    folder: Path,
    *,
    as_person: str = "",
    with_plugins: bool = True,
    writes_cache: bool = False,
    keeps_settings: bool = False,
    opening: StoreOpening = StoreOpening.AT_ONCE,
    careful: bool = False,
    waiting: Waiting | None = None,
) -> DirectDeployment:
    """Open a deployment for the present login and create the duties due by now.

    Without plugins no duties are created, as obligations are unknown. `writes_cache` writes the start-up cache on
    closing; `keeps_settings` takes settings and plugins from their cache, or writes that on closing. `opening` may
    postpone opening the store, and creating duties, to `begin`. `careful` survives plugins that end the process.
    `waiting` is told who holds the store, when that takes over two seconds.
    """
    opened = DirectDeployment(
        folder,
        as_person=as_person,
        with_plugins=with_plugins,
        writes_cache=writes_cache,
        keeps_settings=keeps_settings,
        opening=opening,
        careful=careful,
        waiting=waiting,
    )
    if with_plugins and opening is StoreOpening.AT_ONCE:
        opened.begin()
    return opened
