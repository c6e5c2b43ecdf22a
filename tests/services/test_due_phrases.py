"""Due dates as people write them into lists, in both languages; what can mean two things is not understood."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.deadlines.due import rule_from_table
from sla_tracker.wording.due_phrases import due_of
from sla_tracker.wording.parse_time import parse_day

QUARTERS, ENDS = [1, 4, 7, 10], [3, 6, 9, 12]

RECURRING = {
    "每月5日前": {"day": 5, "roll": "preceding"},
    "每月五日前报送": {"day": 5, "roll": "preceding"},
    "于每月10日之前提交": {"day": 10, "roll": "preceding"},
    "次月5日12:00前": {"day": 5, "roll": "preceding", "at": "12:00"},
    "每月5日上午10点前": {"day": 5, "roll": "preceding", "at": "10:00"},
    "每月5号": {"day": 5},
    "5号前": {"day": 5, "roll": "preceding"},
    "每月5日前，遇节假日顺延": {"day": 5, "roll": "following"},
    "每月５日，如遇节假日提前": {"day": 5, "roll": "preceding"},
    "当月25日": {"day": 25},
    "月底前": {"day": 31, "roll": "preceding"},
    "每月末": {"day": 31},
    "月末最后一个工作日": {"nth_workday": -1},
    "每月最后1个工作日": {"nth_workday": -1},
    "每月倒数第3个工作日": {"nth_workday": -3},
    "每月第三个工作日前": {"nth_workday": 3},
    "每月前5个工作日内": {"nth_workday": 5},
    "每周一": {"weekdays": ["mon"]},
    "每周一、周三": {"weekdays": ["mon", "wed"]},
    "每星期五下班前": {"weekdays": ["fri"]},
    "每周五15:00前": {"weekdays": ["fri"], "at": "15:00"},
    "每个工作日17:00前": {"every_workday": True, "at": "17:00"},
    "每季度首月10日": {"day": 10, "months": QUARTERS},
    "每季度第二个月15日前": {"day": 15, "months": [2, 5, 8, 11], "roll": "preceding"},
    "每季度末月25日前": {"day": 25, "months": ENDS, "roll": "preceding"},
    "季末": {"day": 31, "months": ENDS},
    "每季度结束后10日内": {"day": 10, "months": QUARTERS, "roll": "preceding"},
    "每半年末": {"day": 31, "months": [6, 12]},
    "每年1月31日前": {"day": 31, "months": [1], "roll": "preceding"},
    "每年3月、9月15日": {"day": 15, "months": [3, 9]},
    "年底前": {"day": 31, "months": [12], "roll": "preceding"},
    "by the 5th": {"day": 5, "roll": "preceding"},
    "By the 5th of each month.": {"day": 5, "roll": "preceding"},
    "on the 5th": {"day": 5},
    "monthly by the 5th": {"day": 5, "roll": "preceding"},
    "no later than the 10th, if a holiday the next working day": {"day": 10, "roll": "following"},
    "end of month": {"day": 31},
    "by the end of the month": {"day": 31, "roll": "preceding"},
    "last working day of the month": {"nth_workday": -1},
    "third last working day": {"nth_workday": -3},
    "by the third working day of the month": {"nth_workday": 3},
    "every Monday": {"weekdays": ["mon"]},
    "every Monday and Thursday by 10:00": {"weekdays": ["mon", "thu"], "at": "10:00"},
    "weekly on Friday": {"weekdays": ["fri"]},
    "Mondays": {"weekdays": ["mon"]},
    "every working day by noon": {"every_workday": True, "at": "12:00"},
    "quarterly by the 10th of the first month": {"day": 10, "months": QUARTERS, "roll": "preceding"},
    "end of quarter": {"day": 31, "months": ENDS},
    "within 10 days of quarter end": {"day": 10, "months": QUARTERS, "roll": "preceding"},
    "every 31 January": {"day": 31, "months": [1]},
    "by 31 January each year": {"day": 31, "months": [1], "roll": "preceding"},
}
EVENTS = {
    "交车后3天内": ("交车", {"days": 3}),
    "交车之后3个工作日内": ("交车", {"workdays": 3}),
    "自交车之日起三个工作日内": ("交车", {"workdays": 3}),
    "交车当天": ("交车", {"days": 0}),
    "交车次日": ("交车", {"days": 1}),
    "交车后次个工作日": ("交车", {"workdays": 1}),
    "交车后一周内": ("交车", {"days": 7}),
    "交车后30分钟内": ("交车", {"working_minutes": 30}),
    "结算前1个工作日": ("结算", {"workdays": -1}),
    "within 3 days of delivery": ("delivery", {"days": 3}),
    "3 days after the delivery": ("delivery", {"days": 3}),
    "same day as the delivery": ("delivery", {"days": 0}),
    "the next working day after delivery": ("delivery", {"workdays": 1}),
    "two weeks after delivery": ("delivery", {"days": 14}),
    "1 working day before settlement": ("settlement", {"workdays": -1}),
}
REQUESTS = {
    "接到申请后4小时内": {"working_hours": 4},
    "收到请求后半小时内": {"working_hours": 0.5},
    "within two working days of the request": {"workdays": 2},
    "4 hours after receipt of the request": {"working_hours": 4},
}
UNCLEAR = (
    "尽快",
    "及时",
    "每月",
    "monthly",
    "as soon as possible",
    "5",
    "5日前",
    "5日内",
    "月末前3天",
    "每季度10日",
    "每月45日前",
    "45th",
    "2026-12-05",
    "半天内",
    "3 to 5 days",
    "每月5日或10日",
    "x" * 200,
    "",
)
BESIDE = {
    ("3天内", "交车"): ("on_event", {"days": 3}),
    ("当天", "交车"): ("on_event", {"days": 0}),
    ("交车后3天内", "车辆"): ("on_event", {"days": 3}),
    ("within 3 days", "Delivery"): ("on_event", {"days": 3}),
    ("2个工作日内", "接到申请"): ("on_request", {"workdays": 2}),
    ("5日前", "每月"): ("recurring", {"day": 5, "roll": "preceding"}),
    ("首月10日", "每季度"): ("recurring", {"day": 10, "months": QUARTERS}),
    ("17:00", "每周五"): ("recurring", {"weekdays": ["fri"], "at": "17:00"}),
    ("by the 5th", "Monthly"): ("recurring", {"day": 5, "roll": "preceding"}),
    ("", "每周一"): ("recurring", {"weekdays": ["mon"]}),
    ("每月5日前", "销售月报"): ("recurring", {"day": 5, "roll": "preceding"}),
}


@pytest.mark.parametrize("text", RECURRING)
def test_a_recurring_due_date_is_understood(text: str) -> None:
    found = due_of(text)
    assert found is not None
    assert (found.opens, dict(found.due)) == ("recurring", RECURRING[text])


@pytest.mark.parametrize("text", EVENTS)
def test_a_due_date_after_or_before_an_event_is_understood(text: str) -> None:
    found = due_of(text)
    assert found is not None
    event, table = EVENTS[text]
    assert (found.opens, found.event, dict(found.due)) == ("on_event", event, table)
    assert found.is_before is (min(table.values()) < 0)


@pytest.mark.parametrize("text", REQUESTS)
def test_a_due_date_after_a_request_is_understood(text: str) -> None:
    found = due_of(text)
    assert found is not None
    assert (found.opens, dict(found.due)) == ("on_request", REQUESTS[text])


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_is_not_certain_is_not_understood(text: str) -> None:
    assert due_of(text) is None


@pytest.mark.parametrize("beside", BESIDE)
def test_a_frequency_or_event_in_another_column_counts(beside: tuple[str, str]) -> None:
    found = due_of(*beside)
    assert found is not None
    assert (found.opens, dict(found.due)) == BESIDE[beside]


@pytest.mark.parametrize(
    ("due", "trigger"), [("5号前", "每季度"), ("the 5th", "quarterly"), ("5日", "每季度")]
)
def test_a_day_beside_another_period_is_no_day_of_each_month(due: str, trigger: str) -> None:
    assert due_of(due, trigger) is None


@given(st.text(alphabet="每月季年周日号前后内当次第个工作首末底5一三 交车within daysofthe.,", max_size=40))
def test_whatever_is_understood_makes_a_rule(text: str) -> None:
    found = due_of(text)
    if found is not None:
        assert rule_from_table(found.due) is not None
        assert bool(found.event) is (found.opens == "on_event")


@pytest.mark.parametrize("text", ["5号", "5号前", "the 5th", "by the 5th"])
def test_a_day_of_the_month_is_the_one_that_is_typed_elsewhere(text: str) -> None:
    """A list and the field of a dialog read the same words alike."""
    today = datetime(2026, 11, 1, tzinfo=UTC).date()
    found = due_of(text)
    assert found is not None
    assert parse_day(text, today, future=True).day == found.due["day"]
