"""The catalogue is complete, agrees with the code, and a sentence survives whatever is filled into it."""

import re
import string
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from sla_tracker import locale
from sla_tracker.locale import catalogue
from tools import messages

PO_FILES = sorted(messages.FOLDER.glob("*.po"))
CODE = list(messages.uses())
HALF_WIDTH = re.compile(r"[一-鿿”][,;:!?]|\w[,;:!?] ?[一-鿿“]")
# What people type has the marks that they type: the words of the filter, and where a secret is.
TYPED = re.compile("(?:部门|状态|人|对象|期限):|(?:env|file):/?(?:变量名|名称|路径)")


def names_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def both(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the forms of the message and those of its translation."""
    return messages.forms(message.id), messages.forms(message.string)


def written(path: Path) -> list[Message]:
    return [message for message in catalogue.read_room(path) if message.id]


def test_each_room_holds_exactly_the_messages_of_its_code() -> None:
    on_file = {path.stem: {messages.key(message.id) for message in written(path)} for path in PO_FILES}
    in_code = {room: set(found) for room, found in messages.by_room().items()}
    assert on_file == in_code, "run `make messages` and translate what is new"


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.stem)
def test_every_message_is_translated_with_the_same_names(path: Path) -> None:
    for message in written(path):
        ids, texts = both(message)
        assert all(texts), f"not translated: {ids[0]}"
        assert not message.fuzzy, f"still marked as a guess: {ids[0]}"
        wanted = set().union(*map(names_in, ids))
        for text in texts:
            assert names_in(text) <= wanted, f"{ids[0]!r} has no such name: {text!r}"
            assert wanted - names_in(text) <= {"n"}, f"a value of {ids[0]!r} is lost in {text!r}"


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.stem)
def test_a_chinese_sentence_has_chinese_marks(path: Path) -> None:
    chinese = [text for message in written(path) for text in both(message)[1] if re.search("[一-鿿]", text)]
    assert [text for text in chinese if set("()") & set(text) or HALF_WIDTH.search(TYPED.sub("", text))] == []


def test_rooms_agree_on_what_they_share() -> None:
    known: dict[object, set[object]] = defaultdict(set)
    for path in PO_FILES:
        for message in written(path):
            known[messages.key(message.id)].add(both(message)[1])
    assert {key: texts for key, texts in known.items() if len(texts) > 1} == {}


def test_messages_in_the_code_are_english() -> None:
    """An English sentence may quote what people type, such as 昨天 16:40."""

    def is_english(sentence: str) -> bool:
        chinese = sum("\u3400" <= letter <= "\u9fff" for letter in sentence)
        return chinese * 5 < len(sentence) or not chinese

    assert [use for use in CODE if not all(map(is_english, messages.forms(use.message)))] == []


def test_messages_in_the_code_are_well_formed() -> None:
    for use in CODE:
        for sentence in messages.forms(use.message):
            assert all(name.isidentifier() for name in names_in(sentence)), (
                f"{use.path}:{use.line}: {sentence}"
            )


def test_the_extractor_finds_every_way_to_mark_a_message(tmp_path: Path) -> None:
    source = (
        '_("a" "b", n=1)\nlocale.gettext("c")\nngettext("one", "many", 3)\nN_("d")\n'
        'raise errors.NotFound("e")\n_(computed)\nother("f")\n'
    )
    found = [use.message for use in messages.uses_in(tmp_path / "x.py", source)]
    assert sorted(found, key=str) == [("one", "many"), "ab", "c", "d", "e"]


def test_a_changed_room_is_compiled_again(tmp_path: Path) -> None:
    folder = tmp_path / "zh_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "cli.po").write_text('msgid "Deliver"\nmsgstr "交付"\n', encoding="utf-8")
    (folder / "tui.po").write_text(
        'msgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} 天"\n', encoding="utf-8"
    )
    (compiled,) = catalogue.compile_catalogues(tmp_path)
    assert compiled.name == "sla_tracker.mo"
    assert [path.name for path in folder.iterdir() if path.suffix == ".part"] == []
    assert {message.id: message.string for message in catalogue.merged(folder) if message.id} == {
        "Deliver": "交付",
        ("{n} day", "{n} days"): ("{n} 天",),
    }


@pytest.mark.parametrize("value", ["{", "}", "{0}", "{name.__class__}", "100 %", "[/x]\x1b"])
def test_a_value_is_never_read_as_a_format(value: str) -> None:
    assert locale.gettext("Saw {name}.", name=value) == f"Saw {value}."


def test_a_sentence_without_values_keeps_its_braces() -> None:
    assert locale.gettext("Write {} for nothing.") == "Write {} for nothing."


def test_a_name_nobody_gave_stays_visible() -> None:
    assert locale.gettext("{who} did {what}.", who="Li") == "Li did {what}."


def test_the_count_chooses_the_form() -> None:
    assert [locale.ngettext("{n} day", "{n} days", n) for n in (1, 2)] == ["1 day", "2 days"]


@pytest.mark.parametrize(
    ("option", "environ", "config", "chosen"),
    [
        ("en", {"SLA_LANG": "zh_CN"}, "zh_CN", "en"),
        (None, {"SLA_LANG": "en", "LANG": "zh_CN.UTF-8"}, "zh_CN", "en"),
        (None, {"LANG": "en_US.UTF-8"}, "zh_CN", "zh_CN"),
        (None, {"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, None, "zh_CN"),
        (None, {"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, None, "zh_CN"),
        ("fr", {"SLA_LANG": ""}, None, "en"),
        (None, {"LANG": "C"}, None, "en"),
    ],
)
def test_the_language_is_chosen_in_order(
    option: str | None, environ: Mapping[str, str], config: str | None, chosen: str
) -> None:
    assert locale.choose(option, environ, config) == chosen


@pytest.mark.parametrize("tag", ["zh", "zh-CN", "zh_CN.UTF-8", "ZH_hans", " zh "])
def test_every_spelling_of_chinese_is_understood(tag: str) -> None:
    locale.use(tag)
    assert locale.language() == "zh_CN"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="tlh"):
        locale.use("tlh")


def test_the_environment_decides_when_nothing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    locale.use(None)
    assert locale.language() == "zh_CN"
