"""Checks of `sla doctor` on people, and on names that nothing uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from sla_tracker.deployment.checks.host import answers
from sla_tracker.domain.agreements.clocks import calendars_named_by
from sla_tracker.domain.duties.duty import LIVE, Duty
from sla_tracker.domain.people import Person, Role
from sla_tracker.domain.toml_reader import did_you_mean
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.os_login import BY_NUMBER, login_of
from sla_tracker.services.departments.inbox import ending_soon
from sla_tracker.services.deployment import Finding, OpenDeployment
from sla_tracker.wording.duties import text_of

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment

MOST_NAMED = 10
"""Most people or departments that one check names."""


def check_people(opened: OpenDeployment, deployment: Deployment) -> Iterator[Finding]:
    """Yield the findings on departments, administrators, heads and calendar names.

    Departments without people, no administrator, heads without deputies, and calendars that nothing uses.
    """
    context = opened.context
    today = context.now().astimezone(context.settings.zone).date()
    present = [one for one in context.people.values() if one.is_here(today)]
    if answers(opened):
        yield from _duties_of_nobody(opened, {one.department for one in present})
    if context.people:
        yield from _administrators(present)
    yield from _of_one_login(present)
    yield from _heads_without_deputy(present)
    yield from _all_away(present, today)
    yield from _unused_calendars(opened, deployment)
    yield from _ending(opened, today)


def _duties_of_nobody(opened: OpenDeployment, peopled: Collection[str]) -> Iterator[Finding]:
    """Yield a finding for each department that owes something and has nobody."""
    live = opened.context.store.read(lambda tx: tx.find(Duty, state=LIVE))
    owing = Counter(duty.provider for duty in live if duty.provider not in peopled)
    for department, count in sorted(owing.items()):
        yield Finding(
            about=_("People"),
            well=False,
            sentence=ngettext(
                "{n} open duty is of the department “{department}”, to which nobody belongs.",
                "{n} open duties are of the department “{department}”, to which nobody belongs.",
                count,
                department=department,
            ),
            advice=_("Give the department people in the settings: only they can deliver, or hand over."),
        )


def _administrators(present: Iterable[Person]) -> Iterator[Finding]:
    """Yield a finding where nobody administers the deployment, or the last one leaves."""
    administrators = [one for one in present if one.role is Role.ADMIN]
    if any(one.left_on is None for one in administrators):
        return
    last_on = max((one.left_on for one in administrators if one.left_on), default=None)
    yield Finding(
        about=_("People"),
        well=False,
        sentence=_("Nobody administers this deployment.")
        if last_on is None
        else _("From {day} on nobody administers this deployment.", day=f"{last_on}"),
        advice=_('Write role = "admin" under one of the people in the settings file.')
        if last_on is None
        else _("Appoint another administrator before: sla person move PERSON DEPARTMENT --role admin"),
    )


def _of_one_login(present: Iterable[Person]) -> Iterator[Finding]:
    """Yield a finding for each login that one has by name and another by number.

    Only this host can tell that they are the same.
    """
    owners = {login: one for one in present for login in one.logins}
    for written, one in owners.items():
        number = written.removeprefix(BY_NUMBER)
        if number == written or not (number.isascii() and number.isdecimal()):
            continue
        login = login_of(int(number))
        other = owners.get(login)
        if other is not None and other is not one:
            yield Finding(
                about=_("People"),
                well=False,
                sentence=_(
                    "“{login}” of {person} and “{number}” of {other} are one login on this host, so neither can "
                    "act by it through the service.",
                    login=login,
                    person=other.name,
                    number=written,
                    other=one.name,
                ),
                advice=_("Leave the login to one of them: logins in the settings."),
            )


def _heads_without_deputy(present: Iterable[Person]) -> Iterator[Finding]:
    heads = [one.name for one in present if one.role is Role.HEAD and not one.deputy]
    if heads:
        yield Finding(
            about=_("People"),
            well=True,
            sentence=_("Heads without a deputy: {people}", people=_(", ").join(heads[:MOST_NAMED])),
        )


def _all_away(present: Iterable[Person], today: date) -> Iterator[Finding]:
    """Yield a finding on the departments in which everybody is away today."""
    by_department: dict[str, list[Person]] = {}
    for one in present:
        by_department.setdefault(one.department, []).append(one)
    away = [
        id for id, people in sorted(by_department.items()) if id and all(one.is_away(today) for one in people)
    ]
    if away:
        yield Finding(
            about=_("People"),
            well=True,
            sentence=_(
                "Everybody is away today in: {departments}", departments=_(", ").join(away[:MOST_NAMED])
            ),
        )


def _ending(opened: OpenDeployment, today: date) -> Iterator[Finding]:
    """Yield a finding for each obligation that soon ends without a successor."""
    for obligation, last_on in ending_soon(opened.context, today):
        yield Finding(
            about=_("Obligation {id}", id=obligation.entry),
            well=True,
            sentence=_(
                "“{title}” ends on {day} without a successor; its heads see it among their matters.",
                title=text_of(obligation.title),
                day=f"{last_on}",
            ),
        )


def _unused_calendars(opened: OpenDeployment, deployment: Deployment) -> Iterator[Finding]:
    """Yield a finding for each calendar of the settings that nothing uses.

    Such a calendar belongs to no department, and nothing names it.
    """
    catalogue = opened.context.catalogue
    named = {one.calendar for one in catalogue.departments.values() if one.calendar}
    named |= {name for one in catalogue.obligations.values() for name in calendars_named_by(one)}
    for name in deployment.config.calendar.departments:
        if name not in catalogue.departments and name not in named and catalogue.departments:
            meant = did_you_mean(name, [*catalogue.departments, *named])
            yield Finding(
                about=_("Calendar {name}", name=name),
                well=False,
                sentence=_("No department has this id, and no plugin names this calendar; nobody uses it."),
                advice=_("Did you mean “{meant}”?", meant=meant)
                if meant
                else _("Mend its name in the settings."),
            )
