"""Phrases for every kind of step, short and long, in Chinese and English.

`explanation.py` fills in the figures in braces; a kind with several cases has one phrase for each.
"""

from sla_tracker.domain.deadlines.steps import StepKind
from sla_tracker.domain.text import Text
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPhrase:
    """Texts for one case of a step: a sentence and a short form.

    The short form goes on one line with others and may be empty.
    """

    long: Text
    short: Text


def _phrase(long: tuple[str, str], short: tuple[str, str] = ("", "")) -> StepPhrase:
    return StepPhrase(long=Text(*long), short=Text(*short))


PHRASES: dict[tuple[StepKind, str], StepPhrase] = {
    (StepKind.TRIGGER, ""): _phrase(("起因：{name}。", "Trigger: {name}."), ("{name}", "{name}")),
    (StepKind.PERIOD, ""): _phrase(("所属期间 {start}至 {last}。", "It is about {start} to {last}.")),
    (StepKind.NO_REQUESTS, ""): _phrase(
        (
            "请求于 {requested} 提出，当日不受理请求，从 {at} 开始计时。",
            "It was asked for at {requested}, a day that takes no requests; the clock starts at {at}.",
        ),
        ("当日不受理，{at} 开始", "no requests that day, starts {at}"),
    ),
    (StepKind.CHANGED, "shorter"): _phrase(
        (
            "{at} 改了{name}：时限变短，从修改时起算，不晚于原期限。",
            "{name}, changed at {at}: the limit is shorter and counts from the change, never later than before.",
        ),
        ("{name}", "{name}"),
    ),
    (StepKind.CHANGED, "kept"): _phrase(
        (
            "{at} 改了{name}：从修改时起算会更晚，期限不变。",
            "{name}, changed at {at}: counted from the change it would be later, so the due stays.",
        ),
        ("{name}", "{name}"),
    ),
    (StepKind.CHANGED, "longer"): _phrase(
        (
            "{at} 改了{name}：时限变长，从头起算。",
            "{name}, changed at {at}: the limit is longer and counts from the start.",
        ),
        ("{name}", "{name}"),
    ),
    (StepKind.CHANGED, "passed"): _phrase(
        (
            "{at} 改了{name}：那时期限已过，不再延长。",
            "{name}, changed at {at}: the due had passed by then, so it stays.",
        ),
        ("{name}", "{name}"),
    ),
    (StepKind.CLOCK_START, "answered"): _phrase(
        ("办结时限从首次答复 {at} 起算。", "The time to settle starts with the first answer, {at}."),
        ("自答复起", "from the answer"),
    ),
    (StepKind.CLOCK_START, "answer_limit"): _phrase(
        (
            "办结时限从首次答复起算，最迟从答复期限 {at} 起算。",
            "The time to settle starts with the first answer, at the latest with its limit, {at}.",
        ),
        ("自答复期限起", "from the answer's limit"),
    ),
    (StepKind.CLOCK_START, "papers"): _phrase(
        ("资料于 {at} 收齐，从那时起算。", "The last paper was there at {at}; it counts from then."),
        ("自资料收齐起", "from the last paper"),
    ),
    (StepKind.CLOCK_START, "papers_awaited"): _phrase(
        (
            "资料还没收齐：收齐之前不计时。",
            "Papers are still missing: the clock starts when the last one is there.",
        ),
        ("等资料收齐", "papers awaited"),
    ),
    (StepKind.AFTER_DUTY, "due"): _phrase(
        ("从“{name}”的期限起算（不含扣除的时间）。", "It counts from the due of “{name}”, before excuses."),
        ("“{name}”的期限", "the due of “{name}”"),
    ),
    (StepKind.AFTER_DUTY, "delivery"): _phrase(
        ("从“{name}”首次交付起算。", "It counts from the first delivery of “{name}”."),
        ("“{name}”交付", "“{name}” delivered"),
    ),
    (StepKind.AFTER_DUTY, "waived"): _phrase(
        ("“{name}”已豁免，从豁免时起算。", "“{name}” was waived; it counts from then."),
        ("“{name}”豁免", "“{name}” waived"),
    ),
    (StepKind.AFTER_DUTY, "missed"): _phrase(
        ("“{name}”记为未交，从那时起算。", "“{name}” was written down as missed; it counts from then."),
        ("“{name}”未交", "“{name}” missed"),
    ),
    (StepKind.ANCHOR, ""): _phrase(("从 {at} 起算。", "It counts from {at}."), ("{at} 起", "from {at}")),
    (StepKind.AT_EVENT, ""): _phrase(
        ("期限就是事件发生的时刻。", "It is due at the very moment of the event."), ("当时", "at the event")
    ),
    (StepKind.NEXT_WORKDAY, "closed"): _phrase(
        (
            "{from}不上班，视同下一个工作日 {on}。",
            "{from} is closed, so it counts as the next workday, {on}.",
        ),
        ("视同 {on}", "counts as {on}"),
    ),
    (StepKind.NEXT_WORKDAY, "over"): _phrase(
        (
            "{from}当天的时限已过，视同下一个工作日 {on}{skipped}。",
            "The time of {from} was up, so it counts as the next workday, {on}{skipped}.",
        ),
        ("视同 {on}", "counts as {on}"),
    ),
    (StepKind.DAYS, "same"): _phrase(
        ("约定当日完成，即 {on}。", "It is due the same day, {on}."), ("当日", "the same day")
    ),
    (StepKind.DAYS, "after"): _phrase(
        (
            "当日不计，{days} 个自然日后是 {on}。",
            "{days} calendar day{s} later, its own day not counted, is {on}.",
        ),
        ("{days} 日内", "within {days} day{s}"),
    ),
    (StepKind.DAYS, "before"): _phrase(
        ("提前 {days} 个自然日是 {on}。", "{days} calendar day{s} before it is {on}."),
        ("提前 {days} 日", "{days} day{s} before"),
    ),
    (StepKind.WORKDAYS, "after"): _phrase(
        (
            "当日不计，第 {workdays} 个工作日是 {on}{skipped}。",
            "Workday number {workdays} after its own day is {on}{skipped}.",
        ),
        ("{workdays} 个工作日内", "within {workdays} workday{s}"),
    ),
    (StepKind.WORKDAYS, "before"): _phrase(
        ("提前 {workdays} 个工作日是 {on}{skipped}。", "{workdays} workday{s} before it is {on}{skipped}."),
        ("提前 {workdays} 个工作日", "{workdays} workday{s} before"),
    ),
    (StepKind.WORKING_TIME, "after"): _phrase(
        ("加 {span}工作时间（{pieces}），到 {at}。", "Plus {span} of working time ({pieces}): {at}."),
        ("{span}工作时间内 · {at} 前", "within {span} of working time · by {at}"),
    ),
    (StepKind.WORKING_TIME, "before"): _phrase(
        ("提前 {span}工作时间（{pieces}），到 {at}。", "Less {span} of working time ({pieces}): {at}."),
        ("提前 {span}工作时间 · {at} 前", "{span} of working time before · by {at}"),
    ),
    (StepKind.WORKING_TIME, "none"): _phrase(
        ("以首个上班时刻 {at} 为限。", "It is due at the first moment of working time, {at}."),
        ("即时 · {at} 前", "at once · by {at}"),
    ),
    (StepKind.ELAPSED, "after"): _phrase(
        ("加 {span}（不分昼夜和节假日），到 {at}。", "Plus {span}, day and night, holidays too: {at}."),
        ("{span}内 · {at} 前", "within {span} · by {at}"),
    ),
    (StepKind.ELAPSED, "before"): _phrase(
        ("提前 {span}（不分昼夜和节假日），到 {at}。", "Less {span}, day and night, holidays too: {at}."),
        ("提前 {span} · {at} 前", "{span} before · by {at}"),
    ),
    (StepKind.WORKING_TIME, "undated"): _phrase(
        ("加 {span}工作时间。", "Plus {span} of working time."),
        ("{span}工作时间内", "within {span} of working time"),
    ),
    (StepKind.ELAPSED, "undated"): _phrase(("加 {span}。", "Plus {span}."), ("{span}内", "within {span}")),
    (StepKind.DAY_OF_MONTH, "last"): _phrase(
        ("约定在当月最后一天，即 {on}。", "It is due on the last day of the month: {on}."),
        ("当月最后一天", "last day of the month"),
    ),
    (StepKind.DAY_OF_MONTH, "end"): _phrase(
        ("约定在当月倒数第 {day} 天，即 {on}。", "It is due on day {day} from the month's end: {on}."),
        ("当月倒数第 {day} 天", "day {day} from the month's end"),
    ),
    (StepKind.DAY_OF_MONTH, "short end"): _phrase(
        (
            "约定在倒数第 {day} 天，{month}没有这么多天，取当月第一天 {on}。",
            "It is due on day {day} from the month's end; {month} is shorter, so on its first day, {on}.",
        ),
        ("{month}第一天", "first day of {month}"),
    ),
    (StepKind.DAY_OF_MONTH, ""): _phrase(
        ("约定在 {day} 日，即 {on}。", "It is due on day {day} of the month: {on}."),
        ("{day} 日", "day {day}"),
    ),
    (StepKind.DAY_OF_MONTH, "short"): _phrase(
        (
            "约定在 {day} 日，{month}没有这一天，取当月最后一天 {on}。",
            "It is due on day {day}; {month} is shorter, so on its last day, {on}.",
        ),
        ("{month}最后一天", "last day of {month}"),
    ),
    (StepKind.NTH_WORKDAY, "first"): _phrase(
        ("{month}第 {n} 个工作日是 {on}{skipped}。", "Workday number {n} of {month} is {on}{skipped}."),
        ("第 {n} 个工作日", "workday {n} of the month"),
    ),
    (StepKind.NTH_WORKDAY, "last"): _phrase(
        ("{month}最后一个工作日是 {on}{skipped}。", "The last workday of {month} is {on}{skipped}."),
        ("当月最后一个工作日", "last workday of the month"),
    ),
    (StepKind.NTH_WORKDAY, "end"): _phrase(
        (
            "{month}倒数第 {n} 个工作日是 {on}{skipped}。",
            "Workday number {n} of {month}, counted from its end, is {on}{skipped}.",
        ),
        ("倒数第 {n} 个工作日", "workday {n} from the month's end"),
    ),
    (StepKind.NTH_WORKDAY, "fewer"): _phrase(
        (
            "约定在第 {n} 个工作日，{month}只有 {counted} 个，取 {on}{skipped}。",
            "Workday number {n} is asked for; {month} has only {counted}, so it is {on}{skipped}.",
        ),
        ("{month}只有 {counted} 个工作日", "{month} has only {counted} workday{s}"),
    ),
    (StepKind.NTH_WORKDAY, "none"): _phrase(
        ("{month}没有工作日，取月末 {on}。", "{month} has no workday, so its last day stands: {on}."),
        ("{month}没有工作日", "no workday in {month}"),
    ),
    (StepKind.WEEKLY, ""): _phrase(
        ("每{weekday}，即 {on}。", "Every {weekday}: {on}."), ("每{weekday}", "{weekday}")
    ),
    (StepKind.RECURRENCE, ""): _phrase(
        ("按重复规则 {rrule}，即 {on}。", "By the recurrence rule {rrule}: {on}."), ("{on}", "{on}")
    ),
    (StepKind.EACH_WORKDAY, ""): _phrase(
        ("约定每个工作日，即 {on}。", "It is due every workday: {on}."), ("每个工作日", "every workday")
    ),
    (StepKind.LISTED, ""): _phrase(
        ("约定的日期表中是 {on}。", "The agreed list of days has {on}."), ("约定日期 {on}", "listed day {on}")
    ),
    (StepKind.MOVED, ""): _phrase(
        ("本期约定由 {from}改到 {on}。", "By agreement this turn is moved from {from} to {on}."),
        ("改到 {on}", "moved to {on}"),
    ),
    (StepKind.ROLL, "following"): _phrase(
        ("{from}{name}不是工作日，顺延到 {on}。", "{from}{name} is no workday, so it moves on to {on}."),
        ("顺延到 {on}", "moved on to {on}"),
    ),
    (StepKind.ROLL, "preceding"): _phrase(
        ("{from}{name}不是工作日，提前到 {on}。", "{from}{name} is no workday, so it moves ahead to {on}."),
        ("提前到 {on}", "moved ahead to {on}"),
    ),
    (StepKind.ROLL, "following turned"): _phrase(
        (
            "{from}{name}不是工作日，提前就不晚于事件当天，改为顺延到 {on}。",
            "{from}{name} is no workday; moved ahead it would not be after the event's day, so it moves on to {on}.",
        ),
        ("顺延到 {on}", "moved on to {on}"),
    ),
    (StepKind.ROLL, "preceding turned"): _phrase(
        (
            "{from}{name}不是工作日，顺延就不早于事件当天，改为提前到 {on}。",
            "{from}{name} is no workday; moved on it would not be before the event's day, so it moves ahead to {on}.",
        ),
        ("提前到 {on}", "moved ahead to {on}"),
    ),
    (StepKind.KEPT, ""): _phrase(
        ("{on}{name}不是工作日，约定不顺延。", "{on}{name} is no workday, and by agreement it stays.")
    ),
    (StepKind.CLOSE, ""): _phrase(
        ("以 {on}下班时间 {at} 为限。", "It is due at the close of {on}, {at}."),
        ("{on} {at} 下班前", "by close of {on}, {at}"),
    ),
    (StepKind.TIME, ""): _phrase(
        ("以 {on}{at} 为限。", "It is due on {on} at {at}."), ("{on} {at} 前", "by {on} {at}")
    ),
    (StepKind.NOT_BEFORE, ""): _phrase(
        ("期限不早于事件本身，即 {at}。", "Nothing is due before its event: {at}."),
        ("不早于 {at}", "not before {at}"),
    ),
    (StepKind.WANTED, ""): _phrase(
        (
            "申请人要求 {at} 完成，晚于规则，以此为限。",
            "It is wanted for {at}, later than the rule, so that stands.",
        ),
        ("要求 {at}", "wanted for {at}"),
    ),
    (StepKind.GRACE, "elapsed"): _phrase(
        (
            "由他方于 {registered} 登记，从登记时起算 {span}，宽限到 {at}。",
            "Somebody else registered it at {registered}: grace of {span} from then, until {at}.",
        ),
        ("补登记宽限到 {at}", "grace until {at}"),
    ),
    (StepKind.GRACE, ""): _phrase(
        (
            "由他方于 {registered} 登记，宽限到登记后第一个工作日 {on}。",
            "Somebody else registered it at {registered}: grace until the first workday after, {on}.",
        ),
        ("补登记宽限到 {on}", "grace until {on}"),
    ),
    (StepKind.RECALCULATED, "open"): _phrase(
        (
            "日历于 {changed} 变更（原期限 {old}），最早提前到 {floor}。",
            "The calendar changed at {changed} (it was due {old}); it moves ahead no further than {floor}.",
        ),
        ("日历变更，{floor}", "calendar changed, {floor}"),
    ),
    (StepKind.RECALCULATED, "event"): _phrase(
        (
            "别的部门于 {changed} 把业务事件的时间改早（原期限 {old}），最早提前到 {floor}。",
            "Another department set the event earlier at {changed} (was due {old}); no earlier than {floor}.",
        ),
        ("事件改早，{floor}", "event set earlier, {floor}"),
    ),
    (StepKind.RECALCULATED, "agreement"): _phrase(
        (
            "约定于 {changed} 把本期改早（原期限 {old}），最早提前到 {floor}。",
            "The agreement moved this turn ahead at {changed} (it was due {old}); no earlier than {floor}.",
        ),
        ("约定改早，{floor}", "moved ahead, {floor}"),
    ),
    (StepKind.RECALCULATED, "delivered"): _phrase(
        (
            "日历于 {changed} 变更，已交付的按较晚期限 {floor}。",
            "The calendar changed at {changed}; what is delivered keeps the later deadline, {floor}.",
        ),
        ("日历变更，{floor}", "calendar changed, {floor}"),
    ),
    (StepKind.EXCUSE, "counted"): _phrase(
        (
            "{from} 至 {until}{why}，扣除 {span}工作时间。",
            "{from} to {until}{why}: {span} of working time excused.",
        )
    ),
    (StepKind.EXCUSE, "idle"): _phrase(
        ("{from} 至 {until}{why}，不另扣除。", "{from} to {until}{why}: nothing more to excuse.")
    ),
    (StepKind.EXCUSE, "running"): _phrase(
        ("{from} 起{why}，仍在继续。", "Since {from}{why}, and still running.")
    ),
    (StepKind.EXCUSE, "so far"): _phrase(
        (
            "{from} 起{why}，仍在继续，到 {now} 为止扣除 {span}工作时间。",
            "Since {from}{why}, and still running: {span} of working time excused up to {now}.",
        )
    ),
    (StepKind.EXTENDED, ""): _phrase(
        ("期限顺延 {span}工作时间，到 {at}。", "The deadline moves on by {span} of working time, to {at}."),
        ("扣除 {span}后 {at}", "{span} excused: {at}"),
    ),
    (StepKind.EXTENDED, "so far"): _phrase(
        (
            "截至 {now}，期限顺延 {span}工作时间，到 {at}；继续等待，还会顺延。",
            "As of {now} the deadline moves on by {span} of working time, to {at}, and further while the wait lasts.",
        ),
        ("至今扣除 {span}，{at}", "{span} excused so far: {at}"),
    ),
    (StepKind.EXCUSE, "counted elapsed"): _phrase(
        ("{from} 至 {until}{why}，扣除 {span}。", "{from} to {until}{why}: {span} excused.")
    ),
    (StepKind.EXCUSE, "so far elapsed"): _phrase(
        (
            "{from} 起{why}，仍在继续，到 {now} 为止扣除 {span}。",
            "Since {from}{why}, and still running: {span} excused up to {now}.",
        )
    ),
    (StepKind.EXTENDED, "elapsed"): _phrase(
        ("期限顺延 {span}，到 {at}。", "The deadline moves on by {span}, to {at}."),
        ("扣除 {span}后 {at}", "{span} excused: {at}"),
    ),
    (StepKind.EXTENDED, "so far elapsed"): _phrase(
        (
            "截至 {now}，期限顺延 {span}，到 {at}；继续等待，还会顺延。",
            "As of {now} the deadline moves on by {span}, to {at}, and further while the wait lasts.",
        ),
        ("至今扣除 {span}，{at}", "{span} excused so far: {at}"),
    ),
    (StepKind.PROVISIONAL, ""): _phrase(
        (
            "{years} 年放假安排尚未公布，期限为暂定。",
            "The days off of {years} are not published yet, so the deadline is provisional.",
        ),
        ("暂定", "provisional"),
    ),
    (StepKind.PROVISIONAL, "unread"): _phrase(
        (
            "{years} 年的放假安排未能读取，期限为暂定；原因见 sla doctor。",
            "The days off of {years} could not be read, so the deadline is provisional; sla doctor says why.",
        ),
        ("暂定", "provisional"),
    ),
    (StepKind.SET, ""): _phrase(
        (
            "开始时定为 {at}；规则或日历此后有过变更，仍以此为限。",
            "It was set to {at} when it began; rule or calendar have changed since, and it stands.",
        ),
        ("定为 {at}", "set to {at}"),
    ),
}
