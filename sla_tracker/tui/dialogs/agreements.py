"""Dialogs of agreements: propose terms or a new obligation, decide on a proposal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Input, Select, Static

from sla_tracker.domain.agreements.obligation import OnRequest, Trigger, TriggerKind
from sla_tracker.domain.consent.agreement import Agreement, Proposal
from sla_tracker.domain.consent.applied import trigger_name
from sla_tracker.domain.consent.limit_rows import values_of
from sla_tracker.domain.deadlines.rules import can_roll
from sla_tracker.domain.duties.states import Decision
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed, paired
from sla_tracker.services.consent.parties import Parties
from sla_tracker.services.consent.standing import PartyTerms, present_parts, present_triggers
from sla_tracker.tui import keys
from sla_tracker.tui.calls import agreements
from sla_tracker.tui.calls.agreements import ReplayLoaded, TypedProposal
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.text_content import plain
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.wording.consent.agreement_words import (
    format_begun,
    format_created,
    format_days,
    format_limits,
    format_parts,
    named_trigger,
    value_word,
)
from sla_tracker.wording.consent.parse_new import TypedObligation
from sla_tracker.wording.consent.parse_terms import TypedTerms
from sla_tracker.wording.consent.rule_words import format_rule
from sla_tracker.wording.consent.typed_triggers import EXAMPLE, parts_of_line
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.terms import ROLL_WORDS


class TermsDialog(Dialog):
    """Base of the forms that ask for terms: limit, day off, target, days, note."""

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Propose")

    def term_fields(self, *, limit: str, with_answer: bool, with_roll: bool, first: str) -> ComposeResult:
        """Return the inputs for terms; `limit` and `first` stand where nothing is typed."""
        self.limit = Input(placeholder=limit, compact=True)
        yield asked(_("Limit"), self.limit)
        self.earliest = Input(placeholder=_("unchanged; of a range"), compact=True)
        self.reply = Input(placeholder=_("unchanged"), compact=True)
        if with_answer:
            yield asked(_("Earliest"), self.earliest)
            yield asked(_("First answer"), self.reply)
        words = [(plain(_(word)), roll.value) for roll, word in ROLL_WORDS.items()]
        self.roll: Select[str] = Select(words, prompt=_("unchanged"), compact=True)
        if with_roll:
            yield asked(_("Day off"), self.roll)
        self.target = Input(placeholder=_("unchanged; such as 95%"), compact=True)
        yield asked(_("Target"), self.target)
        self.first = Input(placeholder=first, compact=True)
        yield asked(_("First day"), self.first)
        self.last = Input(placeholder=_("open-ended"), compact=True)
        yield asked(_("Last day"), self.last)
        self.note = Input(placeholder=_("for the other head; optional"), compact=True)
        yield asked(_("Note"), self.note)

    def typed(self, trigger: str = "", value: str = "") -> TypedProposal:
        """Return what was typed, about a trigger or one row of its limits."""
        terms = TypedTerms(
            trigger=trigger,
            value=value,
            earliest=self.earliest.value.strip(),
            due=self.limit.value.strip(),
            answer=self.reply.value.strip(),
            roll="" if self.roll.is_blank() else str(self.roll.value),
            target=self.target.value.strip(),
        )
        return TypedProposal(
            terms=terms, first=self.first.value.strip(), last=self.last.value.strip(), note=self.note.value
        )


class ProposeDialog(TermsDialog):
    """Proposes terms of an obligation, or answers a proposal with other terms."""

    BINDINGS = keys.PROPOSE

    def __init__(self, terms: PartyTerms, answered: Proposal | None = None) -> None:
        agreement = terms.agreement
        super().__init__(subject_id=agreement.id if agreement else "")
        self._terms, self._answered = terms, answered

    @property
    def _parties(self) -> Parties:
        return self._terms.parties

    def heading(self) -> Content:
        """Return the title."""
        title = text_of(self._parties.obligation.title)
        other = self.view_context.department(self._parties.other_than(self.view_context.me.department))
        return plain(_("Propose to {department}: {title}", department=other, title=title))

    def body(self) -> ComposeResult:
        """Return the present terms and the inputs."""
        declared = self._parties.obligation.declared
        said = _(
            "What stays empty stays as it is; with nothing filled in, the terms are proposed as they are."
        )
        if self._answered is not None:
            said = _("What stays empty stays as it was proposed.")
        yield Static(plain(said, "$muted"))
        self._rows = list(_rows(declared))
        names = [(plain(word), f"{place}") for place, (word, _trigger, _value) in enumerate(self._rows)]
        is_usual = len(declared) == 1
        chosen = {"value": "0", "allow_blank": False} if is_usual else {"prompt": _("choose")}
        self.trigger: Select[str] = Select(names, compact=True, **chosen)
        if len(names) > 1:
            yield asked(_("Which limit"), self.trigger)
        yield from self.term_fields(
            limit=format_limits(present_triggers(self._parties, self._terms.on)),
            with_answer=any(isinstance(one, OnRequest) for one in declared),
            with_roll=any(can_roll(one.due) for one in declared),
            first=f"{self._answered.first_on}" if self._answered else _("the first of next month"),
        )

    def on_mount(self) -> None:
        """Focus the limit."""
        super().on_mount()
        self.limit.focus()

    @on(Select.Changed)
    def _show_present(self, message: Select.Changed) -> None:
        """Let the inputs say what the chosen limit is now."""
        if message.select is not self.trigger or self.trigger.is_blank() or len(self._rows) < 2:
            return
        _word, trigger, value = self._rows[int(str(self.trigger.value))]
        parts = present_parts(self._parties, self._terms.on)
        found = next((one for one in parts.limits if (one.trigger, one.value) == (trigger, value)), None)
        if found is None:
            return
        for answer, rule in (
            (self.limit, found.due),
            (self.reply, found.answer),
            (self.earliest, found.earliest),
        ):
            answer.placeholder = format_rule(rule) if rule is not None else _("unchanged")

    def further_buttons(self) -> Iterator[Button]:
        """Yield the button that judges the past by what is filled in."""
        yield self.button(_("Replay"), "replay", "propose.replay")

    @on(Button.Pressed, "#replay")
    def action_replay(self) -> None:
        """Show how the past would have been judged by what is filled in."""
        call = agreements.replay_typed(self._parties, self._filled_in(), self._answered)
        self.sla.gateway.load(self, "replay", call, _("judging the past"), opens=True)

    @on(ReplayLoaded)
    def _show_replay(self, message: ReplayLoaded) -> None:
        from sla_tracker.tui.dialogs.replay import ReplayDialog

        self.app.push_screen(ReplayDialog(message.replay))

    def action_confirm(self) -> None:
        """Propose, or show what is not understood."""
        self.do(self._call(), _("proposing"))

    def _filled_in(self) -> TypedProposal:
        if len(self._rows) < 2 or self.trigger.is_blank():
            return self.typed()
        _word, trigger, value = self._rows[int(str(self.trigger.value))]
        return self.typed(trigger, value)

    def _call(self) -> Call:
        typed, agreement = self._filled_in(), self._terms.agreement
        if self._answered is not None and agreement is not None:
            return agreements.counter(agreement, self._answered, self._parties, typed)
        return agreements.propose(self._parties, typed)


def _rows(declared: Sequence[Trigger]) -> Iterator[tuple[str, str, str]]:
    """Yield what a limit can be about: its words, its trigger and a value.

    The value is one of the field that chooses the trigger's limits; empty for all others, or where there is no field.
    """
    names = [trigger_name(one) for one in declared]
    for name, one in zip(names, declared, strict=True):
        word = named_trigger(name, names)
        values = values_of(one)
        yield (_("{word}: all others", word=word) if values else word), name, ""
        for value in values:
            yield f"{word} · {value_word(value, [one])}", name, value


class AgreementFileDialog(Dialog):
    """Writes the terms with one department, or with all, into a file to print."""

    def __init__(self, other: str) -> None:
        super().__init__(draft_of=other)
        self._other = other
        self._named_after = other  # the department that was chosen when the file's name was last looked at

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Agreements as a page"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Write")

    def body(self) -> ComposeResult:
        """Return the inputs for department and file."""
        place, own = self.view_context, self.view_context.me.department
        forms = ", ".join(f".{form}" for form in ("html", "md", "pdf", "xlsx", "csv"))
        yield Static(plain(_("The suffix says the form: {forms}", forms=forms), "$muted"))
        others = [(plain(place.department(id)), id) for id in place.departments if id != own]
        self.other: Select[str] = Select(others, prompt=_("all departments"), compact=True)
        if self._other:
            self.other.value = self._other
        yield asked(_("Department"), self.other)
        self.file = Input(self._file_of(self._other), placeholder="~/agreements.html", compact=True)
        yield asked(_("File *"), self.file)

    def on_mount(self) -> None:
        """Focus the file name."""
        super().on_mount()
        self.file.focus()

    def _file_of(self, other: str) -> str:
        """Return the name of the file for one department, or for all."""
        return f"{'-'.join(filter(None, ('agreements', self.view_context.me.department, other)))}.html"

    @property
    def _chosen(self) -> str:
        return "" if self.other.is_blank() else str(self.other.value)

    @on(Select.Changed)
    def _name_after_department(self) -> None:
        """Let the file's name follow the department until somebody types another name."""
        before, self._named_after = self._named_after, self._chosen
        if before != self._named_after and self.file.value == self._file_of(before):
            self.file.value = self._file_of(self._named_after)

    def action_confirm(self) -> None:
        """Write the page, or say that a name is missing."""
        file = self.file.value.strip()
        if not file:
            self.say_problem(_("The file needs a name."))
            return
        self.do(agreements.write_page(self._chosen, file), _("writing"))


class NewObligationDialog(TermsDialog):
    """Proposes an obligation that no plugin declares."""

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Propose a new obligation"))

    def body(self) -> ComposeResult:
        """Return title, parties and terms."""
        place = self.view_context
        own = place.me.department
        others = [(plain(place.department(id)), id) for id in place.departments if id != own]
        self.title_text = Input(placeholder=_("what is handed in"), compact=True)
        yield asked(_("Title *"), self.title_text)
        self.other: Select[str] = Select(others, prompt=_("choose"), compact=True)
        yield asked(_("Department *"), self.other)
        sides = [(plain(_("we owe it to them")), True), (plain(_("they owe it to us")), False)]
        self.we_owe: Select[bool] = Select(sides, value=False, allow_blank=False, compact=True)
        yield asked(_("Who owes it"), self.we_owe)
        kinds: list[tuple[Content, str]] = [
            (plain(_("by the calendar")), TriggerKind.RECURRING),
            (plain(_("by a request")), TriggerKind.ON_REQUEST),
        ]
        kinds += [
            (plain(text_of(one.title)), f"{TriggerKind.ON_EVENT}:{one.id}")
            for one in place.catalogue.event_types.values()
        ]
        self.kind: Select[str] = Select(kinds, value=TriggerKind.RECURRING, allow_blank=False, compact=True)
        yield asked(_("Opens"), self.kind)
        yield from self._opening_fields()
        self.evidence = Input(placeholder=_("what is ticked off; optional"), compact=True)
        yield asked(_("Evidence"), self.evidence)
        yield from self.term_fields(
            limit=_("each month by the 5th, every Friday, 3 workdays"),
            with_answer=False,
            with_roll=False,
            first=_("the first of next month"),
        )

    def _opening_fields(self) -> ComposeResult:
        """Return the inputs for what is asked for, the condition and further triggers."""
        self.asked_for = Input(placeholder=_("Amount (number); Remark?; Priority: P1, P2"), compact=True)
        yield asked(_("Asks for"), self.asked_for)
        self.when = Input(placeholder=_("such as Amount>=1000; else always"), compact=True)
        yield asked(_("Only where"), self.when)
        self.also = Input(placeholder=_(EXAMPLE), compact=True)
        yield asked(_("Also opens"), self.also)

    def on_mount(self) -> None:
        """Focus the title."""
        super().on_mount()
        self.title_text.focus()

    def action_confirm(self) -> None:
        """Propose, or show what is missing."""
        title, label = self.title_text.value.strip(), self.evidence.value.strip()
        if not title or self.other.is_blank() or not self.limit.value.strip():
            self.say_problem(_("Title, department and limit are needed."))
            return
        kind, _colon, event_type = str(self.kind.value).partition(":")
        new = TypedObligation(
            title=title,
            kind=kind,
            event_type=event_type,
            fields=parts_of_line(self.asked_for.value),
            when=self.when.value.strip(),
            further=parts_of_line(self.also.value),
            evidence=(label,) if label else (),
        )
        own, other = self.view_context.me.department, str(self.other.value)
        provider, consumer = (own, other) if self.we_owe.value is True else (other, own)
        self.do(agreements.propose_new(new, provider, consumer, self.typed()), _("proposing"))


OTHER_TERMS = "other"
"""The answer to a proposal that neither accepts nor refuses it."""


class DecideDialog(WordsDialog):
    """Accepts or refuses the proposal that it shows, or goes on to other terms."""

    def __init__(
        self, title: str, terms: PartyTerms, agreement: Agreement, proposal: Proposal, facts: str
    ) -> None:
        super().__init__(
            title,
            lambda verdict, words, _insists: agreements.decide(agreement, proposal.number, verdict, words),
            choice=_("We"),
            options=[
                (Decision.YES.value, _("agree")),
                (Decision.NO.value, _("refuse")),
                (OTHER_TERMS, _("propose other terms")),
            ],
            words=_("If not, why"),
            needs_words=False,
            wordless={Decision.YES.value},
            facts=facts,
            subject_id=agreement.id,
        )
        self._terms, self._proposal = terms, proposal

    def action_confirm(self) -> None:
        """Decide, or open the form for other terms."""
        if not self.select.is_blank() and self.select.value == OTHER_TERMS:
            self.keep_draft()
            self.dismiss()
            self.app.push_screen(ProposeDialog(self._terms, self._proposal))
            return
        super().action_confirm()


def decide_dialog(row: PartyTerms, place: ViewContext, today: date) -> DecideDialog:
    """Return the dialog for the open proposal of the other side."""
    agreement = row.agreement
    proposal = agreement.open if agreement is not None else None
    assert agreement is not None
    assert proposal is not None
    who, other = place.person(proposal.proposed_by), place.department(proposal.proposed_from)
    said = [
        bracketed(text_of(agreement.title), _("proposed by {who}", who=bracketed(who, other))),
        *(paired(term.full_label, term.text) for term in format_created(agreement.created, place.catalogue)),
        paired(_("Now"), format_limits(present_triggers(row.parties, row.on))),
        *(
            paired(term.full_label, term.text)
            for term in format_parts(proposal.parts, row.parties.obligation.declared)
        ),
        format_days(proposal.first_on, proposal.last_on),
        *filter(None, [format_begun(proposal, today)]),
        *([paired(_("Note"), proposal.note)] if proposal.note else []),
    ]
    title = _("Proposal {n}: agree?", n=proposal.number)
    return DecideDialog(title, row, agreement, proposal, "\n".join(said))
