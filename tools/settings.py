"""Builds docs/reference/settings.md from the settings schema and the explanations below.

A setting without an explanation raises KeyError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

from sla_tracker.config.schema import Config
from sla_tracker.config.sections.notify import NEEDED, POSSIBLE
from sla_tracker.config.sections.web import OidcSection, WebSection
from sla_tracker.domain.duties.complaint import LIMITS
from sla_tracker.domain.reminders.policy import USUAL_POLICIES
from sla_tracker.services.context import Settings

# Explanations by the path of a key; NAME stands for a table's freely chosen name.
MEANINGS = {
    "name": "What the company or this deployment is called; on every screen.",
    "name_en": "The same for readers of English; without it they read `name`.",
    "zone": "IANA time zone in which all rules are computed and all times are shown.",
    "language": "`zh_CN` or `en`, for everybody who chooses nothing; empty: the system's.",
    "in_force_from": "The first day whose dues open duties. `sla init` writes it; without it nothing starts. "
    "Moved earlier or later it holds from the next opening, on record.",
    "hand_over_within": "Workdays another department has to answer a hand-over.",
    "causes": "Kinds of cause that a late, missed or returned duty may be given.",
    "waiver_codes": "Kinds of reason for a waiver.",
    "assumed": "Figures that a plugin only assumes, by obligation: "
    "`[assumed.payment-slip]` with `due = { workdays = 2 }`. Shown as set by the administrator, not as agreed.",
    "keys": "Other keys for the terminal, by the id in [keys](keys.md): "
    '`"duty.note" = "f6,z"`. The new keys replace all old ones.',
    "people": "Who works here; at least one. See `[[people]]`.",
    "calendar.national": "Where holidays and make-up days come from, a name that a plugin supplies, "
    "such as `china`; empty: none.",
    "calendar.usual_hours": "Hours of a make-up day, and the close of a closed day; "
    "left out: those of the first working weekday.",
    "calendar.days": "What the company itself changes. See `[[calendar.days]]`.",
    "calendar.days.on": "The day, or the first of several.",
    "calendar.days.until": "The last day, at most 120 days later.",
    "calendar.days.closed": "Closed.",
    "calendar.days.worked": "Worked, with the usual hours.",
    "calendar.days.hours": 'Hours of its own, such as `["08:30-12:00"]`.',
    "calendar.days.name": "What the day is called where a deadline is moved by it.",
    "calendar.departments.NAME.national": "Where the holidays of this calendar come from, as `calendar.national`; "
    "empty takes none, left out the company's.",
    "calendar.days.requests": "`false`: requests of these days start their clocks with the next day that takes them.",
    "calendar.requests_closed.nth_workday": "The workday of each month without requests; 1 is the first, -1 the last.",
    "calendar.departments.NAME.zone": "A time zone of this calendar's own; left out: the company's.",
    "calendar.departments.NAME.company_days": "`false` leaves out `[[calendar.days]]` of the company.",
    "calendar.departments.NAME.requests_closed": "As `calendar.requests_closed`, for this calendar.",
    "calendar.departments.NAME.weekly": "A week of its own, as `[calendar.weekly]`.",
    "calendar.departments.NAME.usual_hours": "As above, for this calendar.",
    "calendar.departments.NAME.days": "As `[[calendar.days]]`, on top of the company's.",
    "plugins.enabled": "Installed plugins in use, by name; `sla plugins` shows what is offered.",
    "plugins.folder": "Where checklists (`*.toml`) lie, relative to the deployment.",
    "plugins.python": "Python files of that folder that may run; none that is not named here.",
    "store.kind": "`tinydb`: one machine. `postgres`: several. `memory`: gone when the program ends.",
    "store.folder": "Where the embedded store lies, relative to the deployment.",
    "store.url_from": "The environment variable that holds the address of the PostgreSQL database.",
    "backup.folder": "The folder for regular backups, relative to the deployment; better another disk. Empty: none.",
    "backup.at": "The time of day from which a new one is due (`sla backup --due`).",
    "backup.keep": "How many regular backups stay; older ones are deleted after a new one was checked.",
    "inbox.folder": "A folder whose lists are taken over by the service, or by `sla inbox`; relative to the "
    "deployment. Empty: none. See [files that come by themselves](../inbox.md).",
    "inbox.account": "The id of the person as whom they are taken over; the department decides which deadlines count "
    "from the registration.",
    "inbox.takes": "Which lists are taken over: `events`, in the folder itself, `requests`, `past`, `people` and "
    "`dates`, each in a folder of that name inside it. `people` and `dates` need an administrator's account.",
    "inbox.map": "The name of a remembered map of columns (`sla event import FILE --remember NAME`); empty: the "
    "columns are found by their headings.",
    "inbox.kind": "The kind of event of all rows (`sla event types`), where the list has no such column.",
    "inbox.update": "`true`: a row with a known key that says something else corrects the event; `false`: its file is "
    "refused.",
    "inbox.keep_days": "For how many days taken and refused files are kept; 0 keeps them.",
    "store.syslog": "The socket of the system's log, such as `/dev/log`, that is told number and hash of the last "
    "change once a day for each login and after each verification; empty for none.",
    "access.reading": "Through the service: `all`, or `own`: whose duties and requests a person reads, those of all "
    "departments or of the own one. See [the service](../service.md#who-reads-what).",
    "serve.unknown": "`refuse`, or `read`: what a login may do that belongs to nobody.",
    "serve.commands": "Calls that one login may have open at once.",
    "serve.terminals": "Terminals that one login, or one person in the browser, may have open at once.",
    "serve.connections": 'Connections to a database (`[store] kind = "postgres"`) that all sessions have together.',
    "serve.calls_per_second": "Calls that one login may begin in a second.",
    "serve.logins.NAME.shared": "`true`: several people call by this login, as at a counter; `sla` asks who it is, and "
    "for the password of `sla web password`. See [the service](../service.md#a-login-of-several-people).",
    "serve.logins.NAME.people": "Ids of the people who may; empty: everybody with a password.",
    "web.url": "The address that people type, such as `https://sla.example.com`; empty: no pages. "
    "Reminders link to it.",
    "web.listen": "Where the service listens: a host and a port, or the path of a Unix socket for a proxy.",
    "web.proxy": "The login of the proxy, which alone may use that socket, such as `www-data`.",
    "web.proxy_addresses": "Addresses or networks of the company's own proxies before that one; what they name before "
    "themselves is where somebody comes from.",
    "web.login": "How people log in: `password`, `oidc` (the company's identity provider, see `[oidc]`), or both; or "
    "`proxy` alone: the proxy says who somebody is. See [in the browser](../web.md#with-the-companys-account).",
    "web.proxy_header": "The header in which the proxy says who somebody is; the proxy has to remove it from what "
    "visitors send.",
    "web.certificate": "The file of the certificate, where the service itself does TLS.",
    "web.key": "The file of its key.",
    "web.idle_minutes": "Minutes without a page after which somebody is logged out.",
    "web.hours": "Hours after which everybody has to log in again.",
    "web.calls": "Pages and calls of programs that are worked on at once.",
    "oidc.issuer": "The provider's address, exactly as it calls itself, such as `https://login.example.com/realms/company`.",
    "oidc.client": "The client id under which the provider knows this service.",
    "oidc.secret_from": "The file that holds the client's secret, readable by the service alone: `file:/etc/sla/oidc`; "
    "left out for a public client.",
    "oidc.claim": "Which claim of the ID token (or else of the UserInfo page) names the person: by id, by one of "
    "`logins`, or by `mail`; one that people cannot change themselves.",
    "oidc.scopes": "What the provider is asked for.",
    "feed.subjects": "`true`: calendar feeds also say what each duty is about (vehicle, contract, person).",
    "targets.usual": "The share of duties to be on time, 0 to 1.",
    "targets.obligations": "The same for single obligations, by id.",
    "trial.enabled": "A trial: every login acts as `default_person`, and as anybody with `--as`, on record.",
    "trial.default_person": "Who that is; needed in a trial.",
    "trial.demonstration": "Marks every screen: this is made up. `sla demo` sets it.",
    "complaints.judge": "The department whose head judges complaints. Where it is a party, and where it is empty, an "
    "administrator of neither party judges, or chooses one (`sla complaint refer`).",
    "complaints.limits": f"Workdays for each step: {', '.join(f'{k} {v}' for k, v in LIMITS.items())}.",
    "closing.by": "The departments whose heads may close months and open them again; administrators always may.",
    "fiscal.first": "The first day of a fiscal year by weeks; each year begins on its weekday "
    "nearest to the anniversary.",
    "fiscal.pattern": "The weeks of a quarter's three periods: `4-4-5`, `4-5-4` or `5-4-4`; a 53rd week "
    "lies in the year's last period.",
    "fiscal.month": "The month that a fiscal year begins with; its periods are the months. Left out: January.",
    "people_figures.enabled": "Show figures about people; needs both other keys. Without it `score --by person` "
    "shows one's own row only, and rows behind figures name nobody to readers of other departments.",
    "people_figures.since": "The first day; nothing before it is shown by person.",
    "people_figures.agreed_with": "Whom it was agreed with; shown above the figures.",
    "reports.to": "Ids of those who get the month's report by mail, so far on the workday and final once it is closed.",
    "reports.form": "`html`, `xlsx`, `pdf` (with Chromium), `md`, `csv` or `zip`.",
    "reports.workday": "The workday of the next month on which a month that is still open is reported.",
    "reports.channel": "The mail channel, by its name in `[notify]`.",
    "surveys.anonymous": "Keep who has answered, but no names with the answers.",
    "surveys.minimum": "The fewest answers that are shown.",
    "surveys.weights": "Weight of each dimension; left out: all the same.",
    "people.id": "What is kept on record; never changes. Letters a to z, digits, `.`, `_`, `-`.",
    "people.name": "As shown.",
    "people.department": "A department that a plugin declares; empty only for readers and admins.",
    "people.role": "What the person may do; `sla access` prints the table.",
    "people.logins": "Names to the operating system (or the database), or `uid:5001`. Without a service, a "
    "login that nobody has only reads.",
    "people.deputy": "The id of who stands in while the person is away.",
    "people.away": "Days off. See `[[people.away]]`.",
    "people.away.first": "First day.",
    "people.away.last": "Last day, included.",
    "people.mail": "Address for mail.",
    "people.addresses": "Addresses on other channels, by the channel's name.",
    "people.calendar": "A calendar of `calendar.departments`, for somebody who works by another than the department: "
    "the hours in which messages may come.",
    "people.language": "`zh_CN` or `en`, for this person.",
    "people.left_on": "The first day they no longer work here; their open duties go back to the pool.",
    "reminders.channels": "Channels of whoever prefers none.",
    "reminders.together_from": "So many messages to one recipient at one moment become one.",
    "reminders.messages_a_day": "Most messages a recipient gets a day; beyond them everything waits for the digest.",
    "reminders.digest_at": "When the digest of a day comes, with everything that can wait until then.",
    "reminders.subject": "Own words for the first line; see [reminders](../reminders.md).",
    "reminders.body": "Own words for the text.",
    "reminders.hours": "When people may be disturbed; `08:00-20:00` when left out.",
    "reminders.closed_days": "Also on closed days; `false` when left out.",
    "reminders.steps": "When who is reminded; see [reminders](../reminders.md).",
    "reminders.departments": "`hours`, `closed_days`, `steps` of what a department owes, by its id.",
    "reminders.obligations": "The same for single obligations.",
    "reminders.people.NAME.channels": "The person's own channels.",
    "reminders.people.NAME.digest_at": "A time of day: everything of a day in one message.",
    "notify.NAME.kind": "`mail`, `wecom`, `dingtalk`, `feishu`, `webhook`, `desktop`, or one that a plugin "
    "brings; left out: the channel's name.",
    "notify.NAME.departments": "A group's channel: whose group it is; left out: everybody's.",
    "notify.NAME.reach": "Only for kinds that plugins bring: whom one message reaches.",
    "notify.NAME.host": "The mail server.",
    "notify.NAME.port": "Its port; left out: the usual one of `security`.",
    "notify.NAME.security": "How the connection is encrypted; `none` only on this machine.",
    "notify.NAME.user": "Login at the mail server.",
    "notify.NAME.password_from": "`env:NAME` or `file:/path`; a password never stands here.",
    "notify.NAME.sender": "The address that mail comes from.",
    "notify.NAME.sender_name": "The name beside it.",
    "notify.NAME.url_from": "`env:NAME` or `file:/path` of the address to post to: it is a secret.",
    "notify.NAME.secret_from": "`env:NAME` or `file:/path` of the secret that signs.",
    "notify.NAME.recognises_repeats": "The other side drops a second message with the same key.",
    "notify.NAME.ca_file": "Certificates to trust; left out: the system's.",
    "notify.NAME.timeout_seconds": "How long to wait for an answer.",
    "notify.NAME.options": "Whatever a plugin's kind takes besides.",
} | {
    f"calendar.weekly.{day}": "Working hours, any number of stretches; left out: closed."
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
}


def _usual(name: str) -> str:
    (default,) = (one.default for one in fields(Settings) if one.name == name)
    return _default(list(cast("tuple[str, ...]", default)))


# Defaults of empty lists that are defined in the program, not in the schema.
USUAL: Mapping[str, Callable[[], str]] = {
    "causes": lambda: _usual("causes"),
    "waiver_codes": lambda: _usual("waiver_codes"),
    "reminders.channels": lambda: _default(list(USUAL_POLICIES.usual_channels)),
    "web.login": lambda: _default([one.value for one in WebSection().login]),
    "oidc.scopes": lambda: _default(OidcSection().scopes),
}

OPENING = """\
# Settings

<!-- Written by `make reference`; the keys come from the schema, their meaning from tools/settings.py. -->

A deployment's settings are the file `sla_tracker.toml` in its folder. `sla config path` says which file is in use, `sla
config check` names everything that is wrong with it, with line and key, and what would be allowed. Nothing unknown
passes. A change counts from the next start of the program.

`name`, `[calendar.weekly]` and `people` have to be there, everything else has a default. `NAME` stands for a name of
your choice or for an id.
"""


@dataclass
class Page:
    """The tables of the page, collected while walking through the schema."""

    schema: Mapping[str, Any]
    sections: dict[str, list[str]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def walk(self, node: Mapping[str, Any], place: str, heading: str) -> None:
        """Add a settings table and its subtables."""
        rows = self.sections.setdefault(heading, [])
        required = node.get("required", ())
        below = []
        for name, value in node["properties"].items():
            path = f"{place}.{name}" if place else name
            inner, form = self._inner(value)
            if inner is not None and form != "list":
                below.append((inner, path + (".NAME" if form == "free" else "")))
                continue
            if inner is not None:
                below.append((inner, path))
            rows.append(self._row(path, name, value, name in required))
        for inner, path in below:
            self._below(inner, path)

    def _below(self, inner: str, path: str) -> None:
        definition = self.schema["$defs"][inner]
        if inner in self._seen:
            if not path.endswith(".days"):
                self.keys.append(path)
                parent = path.rpartition(".")[0]
                self.sections[f"[{parent}]"].insert(
                    0, f"| `{path.rpartition('.')[2]}` | table | | {MEANINGS[path]} |"
                )
            return
        self._seen.add(inner)
        doubled = definition["title"] in {"ExceptionalDays", "PersonTable", "AbsenceTable"}
        self.walk(definition, path, f"[[{path}]]" if doubled else f"[{path}]")

    def _inner(self, value: Mapping[str, Any]) -> tuple[str | None, str]:
        """Return a value's table definition and how it occurs: one, a list, or by free names."""
        for form, node in (
            ("one", value),
            ("list", value.get("items", {})),
            ("free", value.get("additionalProperties", {})),
            *(("one", one) for one in value.get("anyOf", ())),
        ):
            name = node.get("$ref", "").rpartition("/")[2] if isinstance(node, dict) else ""
            if name and "properties" in self.schema["$defs"][name]:
                return name, form
        return None, ""

    def _row(self, path: str, name: str, value: Mapping[str, Any], required: bool) -> str:
        self.keys.append(path)
        default = "required" if required else _default(value.get("default"))
        if path in USUAL:
            default = USUAL[path]()
        return f"| `{name}` | {self._kind(value)} | {default} | {MEANINGS[path]} |"

    def _kind(self, value: Mapping[str, Any]) -> str:
        if "anyOf" in value:
            kinds = dict.fromkeys(self._kind(one) for one in value["anyOf"] if one.get("type") != "null")
            return "number" if set(kinds) == {"number", "text"} else " or ".join(kinds)
        if "$ref" in value:
            target = self.schema["$defs"][value["$ref"].rpartition("/")[2]]
            return ", ".join(f"`{one}`" for one in target["enum"])
        if value.get("format") == "date":
            return "date"
        if isinstance(value.get("type"), list):
            return "text, or `{ zh, en }`"
        return _plain_kind(value)


def _plain_kind(value: Mapping[str, Any]) -> str:
    kind = str(value.get("type", ""))
    if kind == "integer" and "minimum" in value:
        return f"{value['minimum']} to {value['maximum']}"
    words = {
        "string": "text",
        "integer": "number",
        "boolean": "`true`, `false`",
        "array": "list",
        "object": "table",
    }
    return words.get(kind, kind)


def _default(value: object) -> str:
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{value}`"


def walked() -> Page:
    """Return the settings by section; raises KeyError for one without an explanation."""
    schema = Config.model_json_schema()
    found = Page(schema=schema)
    found.walk(schema, "", "")
    return found


def page() -> str:
    """Return the page as Markdown."""
    return OPENING + "".join(_sections(walked().sections)) + "\n".join(_channels()) + "\n"


def _sections(sections: Mapping[str, list[str]]) -> Iterator[str]:
    for heading, rows in sections.items():
        if rows:
            title = f"`{heading}`" if heading else "At the top of the file"
            yield f"\n## {title}\n\n| key | value | default | meaning |\n|---|---|---|---|\n"
            yield "\n".join(rows) + "\n"


def _channels() -> Iterator[str]:
    yield from ("", "## What each kind of channel takes", "", "| kind | needs | takes |", "|---|---|---|")
    for kind, needed in NEEDED.items():
        yield f"| `{kind}` | {_names(needed)} | {_names(POSSIBLE[kind])} |"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
