"""Builds a ServiceContext from configuration, plugins, calendars, store and clock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any, cast

from sla_tracker.config.store_kind import StoreKind
from sla_tracker.deployment.caller_files import LocalFiles
from sla_tracker.deployment.context.acting import find_actor
from sla_tracker.deployment.context.clock import clock_of
from sla_tracker.deployment.context.pending_store import PendingStore
from sla_tracker.deployment.context.texts import letter_of, notice_of, report_of, warning_of
from sla_tracker.deployment.context.warnings import read_only_notice, unread_days
from sla_tracker.deployment.plugin_loading import plugin_rows, plugin_set
from sla_tracker.deployment.settings.loading import (
    LoadedSettings,
    key_problems,
    load_settings,
    load_usable_settings,
    set_deadly_plugins_aside,
    stand_in_alarm,
)
from sla_tracker.deployment.settings.settings_cache import (
    CachedSettings,
    is_usual,
    read_settings,
    write_settings,
)
from sla_tracker.deployment.settings.watched_files import fingerprint, watched_files
from sla_tracker.deployment.stores import Waiting, as_server, ballots_of, open_store
from sla_tracker.domain.agreements.roster import PluginSet
from sla_tracker.domain.people import Actor, Person
from sla_tracker.errors import (
    ConfigError,
    SlaError,
    StoreError,
    UsageError,
    show_people_as,
)
from sla_tracker.os_login import process_login
from sla_tracker.services.context import ServiceContext, Settings
from sla_tracker.services.deployment import Finding, PluginRow, missing_plugins
from sla_tracker.services.ports import (
    BallotBox,
    CallerFiles,
    Change,
    News,
    Observer,
    Review,
    Reviewer,
    Store,
    no_review,
)
from sla_tracker.services.queries.renamed import with_present_ids

if TYPE_CHECKING:
    from sla_tracker.config.deployment import Contents, Deployment
    from sla_tracker.config.load import Built
    from sla_tracker.domain.agreements.catalogue import Catalogue
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.domain.imports.run import ImportKind, Reading
    from sla_tracker.domain.measures.date_range import DateRange
    from sla_tracker.domain.time.work_calendar import WorkCalendar
    from sla_tracker.plugin_host.host import PluginHost
    from sla_tracker.services.authoring.workshop import PluginWorkshop
    from sla_tracker.services.imports.inbox import TakenFile
    from sla_tracker.services.imports.rows import ReadList
    from sla_tracker.services.queries.list_content import ListContent
    from sla_tracker.services.reminders.messages import Channels
    from sla_tracker.services.web_access.tokens import WebAccess
    from sla_tracker.storage.postgres import PostgresStore
    from sla_tracker.storage.tinydb import TinyStore


class DirectDeployment:
    """An open deployment: its context, actor, plugins, store; can reload its settings."""

    def __init__(
        self,
        folder: Path,
        *,
        as_person: str = "",
        with_plugins: bool = True,
        writes_cache: bool = False,
        keeps_settings: bool = False,
        store_later: bool = False,
        server_later: bool = False,
        careful: bool = False,
        waiting: Waiting | None = None,
    ) -> None:
        self._waiting = waiting
        self.folder = folder.resolve()
        if careful and with_plugins:
            set_deadly_plugins_aside(self.folder)
        self._later = {StoreKind.TINYDB: store_later, StoreKind.POSTGRES: server_later}
        self._writes_cache = writes_cache
        self._with_plugins = with_plugins
        self._as_person = as_person
        self._store: Store | None = None
        self._context: ServiceContext
        self._loaded: LoadedSettings | None = None
        self._cached: CachedSettings | None = None
        self._keeps_settings = keeps_settings and with_plugins
        with self._close_store_on_error():
            cached = read_settings(self.folder) if self._keeps_settings else None
            if cached is None:
                self._load_settings(load_usable_settings)
            else:
                self._use_cached(cached)

    @property
    def context(self) -> ServiceContext:
        """Return the context of the use cases; `reload` and `begin` replace it."""
        return self._context

    @property
    def host(self) -> PluginHost:
        """Return the plugins; loads them now if the settings came from their cache."""
        return self._whole().host

    @property
    def built(self) -> Built:
        """Return settings, people and calendars as they were loaded; loads them now if they came from their cache."""
        return self._whole().built

    @property
    def _relies_on_cache(self) -> bool:
        """Return whether no plugin was loaded, as all of them worked when the settings were cached."""
        return self._cached is not None and self._loaded is None

    def _whole(self) -> LoadedSettings:
        if self._loaded is None:
            self._loaded = load_usable_settings(self.folder, with_plugins=self._with_plugins)
            self.deployment, self.settings_problem = self._loaded.deployment, self._loaded.problem
        return self._loaded

    @property
    def actor(self) -> Actor:
        """Return the acting person."""
        return self._actor

    @property
    def keymap(self) -> Mapping[str, str]:
        """Return the deployment's key bindings by binding id."""
        return self.deployment.basics.keys

    @property
    def embedded(self) -> TinyStore | None:
        """Return the store if it is the embedded one, else None."""
        from sla_tracker.storage.tinydb import TinyStore

        return self._store if isinstance(self._store, TinyStore) else None

    @property
    def server(self) -> PostgresStore | None:
        """Return the store if it is one on a server, else None."""
        return as_server(self._store)

    @property
    def reads_only(self) -> bool:
        """Return whether the store is open for reading only.

        It is when this login may not write it.
        """
        return self.embedded is not None and self.embedded.journal.read_only

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

        Wrong settings, lost commits, a read-only store, unread holidays.
        """
        problems = (
            self._stand_in_alarm(),
            self._lost_commits(),
            read_only_notice(self.deployment.store_folder) if self.reads_only else None,
            *unread_days(self._context.calendars),
        )
        return tuple(problem.sentence() for problem in problems if problem is not None)

    def _stand_in_alarm(self) -> SlaError | None:
        return stand_in_alarm(self.settings_problem, self.deployment.file) if self.settings_problem else None

    def _lost_commits(self) -> SlaError | None:
        from sla_tracker.deployment.verification import alarm, checkpoints_of

        return alarm(self._store, checkpoints_of(self.deployment))

    def plugins(self) -> Sequence[PluginRow]:
        """Return a row for every plugin, whether offered, enabled or refused."""
        return plugin_rows(self.host)

    def missing_plugins(self) -> Sequence[str]:
        """Return the alarm that names enabled plugins that do not work, if there are any."""
        return () if self._relies_on_cache else missing_plugins(self.plugins())

    def plugins_changed(self) -> bool:
        """Return whether settings, plugin files or calendars changed since they were read."""
        return self._loaded_fingerprint != fingerprint(self.deployment)

    def reload(self) -> None:
        """Read settings and plugins again; on ConfigError the present context stays.

        Where the last good settings stand in already, they go on to.
        """
        self._load_settings(load_settings if self.settings_problem is None else load_usable_settings)

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

    def news(self) -> News | None:
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

    def read_list(self, kind: ImportKind, file: str, reading: Reading) -> ReadList[Any]:
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
        """Delete this login's start-up cache after an erasure, as it may hold erased data."""
        from sla_tracker.quickstart.cache_file import places

        for place in places(self.folder):
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

        Not where the store lost commits: the warning must stay until `sla verify --accept`.
        """
        from sla_tracker.deployment.verification import checkpoints_of, log_daily, remember

        with suppress(StoreError):
            if self._lost_commits() is None:
                remember(self._store, checkpoints_of(self.deployment))
                log_daily(self._store, self.deployment, self._today())
                if self._may_write_cache:
                    from sla_tracker.quickstart.cache_writer import write_cache

                    write_cache(self)

    @property
    def _may_write_cache(self) -> bool:
        """Return whether the start-up cache may be written.

        Not while there is a warning, which the cache would not show.
        """
        quiet = (
            self._with_plugins
            and self.settings_problem is None
            and not any(unread_days(self._context.calendars))
        )
        is_kept = self.embedded is not None or self.server is not None
        return is_kept and self._writes_cache and quiet

    @contextmanager
    def _close_store_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            if self._store is not None:
                self._store.close()
                self._store = None
            raise

    def begin(self, waiting: Waiting | None = None) -> None:
        """Open the store if that was postponed, and create the duties due by now.

        `waiting` is told who holds the store opened here, whenever that takes over two seconds.
        On an error the store is closed again, and every access to it raises that error.
        """
        from sla_tracker.services.duties.scheduler import tick

        try:
            with self._close_store_on_error():
                if self._store is None:
                    self._store = _open_existing_store(self.deployment, waiting or self._waiting)
                    store = with_present_ids(self._store, self._context.catalogue)
                    self._context = replace(
                        self._context, store=store, stopped=self._lost_commits(), ballots=self._ballots()
                    )
                if self._with_plugins and not self.reads_only and self._context.stopped is None:
                    tick(self._context)
                    self._release_ballots()
        except (StoreError, ConfigError, UsageError) as problem:
            self._context = replace(self._context, store=cast("Store", PendingStore(problem)))
            raise

    def _release_ballots(self) -> None:
        """Store anonymous answers whose time has come; a box that cannot be read stops nobody's work."""
        if self._context.ballots is not None:
            from sla_tracker.services.departments import surveys

            with suppress(StoreError):
                surveys.release(self._context)

    def watched(self) -> Sequence[Path]:
        """Return every file and folder whose change makes the start-up cache outdated."""
        if self._cached is not None and self._relies_on_cache:
            return [Path(name) for name in self._cached.watched]
        return watched_files(self.deployment, self.host)

    def _load_settings(self, load: Callable[..., LoadedSettings]) -> None:
        began_ns = time_ns()
        loaded = load(self.folder, with_plugins=self._with_plugins)
        host, built = loaded.host, loaded.built
        self._open_store_of(loaded.deployment)
        self._loaded, self._cached, self._began_ns = loaded, None, began_ns
        self.deployment, self.settings_problem = loaded.deployment, loaded.problem
        self._set_context(
            declared=host.catalogue,
            calendars=built.calendars,
            people=built.people,
            settings=built.settings,
            review=host.review,
            observers=host.observers,
            plugins=plugin_set(host, with_plugins=self._with_plugins),
        )

    def _use_cached(self, cached: CachedSettings) -> None:
        """Go by cached settings; plugins are loaded when one of them is called."""
        deployment = cached.deployment(self.folder, self._read_contents)
        self._open_store_of(deployment)
        self._cached, self.deployment, self.settings_problem = cached, deployment, None
        self._set_context(
            declared=cached.declared,
            calendars=cached.with_days(lambda name: self.host.calendars[name]),
            people=cached.people,
            settings=cached.settings,
            review=self._review if cached.reviews else no_review,
            observers=(self._observe,) if cached.observes else (),
            plugins=PluginSet(digests=cached.plugins, missing=frozenset(), switched_off=False),
        )

    def _read_contents(self) -> Contents:
        from sla_tracker.config.load import read_config

        return read_config(self.folder).read()

    def _review(self, duty: Duty, evidence: Mapping[str, str]) -> Review:
        return self.host.review(duty, evidence)

    def _observe(self, change: Change) -> None:
        self.host.observe(change)

    def _open_store_of(self, deployment: Deployment) -> None:
        if self._store is None and not self._later.get(deployment.basics.store_kind):
            self._store = self._open_store(deployment)

    def _set_context(
        self,
        *,
        declared: Catalogue,
        calendars: Mapping[str, WorkCalendar],
        people: Mapping[str, Person],
        settings: Settings,
        review: Reviewer,
        observers: tuple[Observer, ...],
        plugins: PluginSet,
    ) -> None:
        self._loaded_fingerprint = fingerprint(self.deployment)
        show_people_as({id: person.name for id, person in people.items()})
        self._context = ServiceContext(
            store=with_present_ids(self._store or cast("Store", PendingStore()), declared),
            clock=clock_of(trial=settings.trial),
            declared=declared,
            calendars=calendars,
            people=people,
            settings=settings,
            letter_of=letter_of,
            report_of=report_of,
            warning_of=warning_of,
            notice_of=notice_of,
            review=review,
            observers=observers,
            plugins=plugins,
            process=process_login("trial" if settings.trial else "unix"),
            stopped=self._lost_commits(),
            ballots=self._ballots(),
        )
        self._actor = self._find_actor()

    def _open_store(self, deployment: Deployment) -> Store:
        """Open the store of settings."""
        return _open_existing_store(deployment, self._waiting)

    def _ballots(self) -> BallotBox | None:
        return ballots_of(self.deployment, self._store)

    def _find_actor(self) -> Actor:
        """Return the acting person."""
        return find_actor(self._context, self.deployment, self._as_person, self._today())

    def _today(self) -> date:
        return self._context.now().astimezone(self._context.settings.zone).date()


def open_deployment(
    folder: Path,
    *,
    as_person: str = "",
    with_plugins: bool = True,
    writes_cache: bool = False,
    keeps_settings: bool = False,
    store_later: bool = False,
    server_later: bool = False,
    careful: bool = False,
    waiting: Waiting | None = None,
) -> DirectDeployment:
    """Open a deployment for the present login and create the duties due by now.

    Without plugins no duties are created, as obligations are unknown. `writes_cache` writes the start-up cache on
    closing; `keeps_settings` takes settings and plugins from their cache, or writes that on closing. `store_later`
    postpones opening an embedded store, and creating duties, to `begin`; `server_later` does so for a store on a server
    too. `careful` survives plugins that end the process. `waiting` is told who holds the
    store, when that takes over two seconds.
    """
    opened = DirectDeployment(
        folder,
        as_person=as_person,
        with_plugins=with_plugins,
        writes_cache=writes_cache,
        keeps_settings=keeps_settings,
        store_later=store_later,
        server_later=server_later,
        careful=careful,
        waiting=waiting,
    )
    if with_plugins and not store_later:
        opened.begin()
    return opened


def _open_existing_store(deployment: Deployment, waiting: Waiting | None) -> Store:
    from sla_tracker.deployment.verification import must_not_be_gone

    must_not_be_gone(deployment)
    return open_store(deployment, waiting)
