"""The reference of the commands says what the commands say."""

import re

import click

from sla_tracker.cli.main import build
from sla_tracker.errors import ExitCode
from tests.cli.runner import Line, TestDeployments
from tools import commands

PAGE = commands.PAGE.read_text(encoding="utf-8")


def test_the_page_is_what_the_commands_say() -> None:
    assert commands.page() == PAGE, "run `python -m tools.commands`"


def test_every_command_option_and_exit_code_is_on_the_page(deployments: TestDeployments) -> None:
    def walk(command: click.Command, context: click.Context) -> None:
        section = (
            PAGE.split(f"\n## {context.command_path}\n")[1].split("\n## ")[0] if context.parent else PAGE
        )
        for param in command.params:
            if not getattr(param, "hidden", False):
                names = param.opts if isinstance(param, click.Option) else [param.make_metavar(context)]
                assert all(name.replace("|", "\\|") in section for name in names)
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                walk(inner, click.Context(inner, info_name=name, parent=context))

    root = build(deployments)
    walk(root, click.Context(root, info_name="sla"))
    codes = {int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert codes == {code.value for code in ExitCode} | {130}


def test_the_documents_have_the_fields_that_the_page_names(line: Line) -> None:
    rows = dict(re.findall(r"^\| (`[^|]+`) \| ((?:`\w+`(?:, )?)+) \|$", PAGE, re.MULTILINE))
    reference = line.reference("order-sheet")
    event = line.json("event", "list")["events"][0]["reference"]
    planned = line.json("event", "add", "settlement-scheduled", "C7", "--at", "下周五 9:00")
    line.run("event", "move", planned["event"]["reference"], "--at", "12-04 10:00")
    papers = planned["opened"][0]["reference"]
    asked = ("request", "invoice-copy", "--subject", "C1")
    for named, words, person in (
        ("`due`", ("due",), ""),
        ("`show`", ("show", reference), ""),
        ("`why`", ("why", reference), ""),
        ("`event types`", ("event", "types"), ""),
        (
            "`event add`, `correct` … `refuse`",
            ("event", "correct", event, "--subject", "A2"),
            "",
        ),
        ("`event object`", ("event", "object", papers, "--reason", "too far"), "chen.jing"),
        ("`event list`", ("event", "list"), ""),
        ("`event show`", ("event", "show", event), ""),
        ("`inbox`", ("inbox",), "root"),
        ("`subject`", ("subject", "A2"), ""),
        ("`request`", asked, "chen.jing"),
        ("`requests`", ("requests",), ""),
        ("`score`", ("score",), ""),
        ("`score --compare`", ("score", "--compare"), ""),
        ("`score --rows`", ("score", "--rows", "valid"), ""),
        ("`causes`", ("causes",), ""),
        ("`causes --compare`", ("causes", "--compare"), ""),
        ("`causes --rows`", ("causes", "--rows", "all"), ""),
        ("`league`", ("league",), ""),
        ("`forecast`", ("forecast",), ""),
        ("`complaint figures`", ("complaint", "figures"), ""),
        ("`past list`", ("past", "list"), ""),
        ("`past list --rows`", ("past", "list", "--rows"), ""),
        ("`complaint figures --rows`", ("complaint", "figures", "--rows", "lodged"), ""),
        ("`period check`", ("period", "check", "2026-11"), ""),
        ("`period list`", ("period", "list"), ""),
        ("`log`", ("log",), ""),
        ("`calendar`", ("calendar",), ""),
        ("`calendar import`", ("calendar", "import", "a.ics"), ""),
        ("`calendar sources`", ("calendar", "sources"), ""),
        ("`agree list`", ("agree", "list"), ""),
        ("`agree show`", ("agree", "show", "commission-list"), "li.na"),
        ("`access`", ("access",), ""),
        ("`person list`", ("person", "list"), ""),
        ("`person import`", ("person", "import", "staff.csv"), "root"),
        ("`config diff`", ("config", "diff"), "root"),
        ("`plugins`", ("plugins",), ""),
        ("`doctor`", ("doctor",), ""),
    ):
        fields = set(line.json(*words, person=person)) - {"version"}
        assert set(re.findall(r"\w+", rows.pop(named))) == fields, named
    assert rows == {}
