"""Statements about several marked duties in one act: why late, or waived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.access import Right, may
from sla_tracker.tui.calls import duties
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.party_statements import cause_word, code_word

if TYPE_CHECKING:
    from sla_tracker.services.queries.rows import DutyRow
    from sla_tracker.tui.app_base import BaseApp


def possible_of_many(app: BaseApp, rows: Sequence[DutyRow]) -> Iterator[tuple[str, str]]:
    """Yield id and label of each statement the person may make about all the rows."""
    actor = app.gateway.deployment.context.acting(app.view_context.actor, app.gateway.now())
    for id, words, right in (
        ("explain", _("Say why they were late or returned"), Right.EXPLAIN),
        ("waive", _("Waive them"), Right.WAIVE),
    ):
        if all(may(actor, right, provider=row.provider, consumer=row.consumer) for row in rows):
            yield id, words


def dialog_for_many(app: BaseApp, id: str, rows: Sequence[DutyRow]) -> WordsDialog:
    """Return the dialog of one statement about several duties."""
    settings = app.gateway.deployment.context.settings
    ids = [row.id for row in rows]
    facts = "\n".join(" ".join(filter(None, (f"» {text_of(row.title)}", row.subject))) for row in rows)
    if id == "explain":
        return WordsDialog(
            ngettext("Why was {n} duty late?", "Why were {n} duties late?", len(rows)),
            lambda cause, words, _insists: duties.explain_each(ids, cause, words),
            choice=_("Cause"),
            options=[(cause, cause_word(cause)) for cause in settings.causes],
            needs_words=False,
            facts=facts,
            draft_of=" ".join(ids),
        )
    return WordsDialog(
        ngettext("Waive {n} duty", "Waive {n} duties", len(rows)),
        lambda code, words, _insists: duties.waive_each(ids, code, words),
        choice=_("Kind of reason"),
        options=[(code, code_word(code)) for code in settings.waiver_codes],
        facts=facts,
        draft_of=" ".join(ids),
    )
