"""Counts the figures of a range again from an export: `python recount.py LINES NOW ZONE FIRST LAST`.

It imports nothing of the program, takes working days from the State Council's list and office hours from the trial
company, reads the plain JSON lines that `sla export` writes, and prints one JSON object. It is slow and simple on
purpose: what it says is compared with what the program says.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chinese_calendar import is_workday

Document = dict[str, Any]
REQUEST_COUNTS = ("asked", "withdrawn", "uncovered", "due", "answered")
OFFICE_HOURS = ((time(8, 30), time(12)), (time(13, 30), time(18)))  # of the trial company, each workday
COUNTS = ("good", "valid", "pending", "waived", "short_notice", "judged", "first_pass", "budget")


def read(path: str) -> dict[str, dict[str, Document]]:
    """Return the last state of every value, by kind and id."""
    latest: dict[str, dict[str, Document]] = {}
    with Path(path).open(encoding="utf-8") as lines:
        for line in lines:
            for kind, value in json.loads(line).get("values", []):
                latest.setdefault(kind, {})[value["id"]] = value
    return latest


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def is_late(duty: Document, now: datetime) -> bool:
    """Return whether a duty was delivered late, or was due and is not there."""
    due = instant(duty["due_at"])
    assert due is not None
    state = duty["state"]
    if state in {"accepted", "delivered"} and duty["deliveries"]:
        last = duty["deliveries"][-1]
        counts = last["claimed_at"] if last["claimed_at"] and last["claim_confirmed"] else last["at"]
        return datetime.fromisoformat(counts) > due
    if state == "handed_over":
        return datetime.fromisoformat(duty["closed_at"]) > due
    if state == "missed":
        return True
    if state not in {"open", "held"} or now <= due:
        return False
    running = [one for one in duty["excuses"] if one["end_at"] is None]
    return not any(datetime.fromisoformat(one["start_at"]) <= min(now, due) for one in running)


def day_of(duty: Document) -> date:
    """Return the day by which a duty lies in a range."""
    if duty["carried"]:
        return date.fromisoformat(duty["month"] + "-01")
    return date.fromisoformat((duty["granted"] or duty["deadline"])["nominal_on"])


def add(row: dict[str, Any], duty: Document, now: datetime) -> None:
    """Count one duty in a row of figures."""
    state, late = duty["state"], is_late(duty, now)
    returned = any(one["returned_at"] for one in duty["deliveries"])
    if state == "cancelled" or (state == "handed_over" and not late):
        return
    if state == "waived":
        row["waived"] += 1
        return
    if duty["short_notice"]:
        row["short_notice"] += 1
        return
    if state == "accepted":
        row["judged"] += 1
        row["first_pass"] += not returned
    if late or state in {"accepted", "delivered"}:
        row["valid"] += 1
        row["good"] += not late
        row["allowed"] += 1 - Fraction(duty["terms"]["target"])
    else:
        row["pending"] += 1


def figures(duties: list[Document], now: datetime) -> dict[str, dict[str, int]]:
    """Return the counts by provider, consumer and obligation."""
    rows: dict[str, dict[str, Any]] = {}
    for duty in duties:
        key = f"{duty['provider']}/{duty['consumer']}/{duty['obligation']}"
        row = rows.setdefault(key, {**dict.fromkeys(COUNTS, 0), "allowed": Fraction(0)})
        add(row, duty, now)
    for row in rows.values():
        allowed = row.pop("allowed")
        row["budget"] = allowed.numerator // allowed.denominator
    return rows


def causes(duties: list[Document], now: datetime) -> dict[str, int]:
    """Return how often each cause was given; an empty one was given by nobody."""
    counts: dict[str, int] = {}
    for duty in duties:
        returned = any(one["returned_at"] for one in duty["deliveries"])
        if duty["short_notice"] or duty["state"] in {"waived", "cancelled"}:
            continue
        if returned or is_late(duty, now):
            counts[duty["cause"]] = counts.get(duty["cause"], 0) + 1
    return counts


def working_minutes(start: str, end: str, zone: ZoneInfo) -> Fraction:
    """Return the minutes of office hours between two instants, day by day."""
    begin, until = (datetime.fromisoformat(one).astimezone(zone) for one in (start, end))
    total, day = Fraction(0), begin.date()
    while day <= until.date():
        if is_workday(day):
            for opens, closes in OFFICE_HOURS:
                first = max(begin, datetime.combine(day, opens, zone))
                last = min(until, datetime.combine(day, closes, zone))
                if last > first:
                    total += Fraction((last - first) // timedelta(microseconds=1), 60_000_000)
        day += timedelta(days=1)
    return total


def spans_of(found: list[Fraction]) -> dict[str, str | int | None]:
    """Return number, median and longest of spans in minutes; between two in the middle, the mean of both."""
    ordered, half = sorted(found), len(found) // 2
    if not ordered:
        return {"count": 0, "median": None, "longest": None}
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return {"count": len(ordered), "median": str(middle), "longest": str(ordered[-1])}


def requests(
    latest: dict[str, dict[str, Document]], now: datetime, zone: ZoneInfo, first: date, last: date
) -> dict[str, dict[str, int]]:
    """Return the requests of the range by provider: asked, withdrawn, uncovered, answers due and in time.

    They count by the day on which they were made, their answers by the day of the limit, at the latest in the month of
    the duty; in a closed month as they were when it was closed.
    """
    closed = {id: instant(month["closed_at"]) for id, month in latest["months"].items() if month["closed"]}
    rows: dict[str, dict[str, int]] = {}

    def row(one: Document) -> dict[str, int]:
        return rows.setdefault(one["provider"], dict.fromkeys(REQUEST_COUNTS, 0))

    def is_gone(one: Document, day: date) -> bool:
        gone_at, as_of = instant(one["withdrawn_at"]), closed.get(f"{day:%Y-%m}") or now
        return one["state"] == "withdrawn" and (gone_at is None or gone_at <= as_of)

    for one in latest.get("requests", {}).values():
        asked_on = datetime.fromisoformat(one["requested_at"]).astimezone(zone).date()
        if first <= asked_on <= last:
            row(one)["asked"] += 1
            row(one)["withdrawn"] += is_gone(one, asked_on)
            row(one)["uncovered"] += not one["duty"]
        limit, answer = instant(one["answer_due_at"]), instant(one["answered_at"])
        if limit is None:
            continue
        day, month = limit.astimezone(zone).date(), latest["duties"][one["duty"]]["month"]
        while f"{day:%Y-%m}" > month:
            day -= timedelta(days=1)
        as_of = closed.get(f"{day:%Y-%m}") or now
        is_known = (answer is not None and answer <= as_of) or as_of > limit
        if first <= day <= last and is_known and not is_gone(one, day):
            row(one)["due"] += 1
            row(one)["answered"] += answer is not None and answer <= limit
    return rows


def settlements(duties: list[Document], now: datetime) -> dict[str, list[int]]:
    """Return of the duties that requests opened how many are good and how many judged, by provider."""
    rows: dict[str, list[int]] = {}
    for key, counts in figures([one for one in duties if one["request"]], now).items():
        row = rows.setdefault(key.split("/")[0], [0, 0])
        row[0] += counts["good"]
        row[1] += counts["valid"]
    return rows


def verdicts(duties: list[Document], zone: ZoneInfo) -> dict[str, dict[str, Any]]:
    """Return the verdicts of people with their times, and those by silence, by the consumer who gave them."""
    spans: dict[str, list[Fraction]] = {}
    silent: dict[str, int] = {}
    for duty in duties:
        if not duty["deliveries"]:
            continue
        own, consumer = spans.setdefault(duty["consumer"], []), duty["consumer"]
        by_nobody = duty["state"] == "accepted" and duty["accepted_by"] == "system"
        silent[consumer] = silent.get(consumer, 0) + by_nobody
        for one in duty["deliveries"]:
            verdict = one["accepted_at"] or one["returned_at"]
            if verdict and one["accepted_by"] != "system":
                own.append(working_minutes(one["at"], verdict, zone))
        if duty["accepted_at"] and duty["accepted_by"] != "system":
            own.append(working_minutes(duty["deliveries"][-1]["at"], duty["accepted_at"], zone))
    return {consumer: {**spans_of(own), "silent": silent[consumer]} for consumer, own in spans.items()}


def steps(found: list[Document], zone: ZoneInfo, first: date, last: date) -> dict[str, dict[str, Any]]:
    """Return how long the complaints recorded in the range waited for each step."""
    spans: dict[str, list[Fraction]] = {}
    passed: dict[str, int] = {}
    for one in found:
        if first <= datetime.fromisoformat(one["taken"][0]["at"]).astimezone(zone).date() <= last:
            for before, step in zip(one["taken"], one["taken"][1:], strict=False):
                stage = step["stage"]
                spans.setdefault(stage, []).append(working_minutes(before["at"], step["at"], zone))
                passed[stage] = passed.get(stage, 0) + step["escalated"]
    return {stage: {**spans_of(own), "passed": passed[stage]} for stage, own in spans.items()}


def complaints(found: list[Document], zone: ZoneInfo, first: date, last: date) -> dict[str, int]:
    """Return the complaints recorded in the range: lodged, founded, unfounded."""
    row = {"lodged": 0, "founded": 0, "unfounded": 0}
    for one in found:
        if first <= datetime.fromisoformat(one["taken"][0]["at"]).astimezone(zone).date() <= last:
            said = [step["outcome"] for step in one["taken"] if step["stage"] == "judge"]
            row["lodged"] += 1
            row["founded"] += said[-1:] == ["yes"]
            row["unfounded"] += said[-1:] == ["no"]
    return row


def main(path: str, now: str, zone: str, first: str, last: str) -> None:
    """Print the figures of a range."""
    latest, place = read(path), ZoneInfo(zone)
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    assert end - begin >= timedelta()
    at = datetime.fromisoformat(now)
    duties = [one for one in latest["duties"].values() if begin <= day_of(one) <= end]
    lodged = list(latest.get("complaints", {}).values())
    counted = {
        "figures": figures(duties, at),
        "causes": causes(duties, at),
        "requests": requests(latest, at, place, begin, end),
        "settlements": settlements(duties, at),
        "verdicts": verdicts(duties, place),
        "complaints": complaints(lodged, place, begin, end),
        "steps": steps(lodged, place, begin, end),
    }
    json.dump(counted, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
