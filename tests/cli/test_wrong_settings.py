"""Settings that become wrong: the last good ones go on, give nobody what the present ones took away, and it is said."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_tracker.cli.main import build
from sla_tracker.config.load import read_config
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import ConfigError, RecordingStopped
from sla_tracker.os_login import login_name

COMPANY = """name = "公司"
in_force_from = 2026-11-01
language = "en"

[calendar.weekly]
mon = ["09:00-18:00"]

[[people]]
id = "wang.fang"
name = "王芳"
role = "admin"
logins = ["{login}"]

[[people]]
id = "li.lei"
name = "李雷"
role = "admin"
logins = ["somebody-else"]
"""


class Company:
    """A real deployment whose administrator is the present login."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o755)
        self.write(COMPANY.format(login=login_name()))
        (folder / "plugins").mkdir(mode=0o755)

    @property
    def file(self) -> Path:
        return self.folder / "sla_tracker.toml"

    @property
    def copy(self) -> Path:
        return self.folder / "sla_tracker.toml.good"

    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    def write(self, text: str) -> None:
        self.file.write_text(text, encoding="utf-8")
        self.file.chmod(0o644)

    def run(self, *words: str, code: int = 0) -> Result:
        outcome = CliRunner().invoke(
            build(DeploymentService()), ["--deployment", str(self.folder), "--lang", "en", *words]
        )
        assert outcome.exit_code == code, f"{outcome.exit_code}: {outcome.output}"
        return outcome

    def acting_role(self) -> str:
        opened = DeploymentService().open(self.folder)
        try:
            return opened.actor.person.role.value
        finally:
            opened.close()


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path / "company")
    made.run("due", "--all")
    return made


@pytest.fixture
def days(tmp_path: Path) -> Path:
    file = tmp_path / "days-2027.csv"
    file.write_text("date,status,name\n2027-05-04,off,Day off\n", encoding="utf-8")
    return file


WRONG = {
    "unknown key": lambda text: "colour = 1\n" + text,
    "no TOML": lambda text: "name = \n" + text,
    "not UTF-8": lambda text: text + "# \udcff",
    "unknown plugin name": lambda text: text + "\n[targets.obligations]\nnothing = 0.9\n",
    "department that no plugin declares": lambda text: text.replace(
        'role = "admin"', 'role = "admin"\ndepartment = "sales"', 1
    ),
}


@pytest.mark.parametrize("mistake", list(WRONG))
def test_the_last_good_settings_go_on_with_a_warning_everywhere(company: Company, mistake: str) -> None:
    company.file.write_bytes(WRONG[mistake](company.text()).encode("utf-8", "surrogateescape"))
    for words in (("due", "--all"), ("plugins",), ("log",)):
        assert "The last good settings go on" in company.run(*words).stderr
    assert "go on" in company.run("doctor", code=1).stderr
    assert company.acting_role() == "admin"
    assert company.run("config", "check", code=6).stderr


def test_a_backup_is_made_with_the_last_good_settings(company: Company) -> None:
    company.write("colour = 1\n" + company.text())
    assert "go on" in company.run("backup", str(company.folder / "b.bak")).stderr
    assert "go on" in company.run("verify").stderr


def test_calendars_are_read_with_the_last_good_settings(company: Company, days: Path) -> None:
    company.write("colour = 1\n" + company.text())
    assert company.run("calendar", "sources").stderr.count("The last good settings go on") == 1
    assert "go on" in company.run("calendar", "import", str(days), "--yes").stderr
    assert (company.folder / "calendars" / "days-2027.toml").exists()


def test_nothing_is_used_where_settings_were_never_good(tmp_path: Path) -> None:
    made = Company(tmp_path / "new")
    made.write("colour = 1\n" + made.text())
    made.run("due", code=6)
    assert not made.copy.exists()


def test_wrong_settings_replace_no_good_ones(company: Company) -> None:
    good = company.copy.read_text(encoding="utf-8")
    company.write("colour = 1\n" + good)
    company.run("due", "--all")
    assert company.copy.read_text(encoding="utf-8") == good
    company.write(good.replace("公司", "企业"))
    company.run("due", "--all")
    assert "企业" in company.copy.read_text(encoding="utf-8")


@pytest.mark.parametrize("mistake", ["colour = 1\n", "name = \n"])
@pytest.mark.parametrize(
    ("old", "new", "role"),
    [
        ('logins = ["{login}"]', "logins = []", "reader"),
        ('logins = ["{login}"]', '# logins = ["{login}"]', "reader"),
        ('id = "wang.fang"', 'id = "zhao.min"', "reader"),
        ('role = "admin"', 'role = "staff"', "staff"),
        ('role = "admin"', "role = staff", "reader"),
        ('role = "admin"', 'role = "admin"\nleft_on = 2026-01-01', "reader"),
    ],
)
def test_nobody_keeps_what_the_present_file_took_away(
    company: Company, mistake: str, old: str, new: str, role: str
) -> None:
    old, new = old.replace("{login}", login_name()), new.replace("{login}", login_name())
    company.write(mistake + company.text().replace(old, new, 1))
    assert company.acting_role() == role


@pytest.mark.parametrize("left", [b"", b"name = \n", b"[[[[", bytes(range(256)) * 20, b"\x00" * 5000])
def test_settings_without_a_table_give_nobody_a_role(company: Company, left: bytes) -> None:
    company.file.write_bytes(left)
    said = company.run("due", "--all", code=0).stderr
    assert "The last good settings go on" in said
    assert company.acting_role() == "reader"


MOVED = {
    "heading twice": '\n[store]\nkind = "tinydb"\n\n[store]\nkind = "tinydb"\nfolder = "new"\n',
    "other kind, wrong elsewhere": '\n[store]\nkind = "postgres"\n\n[no_such_section]\n',
    "other folder, wrong elsewhere": '\n[store]\nfolder = "new"\n\n[no_such_section]\n',
    "other folder, no TOML elsewhere": '\n[store]\nfolder = "new"\n\n[closing]\nname = \n',
    "unknown kind": '\n[store]\nkind = "postgresql"\n',
    "unknown key": '\n[store]\nfodler = "new"\n',
    "heading misspelt": '\n[stroe]\nkind = "postgres"\n',
    "heading not closed": '\n[store\nkind = "postgres"\n',
    "heading without its first bracket": '\nstore]\nkind = "postgres"\n',
    "value without quotes": "\n[store]\nkind = postgres\n",
}


@pytest.mark.parametrize("mistake", list(MOVED))
def test_nothing_is_recorded_where_wrong_settings_may_name_another_store(
    company: Company, days: Path, mistake: str
) -> None:
    """Somebody who moves to another store must not go on writing to the old one unnoticed."""
    before = company.run("log", "--json").stdout
    company.write(company.text() + MOVED[mistake])
    said = company.run("calendar", "import", str(days), "--yes", code=6).stderr
    for part in ("Nothing is recorded", "another store than", "sla_tracker.toml"):
        assert part in said
    assert not [*company.folder.glob("calendars/*")]
    for words in (["verify", "--adopt"], ["import", str(days)], ["restore", str(days)]):
        assert "Nothing is recorded" in company.run(*words, code=6).stderr
    assert company.run("log", "--json").stdout == before
    assert "Nothing is recorded" in company.run("due", "--all").stderr


@pytest.mark.parametrize(
    "same",
    [
        "\n[no_such_section]\n",
        '\n[store]\nkind = "tinydb"\n\n[no_such_section]\n',
        '\n[store]\nfolder = "./store/"  # as ever\n\n[closing]\nname = \n',
        "\n[closing]\nname = \n[plugins]\n[[[",
    ],
)
def test_wrong_settings_of_the_same_store_let_people_work(company: Company, days: Path, same: str) -> None:
    company.write(company.text() + same)
    assert "Nothing is recorded" not in company.run("calendar", "import", str(days), "--yes").stderr


def test_an_open_deployment_records_nothing_once_the_settings_name_another_store(company: Company) -> None:
    """A terminal stays open while its administrator moves the store: its acts would be missing there."""
    opened = DeploymentService().open(company.folder)
    anywhere = company.text()
    company.write(f'{anywhere}\n[store]\nfolder = "new"\n')
    with pytest.raises(RecordingStopped, match="line 20, store"):
        opened.context.act(opened.actor, Verb.IMPORTED_CALENDAR)
    opened.reload()
    opened.begin()
    assert any("Nothing is recorded" in alarm for alarm in opened.alarms())
    with pytest.raises(RecordingStopped):
        opened.context.act(opened.actor, Verb.IMPORTED_CALENDAR)
    company.write(f"{anywhere}\n# as before")
    assert opened.context.act(opened.actor, Verb.IMPORTED_CALENDAR).by == "wang.fang"
    opened.close()


def test_a_trial_that_was_ended_does_not_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLA_NOW", "2026-11-20T14:00:00+08:00")
    made = Company(tmp_path / "trial")
    trial = '\n[trial]\nenabled = true\ndefault_person = "wang.fang"\n'
    text = made.text()
    made.write(text + trial)
    made.run("due", "--all")
    for mistake in ("colour = 1\n", "name = \n"):
        made.write(mistake + text + trial)
        made.run("due", "--all")
        made.write(mistake + text + trial.replace("true", "false"))
        made.run("due", "--all", code=6)


def test_a_copy_that_somebody_else_could_have_made_is_not_used(company: Company) -> None:
    good = company.copy.read_bytes()
    company.write("colour = 1\n" + company.text())
    company.copy.chmod(0o666)
    company.run("due", "--all", code=6)
    company.copy.unlink()
    elsewhere = company.folder / "plugins" / "good"
    elsewhere.write_bytes(good)
    company.copy.symlink_to(elsewhere)
    company.run("due", "--all", code=6)
    company.copy.unlink()
    os.mkfifo(company.copy)
    company.run("due", "--all", code=6)


def test_a_copy_of_another_owner_is_not_used(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.write("colour = 1\n" + company.text())
    company.run("due", "--all")
    inode, real = company.copy.stat().st_ino, os.fstat
    other = 0 if company.copy.stat().st_uid else 54321
    monkeypatch.setenv("SLA_OWNER", str(other))

    def owned(handle: int) -> os.stat_result:
        fields = list(real(handle))
        if fields[1] == inode:
            fields[4] = other
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", owned)
    company.run("due", "--all", code=6)


def test_a_vanished_department_with_people_stops_nobody(company: Company) -> None:
    sales = company.folder / "plugins" / "sales.toml"
    sales.write_text('[[department]]\nid = "sales"\nname = "销售部"\n', encoding="utf-8")
    sales.chmod(0o644)
    company.write(company.text().replace('role = "admin"', 'role = "admin"\ndepartment = "sales"', 1))
    assert "go on" not in company.run("due", "--all").stderr
    sales.unlink()
    assert "“sales” is unknown" in company.run("due", "--all").stderr
    assert company.acting_role() == "admin"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a=" + b"[" * 5000, "nested more than 32 deep"),
        (b"\xe7\x00", "line 1: this is not UTF-8"),
        (b"name", "a key needs an equals sign"),
    ],
    ids=["deep", "not UTF-8", "no TOML"],
)
def test_a_wrong_file_is_said_alike_whether_checked_or_compared(
    company: Company, content: bytes, said: str
) -> None:
    other = company.folder / "other.toml"
    other.write_bytes(content)
    assert said in company.run("config", "diff", str(other), code=6).stderr
    company.file.write_bytes(content)
    assert said in company.run("config", "check", code=6).stderr


def test_people_that_are_no_tables_are_compared_too(company: Company) -> None:
    other = company.folder / "other.toml"
    other.write_text("people = [1, 2]\n", encoding="utf-8")
    assert "people" in company.run("config", "diff", str(other)).stdout


def test_settings_without_the_right_to_read_are_named_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(file: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(file))

    monkeypatch.setattr(Path, "is_dir", refused)
    with pytest.raises(ConfigError) as problem:
        read_config(company.file)
    said = problem.value.sentence()
    assert said.count(company.file.name) == 1
    assert "rights" in said
    assert "sla init" not in said
