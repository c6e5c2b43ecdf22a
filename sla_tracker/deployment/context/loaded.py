"""Opens settings, plugins and store, and makes the context of the use cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, cast

from sla_tracker.cli.deployments import StoreOpening
from sla_tracker.config.store_kind import StoreKind
from sla_tracker.deployment.context.acting import find_actor
from sla_tracker.deployment.context.clock import clock_of
from sla_tracker.deployment.context.pending_store import PendingStore
from sla_tracker.deployment.context.store_in_use import StoreInUse
from sla_tracker.deployment.context.texts import head_letter_of, letter_of, report_of
from sla_tracker.deployment.plugin_loading import plugin_set
from sla_tracker.deployment.settings.loading import (
    LoadedSettings,
    load_settings,
    load_usable_settings,
    set_deadly_plugins_aside,
)
from sla_tracker.deployment.settings.settings_cache import CachedSettings, read_settings
from sla_tracker.deployment.settings.watched_files import fingerprint
from sla_tracker.deployment.stores import Waiting, as_server, ballots_of, open_store
from sla_tracker.domain.agreements.roster import PluginSet
from sla_tracker.domain.people import Actor, Person
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import ConfigError, RecordingStopped, SlaError, StoreError, UsageError, show_people_as
from sla_tracker.os_login import process_login
from sla_tracker.services.context import ServiceContext, Settings
from sla_tracker.services.ports import BallotBox, Change, Observer, Review, Reviewer, Store, no_review
from sla_tracker.services.queries.renamed import with_present_ids

if TYPE_CHECKING:
    from sla_tracker.config.deployment import Contents, Deployment
    from sla_tracker.config.load import Built
    from sla_tracker.domain.agreements.catalogue import Catalogue
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.domain.time.work_calendar import WorkCalendar
    from sla_tracker.plugin_host.host import PluginHost
    from sla_tracker.storage.postgres import PostgresStore
    from sla_tracker.storage.tinydb import TinyStore


class LoadedDeployment:
    """A deployment as it was read: its context, acting person, plugins and store.

    All of them can be read again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        as_person: str = "",
        with_plugins: bool = True,
        writes_cache: bool = False,
        keeps_settings: bool = False,
        opening: StoreOpening = StoreOpening.AT_ONCE,
        careful: bool = False,
        waiting: Waiting | None = None,
    ) -> None:
        self._waiting = waiting
        self.folder = folder.resolve()
        if careful and with_plugins:
            set_deadly_plugins_aside(self.folder)
        self._later = {
            StoreKind.TINYDB: opening is not StoreOpening.AT_ONCE,
            StoreKind.POSTGRES: opening is StoreOpening.BY_BEGIN,
        }
        self._writes_cache = writes_cache
        self._with_plugins = with_plugins
        self._as_person = as_person
        self._store: Store | None = None
        self._in_use: StoreInUse | None = None
        self._acts: set[Verb] = set()
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
        """Return settings, people and calendars as they were loaded.

        If they came from their cache, they are loaded now.
        """
        return self._whole().built

    @property
    def _relies_on_cache(self) -> bool:
        """Return whether no plugin was loaded because the cached settings suffice.

        Settings are cached only if all plugins worked.
        """
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
        """Return whether the store is open for reading only, as this login may not write."""
        return self.embedded is not None and self.embedded.journal.read_only

    def plugins_changed(self) -> bool:
        """Return whether settings, plugin files or calendars changed since they were read."""
        return self._loaded_fingerprint != fingerprint(self.deployment)

    def reload(self) -> None:
        """Read settings and plugins again; on ConfigError the present context stays.

        Where the last good settings are in use already, they stay in use.
        """
        self._load_settings(load_settings if self.settings_problem is None else load_usable_settings)

    def _lost_commits(self) -> SlaError | None:
        from sla_tracker.deployment.verification import alarm, checkpoints_of

        return alarm(self._store, checkpoints_of(self.deployment))

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
                    self._in_use = StoreInUse(self.deployment)
                    store = with_present_ids(self._store, self._context.catalogue)
                    self._context = replace(
                        self._context, store=store, stopped=self._lost_commits(), ballots=self._ballots()
                    )
                if self._with_plugins and not self.reads_only and self._takes_changes():
                    tick(self._context)
                    self._release_ballots()
        except (StoreError, ConfigError, UsageError) as problem:
            self._context = replace(self._context, store=cast("Store", PendingStore(problem)))
            raise

    def _takes_changes(self) -> bool:
        return self._context.stopped is None and self._renamed_store() is None

    def _renamed_store(self) -> RecordingStopped | None:
        """Return the error where the settings name another store than the open one."""
        return None if self._in_use is None else self._in_use.problem()

    def _must_take_changes(self) -> None:
        """Raise RecordingStopped where the settings let nothing be recorded now."""
        if self._in_use is not None:
            self._in_use.must_be_named()

    def _release_ballots(self) -> None:
        """Store anonymous answers whose time has come.

        Errors of the box are ignored: they stop nobody's work.
        """
        if self._context.ballots is not None:
            from sla_tracker.services.departments import surveys

            with suppress(StoreError):
                surveys.release(self._context)

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
            self._in_use = StoreInUse(deployment)

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
            head_letter_of=head_letter_of,
            review=review,
            observers=observers,
            plugins=plugins,
            process=process_login("trial" if settings.trial else "unix"),
            stopped=self._lost_commits(),
            before_act=self._must_take_changes,
            ballots=self._ballots(),
            acts=self._acts,
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


def _open_existing_store(deployment: Deployment, waiting: Waiting | None) -> Store:
    from sla_tracker.deployment.verification import must_not_be_gone

    must_not_be_gone(deployment)
    return open_store(deployment, waiting)
