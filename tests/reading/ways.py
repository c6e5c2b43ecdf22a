"""Every command that says something of duties, requests, people or figures, and what is typed to see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService

VALUES = (
    "sheet",
    "old sheet",
    "paper",
    "offered",
    "held",
    "refused",
    "proof",
    "request",
    "uncovered",
    "complaint",
    "shift",
    "offer",
    "agreement",
    "event",
)
"""What a command may be asked about by its reference."""
OF_ANYTHING = (
    "show {}",
    "show {} --json",
    "why {}",
    "why {} --json",
    "log --duty {}",
    "log --last 0 --duty {} --json",
)
LOOKS = (
    "due",
    "due --json",
    "due --all",
    "due --all --json",
    "due --owed-to-us",
    "due --pool",
    "due --mine",
    "due --until 2027-03-31 --json",
    "due --department sales --json",
    "due --department sales --owed-to-us",
    "why sheet --at 16:40",
    "why proof --at 16:40 --json",
    "why rent --on 2026-12-05 --json",
    "why survey",
    "subject PLATE-1",
    "subject PLATE-2 --json",
    "subject PLATE-3",
    "subject PLATE-4 --json",
    "calendar",
    "calendar --json",
    "calendar 2026-10 --json",
    "calendar 2026-12",
    "calendar --of sales",
    "calendar sources",
    "waiver list",
    "hand-over list",
    "hand-over list --json",
    "shift draft",
    "shift list",
    "shift list --all --json",
    "event types",
    "event list",
    "event list --json",
    "event show {event}",
    "event show {event} --json",
    "requests",
    "requests --json",
    "requests --all",
    "requests --all --json",
    "imports",
    "imports --json",
    "past list",
    "past list --json",
    "past list --rows",
    "score",
    "score --json",
    "score 2026-10 --json",
    "score 2026 --compare --json",
    "score --by person --json",
    "score --by pair --json",
    "score --by obligation",
    "score 2026-08 --json",
    "causes",
    "causes --json",
    "causes 2026-11 --json",
    "league",
    "league 2026 --json",
    "forecast",
    "forecast --json",
    "report 2026-11",
    "report 2026-10 --form csv",
    "report 2026-11 --form md",
    "period list",
    "period list --json",
    "period show 2026-10",
    "period check 2026-11",
    "period check 2026-10 --json",
    "agree list",
    "agree list --json",
    "agree list --assumed",
    "agree show {agreement}",
    "agree show {agreement} --json",
    "agree show sheet",
    "complaint list",
    "complaint list --json",
    "complaint list --all --json",
    "complaint show {complaint}",
    "complaint show {complaint} --json",
    "complaint figures",
    "complaint figures 2026 --json",
    "complaint figures --rows before --complaint {complaint} --json",
    "complaint figures --rows after --complaint {complaint} --json",
    "survey list",
    "survey results",
    "survey results --json",
    "person list",
    "person list --json",
    "access",
    "access --json",
    "plugins --json",
    "doctor",
    "doctor --json",
    "remind --preview",
    "remind --preview --json",
    "remind --outbox",
    "remind --outbox --json",
    "inbox",
    "log",
    "log --last 0",
    "log --last 0 --json",
    "web token list --json",
    "plugin show sales",
)
"""Calls that only read."""
ACTS = (
    "take {sheet}",
    "release {sheet}",
    "assign {sheet} --to zhou",
    "fill {sheet} -e words=x",
    "deliver {sheet} --all-ticks",
    "take-back {sheet}",
    "note {sheet} x",
    "undo",
    "redo",
    "hold {sheet} --for yard --reason x",
    "resume {held}",
    "waiver ask {sheet} --code other --reason x",
    "waiver grant {held} --answer x",
    "waiver refuse {held} --answer x",
    "cause {sheet} workload x",
    "hand-over offer {sheet} --to yard --reason x",
    "hand-over agree {offered}",
    "hand-over refuse {offered} --answer x",
    "hand-over withdraw {offered}",
    "shift write x",
    "shift edit {shift} x",
    "shift acknowledge {shift}",
    "accept {sheet}",
    "return {sheet} --reason x",
    "reopen {sheet} --reason x",
    "rate {sheet} 1 x",
    "object {held} --reason x",
    "judge-hold {held} --confirm",
    "waive {sheet} --code other --reason x",
    "event correct {event} --subject PLATE-9 --reason x",
    "event move {event} --at 16:40 --reason x",
    "event cancel {event} --reason x",
    "event confirm {event}",
    "event refuse {event} --reason x",
    "event object {event} --reason x",
    "event add delivered PLATE-2 --at 16:40",
    "request proof --subject {sheet} --json",
    "answer {request} x",
    "answer {uncovered} x",
    "field change {proof} detail=x --reason x",
    "field object {proof} --reason x",
    "field judge {proof} --refuse",
    "papers {proof} x",
    "update {proof} x",
    "settle {uncovered}",
    "withdraw {uncovered} --reason x",
    "withdraw {request} --reason x",
    "period close 2026-11",
    "period reopen 2026-10 --reason x",
    "period sign 2026-11 overdue",
    "agree accept {agreement} 2",
    "agree refuse {agreement} 2 --reason x",
    "agree counter {agreement} 2 --due 3天",
    "agree withdraw {agreement}",
    "agree propose sheet --due 3天",
    "agree new papers --owed-by sales --on-request --due 3天",
    "complaint judge {complaint} --founded yes",
    "complaint refer {complaint} yard x",
    "complaint name {complaint} sales x",
    "complaint analyse {complaint} workload x",
    "complaint propose {complaint} x",
    "complaint approve {complaint} --yes x",
    "complaint carry-out {complaint} x",
    "complaint evaluate {complaint} 2 x",
    "complaint lodge yard x --duty {sheet}",
    "survey answer sales 6/5 6/5 6/5 6/5 6/5",
    "remind",
    "erase PLATE-2 --reason x --yes",
    "export -",
    "backup b.bak",
    "verify --accept",
    "event import list.csv --kind delivered --map subject=plate --map at=time --dry-run",
    "request-import list.csv --obligation proof --dry-run",
    "past import list.csv --obligation sheet --dry-run",
    "person import list.csv",
    "calendar import list.csv --yes",
    "plugin check sales.toml",
    "plugin diff",
    "plugin replay sales",
    "config diff",
    "config check",
    "web feed",
    "web token add x --department sales --read --until 2027-01-01",
)
"""Calls that change something, by somebody who may not: a refusal must not tell what it is about."""
SAYS_NOTHING = {
    "init": "makes another deployment",
    "demo": "makes another deployment",
    "config path": "prints a path",
    "config set": "is an administrator's, who reads everything",
    "config schema": "prints what settings there are",
    "person add": "is an administrator's, who reads everything",
    "person move": "is an administrator's",
    "person leave": "is an administrator's",
    "plugin new": "writes an empty checklist",
    "plugin use": "is an administrator's",
    "plugin retry": "is an administrator's",
    "plugin schema": "prints what keys there are",
    "completion": "prints a script of the shell",
    "serve": "is the service",
    "web password": "prints a password",
    "web forget": "is an administrator's, and prints a name",
    "web open": "shows a trial",
    "web token end": "prints a name",
    "restore": "is refused by the service",
    "migrate": "is refused by the service",
    "import": "is refused by the service",
    "pg setup": "is refused by the service",
}
OF_CAUSES = {"causes": ("workload",), "forecast": ("",)}
FORMS = ("csv", "json", "md", "html", "xlsx", "ics")


def leaves() -> dict[str, click.Command]:
    """Return every command that does something, by the words that name it."""
    found: dict[str, click.Command] = {}

    def walk(command: click.Command, words: tuple[str, ...]) -> None:
        if isinstance(command, click.Group):
            if words and command.invoke_without_command:
                found[" ".join(words)] = command
            context = click.Context(command)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                walk(inner, (*words, name))
        else:
            found[" ".join(words)] = command

    walk(build(DeploymentService()), ())
    return found


def name_of(words: str, known: Mapping[str, object]) -> str:
    """Return the command that a call names."""
    typed = words.split()
    for length in (3, 2, 1):
        if (name := " ".join(typed[:length])) in known:
            return name
    raise AssertionError(f"no command: {words}")


def looks(references: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield the words of each call that reads."""
    for pattern in OF_ANYTHING:
        for name in VALUES:
            yield pattern.format(references[name]).split()
    for words in LOOKS:
        yield words.format(**references).split()


def written(known: Mapping[str, click.Command], forms: Sequence[str]) -> Iterator[list[str]]:
    """Yield calls that write a list or report into a file, each in these forms."""
    patterns = {name_of(words, known): words for words in reversed(LOOKS)}
    patterns |= {
        "subject": "subject PLATE-2",
        "due": "due --all",
        "requests": "requests --all",
        "calendar": "calendar 2026-11",
    }
    for name, command in known.items():
        if not any("--to" in option.opts and option.name == "file" for option in command.params):
            continue
        words = [word for word in patterns[name].split() if word != "--json"]
        for form in forms:
            yield [*words, "--to", f"list.{form}"]


def row_sets(known: Mapping[str, click.Command]) -> Iterator[list[str]]:
    """Yield calls for the rows behind every figure."""
    for name, command in known.items():
        for option in command.params:
            if "--rows" in option.opts and isinstance(option, click.Option) and option.is_flag:
                yield [*name.split(), "--rows", "--json"]
            elif "--rows" in option.opts:
                choices = option.type.choices if isinstance(option.type, click.Choice) else OF_CAUSES[name]
                for choice in choices:
                    month = [] if name == "forecast" else ["2026-11"]
                    yield [*name.split(), *month, "--rows", *choice.split(), "--json"]
