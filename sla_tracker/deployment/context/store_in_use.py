"""Notices that the settings name another store than the one in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla_tracker.config.deployment import LARGEST_FILE
from sla_tracker.config.store_kind import StoreKind
from sla_tracker.deployment.settings.watched_files import Mark, mark_of
from sla_tracker.errors import N_, RecordingStopped, UsageError
from sla_tracker.trusted_files import NotTrusted, read_trusted

if TYPE_CHECKING:
    from sla_tracker.config.deployment import Deployment


class StoreInUse:
    """The store that was opened, and whether the present settings still name it.

    Somebody who moves to another store makes a mistake in the settings, and the last good ones go on; or a terminal is
    still open. What is recorded in the old store then is missing in the
    new one.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._mark: Mark | None = None
        self._problem: RecordingStopped | None = None

    def problem(self) -> RecordingStopped | None:
        """Return why nothing may be recorded; None where the settings name the store."""
        mark = mark_of(self._deployment.file)
        if mark != self._mark:
            self._problem = self._look()
            self._mark = mark
        return self._problem

    def must_be_named(self) -> None:
        """Raise RecordingStopped where the settings do not name the store."""
        if (problem := self.problem()) is not None:
            raise problem

    def _look(self) -> RecordingStopped | None:
        deployment = self._deployment
        try:
            present = read_trusted(deployment.file, deployment.file.parent, LARGEST_FILE)
        except NotTrusted:
            return None  # nothing was said about the store
        if present.digest == deployment.digest:
            return None
        from sla_tracker.config.named_store import STORE, NamedStore, named_store
        from sla_tracker.domain.toml_reader import TomlFile, problem_at

        basics, named = deployment.basics, named_store(present.content)
        used = NamedStore(
            kind=basics.store_kind, folder=basics.store_folder, variable=basics.database_variable
        )
        if named is not None and named.is_same(used, deployment.folder):
            return None
        places = {
            StoreKind.TINYDB: deployment.store_folder.resolve(),
            StoreKind.POSTGRES: f"PostgreSQL ({used.variable})",
        }
        text = present.content.decode("utf-8-sig", "replace")
        what = UsageError(
            N_("this names another store than {store}, which is in use."),
            store=places.get(used.kind, used.kind),
        )
        return RecordingStopped(
            N_(
                "Nothing is recorded. {problem} Put the settings right (sla config check); if they are right, leave "
                "sla and open it again."
            ),
            problem=problem_at(TomlFile(name=deployment.file.name, text=text, tree={}), (STORE,), what),
        )
