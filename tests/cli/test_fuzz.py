"""Whatever is typed, the answer is data or one sentence, with an exit code that says which."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.errors import ExitCode
from sla_tracker.testing.company import a_context
from tests.cli.runner import Line, TestDeployments

SAID = (
    "sheet amount=1 cash=yes =x -e -f --at --until --on --reason --json --all --mine --again --short --wanted --to "
    "--as --lang 昨天 16:40 昨天16:40 2026-11-20 2027-03-31 月底 someday zh en chen.jing li.na ghost vehicle-delivered "
    "settlement-scheduled invoice-copy decoration-sheet commission-list 鄂F·12345 ffffff 0 -1 99999999999999999999 "
    "% { } [/x] \x1b[31m \u202e ' \" -- -"
)
WORDS = SAID.split(" ")


def command_paths(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    context = click.Context(group, info_name="sla")
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command_paths(command, (*path, name)) if isinstance(command, click.Group) else []
        found += inner or [(*path, name)]
    return found


@given(data=st.data())
def test_nothing_typed_breaks_the_program(data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / CONFIG_FILE).touch()
        line = Line(TestDeployments(folder=folder, context=a_context(trial=True)))
        reference = line.reference("decoration-sheet")
        word = st.one_of(st.sampled_from((*WORDS, reference)), st.text(max_size=12))
        path = data.draw(st.sampled_from(command_paths(line.root)))
        words = data.draw(st.lists(word, max_size=5))
        outcome = line.attempt(*path, *words)
        assert outcome.exit_code in {code.value for code in ExitCode} - {ExitCode.FAILED}, outcome.output
        assert "\x1b" not in outcome.output
