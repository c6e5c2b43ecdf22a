"""View 7's form for one obligation: parties, trigger, deadline and evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static, TextArea

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.agreements.obligation import TriggerKind
from sla_tracker.domain.deadlines.explanation import explain_line
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.i18n.punctuation import together
from sla_tracker.services.authoring.draft import Draft
from sla_tracker.services.authoring.workshop import Checked
from sla_tracker.tui.calls import plugins
from sla_tracker.tui.dialogs.authoring.answers import (
    ABOUT,
    AS_WRITTEN,
    KINDS,
    NEW,
    RULES,
    Answers,
    Filled,
    due_word,
)
from sla_tracker.tui.dialogs.authoring.drafting import drafted, place_of, understood
from sla_tracker.tui.dialogs.authoring.promises import STARTS, RequestAnswers
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import lines, plain, row, several
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.forms.answer_line import AnswerLine
from sla_tracker.wording.consent.typed_triggers import TRIGGER_WORDS
from sla_tracker.wording.duties import format_moment, text_of
from sla_tracker.wording.terms import ROLL_WORDS

# Pause in typing after which the draft is checked and previewed.
PREVIEW_SECONDS = 0.4
# Coming deadlines shown at most.
PREVIEWED = 3
EVIDENCE_ROWS = 4
PROMISED = tuple(one.name for one in fields(RequestAnswers))
_FIELDS_HINT = N_("one a line, such as\nPriority: P1, P2, P3\nAmount (number)\nRemark?")
_LIMITS_HINT = N_("one a line: limit / first answer / target\nP1: 4 working hours / 1 working hour / 98%")
_ALSO_HINT = N_("one a line, such as\nrequest: 2 workdays if Amount>=1000")
UNNAMED = "new-department"


class ObligationForm(Dialog):
    """A form for one obligation; previews its deadlines and returns the obligation.

    `check` gives the call that checks it with the rest of its checklist; without one it is checked alone.
    """

    CSS_PATH = [STYLES / "dialog.tcss", STYLES / "checklist_form.tcss"]

    def __init__(
        self,
        department: str,
        taken: Sequence[str],
        then: Callable[[Filled], None],
        filled: Filled | None = None,
        remove: Callable[[], None] | None = None,
        check: Callable[[Filled], plugins.DraftCheck | None] = lambda _filled: None,
    ) -> None:
        super().__init__()
        self.add_class("-tall")
        self._department = department or UNNAMED
        self._taken, self._then, self._remove = tuple(taken), then, remove
        self._own_check = check
        self._before = filled.answers if filled else Answers(rule="day")
        self._lines: dict[str, AnswerLine] = {}
        self._waiting: Timer | None = None
        self._confirming: Filled | None = None
        self._tried = False

    @property
    def _draft_key(self) -> str:
        """Return the name under which an obligation's half-filled form is kept."""
        known = self._before.written.id if self._before.written else self._before.zh or self._before.en
        return f"{super()._draft_key}/{self._department}/{known}"

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("What is owed"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Keep")

    def further_buttons(self) -> Iterator[Button]:
        """Yield the button that removes the obligation."""
        if self._remove is not None:
            yield self.button(_("Remove"), "remove")

    def body(self) -> ComposeResult:
        """Return the fields and the preview."""
        before, place = self._before, self.view_context
        yield self._line("zh", _("What, in Chinese *"), Input(before.zh, compact=True))
        yield self._line("en", _("What, in English"), Input(before.en, compact=True))
        yield self._line("consumer", _("Owed to *"), _choice(_departments(place), before.consumer))
        yield self._line("consumer_name", _("Its name *"), Input(before.consumer_name, compact=True))
        opens: list[tuple[str, str]] = [(_(word), id) for id, word in TRIGGER_WORDS.items()]
        if before.opens == AS_WRITTEN:
            opens.append((_("as the file says"), AS_WRITTEN))
        yield self._line("opens", _("Opens *"), _choice(opens, before.opens))
        yield self._line("event", _("When this happens *"), _choice(_events(place), before.event))
        yield self._line("event_name", _("What happens *"), Input(before.event_name, compact=True))
        yield self._line("event_subject", _("To what *"), Input(before.event_subject, compact=True))
        yield self._line("rule", _("Due *"), _choice(self._rules(before.opens), before.rule))
        yield self._line("figure", _("Which *"), Input(before.figure, compact=True))
        yield self._line("at", _("At"), Input(before.at, placeholder=_("the close of the day"), compact=True))
        rolls = [(_(word), roll.value) for roll, word in ROLL_WORDS.items()]
        yield self._line("roll", _("On a day off"), _choice(rolls, before.roll))
        about: list[tuple[str, str]] = [(_(word), id) for id, word in ABOUT.items()]
        if before.about not in ABOUT:
            about.append((before.about, before.about))
        yield self._line("about", _("It is about"), _choice(about, before.about))
        yield self._line("answer_hours", _("First answer within"), Input(before.answer_hours, compact=True))
        yield from self._opening_lines()
        yield from self._promise_lines()
        self.preview = Static(Content(""), id="preview")
        yield self.preview
        yield from self._proof_lines()

    def _opening_lines(self) -> ComposeResult:
        """Return the condition and the further triggers."""
        before = self._before
        hint = _("such as Amount>=1000; else always")
        yield self._line("when", _("Only where"), Input(before.when, placeholder=hint, compact=True))
        yield self._line("also", _("Also opens"), _several_lines(before.also, _ALSO_HINT))

    def _proof_lines(self) -> ComposeResult:
        """Return the evidence and the guide."""
        yield Static(plain(_("What proves it"), "bold"), classes="gap")
        yield self._line("evidence", "", self._evidence_rows())
        yield Static(plain(_("Guide for whoever does it"), "bold"), classes="gap")
        self.guide = TextArea(self._before.guide, show_line_numbers=False, tab_behavior="focus")
        yield self._line("guide", "", self.guide)

    def _promise_lines(self) -> ComposeResult:
        """Return the lines on what a request asks for and promises.

        Lines on the target and the measured level follow.
        """
        before = self._before.promised
        yield self._line(
            "earliest",
            _("Not before"),
            Input(before.earliest, placeholder=_("of a range; such as 2 workdays"), compact=True),
        )
        yield self._line("fields", _("Asks for"), _several_lines(before.fields, _FIELDS_HINT))
        yield self._line("limits", _("Limits by choice"), _several_lines(before.limits, _LIMITS_HINT))
        starts = [(_(word), id) for id, word in STARTS.items()]
        yield self._line("starts", _("The time runs"), _choice(starts, before.starts, blank=False))
        papers = Input(before.papers, placeholder=_("such as: invoice, contract"), compact=True)
        yield self._line("papers", _("Papers *"), papers)
        updates = Input(before.updates, placeholder=_("such as: 2 working hours"), compact=True)
        yield self._line("updates", _("Updates every"), updates)
        target = Input(before.target, placeholder=_("the usual one; such as 95%"), compact=True)
        yield self._line("target", _("On time, at least"), target)
        hint = _("such as: uptime ≥ 99.5 %, good / all ≥ 90%")
        yield self._line(
            "measure", _("Measured level"), Input(before.measure, placeholder=hint, compact=True)
        )

    def _line(self, name: str, label: str, answer: Input | Select[str] | TextArea | Vertical) -> AnswerLine:
        self._lines[name] = AnswerLine(name, label, answer)
        return self._lines[name]

    def _evidence_rows(self) -> Vertical:
        kinds = [(_(word), kind.value) for kind, word in KINDS.items()]
        self._evidence: list[tuple[Input, Select[str]]] = []
        for number in range(max(EVIDENCE_ROWS, len(self._before.evidence) + 1)):
            known = number < len(self._before.evidence)
            label, kind = self._before.evidence[number] if known else ("", FieldKind.TICK)
            answer = Input(label, placeholder=_("such as: the signed order"), compact=True)
            offered = kinds if kind in KINDS else [*kinds, (kind.value, kind.value)]
            self._evidence.append((answer, _choice(offered, kind.value, blank=False)))
        return Vertical(*(Horizontal(*pair, classes="proof") for pair in self._evidence), id="proofs")

    def on_mount(self) -> None:
        """Focus the first field."""
        super().on_mount()
        self._fit()
        self._lines["zh"].answer.focus()
        self._look_ahead()

    def answer(self, name: str) -> Widget:
        """Return the input widget of a field."""
        return self._lines[name].answer

    def answers(self) -> Answers:
        """Return the answers."""
        return Answers(
            **{
                name: self._typed(name)
                for name in self._lines
                if name not in {"evidence", "guide", *PROMISED}
            },
            promised=RequestAnswers(**{name: self._typed(name) for name in PROMISED}),
            evidence=tuple((text.value, FieldKind(str(kind.value))) for text, kind in self._evidence),
            guide=self.guide.text,
            written=self._before.written,
        )

    def _rules(self, opens: str) -> list[tuple[str, str]]:
        """Return the rules to choose from.

        One that the form cannot show is offered as the file has it.
        """
        found = [(_(rule.word), id) for id, rule in RULES.get(opens, {}).items()]
        written = self._before.written
        if written is not None and self._before.rule == AS_WRITTEN and opens == self._before.opens:
            found.append((_("as the file says: {rule}", rule=due_word(written.due)), AS_WRITTEN))
        return found or [(_("as the file says"), AS_WRITTEN)]

    def _typed(self, name: str) -> str:
        answer = self._lines[name].answer
        if isinstance(answer, Select):
            return "" if answer.is_blank() else str(answer.value)
        if isinstance(answer, TextArea):
            return answer.text
        return answer.value if isinstance(answer, Input) else ""

    def _fit(self) -> None:
        """Show only the fields of the chosen kind of trigger."""
        opens = self._typed("opens") or TriggerKind.RECURRING
        chosen = self._typed("rule")
        rule = RULES.get(opens, {}).get(chosen)
        asked = {
            "consumer_name": self._typed("consumer") == NEW,
            "event": opens == TriggerKind.ON_EVENT,
            "event_name": opens == TriggerKind.ON_EVENT and self._typed("event") == NEW,
            "event_subject": opens == TriggerKind.ON_EVENT and self._typed("event") == NEW,
            "rule": opens != AS_WRITTEN,
            "figure": AS_WRITTEN not in (opens, chosen),
            "at": AS_WRITTEN not in (opens, chosen) and (rule is None or rule.takes_time),
            "roll": rule is not None and rule.names_day,
            "about": opens == TriggerKind.RECURRING,
            "when": opens not in (TriggerKind.RECURRING, AS_WRITTEN),
            **dict.fromkeys(
                ("answer_hours", "earliest", "fields", "limits"), opens == TriggerKind.ON_REQUEST
            ),
            **dict.fromkeys(("starts", "updates"), opens == TriggerKind.ON_REQUEST),
            "papers": opens == TriggerKind.ON_REQUEST and self._typed("starts") == "papers",
        }
        for name, wanted in asked.items():
            self._lines[name].display = wanted
        figure = self._lines["figure"].answer
        if isinstance(figure, Input):
            figure.placeholder = _(rule.hint) if rule else ""

    @on(Select.Changed)
    def _chosen(self, message: Select.Changed) -> None:
        if message.select is self._lines["opens"].answer:
            self._offer_rules()
        self._fit()
        self._look_soon()

    def _offer_rules(self) -> None:
        rules = self._lines["rule"].answer
        options = self._rules(self._typed("opens") or TriggerKind.RECURRING)
        if isinstance(rules, Select) and self._typed("rule") not in {id for _word, id in options}:
            rules.set_options(options)
            rules.value = options[0][1]

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _typing(self) -> None:
        self._look_soon()

    def _look_soon(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
        self._waiting = self.set_timer(PREVIEW_SECONDS, self._look_ahead)

    def _look_ahead(self) -> None:
        outcome = understood(
            self.answers(), self._department, self._taken, self.view_context.catalogue.event_types
        )
        if outcome.filled is None:
            self.preview.update(Content(""))
            self._mark(outcome.problems if self._tried else {})
            return
        self.sla.gateway.load(self, "preview", self._check(outcome.filled))

    def _check(self, filled: Filled) -> plugins.DraftCheck:
        return self._own_check(filled) or plugins.check_draft(self._draft(filled))

    def _draft(self, filled: Filled) -> Draft:
        return drafted(self._department, self._department, "", [filled])

    @on(plugins.DraftChecked)
    def _checked(self, message: plugins.DraftChecked) -> None:
        filled, self._confirming = self._confirming, None
        shown = self._before.written.id if self._before.written else ""
        self.preview.update(lines(*preview_lines(message.checked, self.view_context, self, only=shown)))
        if filled is not None and message.checked.is_good:
            self.sla.drafts.pop(self._draft_key, None)
            self.dismiss()
            self._then(filled)
            return
        problems: dict[str, str] = {}
        for one in message.checked.problems:
            problems[place_of(one)] = together(problems.get(place_of(one), ""), one.sentence())
        if filled is not None:
            self._say(problems)
        else:
            self._mark(problems if self._tried else {})

    def _mark(self, problems: Mapping[str, str]) -> None:
        """Show each problem at its field, and clear the others."""
        self.say_problem(problems.get("", ""))
        for name, line in self._lines.items():
            line.show_problem(problems.get(name, ""))

    def _say(self, problems: Mapping[str, str]) -> None:
        """Show each problem at its field, and focus the first."""
        self._mark(problems)
        first = next((line for name, line in self._lines.items() if name in problems), None)
        if first is not None:
            (self._evidence[0][0] if first.name == "evidence" else first.answer).focus()

    def action_confirm(self) -> None:
        """Check everything, then return the obligation."""
        self._tried = True
        outcome = understood(
            self.answers(), self._department, self._taken, self.view_context.catalogue.event_types
        )
        self._say(outcome.problems)
        if outcome.filled is not None:
            self._confirming = outcome.filled
            self.sla.gateway.load(self, "preview", self._check(outcome.filled))

    @on(Button.Pressed, "#remove")
    def _take_out(self) -> None:
        if self._remove is not None:
            self.dismiss()
            self._remove()


def preview_lines(
    checked: Checked, view_context: ViewContext, dialog: Dialog, most: int = PREVIEWED, only: str = ""
) -> Iterator[Content]:
    """Yield the coming deadlines with their explanations.

    `only` restricts them to one obligation.
    """
    zone = view_context.zone
    shown = [(one.obligation, one.deadline) for one in checked.coming]
    shown += [(one.obligation, one.deadline) for one in checked.examples]
    wanted = [pair for pair in shown if only in ("", pair[0].id)]
    for obligation, deadline in wanted[:most]:
        when = format_moment(deadline.due_at, dialog.now(), zone)
        why = explain_line(deadline.steps, lang=language(), zone=zone)
        yield plain(f"→ {when}  {text_of(obligation.title)}", "$success")
        yield row(Content("   "), plain(why, "$muted"))


def _choice(options: Sequence[tuple[str, str]], value: str, *, blank: bool = True) -> Select[str]:
    known = value in {id for _word, id in options}
    shown = [(plain(word), id) for word, id in options]
    return Select(
        shown,
        value=value if known else Select.NULL,
        prompt=_("choose"),
        allow_blank=blank,
        compact=True,
    )


def _several_lines(text: str, hint: str) -> TextArea:
    area = TextArea(
        text, show_line_numbers=False, tab_behavior="focus", placeholder=several(_(hint)), compact=True
    )
    area.add_class("-several")
    return area


def _departments(view_context: ViewContext) -> list[tuple[str, str]]:
    known = [(text_of(name), id) for id, name in view_context.departments.items()]
    return [*known, (_("another department"), NEW)]


def _events(view_context: ViewContext) -> list[tuple[str, str]]:
    known = [(text_of(one.title), one.id) for one in view_context.catalogue.event_types.values()]
    return [*known, (_("something else"), NEW)]
