"""A key is found on its line, however the table was written."""

import time

import pytest

from sla_tracker.domain.toml_reader import (
    MOST_PROBLEMS,
    Key,
    did_you_mean,
    dotted,
    keys_at,
    line_of,
    read_toml,
    unknown_name,
    worded,
)
from sla_tracker.errors import UsageError
from tests.chinese import left_in_english

TEXT = '''name = "x"
a.b = 1
"odd key" = 2

[one]
two = """
[three]
four = 5
"""
three = { four = 1 }

[[list]]
id = 1
[list.inner]
deep = 1

[[list]]
id = 2
  [[list.more]]
  x = 1
  [[list.more]]
  x = 2
[single]
y = 1
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("name",), 1),
        (("a", "b"), 2),
        (("odd key",), 3),
        (("one",), 5),
        (("one", "two"), 6),
        (("one", "three", "four"), 10),
        (("one", "missing"), 5),
        (("list", 0, "id"), 13),
        (("list", 0, "inner", "deep"), 15),
        (("list", 0, "inner", 0, "deep"), 15),
        (("list", 1, "id"), 18),
        (("list", 1, "more", 1, "x"), 22),
        (("list", 1, "missing"), 17),
        (("single", 0, "y"), 24),
        (("nowhere",), None),
        ((), None),
    ],
)
def test_a_key_is_found_on_its_line(key: Key, line: int | None) -> None:
    assert line_of(TEXT, key) == line


def test_places_are_written_as_people_count() -> None:
    assert dotted(("list", 1, "more", 0, "x")) == "list[2].more[1].x"
    assert dotted(()) == "-"


def test_the_tree_and_the_text_are_kept() -> None:
    file = read_toml(b"\xef\xbb\xbfx = 0.5", "a.toml")
    assert (file.tree, file.text) == ({"x": 0.5}, "x = 0.5")


def test_a_file_may_be_given_more_room() -> None:
    large = b"#" * 1_100_000
    with pytest.raises(UsageError, match="larger than 1024 KiB"):
        read_toml(large, "a.toml")
    assert read_toml(large, "a.toml", largest=1_200_000).tree == {}


SCHEMA = {
    "properties": {"x": {"$ref": "#/$defs/X"}, "many": {"type": "array", "items": {"$ref": "#/$defs/X"}}},
    "$defs": {
        "X": {"properties": {"y": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Y"}]}}},
        "Y": {"properties": {"z": {}}},
    },
}


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ((), ("x", "many")),
        (("x",), ("y",)),
        (("x", "y"), ("z",)),
        (("many", 3), ("y",)),
        (("x", 0), ("y",)),
        (("x", "y", "z", "w"), ()),
        (("nowhere", "at all"), ()),
    ],
)
def test_a_schema_says_which_keys_a_place_allows(key: Key, allowed: tuple[str, ...]) -> None:
    assert keys_at(SCHEMA, key) == allowed


def test_what_was_meant_is_guessed_or_not() -> None:
    assert did_you_mean("consmer", ["consumer", "provider"]) == "consumer"
    assert did_you_mean("x", ["consumer"]) == ""
    assert unknown_name("x", []).sentence() == "“x” is unknown, and there is nothing to choose from."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 我的公司", "line 1, column 5: this value cannot be read; text needs straight quotes"),
        ("x = “a”", "line 1, column 5: this value cannot be read"),
        ("x = ", "at its end: this value cannot be read"),
        ('x = """a', "at its end: a text is not closed"),
        ('x = "a\ny = 1', "line 1, column 7: this character is not allowed here, or the quote"),
        ("x ＝ 1", "line 1, column 3: a key needs an equals sign"),
        ("x = 1 2", "line 1, column 7: something stands behind the value"),
        ("x = 2026-13-01", "line 1, column 9: something stands behind the value, or there is no such day"),
        ("x = 2026-02-30", "there is no such day or time"),
        ("[x", "at its end: a heading is not closed"),
        ("[[x]\n", "line 1, column 4: a heading is not closed"),
        ("x = [1\ny = 2", "line 2, column 1: a list is not closed"),
        ("x = { y = 1", "a table in braces is not closed"),
        ("x = { y = 1, y = 2 }", "this key is there twice"),
        ("x = 1\nx = 2\n", "line 2, column 6: this key is there twice"),
        ("[x]\n[x]\n", "line 2, column 3: this heading is there twice"),
        ("[[x]]\n[x]\n", "this heading is there twice"),
        ("x = { y = 1 }\nx.z = 1\n", "or its table was complete already"),
        ('x = "C:\\Users"', "a backslash in a text is written twice: \\\\."),
        ('x = "\\u12"', "a backslash in a text is written twice"),
        ("= 1", "neither a heading nor a key can begin like this"),
        ("x. = 1", "a key is missing here"),
        ("x = " + "9" * 5000, "a.toml: a number is too long"),
    ],
)
def test_what_is_no_toml_is_said_in_our_words(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_toml(text.encode(), "a.toml")
    assert said in caught.value.sentence()
    assert left_in_english(caught.value) == []


def test_a_file_in_another_encoding_is_named_with_its_line() -> None:
    with pytest.raises(UsageError) as caught:
        read_toml("# x\nname = '公司'".encode("gbk"), "a.toml")
    assert caught.value.sentence() == (
        "a.toml, line 2: this is not UTF-8; save the file with the encoding UTF-8."
    )
    assert left_in_english(caught.value) == []


@pytest.mark.parametrize(
    "text",
    [
        "x = '''" + "a" * 1_000_000,
        "a " * 500_000,
        "a." * 500_000,
        "x = " + "[" * 500_000,
        "".join(f"k{number} = 1\n" for number in range(90_000)),
    ],
)
def test_a_large_hostile_file_is_answered_in_seconds(text: str) -> None:
    begun = time.process_time()
    try:
        file = read_toml(text.encode(), "a.toml")
    except UsageError:
        pass
    else:
        wrong = [{"loc": (key,), "type": "extra_forbidden"} for key in file.tree]
        assert len(worded(file, wrong, {"properties": {"name": {}}})) == MOST_PROBLEMS
    assert time.process_time() - begun < 5


def test_a_name_of_which_a_word_was_left_out_is_suggested() -> None:
    assert did_you_mean("hours", ("days", "working_hours")) == "working_hours"
    assert did_you_mean("", ("days", "working_hours")) == ""
