"""Shell completion from the start-up cache, without opening the deployment."""

from pathlib import Path

from sla_tracker.cli.completion_candidates import CandidateDuty, CompletionCandidates
from sla_tracker.domain.duties.states import State
from sla_tracker.domain.reference import reference_of
from sla_tracker.domain.text import Text
from sla_tracker.quickstart import cache_file
from sla_tracker.quickstart.journal_tail import DutySummary


def candidates(folder: Path, *, duties: bool) -> CompletionCandidates:
    """Return completion candidates; raises CacheOutdated and CacheInconclusive."""
    with cache_file.read(folder) as cache:
        header = cache.header
        _now, delta = cache_file.checked(folder, cache)
        return CompletionCandidates(
            duties=[_candidate(summary) for summary in cache_file.summaries(cache, delta, header["spans"])]
            if duties
            else [],
            people={id: person["name"] for id, person in header["people"].items()},
            departments=cache.departments(),
            language=header["language"],
        )


def _candidate(summary: DutySummary) -> CandidateDuty:
    return CandidateDuty(
        reference_of(summary.id), Text(zh=summary.zh, en=summary.en), summary.subject, State(summary.state)
    )
