"""Days off fixed by China's law, for years whose arrangement is not yet published.

Regulation on Public Holidays for National Annual Festivals and Memorial Days, as revised in November 2024 (in force
from 2025): New Year's Day 1 day, Spring Festival 4 from the eve on, Qingming 1, Labour Day 2, Dragon Boat 1,
Mid-Autumn 1, National Day 3. Which weekends are worked for longer breaks is decided each autumn and not guessed here.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from sla_china.almanac import lunar_festivals
from sla_tracker import DayRule, DayStatus, Text

NEW_YEAR = Text(zh="元旦", en="New Year's Day")
SPRING_FESTIVAL = Text(zh="春节", en="Spring Festival")
QINGMING = Text(zh="清明节", en="Qingming")
LABOUR_DAY = Text(zh="劳动节", en="Labour Day")
DRAGON_BOAT = Text(zh="端午节", en="Dragon Boat Festival")
MID_AUTUMN = Text(zh="中秋节", en="Mid-Autumn Festival")
NATIONAL_DAY = Text(zh="国庆节", en="National Day")

FIRST_YEAR_OF_THIS_LAW = 2025
WORKDAYS_OFF_BY_LAW = 13
"""Days off a year; one that falls on a weekend is made up for by a weekday."""


def days_by_law(year: int) -> dict[date, DayRule]:
    """Return the days off of a year by law, all provisional; two festivals on one day are joined."""
    days: dict[date, DayRule] = {}
    for name, day in _fixed(year):
        both = name if day not in days else _with(days[day].name, name)
        days[day] = DayRule(status=DayStatus.CLOSED, name=both, provisional=True)
    return days


def qingming(year: int) -> date:
    """Return the day of Pure Brightness (solar longitude 15°), by the usual approximation for 1901–2099."""
    # The constants of the usual formula: 0.2422 days a year, and an offset for each century.
    within = year % 100
    constant = 4.81 if year >= 2000 else 5.59
    return date(year, 4, int(within * 0.2422 + constant) - within // 4)


def _fixed(year: int) -> Iterator[tuple[Text, date]]:
    yield NEW_YEAR, date(year, 1, 1)
    if lunar := lunar_festivals().get(year):
        for offset in range(-1, 3):
            yield SPRING_FESTIVAL, lunar.spring_festival + timedelta(days=offset)
        yield QINGMING, qingming(year)
        yield DRAGON_BOAT, lunar.dragon_boat
        yield MID_AUTUMN, lunar.mid_autumn
    for day in (1, 2):
        yield LABOUR_DAY, date(year, 5, day)
    for day in (1, 2, 3):
        yield NATIONAL_DAY, date(year, 10, day)


def _with(name: Text, other: Text) -> Text:
    return Text(zh=f"{name.zh}、{other.zh}", en=f"{name.en}, {other.en}")
