"""Settings: what they say, and everything that is wrong with them at once, with file, line, key and what is allowed."""

import os
import stat
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sla_tracker import trusted_files
from sla_tracker.config.deployment import FILE_NAME, Deployment
from sla_tracker.config.load import build, read_config
from sla_tracker.config.store_kind import StoreKind
from sla_tracker.domain.duties.complaint import Stage
from sla_tracker.domain.measures.fiscal_calendar import FiscalCalendar
from sla_tracker.domain.measures.survey import Dimension
from sla_tracker.domain.people import Absence, Person, Role
from sla_tracker.domain.time.calendar_layers import DaySource, FixedDays
from sla_tracker.errors import ConfigError, ExitCode
from tests.chinese import left_in_english

SMALL = """
name = "公司"
in_force_from = 2026-10-01

[calendar.weekly]
mon = ["09:00-12:00", "13:00-18:00"]

[[people]]
id = "wang.fang"
name = "王芳"
department = "sales"
"""

FULL = """
name = "公司"
zone = "Asia/Tokyo"
language = "zh_CN"
in_force_from = 2026-10-01
hand_over_within = 5
causes = ["busy"]
waiver_codes = ["force_majeure"]

[calendar]
national = "moon"
usual_hours = ["10:00-15:00"]
days = [
  { on = 2026-12-31, hours = ["08:30-12:00"], name = { zh = "盘点", en = "stocktaking" } },
  { on = 2026-12-24, until = 2026-12-25, closed = true, name = "年会" },
  { on = 2026-12-26, worked = true },
]
[calendar.weekly]
mon = ["09:00-12:00", "13:00-18:00"]
thu = ["09:00-18:00"]

[calendar.departments.sales]
days = [{ on = 2026-12-24, worked = true }]
[calendar.departments.sales.weekly]
sat = ["09:00-12:00"]

[[people]]
id = "wang.fang"
name = "王芳"
department = "sales"
role = "head"
logins = ["wangf", "wf"]
deputy = "boss"
mail = "wang@example.com"
language = "en"
away = [{ first = 2026-12-01, last = 2026-12-03 }]
addresses = { wecom = "wangf" }
left_on = 2027-01-31

[[people]]
id = "boss"
name = "老板"
role = "admin"

[plugins]
enabled = ["china", "sales"]
folder = "more"
python = ["own.py"]

[store]
kind = "postgres"
url_from = "OUR_DATABASE"

[targets]
usual = 0.9
[targets.obligations]
card-slip = 1

[assumed.payment-slip]
due = { workdays = 2 }

[trial]
enabled = true
default_person = "wang.fang"

[complaints]
judge = "sales"
limits = { analyse = 5 }

[surveys]
anonymous = true
minimum = 5
weights = { reliability = 100 }

[fiscal]
first = 2026-12-28
pattern = "4-4-5"

[people_figures]
enabled = true
since = 2026-12-01
agreed_with = "works council"

[notify.mail]
host = "localhost"
security = "none"
sender = "sla@example.com"

[reports]
to = ["boss"]
form = "xlsx"
workday = 5
"""

MOON: Mapping[str, DaySource] = {"moon": FixedDays(by_day={}, published_through=2026)}


def written(folder: Path, text: str) -> Path:
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return folder


def deployment(folder: Path, text: str = SMALL) -> Deployment:
    return read_config(written(folder, text))


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        deployment(folder, text)
    assert refused.value.exit_code is ExitCode.CONFIG
    assert str(folder / FILE_NAME) in str(refused.value)
    assert left_in_english(*refused.value.problems) == []
    return [problem.sentence() for problem in refused.value.problems]


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    built = build(deployment(tmp_path), departments=["sales"], sources={})
    assert (built.settings.name, built.settings.in_force_from) == ("公司", date(2026, 10, 1))
    assert (built.settings.zone.key, built.settings.target) == ("Asia/Shanghai", Decimal("0.95"))
    assert not built.settings.trial
    assert built.people == {"wang.fang": Person(id="wang.fang", name="王芳", department="sales")}
    assert list(built.calendars) == [""]
    assert built.warnings == ()


@pytest.mark.parametrize(
    ("department", "departments", "said"),
    [
        ("", (), "none is declared yet"),
        ("sales", (), "“sales” is unknown: no department is declared"),
        ("", ("finance", "sales"), "name one of finance, sales"),
        ("sale", ("finance", "sales"), "Did you mean “sales”"),
    ],
)
def test_staff_without_a_department_are_told_how_to_get_one(
    tmp_path: Path, department: str, departments: tuple[str, ...], said: str
) -> None:
    text = SMALL.replace('department = "sales"', f'department = "{department}"')
    assert text != SMALL or department == "sales"
    with pytest.raises(ConfigError) as problem:
        build(deployment(tmp_path, text), departments=departments, sources={})
    assert said in problem.value.sentence()


def test_a_company_has_a_name_for_readers_of_english(tmp_path: Path) -> None:
    named = 'name_en = "Trial Motors"' + SMALL
    names = deployment(tmp_path, named).config
    assert (names.name_en, deployment(tmp_path, SMALL).config.name_en) == ("Trial Motors", "")
    assert any(
        "name_en" in said for said in problems(tmp_path, named.replace("Trial Motors", "Trial\\u0007"))
    )


def test_a_deployment_is_a_folder_or_its_file(tmp_path: Path) -> None:
    by_folder = deployment(tmp_path)
    by_file = read_config(tmp_path / FILE_NAME)
    assert by_folder == by_file
    assert by_folder.plugin_folder == tmp_path / "plugins"
    assert by_folder.store_folder == tmp_path / "store"


def test_everything_that_settings_can_say(tmp_path: Path) -> None:
    found = deployment(tmp_path, FULL)
    config = found.config
    assert (config.plugins.enabled, config.plugins.python) == (["china", "sales"], ["own.py"])
    assert found.plugin_folder == tmp_path / "more"
    assert (config.store.kind, config.store.url_from) == (StoreKind.POSTGRES, "OUR_DATABASE")
    assert config.targets.obligations == {"card-slip": Decimal(1)}
    assert config.assumed == {"payment-slip": {"due": {"workdays": 2}}}
    built = build(found, departments=["sales"], sources=MOON)
    settings = built.settings
    assert (settings.target, settings.trial, settings.language) == (Decimal("0.9"), True, "zh_CN")
    assert (settings.causes, settings.waiver_codes) == (("busy",), ("force_majeure",))
    assert (settings.hand_over_within, settings.complaint_judge) == (5, "sales")
    assert settings.complaint_limits[Stage.ANALYSE] == 5
    assert settings.complaint_limits[Stage.JUDGE] == 2
    assert (settings.survey_anonymous, settings.survey_minimum) == (True, 5)
    assert settings.survey_weights == dict.fromkeys(Dimension, 0) | {Dimension.RELIABILITY: 100}
    assert built.people["wang.fang"] == Person(
        id="wang.fang",
        name="王芳",
        department="sales",
        role=Role.HEAD,
        logins=("wangf", "wf"),
        deputy="boss",
        away=(Absence(first_on=date(2026, 12, 1), last_on=date(2026, 12, 3)),),
        addresses={"wecom": "wangf", "mail": "wang@example.com"},
        language="en",
        left_on=date(2027, 1, 31),
    )
    assert settings.fiscal == FiscalCalendar(first_on=date(2026, 12, 28), pattern=(4, 4, 5))
    assert (settings.people_figures_since, settings.people_figures_agreed_with) == (
        date(2026, 12, 1),
        "works council",
    )
    reports = settings.reports
    assert (reports.to, reports.form, reports.workday, reports.terms.kind) == (("boss",), "xlsx", 5, "mail")


def test_the_calendars_that_settings_describe(tmp_path: Path) -> None:
    calendars = build(deployment(tmp_path, FULL), departments=["sales"], sources=MOON).calendars
    company, sales = calendars[""], calendars["sales"]
    assert str(company.segments_on(date(2026, 12, 31))[0]) == "08:30-12:00"
    assert [company.is_workday(date(2026, 12, day)) for day in (24, 25, 28)] == [False, False, True]
    assert str(company.segments_on(date(2026, 12, 26))[0]) == "10:00-15:00"
    assert sales.is_workday(date(2026, 12, 24))
    assert (sales.is_workday(date(2026, 12, 5)), sales.is_workday(date(2026, 12, 7))) == (True, False)
    assert (company.is_provisional(date(2026, 1, 5)), company.is_provisional(date(2027, 1, 4))) == (
        False,
        True,
    )


SITES = """
[calendar]
national = "moon"
requests_closed = { nth_workday = -1 }
days = [
  { on = 2026-12-24, closed = true },
  { on = 2026-12-28, until = 2026-12-29, requests = false },
]
[calendar.departments.berlin]
national = ""
zone = "Europe/Berlin"
days = [{ on = 2026-12-21, requests = false }]
[calendar.departments.laboratory]
national = ""
company_days = false
[calendar.departments.laboratory.weekly]
mon = ["00:00-24:00"]
thu = ["22:00-06:00"]
[calendar.weekly]
"""


def test_a_site_has_a_zone_holidays_and_days_without_requests_of_its_own(tmp_path: Path) -> None:
    head, rest = FULL.split("[calendar]", 1)
    text = head + SITES + rest.split("[calendar.weekly]", 1)[1].split("[calendar", 1)[0]
    people = "[[people]]" + FULL.split("[[people]]", 1)[1].replace('language = "en"', 'calendar = "berlin"')
    built = build(deployment(tmp_path, text + people), departments=["sales"], sources=MOON)
    company, berlin, laboratory = (built.calendars[name] for name in ("", "berlin", "laboratory"))
    assert (company.zone.key, berlin.zone.key) == ("Asia/Tokyo", "Europe/Berlin")
    assert company.source is not None
    assert (berlin.source, laboratory.source) == (None, None)
    december_24 = date(2026, 12, 24)
    assert not company.is_workday(december_24)
    assert not berlin.is_workday(december_24)
    assert str(laboratory.segments_on(december_24)[0]) == "22:00-06:00"
    taken = {
        name: [day for day in range(20, 32) if not calendar.takes_requests(date(2026, 12, day))]
        for name, calendar in built.calendars.items()
    }
    assert taken[""] == [28, 29, 31]
    assert taken["berlin"] == [21, 28, 29, 31]
    assert taken["laboratory"] == [31]
    assert company.is_workday(date(2026, 12, 28))
    assert built.people["wang.fang"].calendar == "berlin"


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('name = "公司"', 'nmae = "公司"', "line 2, nmae: “nmae” is unknown. Did you mean “name”?"),
        ('name = "公司"', 'name = "\\u001b[31m"', "line 2, name: Write 1 to 200 visible characters"),
        ('name = "公司"', "name = 5", "line 2, name: This should be text in quotes."),
        ("2026-10-01", '"soon"', "line 3, in_force_from: This should be a day, such as 2026-11-20."),
        ("2026-10-01", "2026-10-01T08:00:00", "in_force_from: This should be a day"),
        ("mon =", "monday =", "line 6, calendar.weekly.monday: “monday” is unknown. Did you mean “mon”?"),
        (
            "13:00-18:00",
            "11:00-18:00",
            "line 6, calendar.weekly.mon: Working hours 09:00-12:00 and 11:00-18:00 overlap.",
        ),
        ("13:00-18:00", "13-18", "calendar.weekly.mon"),
        ('mon = ["09:00-12:00", "13:00-18:00"]', "", "line 5, calendar.weekly: At least one weekday needs"),
        ("wang.fang", "Wang Fang", "line 9, people[1].id: “Wang Fang” is no id of a person"),
        ("wang.fang", "system", "“system” is no id of a person"),
        ('department = "sales"', 'departmnt = "sales"', "Did you mean “department”?"),
        ('department = "sales"', 'department = "sales"\nrole = "heed"', "Did you mean “head”?"),
        ('department = "sales"', 'department = "sales"\nmail = "a b@c"', "“a b@c” is no mail address."),
        ('department = "sales"', 'department = "sales"\ndeputy = "wang.fang"', "people[1].deputy"),
        ('department = "sales"', 'department = "sales"\nlanguage = "tlh"', "allowed are zh_CN, en"),
        (
            'department = "sales"',
            'department = "sales"\naway = [{ first = 2026-12-03, last = 2026-12-01 }]',
            "people[1].away[1]: last has to be first or a later day.",
        ),
        ("[[people]]", '[store]\nkind = "tinydbb"\n[[people]]', "Did you mean “tinydb”?"),
        ("[[people]]", "[targets]\nusual = 95\n[[people]]", "targets.usual: Give a share"),
        (
            "[[people]]",
            '[plugins]\npython = ["../x.py"]\n[[people]]',
            "plugins.python[1]: “../x.py” is no Python file",
        ),
        (
            "[[people]]",
            "[[calendar.days]]\non = 2026-12-31\n[[people]]",
            "calendar.days[1]: Give one of closed",
        ),
        (
            "[[people]]",
            "[calendar.departments.berlin]\nzone = 'Europe/Berln'\n[[people]]",
            "Did you mean Europe/Berlin?",
        ),
        (
            "[[people]]",
            "[calendar]\nrequests_closed = { nth_workday = 0 }\n[[people]]",
            "nth_workday: 0 is not possible",
        ),
        ('department = "sales"', 'department = "sales"\ncalendar = "berlin"', "“berlin” is unknown"),
        (
            "[[people]]",
            "[[calendar.days]]\non = 2026-12-31\nuntil = 2026-12-30\nclosed = true\n[[people]]",
            "until has to lie",
        ),
        (
            "[[people]]",
            '[trial]\nenabled = true\ndefault_person = "wang"\n[[people]]',
            "trial.default_person",
        ),
        (
            "[[people]]",
            "[serve.logins.desk]\nshared = true\npeople = ['wang']\n[[people]]",
            "serve.logins.desk.people[1]: “wang” is unknown",
        ),
        (
            "[[people]]",
            "[serve.logins.wf]\nshared = true\n[[people]]\nid = 'li'\nname = '李'\nlogins = ['wf']\n[[people]]",
            "serve.logins.wf: “wf” is shared by several people, so it cannot be the login of 李 as well.",
        ),
        ("[[people]]", "[fiscal]\nfirst = 2026-12-28\n[[people]]", "fiscal: Write both first and pattern"),
        (
            "[[people]]",
            "[fiscal]\nfirst = 2026-12-28\npattern = '4-4-5'\nmonth = 4\n[[people]]",
            "fiscal.month: Write either month",
        ),
        ("[[people]]", "[people_figures]\nenabled = true\n[[people]]", "need since, the first day"),
        ("[[people]]", "[reports]\nto = ['wang']\n[[people]]", "reports.to[1]: “wang” is unknown"),
        ("[[people]]", "[reports]\nto = ['wang.fang']\n[[people]]", "name a channel of the kind mail"),
        (
            "[[people]]",
            "[access]\nreading = 'own'\n[reports]\nto = ['wang.fang']\n[[people]]",
            "goes to administrators only",
        ),
        ("[[people]]", "[complaints]\nlimits = { analyze = 5 }\n[[people]]", "Did you mean “analyse”?"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, wrong: str, right: str, said: str) -> None:
    assert wrong in SMALL
    found = problems(tmp_path, SMALL.replace(wrong, right, 1))
    assert any(said in problem for problem in found), found
    assert all(problem.startswith(FILE_NAME) for problem in found)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = SMALL.replace("mon =", "monday =").replace("wang.fang", "A B").replace("2026-10-01", "1")
    found = problems(tmp_path, text)
    assert len(found) == 3


def test_what_does_not_fit_together_is_named_beside_what_is_wrong_by_itself(tmp_path: Path) -> None:
    person = (
        '\n[[people]]\nid = "li.na"\nname = "李娜"\ndepartment = "sales"\ndeputy = "nobody"\nrole = "heda"\n'
    )
    found = problems(tmp_path, SMALL + person + "shoe = 43\n")
    assert len(found) == 3
    assert any("“heda” is unknown" in problem for problem in found)
    assert any("people[2].shoe" in problem for problem in found)
    assert any("people[2].deputy: “nobody” is unknown" in problem for problem in found)


def test_of_what_is_no_whole_without_the_wrong_values_only_those_are_named(tmp_path: Path) -> None:
    person = '\n[[people]]\nid = "A B"\nname = "李娜"\ndepartment = "sales"\ndeputy = "nobody"\n'
    (problem,) = problems(tmp_path, SMALL + person)
    assert "people[2].id" in problem


def test_a_zone_that_does_not_exist_suggests_one(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, 'zone = "Asia/Shanghia"\n' + SMALL)
    assert "Did you mean Asia/Shanghai?" in problem


def test_nobody_is_there_twice(tmp_path: Path) -> None:
    twice = SMALL + '\n[[people]]\nid = "wang.fang"\nname = "王方"\ndepartment = "sales"\n'
    assert problems(tmp_path, twice) == [
        "sla_tracker.toml, line 14, people[2].id: “wang.fang” already belongs to 王芳."
    ]


def test_a_login_is_one_persons(tmp_path: Path) -> None:
    both = (
        SMALL + 'logins = ["wf"]\n[[people]]\nid = "b"\nname = "乙"\ndepartment = "sales"\nlogins = ["wf"]\n'
    )
    (problem,) = problems(tmp_path, both)
    assert "people[2].logins: “wf” already belongs to 王芳." in problem


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sla init"):
        read_config(tmp_path)


def test_what_is_no_toml_is_said(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "name = ")
    assert problem.startswith("sla_tracker.toml, at its end: this value cannot be read")


# --- against the plugins ---------------------------------------------------------------------------------------------


def test_a_first_day_is_needed(tmp_path: Path) -> None:
    without = deployment(tmp_path, SMALL.replace("in_force_from = 2026-10-01", ""))
    with pytest.raises(ConfigError, match="in_force_from = 2026-11-20"):
        build(without, departments=["sales"], sources={})


def test_names_that_no_plugin_declares_are_refused(tmp_path: Path) -> None:
    text = SMALL.replace("[calendar.weekly]", '[calendar]\nnational = "mon"\n[calendar.weekly]')
    found = deployment(tmp_path, text + '\n[complaints]\njudge = "sale"\n')
    with pytest.raises(ConfigError) as refused:
        build(found, departments=["saless"], sources=MOON)
    said = [problem.sentence() for problem in refused.value.problems]
    assert len(said) == 3
    assert "line 6, calendar.national: “mon” is unknown. Did you mean “moon”?" in said[0]
    assert "line 13, people[1].department: “sales” is unknown. Did you mean “saless”?" in said[1]
    assert "complaints.judge" in said[2]


def test_a_broken_plugin_does_not_take_the_program_down(tmp_path: Path) -> None:
    text = SMALL.replace("[calendar.weekly]", '[calendar]\nnational = "moon"\n[calendar.weekly]')
    built = build(deployment(tmp_path, text), departments=[], sources={}, complete=False)
    assert len(built.warnings) == 2
    assert built.calendars[""].is_provisional(date(2026, 10, 8))


def test_only_those_who_only_administer_need_no_department(tmp_path: Path) -> None:
    text = SMALL + '\n[[people]]\nid = "root"\nname = "管理员"\nrole = "admin"\n'
    assert (
        build(deployment(tmp_path, text), departments=["sales"], sources={}).people["root"].department == ""
    )
    staff = deployment(tmp_path, text.replace("admin", "staff"))
    with pytest.raises(ConfigError, match=r"people\[2\]\.department"):
        build(staff, departments=["sales"], sources={})


def test_the_digest_changes_with_the_file(tmp_path: Path) -> None:
    first = deployment(tmp_path).digest
    assert deployment(tmp_path, SMALL + "\n").digest != first


@pytest.mark.parametrize(("mode", "private"), [(0o646, True), (0o666, True), (0o664, False)])
def test_settings_that_others_may_write_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, private: bool
) -> None:
    file = tmp_path / FILE_NAME
    file.write_text(SMALL, encoding="utf-8")
    file.chmod(mode)
    monkeypatch.setattr(trusted_files, "is_private_group", lambda gid, uid: private)
    with pytest.raises(ConfigError, match=rf"chmod [go]-w {file}"):
        read_config(tmp_path)


def test_settings_of_somebody_else_are_not_used_unless_he_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / FILE_NAME
    file.write_text(SMALL, encoding="utf-8")
    belongs_to(54321, monkeypatch)
    with pytest.raises(ConfigError, match="belongs to 54321") as refused:
        read_config(tmp_path)
    assert "SLA_OWNER=54321" in refused.value.sentence()
    monkeypatch.setenv("SLA_OWNER", "nobody-of-this-name, 54321")
    assert read_config(tmp_path).owner == 54321


def belongs_to(uid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fstat

    def owned(handle: int) -> os.stat_result:
        fields = list(real(handle))
        fields[stat.ST_UID] = uid
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", owned)


@pytest.mark.parametrize("mode", [0o777, 0o757])
def test_settings_in_a_folder_that_others_may_write_are_not_used(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    (folder / FILE_NAME).write_text(SMALL, encoding="utf-8")
    folder.chmod(mode)
    with pytest.raises(ConfigError, match=f"chmod o-w {folder}"):
        read_config(folder)


def test_settings_that_are_no_file_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE_NAME)
    with pytest.raises(ConfigError, match="no regular file"):
        read_config(tmp_path)


def test_settings_that_cannot_be_looked_at_say_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read \(File name too long\)"):
        read_config(tmp_path / ("a" * 300))


def test_a_folder_of_plugins_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(f'{SMALL}\n[plugins]\nfolder = "{"a" * 300}"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"aaa cannot be read \(File name too long\)"):
        read_config(tmp_path)


def test_settings_of_a_private_group_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / FILE_NAME
    file.write_text(SMALL, encoding="utf-8")
    file.chmod(0o664)
    monkeypatch.setattr(
        trusted_files, "is_private_group", lambda gid, uid: (gid, uid) == (file.stat().st_gid, os.getuid())
    )
    assert read_config(tmp_path).config.name == "公司"
