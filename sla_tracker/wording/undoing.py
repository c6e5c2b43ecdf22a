"""Words for what is undone or done again: the act as a noun, the duty and the other department."""

from __future__ import annotations

from collections.abc import Sequence

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Change
from sla_tracker.wording.duties import act_word, text_of
from sla_tracker.wording.reminders import department_word

_OF_ONE = {
    "took": N_("taking of {duty}"),
    "released": N_("putting back of {duty}"),
    "assigned": N_("assignment of {duty}"),
    "filled_in": N_("evidence of {duty}"),
    "noted": N_("note on {duty}"),
    "delivered": N_("delivery of {duty} to {consumer}"),
    "took_back": N_("taking back of {duty} from {consumer}"),
    "accepted": N_("acceptance of {duty} from {provider}"),
    "returned": N_("return of {duty} to {provider}"),
    "reopened": N_("reopening of {duty}"),
    "held": N_("hold of {duty}"),
    "resumed": N_("resumption of {duty}"),
    "objected": N_("objection to the hold of {duty}"),
    "confirmed_hold": N_("confirmation of the hold of {duty}"),
    "refused_hold": N_("refusal of the hold of {duty}"),
    "asked_waiver": N_("request to waive {duty}"),
    "waived": N_("waiver of {duty}"),
    "granted_waiver": N_("waiver granted for {duty}"),
    "refused_waiver": N_("waiver refused for {duty}"),
    "changed_field": N_("change of the request {duty}"),
    "objected_field": N_("objection to the change of {duty}"),
    "ticked_paper": N_("paper for {duty}"),
    "updated": N_("update of {duty}"),
    "rated": N_("rating of {duty}"),
    "explained_lateness": N_("cause of {duty}"),
}
_WITHOUT_DUTY = {
    "answered": N_("answer to a request"),
    "edited_shift_note": N_("change of a shift note"),
    "acknowledged_shift_note": N_("acknowledgement of a shift note"),
    "stepped_complaint": N_("step of a complaint"),
}


def format_undone(context: ServiceContext, change: Change, duties: Sequence[Duty]) -> str:
    """Return an act on duties as words, such as `delivery of “Arrears list” to Finance`."""
    what = change.act.what
    if not duties:
        return _(_WITHOUT_DUTY[what]) if what in _WITHOUT_DUTY else act_word(what)
    first = duties[0]
    named = _("“{title}”", title=text_of(first.title))
    duty = " ".join(filter(None, (named, clean(first.subject))))
    provider, consumer = department_word(context, first.provider), department_word(context, first.consumer)
    words = (
        _(_OF_ONE[what], duty=duty, provider=provider, consumer=consumer)
        if what in _OF_ONE
        else paired(act_word(what), duty)
    )
    more = len(duties) - 1
    return words if not more else ngettext("{act}, and {n} more", "{act}, and {n} more", more, act=words)
