"""`[plugins]`: enabled packages and files.

The files are the Python files of the plugin folder that may run.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator
from pydantic import Field as Key

from sla_tracker.config.sections.base import Name, Section
from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, UsageError, Wrong


def _file_name(name: str) -> str:
    if not name.endswith(".py") or "/" in name or "\\" in name or name.startswith("."):
        raise Wrong(
            UsageError(
                N_("“{name}” is no Python file of the plugin folder, such as workshop.py."),
                name=clean(name),
            )
        )
    return name


class PluginSection(Section):
    """The plugins of a deployment.

    `enabled` names what installed packages offer, in order; `folder`, relative to the deployment, is searched for
    checklists (`*.toml`) and for the Python files that `python` allows.
    """

    enabled: list[Name] = Key(default_factory=list)
    folder: str = "plugins"
    python: list[Annotated[str, AfterValidator(_file_name)]] = Key(default_factory=list)
