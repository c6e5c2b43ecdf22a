"""Creates, checks, compares and installs plugin files of a deployment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from sla_tracker.config.load import Deployment, read_config
from sla_tracker.deployment.plugin_loading import build_with, load_host
from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.sheets import Sheet
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.durable_files import replace_file
from sla_tracker.errors import (
    N_,
    ConfigError,
    NotFound,
    PluginError,
    Refused,
    SlaError,
    UsageError,
    unwritten,
)
from sla_tracker.plugin_host.authoring import scaffold
from sla_tracker.plugin_host.authoring.check import check_file, flat
from sla_tracker.plugin_host.authoring.checklist_source import checklist_source, require_same
from sla_tracker.plugin_host.authoring.draft import checklist_text
from sla_tracker.plugin_host.declarations import owners_of
from sla_tracker.plugin_host.field_checks import ID
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.isolation.own_process import can_fork, in_own_process
from sla_tracker.plugin_host.trust import read_trusted
from sla_tracker.regular_files import open_regular
from sla_tracker.services.authoring.difference import Kind, differences, shifts
from sla_tracker.services.authoring.draft import Draft
from sla_tracker.services.authoring.edit import ChecklistEdit, OpenedChecklist
from sla_tracker.services.authoring.preview import calendars_by
from sla_tracker.services.authoring.settings_editor import SettingsEditor
from sla_tracker.services.authoring.unclear import BegunList
from sla_tracker.services.authoring.workshop import DRAFT_MARK, Changes, Checked, ComparedEdit
from sla_tracker.services.ports import Clock
from sla_tracker.value_class import dataclass

CHECKLIST, PYTHON = ".toml", ".py"
MOST_NAMED = 10
"""Most people named in one sentence."""
LARGEST_PLUGIN_BYTES = 1024 * 1024
FILE_MODE = 0o644
FOLDER_MODE = 0o755
LOOK_AHEAD = timedelta(days=365)
"""How far changed deadlines are computed when plugins are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentWorkshop:
    """Implements `services.authoring.workshop.PluginWorkshop` for one deployment."""

    deployment: Deployment
    host: PluginHost
    clock: Clock

    @property
    def folder(self) -> Path:
        """Return the plugin folder."""
        return self.deployment.plugin_folder

    @property
    def language(self) -> str:
        """Return the language of the deployment's settings, "" for none."""
        return self.deployment.config.language

    @property
    def zone(self) -> ZoneInfo:
        """Return the deployment's zone."""
        return ZoneInfo(self.deployment.config.zone)

    @property
    def catalogue(self) -> Catalogue:
        """Return what the plugins in use declare."""
        return self.host.catalogue

    def now(self) -> datetime:
        """Return the present instant."""
        return self.clock.now()

    # --- looking ------------------------------------------------------------------------------------------------------

    def find(self, named: str) -> Path:
        """Return the plugin file of a path or name; raises NotFound with the known names."""
        path = Path(named)
        if path.is_file():
            if path.suffix not in (CHECKLIST, PYTHON):
                raise UsageError(N_("{file} is no plugin; those end in .toml or .py."), file=path.name)
            return path.resolve()
        for prefix in (DRAFT_MARK, ""):
            for suffix in (CHECKLIST, PYTHON):
                inside = self.folder / f"{prefix}{named}{suffix}"
                if inside.is_file():
                    return inside.resolve()
        there = sorted(one.name for one in self._files())
        if not there:
            raise NotFound(
                N_(
                    "There is no plugin file “{named}”, and no other in {folder}; begin one: sla plugin new NAME"
                ),
                named=named,
                folder=self.folder,
            )
        raise NotFound(
            N_("There is no plugin file “{named}”; in {folder} there are {known}."),
            named=named,
            folder=self.folder,
            known=", ".join(there),
        )

    def drafts(self) -> Sequence[Path]:
        """Return the plugin files not in use, whose names begin with an underscore."""
        return [one.resolve() for one in self._files() if one.name.startswith(DRAFT_MARK)]

    def check(self, file: Path, until: date | None = None, together: Sequence[Path] = ()) -> Checked:
        """Check a plugin file together with the others.

        Python files run in a separate process.
        """
        last = until or (self.now() + LOOK_AHEAD).astimezone(self.zone).date()
        if not can_fork() or not any(one.suffix == PYTHON for one in (file, *together)):
            return self._checked(file, last, together)
        try:
            return in_own_process(lambda: self._checked(file, last, together))
        except PluginError as problem:
            return Checked(name=_plugin_name(file), problems=(problem,))

    def _checked(self, file: Path, until: date, together: Sequence[Path]) -> Checked:
        built = build_with(self.deployment, self.host, complete=False)
        report = check_file(
            file, self._load, built.calendars, self.now(), until=until, together=_by_plugin_name(together)
        )
        return Checked(
            name=report.status.name,
            problems=report.problems or tuple(self._settings_problems(report.host)),
            warnings=report.status.warnings,
            contributed=report.status.contributed,
            obligations=report.obligations,
            coming=report.coming,
            examples=report.examples,
            joins=report.joins,
            catalogue=report.host.catalogue,
            until=until,
        )

    def calendars_with(self, file: Path) -> Mapping[str, WorkCalendar]:
        """Return the working calendars as they would be with a plugin file."""
        host = self._load({_plugin_name(file): file})
        return build_with(self.deployment, host, complete=False).calendars

    def check_draft(self, draft: Draft) -> Checked:
        """Check a draft by writing it to a temporary file."""
        return self._check_text(checklist_text(draft), _file_name(draft.department))

    def _check_text(self, text: str, plugin: str) -> Checked:
        with _scratch_file(text, plugin) as file:
            return self.check(file)

    def changes(self, files: Sequence[Path]) -> Changes:
        """Return what installing these files would change."""
        given = _by_plugin_name(files)
        if can_fork() and any(file.suffix == PYTHON for file in files):
            try:
                in_own_process(lambda: self._load(given).is_complete)
            except PluginError as problem:
                return Changes(problems=(problem,), before=self.catalogue, after=self.catalogue)
        return self._between(self._load(given), self.deployment, given)

    def changes_on_disk(self) -> Changes:
        """Return what reloading settings and plugins would change."""
        try:
            deployment = read_config(self.deployment.file)
            return self._between(load_host(deployment), deployment)
        except ConfigError as error:
            return Changes(problems=flat(error), before=self.catalogue, after=self.catalogue)

    def _between(
        self, host: PluginHost, deployment: Deployment, given: Mapping[str, Path] | None = None
    ) -> Changes:
        built = build_with(deployment, host, complete=given is None and host.is_complete)
        today = self.now().astimezone(built.settings.zone).date()
        both = Catalogue(departments={**self.catalogue.departments, **host.catalogue.departments})
        return Changes(
            plugins=_changed(self.host.digests, host.digests),
            differences=differences(self.catalogue, host.catalogue),
            shifts=shifts(
                self.catalogue, host.catalogue, calendars_by(both, built.calendars), today, today + LOOK_AHEAD
            ),
            problems=tuple(self._new_problems(host, given or {})) or tuple(self._settings_problems(host)),
            before=self.catalogue,
            after=host.catalogue,
        )

    def _new_problems(self, host: PluginHost, given: Mapping[str, Path]) -> Iterator[SlaError]:
        """Yield problems that are new; a plugin replaced by a given file is none."""
        known = {one.name for one in self.host.plugins if one.is_wanted}
        first = {one.name: one for one in reversed(host.plugins) if one.name not in host.digests}
        for name, one in first.items():
            if one.problem is not None and (name in given or name not in known):
                yield from flat(one.problem)

    def _settings_problems(self, host: PluginHost) -> Iterator[SlaError]:
        """Yield the settings that would no longer fit other plugins.

        People of a department that would vanish come first.
        """
        renamed = host.catalogue.renames().departments.present_by_old.keys()
        gone = self.host.catalogue.departments.keys() - host.catalogue.departments.keys() - renamed
        for id in sorted(gone):
            people = [person.name for person in self.deployment.config.people if person.department == id]
            if people:
                yield PluginError(
                    N_(
                        "The department “{id}”, which plugin “{plugin}” declares, would vanish, and {people} belong to "
                        "it; keep it, or give them another department first."
                    ),
                    id=id,
                    plugin=owners_of(self.host.declared.values()).get(("department", id), "-"),
                    people=", ".join(people[:MOST_NAMED]),
                )
        known = {one.sentence() for one in _settings_that_do_not_fit(self.deployment, self.host)}
        if not gone:
            yield from (
                one for one in _settings_that_do_not_fit(self.deployment, host) if one.sentence() not in known
            )

    def _load(self, given: Mapping[str, object]) -> PluginHost:
        return load_host(self.deployment, given=given, owners=owners_of(self.host.declared.values()))

    def _files(self) -> Sequence[Path]:
        there = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        return [one for one in there if one.suffix in (CHECKLIST, PYTHON) and not one.name.startswith(".")]

    # --- writing ------------------------------------------------------------------------------------------------------

    def begin(self, department: str, name: Text, consumer: str, consumer_name: Text | None) -> Path:
        """Write a new checklist draft and return its path."""
        known = self.catalogue.departments
        if consumer_name is None and consumer not in known:
            raise UsageError(
                N_("Who is owed: {what} A department that no plugin brings yet needs --consumer-name too."),
                what=unknown_name(consumer, known),
            )
        if consumer in known:
            consumer_name = None
        text = scaffold.new_checklist(department, name, consumer, consumer_name)
        self._require_unused_name(department)
        return _write_file(self.folder / f"{DRAFT_MARK}{department}{CHECKLIST}", text.encode(), anew=True)

    def begin_from(
        self, named: str, department: str, name: Text, *, consumer: str = "", sheet: str = ""
    ) -> BegunList:
        """Write a draft file from a department's own list in a sheet."""
        from sla_tracker.plugin_host.authoring import (
            paper_list,  # a call that needs none of it does not wait for it
        )

        scaffold.must_be_id(department)
        known = self.catalogue.departments
        if consumer and consumer not in known:
            raise UsageError(N_("Who is owed: {what}"), what=unknown_name(consumer, known))
        self._require_unused_name(department)
        table, others = paper_list.find_list(self._sheets_of(named), sheet)
        drafted = paper_list.drafted_list(table, department, name, self.catalogue, consumer)
        target = self.folder / f"{DRAFT_MARK}{department}{CHECKLIST}"
        return BegunList(
            file=_write_file(target, checklist_text(drafted.draft).encode(), anew=True),
            sheet=table.sheet.name,
            obligations=len(drafted.draft.obligations),
            used=tuple(paper_list.used_headings(table)),
            unused=tuple(paper_list.unused_headings(table)),
            others=tuple(others),
            unclear=tuple(drafted.unclear),
        )

    def _sheets_of(self, named: str) -> Sequence[Sheet]:
        from sla_tracker.sheets.reader import read_named

        return read_named(self._open, named)

    def _open(self, named: str) -> BinaryIO:
        """Open a file of the caller; a pipe or a device in its place keeps nobody waiting."""
        return os.fdopen(open_regular(named), "rb")

    def open_checklist(self, plugin: str) -> OpenedChecklist:
        """Return a checklist in use for a form."""
        return checklist_source(self.host, self.folder, plugin).opened()

    def check_edit(self, edit: ChecklistEdit) -> Checked:
        """Check an edit by writing it to a temporary file."""
        return self._check_text(
            checklist_source(self.host, self.folder, edit.plugin).with_edit(edit), edit.plugin
        )

    def compare_edit(self, edit: ChecklistEdit) -> ComparedEdit:
        """Return what saving an edit would change."""
        source = checklist_source(self.host, self.folder, edit.plugin)
        with _scratch_file(source.with_edit(edit), edit.plugin) as file:
            changes = self.changes([file])
        return ComparedEdit(
            edit=replace(edit, digest=source.digest),
            file=source.file,
            packaged=source.packaged,
            changes=changes,
            overtaken=source.digest != edit.digest,
        )

    def save_edit(self, edit: ChecklistEdit) -> Path:
        """Write an edit, if the file is still the one it goes by."""
        source = checklist_source(self.host, self.folder, edit.plugin)
        require_same(source, edit)
        text = source.with_edit(edit)
        _require_none({source.file.name: self._check_text(text, edit.plugin).problems})
        if not source.packaged:
            _write_file(self.folder / f".{source.file.name}.before", source.text.encode())
        require_same(checklist_source(self.host, self.folder, edit.plugin), edit)
        return _write_file(source.file, text.encode(), anew=source.packaged)

    def settings_editor(self) -> SettingsEditor:
        """Return the editor of the settings, which name the plugins in use."""
        from sla_tracker.deployment.caller_files import LocalFiles
        from sla_tracker.deployment.settings.editing import FileEditor

        return FileEditor(self.deployment, LocalFiles())

    def save(self, draft: Draft) -> Path:
        """Write a draft as a checklist in use.

        Raises PluginError with its problems, or Refused.
        """
        self._require_unused_name(draft.department)
        _require_none({f"{draft.department}{CHECKLIST}": self.check_draft(draft).problems})
        text = checklist_text(draft)
        return _write_file(
            self.folder / f"{_file_name(draft.department)}{CHECKLIST}", text.encode(), anew=True
        )

    def take(self, files: Sequence[Path]) -> Sequence[Path]:
        """Install plugin files in the plugin folder, replacing those of the same names.

        All are checked before the first is written.
        """
        for file in files:
            if file.suffix == PYTHON and self._target(file).name not in self.deployment.config.plugins.python:
                raise Refused(
                    N_(
                        '{file} is Python code; allow it first: python = ["{file}"] under [plugins] in {settings}.'
                    ),
                    file=self._target(file).name,
                    settings=self.deployment.file,
                )
        problems = {file.name: self.check(file, together=files).problems for file in files}
        _require_none(problems)
        return [self._placed(file) for file in files]

    def _target(self, file: Path) -> Path:
        return self.folder / f"{_plugin_name(file)}{file.suffix}"

    def _placed(self, file: Path) -> Path:
        """Write a checked plugin file into the plugin folder, and return its path there."""
        target = self._target(file)
        if target.exists() and target.samefile(file):
            return target
        content = read_trusted(file, file.parent, LARGEST_PLUGIN_BYTES).content
        if target.exists():
            _write_file(self.folder / f".{target.name}.before", target.read_bytes())
        placed = _write_file(target, content)
        if file.parent == self.folder.resolve():
            file.unlink()
        return placed

    def _require_unused_name(self, name: str) -> None:
        for path in (self.folder / f"{prefix}{name}{CHECKLIST}" for prefix in ("", DRAFT_MARK)):
            if path.exists():
                raise Refused(N_("There is {file} already; edit that, or choose another name."), file=path)


def write_package(folder: Path, plugin: str, name: Text, consumer: str) -> Sequence[Path]:
    """Write a Python package with tests for a plugin; return its files.

    Raises UsageError, Refused.
    """
    files = scaffold.new_package(plugin, plugin, name, consumer)
    taken = [folder / place for place in files if (folder / place).exists()]
    if taken:
        raise Refused(N_("There is {file} already; choose another folder."), file=taken[0])
    return [_write_file(folder / place, text.encode(), anew=True) for place, text in files.items()]


def _settings_that_do_not_fit(deployment: Deployment, host: PluginHost) -> tuple[SlaError, ...]:
    """Return what of the settings does not fit the plugins."""
    try:
        build_with(deployment, host, complete=True)
    except ConfigError as error:
        return flat(error)
    return ()


@contextmanager
def _scratch_file(text: str, plugin: str) -> Iterator[Path]:
    """Yield a checklist file in a folder of its own, which is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="sla-draft-") as scratch:
        file = Path(scratch).resolve() / f"{plugin}{CHECKLIST}"
        file.write_text(text, encoding="utf-8")
        file.chmod(FILE_MODE)
        yield file


def _plugin_name(file: Path) -> str:
    return file.stem.removeprefix(DRAFT_MARK)


def _by_plugin_name(files: Sequence[Path]) -> dict[str, Path]:
    """Return files by their plugins' names; raises UsageError for a name twice."""
    found: dict[str, Path] = {}
    for file in files:
        name = _plugin_name(file)
        if name in found:
            raise UsageError(N_("Two of the files would be the plugin “{name}”."), name=name)
        found[name] = file
    return found


def _file_name(department: str) -> str:
    """Return a file name for a department.

    It is "new" for an id that might lead out of the folder.
    """
    return department if ID.fullmatch(department) else "new"


def _require_none(problems: Mapping[str, Sequence[SlaError]]) -> None:
    """Raise PluginError with the problems of plugin files, by file name."""
    wrong = [name for name, found in problems.items() if found]
    every = tuple(chain.from_iterable(problems.values()))
    if len(wrong) > 1:
        raise PluginError(N_("The plugins {files} cannot be used:"), every, files=", ".join(wrong))
    if wrong:
        raise PluginError(N_("The plugin {file} cannot be used:"), every, file=wrong[0])


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Kind]:
    found = {}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            found[name] = (
                Kind.ADDED if name not in before else Kind.REMOVED if name not in after else Kind.CHANGED
            )
    return found


def _write_file(path: Path, content: bytes, *, anew: bool = False) -> Path:
    """Write a file atomically, through a temporary one; `anew` refuses to replace one."""
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, mode=FOLDER_MODE)
        replace_file(path, content, mode=FILE_MODE, anew=anew)
    except FileExistsError:
        raise Refused(N_("There is {file} already; choose another name."), file=path) from None
    except OSError as reason:
        kind = unwritten(reason, Refused)
        raise kind(N_("{file} cannot be written: {reason}."), file=path, reason=reason) from reason
    return path
