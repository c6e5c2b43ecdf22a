"""Opens checklists for the terminal's form, and writes what was changed in it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from sla_tracker.domain.toml_reader import read_toml
from sla_tracker.errors import N_, NotFound, Overtaken, Refused
from sla_tracker.i18n import gettext as _
from sla_tracker.plugin_host.authoring.edit import as_override, drafts_in, edited, tables_in, text_in
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.trust import LARGEST_CHECKLIST, read_trusted
from sla_tracker.services.authoring.edit import ChecklistEdit, OpenedChecklist
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistSource:
    """The present text of a checklist, and the deployment's file for its changes."""

    plugin: str
    text: str
    file: Path
    packaged: bool

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()

    def opened(self) -> OpenedChecklist:
        """Return the checklist for a form."""
        tree = read_toml(self.text.encode(), self.file.name).tree
        first = next(iter(tables_in(tree, "department")), {})
        return OpenedChecklist(
            plugin=self.plugin,
            file=self.file,
            digest=self.digest,
            packaged=self.packaged,
            department=str(first.get("id", "")),
            name=text_in(first.get("name")),
            obligations=drafts_in(tree),
        )

    def with_edit(self, edit: ChecklistEdit) -> str:
        """Return the text with an edit, for the deployment's own file."""
        text = edited(self.text, edit)
        if not self.packaged:
            return text
        comment = _(
            "Stands in for the checklist of the installed plugin; without this file that one counts again."
        )
        return as_override(text, self.plugin, self.digest, comment)


def checklist_source(host: PluginHost, folder: Path, plugin: str) -> ChecklistSource:
    """Return a checklist of the plugin folder, else that of an installed package.

    Raises NotFound, or Refused for a plugin that is code.
    """
    file = folder / f"{plugin}.toml"
    if file.is_file() and any(one.name == plugin for one in host.plugins):
        content = read_trusted(file, folder, LARGEST_CHECKLIST).content
        text = read_toml(content, file.name, LARGEST_CHECKLIST).text
        return ChecklistSource(plugin=plugin, text=text, file=file, packaged=False)
    declared = host.declared.get(plugin)
    if declared is not None and declared.checklist is not None:
        return ChecklistSource(plugin=plugin, text=declared.checklist.text, file=file, packaged=True)
    known = [one.name for one in host.plugins]
    if plugin not in known:
        raise NotFound(
            N_("There is no plugin “{plugin}”; there are {known}."),
            plugin=plugin,
            known=", ".join(known) or "-",
        )
    if declared is None:
        raise Refused(
            N_("The plugin “{plugin}” is not in use; only what is in use is changed here."), plugin=plugin
        )
    raise Refused(
        N_("The plugin “{plugin}” is code, and the form changes checklists only; its authors change it."),
        plugin=plugin,
    )


def require_same(source: ChecklistSource, edit: ChecklistEdit) -> None:
    """Raise Overtaken when the file is no longer the one that an edit goes by."""
    if source.digest != edit.digest:
        raise Overtaken(
            N_("{file} was changed by somebody else just now; look at the comparison again."),
            file=source.file.name,
        )
