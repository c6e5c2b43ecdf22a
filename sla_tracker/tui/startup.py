"""What the terminal starts with: what it can show at once, and how the rest is opened behind that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sla_tracker.tui.view_context import ViewContext, view_context_of

if TYPE_CHECKING:
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.queries.rows import DutyRow


def _none() -> Sequence[DutyRow]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The beginning of a session.

    `open` opens the deployment, its store included, and `foresee` reads the rows that the first view will most likely
    show, of which nothing may be done before it is open; both run on the desk's thread. `house` is there where a part
    of the deployment is open already.
    """

    view_context: ViewContext
    keymap: Mapping[str, str]
    now: Callable[[], datetime]
    open: Callable[[], OpenDeployment]
    deployment: OpenDeployment | None = None
    load_preview: Callable[[], Sequence[DutyRow]] = field(default=_none)


def start_of(deployment: OpenDeployment) -> Start:
    """Return the start in a deployment whose settings and plugins were read, and whose store may come later."""

    def begin() -> OpenDeployment:
        deployment.begin()
        return deployment

    def now() -> datetime:
        return deployment.context.now()  # after every reading it is another desk

    return Start(
        view_context=view_context_of(deployment),
        keymap=deployment.keymap,
        now=now,
        open=begin,
        deployment=deployment,
    )
