"""Single values of a settings file are changed; comments, order and everything else stay."""

import tomllib
from datetime import date

import pytest

from sla_tracker.config import edit
from sla_tracker.config.locate import packaged_config, packaged_configs
from sla_tracker.errors import NotFound, SlaError

SETTINGS = """\
# The company.
name = "A" # its name

[targets]
usual = 0.95 # of all
# targets end here

# --- people ---

[[people]]
id = "a"
name = "Anna"
away = [
  { first = 2026-12-01, last = 2026-12-05 },
]

[[people]]
id = "b"
name = "Bo"

# --- the rest ---

[closing]
by = ["finance"]
"""


def changed_lines(before: str, after: str) -> list[str]:
    old, new = before.splitlines(), after.splitlines()
    return [f"-{line}" for line in old if line not in new] + [f"+{line}" for line in new if line not in old]


@pytest.mark.parametrize(
    ("key", "value", "lines"),
    [
        (("name",), "B", ['-name = "A" # its name', '+name = "B" # its name']),
        (("targets", "usual"), 0.5, ["-usual = 0.95 # of all", "+usual = 0.5 # of all"]),
        (("zone",), "UTC", ['+zone = "UTC"']),
        (("closing", "by"), ["a", "b"], ['-by = ["finance"]', '+by = ["a", "b"]']),
        (("surveys", "minimum"), 5, ["+[surveys]", "+minimum = 5"]),
        (("targets", "obligations", "x y"), 1, ["+[targets.obligations]", '+"x y" = 1']),
        (("people", 0, "deputy"), "b", ['+deputy = "b"']),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_one_value_is_set(key: tuple[str | int, ...], value: object, lines: list[str]) -> None:
    assert changed_lines(SETTINGS, edit.with_value(SETTINGS, key, value)) == lines


def test_a_new_key_stands_with_its_table_not_below_the_next_heading() -> None:
    text = edit.with_value(SETTINGS, ("people", 1, "left_on"), date(2026, 12, 24))
    assert 'name = "Bo"\nleft_on = 2026-12-24\n' in text
    text = edit.with_person(SETTINGS, {"id": "c", "name": "小王", "logins": ["c1"]})
    assert 'name = "Bo"\n\n[[people]]\nid = "c"\nname = "小王"\nlogins = ["c1"]\n\n# --- the rest' in text


def test_a_value_is_taken_out_and_only_one_that_is_there() -> None:
    assert changed_lines(SETTINGS, edit.without_value(SETTINGS, ("targets", "usual"))) == [
        "-usual = 0.95 # of all"
    ]
    with pytest.raises(NotFound, match="zone"):
        edit.without_value(SETTINGS, ("zone",))


@pytest.mark.parametrize("key", [("name", "x"), ("people", "x"), ("closing", "by", "x")], ids=str)
def test_a_path_through_something_else_than_a_table_is_refused(key: tuple[str, ...]) -> None:
    with pytest.raises(SlaError, match="no table"):
        edit.with_value(SETTINGS, key, 1)


@pytest.mark.parametrize("name", packaged_configs())
def test_every_key_of_the_shipped_settings_can_be_changed(name: str) -> None:
    text = packaged_config(name).read_text(encoding="utf-8")
    tree = tomllib.loads(text)
    keys: list[tuple[str, ...]] = [(name,) for name, value in tree.items() if isinstance(value, str)]
    tables = {name: value for name, value in tree.items() if isinstance(value, dict)}
    keys += [(table, name) for table in tables for name in tables[table] if name != "weekly"]
    assert len(keys) >= 4
    for key in keys:
        changed = tomllib.loads(edit.with_value(text, key, "other"))
        assert changed != tree, key
        assert edit.with_value(text, key, "other").count("#") == text.count("#"), key


@pytest.mark.parametrize(
    ("typed", "value"),
    [("0.9", 0.9), ("true", True), ('["a"]', ["a"]), ("2026-12-01", date(2026, 12, 1)), ("Anna", "Anna")]
    + [(long, long) for long in ("1" * 5000, "[" * 5000)],
)
def test_a_typed_value_is_toml_or_a_text(typed: str, value: object) -> None:
    assert edit.value_of(typed) == value


PARTS_ALONE = """\
name = "A"

# Working hours
[calendar.weekly]
mon = ["09:00-18:00"]

[serve.logins.desk]
shared = true
"""


@pytest.mark.parametrize(
    ("key", "value"),
    [(("calendar", "national"), "germany"), (("serve", "calls"), 20), (("serve", "logins", "desk", "x"), 1)],
)
def test_a_table_that_has_parts_only_gets_a_heading_of_its_own(key: tuple[str, ...], value: object) -> None:
    text = edit.with_value(PARTS_ALONE, key, value)
    wanted = tomllib.loads(PARTS_ALONE)
    table = wanted
    for part in key[:-1]:
        table = table[part]
    table[key[-1]] = value
    assert tomllib.loads(text) == wanted
    kept = [line for line in text.splitlines() if line and line in PARTS_ALONE.splitlines()]
    assert kept == [line for line in PARTS_ALONE.splitlines() if line]
