"""The settings of the service, changed and compared in a session."""

from __future__ import annotations

from pathlib import Path

from sla_tracker.config.load import LARGEST_FILE, parsed
from sla_tracker.config.locate import packaged_configs
from sla_tracker.deployment.settings.editing import FileEditor
from sla_tracker.errors import N_, ConfigError, NotFound


class ServedEditor(FileEditor):
    """Changes the settings of the service.

    A file to compare them with is opened by the caller's own program.
    """

    def text_of_other(self, named: str) -> str:
        """Return the text of other settings; raises NotFound, ConfigError."""
        if not named or named in packaged_configs():
            return super().text_of_other(named)
        try:
            with self.files.read(named) as stream:
                content = stream.read(LARGEST_FILE + 1)
        except FileNotFoundError:
            raise NotFound(
                N_("There are no settings “{name}”; name a file, or one of {known}."),
                name=named,
                known=", ".join(packaged_configs()),
            ) from None
        except OSError as reason:
            raise ConfigError(
                N_("The settings {file} cannot be read: {reason}"), file=named, reason=reason
            ) from reason
        return parsed(Path(named), content).text
