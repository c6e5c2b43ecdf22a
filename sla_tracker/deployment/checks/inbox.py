"""Checks of `sla doctor` on the inbox folder."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sla_tracker.deployment.inbox_folder.folder import counted, inbox_path
from sla_tracker.errors import shown
from sla_tracker.i18n import gettext as _
from sla_tracker.services.deployment import Finding, OpenDeployment

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment


def check_inbox(opened: OpenDeployment, deployment: Deployment) -> Iterator[Finding]:
    """Yield the findings on the inbox folder: its use, and what lies there."""
    path = inbox_path(deployment)
    if path is None:
        return
    about = _("Inbox folder")
    try:
        waiting, refused = counted(path)
        mode = path.stat().st_mode
    except OSError as error:
        yield Finding(
            about=about,
            well=False,
            sentence=_("{folder} cannot be read: {why}", folder=str(path), why=shown(error)),
            advice=_("Make the folder, or leave folder under [inbox] in the settings empty."),
        )
        return
    if mode & stat.S_IWOTH:
        yield Finding(
            about=about,
            well=False,
            sentence=_(
                "Everybody on this host may put lists into {folder}, and each speaks as {who}.",
                folder=str(path),
                who=opened.context.name_of(deployment.config.inbox.account),
            ),
            advice=_("Take that away: chmod o-w {folder}", folder=str(path)),
        )
    yield Finding(
        about=about,
        well=not refused,
        sentence=_("{waiting} waiting, {refused} refused", waiting=waiting, refused=refused),
        advice=_(
            "Read the reports in refused/, put the mended lists into the inbox and delete the refused ones."
        )
        if refused
        else "",
    )
