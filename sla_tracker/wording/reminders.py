"""Writes the subject and body of reminder messages in the recipient's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sla_tracker.domain.clean import clean
from sla_tracker.domain.deadlines.explanation import explain_line
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event_change import EventChange
from sla_tracker.domain.reminders.due_reminders import limit_of
from sla_tracker.domain.reminders.news import News, event_change_of
from sla_tracker.domain.reminders.policy import (
    GROUP_MARK,
    Anchor,
    EveryWorkday,
    InWorkingHours,
    Level,
    OnWorkday,
    ReminderStep,
    TimeUsed,
)
from sla_tracker.domain.reminders.reminder import ReminderState
from sla_tracker.domain.reminders.template import filled_in
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language, ngettext, speaking
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import due_now
from sla_tracker.services.reminders.messages import Letter, Line, RemindedDuty, most_urgent_first
from sla_tracker.wording.duties import (
    department_word,
    format_due,
    format_moment,
    person_word,
    text_of,
    weekday_word,
)
from sla_tracker.wording.times import LEVEL_WORDS

LONGEST_SUBJECT_LINE = 150  # characters
LONGEST_BODY = 100_000  # characters
MAX_MENTIONS = 20  # people mentioned by name in one group message

NEWS_WORDS = {
    News.ASSIGNED: N_("Assigned to you, {due}: {what}"),
    News.RETURNED: N_("Returned, {due}: {what}"),
    News.WAIVED: N_("Waived by the consumer: {what}"),
    News.WAIVER_GRANTED: N_("Waiver granted: {what}"),
    News.WAIVER_REFUSED: N_("Waiver refused, {due}: {what}"),
    News.HANDED_OVER: N_("Hand-over agreed to: {what}"),
    News.HAND_OVER_REFUSED: N_("Hand-over refused, {due}: {what}"),
    News.REQUESTED: N_("Asked of you, {due}: {what}"),
    News.RATED: N_("Accepted with a remark: {what}"),
    News.EVENT_CORRECTED: N_("Event corrected: {what}"),
    News.EVENT_MOVED: N_("Event moved, {due}: {what}"),
    News.EVENT_CANCELLED: N_("Event cancelled: {what}"),
    News.EVENT_CONFIRMED: N_("Event change confirmed: {what}"),
    News.EVENT_REFUSED: N_("Event change refused, {due}: {what}"),
    News.EVENT_OBJECTED: N_("Event change objected to, {due}: {what}"),
    News.FIELD_CHANGED: N_("Request changed, {due}: {what}"),
    News.FIELD_OBJECTED: N_("Change of a request objected to, {due}: {what}"),
    News.FIELD_CONFIRMED: N_("Change of a request confirmed, {due}: {what}"),
    News.FIELD_REFUSED: N_("Change of a request refused, {due}: {what}"),
    News.PAPER_TICKED: N_("A paper is there, {due}: {what}"),
    News.UPDATED: N_("How it stands, {due}: {what}"),
}

# Of limits besides the due.
HEADLINES = {
    Anchor.VERDICT: N_("To accept or return, {when}: {what}"),
    Anchor.ANSWER: N_("To answer, {when}: {what}"),
    Anchor.UPDATE: N_("To tell how it stands: {what}"),
    Anchor.PAPERS: N_("Papers of yours are missing, the clock waits for them: {what}"),
}

OUTBOX_WORDS = {
    ReminderState.WAITING: N_("waiting"),
    ReminderState.SENDING: N_("being sent"),
    ReminderState.SENT: N_("sent"),
    ReminderState.READ: N_("read"),
    ReminderState.RETRYING: N_("failed, will be tried again"),
    ReminderState.UNKNOWN: N_("unknown whether it arrived"),
    ReminderState.FAILED: N_("failed"),
    ReminderState.DROPPED: N_("no longer needed"),
    ReminderState.FOLDED: N_("overtaken by a later one"),
    ReminderState.COUNTED: N_("only counted in a message"),
}


def language_of(context: ServiceContext, recipient: str) -> str:
    """Return a recipient's language: theirs, else the deployment's or process's."""
    person = context.people.get(recipient)
    return (person.language if person else "") or context.settings.language or language()


def letter_of(
    context: ServiceContext,
    key: str,
    reminded: Sequence[RemindedDuty],
    now: datetime,
    *,
    repeat: bool,
    unsaid: int = 0,
    one_line: bool = False,
) -> Letter:
    """Return the Letter about one or several duties, in the recipient's language.

    The mark of a repeat stands first, where no channel's limit cuts it off.
    """
    first = reminded[0].reminder
    channel = context.settings.reminders.channels.get(first.channel)
    person = context.people.get(first.recipient)
    mention_ids = dict.fromkeys(id for one in reminded for id in one.reminder.mentions)
    mentioned = [context.people[id] for id in mention_ids if id in context.people][:MAX_MENTIONS]
    with speaking(language_of(context, first.recipient)):
        subject = subject_line(context, reminded, now, unsaid)
        text = body(context, reminded, now, unsaid=unsaid, one_line=one_line)
        if repeat:
            subject, text = repeated_subject(subject), f"{repeated_note()}\n\n{text}"
        return Letter(
            key=key,
            recipient=first.recipient,
            address=channel.address_of(person) if channel and person else "",
            mentions=tuple(filter(None, (channel.address_of(one) for one in mentioned))) if channel else (),
            subject=clean(subject, limit=LONGEST_SUBJECT_LINE),
            text=clean(text, lines=True, limit=LONGEST_BODY),
            at=now,
            repeat=repeat,
            lines=tuple(_line(one) for one in reminded),
        )


def repeated_subject(subject: str) -> str:
    """Return the subject of a message that may have arrived before."""
    return _("(repeated) {subject}", subject=subject)


def repeated_note() -> str:
    """Return what a message that may have arrived before says of that."""
    return _("It is not known whether this message reached you before.")


def _line(reminded: RemindedDuty) -> Line:
    duty = reminded.duty
    return Line(
        duty=duty.id,
        reference=duty.reference,
        title=text_of(duty.title),
        subject=clean(duty.subject),
        provider=duty.provider,
        consumer=duty.consumer,
        due_at=limit_of(duty, reminded.reminder.anchor),
        anchor=reminded.reminder.anchor.value,
        level=reminded.reminder.level.value,
        news=reminded.reminder.news or "",
    )


def subject_line(
    context: ServiceContext, reminded: Sequence[RemindedDuty], now: datetime, unsaid: int = 0
) -> str:
    """Return the subject line: which duties and how urgent; or the template's.

    The deployment may have a template.
    """
    if len(reminded) == 1 and not unsaid:
        one = reminded[0]
        template = context.settings.reminders.subject
        return filled_in(template, _values(context, one, now)) if template else headline(context, one, now)
    overdue = sum(one.duty.is_overdue(now) for one in reminded)
    n = len(reminded) + unsaid
    if overdue and not unsaid:
        return _("{n} reminders, {overdue} of them overdue", n=n, overdue=overdue)
    return _("{n} reminders", n=n)


def headline(context: ServiceContext, reminded: RemindedDuty, now: datetime) -> str:
    """Return one line with a duty's limit and title."""
    duty, anchor, news = reminded.duty, reminded.reminder.anchor, reminded.reminder.news
    limit = limit_of(duty, anchor)
    when = format_due(limit, now, context.settings.zone)
    what = text_of(duty.title) + (f" · {clean(duty.subject)}" if duty.subject else "")
    if news is not None:
        due = when if now > limit else _("due {when}", when=when)
        return _(NEWS_WORDS[news], due=due, what=what)
    if anchor in HEADLINES:
        return _(HEADLINES[anchor], when=when, what=what)
    if now > limit:
        return _("{when}: {what}", when=when, what=what)
    if anchor is Anchor.OPENING:
        return _("New, due {when}: {what}", when=when, what=what)
    return _("Due {when}: {what}", when=when, what=what)


def body(
    context: ServiceContext,
    reminded: Sequence[RemindedDuty],
    now: datetime,
    *,
    unsaid: int = 0,
    one_line: bool = False,
) -> str:
    """Return the body; several duties are sorted by their limit.

    It ends with how many duties it leaves out. A `one_line` body has one line a duty under the subject line, unless the
    deployment has a template.
    """
    ordered = most_urgent_first(reminded)
    is_listed = one_line and not context.settings.reminders.body
    if is_listed:
        parts = [subject_line(context, reminded, now, unsaid)] if len(reminded) > 1 or unsaid else []
        parts += [
            " ".join(
                filter(None, (f"{headline(context, one, now)} ({one.duty.reference})", link_of(context, one)))
            )
            for one in ordered
        ]
    else:
        parts = [_about(context, one, now) for one in ordered]
    if unsaid:
        parts.append(ngettext("… and {n} more: sla due", "… and {n} more: sla due", unsaid))
    return ("\n" if is_listed else "\n\n").join(parts)


def link_of(context: ServiceContext, reminded: RemindedDuty) -> str:
    """Return the address of a duty's page in the browser, which asks for a login.

    Empty where there is no such page.
    """
    url = context.settings.web_url
    return f"{url}/duty/{reminded.duty.id}" if url else ""


def _about(context: ServiceContext, reminded: RemindedDuty, now: datetime) -> str:
    values = _values(context, reminded, now)
    if context.settings.reminders.body:
        return filled_in(context.settings.reminders.body, values)
    reminder = reminded.reminder
    lines = [
        headline(context, reminded, now),
        _("{provider} owes {consumer}; due {due}", **values),
    ]
    said = _said(reminded)
    if said:
        lines.append(_("They say: {text}", text=said))
    if values["why"] and reminder.news in {None, News.ASSIGNED, News.RETURNED, News.REQUESTED}:
        lines.append(_("Why: {why}", why=values["why"]))
    if reminder.level in {Level.HEAD, Level.CONSUMER_HEAD} and values["assignee"]:
        lines.append(_("With: {person}", person=values["assignee"]))
    if reminder.instead_of:
        absent = person_word(context.people, reminder.instead_of)
        lines.append(_("You get this in place of {person}, who is away.", person=absent))
    lines.append(_("See: {command}", command=values["command"]))
    lines += [values["link"]] if values["link"] else []
    return "\n".join(lines)


def _said(reminded: RemindedDuty) -> str:
    """Return the other side's reason, answer or remark behind a piece of news.

    Empty if there is none.
    """
    duty = reminded.duty
    match reminded.reminder.news:
        case News.RETURNED if duty.delivery is not None:
            return clean(duty.delivery.reason)
        case News.WAIVED if duty.waiver is not None:
            return clean(duty.waiver.reason)
        case News.WAIVER_GRANTED | News.WAIVER_REFUSED if duty.waiver is not None:
            return clean(duty.waiver.answer)
        case News.RATED if duty.rating is not None:
            return clean(duty.rating.word)
        case News() as news if (change := event_change_of(duty, news)) is not None:
            return clean(_words_about(change, news))
    return clean(_words_of_request(duty, reminded.reminder.news))


def _words_of_request(duty: Duty, news: News | None) -> str:
    """Return why a request was changed or objected to, or how it stands."""
    if news is News.UPDATED and duty.updates:
        return duty.updates[-1].text
    if not duty.field_changes:
        return ""
    if news is News.FIELD_OBJECTED:
        return next((one.objection for one in reversed(duty.field_changes) if one.is_pending), "")
    return duty.field_changes[-1].reason if news is News.FIELD_CHANGED else ""


def _words_about(change: EventChange, news: News) -> str:
    """Return the words of who made, objected to or decided on a change of an event."""
    if news is News.EVENT_OBJECTED:
        return change.objection
    is_decided = news in {News.EVENT_CONFIRMED, News.EVENT_REFUSED} and change.confirmed is not None
    return change.answer if is_decided else change.reason


def _values(context: ServiceContext, reminded: RemindedDuty, now: datetime) -> dict[str, str]:
    duty = reminded.duty
    limit = limit_of(duty, reminded.reminder.anchor)
    zone = context.settings.zone
    local = limit.astimezone(zone)
    return {
        "title": text_of(duty.title),
        "subject": clean(duty.subject),
        "ref": duty.reference,
        "link": link_of(context, reminded),
        "provider": department_word(context, duty.provider),
        "consumer": department_word(context, duty.consumer),
        "assignee": person_word(context.people, duty.assignee) if duty.assignee else "",
        "due": f"{format_moment(limit, now, zone)} {weekday_word(local.date())}",
        "when": format_due(limit, now, zone),
        "why": explain_line(due_now(context, duty, now).steps, lang=language(), zone=zone),
        "command": f"sla show {duty.reference}",
    }


def recipient_word(context: ServiceContext, recipient: str) -> str:
    """Return the name of a person, or `group of <department>`."""
    if recipient.startswith(GROUP_MARK):
        return _("group of {department}", department=department_word(context, recipient[1:]))
    return person_word(context.people, recipient)


_BEFORE = {
    Anchor.OPENING: N_("{amount} before the opening"),
    Anchor.DUE: N_("{amount} before the due time"),
    Anchor.ANSWER: N_("{amount} before the answer is due"),
    Anchor.VERDICT: N_("{amount} before silence accepts"),
    Anchor.UPDATE: N_("{amount} before the update is due"),
    Anchor.PAPERS: N_("{amount} before the papers were asked for"),
}
_AFTER = {
    Anchor.OPENING: N_("{amount} after the opening"),
    Anchor.DUE: N_("{amount} after the due time"),
    Anchor.ANSWER: N_("{amount} after the answer was due"),
    Anchor.VERDICT: N_("{amount} after the verdict's limit"),
    Anchor.UPDATE: N_("{amount} after the update was due"),
    Anchor.PAPERS: N_("{amount} after the papers were asked for"),
}
_AT = {
    Anchor.OPENING: N_("at the opening"),
    Anchor.DUE: N_("at the due time"),
    Anchor.ANSWER: N_("when the answer is due"),
    Anchor.VERDICT: N_("at the verdict's limit"),
    Anchor.UPDATE: N_("when the update is due"),
    Anchor.PAPERS: N_("when the papers are asked for"),
}
_ON = {
    Anchor.OPENING: N_("on the day of the opening"),
    Anchor.DUE: N_("on the day it is due"),
    Anchor.ANSWER: N_("on the day the answer is due"),
    Anchor.VERDICT: N_("on the day of the verdict's limit"),
    Anchor.UPDATE: N_("on the day the update is due"),
    Anchor.PAPERS: N_("on the day the papers are asked for"),
}


def format_step(step: ReminderStep) -> str:
    """Return when a step is taken and for whom, as the policy says it."""
    return _("{when}, to {level}", when=_when(step), level=_(LEVEL_WORDS[step.level]))


def _when(step: ReminderStep) -> str:
    match step.when:
        case OnWorkday(workdays=0, at=at):
            return _("{day} at {time}", day=_(_ON[step.anchor]), time=f"{at:%H:%M}")
        case OnWorkday(workdays=days, at=at):
            amount = ngettext("{n} workday", "{n} workdays", abs(days))
            words = (_BEFORE if days < 0 else _AFTER)[step.anchor]
            return _("{day} at {time}", day=_(words, amount=amount), time=f"{at:%H:%M}")
        case InWorkingHours(span=span) if span:
            words = (_BEFORE if span < timedelta(0) else _AFTER)[step.anchor]
            return _(words, amount=_working_time(abs(span)))
        case InWorkingHours():
            return _(_AT[step.anchor])
        case EveryWorkday(most=most, at=at):
            return _every_workday(step.anchor, most, f"{at:%H:%M}")
        case TimeUsed(percent=percent):
            return _("when {n} % of the time is used", n=percent)


def _every_workday(anchor: Anchor, most: int, at: str) -> str:
    if anchor is Anchor.PAPERS:
        return ngettext(
            "every workday at {time} while papers are missing, at most {n} time",
            "every workday at {time} while papers are missing, at most {n} times",
            most,
            time=at,
        )
    return ngettext(
        "every workday at {time} while overdue, at most {n} time",
        "every workday at {time} while overdue, at most {n} times",
        most,
        time=at,
    )


def _working_time(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    if minutes % 60:
        return ngettext("{n} working minute", "{n} working minutes", minutes)
    return ngettext("{n} working hour", "{n} working hours", minutes // 60)
