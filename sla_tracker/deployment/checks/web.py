"""Checks of `sla doctor` on the pages in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sla_tracker.deployment.web_access.web_files import web_file_problems
from sla_tracker.i18n import gettext as _
from sla_tracker.services.deployment import Finding, OpenDeployment

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment


def check_web(opened: OpenDeployment, deployment: Deployment) -> Iterator[Finding]:
    """Yield the findings on the pages, where the settings want them.

    They concern certificates, secret and socket.
    """
    config = deployment.config
    if not config.web.url:
        return
    now = opened.context.now().astimezone(opened.context.settings.zone)
    problems = list(web_file_problems(config, now))
    about = _("In the browser")
    if not problems:
        yield Finding(about=about, well=True, sentence=config.web.url)
    for problem in problems:
        advice = _("Mend it; the service looks again by itself.")
        yield Finding(about=about, well=False, sentence=problem.sentence(), advice=advice)
