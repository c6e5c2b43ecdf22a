"""The settings that the pages about reminders show can be put into a deployment as they stand, all of them at once."""

import re
from datetime import date
from pathlib import Path

import pytest

from sla_tracker.config.create import create_deployment
from sla_tracker.deployment.service import DeploymentService

PAGES = Path(__file__).resolve().parents[2] / "docs"
TABLE = r"(?ms)^\[{name}[.\]].*?(?=^\[(?!{name}[.\]])|\Z)"


@pytest.mark.parametrize("page", ["reminders.md", "reminders.zh.md"])
def test_the_samples_are_good_settings_as_a_whole(page: str, tmp_path: Path) -> None:
    samples = re.findall(r"```toml\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)
    deployment = create_deployment(tmp_path / "company", "dealership", in_force_from=date(2026, 11, 1))
    text = deployment.source.text
    for name in ("reminders", "notify"):
        text = re.sub(TABLE.format(name=name), "", text)
    assert len(samples) > 1
    deployment.file.write_text("\n".join([text, *samples]), encoding="utf-8")
    DeploymentService().check_config(deployment.folder)
