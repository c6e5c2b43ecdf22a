"""`sla subject` shows what events tie to a subject; `sla erase` lists it and erases a person's name everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.dealership import sla


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "dealer"
    sla(place, "init", "--trial", str(place), "--config", "dealership", "--in-force-from", "2026-10-01")
    contract = ("instalment-contract-signed", "合同2211", "-f", "customer=张三", "-f", "vehicle=鄂F·12345")
    sla(place, "event", "add", *contract[:2], "--at", "11-19 10:00", *contract[2:])
    sla(place, "event", "add", "vehicle-delivered", "鄂F12345", "--at", "11-19 16:40", "-f", "cash=no")
    return place


def test_a_name_in_a_field_leads_to_contract_and_vehicle(folder: Path, tmp_path: Path) -> None:
    said = sla(folder, "subject", "张三").stdout
    assert "合同2211 (Contract number), tied to 张三 by “Instalment contract signed” 11-19 10:00" in said
    assert "鄂F·12345 (Number plate or chassis number)" in said
    found = json.loads(sla(folder, "subject", "张三", "--json").stdout)
    assert (found["events"], found["duties"], found["tied_left_off"]) == ([], [], 0)
    assert [one["subject"] for one in found["tied"]] == ["合同2211", "鄂F·12345"]
    duties = [duty for one in found["tied"] for duty in one["duties"]]
    assert len(duties) > 2
    assert all(duty["reference"] in said for duty in duties)
    sla(folder, "subject", "张三", "--to", str(tmp_path / "all.csv"))
    written = (tmp_path / "all.csv").read_text(encoding="utf-8-sig")
    assert all(duty["reference"] in written for duty in duties)
    own = json.loads(sla(folder, "subject", "鄂F12345", "--json").stdout)
    assert own["duties"]
    assert [one["subject"] for one in own["tied"]] == ["合同2211", "张三"]


def test_erasing_lists_what_is_tied_and_leaves_no_byte_of_the_name(folder: Path) -> None:
    admin = next(one["id"] for one in people(folder) if one["role"] == "admin")
    done = sla(folder, "--as", admin, "erase", "张三", "--reason", "asked for", "--yes")
    assert "left as they are unless --also names them" in done.stderr
    assert "合同2211" in done.stderr
    assert not files_with(folder, "张三")
    assert files_with(folder, "合同2211")
    sla(folder, "subject", "张三", code=3)
    wrong = ("erase", "鄂F12345", "--also", "合同9999", "--reason", "x", "--yes")
    assert "合同9999" in sla(folder, "--as", admin, *wrong, code=3).stderr
    sla(folder, "--as", admin, "erase", "鄂F12345", "--also", "合同2211", "--reason", "asked for", "--yes")
    assert not files_with(folder, "合同2211") + files_with(folder, "12345")
    sla(folder, "verify")


def people(folder: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(sla(folder, "person", "list", "--json").stdout)["people"]
    return found


def files_with(folder: Path, text: str) -> list[str]:
    """Return the files of the deployment that hold a text, plain or escaped as JSON does."""
    forms = {text.encode(), json.dumps(text)[1:-1].encode()}
    return [
        str(file)
        for file in folder.rglob("*")
        if file.is_file() and any(form in file.read_bytes() for form in forms)
    ]
