"""Builders of calendar feeds as public sources write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

DAYS_OFF = {
    "元旦": ("20270101", "20270104"),
    "春节": ("20270205", "20270212"),
    "清明节": ("20270403", "20270406"),
    "劳动节": ("20270501", "20270506"),
    "端午节": ("20270609", "20270610"),
    "中秋节": ("20270915", "20270916"),
    "国庆节": ("20271001", "20271008"),
}
MAKE_UP = {"20270131": "春节", "20270213": "春节", "20270508": "劳动节", "20271009": "国庆节"}


def event(summary: str, *lines: str, start: str = "", end: str = "") -> str:
    """Return one event: its days as start and excluded end, or written out as lines."""
    days = [f"DTSTART;VALUE=DATE:{start}"] if start else []
    days += [f"DTEND;VALUE=DATE:{end}"] if end else []
    uid = f"UID:{summary}-{start}-{len(lines)}@feed.example"
    return "\r\n".join(["BEGIN:VEVENT", uid, *days, *lines, f"SUMMARY:{summary}", "END:VEVENT"])


def ics(*events: str) -> str:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//feed//EN", *events, "END:VCALENDAR", ""]
    )


def feed(
    off: str = "{name}（休）",
    worked: str = "{name}（班）",
    *more: str,
    off_lines: Iterable[str] = (),
    worked_lines: Iterable[str] = (),
    make_up: Mapping[str, str] = MAKE_UP,
    without: Iterable[str] = (),
) -> str:
    """Return the year 2027 of a feed whose titles follow two patterns, and more events."""
    return ics(
        *(
            event(off.format(name=name), *off_lines, start=start, end=end)
            for name, (start, end) in DAYS_OFF.items()
            if name not in without
        ),
        *(event(worked.format(name=name), *worked_lines, start=day) for day, name in make_up.items()),
        *more,
    )
