"""Patterns and words of due dates in Chinese and English.

The texts are normalised by `parse_date.normalised`. Chinese texts have no blanks left. `limit` is what says that the
named day is the last one.
"""

from __future__ import annotations

import re

from sla_tracker.domain.deadlines.due_rule import RuleKey
from sla_tracker.wording.parse_date import MONTH_NAME, WEEK_ZH, WEEKDAY_NAME

_LIMIT_ZH = r"(?P<limit>之前|以前|之内|以内|前|内|止)?"
_LIMIT_EN = r"(?P<limit>(?:by|before|until|no later than|not later than|latest|at the latest)\s+)?"
_EACH_MONTH = r"(?P<which>每1?个?月份?|月度|按月|次月|下1?个?月|当月|本月)"
_EACH_QUARTER = r"(?:每1?个?季度?|季度)"
_EACH_EN = r"(?:each|every|the|a|of|next|following|this|current|calendar)"
_MONTHLY_EN = rf"(?:monthly|(?:of\s+)?(?:{_EACH_EN}\s+)*month|(?:of\s+)?every month)"
_QUARTERLY_EN = rf"(?:quarterly|(?:of\s+)?(?:{_EACH_EN}\s+)*quarter)"
_YEARLY_EN = rf"(?:yearly|annually|(?:of\s+)?(?:{_EACH_EN}\s+)*year)"
_TH = r"(?:st|nd|rd|th)"
_AND = r"(?:\s*(?:,|、|/|&|和|及|与|以及|\band\b)\s*)"

_NUMBER_WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|a|an"
_ORDINALS = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
NUMBERS = {
    **{word: number for number, word in enumerate(_NUMBER_WORDS.split("|")[:10], 1)},
    **{word: number for number, word in enumerate(_ORDINALS.split("|"), 1)},
    **dict.fromkeys(("a", "an", "一"), 1),
}
DAY = re.compile(r"mon|tue|wed|thu|fri|sat|sun|[一二三四五六日天1-7]")
DAYS = {
    **{name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
    **{sign: day for day, sign in enumerate("一二三四五六日")},
    **{str(day + 1): day for day in range(7)},
    "天": 6,
}
MONTH = re.compile(rf"{MONTH_NAME}|\d{{1,2}}")
THIS_MONTH = frozenset({"当月", "本月"})
MONTH_OF_QUARTER = {
    **dict.fromkeys(("首个", "首", "第1个", "第1", "头1个", "first", "1st"), 1),
    **dict.fromkeys(("第2个", "第2", "次", "second", "2nd"), 2),
    **dict.fromkeys(("末", "最后1个", "最后", "第3个", "第3", "third", "last", "3rd"), 3),
}
_MONTH_OF_QUARTER = "|".join(sorted(MONTH_OF_QUARTER, key=len, reverse=True))

# What is said about a day off, and the time of day that is the close anyway.
ROLLS = {
    "following": re.compile(
        r"(?:如?遇|逢)?(?:法定)?(?:节?假日|休息日|周末|双休日|非工作日)[则均]?(?:自动)?(?:顺延|往后延|延后)"
        r"|(?:if|on|when) (?:it (?:is|falls on) )?(?:a )?(?:public |bank )?(?:holiday|weekend|day off|closed day)s?,? "
        r"(?:then )?(?:on )?(?:the )?(?:next|following) (?:working|business|work) ?day"
    ),
    "preceding": re.compile(
        r"(?:如?遇|逢)?(?:法定)?(?:节?假日|休息日|周末|双休日|非工作日)[则均]?(?:自动)?提前"
        r"|(?:if|on|when) (?:it (?:is|falls on) )?(?:a )?(?:public |bank )?(?:holiday|weekend|day off|closed day)s?,? "
        r"(?:then )?(?:on )?(?:the )?(?:previous|preceding|last) (?:working|business|work) ?day"
    ),
}
CLOSE = re.compile(
    r"(?:当[天日])?下班(?:时间)?(?:之前|以前|前)?"
    r"|\b(?:by\s+)?(?:close of business|end of (?:the )?(?:business )?day|cob|eod)\b"
)
TIME_LIMIT = re.compile(r"[点时半刻\d]\s*(?:之前|以前|前)|\b(?:by|before)\b")
BEGINNING = re.compile(r"^(?:应当?|必?须|需|请|要|due\b)?\s*(?:于|在)?\s*")
ENDING = re.compile(
    r"(?:报送|提交|上报|交付|完成|送达|提供|反馈|送交|移交|办结|答复|回复|交齐|交到|交)?(?:一次)?"
    r"(?:\s*\b(?:at the latest|latest|delivered|submitted|by|before|until|at|on))?$"
)

DAY_OF_MONTH = tuple(
    map(
        re.compile,
        (
            rf"{_EACH_MONTH}的?第?(?P<day>\d{{1,2}})(?:日|号|天){_LIMIT_ZH}",
            rf"(?P<day>\d{{1,2}})号{_LIMIT_ZH}",
            (
                rf"(?:{_MONTHLY_EN}[,:]?\s+)?(?:on\s+)?{_LIMIT_EN}(?:on\s+)?(?:the\s+)?(?P<day>\d{{1,2}}){_TH}"
                rf"(?:\s+day)?(?:\s+{_MONTHLY_EN})?"
            ),
            rf"(?:{_MONTHLY_EN}[,:]?\s+){_LIMIT_EN}(?:on\s+)?(?:the\s+)?(?:day\s+)?(?P<day>\d{{1,2}})",
        ),
    )
)
END_OF_MONTH = tuple(
    map(
        re.compile,
        (
            rf"(?:{_EACH_MONTH})?的?(?:月末|月底|末|底|最后[1一]天|最后[1一]日){_LIMIT_ZH}",
            rf"{_LIMIT_EN}(?:on\s+)?(?:the\s+)?(?:(?:end|last day)\s+{_MONTHLY_EN}|month[- ]end|eom)",
            rf"monthly[,:]?\s+{_LIMIT_EN}(?:on\s+|at\s+)?(?:the\s+)?(?:end|last day)(?:\s+{_MONTHLY_EN})?",
        ),
    )
)
WORKDAY_OF_MONTH = tuple(
    map(
        re.compile,
        (
            rf"(?:{_EACH_MONTH})?的?(?:月初)?的?(?:第|前|头)(?P<n>\d{{1,2}})个?工作日{_LIMIT_ZH}",
            rf"{_EACH_MONTH}的?(?P<n>\d{{1,2}})个工作日{_LIMIT_ZH}",
            rf"(?:{_EACH_MONTH})?的?(?:月末|月底)?的?(?P<last>最后|倒数)第?(?P<n>\d{{1,2}}|[一1])?个?工作日{_LIMIT_ZH}",
            (
                rf"(?:{_MONTHLY_EN}[,:]?\s+)?{_LIMIT_EN}(?:on\s+)?(?:the\s+)?(?P<n>\d{{1,2}}{_TH}|{_ORDINALS})?\s*"
                rf"(?P<last>(?:to\s+)?last)\s+(?:working|business|work)\s?day(?:\s+{_MONTHLY_EN})?"
            ),
            (
                rf"(?:{_MONTHLY_EN}[,:]?\s+)?{_LIMIT_EN}(?:on\s+)?(?:the\s+)?(?P<n>\d{{1,2}}{_TH}|{_ORDINALS})\s+"
                rf"(?:working|business|work)\s?day(?:\s+{_MONTHLY_EN})?"
            ),
        ),
    )
)
WEEKLY = tuple(
    map(
        re.compile,
        (
            rf"每1?个?{WEEK_ZH}(?P<days>[一二三四五六日天1-7](?:{_AND}?{WEEK_ZH}?[一二三四五六日天1-7])*){_LIMIT_ZH}",
            (
                rf"(?:every|each|(?:every\s+week|each\s+week|weekly)[,:]?\s+{_LIMIT_EN}(?:on\s+)?)\s*"
                rf"(?P<days>{WEEKDAY_NAME}(?:{_AND}(?:every\s+)?{WEEKDAY_NAME})*)"
            ),
            rf"(?:on\s+)?(?P<days>(?:mon|tues|wednes|thurs|fri|satur|sun)days(?:{_AND}{WEEKDAY_NAME})*)",
        ),
    )
)
EVERY_WORKDAY = tuple(
    map(re.compile, (r"每(?:个?工作日|天|日)", r"(?:every|each)\s+(?:working|business|work)?\s?day|daily"))
)
QUARTERLY = tuple(
    map(
        re.compile,
        (
            rf"{_EACH_QUARTER}的?(?P<month>{_MONTH_OF_QUARTER})1?个?月的?第?(?P<day>\d{{1,2}})(?:日|号|天){_LIMIT_ZH}",
            (
                rf"(?:{_QUARTERLY_EN}[,:]?\s+)?{_LIMIT_EN}(?:on\s+)?(?:the\s+)?(?P<day>\d{{1,2}}){_TH}?\s+(?:day\s+)?of\s+(?:the\s+|its\s+)?"
                rf"(?P<month>{_MONTH_OF_QUARTER})\s+month(?:\s+{_QUARTERLY_EN})?"
            ),
        ),
    )
)
END_OF_QUARTER = tuple(
    map(
        re.compile,
        (
            rf"(?:{_EACH_QUARTER}|季)的?(?:末|底|最后[1一]天){_LIMIT_ZH}",
            rf"{_LIMIT_EN}(?:the\s+)?(?:(?:end|last day)\s+{_QUARTERLY_EN}|quarter[- ]end)",
        ),
    )
)
AFTER_QUARTER = tuple(
    map(
        re.compile,
        (
            rf"(?:{_EACH_QUARTER}|季)(?:结束|终了|末)?(?:之后|以后|后)的?(?P<n>\d{{1,2}})(?:日|天|个自然日)(?:之内|以内|内)",
            (
                r"within\s+(?P<n>\d{1,2})\s+(?:calendar\s+)?days\s+(?:of|after)\s+(?:the\s+|each\s+|every\s+)*"
                r"(?:quarter[- ]end|end of (?:the |each |every )*quarter)"
            ),
        ),
    )
)
END_OF_HALF = tuple(map(re.compile, (rf"(?:每1?个?)?半年度?的?(?:末|底){_LIMIT_ZH}",)))
END_OF_YEAR = tuple(
    map(
        re.compile,
        (
            rf"(?:每1?个?)?年度?的?(?:末|底|终){_LIMIT_ZH}",
            rf"{_LIMIT_EN}(?:the\s+)?(?:(?:end|last day)\s+{_YEARLY_EN}|year[- ]end)",
        ),
    )
)
YEARLY = tuple(
    map(
        re.compile,
        (
            rf"每年的?(?P<months>\d{{1,2}}月?(?:{_AND}\d{{1,2}}月?)*)(?<=月)的?(?P<day>\d{{1,2}})(?:日|号){_LIMIT_ZH}",
            rf"(?:{_YEARLY_EN}[,:]?\s+|every\s+){_LIMIT_EN}(?:on\s+)?(?:the\s+)?(?P<day>\d{{1,2}}){_TH}?\s+(?:of\s+)?(?P<months>{MONTH_NAME})",
            rf"{_LIMIT_EN}(?:on\s+)?(?:the\s+)?(?P<day>\d{{1,2}}){_TH}?\s+(?:of\s+)?(?P<months>{MONTH_NAME})\s+{_YEARLY_EN}",
            rf"(?:{_YEARLY_EN}[,:]?\s+|every\s+){_LIMIT_EN}(?:on\s+)?(?P<months>{MONTH_NAME})\s+(?P<day>\d{{1,2}}){_TH}?",
        ),
    )
)

_FIGURE_ZH = r"(?P<n>\d{1,3}|[一半])"
_UNIT_ZH = (
    r"(?P<unit>个?工作日|个?工作天|个?自然日|天|日|个?工作小时|个?小时|钟头|个?工作分钟|分钟|个?周|个?星期)"
)
_FIGURE_EN = rf"(?P<n>\d{{1,3}}|{_NUMBER_WORDS})"
_UNIT_EN = r"(?P<unit>(?:(?:working|business|work|calendar)\s+)?(?:days?|hours?|hrs?|minutes?|mins?|weeks?)|workdays?)"
_ARTICLE = r"(?:the\s+|a\s+|an\s+|each\s+|every\s+)?"
AFTER_EVENT = tuple(
    map(
        re.compile,
        (
            rf"自?从?(?P<event>.+?)(?:之日起|当日起|日起|起|之后|以后|后|时起)?的?第?{_FIGURE_ZH}{_UNIT_ZH}(?:之内|以内|内)",
            rf"自?从?(?P<event>.+?)(?:之日起|当日起|日起|之后|以后|后)的?第?{_FIGURE_ZH}{_UNIT_ZH}",
            rf"(?:within\s+)?{_FIGURE_EN}\s+{_UNIT_EN}\s+(?:of|after|from|following|upon|since)\s+{_ARTICLE}(?P<event>.+)",
            rf"(?P<event>.+?)[,:]?\s+within\s+{_FIGURE_EN}\s+{_UNIT_EN}",
            rf"(?P<event>.+?)[,:]?\s+\+\s*{_FIGURE_EN}\s+{_UNIT_EN}",
        ),
    )
)
BEFORE_EVENT = tuple(
    map(
        re.compile,
        (
            rf"(?P<event>.+?)(?:之前|以前|前|提前)的?第?{_FIGURE_ZH}{_UNIT_ZH}",
            rf"(?:at\s+least\s+)?{_FIGURE_EN}\s+{_UNIT_EN}\s+(?:before|prior to|ahead of)\s+{_ARTICLE}(?P<event>.+)",
        ),
    )
)
SAME_DAY = tuple(
    map(
        re.compile,
        (
            r"(?P<event>.+?)(?:的|之后|后)?(?:当天|当日|同日|即日)(?:之内|以内|内)?",
            rf"(?:on\s+)?(?:the\s+)?same\s+day\s+(?:as|of)\s+{_ARTICLE}(?P<event>.+)",
            rf"on\s+the\s+day\s+of\s+{_ARTICLE}(?P<event>.+)",
            r"(?P<event>.+?)[,:]?\s+(?:on\s+)?(?:the\s+)?same\s+day",
        ),
    )
)
NEXT_DAY = tuple(
    map(
        re.compile,
        (
            r"(?P<event>.+?)(?:的|之后|后)?(?:次日|第2天|隔天|隔日)(?P<work>(?!))?",
            r"(?P<event>.+?)(?:的|之后|后)?(?P<work>(?:次|下)[1一]?个?工作日)",
            rf"(?:on\s+)?(?:the\s+)?(?:next|following)\s+(?P<work>(?:working|business|work)\s*)?day\s+after\s+{_ARTICLE}(?P<event>.+)",
            r"(?P<event>.+?)[,:]?\s+(?:on\s+)?(?:the\s+)?(?:next|following)\s+(?P<work>(?:working|business|work)\s*)?day",
        ),
    )
)
# Words that name a period or its border, and so no event.
PERIOD = re.compile(
    r"(?:每|次?月|季|年|本|当|上|下|周|半年|财年|星期|第|最后|倒数|\d)"
    r"|(?:month|quarter|year|week|every|each|end|daily|monthly|quarterly|yearly|weekly|annual)\b"
    r"|(?:within|by|before|the last)\b"
)
# Periods other than a month: a day beside one of them is no day of each month.
OTHER_PERIOD = re.compile(r"季|年|周|星期|礼拜|quarter|year|annual|week")
REQUEST = re.compile(
    r"(?:(?:提出|接到|收到|提交|受理|接收)(?:书面|客户|部门)?)?(?:申请|请求|需求|委托|咨询|查询|报修|通知|要求|任务)单?|提出|受理"
    r"|(?:receipt of |receiving )?(?:the |a |an )?(?:written )?(?:request|application|enquiry|inquiry|order|call)s?"
    r"|being asked"
)
_UNITS = {
    RuleKey.WORKDAYS: re.compile(r"个?工作[日天]|(?:working|business|work)\s+days?|workdays?"),
    RuleKey.DAYS: re.compile(r"个?自然日|天|日|(?:calendar\s+)?days?"),
    RuleKey.WORKING_HOURS: re.compile(
        r"个?(?:工作)?小时|钟头|(?:(?:working|business|work)\s+)?(?:hours?|hrs?)"
    ),
    RuleKey.WORKING_MINUTES: re.compile(
        r"(?:个?工作)?分钟|(?:(?:working|business|work)\s+)?(?:minutes?|mins?)"
    ),
    "weeks": re.compile(r"个?(?:周|星期)|weeks?"),
}


def unit_of(text: str) -> str | None:
    """Return the rule that a unit means, or weeks; None for an unknown one."""
    return next((rule for rule, pattern in _UNITS.items() if pattern.fullmatch(text)), None)
