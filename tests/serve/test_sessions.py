"""Calls through the service: what they write, what they ask, which files they touch, and how they end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import tempfile
from pathlib import Path

import pytest

from sla_tracker.config.load import read_config
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.report.pdf import browser
from sla_tracker.serve import client
from sla_tracker.serve.sessions.commands import ServedDeployments
from sla_tracker.serve.sessions.handed_out import files_to_check_by, left_out
from tests.requirements import go_without
from tests.serve.host import ADMIN, LI, WANG, Host, descendants
from tests.serve.terminal import Terminal

pytestmark = pytest.mark.timeout(300)


def home(host: Host, login: str) -> Path:
    return host.root / "home" / login


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_report_is_the_callers_own_file(host: Host) -> None:
    host.event(WANG, "鄂F·11111")
    host.call(WANG, "report", "2026-11", "--to", "levels.md")
    file = home(host, WANG) / "levels.md"
    assert file.owner() == WANG
    before = file.read_text(encoding="utf-8")
    assert "2026-11" in before
    assert "already" in host.call(WANG, "report", "2026-11", "--to", "levels.md", code=2).stderr
    assert file.read_text(encoding="utf-8") == before


def test_a_report_goes_nowhere_where_the_caller_may_not_write(host: Host) -> None:
    for place in (f"{Path.home()}/{WANG}.md", f"{home(host, LI)}/x.md", "/proc/x.md", "/no/such/x.md"):
        refused = host.call(WANG, "report", "2026-11", "--to", place, code=2)
        assert place in refused.stderr


def test_a_folder_is_no_file_that_could_be_written_over(host: Host) -> None:
    (home(host, WANG) / "folder.md").mkdir()
    refused = host.call(WANG, "report", "2026-11", "--to", "folder.md", code=2)
    assert "Is a directory" in refused.stderr
    assert "already" not in refused.stderr


def test_a_report_follows_no_link(host: Host) -> None:
    target = home(host, WANG) / "elsewhere.md"
    link = home(host, WANG) / "link.md"
    link.symlink_to(target)
    host.call(WANG, "report", "2026-11", "--to", "link.md", code=2)
    assert not target.exists()


def test_an_export_is_whole_and_private(host: Host) -> None:
    host.call(ADMIN, "export", "all.jsonl")
    file = home(host, ADMIN) / "all.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.owner() == ADMIN
    assert file.read_bytes() == host.call(ADMIN, "export", "-").stdout.encode()
    assert host.call(WANG, "export", "mine.jsonl", code=5).stdout == ""
    assert not (home(host, WANG) / "mine.jsonl").exists()


def test_a_backup_is_the_administrators(host: Host) -> None:
    host.call(ADMIN, "backup", "today.bak")
    assert (home(host, ADMIN) / "today.bak").owner() == ADMIN
    host.call(WANG, "backup", "today.bak", code=5)


def test_anchors_are_read_from_the_callers_file(host: Host) -> None:
    host.call(WANG, "report", "2026-11", "--to", "anchored.md")
    assert "1 anchor fits" in host.call(WANG, "verify", "--anchors", "anchored.md").stdout
    private = home(host, LI) / "private.md"
    private.write_text("sla:1:0123456789abcdef", encoding="utf-8")
    private.chmod(0o600)
    assert "private.md" in host.call(WANG, "verify", "--anchors", str(private), code=2).stderr


def test_a_calendar_is_opened_as_the_caller(host: Host) -> None:
    """Nobody reads a file with the rights of the service, not even what is said of its mistakes."""
    refused = host.call(
        WANG, "calendar", "import", str(host.settings), "--name", "own", "--year", "2027", code=2
    )
    assert "ermission denied" in refused.stderr
    assert "[serve]" not in refused.stdout + refused.stderr
    days = home(host, WANG) / "days.csv"
    days.write_text("date,status,name\n2027-10-01,off,National Day\n", encoding="utf-8")
    shutil.chown(days, WANG, WANG)
    read = host.call(WANG, "calendar", "import", "days.csv", "--name", "own", "--year", "2027")
    assert "2027-10-01" in read.stdout
    host.call(WANG, "calendar", "import", "days.csv", "--name", "own", "--year", "2027", "--yes", code=5)


def test_who_was_entered_just_now_is_known_in_the_next_call(host: Host) -> None:
    host.call(ADMIN, "person", "add", "xu.yan", "--name", "徐妍", "--department", "sales")
    host.call(ADMIN, "person", "move", "xu.yan", "loan")
    assert any(one["id"] == "xu.yan" for one in host.json(ADMIN, "person", "list")["people"])


def test_every_operation_on_deployments_is_decided_for_the_service() -> None:
    """One that is forgotten would work with the rights of the service on what the caller names."""
    usual = {name for name in vars(DeploymentService) if not name.startswith("_")}
    of_no_file = {"today", "configs", "settings_schema", "plugin_schema"}
    assert usual - vars(ServedDeployments).keys() == of_no_file


def test_a_pdf_is_printed_by_the_service_for_the_caller(host: Host) -> None:
    if not browser():
        refused = host.call(WANG, "report", "2026-11", "--to", "r.pdf", code=4)
        assert ".html" in refused.stderr
        go_without("chromium")
    host.call(WANG, "report", "2026-11", "--to", "r.pdf")
    file = home(host, WANG) / "r.pdf"
    assert file.read_bytes().startswith(b"%PDF-")
    assert file.owner() == WANG


def test_logins_of_acts_are_for_administrators(host: Host) -> None:
    host.event(WANG, "鄂F·L0G1N")
    assert WANG in host.call(ADMIN, "log", "--last", "0", "--json").stdout
    assert WANG not in host.call(LI, "log", "--last", "0", "--json").stdout


def test_a_list_is_opened_as_the_caller_and_taken_over_by_the_service(host: Host) -> None:
    words = ("event", "import", "deliveries.csv", "--kind", "vehicle-delivered", "--yes")
    file = home(host, WANG) / "deliveries.csv"
    file.write_text(
        "车牌号,交车日期,单号\n鄂F·I1001,2026-11-19 10:00,A\n鄂F·I1002,03/04/2026,B\n", encoding="gbk"
    )
    assert "Taken over: 1" in host.call(WANG, *words, code=4).stderr
    assert "there already 1" in host.call(WANG, *words, code=4).stderr
    run = host.json(WANG, "imports")["imports"][0]
    assert (run["by"], run["state"], run["file"]) == ("wang.fang", "done", "deliveries.csv")
    file.chmod(0o600)
    assert "Permission denied" in host.call(LI, *words[:2], str(file), *words[3:], code=2).stderr
    host.call(WANG, "event", "import", "--undo", run["id"], "--yes")


def test_code_of_a_caller_does_not_run_in_the_service(host: Host) -> None:
    mark = host.root / "run" / "it-ran"  # only the service's login may write there
    file = home(host, ADMIN) / "own.py"
    file.write_text(f"open({str(mark)!r}, 'w')\n", encoding="utf-8")
    for words in (("check",), ("diff",), ("use", "--yes")):
        host.call(ADMIN, "plugin", words[0], str(file), *words[1:], code=None)
    refused = host.call(ADMIN, "plugin", "use", str(file), "--yes", code=5)
    assert "code" in refused.stderr
    assert not mark.exists()


PLUGIN = """
import os
import sla_tracker

NAME = sla_tracker.Text(zh="档案室", en="Archive")
TITLE = sla_tracker.Text(zh="合同归档", en="File contracts")
open(os.environ["HOME"] + "/it-ran", "w").write(str(os.geteuid()))

@sla_tracker.hookimpl
def sla_register_departments():
    return [sla_tracker.Department(id="archive", name=NAME)]

@sla_tracker.hookimpl
def sla_register_obligations():
    rule = sla_tracker.DayOfMonth(day=5)
    return [sla_tracker.Obligation(
        id="file-contracts", provider="archive", consumer="CONSUMER", title=TITLE,
        triggers=(sla_tracker.Recurring(due=rule),),
    )]
"""


def test_a_plugin_in_python_is_checked_by_the_caller_over_what_the_service_hands_out(host: Host) -> None:
    own = home(host, WANG)
    file = own / "archive.py"
    file.write_text(PLUGIN.replace("CONSUMER", "finance"), encoding="utf-8")
    spool = host.deployment / ".service" / "spool"
    before = host.acts()
    checked = host.json(WANG, "plugin", "check", "archive.py")
    assert (checked["problems"], checked["good"]) == ([], True)
    assert checked["coming"][0]["obligation"] == "file-contracts"
    assert int((own / "it-ran").read_text(encoding="ascii")) == pwd.getpwnam(WANG).pw_uid
    compared = host.json(WANG, "plugin", "diff", "archive.py")
    assert "archive" in str(compared)
    # Judged together with what is in use: the service's departments are known, and no others.
    file.write_text(PLUGIN.replace("CONSUMER", "nobody"), encoding="utf-8")
    wrong = host.call(WANG, "plugin", "check", "archive.py", code=9)
    assert "nobody" in wrong.stdout + wrong.stderr
    host.call(WANG, "plugin", "check", "missing.py", code=None)
    assert host.acts() == before
    assert not [one for one in spool.glob("*/*") if one.suffix == ".py"]
    assert not list(Path(tempfile.gettempdir()).glob("sla-check-*"))


def test_what_is_handed_out_to_check_by_holds_no_secret_and_no_code(tmp_path: Path) -> None:
    settings = """
name = "X"
zone = "Asia/Shanghai"
[calendar.weekly]
mon = ["09:00-12:00"]
[plugins]
enabled = ["china"]
python = ["own.py"]
[[people]]
id = "wang.fang"
name = "王芳"
logins = ["wangfang"]
mail = "wang@example.org"
[notify.mail]
host = "secret.example.org"
sender = "sla@example.org"
"""
    (tmp_path / "sla_tracker.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "plugins").mkdir()
    for name in ("own.py", "sales.toml", "_draft.toml", ".old.toml"):
        (tmp_path / "plugins" / name).write_text("x = 1\n", encoding="utf-8")
    deployment = read_config(tmp_path)
    files = files_to_check_by(deployment)
    assert sorted(files) == ["plugins/sales.toml", "sla_tracker.toml"]
    given = files["sla_tracker.toml"].decode()
    assert "王芳" in given
    assert not any(word in given for word in ("wangfang", "example.org", "own.py", "notify"))
    assert left_out(deployment) == ("own.py",)


def test_the_callers_program_writes_no_code_and_nothing_elsewhere(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for place in (
        "plugins/x.py",
        "../x.toml",
        "plugins/../x.toml",
        "/etc/x.toml",
        "plugins/.x.toml",
        "x.toml",
    ):
        client._put(str(root), place, b"x")
    assert list(root.rglob("*.*")) == []
    client._put(str(root), "plugins/x.toml", b"x")
    client._put(str(root), "sla_tracker.toml", b"x")
    assert len(list(root.rglob("*.toml"))) == 2
    assert [one.name for one in tmp_path.iterdir()] == ["root"]


CHECKLIST = """
[department]
id = "archive"
name = { zh = "档案室", en = "Archive" }

[[obligation]]
id = "file-contracts"
title = { zh = "合同归档", en = "File contracts" }
consumer = "finance"
due = { day = 5 }
"""


def test_only_an_administrator_installs_a_checklist(host: Host) -> None:
    for login in (WANG, ADMIN):
        (home(host, login) / "archive.toml").write_text(CHECKLIST, encoding="utf-8")
    checked = host.call(WANG, "plugin", "check", "archive.toml", code=None)
    assert checked.returncode in {0, 9}, checked
    host.call(WANG, "plugin", "use", "archive.toml", "--yes", code=5)
    host.call(WANG, "plugin", "new", "archive", "--consumer", "finance", code=5)
    assert not list((host.deployment / "plugins").glob("*archive*"))


@pytest.mark.parametrize(
    "words",
    [
        "migrate /tmp/x",
        "import -",
        "restore {home}/today.bak",
        "pg setup",
        "config check /tmp",
        "plugin new x --python .",
    ],
)
def test_what_belongs_to_who_runs_the_service_is_refused(host: Host, words: str) -> None:
    (home(host, ADMIN) / "today.bak").touch()
    before = host.acts()
    typed = words.format(home=home(host, ADMIN)).split()
    host.call(ADMIN, *typed, code=None, given=b"")
    assert host.call(ADMIN, *typed, code=None).returncode in {2, 4, 5}
    assert host.acts() == before


# --- what a login saw of the store ------------------------------------------------------------------------------------


def test_the_callers_login_keeps_what_it_saw_and_complains(own_host: Host) -> None:
    own_host.event()
    seen = next((home(own_host, WANG) / ".local" / "state" / "sla_tracker").glob("*.seen"))
    number, digest = seen.read_text(encoding="ascii").split()
    assert int(number) == own_host.acts()[-1]["sequence"]
    seen.write_text(f"{int(number) + 5} {digest}", encoding="ascii")
    assert "went back" in own_host.call(WANG, "due").stderr
    assert "went back" in own_host.call(WANG, "due").stderr  # until somebody looks at it
    own_host.call(WANG, "verify", "--accept")
    assert "went back" not in own_host.call(WANG, "due").stderr
    seen.write_text(f"{number} {'0' * 64}", encoding="ascii")
    assert "another one" in own_host.call(WANG, "due").stderr


def test_a_folder_of_the_service_that_cannot_be_used_is_named(host: Host) -> None:
    host.call(WANG, "due")
    state = host.deployment / ".service"
    for name, code in (("logins", 7), ("people", 7), ("spool", 0)):  # looking needs no spool
        (state / name).rename(state / "aside")
        (state / name).touch()
        try:
            said = host.call(WANG, "due", code=code).stderr
        finally:
            (state / name).unlink()
            (state / "aside").rename(state / name)
        assert (f"cannot use {state / name}" in said) == bool(code)


# --- terminals and questions ------------------------------------------------------------------------------------------


def test_a_question_is_asked_on_a_terminal(host: Host) -> None:
    opened = host.event(WANG, "鄂F·22222")["opened"]
    reference = next(one["reference"] for one in opened if one["obligation"] == "order-and-delivery-forms")
    with Terminal(host, WANG, "deliver", reference) as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("y\r")
        terminal.wait_for("Delivery form")
        terminal.type("y\r")
        assert terminal.end() == 0
    assert host.json(WANG, "show", reference)["duty"]["state"] == "delivered"


def test_control_c_ends_a_question(host: Host) -> None:
    opened = host.event(WANG, "鄂F·33333")["opened"]
    reference = next(one["reference"] for one in opened if one["obligation"] == "order-and-delivery-forms")
    with Terminal(host, WANG, "deliver", reference) as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("\x03")
        assert terminal.end() == 130
    assert host.json(WANG, "show", reference)["duty"]["state"] == "open"


def test_control_z_at_a_question_that_no_shell_could_continue_is_answered(host: Host) -> None:
    opened = host.event(WANG, "鄂F·44444")["opened"]
    reference = next(one["reference"] for one in opened if one["obligation"] == "order-and-delivery-forms")
    with Terminal(host, WANG, "deliver", reference) as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("\x1ay\r")
        terminal.wait_for("cannot be suspended here")
        terminal.wait_for("Delivery form")
        terminal.type("\x03")
        assert terminal.end() == 130


def test_the_terminal_opens_follows_its_size_and_leaves_the_screen_as_it_was(host: Host) -> None:
    with Terminal(host, WANG) as terminal:
        before = terminal.modes()
        terminal.wait_for("王芳")
        assert terminal.modes() != before
        terminal.resize(30, 90)
        terminal.type("3")
        terminal.wait_for("Month's end")  # a key of the view, whatever has come due on the day of the test
        terminal.type("q")
        assert terminal.end() == 0
        assert terminal.modes() == before
        assert "\x1b[?1049l" in terminal.text


def test_an_open_terminal_is_told_what_others_commit(host: Host) -> None:
    with Terminal(host, WANG) as terminal:
        terminal.wait_for("王芳")
        host.event(LI, "鄂F·T0LD1")
        terminal.wait_for("鄂F·T0LD1", 5)
        terminal.type("q")
        assert terminal.end() == 0


def test_keys_typed_ahead_stay_the_shells(host: Host) -> None:
    """A command that asks nothing reads nothing of the caller's terminal."""
    with Terminal(host, WANG, "due", then="cat") as terminal:
        terminal.type("typed ahead\r")
        terminal.wait_for("<typed ahead>")
        terminal.type("\x04")
        terminal.end()


def test_a_terminal_whose_client_is_killed_ends_and_reads_nothing_more(host: Host) -> None:
    assert host.service is not None
    host.wait_for(lambda: len(descendants(host.service.pid)) == 1, 20)
    with Terminal(host, WANG) as terminal:
        terminal.wait_for("王芳")
        assert len(descendants(host.service.pid)) >= 2
        os.kill(terminal.pid, signal.SIGKILL)
        host.wait_for(lambda: len(descendants(host.service.pid)) == 1, 20)


def test_what_stands_in_a_form_outlives_a_client_that_is_killed_for_its_person_alone(host: Host) -> None:
    assert host.service is not None
    host.event(WANG, "鄂F·F0RM1")
    host.wait_for(lambda: len(descendants(host.service.pid)) == 1, 20)
    with Terminal(host, WANG) as terminal:
        terminal.wait_for("鄂F·F0RM1")
        terminal.type("n")
        terminal.wait_for("Write ctrl+s")
        terminal.type("half a sentence")
        terminal.wait_for("half a sentence")
        os.kill(terminal.pid, signal.SIGKILL)
        host.wait_for(lambda: len(descendants(host.service.pid)) == 1, 20)
    for login, is_offered in ((LI, False), (WANG, True)):
        with Terminal(host, login) as terminal:
            terminal.wait_for("鄂F·F0RM1" if is_offered else "李娜")
            terminal.type("n")
            if is_offered:
                terminal.wait_for("half a sentence")
            terminal.type("\x1b[27u" * 3)  # the form asks before it closes
            terminal.type("q")
            assert terminal.end() == 0
            assert (
                is_offered or "alf a sentence" not in terminal.text
            )  # the cursor stands on its first letter


def test_no_session_holds_the_callers_terminal(host: Host) -> None:
    """Stopped or gone: nobody but the client could read what the caller types, as nobody else has it to read."""
    assert host.service is not None
    with Terminal(host, WANG) as terminal:
        terminal.wait_for("王芳")
        held = {
            str(link.readlink())
            for pid in descendants(host.service.pid)
            for link in Path(f"/proc/{pid}/fd").iterdir()
        }
        assert terminal.name not in held
        terminal.type("q")
        terminal.end()


def test_a_login_has_only_so_many_terminals(host: Host) -> None:
    opened = [Terminal(host, LI) for _ in range(4)]
    try:
        for terminal in opened:
            terminal.wait_for("李娜")
        with Terminal(host, LI) as fifth:
            fifth.wait_for("as many terminals")
            assert fifth.end() == 4
        assert host.json(LI, "access")["person"] == "li.na"
    finally:
        for terminal in opened:
            terminal.close()


def test_a_list_is_taken_over_in_the_terminal_by_the_name_that_was_typed(host: Host) -> None:
    """The client opens what was typed, with a slip that was mended, and nothing else."""
    listed = home(host, WANG) / "delivered.csv"
    listed.write_text("车牌号,时间\n鄂F·51157,2026-11-20\n", encoding="utf-8")
    shutil.chown(listed, WANG, WANG)
    with Terminal(host, WANG) as terminal:
        terminal.wait_for("王芳")
        terminal.type("4")
        terminal.wait_for("Register event")
        terminal.type("m")
        terminal.wait_for("type to search")
        terminal.type("\r")  # the first of the kinds of lists
        terminal.wait_for("Kind of event")
        terminal.type("~/delll\x7f\x7fivered.csv\r\r\x1b[B\r\x13")  # file, the first kind, read
        terminal.wait_for("51157")
        terminal.type("\x13")
        host.wait_for(lambda: any(one["what"] == "imported_events" for one in host.acts()), 20)
