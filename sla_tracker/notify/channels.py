"""Creates the channels of a deployment; a broken one does not affect the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sla_tracker.errors import N_, ConfigError, SlaError
from sla_tracker.notify.desktop import desktop
from sla_tracker.notify.mail import mail
from sla_tracker.notify.options import Options
from sla_tracker.notify.robots import dingtalk, feishu, wecom
from sla_tracker.notify.webhook import webhook
from sla_tracker.services.reminders.messages import Channels, ChannelSettings, Notifier, NotifierMaker

BUILT_IN: Mapping[str, Callable[[Options], Notifier]] = {
    "mail": mail,
    "wecom": wecom,
    "dingtalk": dingtalk,
    "feishu": feishu,
    "webhook": webhook,
}
DESKTOP = "desktop"
TERMINAL = "terminal"


def make_channels(
    settings: Iterable[ChannelSettings],
    *,
    environ: Mapping[str, str],
    person: str,
    makers: Mapping[str, NotifierMaker] | None = None,
) -> Channels:
    """Return the working and the broken channels of a deployment.

    `makers` are the channel kinds of plugins; `person` is the id of the person who runs the program.
    """
    working: dict[str, Notifier] = {}
    broken: dict[str, SlaError] = {}
    for one in settings:
        if one.terms.kind == TERMINAL:
            continue
        try:
            working[one.terms.name] = _make(one, environ, person, makers or {})
        except SlaError as reason:
            broken[one.terms.name] = reason
        except Exception as reason:
            broken[one.terms.name] = ConfigError(
                N_("The channel {channel} of the kind {kind} could not be set up ({reason})."),
                channel=one.terms.name,
                kind=one.terms.kind,
                reason=type(reason).__name__,
            )
    return Channels(working=working, broken=broken)


def _make(
    one: ChannelSettings, environ: Mapping[str, str], person: str, makers: Mapping[str, NotifierMaker]
) -> Notifier:
    options = Options(one.terms.name, one.options, environ)
    if one.terms.kind == DESKTOP:
        return desktop(options, person)
    if one.terms.kind in BUILT_IN:
        return BUILT_IN[one.terms.kind](options)
    if one.terms.kind in makers:
        made = makers[one.terms.kind](one.options)
        if isinstance(made, Notifier):
            return made
        raise TypeError(type(made).__name__)
    raise ConfigError(
        N_("The channel {channel} is of the kind {kind}, which does not exist here; there are {kinds}."),
        channel=one.terms.name,
        kind=one.terms.kind,
        kinds=", ".join((*BUILT_IN, DESKTOP, *makers)),
    )
