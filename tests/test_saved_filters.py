"""Filters with a name: kept for each login, and no damaged file is in anybody's way."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from sla_tracker.config.load import read_config
from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.saved_filters import Filters, filters_of
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.errors import Refused


def test_a_filter_is_kept_replaced_and_taken_away(tmp_path: Path) -> None:
    filters = Filters(tmp_path / "deep" / "filters.json")
    filters.save("晚了的", "状态:逾期")
    filters.save("cash", "xianjin")
    filters.save("晚了的", "state:late dept:sales")
    assert filters.load() == {"cash": "xianjin", "晚了的": "state:late dept:sales"}
    filters.save("cash", "")
    assert filters.load() == {"晚了的": "state:late dept:sales"}
    assert [file.name for file in filters.file.parent.iterdir()] == ["filters.json"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1, 2]", b"\xff\xfe\x00", b'{"a": 1, "": "x", "b": ""}', b"[" * 100_000]
)
def test_a_damaged_file_counts_as_none_and_is_set_aside(tmp_path: Path, content: bytes) -> None:
    filters = Filters(tmp_path / "filters.json")
    filters.file.write_bytes(content)
    assert filters.load() == {}
    filters.save("cash", "xianjin")
    assert filters.load() == {"cash": "xianjin"}
    assert (tmp_path / "filters.json.damaged").read_bytes() == content


def test_what_is_sound_in_a_file_is_used(tmp_path: Path) -> None:
    filters = Filters(tmp_path / "filters.json")
    filters.file.write_text(json.dumps({"cash": "xianjin", "wrong": ["x"]}), encoding="utf-8")
    assert filters.load() == {"cash": "xianjin"}


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Refused, match="cannot be kept"):
        Filters(tmp_path / "file" / "filters.json").save("cash", "xianjin")


def test_a_trial_keeps_them_inside_and_a_real_deployment_with_the_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    for name, trial in (("trial", True), ("real", False)):
        DeploymentService().init(
            tmp_path / name, config="minimal", trial=trial, in_force_from=date(2026, 11, 1)
        )
    assert filters_of(read_config(tmp_path / "trial")).file == tmp_path / "trial" / ".seen" / "filters.json"
    real = filters_of(read_config(tmp_path / "real")).file
    assert tmp_path / "real" not in real.parents
    deployment = open_deployment(tmp_path / "trial")
    deployment.save_filter("cash", "xianjin")
    deployment.close()
    deployment = open_deployment(tmp_path / "trial")
    assert deployment.saved_filters() == {"cash": "xianjin"}
    deployment.close()
