"""Sets up a deployment's database: its schema, and the role of services."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sla_tracker.config.load import Deployment, read_config
from sla_tracker.deployment.caller_files import LocalFiles
from sla_tracker.deployment.settings.editing import FileEditor
from sla_tracker.deployment.stores import need_driver, server_address
from sla_tracker.errors import SlaError
from sla_tracker.services.access import ReadingRule
from sla_tracker.services.deployment import DatabaseSetUp

READING = "access.reading"


def script(services: Sequence[str]) -> str:
    """Return the SQL that sets up schema, role and logins; raises ConfigError."""
    need_driver()
    from sla_tracker.storage.postgres import setup_sql

    return setup_sql(services)


def apply(deployment: Deployment, services: Sequence[str], address: str) -> DatabaseSetUp:
    """Set up schema, role and logins in a database.

    An empty address means that of the settings. Where people had logins of their own before, the settings get the rule
    of reading that held there. Raises ConfigError, UsageError, and StoreError when the server refuses.
    """
    need_driver()
    from sla_tracker.storage.postgres import apply_setup

    done = apply_setup(server_address(deployment, address), services)
    kept = done.had_logins and _keep_reading(deployment.folder)
    return DatabaseSetUp(
        migrations=done.migrations,
        had_logins=done.had_logins,
        reading_kept=kept,
        admitted=done.admitted,
        expelled=done.expelled,
    )


def _keep_reading(folder: Path) -> bool:
    """Have the settings let people read what concerns their department.

    Returns whether they say so now. The database is set up by then: settings that cannot be written are the caller's to
    say.
    """
    try:
        deployment = read_config(folder)
        if deployment.config.access.reading is ReadingRule.OWN:
            return True
        editor = FileEditor(deployment, LocalFiles())
        editor.write(editor.with_value(READING, ReadingRule.OWN.value))
    except SlaError:
        return False
    return True
