"""Makes the tables of docs/scale.md and its Chinese twin from the simulation, and puts them into the pages.

A table stands between `<!-- NAME: made by benchmarks/scale.py -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks import scale
from benchmarks._queueing import quantile
from benchmarks.scale import Company, Costs

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {"en": DOCS / "scale.md", "zh": DOCS / "scale.zh.md"}
SIZES = (
    (scale.SMALL, 2),
    (scale.MEDIUM, 4),
    (scale.LARGE, 8),
    (scale.USUAL, 8),
    (scale.USUAL, scale.PROCESSORS),
)
KINDS = {
    "lock": ("wait for the store's lock", "等存储的锁"),
    "act": ("an act in a terminal, until its row is drawn", "终端里办一件事，到该行重画"),
    "reading": ("a look in a terminal", "终端里看一下"),
    "called act": ("a command that acts", "办事的命令"),
    "called reading": ("a command that reads", "查看的命令"),
    "opening": ("a terminal, until it is open", "终端，到打开为止"),
}
HELD = (0.012, 0.003, 0.001)  # seconds that a commit holds the head row; the page says which is what
HUNDREDS_OF_THOUSANDS = scale.Company(people=100_000, departments=3_000, acts=400_000)
NIGHTS = (10, 30, 90, 300)
RECURRING = 30
# The costs in words, in the order of the page.
COSTS: tuple[tuple[tuple[str, str], Callable[[Costs], str]], ...] = (
    (("a command that reads, processor", "查看的命令，处理器"), lambda costs: seconds(costs.command_reads)),
    (("a command that acts, processor", "办事的命令，处理器"), lambda costs: seconds(costs.command_acts)),
    (
        ("of it in the one process that forks", "其中在唯一负责 fork 的进程里"),
        lambda costs: seconds(costs.fork),
    ),
    (("a terminal opens, processor", "打开终端，处理器"), lambda costs: seconds(costs.terminal_opens)),
    (
        ("a look in a terminal, processor", "终端里看一下，处理器"),
        lambda costs: seconds(costs.terminal_reads),
    ),
    (
        ("a row changes in a terminal, processor", "终端里一行变化，处理器"),
        lambda costs: seconds(costs.row_changes),
    ),
    (
        ("an open terminal looks at what others committed, processor", "打开的终端看别人的提交，处理器"),
        lambda costs: seconds(costs.looks_at_others),
    ),
    (("least pause between two such looks", "两次之间至少相隔"), lambda costs: seconds(costs.pause)),
    (
        ("an open terminal that nobody touches, of a processor", "没人碰的终端，占一个处理器的"),
        lambda costs: f"{rounded(costs.idle_share * 100)} %",
    ),
    (
        ("an act under the store's lock, processor", "办一件事占锁，处理器"),
        lambda costs: seconds(costs.decides),
    ),
    (("its line on the disk", "写到磁盘"), lambda costs: seconds(costs.syncs)),
    (
        ("a reminder is planned, processor", "安排一条提醒，处理器"),
        lambda costs: seconds(costs.plans_reminder),
    ),
    (
        ("a batch of them holds the lock", "一批提醒占锁"),
        lambda costs: f"{costs.batch}: {seconds(costs.plans_under_lock)}",
    ),
    (
        ("a night opens a duty of a monthly obligation", "夜里生成一个每月事项"),
        lambda costs: seconds(costs.opens_monthly),
    ),
    (
        ("one of an obligation of every workday", "夜里生成一个每个工作日的事项"),
        lambda costs: seconds(costs.opens_daily),
    ),
    (
        ("an open terminal, memory", "打开的终端，内存"),
        lambda costs: f"{rounded(costs.terminal_bytes / 1e6)} MB",
    ),
    (
        ("a live duty, memory, shared by all", "一个在办事项，内存，大家共用"),
        lambda costs: f"{costs.live_bytes} B",
    ),
    (("an act on the disk", "一件事占的磁盘"), lambda costs: f"{rounded(costs.change_bytes / 1000)} KB"),
    (
        ("a duty that a night opens, on the disk", "夜里生成的事项占的磁盘"),
        lambda costs: f"{rounded(costs.duty_bytes / 1000)} KB",
    ),
)


def tables(language: str, *, but: str = "") -> dict[str, str]:
    """Return the text of each table by name, but one; that of the whole day takes some seconds."""
    made = {"costs": _costs, "sizes": _sizes, "day": _day, "night": _night, "head": _head, "chains": _chains}
    return {name: table(0 if language == "en" else 1) for name, table in made.items() if name != but}


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rounded(value: float) -> str:
    """Return a number with two digits that count, without an exponent."""
    if value >= 10:
        digits = len(str(int(value)))
        return f"{round(value, 2 - digits):,.0f}"
    return f"{float(f'{value:.2g}'):g}"


def seconds(value: float) -> str:
    """Return a duration in the unit that suits it."""
    if value < 0.00005:
        return "0"
    if value < 1:
        return f"{rounded(value * 1000)} ms"
    return f"{rounded(value)} s" if value < 60 else f"{rounded(value / 60)} min"


def _gigabytes(value: float) -> str:
    return f"{rounded(value / 1e9)} GB"


def _costs(column: int) -> str:
    header = (("what", "reckoned with"), ("项目", "采用的数值"))[column]
    costs = Costs()
    return _table(header, ((words[column], value(costs)) for words, value in COSTS))


def _sizes(column: int) -> str:
    header = (
        (
            "people, processors|open terminals|acts a second|processors busy|of them following others|"
            "lock in use|a command that acts: p50, p99|memory|disk a year"
        ),
        "人数、处理器|打开的终端|每秒办事|占用的处理器|其中用于跟进别人|锁的占用|办事的命令：p50、p99|内存|每年磁盘",
    )[column].split("|")
    return _table(header, (_size(company, processors) for company, processors in SIZES))


def _size(company: Company, processors: int) -> tuple[str, ...]:
    day = scale.a_day(company, processors, until=10 * scale.HOUR)
    called = day.waits("called act").peak
    return (
        f"{company.people:,}, {processors}",
        f"{company.terminals:,}",
        rounded(scale.acts_a_second(company)),
        rounded(day.processors_busy_at_peak),
        rounded(scale.following_at_peak(company, Costs())),
        f"{rounded(100 * day.lock_use_at_peak)} %",
        ", ".join(seconds(quantile(called, share)) for share in (0.5, 0.99)),
        _gigabytes(scale.memory_bytes(company)),
        _gigabytes(scale.disk_bytes_a_year(company)),
    )


def _day(column: int) -> str:
    header = (
        ("", "usual day: p50", "p99", "longest", "a month's first day: p50", "p99", "longest"),
        ("", "平常一天：p50", "p99", "最长", "每月第一天：p50", "p99", "最长"),
    )[column]
    days = [scale.a_day(company, scale.PROCESSORS) for company in (scale.USUAL, scale.FIRST)]
    rows = []
    for kind, words in KINDS.items():
        taken = [day.waits(kind).day for day in days]
        rows.append(
            (words[column], *(seconds(quantile(each, share)) for each in taken for share in (0.5, 0.99, 1.0)))
        )
    return _table(header, rows)


def _night(column: int) -> str:
    header = (
        (
            "departments",
            "recurring obligations",
            "opening takes: monthly ones",
            "of every workday",
            "size of its commits",
        ),
        ("部门", "定期约定", "生成用时：每月一次的", "每个工作日的", "全部提交的大小"),
    )[column]
    costs, rows = Costs(), []
    for departments in NIGHTS:
        count = departments * RECURRING
        size = f"{rounded(count * costs.duty_bytes / 1e6)} MB"
        held = [seconds(count * each) for each in (costs.opens_monthly, costs.opens_daily)]
        rows.append((str(departments), f"{count:,}", *held, size))
    return _table(header, rows)


def _head(column: int) -> str:
    header = (
        (
            "a commit holds the head row|acts a second at most|at half of that: p50, p99, longest wait|"
            "people whose nine o'clock that is"
        ),
        "一次提交占用首行|每秒最多办事|用到一半时的等待：p50、p99、最长|相当于多少人的九点",
    )[column].split("|")
    rows = []
    for held in HELD:
        rate = 0.5 / held
        waits, _use = scale.a_head(held, rate)
        people = scale.USUAL.people * rate / scale.acts_a_second(scale.USUAL)
        shares = ", ".join(seconds(quantile(waits, share)) for share in (0.5, 0.99, 1.0))
        rows.append((seconds(held), rounded(1 / held), shares, rounded(people)))
    return _table(header, rows)


def _chains(column: int) -> str:
    header = (
        ("chains, 100,000 people at nine", "busiest head row in use", "wait: p50, p99, longest"),
        ("链数，10 万人的九点", "最忙的首行占用", "等待：p50、p99、最长"),
    )[column]
    rows = []
    for heads in (1, 10, HUNDREDS_OF_THOUSANDS.departments):
        waits, use = scale.a_head(HELD[0], scale.acts_a_second(HUNDREDS_OF_THOUSANDS), heads)
        shares = ", ".join(seconds(quantile(waits, share)) for share in (0.5, 0.99, 1.0))
        rows.append((f"{heads:,}", f"{rounded(100 * use)} %", shares))
    return _table(header, rows)


def with_tables(page: str, made: dict[str, str]) -> str:
    """Return a page's text with those of its tables that are made now."""

    def table(found: re.Match[str]) -> str:
        if found["name"] not in made:
            return found[0]
        return f"{found['begin']}\n\n{made[found['name']]}\n\n<!-- end -->"

    pattern = r"(?P<begin><!-- (?P<name>\w+): made by benchmarks/scale\.py -->).*?<!-- end -->"
    return re.sub(pattern, table, page, flags=re.DOTALL)


def write(say: Callable[[str], object] = print) -> None:
    """Put the tables into both pages."""
    for language, path in PAGES.items():
        path.write_text(with_tables(path.read_text(encoding="utf-8"), tables(language)), encoding="utf-8")
        say(str(path))
