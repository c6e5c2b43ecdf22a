"""The start of the terminal: names, keys, preview rows, and how to open the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from sla_tracker.tui.view_context import ViewContext, view_context_of
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.queries.rows import DutyRow


def _none() -> Sequence[DutyRow]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The inputs of a terminal session.

    `open` opens the deployment with its store and tells its argument who holds that, once it takes over two seconds;
    `load_preview` reads the first view's likely rows from the start-up cache (nothing may be done to them before the
    deployment is open); both run on the gateway's thread. `deployment` is set when settings and plugins were read
    already.
    """

    view_context: ViewContext
    keymap: Mapping[str, str]
    now: Callable[[], datetime]
    open: Callable[[Callable[[str], None]], OpenDeployment]
    deployment: OpenDeployment | None = None
    load_preview: Callable[[], Sequence[DutyRow]] = field(default=_none)


def start_of(deployment: OpenDeployment) -> Start:
    """Return the Start of a deployment whose settings and plugins are read.

    Its store may be opened later.
    """

    def begin(waiting: Callable[[str], None]) -> OpenDeployment:
        deployment.begin(waiting)
        return deployment

    def now() -> datetime:
        return deployment.context.now()  # read anew, because re-reading plugins replaces the context

    return Start(
        view_context=view_context_of(deployment),
        keymap=deployment.keymap,
        now=now,
        open=begin,
        deployment=deployment,
    )
