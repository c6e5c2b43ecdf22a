"""A new deployment: the settings of a shipped one with what is new in them, and every comment in its place."""

import os
import stat
from datetime import date
from pathlib import Path

import pytest

from sla_tracker.config.create import create_deployment
from sla_tracker.config.load import FILE_NAME, build
from sla_tracker.config.locate import packaged_config, packaged_configs
from sla_tracker.domain.people import Role
from sla_tracker.errors import NotFound, Refused
from tests.plugins.installed import host

DAY = date(2026, 11, 20)


@pytest.mark.parametrize("template", packaged_configs())
def test_every_shipped_deployment_works(tmp_path: Path, template: str) -> None:
    made = create_deployment(tmp_path / "new", template, in_force_from=DAY)
    plugins = host(*made.config.plugins.enabled)
    assert plugins.is_complete
    built = build(made, departments=plugins.catalogue.departments, sources=plugins.calendars)
    assert built.settings.in_force_from == DAY
    assert built.calendars[""].is_workday(date(2026, 2, 14))  # a Saturday worked for the Spring Festival
    assert any(person.role is Role.ADMIN for person in built.people.values())


@pytest.mark.parametrize("template", packaged_configs())
def test_only_what_is_new_is_written(tmp_path: Path, template: str) -> None:
    create_deployment(tmp_path, template, in_force_from=DAY)
    before = packaged_config(template).read_text(encoding="utf-8").splitlines()
    after = (tmp_path / FILE_NAME).read_text(encoding="utf-8").splitlines()
    assert [line for line in after if line not in before] == ["in_force_from = 2026-11-20"]
    assert len(after) == len(before)


def test_the_dealership_has_staff_and_a_head_in_each_department(tmp_path: Path) -> None:
    people = create_deployment(tmp_path, "dealership", in_force_from=DAY).config.people
    roles: dict[str, set[Role]] = {}
    for person in people:
        roles.setdefault(person.department, set()).add(person.role)
    assert set(roles) == {"sales", "finance", "loan", "service", "insurance", "hr"}
    assert all(found >= {Role.STAFF, Role.HEAD} for found in roles.values())


def test_a_trial_is_switched_on(tmp_path: Path) -> None:
    made = create_deployment(tmp_path, "dealership", in_force_from=DAY, login="me", trial=True)
    assert (made.config.trial.enabled, made.config.trial.default_person) == (True, "wang.fang")
    assert all(not person.logins for person in made.config.people)


def test_a_trial_of_settings_that_name_nobody_starts_as_the_first(tmp_path: Path) -> None:
    made = create_deployment(tmp_path, "minimal", in_force_from=DAY, trial=True)
    assert (made.config.trial.enabled, made.config.trial.default_person) == (True, "admin")


def test_who_makes_a_deployment_administers_it(tmp_path: Path) -> None:
    made = create_deployment(tmp_path, "minimal", in_force_from=DAY, login="me")
    assert [person.logins for person in made.config.people] == [["me"]]


@pytest.mark.parametrize("template", packaged_configs())
def test_a_login_stands_with_its_person(tmp_path: Path, template: str) -> None:
    create_deployment(tmp_path, template, in_force_from=DAY, login='m"e')
    lines = (tmp_path / FILE_NAME).read_text(encoding="utf-8").splitlines()
    written = next(index for index, line in enumerate(lines) if line == 'logins = ["m\\"e"]')
    assert lines[written - 1] == 'role = "admin"'


def test_a_deployment_is_never_overwritten(tmp_path: Path) -> None:
    create_deployment(tmp_path, "minimal", in_force_from=DAY)
    (tmp_path / FILE_NAME).write_text("mine", encoding="utf-8")
    with pytest.raises(Refused, match="already"):
        create_deployment(tmp_path, "minimal", in_force_from=DAY)
    assert (tmp_path / FILE_NAME).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("place", ["file", "file/below", "a" * 300])
def test_where_no_folder_can_be_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match=r"No deployment can be made in .*choose another folder"):
        create_deployment(tmp_path / place, "minimal", in_force_from=DAY)


def test_an_unknown_template_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="Did you mean “minimal”"):
        create_deployment(tmp_path / "new", "minmal", in_force_from=DAY)
    assert not (tmp_path / "new").exists()


def test_nobody_else_may_write_where_plugins_lie(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_deployment(tmp_path / "new", "minimal", in_force_from=DAY)
    finally:
        os.umask(before)
    for place in ("", "plugins", "calendars", FILE_NAME):
        assert not (tmp_path / "new" / place).stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@pytest.mark.parametrize(
    ("locale", "trial", "language"),
    [
        ("en_GB.UTF-8", True, ""),
        ("zh_CN.UTF-8", True, ""),
        ("C.UTF-8", True, "zh_CN"),
        ("en_GB.UTF-8", False, "zh_CN"),
    ],
)
def test_a_trial_leaves_the_language_to_a_system_that_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, trial: bool, language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", locale)
    made = create_deployment(tmp_path / "new", "dealership", in_force_from=date(2026, 11, 1), trial=trial)
    assert made.config.language == language
