"""China's calendar reaches the host by its name, and takes over years that an admin has put into the deployment."""

from datetime import date

import pytest

from sla_tracker import i18n
from sla_tracker.domain.time.calendar_layers import DayStatus
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.services.deployment import PluginState
from tests.chinese import left_in_english
from tests.plugins.china_notices import NOTICE
from tests.plugins.installed import entry_points


def with_files(**files: str) -> PluginHost:
    texts = {name.replace("_", "-").replace("--", "."): text for name, text in files.items()}
    return load_plugins(enabled=["china"], offered=entry_points(), calendar_files=texts)


def test_the_published_years_are_there() -> None:
    china = with_files().calendars["china"]
    assert china.is_published(2026)
    assert not china.is_published(2027)
    assert china.days(2026)[date(2026, 10, 1)].status is DayStatus.CLOSED


def test_an_imported_year_counts_as_published() -> None:
    host = with_files(china_2027__toml=NOTICE)
    assert host.is_complete, host.plugins[0].reason
    china = host.calendars["china"]
    assert host.plugins[0].warnings == ()
    assert china.is_published(2027)
    assert china.days(2027)[date(2027, 1, 31)].status is DayStatus.USUAL
    assert china.version != with_files().calendars["china"].version


@pytest.mark.parametrize(
    ("text", "said"),
    [(NOTICE.replace("year = 2027", "year = 2028"), "2028"), ("not toml at all", "line 1, column 5")],
)
def test_a_wrong_import_is_left_out_and_said(text: str, said: str) -> None:
    host = with_files(china_2027__toml=text)
    (plugin,) = [one for one in host.plugins if one.name == "china"]
    assert plugin.state is PluginState.ACTIVE
    assert not host.calendars["china"].is_published(2027)
    assert len(plugin.warnings) == 1
    assert plugin.warnings[0].startswith("china-2027.toml is left out:")
    assert said in plugin.warnings[0]
    with i18n.speaking("zh"):
        spoken = with_files(china_2027__toml=text).plugins[0].warnings[0]
    assert spoken.startswith("china-2027.toml 未采用：")
    assert left_in_english(spoken) == []


def test_files_of_others_are_passed_over() -> None:
    host = with_files(japan_2027__toml="year = 2027")
    assert host.plugins[0].warnings == ()
    assert not host.calendars["china"].is_published(2027)


def test_a_file_that_cannot_be_used_keeps_its_year_provisional_and_costs_no_other() -> None:
    china = with_files(china_2026__toml="year = 2026", china_2027__toml=NOTICE).calendars["china"]
    assert not china.is_published(2026)
    assert china.days(2026) == with_files().calendars["china"].days(2026)
    assert china.is_published(2027)
    assert china.published_through == 2025
    assert china.version != with_files(china_2027__toml=NOTICE).calendars["china"].version


def test_of_two_files_of_a_year_the_table_is_read() -> None:
    china = with_files(china_2027__toml=NOTICE, china_2027__ics="nothing").calendars["china"]
    assert china.is_published(2027)


def test_the_notice_of_the_next_year_moves_days_of_december() -> None:
    moved = NOTICE.replace("to = 2027-01-03", "to = 2027-01-03\nmakeup = [2026-12-26]")
    china = with_files(china_2027__toml=moved).calendars["china"]
    assert china.days(2026)[date(2026, 12, 26)].status is DayStatus.USUAL
    assert china.days(2026)[date(2026, 10, 1)].status is DayStatus.CLOSED
    assert china.version != with_files(china_2027__toml=NOTICE).calendars["china"].version
