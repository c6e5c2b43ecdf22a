"""Holds a deployment that the service has open, for one session and its caller."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sla_tracker.config.deployment import FILE_NAME, SERVICE_FOLDER, Deployment
from sla_tracker.config.load import people_of
from sla_tracker.config.sections.serve import ServeSection, Unknown
from sla_tracker.config.store_kind import StoreKind
from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.deployment.settings.loading import LoadedSettings, usable_config
from sla_tracker.deployment.settings.plugin_memory import quarantine_of
from sla_tracker.deployment.settings.watched_files import fingerprint, mark_of
from sla_tracker.deployment.stores import Waiting, as_server
from sla_tracker.deployment.web_access.passwords import Passwords
from sla_tracker.domain.agreements.renames import RenamedIds
from sla_tracker.domain.imports.run import ImportKind, ListReading
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.people import Actor, Person, Role
from sla_tracker.errors import SlaError, StoreError
from sla_tracker.i18n import gettext as _
from sla_tracker.serve import client, notices
from sla_tracker.serve.caller import (
    Caller,
    Present,
    PresentSettings,
    Sharing,
    actor_of,
    person_of,
    sharing_of,
)
from sla_tracker.serve.processes.confinement import lift_processor_limit, room_for_browser
from sla_tracker.serve.servable import must_be_servable, refuse_unservable
from sla_tracker.serve.sessions import shared_login
from sla_tracker.serve.sessions.conversation import Conversation
from sla_tracker.serve.sessions.workshop import ServedWorkshop
from sla_tracker.serve.shared import service_settings
from sla_tracker.serve.shared.store import shared_store
from sla_tracker.services.access import Right
from sla_tracker.services.imports.rows import ReadList
from sla_tracker.services.ports import CallerFiles, NewsSource, Store
from sla_tracker.services.queries.list_content import ListContent
from sla_tracker.services.queries.reading import ReadersStore, ReadingRights
from sla_tracker.services.queries.renamed import with_present_ids
from sla_tracker.services.reminders.messages import Channels
from sla_tracker.storage.checkpoints import SeenHead, gone_back
from sla_tracker.storage.tinydb import translate_errors

if TYPE_CHECKING:
    from sla_tracker.services.web_access.tokens import WebAccess
    from sla_tracker.storage.postgres import PostgresStore

PDF = "pdf"
TICKED_SECONDS = 120.0
SERVICE_ENVIRONMENT: dict[str, str] = {}
"""The service's own environment, with the secrets of its channels; a session's is made anew."""


class ServedDeployment(DirectDeployment):
    """A deployment that is opened once.

    Each session is a forked copy that acts for its caller.
    """

    _caller: Caller | None = None
    _conversation: Conversation | None = None
    _files: CallerFiles | None = None
    _news: NewsSource | None = None
    _report_fact: Callable[..., None] | None = None
    _adopted_at = 0.0
    """When the caller was recognised (time.time)."""
    ticked_at = float("-inf")
    """When the service last created what had come due (time.monotonic)."""
    generation = 0
    """The process id of the generation."""
    failure = ""
    """Why the newest settings cannot be used, while the last good ones are."""

    @property
    def limits(self) -> ServeSection:
        """Return the settings of the service."""
        return self.deployment.config.serve or ServeSection()

    @property
    def state_folder(self) -> Path:
        """Return the folder of what the service keeps beside the store."""
        return self.deployment.folder / SERVICE_FOLDER

    def must_be_servable(self) -> None:
        """Raise ConfigError for a deployment that the service cannot share.

        Such a deployment is a trial, or its store cannot be shared in this way.
        """
        must_be_servable(self.deployment)

    def _open_store(self, deployment: Deployment) -> Store:
        """Open the embedded store, or prepare the one on a server for the sessions."""
        if deployment.basics.store_kind is not StoreKind.POSTGRES:
            return super()._open_store(deployment)
        limits = deployment.config.serve or ServeSection()
        return shared_store(deployment, deployment.folder / SERVICE_FOLDER, limits.connections)

    @property
    def shared(self) -> PostgresStore | None:
        """Return the store if it is one on a server, which other services may share."""
        return as_server(self._store)

    def plugins_changed(self) -> bool:
        """Return whether settings, plugins or calendars have to be read again.

        They have to after a change, or when an administrator wants a plugin to be tried again.
        """
        return super().plugins_changed() or self._has_released_plugin()

    def _has_released_plugin(self) -> bool:
        """Return whether a plugin that was left out as harmful is in quarantine no more."""
        kept_out = {one.name for one in self.host.plugins if one.is_kept_out}
        if not kept_out:
            return False
        quarantine = quarantine_of(self.deployment)
        return quarantine is not None and not kept_out <= quarantine.incidents.keys()

    def today(self) -> date:
        """Return the present day in the deployment's zone."""
        return self._today()

    def is_of_yesterday(self) -> bool:
        """Tell whether this deployment was read on another day.

        People who have left since then are still in it.
        """
        return self._read_on != self._today()

    def mark(self) -> object:
        """Return what changes whenever a file of settings, plugins or calendars does."""
        return fingerprint(self.deployment), self._today(), self._has_released_plugin()

    def mark_of_web(self) -> str:
        """Return a text that changes with the settings of the web process.

        Empty where there is no web process.
        """
        from sla_tracker.serve.web.options import mark_of_web

        return mark_of_web(self.deployment)

    def alarms(self) -> Sequence[str]:
        """Return the warnings to show at once.

        One of them says that the newest settings are not in use.
        """
        told = [*service_settings.warnings(self.state_folder)] if self.shared is not None else []
        told += notices.recent(self.state_folder) if self._may_administer() else []
        if not self.failure:
            return (*super().alarms(), *told)
        said = _(
            "The settings were changed and cannot be used; the last good ones go on. {problem}",
            problem=self.failure,
        )
        return (*super().alarms(), said, *told)

    def _may_administer(self) -> bool:
        return self._caller is not None and self._find_actor().role is Role.ADMIN

    def follow(self) -> bool:
        """Load what sessions wrote, and return whether there is anything new.

        Sessions then have less to load. While somebody writes, nothing is loaded, so this waits for nobody.
        """
        if self.embedded is None:
            return False
        journal = self.embedded.journal
        before = journal.sequence
        with translate_errors():
            return not journal.refresh_if_free() or journal.sequence != before

    # --- in a session -------------------------------------------------------------------------------------------------

    def adopt_after_fork(self) -> frozenset[int]:
        """Make the open store a forked copy's own, and return its descriptors.

        Call it before the other descriptors are closed.
        """
        if self.embedded is None:
            return frozenset()
        self.embedded.adopt_after_fork()
        return self.embedded.journal.descriptors()

    def adopt(
        self,
        caller: Caller | None,
        conversation: Conversation | None,
        files: CallerFiles | None,
        news: NewsSource | None = None,
        report: Callable[..., None] | None = None,
    ) -> None:
        """Make a forked copy act for a caller, or for the service itself.

        Raises Forbidden, StoreError.

        What has come due is created. `report` adds facts to the session's line in the log.
        """
        self._report_fact = report
        self._caller, self._conversation, self._files, self._news = caller, conversation, files, news
        self._adopted_at = time.time()
        self._actor = self._find_actor()
        self.begin()
        if caller is not None:
            self._guard()

    def catch_up(self) -> None:
        """Read settings and plugins again where they changed since they were read.

        The next generation is on its way; without this, a call right after `sla person add` would know nobody new,
        and sessions of both generations would bring the store up to date in turn. Wrong ones change nothing.
        """
        if not self.failure and self.plugins_changed():
            with contextlib.suppress(SlaError):
                self.reload()

    def begin(self, waiting: Waiting | None = None) -> None:
        """Create what has come due, unless the service has within the last minute."""
        if self._caller is None or time.monotonic() - self.ticked_at > TICKED_SECONDS:
            super().begin(waiting)

    def _read_present(self) -> Present:
        deployment, _problem = usable_config(self.folder)
        return _present_of(deployment, self.host.catalogue.renames().departments)

    def _sight(self) -> ReadingRights:
        return ReadingRights(self._context, self._find_actor(), self._newest.now().reading)

    def _guard(self) -> None:
        """Let each use case find its present caller, and read only what that one may."""
        store = self._context.store
        if self._store is not None:
            store = ReadersStore(with_present_ids(self._store, self._context.catalogue), self._sight)
        self._context = replace(self._context, store=store, present=self._present)

    def _must_take_changes(self) -> None:
        super()._must_take_changes()
        if self._caller is not None and self.shared is not None:
            service_settings.must_have_same_people(self.state_folder)

    @property
    def actor(self) -> Actor:
        """Return the acting person as the newest settings have it.

        Raises Forbidden for nobody.
        """
        return self._find_actor()

    def _present(self, actor: Actor) -> Actor:
        return actor if self._caller is None else self._find_actor()

    def _find_actor(self) -> Actor:
        """Return the caller's person; the service itself acts as nobody and reads only."""
        if self._caller is None:
            return Actor(
                person=Person(id="service", name="service", department="", role=Role.READER), via="service"
            )
        actor = actor_of(self._caller, self._newest.now(), self._today())
        if self._caller.is_of_shared_login:
            shared_login.must_have_same_password(self._caller, self.passwords)
        return actor

    @property
    def passwords(self) -> Passwords:
        """Return the passwords of people."""
        return Passwords(self.deployment.folder)

    def is_named(self, caller: Caller) -> bool:
        """Tell whether the newest settings name the caller."""
        return person_of(caller, self._newest.now().people, self._today()) is not None

    def sharing_of(self, caller: Caller) -> Sharing | None:
        """Return by whom the caller's login is shared; None for no shared one."""
        return sharing_of(caller, self._newest.now())

    def owner_of(self, caller: Caller) -> str:
        """Return the name of the caller's folder: the person's id, else the user id."""
        person = person_of(caller, self._newest.now().people, self._today())
        return f"uid-{caller.uid}" if person is None else person.id

    def present_people(self) -> Mapping[str, Person]:
        """Return the people of the newest settings, by id."""
        return self._newest.now().people

    def farewell(self) -> str:
        """Return the sentence for a caller who may not stay, or nothing."""
        try:
            self._find_actor()
            if self._caller is not None and self._caller.is_of_shared_login:
                self._must_not_idle()
        except SlaError as problem:
            return problem.sentence()
        return ""

    def _must_not_idle(self) -> None:
        """Raise Forbidden where a shared login has to say again who it is.

        The same limits hold for the pages.
        """
        web = self.deployment.config.web
        is_terminal = self._conversation is not None and self._conversation.is_terminal
        shared_login.must_not_idle(
            time.time(),
            began_at=self._adopted_at,
            typed_at=shared_login.last_key() if is_terminal else None,
            idle=timedelta(minutes=web.idle_minutes),
            most=timedelta(hours=web.hours),
        )

    def _load_settings(self, load: Callable[..., LoadedSettings]) -> None:
        before = mark_of(self.folder / FILE_NAME)

        def load_servable(folder: Path, *, with_plugins: bool) -> LoadedSettings:
            loaded = load(folder, with_plugins=with_plugins)
            refuse_unservable(loaded.deployment)
            return loaded

        super()._load_settings(load_servable)
        # The mark from before reading: a session has to notice what changed since the generation read the file.
        present = _present_of(self.deployment, self.host.catalogue.renames().departments)
        self._newest = PresentSettings(self.folder / FILE_NAME, before, present, self._read_present)
        self._read_on = self._today()
        if self._caller is not None:
            self._guard()

    @property
    def does_chores(self) -> bool:
        """Return False: a process of the service does what comes due, for all sessions."""
        return False

    @property
    def web_access(self) -> WebAccess:
        """Return the passwords and tokens for HTTP; the log says who changed whose."""
        if self._report_fact is None:
            return super().web_access
        from sla_tracker.serve.sessions.noted_access import NotedAccess

        return NotedAccess(self.deployment.folder, self._report_fact)

    def news(self) -> NewsSource | None:
        """Return the line to the generation, which watches the store for all sessions."""
        return self._news

    @property
    def files(self) -> CallerFiles:
        """Return the caller's files and printer."""
        return self._files or super().files

    def report(self, dates: DateRange, form: str) -> bytes:
        """Return the report of a range in a form; one browser at a time prints a PDF."""
        with room_for_browser(self.state_folder) if form == PDF else contextlib.nullcontext():
            return super().report(dates, form)

    def list_file(self, content: ListContent, form: str, *, todo: bool = False) -> bytes:
        """Return a list as a file of a form; one browser at a time prints a PDF."""
        with room_for_browser(self.state_folder) if form == PDF else contextlib.nullcontext():
            return super().list_file(content, form, todo=todo)

    def read_list(self, kind: ImportKind, file: str, reading: ListReading) -> ReadList[Any]:
        """Return what a list of the caller holds.

        A list has a most of rows, and taking them over may need more processor time than other commands may.
        """
        lift_processor_limit()
        return super().read_list(kind, file, reading)

    @property
    def workshop(self) -> ServedWorkshop:
        """Return the workshop for plugins.

        It takes files of the caller and lets administrators install them.
        """
        return ServedWorkshop(
            deployment=self.deployment,
            host=self.host,
            clock=self._context.clock,
            files=self.files,
            must_administer=self.must_administer,
        )

    def must_administer(self) -> None:
        """Raise Forbidden for a caller who may not administer the deployment."""
        self._context.require(self.actor, Right.ADMINISTER, self._context.now())

    def channels(self) -> Channels:
        """Return the channels for sending reminders; their secrets are the service's."""
        from sla_tracker.notify.channels import make_channels

        return make_channels(
            (table.settings(name) for name, table in self.deployment.config.notify.items()),
            environ=SERVICE_ENVIRONMENT,
            person=self._actor.id,
            makers=self.host.notifiers,
        )

    def _lost_commits(self) -> SlaError | None:
        """Return the error for a store that lacks a commit that the caller has seen."""
        seen = self._caller.seen if self._caller else None
        if seen is None or self._store is None:
            return None
        return gone_back(self._store, SeenHead(sequence=seen[0], hash=seen[1]))

    def _write_state(self) -> None:
        """Tell the caller the last commit, which the caller's own login keeps.

        A store that does not answer costs no more than that: what was to be done is done.
        """
        with contextlib.suppress(StoreError):
            if self._renamed_store() is None and self._lost_commits() is None:
                self.tell_checkpoint()

    def tell_checkpoint(self, *, accepted: bool = False) -> None:
        """Send number and hash of the last commit to the caller; raises StoreError.

        The commit is the store's present one: what this session loaded may be older than what the login saw in another
        one.
        """
        if self._conversation is None or self._store is None:
            return
        sequence, last = self._store.head()
        fields = (str(sequence).encode(), last.encode())
        self._conversation.tell(client.CHECKPOINT, *fields, *([b"accept"] if accepted else []))


def _present_of(deployment: Deployment, departments: RenamedIds) -> Present:
    """Return what settings say of people and reading.

    People whom the present file no longer names are left out.
    """
    people = people_of(deployment.config, departments)
    serve = deployment.config.serve or ServeSection()
    return Present(
        people={person.id: person for person in people if person.id not in deployment.unnamed},
        strangers_read=serve.unknown is Unknown.READ,
        shared={name: Sharing(people=frozenset(one.people)) for name, one in serve.shared_logins.items()},
        reading=deployment.config.access.reading,
    )
