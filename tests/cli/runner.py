"""A command line over a small company in memory, whose clock stands still on Friday 2026-11-20 at 14:00."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import click
from click.testing import CliRunner, Result

from sla_tracker.cli.completion_candidates import CompletionCandidates
from sla_tracker.cli.deployments import CONFIG_FILE, ServeRequest, StoreOpening
from sla_tracker.cli.errors import keep_in_file
from sla_tracker.cli.main import build
from sla_tracker.deployment.caller_files import LocalFiles
from sla_tracker.deployment.list_files import list_file
from sla_tracker.domain.imports.run import ImportKind, ListReading
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.people import Actor
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.errors import ConfigError, Forbidden, NotFound, SlaError, UsageError
from sla_tracker.services.authoring.settings_editor import (
    PeopleList,
    SettingsChange,
    SettingsEditor,
    ValueChange,
)
from sla_tracker.services.authoring.workshop import PluginWorkshop
from sla_tracker.services.calendar_import import (
    CalendarImporter,
    CalendarReading,
    CalendarSource,
    ReadDay,
    ReadStatus,
)
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.deployment import (
    BackedUp,
    Copied,
    DatabaseSetUp,
    Finding,
    PluginRow,
    Restored,
    missing_plugins,
)
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.form_drafts import FormDraft
from sla_tracker.services.imports.inbox import TakenFile
from sla_tracker.services.imports.rows import ReadList
from sla_tracker.services.ports import CallerFiles
from sla_tracker.services.queries.list_content import ListContent
from sla_tracker.services.reminders.messages import Channels
from sla_tracker.services.web_access.tokens import WebAccess
from sla_tracker.wording.checkpoints import Checkpoint


@dataclass
class FakeDeployment:
    """An open deployment whose parts are what a test puts there."""

    folder: Path
    context: ServiceContext
    actor: Actor
    keymap: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[PluginRow] = ()
    findings: Sequence[Finding] = ()
    outlets: Channels = field(default_factory=Channels)
    alarming: Sequence[str] = ()
    workshop: Any = None
    reads_only: bool = False
    does_chores: bool = True
    filters: dict[str, str] = field(default_factory=dict)
    drafts: dict[str, FormDraft] = field(default_factory=dict)
    closed: bool = False
    files: CallerFiles = field(default_factory=LocalFiles)

    def begin(self, waiting: Callable[[str], None] | None = None) -> None:
        """Nothing was left for later."""

    def alarms(self) -> Sequence[str]:
        return self.alarming

    def missing_plugins(self) -> Sequence[str]:
        return missing_plugins(self.rows)

    def plugins(self) -> Sequence[PluginRow]:
        return self.rows

    def plugins_changed(self) -> bool:
        return False

    def reload(self) -> None:
        return None

    def check_up(self) -> Sequence[Finding]:
        return self.findings

    def channels(self) -> Channels:
        return self.outlets

    def news(self) -> None:
        """The store in memory is asked."""

    def report(self, dates: DateRange, form: str) -> bytes:
        return f"{dates.id} {form}\n".encode()

    def list_file(self, content: ListContent, form: str, *, todo: bool = False) -> bytes:
        return list_file(self.context, content, form, todo=todo)

    def read_list(self, kind: ImportKind, file: str, reading: ListReading) -> ReadList[Any]:
        from sla_tracker.deployment import lists  # here: no other call reads one

        return lists.read_list(self.context, self.files, kind, file, reading)

    def take_inbox(self) -> Sequence[TakenFile]:
        return ()

    def erase_files(self, subjects: Sequence[str]) -> int:
        return 0

    @property
    def web_access(self) -> WebAccess:
        from sla_tracker.deployment.web_access.kept import KeptAccess  # here: no other call needs it

        return KeptAccess(self.folder)

    @property
    def takes_passwords(self) -> bool:
        return True

    @property
    def web_url(self) -> str:
        return "https://sla.example.com"

    def form_drafts(self) -> Mapping[str, FormDraft]:
        return dict(self.drafts)

    def change_form_drafts(self, changed: Mapping[str, FormDraft | None]) -> None:
        merged = {**self.drafts, **changed}
        self.drafts = {key: draft for key, draft in merged.items() if draft is not None}

    def saved_filters(self) -> Mapping[str, str]:
        return self.filters

    def save_filter(self, name: str, text: str) -> None:
        self.filters[name] = text
        if not text:
            del self.filters[name]

    def forget(self) -> None:
        """Keep nothing that could be forgotten."""

    def close(self) -> None:
        self.closed = True


class FakeEditor:
    """Changes no settings, and reads an empty list of people."""

    def with_value(self, key: str, typed: str) -> SettingsChange:
        raise NotImplementedError

    def without_value(self, key: str) -> SettingsChange:
        raise NotImplementedError

    def with_plugin(self, plugin: str) -> SettingsChange:
        raise NotImplementedError

    def with_people(
        self, added: Sequence[Mapping[str, object]], changed: Mapping[str, Mapping[str, object]]
    ) -> SettingsChange:
        return SettingsChange(text="", digest="", changes=())

    def read_people(self, named: str) -> PeopleList:
        return PeopleList(sheet="staff", used={})

    def write(self, change: SettingsChange) -> None:
        raise NotImplementedError

    def differences(self, other: str) -> Sequence[ValueChange]:
        return ()


class FakeImporter:
    """Reads one day off from every file."""

    def read(self, file: Path, name: str, year: int | None) -> CalendarReading:
        days = (ReadDay(date(2027, 1, 1), ReadStatus.OFF, Text("元旦", "New Year's Day")),)
        target = Path(f"{name}-2027.toml")
        return CalendarReading(name=name, year=2027, file=str(file), target=target, text="", days=days)

    def calendars_with(self, reading: CalendarReading) -> Mapping[str, WorkCalendar]:
        return {}

    def take(self, reading: CalendarReading) -> Path:
        return reading.target

    def sources(self) -> Sequence[CalendarSource]:
        return [CalendarSource(name="china", plugin="china", published=(2004, 2026))]


@dataclass
class TestDeployments:
    """Opens one company for command-line tests, and records the deployments opened."""

    __test__ = False

    folder: Path
    context: ServiceContext
    login: str = "wang.fang"
    rows: Sequence[PluginRow] = ()
    findings: Sequence[Finding] = ()
    alarming: Sequence[str] = ()
    outlets: Channels = field(default_factory=Channels)
    opened: list[tuple[Path, str, bool]] = field(default_factory=list)
    opened_deployments: list[FakeDeployment] = field(default_factory=list)
    made: list[tuple[Path, str, bool, date | None]] = field(default_factory=list)
    shown: int = 0
    compared: list[str] = field(default_factory=list)
    served: list[ServeRequest] = field(default_factory=list)
    files: CallerFiles = field(default_factory=LocalFiles)

    def open(
        self,
        folder: Path,
        *,
        as_person: str = "",
        plugins: bool = True,
        opening: StoreOpening = StoreOpening.AT_ONCE,
        careful: bool = False,
    ) -> FakeDeployment:
        self.opened.append((folder, as_person, plugins))
        if as_person and not self.context.settings.trial:
            raise Forbidden("Only a trial deployment can be acted in as another person.")
        tick(self.context)
        person = self.context.person(as_person or self.login)
        login = self.login if as_person else ""
        deployment = FakeDeployment(
            folder=folder,
            context=self.context,
            actor=Actor(person=person, via="command", as_login=login),
            rows=self.rows,
            findings=self.findings,
            alarming=self.alarming,
            outlets=self.outlets,
        )
        self.opened_deployments.append(deployment)
        return deployment

    def keep_fault(self, kind: str, details: str) -> str:
        return keep_in_file(kind, details)

    def serve(self, folder: Path, request: ServeRequest) -> int:
        self.served.append(request)
        return 0

    def candidates(self, folder: Path, *, duties: bool) -> CompletionCandidates | None:
        return None

    def init(
        self, folder: Path, *, config: str, trial: bool, in_force_from: date | None, admin: str = ""
    ) -> Path:
        if config not in self.configs():
            raise NotFound("There is no configuration “{name}”.", name=config)
        self.made.append((folder, config, trial, in_force_from))
        return folder / CONFIG_FILE

    def demo(self, folder: Path, *, since: date | None, progress: Callable[[int], None]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        progress(2026)
        self.made.append((folder, "demo", True, since))
        (folder / CONFIG_FILE).write_text("", encoding="utf-8")
        return folder / CONFIG_FILE

    def today(self, *, trial: bool, config: str = "dealership") -> date:
        return date(2026, 11, 20)

    def configs(self) -> Sequence[str]:
        return ("dealership", "minimal")

    def check_config(self, path: Path) -> Sequence[SlaError]:
        if "wrong" in str(path):
            problems = (UsageError("[people] name is missing."), UsageError("[hours] mon: 25:00 is no time."))
            raise ConfigError("{file} is wrong:", problems, file=str(path))
        return ()

    def workshop(self, folder: Path) -> PluginWorkshop:
        raise NotFound("Nobody writes plugins in {folder}.", folder=folder)

    def settings_editor(self, folder: Path) -> SettingsEditor:
        return FakeEditor()

    def settings_schema(self) -> str:
        raise NotImplementedError

    def calendar_importer(self, folder: Path, today: date) -> CalendarImporter:
        return FakeImporter()

    def retry_plugin(self, folder: Path, plugin: str) -> bool:
        raise NotImplementedError

    def new_package(self, folder: Path, plugin: str, name: Text, consumer: str) -> Sequence[Path]:
        return (folder / plugin,)

    def plugin_schema(self) -> str:
        return "{}"

    def setup_script(self, folder: Path, services: Sequence[str]) -> str:
        return f"-- for {', '.join(services)}\n"

    def apply_setup(self, folder: Path, services: Sequence[str], address: str) -> DatabaseSetUp:
        return DatabaseSetUp(migrations=len(services))

    def migrate(self, folder: Path, place: str, progress: Callable[[int], None]) -> Copied:
        return self._copied(progress)

    def write_lines(self, folder: Path, lines: BinaryIO) -> Copied:
        lines.write(b"{}\n")
        return self._copied()

    def read_lines(self, folder: Path, lines: BinaryIO, progress: Callable[[int], None]) -> Copied:
        lines.read()
        return self._copied(progress)

    def _copied(self, progress: Callable[[int], None] | None = None) -> Copied:
        last = self.context.store.sequence()
        for sequence in range(1, last + 1):
            if progress is not None:
                progress(sequence)
        return Copied(changes=last, values={"duties": 0}, digest="0" * 64)

    def adopt_store(self, folder: Path) -> None:
        pass

    def verify(self, folder: Path, *, accept: bool, anchors: Sequence[Checkpoint]) -> Sequence[Finding]:
        self.compared = [str(anchor) for anchor in anchors]
        return () if accept else self.findings

    def backup(self, folder: Path, target: Path | None, *, only_due: bool = False) -> BackedUp | None:
        return BackedUp(file=target, changes=self.context.store.sequence()) if target is not None else None

    def restore(
        self, folder: Path, source: Path, *, settings: bool = False, only_show: bool = False
    ) -> Restored:
        return Restored(changes=len(source.read_bytes()))

    def terminal(self, deployment: Any) -> int:
        self.shown += 1
        return 0


@dataclass
class Line:
    """Runs commands as somebody types them."""

    deployments: TestDeployments

    @property
    def root(self) -> click.Group:
        return build(self.deployments)

    def run(
        self, *words: str, code: int = 0, person: str = "", env: Mapping[str, str] | None = None
    ) -> Result:
        acting = ["--as", person] if person else []
        result = self.attempt(*acting, *words, env=env)
        assert result.exit_code == code, f"{result.exit_code}: {result.output}"
        return result

    def attempt(self, *words: str, env: Mapping[str, str] | None = None) -> Result:
        folder = str(self.deployments.folder)
        return CliRunner().invoke(self.root, ["--deployment", folder, *words], env=dict(env or {}))

    def say(self, *words: str, code: int = 0, person: str = "") -> str:
        return self.run(*words, code=code, person=person).output

    def json(self, *words: str, person: str = "") -> Any:
        document = json.loads(self.run(*words, "--json", person=person).stdout)
        assert document["version"] == 1
        return document

    def vehicle(
        self, at: str = "16:40", *, subject: str = "鄂F·12345", day: str = "2026-11-19", cash: str = "no"
    ) -> Any:
        """Register a delivered vehicle and return the document of what it opened."""
        return self.json(
            "event", "add", "vehicle-delivered", subject, "--at", f"{day} {at}", "-f", f"cash={cash}"
        )

    def reference(self, obligation: str, **event: str) -> str:
        """Register a delivered vehicle and return the reference of one duty it opened."""
        opened = self.vehicle(**event)["opened"]
        return next(str(duty["reference"]) for duty in opened if duty["obligation"] == obligation)
