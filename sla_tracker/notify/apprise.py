"""Plugin that sends through Apprise, for settings that enable `apprise`.

The extra of that name has to be installed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol

from sla_tracker import hookimpl
from sla_tracker.errors import N_, ConfigError
from sla_tracker.notify.options import Options
from sla_tracker.services.reminders.messages import SENT, Letter, NotifierMaker, Outcome, failed
from sla_tracker.value_class import dataclass

KIND = "apprise"


class Sender(Protocol):
    """The part of an Apprise object that is used here."""

    def notify(self, body: str, title: str) -> object:
        """Send to all of its addresses.

        The result's `status` is True when all accepted the message.
        """


@dataclass(frozen=True, slots=True)
class AppriseChannel:
    """Channel that sends messages to the address that `url_from` names."""

    channel: str
    sender: Sender

    @property
    def recognises(self) -> bool:
        """Return False: a message sent twice may arrive twice."""
        return False

    def serves(self, recipient: str) -> bool:
        """Return True: messages of all recipients go to the one address."""
        return bool(recipient)

    def send(self, letter: Letter) -> Outcome:
        """Send a message.

        Apprise reports only success or failure, so no outcome is unknown.
        """
        answer = self.sender.notify(body=letter.text, title=letter.subject)
        if getattr(answer, "status", answer) is True:
            return SENT
        return failed(N_("Apprise could not send on the channel {channel}."), channel=self.channel)


def make(options: Mapping[str, object]) -> AppriseChannel:
    """Return a channel for one address.

    Raises ConfigError when the address or the extra is missing.
    """
    try:
        import apprise
    except ImportError:
        raise ConfigError(
            N_("Apprise is not installed; install sla_tracker with its extra “apprise”.")
        ) from None
    read = Options(str(options.get("name", KIND)), options, os.environ)
    sender = apprise.Apprise()
    if not sender.add(read.secret("url_from", needed=True).reveal()):
        raise ConfigError(
            N_("The channel {channel}: Apprise does not know the kind of address that url_from leads to."),
            channel=read.channel,
        )
    return AppriseChannel(read.channel, sender)


@hookimpl
def sla_register_notifiers() -> Mapping[str, NotifierMaker]:
    """Declare the channel kind `apprise`."""
    return {KIND: make}
