"""Says which store a settings file names, even where the file cannot be used."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import ValidationError

from sla_tracker.config.comments import without_comments
from sla_tracker.config.deployment import LARGEST_FILE
from sla_tracker.config.schema import Config
from sla_tracker.config.sections.store import StoreSection
from sla_tracker.config.store_kind import StoreKind
from sla_tracker.domain.toml_reader import did_you_mean, read_toml
from sla_tracker.errors import UsageError
from sla_tracker.value_class import dataclass

STORE = "store"

_HEADING = re.compile(r"\[\[?\s*([\w.-]+)\s*\]\]?")
_BEGINNING = re.compile(r"""(\[*)\s*["']?([\w-]+)""")
_SETTING = re.compile(r"""(\w+)\s*=\s*(?:"([^"\\]*)"|'([^']*)')""")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedStore:
    """A store as settings name it; its kind says which of folder and variable counts."""

    kind: StoreKind
    folder: str
    variable: str

    def is_same(self, other: NamedStore, home: Path) -> bool:
        """Tell whether both name one store; folders are named from a home folder."""
        if self.kind is not other.kind:
            return False
        match self.kind:
            case StoreKind.TINYDB:
                return (home / self.folder).resolve() == (home / other.folder).resolve()
            case StoreKind.POSTGRES:
                return self.variable == other.variable
        return True


def named_store(content: bytes) -> NamedStore | None:
    """Return the store that a settings file names; None where that is not clear.

    The file may be wrong in any way. It is not clear where [store] is there twice, has a mistake, or a misspelt heading
    may mean it.
    """
    table: object
    try:
        tree = read_toml(content, "", largest=LARGEST_FILE).tree
    except UsageError:
        table = _in_text(content.decode("utf-8-sig", "replace"))
    else:
        table = None if any(map(_may_mean_store, tree)) else tree.get(STORE, {})
    try:
        return None if table is None else _store_in(StoreSection.model_validate(table))
    except ValidationError:
        return None


def _store_in(section: StoreSection) -> NamedStore:
    return NamedStore(kind=section.kind, folder=section.folder, variable=section.url_from)


def _may_mean_store(word: str) -> bool:
    """Tell whether an unknown name of a section is most like that of the store's."""
    return word not in Config.model_fields and did_you_mean(word, Config.model_fields) == STORE


def _in_text(text: str) -> dict[str, str] | None:
    """Return the table [store] of a file that is no TOML; None where it is not clear."""
    found: dict[str, str] | None = None
    is_inside = False
    for line in without_comments(text).splitlines():
        line = line.strip()
        if heading := _HEADING.fullmatch(line):
            is_inside = heading[1] == STORE
            if _may_mean_store(heading[1]) or (is_inside and found is not None):
                return None
            if is_inside:
                found = {}
        elif is_inside and found is not None and line:
            setting = _SETTING.fullmatch(line)
            if setting is None or setting[1] in found:
                return None
            found[setting[1]] = setting[2] or setting[3] or ""
        elif (begins := _BEGINNING.match(line)) and (
            begins[2] == STORE or (begins[1] and _may_mean_store(begins[2]))
        ):
            return None
    return found or {}
