"""What holds for every call: where the deployment is, who acts, which language, and how it ends."""

import errno
import io
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from sla_tracker import errors
from sla_tracker.cli import errors as errors_of_calls
from sla_tracker.cli import output
from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.cli.main import build
from sla_tracker.testing.company import OBLIGATIONS, a_context
from tests.cli.runner import FakeDeployment, Line, TestDeployments
from tests.reading.ways import leaves

ROOT = Path(__file__).resolve().parents[2]


def test_the_deployment_is_named_by_option_environment_or_place(
    deployments: TestDeployments, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = deployments.folder / "plugins" / "deep"
    inside.mkdir(parents=True)
    runner = CliRunner()
    monkeypatch.chdir(inside)
    assert runner.invoke(build(deployments), ["due"]).exit_code == 0
    monkeypatch.chdir("/")
    assert (
        runner.invoke(build(deployments), ["due"], env={"SLA_DEPLOYMENT": str(deployments.folder)}).exit_code
        == 0
    )
    assert runner.invoke(build(deployments), ["due", "--deployment", str(deployments.folder)]).exit_code == 0
    assert [folder for folder, _person, _plugins in deployments.opened] == [deployments.folder] * 3


def test_where_there_is_none_the_way_to_one_is_said(
    deployments: TestDeployments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (deployments.folder / CONFIG_FILE).unlink()
    monkeypatch.chdir(empty)
    nowhere = CliRunner().invoke(build(deployments), ["due"])
    assert nowhere.exit_code == 3
    assert "make one (sla init)" in nowhere.stderr
    named = CliRunner().invoke(build(deployments), ["--deployment", str(empty), "due"])
    assert named.exit_code == 3
    assert f"sla init --trial {empty}" in named.stderr
    (empty / "note").touch()
    a_file = CliRunner().invoke(build(deployments), ["--deployment", str(empty / "note"), "due"])
    assert a_file.exit_code == 3
    assert f"{empty / 'note'} is a file; name the deployment's folder" in a_file.stderr
    (empty / "note").unlink()
    empty.rmdir()
    removed = CliRunner().invoke(build(deployments), ["due"])
    assert removed.exit_code == 3
    assert "make one (sla init)" in removed.stderr


def test_options_of_the_program_go_before_or_after_the_command(
    line: Line, deployments: TestDeployments
) -> None:
    line.run("due", "--as", "chen.jing", "--no-plugins", "--lang", "zh")
    line.run("--as", "chen.jing", "--no-plugins", "due")
    assert deployments.opened[0][1:] == deployments.opened[1][1:] == ("chen.jing", False)


def test_an_option_of_a_command_before_its_name_is_told_where_it_goes(line: Line) -> None:
    assert "behind it: sla COMMAND --json" in line.say("--json", "due", code=2)


def test_no_feed_is_made_where_no_page_is_served(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeDeployment, "web_url", "")
    assert "No page is served yet" in line.say("web", "feed", code=4)


def test_acting_as_another_is_for_trials(line: Line, deployments: TestDeployments) -> None:
    deployments.context = a_context(trial=False)
    assert "Only a trial" in line.say("due", person="chen.jing", code=5)


def test_an_alarm_is_told_to_everybody_who_comes_in(line: Line, deployments: TestDeployments) -> None:
    deployments.alarming = ("The store is older than what you saw before.",)
    assert "older than what you saw" in line.run("due", "--json").stderr


def test_a_number_that_is_none_is_explained(line: Line) -> None:
    assert "--last: a whole number is expected" in line.say("log", "--last", "many", code=2)
    assert "--by: choose one of department, pair," in line.say("score", "--by", "weight", code=2)
    assert "--year: a whole number from 1901 to 2099" in line.say(
        "calendar", "import", "x.ics", "--year", "1", code=2
    )
    chinese = line.say("score", "--by", "weight", "--lang", "zh", code=2)
    assert "--by：请从department、pair、obligation、person中选一个。" in chinese


def test_somebody_unknown_is_named(line: Line) -> None:
    assert "There is nobody called “ghost”" in line.say("due", person="ghost", code=3)


@pytest.mark.parametrize(
    ("words", "environ", "heading"),
    [
        (("--lang", "zh"), {"SLA_LANG": "en"}, "期限"),
        ((), {"SLA_LANG": "zh_CN"}, "期限"),
        ((), {"LC_ALL": "zh_CN.UTF-8"}, "Due"),
        (("--lang", "en"), {"SLA_LANG": "zh"}, "Due"),
    ],
)
def test_option_environment_and_deployment_choose_the_language(
    line: Line, words: tuple[str, ...], environ: dict[str, str], heading: str
) -> None:
    assert heading in line.run(*words, "due", env=environ).stdout.splitlines()[0]


def test_the_deployment_s_language_comes_before_the_system_s(
    line: Line, deployments: TestDeployments
) -> None:
    deployments.context = a_context(language="zh_CN")
    assert "期限" in line.run("due").stdout


def test_what_opens_no_deployment_and_what_is_said_before_it_opens_speak_the_deployment_s_language(
    line: Line, deployments: TestDeployments
) -> None:
    (deployments.folder / CONFIG_FILE).write_text('language = "zh_CN"', encoding="utf-8")
    deployments.context = a_context(language="zh_CN")
    reference = line.reference("decoration-sheet")
    assert line.say("verify").startswith("一切与写入时一致")
    assert line.say("take", reference).startswith("已领取")
    assert line.say("log", "--help").startswith("用法")
    (deployments.folder / CONFIG_FILE).write_text("language = [", encoding="utf-8")
    assert line.say("verify").startswith("Everything is as it was written")


def test_an_unknown_language_is_refused(line: Line) -> None:
    assert "“tlh” is not spoken here; there are zh_CN, en." in line.say("--lang", "tlh", "due", code=2)


def test_a_store_that_fails_gives_its_own_exit_code(
    line: Line, deployments: TestDeployments, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_given: object) -> None:
        raise errors.StoreBusy("Somebody holds the store.")

    line.run("due")
    monkeypatch.setattr(deployments.context.store, "read", busy)
    assert line.run("show", "ffffff", code=10).stderr == "Somebody holds the store.\n"


def test_a_fault_of_ours_is_one_sentence_and_a_private_file(
    line: Line, deployments: TestDeployments, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_given: object) -> None:
        raise ZeroDivisionError("tell nobody \x1b[31m")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    line.run("due")
    monkeypatch.setattr(deployments.context.store, "read", broken)
    said = line.run("show", "ffffff", code=1)
    assert said.stderr.count("\n") == 1
    assert "Traceback" not in said.output
    (kept,) = tmp_path.glob("sla-fault-*.txt")
    assert str(kept) in said.stderr
    assert "ZeroDivisionError" in kept.read_text("utf-8")
    assert kept.stat().st_mode & 0o077 == 0


def test_what_the_system_refuses_is_no_fault_of_ours(
    line: Line, deployments: TestDeployments, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/srv/sla/note")

    line.run("due")
    monkeypatch.setattr(deployments.context.store, "read", full)
    said = line.run("show", "ffffff", code=1).stderr
    assert said == "The system refuses /srv/sla/note: No space left on device\n"
    assert (
        line.run("--lang", "zh", "show", "ffffff", code=1).stderr == "系统拒绝访问 /srv/sla/note：磁盘已满\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("--lang", "zh", "--nonsense"),
        ("--lang=zh", "--deployment"),
        ("--deployment", ".", "--lang", "zh", "due", "--nonsense"),
        ("due", "--nonsense", "--lang", "zh"),
    ],
)
def test_what_cannot_be_understood_is_answered_in_the_language_asked_for(
    line: Line, words: tuple[str, ...]
) -> None:
    assert "选项" in line.run(*words, code=2).stderr


def test_sentences_follow_one_another_as_their_language_has_it(line: Line) -> None:
    assert (
        line.run("--lang", "zh", "dues", code=2).stderr == "没有命令“dues”。是不是 due？用法见：sla --help\n"
    )
    assert (
        line.run("dues", code=2).stderr == "There is no command “dues”. Did you mean due? See: sla --help\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("due", "--mine", "--all"),
        ("judge-hold", "ffffff", "--confirm", "--refuse"),
        ("complaint", "judge", "ffffff", "text", "--founded", "--unfounded"),
    ],
)
def test_flags_that_contradict_each_other_are_refused(line: Line, words: tuple[str, ...]) -> None:
    *_rest, first, second = words
    assert line.run(*words, code=2).stderr == f"{first} and {second} exclude each other.\n"


def test_an_interruption_ends_without_a_traceback(
    line: Line, deployments: TestDeployments, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_given: object) -> None:
        raise KeyboardInterrupt

    line.run("due")
    monkeypatch.setattr(deployments.context.store, "read", interrupted)
    assert line.run("show", "ffffff", code=130).stderr.strip() == "Stopped."


def test_bytes_that_are_no_text_are_refused(line: Line) -> None:
    assert "is not text" in line.say("event", "add", "vehicle-delivered", "A\udcff", code=2)


HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x9b31m[/x]\u202e\u200b\x01EVIL\n2nd" + "长" * 180


def test_text_that_no_store_can_keep_is_refused_without_its_bytes(line: Line) -> None:
    said = line.say("event", "add", "vehicle-delivered", "A\x00\x07B", "--at", "昨天 16:40", code=2)
    assert "is not text" in said
    assert not {"\x00", "\x07"} & {*said}


def test_hostile_text_reaches_no_screen(line: Line) -> None:
    for subject in (HOSTILE[:30], "x" * 200):
        line.run("event", "add", "vehicle-delivered", subject, "--at", "昨天 16:40")
    reference = line.json("due")["duties"][-1]["reference"]
    line.run("note", reference, HOSTILE)
    line.run("deliver", reference, "--all-ticks", "--note", HOSTILE)
    line.run("return", reference, "--reason", HOSTILE, person="chen.jing")
    for words in (("due",), ("show", reference), ("event", "list"), ("calendar",), ("show", HOSTILE)):
        for extra in ((), ("--json",)):
            outcome = CliRunner().invoke(
                line.root, ["--deployment", str(line.deployments.folder), *words, *extra]
            )
            shown = outcome.output.replace("\n", "")
            assert not [char for char in shown if ord(char) < 32 or 127 <= ord(char) < 160]
            assert "\u202e" not in shown
            assert "\u200b" not in shown


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_is_only_for_terminals_and_may_be_declined(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" not in line.say("due")
    with monkeypatch.context() as patch:
        patch.setattr(output, "is_colourful", lambda stream: True)
        assert "\x1b[31m" in line.say("due")
    monkeypatch.setenv("TERM", "xterm")
    assert output.is_colourful(Screen())
    assert not output.is_colourful(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not output.is_colourful(Screen())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not output.is_colourful(Screen())


def run_program(script: str, **environ: str) -> "subprocess.CompletedProcess[bytes]":
    paths = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONPATH": paths} | environ,
    )


PROGRAM = """
import sys, tempfile
from pathlib import Path
from sla_tracker.cli.main import build
from sla_tracker.testing.company import a_context
from tests.cli.runner import TestDeployments
folder = Path(tempfile.mkdtemp())
(folder / "sla_tracker.toml").touch()
build(TestDeployments(folder=folder, context=a_context(trial=True))).main(["--deployment", str(folder), *sys.argv[1:]])
"""


def program(*words: str, **environ: str) -> "subprocess.CompletedProcess[bytes]":
    return run_program(f"import sys; sys.argv[1:] = {words!r}\n{PROGRAM}", **environ)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_cannot_show_chinese_shows_question_marks(encoding: str) -> None:
    for words in (("--lang", "zh", "due"), ("--lang", "zh", "due", "--json"), ("--lang", "zh", "nonsense")):
        outcome = program(*words, PYTHONIOENCODING=encoding)
        assert outcome.returncode == (2 if "nonsense" in words else 0)
        assert b"Traceback" not in outcome.stderr
    assert ("提成表" in program("--lang", "zh", "due", PYTHONIOENCODING="utf-8").stdout.decode()) is True
    assert "\\u63d0" in program("due", "--json", PYTHONIOENCODING="ascii").stdout.decode()


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    script = f"import sys; sys.argv[1:] = ['access']\n{PROGRAM}"
    shell = "set -o pipefail; {python} -c {script} | true; echo $?"
    command = shell.format(python=shlex.quote(sys.executable), script=shlex.quote(script))
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    outcome = subprocess.run(["bash", "-c", command], capture_output=True, check=False, env=environ)
    assert outcome.stdout == b"0\n"
    assert outcome.stderr.replace("You are 王芳, staff, Sales.\n".encode(), b"") == b""


def test_a_closed_output_is_written_to_nobody() -> None:
    script = f"import sys; sys.argv[1:] = ['due']; sys.stdout = sys.stderr = None\n{PROGRAM}"
    outcome = run_program(script)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, b"", b"")


FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
build(TestDeployments"""


@pytest.mark.parametrize("words", [["access"], ["due", "--json"]])
def test_output_that_cannot_be_written_is_said_in_a_sentence(words: list[str], tmp_path: Path) -> None:
    script = (
        f"import sys; sys.argv[1:] = {words!r}\n{PROGRAM.replace(chr(10) + 'build(TestDeployments', FULL)}"
    )
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])}
    with (tmp_path / "full").open("wb") as full:
        outcome = subprocess.run(
            [sys.executable, "-c", script], stdout=full, stderr=subprocess.PIPE, check=False, env=environ
        )
    assert outcome.returncode == 1
    assert outcome.stderr.decode().endswith("The output cannot be written: File too large\n")


def test_what_is_due_imports_little() -> None:
    script = (
        "import atexit, sys\n"
        "atexit.register(lambda: sys.stderr.write(' '.join(sorted(sys.modules))))\n"
        f"sys.argv[1:] = ['due']\n{PROGRAM}"
    )
    loaded = set(run_program(script).stderr.decode().split())
    foreign = {
        "textual",
        "rich",
        "pydantic",
        "pluggy",
        "psycopg",
        "apprise",
        "babel",
        "icalendar",
        "chinese_calendar",
    }
    assert loaded & foreign == set()
    own = {name for name in loaded if name.startswith("sla_tracker.cli.commands.")}
    assert own == {"sla_tracker.cli.commands.duties", "sla_tracker.cli.commands.duties.due"}
    assert "sla_tracker.wording.parse_time" not in loaded


def test_an_obligation_that_is_gone_still_shows(line: Line, deployments: TestDeployments) -> None:
    reference = line.reference("order-sheet")
    kept = {one.id: one for one in OBLIGATIONS if one.id != "order-sheet"}
    catalogue = replace(deployments.context.catalogue, obligations=kept, departments={}, event_types={})
    deployments.context = replace(deployments.context, declared=catalogue)
    for words in (("due",), ("show", reference), ("event", "list"), ("calendar",)):
        line.run(*words)


def test_every_command_takes_the_shared_options_behind_its_name() -> None:
    shared = {"--deployment", "--as", "--lang", "--no-input", "--no-plugins"}
    lacking = {
        words: shared - {name for param in command.params for name in param.opts}
        for words, command in leaves().items()
    }
    assert {words: names for words, names in lacking.items() if names} == {}


@pytest.mark.parametrize(("lang", "said"), [("zh", "不是本系统编码的文字"), ("en", "is not text")])
def test_what_is_no_text_is_said_in_the_language_of_the_call(lang: str, said: str) -> None:
    words = [str(Path(sys.executable).with_name("sla")), "note", os.fsdecode(b"\xff"), "x"]
    outcome = subprocess.run(
        words, env=os.environ | {"SLA_LANG": lang}, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 2
    assert said in outcome.stderr
    assert r"\xff" in outcome.stderr


@pytest.mark.parametrize("number", [errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR])
def test_a_wrong_file_name_is_wrong_input(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert errors_of_calls.ended_by(OSError(number, os.strerror(number), "x" * 300)) == 2
    assert "xxx" in capsys.readouterr().err


def test_a_refusal_of_the_system_without_a_name_names_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors_of_calls.ended_by(OSError(errno.ENOSPC, "No space left on device")) == 1
    assert capsys.readouterr().err == "The system refuses it: No space left on device\n"
