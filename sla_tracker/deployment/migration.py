"""Copies a store with its history: to a server, a folder, or JSON lines and back."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sla_tracker.config.store_kind import StoreKind
from sla_tracker.deployment.stores import (
    Waiting,
    as_server,
    is_server,
    open_folder,
    open_server,
    open_store,
    scratch_store,
    server_address,
)
from sla_tracker.deployment.verification import checkpoints_at, checkpoints_of, remember
from sla_tracker.errors import N_, Refused, StoreBusy, StoreError
from sla_tracker.services.deployment import Copied
from sla_tracker.storage import transfer
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.config.deployment import Deployment
    from sla_tracker.services.ports import Store

CHUNK_BYTES = 1 << 20
"""Bytes copied at a time."""
IN_USE = N_(
    "Somebody wrote to the store while it was copied. Let nobody use it, and run the same command again."
)
SAME = N_("This is the store that the deployment has already; name another place.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Copies one deployment's store.

    `now` is the time of commits that the copy itself makes.
    `waiting` is told who holds the store, when that takes over two seconds.
    """

    deployment: Deployment
    now: datetime
    waiting: Waiting | None = None

    def migrate(self, place: str, progress: Callable[[int], None]) -> Copied:
        """Copy the store to a server or into a folder, and compare both.

        An earlier call that broke off is continued. Raises UsageError, ConfigError, Refused, StoreBusy when another
        process writes meanwhile, StoreError when the place holds something else or the copy is not the same.
        """
        address = server_address(self.deployment, place) if is_server(place) else ""
        if not address:
            self._must_be_elsewhere(Path(place))
        with (
            closing(open_store(self.deployment, self.waiting)) as source,
            _without_writers(source),
            closing(open_server(address) if address else open_folder(Path(place))) as target,
        ):
            if _is_same_store(source, target):
                raise Refused(SAME)
            counted = transfer.migrate(source, target, now=self.now, progress=progress)
            kind = StoreKind.POSTGRES if address else StoreKind.TINYDB
            remember(target, checkpoints_at(self.deployment, kind, Path(place)))
        return _copied(counted, self._settings(place))

    def write_lines(self, lines: BinaryIO) -> Copied:
        """Write the store as JSON lines; raises as migrate does.

        The lines go into a temporary file first: whoever reads the stream may take all day, and writers would wait for
        him.
        """
        with tempfile.TemporaryFile() as spool:
            with closing(open_store(self.deployment, self.waiting)) as source, _without_writers(source):
                copied = _copied(transfer.export_lines(source, spool))
            spool.seek(0)
            shutil.copyfileobj(spool, lines, CHUNK_BYTES)
        return copied

    def read_lines(self, lines: BinaryIO, progress: Callable[[int], None]) -> Copied:
        """Read JSON lines into an empty or partly copied store; raises as migrate does.

        The lines are read into a scratch store first: what is changed or cut off is refused before anything of it is
        taken.
        """
        with tempfile.TemporaryFile() as spool, closing(open_store(self.deployment, self.waiting)) as target:
            shutil.copyfileobj(lines, spool, CHUNK_BYTES)
            spool.seek(0)
            with (
                tempfile.TemporaryDirectory(prefix="sla-import-") as folder,
                closing(scratch_store(Path(folder) / "store")) as scratch,
            ):
                transfer.import_lines(spool, scratch, now=self.now)
            spool.seek(0)
            counted = transfer.import_lines(spool, target, now=self.now, progress=progress)
            remember(target, checkpoints_of(self.deployment))
            return _copied(counted)

    def _must_be_elsewhere(self, folder: Path) -> None:
        mine = self.deployment.basics.store_kind is StoreKind.TINYDB
        if mine and folder.resolve() == self.deployment.store_folder.resolve():
            raise Refused(SAME)

    def _settings(self, place: str) -> tuple[str, ...]:
        """Return the settings lines that make the copy the deployment's store."""
        if is_server(place):
            return (
                "[store]",
                'kind = "postgres"',
                f'url_from = "{self.deployment.basics.database_variable}"',
            )
        folder, home = Path(place).resolve(), self.deployment.folder
        shown = folder.relative_to(home) if folder.is_relative_to(home) else folder
        return ("[store]", 'kind = "tinydb"', f"folder = {json.dumps(str(shown), ensure_ascii=False)}")


@contextmanager
def _without_writers(source: Store) -> Iterator[None]:
    """Keep writers out of the source, or detect them on a server; raises StoreBusy."""
    with source.exclude_writers() if isinstance(source, TinyStore) else nullcontext():
        before = source.sequence()
        try:
            yield
        except StoreError:
            if source.sequence() == before:
                raise
        if source.sequence() != before:
            raise StoreBusy(IN_USE)


def _is_same_store(source: Store, target: Store) -> bool:
    """Return whether both are the same server store.

    Their last hashes tell: salted chains of two stores never end alike.
    """
    one, other = as_server(source), as_server(target)
    return bool(one and other and one.head() == other.head() and one.sequence())


def _copied(counted: transfer.Count, settings: tuple[str, ...] = ()) -> Copied:
    return Copied(changes=counted.commits, values=counted.values, digest=counted.digest, settings=settings)
