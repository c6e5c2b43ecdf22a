"""The hooks a plugin may implement: declarations at start, then calls on events.

A plugin is a module whose functions carry `sla_tracker.hookimpl` and the name of a hook. It *declares*: each
`sla_register_…` hook is called once, when the program starts, by the host, without any lock held; what it returns is
checked and copied into the catalogue before anything is opened. A plugin that raises, that returns something wrong or
that takes longer than `time_limits.HOOK_LIMIT` is quarantined: its declarations are ignored, the reason and traceback
are kept, and all other plugins keep working. No hook is given the store, the terminal or the host.

A function may leave out arguments that it does not use. Wrappers are refused, because they would run around other
plugins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pluggy import HookspecMarker

from sla_tracker import PROJECT
from sla_tracker.domain.agreements.obligation import Department, Obligation
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DaySource
from sla_tracker.services.ports import Change

hookspec = HookspecMarker(PROJECT)

# --- once, when the program starts -----------------------------------------------------------------------------------


@hookspec
def sla_register_departments() -> Iterable[Department]:
    """Return the departments that this plugin declares.

    Their ids are free for every plugin to name as provider or consumer. An id that another plugin has already
    declared quarantines the later one, and the reason names both. `renamed_from` on a department, event type or
    obligation lists the ids that it had before: what is stored under them counts as its own.
    """
    return ()


@hookspec
def sla_register_event_types() -> Iterable[EventType]:
    """Return the event types that this plugin declares, each with its fields.

    Any plugin's obligations may be opened by them; exactly one plugin declares each.
    """
    return ()


@hookspec
def sla_register_obligations() -> Iterable[Obligation]:
    """Return the obligations that this plugin declares.

    Providers, consumers, event types and the obligations waited for may come from other plugins; a name that none of
    them declares quarantines this one.
    """
    return ()


@hookspec
def sla_register_calendars(files: Mapping[str, str]) -> Mapping[str, DaySource]:
    """Return sources of national holidays and make-up days by id.

    A deployment's config names the id.

    `files` holds the texts in the deployment's `calendars/` folder by file name, for years that an admin imports. A
    file that is wrong is better left out with `warnings.warn` than raised for: what a plugin warns of is shown, in the
    reader's language where it is a `UserWarning` around a `Text`.
    The source is asked year by year, whenever a deadline looks at one, and must answer the same every time; its
    `version` changes whenever an answer may have changed. A source may also have `left_out`, years whose file cannot be
    used with the reason (Text), `remarks`, what was passed over in the file of a year (Texts), and `doubts`, what a
    file lacks that is used as confirmed (Texts).
    """
    return {}


@hookspec
def sla_register_notifiers() -> Mapping[str, Callable[..., object]]:
    """Return factories of notifiers by kind of channel.

    A factory is called with the options of a channel.
    """
    return {}


# --- whenever something happens --------------------------------------------------------------------------------------


@hookspec
def sla_review_delivery(duty: Duty, evidence: Mapping[str, str]) -> Iterable[str | Text]:
    """Return objections to the evidence of a delivery; an empty result accepts it.

    Called before the transaction, after the fields' own checks, with copies: changing them has no effect. The sentences
    are shown to the person who delivers. An exception, or an answer of another kind, quarantines the plugin until the
    next start; the delivery is recorded and marked as not reviewed by the plugin, for both sides to read.
    """
    return ()


@hookspec
def sla_after_change(change: Change) -> None:
    """Observe one committed change; the return value is ignored.

    Called once for each change that this process wrote, in order. An exception quarantines the plugin until the next
    start; the change stands.
    """
