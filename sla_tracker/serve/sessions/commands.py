"""The command line's access to deployments inside a session of the service."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from sla_tracker.cli.completion_candidates import CompletionCandidates
from sla_tracker.cli.deployments import StoreOpening
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, Forbidden, Refused, SlaError
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.serve.processes.confinement import lift_processor_limit, only_verification
from sla_tracker.services.authoring.workshop import PluginWorkshop
from sla_tracker.services.deployment import BackedUp, Copied, DatabaseSetUp, Finding, OpenDeployment, Restored
from sla_tracker.services.ports import CallerFiles

if TYPE_CHECKING:
    from sla_tracker.cli.deployments import ServeRequest
    from sla_tracker.deployment.calendar_import import FolderImporter
    from sla_tracker.services.authoring.settings_editor import SettingsEditor
    from sla_tracker.wording.checkpoints import Checkpoint


class ServedDeployments(DeploymentService):
    """Runs commands on the one deployment of the service, for the caller.

    Whatever else a command asks for is refused. `begin_terminal` asks whether the caller may open one terminal more and
    moves the session to a pty. `check_by_caller` ends the call here and lets the caller's own program run it, for code
    of the caller.
    """

    def __init__(
        self,
        opened: ServedDeployment,
        begin_terminal: Callable[[], None],
        keep_fault: Callable[[str, str], str],
        check_by_caller: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        self._keep_fault = keep_fault
        self._opened = opened
        self._begin_terminal = begin_terminal
        self._check_by_caller = check_by_caller

    @property
    def files(self) -> CallerFiles:
        """Return the caller's files and printer."""
        return self._opened.files

    def open(
        self,
        folder: Path,
        *,
        as_person: str = "",
        plugins: bool = True,
        opening: StoreOpening = StoreOpening.AT_ONCE,
        careful: bool = False,
    ) -> OpenDeployment:
        """Return the deployment of the service, which acts for the caller."""
        if as_person:
            raise Forbidden(
                N_("Acting as another person (--as) is for trial deployments only; this is a real one.")
            )
        if not plugins:
            raise Forbidden(
                N_("--no-plugins is not for calls through the service: plugins review deliveries.")
            )
        return self._opened

    def candidates(self, folder: Path, *, duties: bool) -> CompletionCandidates | None:
        """Return None: the service has no start-up cache, and needs none."""
        return None

    def _refuse(self, command: str) -> NoReturn:
        raise Refused(
            N_(
                "{command} is not done through the service. Whoever looks after it runs it on the host, under the "
                "service's login: sla --deployment {folder} {command}"
            ),
            command=command,
            folder=self._opened.folder,
        )

    def keep_fault(self, kind: str, details: str) -> str:
        """Keep the details of a fault in the service's folder; the caller gets a number."""
        return self._keep_fault(kind, details)

    def serve(self, folder: Path, request: ServeRequest) -> int:
        """Refuse: the service runs already, and its pages stand at their address."""
        if not request.opens_trial:
            self._refuse("serve")
        if url := self._opened.web_url:
            raise Refused(
                N_(
                    "sla web open shows a trial only. The pages of the service are at {url}; open it in the browser."
                ),
                url=url,
            )
        raise Refused(
            N_(
                "sla web open shows a trial only, and the service shows no pages yet: whoever looks after it names "
                "their address in the settings, url under [web] (docs/web.md)."
            )
        )

    def init(
        self, folder: Path, *, config: str, trial: bool, in_force_from: date | None, admin: str = ""
    ) -> Path:
        """Refuse: a new deployment is no matter of the service."""
        self._refuse("init")

    def demo(
        self, folder: Path, *, since: date | None = None, progress: Callable[[int], None] | None = None
    ) -> Path:
        """Refuse: a new deployment is no matter of the service."""
        self._refuse("demo")

    def check_config(self, path: Path) -> Sequence[SlaError]:
        """Check the service's own settings, for an administrator."""
        self._opened.must_administer()
        if path.resolve() not in {self._opened.folder, self._opened.deployment.file.resolve()}:
            self._refuse("config check")
        return super().check_config(self._opened.folder)

    def workshop(self, folder: Path) -> PluginWorkshop:
        """Return the workshop of the deployment."""
        return replace(self._opened.workshop, check_by_caller=self._check_by_caller)

    def settings_editor(self, folder: Path) -> SettingsEditor:
        """Return what changes the settings of the service, for an administrator."""
        from sla_tracker.config.load import read_config
        from sla_tracker.serve.sessions.settings import ServedEditor

        self._opened.must_administer()
        return ServedEditor(read_config(self._opened.folder), self.files)

    def calendar_importer(self, folder: Path, today: date) -> FolderImporter:
        """Return the reader of calendar files, which the caller's own program opens."""
        importer = super().calendar_importer(self._opened.folder, today)
        return replace(importer, open_file=self.files.read)

    def retry_plugin(self, folder: Path, plugin: str) -> bool:
        """Let the service run a plugin again, for an administrator."""
        self._opened.must_administer()
        return super().retry_plugin(self._opened.folder, plugin)

    def new_package(self, folder: Path, plugin: str, name: Text, consumer: str) -> Sequence[Path]:
        """Refuse: a package is written by the caller's own program."""
        self._refuse("plugin new --python")

    def setup_script(self, folder: Path, services: Sequence[str]) -> str:
        """Refuse: whoever sets the database up does it as its owner, on the host."""
        self._refuse("pg setup")

    def apply_setup(self, folder: Path, services: Sequence[str], address: str) -> DatabaseSetUp:
        """Refuse: whoever sets the database up does it as its owner, on the host."""
        self._refuse("pg setup")

    def migrate(self, folder: Path, place: str, progress: Callable[[int], None]) -> Copied:
        """Refuse: nobody may work meanwhile, so the service has to be stopped for it."""
        self._refuse("migrate")

    def read_lines(self, folder: Path, lines: BinaryIO, progress: Callable[[int], None]) -> Copied:
        """Refuse: nobody may work meanwhile, so the service has to be stopped for it."""
        self._refuse("import")

    def restore(
        self, folder: Path, source: Path, *, settings: bool = False, only_show: bool = False
    ) -> Restored:
        """Refuse: the service has the store open."""
        self._refuse("restore")

    def adopt_store(self, folder: Path) -> None:
        """Refuse: whose store it is, is said on the host by the store's owner."""
        self._refuse("verify --adopt")

    def write_lines(self, folder: Path, lines: BinaryIO) -> Copied:
        """Write the store as JSON lines, for an administrator."""
        from sla_tracker.deployment.migration import Moves

        self._opened.must_administer()
        return Moves(deployment=self._opened.deployment, now=self._opened.context.now()).write_lines(lines)

    def verify(self, folder: Path, *, accept: bool, anchors: Sequence[Checkpoint]) -> Sequence[Finding]:
        """Check every byte of the store, for a person of the settings.

        With `accept`, the store's present end becomes the caller's checkpoint. Raises Forbidden, StoreBusy.
        """
        if not self._opened.actor.is_named:
            raise Forbidden(N_("Only people of the settings verify the store."))
        with only_verification(self._opened.state_folder):
            findings = super().verify(self._opened.folder, accept=False, anchors=anchors)
        if accept and not findings:
            self._opened.tell_checkpoint(accepted=True)
        return findings

    def backup(self, folder: Path, target: Path | None, *, only_due: bool = False) -> BackedUp | None:
        """Write the store into one new file.

        The file belongs to the caller, who is an administrator, or is a regular backup of the service.
        """
        from sla_tracker.deployment import backup

        self._opened.must_administer()
        deployment, now = self._opened.deployment, self._opened.context.now()
        if target is None:
            due = not only_due or backup.is_due(deployment, now)
            return backup.regular_backup(deployment, now) if due else None
        with tempfile.TemporaryDirectory() as spool:
            copy = Path(spool) / "copy"
            done = backup.backup(deployment, copy)
            with self.files.new_file(str(target)) as stream, copy.open("rb") as source:
                while chunk := source.read(1 << 20):
                    stream.write(chunk)
        return replace(done, file=target)

    def terminal(self, opened: OpenDeployment) -> int:
        """Run the terminal on a pty until the person leaves it."""
        self._begin_terminal()
        lift_processor_limit()
        return super().terminal(opened)
