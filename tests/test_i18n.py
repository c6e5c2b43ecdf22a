"""The catalogue is complete, agrees with the code, and a sentence survives whatever is filled into it."""

import re
import string
from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from sla_tracker import i18n
from sla_tracker.i18n import catalogue
from sla_tracker.i18n.compiled import compiled_catalogue
from tools import messages

HALF_WIDTH = re.compile(r"[一-鿿”][,;:!?]|\w[,;:!?] ?[一-鿿“]")
# What people type has the marks that they type: the words of the filter, and where a secret is.
TYPED = re.compile("(?:部门|状态|人|对象|期限):|(?:env|file):/?(?:变量名|名称|路径)")


@cache
def code() -> tuple[messages.Use, ...]:
    """Return where the code says something; not at import, because every process of the tests imports this."""
    return tuple(messages.uses())


def names_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def both(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the forms of the message and those of its translation."""
    return messages.forms(message.id), messages.forms(message.string)


def written() -> list[Message]:
    return [message for message in catalogue.read_messages(messages.FILE) if message.id]


def test_the_file_holds_exactly_the_messages_of_the_code() -> None:
    on_file = {messages.key(message.id) for message in written()}
    assert on_file == set(messages.in_code()), "run `make messages` and translate what is new"


def test_every_message_is_translated_with_the_same_names() -> None:
    for message in written():
        ids, texts = both(message)
        assert all(texts), f"not translated: {ids[0]}"
        assert not message.fuzzy, f"still marked as a guess: {ids[0]}"
        wanted = set().union(*map(names_in, ids))
        for text in texts:
            assert names_in(text) <= wanted, f"{ids[0]!r} has no such name: {text!r}"
            assert wanted - names_in(text) <= {"n"}, f"a value of {ids[0]!r} is lost in {text!r}"


def test_a_chinese_sentence_has_chinese_marks() -> None:
    chinese = [text for message in written() for text in both(message)[1] if re.search("[一-鿿]", text)]
    assert [text for text in chinese if set("()") & set(text) or HALF_WIDTH.search(TYPED.sub("", text))] == []


def test_what_is_to_be_written_into_a_file_can_be_copied() -> None:
    """TOML takes straight quotes only."""
    texts = [text for message in written() for texts in both(message) for text in texts]
    assert [text for text in texts if re.search(r"\w = (\[(… )?)?“", text)] == []


def test_messages_in_the_code_are_english() -> None:
    """An English sentence may quote what people type, such as 昨天 16:40."""

    def is_english(sentence: str) -> bool:
        chinese = sum("\u3400" <= letter <= "\u9fff" for letter in sentence)
        return chinese * 5 < len(sentence) or not chinese

    assert [use for use in code() if not all(map(is_english, messages.forms(use.message)))] == []


def test_messages_in_the_code_are_well_formed() -> None:
    for use in code():
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


def test_a_catalogue_is_compiled(tmp_path: Path) -> None:
    folder = tmp_path / "zh_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "sla_tracker.po").write_text(
        'msgid "Deliver"\nmsgstr "交付"\n\nmsgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} 天"\n',
        encoding="utf-8",
    )
    (compiled,) = catalogue.compile_catalogues(tmp_path)
    assert compiled.name == "sla_tracker.mo"
    assert [path.name for path in folder.iterdir() if path.suffix == ".part"] == []
    assert {message.id: message.string for message in catalogue.translated(folder) if message.id} == {
        "Deliver": "交付",
        ("{n} day", "{n} days"): ("{n} 天",),
    }


@pytest.mark.parametrize("value", ["{", "}", "{0}", "{name.__class__}", "100 %", "[/x]\x1b"])
def test_a_value_is_never_read_as_a_format(value: str) -> None:
    assert i18n.gettext("Saw {name}.", name=value) == f"Saw {value}."


def test_a_sentence_without_values_keeps_its_braces() -> None:
    assert i18n.gettext("Write {} for nothing.") == "Write {} for nothing."


def test_a_name_nobody_gave_stays_visible() -> None:
    assert i18n.gettext("{who} did {what}.", who="Li") == "Li did {what}."


def test_the_count_chooses_the_form() -> None:
    assert [i18n.ngettext("{n} day", "{n} days", n) for n in (1, 2)] == ["1 day", "2 days"]


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
    assert i18n.choose(option, environ, config) == chosen


@pytest.mark.parametrize("tag", ["zh", "zh-CN", "zh_CN.UTF-8", "ZH_hans", " zh "])
def test_every_spelling_of_chinese_is_understood(tag: str) -> None:
    i18n.use(tag)
    assert i18n.language() == "zh_CN"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="tlh"):
        i18n.use("tlh")


def test_the_environment_decides_when_nothing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    i18n.use(None)
    assert i18n.language() == "zh_CN"


def test_messages_are_looked_up_as_the_standard_library_reads_them() -> None:
    content = messages.FILE.with_suffix(".mo").read_bytes()
    ours, theirs = compiled_catalogue(content), GNUTranslations(BytesIO(content))
    assert ours is not None
    for message in written():
        forms = messages.forms(message.id)
        assert ours.gettext(forms[0]) == theirs.gettext(forms[0]) != ""
        if len(forms) == 2:
            assert [ours.ngettext(*forms, n) for n in (0, 1, 2)] == [
                theirs.ngettext(*forms, n) for n in (0, 1, 2)
            ]
    for unknown in ("~", "\0", "Nobody says that.", "{n} unheard"):
        assert ours.gettext(unknown) == unknown
        assert [ours.ngettext(unknown, "many", n) for n in (1, 2)] == [
            theirs.ngettext(unknown, "many", n) for n in (1, 2)
        ]


@pytest.mark.parametrize(
    "content",
    [b"", b"\xde\x12\x04\x95", b"\x95\x04\x12\xde" + bytes(40), b"\xde\x12\x04\x95" + bytes(24)],
    ids=["empty", "cut", "other order of bytes", "without a header"],
)
def test_a_catalogue_of_another_form_is_left_to_the_standard_library(content: bytes) -> None:
    assert compiled_catalogue(content) is None


def test_a_language_that_has_to_be_found_is_found_once_and_when_it_is_needed() -> None:
    asked: list[str] = []

    def find() -> str:
        asked.append("")
        return "zh_CN"

    i18n.use_found(find)
    assert not asked
    with i18n.speaking("en"):
        assert i18n.language() == "en"
    assert not asked
    assert [i18n.language(), i18n.language()] == ["zh_CN", "zh_CN"]
    assert len(asked) == 1
    i18n.use_found(find)
    i18n.use("en")
    assert (i18n.language(), len(asked)) == ("en", 1)
