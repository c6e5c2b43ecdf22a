"""Loads the plugins of a deployment as its settings say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sla_tracker.deployment.calendar_folder import CalendarFolder, read_calendar_folder
from sla_tracker.deployment.settings.plugin_memory import quarantine_of, read_owners
from sla_tracker.domain.agreements.roster import PluginSet
from sla_tracker.errors import N_, ConfigError
from sla_tracker.services.deployment import Declaration, PluginRow

if TYPE_CHECKING:
    from sla_tracker.config.load import Built, Deployment
    from sla_tracker.plugin_host.declarations import Declared, Owners
    from sla_tracker.plugin_host.host import PluginHost


def load_host(
    deployment: Deployment,
    *,
    with_plugins: bool = True,
    given: Mapping[str, object] | None = None,
    files: CalendarFolder | None = None,
    owners: Owners | None = None,
) -> PluginHost:
    """Load the plugins enabled in the settings.

    `given` plugins replace those of the same name. Calendar files of a name that no plugin supplies become sources of
    their own; `files` stand for those of the folder. `owners` says which plugin declares which id until now; left out,
    as all of them last worked.
    """
    from sla_tracker.plugin_host.loading import load_plugins
    from sla_tracker.plugin_host.overrides import Overrides

    config = deployment.config
    files = files or read_calendar_folder(deployment.calendar_folder)
    host = load_plugins(
        enabled=config.plugins.enabled,
        folder=deployment.plugin_folder,
        python_allowed=config.plugins.python,
        allowed_by=deployment.file,
        overrides=Overrides(
            assumed=config.assumed, targets=config.targets.obligations, source=deployment.source
        ),
        calendar_files=files.texts,
        work_calendars=config.calendar.departments,
        given=given,
        switched_off=not with_plugins,
        owners=read_owners(deployment) if owners is None else owners,
        guard=quarantine_of(deployment) if with_plugins else None,
    )
    host.calendars = {**files.sources(config.zone, host.calendars), **host.calendars}
    return host


def build_with(deployment: Deployment, host: PluginHost, *, complete: bool) -> Built:
    """Return settings, people and calendars; raises ConfigError.

    `complete` says that all plugins are loaded, so that a name no plugin declares is an error.
    """
    from sla_tracker.config.load import build

    if host.problems and complete:
        raise ConfigError(N_("The settings {file} cannot be used:"), host.problems, file=deployment.file)
    return build(
        deployment,
        departments=host.catalogue.departments,
        sources=host.calendars,
        kinds=host.notifiers,
        complete=complete,
        renames=host.catalogue.renames(),
    )


def plugin_set(host: PluginHost, *, with_plugins: bool) -> PluginSet:
    """Return the plugins in effect, as recorded in the store."""
    missing = frozenset(plugin.name for plugin in host.plugins if plugin.is_wanted)
    return PluginSet(digests=host.digests, missing=missing, switched_off=not with_plugins)


def _declares(declared: Declared | None) -> dict[str, Sequence[Declaration]]:
    if declared is None:
        return {}
    return {
        "departments": [Declaration(title=one.name) for one in declared.departments],
        "event_types": [Declaration(title=one.title) for one in declared.event_types],
        "obligations": [
            Declaration(title=one.title, provider=one.provider, consumer=one.consumer)
            for one in declared.obligations
        ],
    }


def plugin_rows(host: PluginHost) -> Sequence[PluginRow]:
    """Return a row for every plugin, whether offered, enabled or refused."""
    return tuple(
        PluginRow(
            name=status.name,
            origin=status.origin,
            state=status.state,
            version=status.version,
            reason=status.reason,
            traceback=status.traceback,
            digest=status.digest,
            contributed=status.contributed,
            declares=_declares(host.declared.get(status.name)),
            seconds=status.seconds,
            warnings=status.warnings,
            slow=status.slow,
        )
        for status in host.plugins
    )
