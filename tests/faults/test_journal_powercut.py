"""Cut the power after every change that was recorded, in many of the states that the disk may be left in."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from sla_tracker.storage.journal import JournalError
from tests.faults import scenario
from tests.faults.powercut import RecordingDisk


def _recording(folder: Path, deaf_to: str) -> RecordingDisk:
    disk = RecordingDisk(deaf_to)
    journal = scenario.begin(folder, disk)
    for name, step in scenario.steps():
        step(journal)
        if name:
            disk.acknowledge(name)
    journal.close()
    return disk


def _restored(
    disk: RecordingDisk, lived: Path, target: Path, moment: int, chance: random.Random, keep: float
) -> None:
    for folder in (lived, lived / "segments", lived / "archives", lived / "aside"):
        (target / folder.relative_to(lived)).mkdir(mode=0o770, parents=True)
    for path, content in disk.after(moment, chance, keep):
        (target / path.relative_to(lived)).write_bytes(content)


def _losses(tmp_path: Path, *, deaf_to: str, variants: int, stride: int) -> tuple[int, list[str]]:
    chance = random.Random(11)
    lived = tmp_path / "lived"
    disk = _recording(lived, deaf_to)
    states, losses = 0, []
    for moment in range(1, disk.now + 1, stride):
        acknowledged = {name for when, name in disk.acknowledged if when <= moment}
        for variant in range(variants):
            keep = (0.0, 1.0, 0.5)[min(variant, 2)]
            target = tmp_path / f"{moment}-{variant}"
            _restored(disk, lived, target, moment, chance, keep)
            states += 1
            try:
                problems = scenario.complaints(target, acknowledged, set())
            except JournalError as error:
                problems = [str(error)]
            losses += [f"moment {moment}, keeping {keep}: {problem}" for problem in problems]
    return states, losses


def test_nothing_acknowledged_is_lost(tmp_path: Path, effort: Callable[[int, int], int]) -> None:
    states, losses = _losses(tmp_path, deaf_to="", variants=effort(4, 25), stride=effort(2, 1))
    assert losses == []
    assert states >= 150


@pytest.mark.parametrize("call", ["sync", "sync_folder"])
def test_the_model_sees_what_a_missing_sync_loses(tmp_path: Path, call: str) -> None:
    states, losses = _losses(tmp_path, deaf_to=call, variants=3, stride=5)
    assert len(losses) > states // 10
