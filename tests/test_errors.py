"""What is filled into a sentence speaks the reader's language too."""

import errno
import os
from pathlib import Path

import pytest

import sla_tracker
from sla_tracker import i18n
from sla_tracker.domain.time.work_hours import Segment
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import LONGEST_SHOWN, NotFound, Refused, StoreError, Wrong, unwritten
from tests.chinese import left_in_english

SENTENCE = "{file} cannot be written: {reason}."


@pytest.mark.parametrize(
    "number",
    [
        errno.EACCES,
        errno.EEXIST,
        errno.EIO,
        errno.EISDIR,
        errno.ELOOP,
        errno.EMFILE,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
        errno.ECONNREFUSED,
    ],
)
def test_what_the_system_says_of_a_file_is_put_into_the_readers_language(number: int) -> None:
    said = os.strerror(number)
    problem = Refused(SENTENCE, file="a.txt", reason=OSError(number, said, "a.txt"))
    assert problem.sentence() == f"a.txt cannot be written: {said}."
    with i18n.speaking("zh"):
        assert said not in problem.sentence()
    assert left_in_english(problem) == []


def test_no_sentence_takes_the_systems_words_past_the_translation() -> None:
    """An OSError is given to a sentence as it is; the store and the staff's program translate in their own way."""
    own_way = {"errors.py", "serve", "storage"}
    root = Path(sla_tracker.__file__).parent
    files = [path for path in root.rglob("*.py") if path.relative_to(root).parts[0] not in own_way]
    assert [path.name for path in files if ".strerror" in path.read_text(encoding="utf-8")] == []


def test_a_full_disk_is_known_by_its_exit_code() -> None:
    assert unwritten(OSError(errno.ENOSPC, "full"), Refused) is StoreError
    assert unwritten(OSError(errno.EACCES, "closed"), Refused) is Refused


def test_a_fault_that_nobody_foresaw_is_shown_as_it_is() -> None:
    assert Refused(SENTENCE, file="a", reason=OSError("odd")).sentence() == "a cannot be written: odd."
    assert Refused(SENTENCE, file="a", reason=OSError()).sentence() == "a cannot be written: OSError."


def test_a_wrong_value_is_refused_in_the_readers_language() -> None:
    with pytest.raises(Wrong) as caught:
        Segment.parse("18-9")
    assert str(caught.value) == "'18' is no time of day; write it like 08:30."
    with i18n.speaking("zh"):
        assert str(caught.value) == "'18' 不是时刻；请写成 08:30。"


def test_what_was_pasted_is_not_repeated_without_end() -> None:
    said = NotFound("Nothing goes by “{ref}”.", ref="长" * 5000).sentence()
    assert said == f"Nothing goes by “{'长' * LONGEST_SHOWN}…”."
    long = Path("/") / ("x" * 5000)
    assert len(NotFound("{file}", file=long).sentence()) == LONGEST_SHOWN + 1


def test_a_long_list_of_names_ends_at_a_name() -> None:
    names = [f"Obligation number {number}" for number in range(60)]
    said = unknown_name("nonsense", names).sentence()
    assert said.endswith("Obligation number 22 and 37 more.")
    assert (
        unknown_name("nonsense", names[:3])
        .sentence()
        .endswith("number 0, Obligation number 1, Obligation number 2.")
    )
