"""A checklist of the deployment that stands in for a packaged one."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from sla_tracker import NthWorkday
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.services.deployment import Origin, PluginState
from tests.plugins.installed import ROOT, entry_points

PACKAGED = ROOT / "plugins" / "sla_month_end" / "plugin.toml"
PLUGIN = "month-end"
CHANGED = "nth_workday = -3", "nth_workday = -4"


def override(folder: Path, head: str = f'overrides = "{PLUGIN}"\n', text: str = "") -> Path:
    file = folder / f"{PLUGIN}.toml"
    file.write_text(head + (text or PACKAGED.read_text(encoding="utf-8").replace(*CHANGED)), encoding="utf-8")
    file.chmod(0o644)
    return file


def loaded(folder: Path, *enabled: str, **given: object) -> PluginHost:
    return load_plugins(
        enabled=enabled or (PLUGIN,), folder=folder, offered=entry_points(), given=given or None
    )


def first_due(host: PluginHost) -> int:
    rule = host.catalogue.obligations["close-open-advances"].triggers[0].due
    assert isinstance(rule, NthWorkday)
    return rule.n


def test_the_file_declares_and_the_packages_code_goes_on_checking(tmp_path: Path) -> None:
    plain = loaded(tmp_path)
    assert first_due(plain) == -3
    file = override(tmp_path)
    host = loaded(tmp_path)
    (status,) = (one for one in host.plugins if one.name == PLUGIN)
    assert (status.state, status.origin, status.place) == (PluginState.ACTIVE, Origin.ENTRY_POINT, str(file))
    assert first_due(host) == -4
    assert [hooks.functions.keys() for hooks in host._hooks] == [
        hooks.functions.keys() for hooks in plain._hooks
    ]
    assert host.digests != plain.digests
    file.unlink()
    assert first_due(loaded(tmp_path)) == -3


def test_a_draft_of_an_override_is_tried_in_its_place(tmp_path: Path) -> None:
    draft = override(tmp_path).rename(tmp_path / f"_{PLUGIN}.toml")
    assert first_due(loaded(tmp_path)) == -3
    host = loaded(tmp_path, PLUGIN, **{PLUGIN: draft})
    assert (first_due(host), host.is_complete) == (-4, True)


@pytest.mark.parametrize(
    ("head", "text", "sentence"),
    [
        (f'overrides = "{PLUGIN}"\n', "[[department]\n", "line 2"),
        ('overrides = "others"\n', "", "names another plugin"),
    ],
)
def test_a_broken_override_does_not_let_the_packages_terms_slip_in(
    tmp_path: Path, head: str, text: str, sentence: str
) -> None:
    override(tmp_path, head, text)
    host = loaded(tmp_path)
    assert sentence in " ".join(one.sentence() for one in host.broken)
    assert not host.catalogue.obligations


def test_a_file_of_that_name_without_the_word_is_refused_as_before(tmp_path: Path) -> None:
    override(tmp_path, head="")
    host = loaded(tmp_path)
    assert "another plugin called" in host.broken[0].sentence()
    assert first_due(host) == -3


def test_an_override_of_what_is_not_enabled_says_so(tmp_path: Path) -> None:
    override(tmp_path)
    host = load_plugins(folder=tmp_path, offered=entry_points())
    assert "do not enable" in " ".join(str(one.problem.sentence()) for one in host.plugins if one.problem)


def test_code_cannot_be_overridden_by_a_checklist(tmp_path: Path) -> None:
    file = tmp_path / "dealership-sales.toml"
    file.write_text('overrides = "dealership-sales"\n', encoding="utf-8")
    file.chmod(0o644)
    assert "is code" in loaded(tmp_path, "dealership-sales").broken[0].sentence()


@pytest.mark.parametrize(
    ("digest", "warned"), [("", 0), (sha256(PACKAGED.read_bytes()).hexdigest(), 0), ("0" * 64, 1)]
)
def test_a_package_that_changed_since_is_noticed(tmp_path: Path, digest: str, warned: int) -> None:
    override(tmp_path, f'overrides = "{PLUGIN}"\nbased_on = "{digest}"\n')
    (status,) = (one for one in loaded(tmp_path).plugins if one.name == PLUGIN)
    assert len([one for one in status.warnings if "has changed since" in one]) == warned
