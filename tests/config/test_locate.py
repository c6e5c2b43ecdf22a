"""The shipped deployments are found where they lie."""

from pathlib import Path

import pytest

from sla_tracker.config import locate

ROOT = Path(__file__).resolve().parents[2]


def test_a_checkout_offers_what_lies_in_its_configs_folder() -> None:
    there = {path.stem for path in (ROOT / "configs").glob("*.toml")}
    assert set(locate.packaged_configs()) == there
    assert {locate.packaged_config(name) for name in there} == set((ROOT / "configs").glob("*.toml"))


def test_a_wheel_carries_them_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, beside = tmp_path / "package" / "configs", tmp_path / "configs"
    for folder in (inside, beside):
        folder.mkdir(parents=True)
        (folder / "dealership.toml").write_text("", encoding="utf-8")
    monkeypatch.setattr(locate, "_FOLDERS", (inside, beside))
    assert locate.packaged_config("dealership") == inside / "dealership.toml"


@pytest.mark.parametrize("name", ["nowhere", "../pyproject", ""])
def test_a_name_that_is_not_shipped_is_refused(name: str) -> None:
    with pytest.raises(LookupError):
        locate.packaged_config(name)
