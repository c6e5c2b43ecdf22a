"""The table of lunar festivals against the moon and the sun, computed from the usual short series."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from math import radians, sin

import pytest

from sla_china.almanac import lunar_festivals
from sla_china.law import qingming

BEIJING = timezone(timedelta(hours=8))
J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
SLACK = timedelta(
    minutes=15
)  # what the short series, and the drift of the earth's rotation until 2099, may be off
YEARS = range(2025, 2100)
# The festival's day of its month, and the sun's longitude that this month must hold.
MONTHS = {"spring_festival": (1, 330), "dragon_boat": (5, 90), "mid_autumn": (15, 180)}


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING)


def new_moon(lunation: int) -> datetime:
    """Compute a new moon, counted from that of 6 January 2000 (Meeus, Astronomical Algorithms, chapter 49)."""
    turns = lunation / 1236.85
    day = 2451550.09766 + 29.530588861 * lunation + 0.00015437 * turns**2 - 2451545.0
    sun = radians(2.5534 + 29.1053567 * lunation)
    moon = radians(201.5643 + 385.81693528 * lunation + 0.0107582 * turns**2)
    node = radians(160.7108 + 390.67050284 * lunation - 0.0016118 * turns**2)
    narrowing = 1 - 0.002516 * turns
    day += -0.4072 * sin(moon) + 0.17241 * narrowing * sin(sun) + 0.01608 * sin(2 * moon)
    day += 0.01039 * sin(2 * node) + 0.00739 * narrowing * sin(moon - sun)
    day += -0.00514 * narrowing * sin(moon + sun) + 0.00208 * narrowing**2 * sin(2 * sun)
    day += -0.00111 * sin(moon - 2 * node) - 0.00057 * sin(moon + 2 * node)
    day += 0.00056 * narrowing * sin(2 * moon + sun) - 0.00042 * sin(3 * moon)
    day += 0.00042 * narrowing * sin(sun + 2 * node) + 0.00038 * narrowing * sin(sun - 2 * node)
    return J2000 + timedelta(days=day)


def sun_stands_at(instant: datetime) -> float:
    """Compute the sun's apparent longitude in degrees (Meeus, chapter 25)."""
    centuries = (instant - J2000) / timedelta(days=36525)
    anomaly = radians(357.52911 + 35999.05029 * centuries)
    mean = 280.46646 + 36000.76983 * centuries + 0.0003032 * centuries**2
    centre = (1.914602 - 0.004817 * centuries) * sin(anomaly) + 0.019993 * sin(2 * anomaly)
    centre += 0.000289 * sin(3 * anomaly)
    return (mean + centre - 0.00569 - 0.00478 * sin(radians(125.04 - 1934.136 * centuries))) % 360


def holds(longitude: float, begins: datetime, ends: datetime) -> bool:
    """Tell whether the sun reaches a longitude within an interval shorter than half a year."""
    return (
        (sun_stands_at(begins) - longitude + 180) % 360
        <= 180
        <= (sun_stands_at(ends) - longitude + 180) % 360
    )


def first_day(year: int, festival: str) -> datetime:
    return midnight(getattr(lunar_festivals()[year], festival) - timedelta(days=MONTHS[festival][0] - 1))


def new_moon_near(instant: datetime) -> datetime:
    lunation = round((instant - new_moon(0)) / timedelta(days=29.530588861))
    return min(
        (new_moon(lunation + step) for step in (-1, 0, 1)),
        key=lambda moon: abs((moon - instant).total_seconds()),
    )


@pytest.mark.parametrize("festival", MONTHS)
def test_the_month_of_a_festival_begins_on_the_day_of_the_new_moon(festival: str) -> None:
    for year in YEARS:
        first = first_day(year, festival)
        assert first - SLACK <= new_moon_near(first) < first + timedelta(days=1) + SLACK, year


# The standard counts twelve months from one solstice's month to the next; only a thirteenth makes one of them a leap
# month. So in 2033 to 2034 and in 2053 a month without a place of the sun is none: an earlier one holds two.
KNOWN_EXCEPTIONS = {"spring_festival": {2034, 2053}, "dragon_boat": set(), "mid_autumn": {2033}}


@pytest.mark.parametrize("festival", MONTHS)
def test_the_month_of_a_festival_holds_its_place_of_the_sun(festival: str) -> None:
    elsewhere = set()
    for year in YEARS:
        first = first_day(year, festival)
        next_moon = new_moon_near(first + timedelta(days=29.53)).astimezone(BEIJING)
        if not holds(MONTHS[festival][1], first - SLACK, midnight(next_moon.date()) + SLACK):
            elsewhere.add(year)
    assert elsewhere == KNOWN_EXCEPTIONS[festival]


def test_no_year_is_left_out_and_each_has_twelve_or_thirteen_months() -> None:
    firsts = [lunar_festivals()[year].spring_festival for year in YEARS]
    assert set(lunar_festivals()) == set(YEARS)
    assert {(after - before).days for before, after in pairwise(firsts)} == {354, 355, 383, 384}


def test_qingming_is_the_day_on_which_the_sun_reaches_its_place() -> None:
    for year in YEARS:
        begins = midnight(qingming(year))
        assert holds(15, begins - SLACK, begins + timedelta(days=1) + SLACK), year
