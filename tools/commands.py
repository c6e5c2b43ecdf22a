"""Builds docs/reference/commands.md from the command definitions.

`python -m tools.commands` writes the page; tests/docs/test_reference.py fails while it is outdated.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from sla_tracker.cli.errors import INTERRUPTED
from sla_tracker.cli.grammar import must_be_given
from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.errors import ExitCode

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "commands.md"

MEANINGS = {
    ExitCode.OK: "It is done; also when the program that reads the output stops early (`sla due | head`).",
    ExitCode.FAILED: "A fault of the program, whose details are kept in a file; a refusal of the system (a full disk, "
    "an output that cannot be written); or something that `sla doctor` found.",
    ExitCode.USAGE: "What was typed cannot be understood; the sentence says what would be.",
    ExitCode.NOT_FOUND: "Nothing goes by that name: a reference, a person, a department, a deployment.",
    ExitCode.REFUSED: "The rules do not allow it now: evidence is missing, somebody was first, it is closed.",
    ExitCode.FORBIDDEN: "This person's role or department does not allow it (`sla access`).",
    ExitCode.CONFIG: "The settings are wrong; every place is named.",
    ExitCode.STORE: "The store cannot be read or written, or the service of this host does not answer.",
    ExitCode.UNKNOWN_OUTCOME: "The store could not say whether the change was applied; look before you repeat it.",
    ExitCode.PLUGIN: "A plugin is refused or broken (`sla plugins`, `sla doctor`).",
    ExitCode.BUSY: "Somebody else holds the store, or you have too many calls open; try again.",
}

OPENING = """\
# Commands

<!-- Written by `python -m tools.commands`; change the commands, not this page. -->

`sla` opens the terminal. Everything that it can do is a command too. stdout carries data and nothing else, stderr
everything that is said about it; a command that reads never asks. `sla COMMAND --help` says the same as this page, in
Chinese or in English.

**References.** A duty, event or request goes by the last six characters of its id, as lists show them; more of the end,
or at least four characters of the beginning, will do as well. One that fits several is answered with the candidates.

**Days and times** are written as people say them: `2026-11-20 16:40`, `11-20 16:40`, `16:40`, `昨天 16:40`, `上周五`,
`周五 17:00`, `11月20日 下午3点半`, `下月1号`, `月底`, `下周`, `tomorrow 9:00`, `last friday`, `end of next month`,
`2 hours ago`, `+3d`, full-width digits too, and ISO 8601 with an offset. A day without a year is the nearest one, for
what lies ahead the next one. A whole week or month (`下周`, `next month`) is its first day, for `due --until` its last.
A month is `2026-11`, `11月`, `November`, `Nov 2026`; without a year it is the last one that has begun, for
`calendar` the nearest.
`5号前` and `by the 5th` are the 5th itself. All are local times of the deployment.

**JSON.** With `--json` a command writes one document. Its `version` rises when the meaning of a field changes; new
fields may come without that. Instants are UTC, names in both languages. Characters that a terminal would obey are
written as escapes.

| command | fields beside `version` |
|---|---|
| `due` | `at`, `scope`, `department`, `until`, `duties` |
| `show` | `duty` |
| `why` | `reference`, `deadline`, `limits`, `looked_for`, `triggers` |
| `event types` | `event_types` |
| `event add`, `correct` … `refuse` | `event`, `opened`, `moved`, `cancelled`, `claimed`, `nothing_owed` |
| `event object` | `duty` |
| `event list` | `events` |
| `event show` | `event`, `duties` |
| `inbox` | `files` |
| `subject` | `events`, `duties`, `tied`, `tied_left_off` |
| `request` | `request`, `duty` |
| `requests` | `requests`, `uncovered` |
| `score` | `month`, `closed`, `range`, `by`, `levels`, `total`, `measured`, `anchor` |
| `score --compare` | `month`, `closed`, `range`, `by`, `levels`, `total`, `measured`, `before`, \
`year_before`, `anchor` |
| `score --rows` | `range`, `figure`, `rows`, `anchor` |
| `causes` | `month`, `range`, `department`, `causes`, `anchor` |
| `causes --compare` | `month`, `range`, `department`, `causes`, `before`, `year_before`, `anchor` |
| `causes --rows` | `range`, `figure`, `rows`, `anchor` |
| `league` | `range`, `minimum`, `departments`, `anchor` |
| `forecast` | `month`, `departments` |
| `past list` | `past` |
| `past list --rows` | `rows` |
| `complaint figures` | `range`, `by`, `complaints`, `total`, `steps`, `effects` |
| `complaint figures --rows` | `range`, `figure`, `rows`, `anchor` |
| `period check` | `month`, `closed`, `can_close_from`, `settled`, `total`, `checks`, `duties` |
| `period list` | `months`, `anchor` |
| `log` | `changes`, `anchor` |
| `calendar` | `month`, `of`, `provisional`, `days` |
| `calendar import` | `name`, `year`, `file`, `target`, `days`, `contradictions`, `remarks`, `problems`, `written` |
| `calendar sources` | `sources` |
| `person list` | `people` |
| `person import` | `sheet`, `columns`, `unused`, `rows`, `changes`, `written` |
| `config diff` | `changes` |
| `agree list` | `terms` |
| `agree show` | `agreement` |
| `access` | `person`, `department`, `role`, `rights` |
| `plugins` | `plugins` |
| `doctor` | `findings`, `broken_plugins` |

**Colour** is used on terminals only, never as the only sign, and not at all when `NO_COLOR` is set.

**Completion** of commands, references, people, departments and kinds of events: `eval "$(sla completion bash)"`, the
same with `zsh`, or `sla completion fish > ~/.config/fish/completions/sla.fish`.
"""


def page() -> str:
    """Return the page as Markdown."""
    root = build(DeploymentService())
    context = click.Context(root, info_name="sla")
    parts = [OPENING, _exit_codes(), "## The program\n", *_section(root, context), *_commands(root, context)]
    return "\n".join(parts).rstrip() + "\n"


def _exit_codes() -> str:
    lines = ["## Exit codes", "", "| code | name | meaning |", "|---|---|---|"]
    lines += [f"| {code.value} | {code.name} | {_cell(MEANINGS[code])} |" for code in ExitCode]
    lines += [f"| {INTERRUPTED} | | It was interrupted from the keyboard. |", ""]
    return "\n".join(lines)


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield f"## {inner.command_path}\n"
        yield from _section(command, inner)
        if isinstance(command, click.Group):
            yield from _commands(command, inner)


def _section(command: click.Command, context: click.Context) -> Iterator[str]:
    if command.help:
        yield command.help.replace("\n", "\n\n") + "\n"
    yield f"```\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```\n"
    params = sorted(command.params, key=lambda param: isinstance(param, click.Option))
    rows = [_row(param, context) for param in params]
    shown = [row for row in rows if row]
    if shown:
        yield "| | |\n|---|---|\n" + "\n".join(shown) + "\n"


def _row(param: click.Parameter, context: click.Context) -> str:
    if isinstance(param, click.Argument):
        return f"| `{_cell(param.make_metavar(context))}` | {_cell(param.help or '')} |"
    if isinstance(param, click.Option) and not param.hidden:
        said = " ".join(filter(None, (param.help, must_be_given(param))))
        return f"| `{_cell(param.get_help_spec(context))}` | {_cell(said)} |"
    return ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write the page."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name}: written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
