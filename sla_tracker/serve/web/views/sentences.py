"""Refusals as pages and programs get them, without the commands of a shell."""

from __future__ import annotations

from collections.abc import Mapping

from sla_tracker.errors import N_, Phrase, SlaError

ON_PAGES: Mapping[str, str] = {
    "“{title}” ({ref}) is on hold since {at} by {by}; resume it first (sla resume {ref}).": N_(
        "“{title}” ({ref}) is on hold since {at} by {by}; press “Resume” on its page first."
    ),
    "“{title}” ({ref}) is {state}; one cannot {step} it now. See sla show {ref}.": N_(
        "“{title}” ({ref}) is {state}; one cannot {step} it now."
    ),
    "“{title}” ({ref}) is {state}; to {step} it, reopen it first (sla reopen {ref}).": N_(
        "“{title}” ({ref}) is {state}; to {step} it, it has to be reopened first."
    ),
    "{person} ({role}, {department}) may not {what}: it takes {least} of {side} (sla access lists the rights).": N_(
        "{person} ({role}, {department}) may not {what}: it takes {least} of {side}."
    ),
    "{person} ({role}, {department}) may not {what}: it takes {least} (sla access lists the rights).": N_(
        "{person} ({role}, {department}) may not {what}: it takes {least}."
    ),
    "This request is settled by its duty; deliver that instead (sla deliver).": N_(
        "This request is settled by its duty; deliver that instead."
    ),
    "There is nothing stored under {id}; sla due and sla event list show what there is.": N_(
        "There is nothing stored under {id}."
    ),
    "The store cannot say whether the change was made; look at sla log before doing it again. ({detail})": N_(
        "The store cannot say whether the change was made; look before doing it again. ({detail})"
    ),
    "The connection to the database was lost while it was saving, and it did not come back: the change was made or "
    "not. Look at sla log before doing it again. ({detail})": N_(
        "The connection to the database was lost while it was saving, and it did not come back: the change was made or "
        "not. Look before doing it again. ({detail})"
    ),
    "The change is saved on this server, but no other server has confirmed it; after a failover it may be gone. "
    "Look at sla log before doing it again.": N_(
        "The change is saved on this server, but no other server has confirmed it; after a failover it may be gone. "
        "Look before doing it again."
    ),
    "Nothing goes by “{ref}”; sla due and sla event list show the references.": N_(
        "Nothing goes by “{ref}”."
    ),
}
"""What sentences of use cases that name a command are on a page."""


def sentence_of(problem: SlaError) -> str:
    """Return the sentence of a refusal, without commands of a shell."""
    said = ON_PAGES.get(problem.message)
    return str(Phrase(said, **problem.values)) if said else problem.sentence()
