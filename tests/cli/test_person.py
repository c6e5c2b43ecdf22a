"""`sla person` and `sla config` change the settings, on record, and pass duties on."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService

ADMIN = "lin.tao"
NOW = "2026-11-20T17:30:00+08:00"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLA_NOW", NOW)
    DeploymentService().init(
        tmp_path / "trial", config="dealership", trial=True, in_force_from=date(2026, 10, 1)
    )
    return tmp_path / "trial"


def call(folder: Path, *words: str, person: str = ADMIN) -> Result:
    at = ["--deployment", str(folder), "--lang", "en", "--no-input", "--as", person]
    return CliRunner().invoke(build(DeploymentService()), [*at, *words])


def settings(folder: Path) -> str:
    return (folder / "sla_tracker.toml").read_text(encoding="utf-8")


def person(folder: Path, id: str) -> dict[str, object]:
    people = json.loads(call(folder, "person", "list", "--json").stdout)["people"]
    found: dict[str, object] = next(one for one in people if one["id"] == id)
    return found


def test_logins_are_shown_to_administrators_and_their_own_person_only(folder: Path, tmp_path: Path) -> None:
    words = ("person", "add", "xu.na", "--name", "徐娜", "--department", "sales", "--login", "xuna")
    assert call(folder, *words).exit_code == 0
    for reader, seen in ((ADMIN, True), ("xu.na", True), ("wang.fang", False)):
        listed = call(folder, "person", "list", "--json", person=reader)
        logins = {one["id"]: one["logins"] for one in json.loads(listed.stdout)["people"]}
        assert logins["xu.na"] == (["xuna"] if seen else [])
        assert ("xuna" in call(folder, "person", "list", person=reader).stdout) is seen
        file = tmp_path / f"{reader}.csv"
        assert call(folder, "person", "list", "--to", str(file), person=reader).exit_code == 0
        assert ("xuna" in file.read_text(encoding="utf-8-sig")) is seen


def assigned_to(folder: Path, id: str) -> list[str]:
    rows = json.loads(call(folder, "due", "--all", "--json").stdout)["duties"]
    return [row["reference"] for row in rows if row["assignee"] == id]


def test_somebody_comes_moves_and_leaves(folder: Path) -> None:
    comments = settings(folder).count("#")
    assert call(folder, "person", "add", "xu.na", "--name", "徐娜", "--department", "sales").exit_code == 0
    assert person(folder, "xu.na")["department"] == "sales"
    assert call(folder, "person", "move", "xu.na", "loan", "--role", "head").exit_code == 0
    moved = person(folder, "xu.na")
    assert (moved["department"], moved["role"]) == ("loan", "head")
    assert call(folder, "person", "leave", "xu.na", "--on", "2026-12-24").exit_code == 0
    assert person(folder, "xu.na")["left_on"] == "2026-12-24"
    assert settings(folder).count("#") == comments
    log = json.loads(call(folder, "log", "--json", "--last", "0").stdout)["changes"]
    assert [one["reason"] for one in log if (one["reason"] or "").startswith("person")] == [
        "person add xu.na",
        "person move xu.na loan",
        "person leave xu.na 2026-12-24",
    ]


def test_who_leaves_passes_the_duties_on(folder: Path) -> None:
    added = call(folder, "event", "add", "vehicle-delivered", "鄂F·12345", "--at", "today 16:40")
    assert added.exit_code == 0, added.stderr
    rows = json.loads(call(folder, "due", "--all", "--json").stdout)["duties"]
    first, second = [row["reference"] for row in rows if row["provider"] == "sales" and row["reference"]][:2]
    assert call(folder, "take", first, second, person="wang.fang").exit_code == 0
    assert call(folder, "person", "leave", "zhao.qiang", "--on", "2026-12-31").exit_code == 0
    ahead = call(folder, "person", "leave", "wang.fang", "--on", "2026-12-24")
    assert "2 duties stay with 王芳 and go into the pool on 2026-12-24" in ahead.stderr
    assert "王芳 is the deputy of 赵强" in ahead.stderr
    assert sorted(assigned_to(folder, "wang.fang")) == sorted([first, second])
    refused = call(folder, "person", "leave", "wang.fang", "--to", "li.na")
    assert (refused.exit_code, "same department" in refused.stderr) == (4, True)
    assert call(folder, "deliver", first, "--all-ticks", person="wang.fang").exit_code == 0
    passed_on = call(folder, "person", "leave", "wang.fang", "--to", "赵强")
    # What is delivered waits for its consumer, and is nobody's to take.
    assert (passed_on.exit_code, "1 duty is with 赵强 now." in passed_on.stderr) == (0, True)
    assert "nobody has to take it" not in passed_on.stderr
    assert assigned_to(folder, "zhao.qiang") == [second]
    assert call(folder, "person", "move", "zhao.qiang", "loan").exit_code == 0
    assert assigned_to(folder, "zhao.qiang") == []


LIST = """\
人员名单,,,,
姓名,部门,职务,登录名,邮箱
王芳,销售部,职员,wangfang,wang.fang@example.com
徐小娜,销售部,主任,xuna,
孙丽,财务部,负责人,,
李四,采购部,职员,lisi,
徐小娜,销售部,主任,xuna,
"""


def test_a_list_of_staff_is_taken_over_but_for_doubtful_rows(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_bytes(LIST.encode("gb18030"))
    dry = call(folder, "person", "import", str(tmp_path / "staff.csv"))
    assert (dry.exit_code, "Nothing is written" in dry.stderr) == (4, True)
    assert "cell B6, “采购部”" in dry.stderr
    assert "row 4 is the same person" in dry.stderr
    result = call(folder, "person", "import", str(tmp_path / "staff.csv"), "--yes", "--json")
    rows = {row["row"]: (row["id"], row["fate"]) for row in json.loads(result.stdout)["rows"]}
    assert rows == {
        3: ("wang.fang", "changed"),
        4: ("xuna", "new"),
        5: ("sun.li", "same"),
        6: ("lisi", "doubtful"),
        7: ("xuna", "doubtful"),
    }
    assert person(folder, "wang.fang")["logins"] == ["wangfang"]
    assert person(folder, "xuna")["role"] == "head"
    again = call(folder, "person", "import", str(tmp_path / "staff.csv"), "--yes")
    assert "Nothing is new in this list." in again.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("person", "add", "Xu Na", "--name", "x"), 6, "no id of a person"),
        (("person", "add", "wang.fang", "--name", "x", "--department", "sales"), 6, "already belongs to"),
        (("person", "add", "x", "--name", "x", "--department", "nowhere"), 6, "nowhere"),
        (("person", "move", "wang.fang", "sales"), 4, "already"),
        (("person", "move", "wang.fang", "nowhere"), 3, "nowhere"),
        (("person", "leave", "nobody"), 3, "nobody"),
        (("person", "import", "missing.csv"), 2, "missing.csv"),
        (("config", "set", "targets.usual", "7"), 6, "targets.usual"),
        (("config", "set", "people.x", "7"), 2, "sla person"),
        (("config", "set", "a b", "7"), 2, "no key"),
        (("config", "set", "name"), 2, "--remove"),
        (("config", "set", "--remove", "closing.nothing"), 3, "closing.nothing"),
        (("config", "diff", "nowhere"), 3, "nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_input_is_refused_and_nothing_is_written(
    folder: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    before = settings(folder)
    result = call(folder, *words)
    assert (result.exit_code, settings(folder)) == (code, before), result.stderr
    assert said in result.stderr


def test_only_an_administrator_changes_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLA_NOW", NOW)
    DeploymentService().init(
        tmp_path / "trial", config="dealership", trial=True, in_force_from=date(2026, 10, 1)
    )
    before = settings(tmp_path / "trial")
    for words in (
        ("person", "leave", "wang.fang"),
        ("person", "move", "wang.fang", "loan"),
        ("person", "add", "evil", "--name", "Evil", "--role", "admin", "--login", "evil"),
        ("config", "set", "targets.usual", "0.5"),
    ):
        result = call(tmp_path / "trial", *words, person="chen.gang")
        assert (result.exit_code, "may not administer" in result.stderr) == (5, True), words
        assert (result.stdout, settings(tmp_path / "trial")) == ("", before), words


def test_settings_stay_where_the_store_takes_no_record(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that counts without a record would be one that nobody can look up."""
    before = settings(folder)
    monkeypatch.setattr("sla_tracker.storage.journal.only_readable", lambda _folder: True)
    result = call(folder, "config", "set", "targets.usual", "0.5")
    assert (result.exit_code, result.stdout, settings(folder)) == (5, "", before), result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("person", "leave", ADMIN),
        ("person", "leave", ADMIN, "--on", "2026-12-24"),
        ("person", "move", ADMIN, "finance", "--role", "staff"),
    ],
)
def test_the_last_administrator_stays_until_another_one_is_there(
    folder: Path, words: tuple[str, ...]
) -> None:
    before = settings(folder)
    refused = call(folder, *words)
    assert (refused.exit_code, settings(folder)) == (4, before), refused.stderr
    assert "Nobody could administer this deployment after 林涛; appoint somebody else first" in refused.stderr
    assert call(folder, "person", "move", "wang.fang", "sales", "--role", "admin").exit_code == 0
    assert call(folder, *words).exit_code == 0


def test_a_list_of_staff_takes_no_last_administrator_away(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text("姓名,部门,职务\n林涛,财务部,职员\n", encoding="utf-8")
    refused = call(folder, "person", "import", str(tmp_path / "staff.csv"), "--yes")
    assert (refused.exit_code, "appoint somebody else first" in refused.stderr) == (4, True), refused.stderr


def test_a_deployment_that_nobody_administers_is_not_well(folder: Path) -> None:
    text = settings(folder)
    file = folder / "sla_tracker.toml"
    for role, said in (("head", "Nobody administers this deployment."), ("admin", "")):
        file.write_text(text.replace('role = "admin"', f'role = "{role}"'), encoding="utf-8")
        assert ("wrong  People: " + said in call(folder, "doctor").stdout) is bool(said)
    file.write_text(text.replace('role = "admin"', 'role = "admin"\nleft_on = 2026-12-24'), encoding="utf-8")
    assert "From 2026-12-24 on nobody administers this deployment." in call(folder, "doctor").stdout


def test_a_value_is_set_compared_and_taken_out(folder: Path) -> None:
    assert call(folder, "config", "set", "targets.usual", "0.8").exit_code == 0
    changes = json.loads(call(folder, "config", "diff", "dealership", "--json").stdout)["changes"]
    assert {"key": "targets.usual", "before": "0.95", "after": "0.8"} in changes
    assert call(folder, "config", "set", "targets.usual", "--remove").exit_code == 0
    assert "usual = " not in settings(folder).partition("[targets]")[2].partition("[")[0]
    assert json.loads(call(folder, "config", "schema").stdout)["title"] == "sla_tracker settings"


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(folder: Path) -> None:
    editor = DeploymentService().settings_editor(folder)
    change = editor.with_value("targets.usual", "0.8")
    (folder / "sla_tracker.toml").write_text(settings(folder) + "\n# mine\n", encoding="utf-8")
    with pytest.raises(Exception, match="meanwhile"):
        editor.write(change)
    assert settings(folder).endswith("# mine\n")
