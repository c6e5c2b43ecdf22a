"""Two heads of the dealer agree, typed into the installed program; the page and the past show it."""

from __future__ import annotations

import re

from tests.journeys.test_cli_dealership import Deployment, dealer, untouched

__all__ = ["dealer", "untouched"]
NEXT = "2026-12-02T10:00:00+08:00"


def test_two_heads_agree_and_every_way_out_says_so(dealer: Deployment) -> None:
    proposed = dealer.sla(
        "agree", "propose", "decoration-sheet", "--due", "5日内", "--target", "90%", person="chen.gang"
    ).stdout
    reference = re.findall(r"[0-9a-f]{6}", proposed)[0]
    assert "提议 1 待定" in dealer.sla("agree", "show", reference, person="sun.li").stderr
    dealer.sla("agree", "accept", reference, "1", person="chen.gang", code=4)
    dealer.sla("agree", "accept", reference, "1", person="sun.li")
    opened = dealer.json("event", "add", "车辆交付", "鄂F·77777", "--at", "12-02 9:00", at=NEXT)["opened"]
    sheet = next(one for one in opened if one["obligation"] == "decoration-sheet")
    assert sheet["due_at"].startswith("2026-12-07")
    why = dealer.sla("why", sheet["reference"], at=NEXT)
    assert "由陈刚和孙丽于 2026-11-20 约定，第 1 版" in why.stdout + why.stderr
    page = dealer.folder / "page.html"
    dealer.sla("agree", "list", "--with", "销售部", "--to", str(page), person="sun.li", at=NEXT)
    text = page.read_text(encoding="utf-8")
    assert "由陈刚和孙丽于 2026-11-20 约定" in text
    assert len(set(re.findall(r"sla:\d+:[0-9a-f]{16}", text))) == 2  # of the agreement, and of the store


CHECKLIST = """
[[department]]
id = "workshop"
name = { zh = "车间", en = "Workshop" }

[[obligation]]
id = "repair-list"
title = { zh = "维修清单", en = "List of repairs" }
consumer = "finance"
recurring = { due = { weekdays = ["tue"] }, assumed = ["due"] }
"""


def test_the_past_is_judged_by_a_changed_file(dealer: Deployment) -> None:
    plugin = dealer.folder / "plugins" / "workshop.toml"
    plugin.parent.mkdir(exist_ok=True)
    plugin.write_text(CHECKLIST, encoding="utf-8")
    plugin.chmod(0o644)
    dealer.sla("due", at="2026-11-09T09:00:00+08:00")  # the obligation is kept from this day on
    later = "2026-11-18T10:00:00+08:00"
    changed = dealer.folder / "plugins" / "_workshop.toml"
    changed.write_text(CHECKLIST.replace('"tue"', '"fri"'), encoding="utf-8")
    changed.chmod(0o644)
    found = dealer.json("plugin", "replay", "workshop", "--since", "2026-11", at=later)["replay"]
    assert found["obligations"] == ["repair-list"]
    assert [(one["before"], one["after"]) for one in found["flips"]] == [("missed", "pending")]
    assert found["before"]["misses"] - found["after"]["misses"] == 1
    days = dealer.folder / "fair.csv"
    days.write_text("date,type\n2026-11-17,off\n2026-11-18,off\n", encoding="utf-8")
    shown = dealer.json("plugin", "replay", "--calendar", str(days), "--since", "2026-11", at=later)["replay"]
    assert "repair-list" in shown["obligations"]
    moved = [one for one in shown["flips"] if one["due_before"].startswith("2026-11-17")]
    assert {one["due_after"][:10] for one in moved} == {"2026-11-19"}
    dealer.sla("plugin", "replay", at=later, code=2)
