"""Finds the obligations and departments that cells name by id or title."""

from __future__ import annotations

import unicodedata
from dataclasses import field

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.text import Text
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, Choices, SlaError, UsageError
from sla_tracker.value_class import dataclass
from sla_tracker.wording.duties import text_of

KINDS_OF_DEPARTMENT = ("部门", "部", "科", "室", "处", "组", "department", "dept")


@dataclass(slots=True, kw_only=True)
class Names:
    """Looks names up in a catalogue; raises the error of an unknown one."""

    catalogue: Catalogue
    _ids_by_word: dict[str, list[str]] = field(default_factory=dict)

    def department(self, text: str) -> str:
        """Return the id of a department by id or name.

        The word for its kind may be left out of the name.
        """
        wanted = _department_word(text)
        for id, one in self.catalogue.departments.items():
            if wanted in {id, *(_department_word(name) for name in _both(one.name) if name)}:
                return id
        raise unknown_name(text[:60], [text_of(one.name) for one in self.catalogue.departments.values()])

    def obligation(self, text: str, provider: str = "") -> Obligation:
        """Return an obligation by id or title, as a provider owes it.

        Raises where several do.
        """
        named = dict.fromkeys(self._obligation_ids().get(_plain(text), ()))
        owed = [
            bound
            for id in named
            for bound in self.catalogue.bound(id)
            if not provider or bound.provider == provider
        ]
        if len(owed) == 1:
            return owed[0]
        if not named:
            raise unknown_name(text[:60], [text_of(one.title) for one in self.catalogue.obligations.values()])
        raise _not_certain(self.catalogue, text, owed)

    def _obligation_ids(self) -> dict[str, list[str]]:
        """Return the ids of the obligations by the words that name them.

        The result is kept, because each row of a list asks for it.
        """
        if not self._ids_by_word:
            for one in self.catalogue.obligations.values():
                for word in filter(None, (one.id, *_both(one.title))):
                    self._ids_by_word.setdefault(_plain(word), []).append(one.id)
        return self._ids_by_word


def _not_certain(catalogue: Catalogue, text: str, owed: list[Obligation]) -> SlaError:
    if not owed:
        return UsageError(N_("that department does not owe “{title}”"), title=text[:60])
    names = {one.provider: catalogue.departments[one.provider].name for one in owed}
    return UsageError(
        N_("several departments owe “{title}”: {known}; a column has to say which"),
        title=text[:60],
        known=Choices(names),
    )


def _both(text: Text) -> tuple[str, str]:
    return text.zh, text.en


def _plain(text: str) -> str:
    """Return a title for comparison.

    Text in brackets tells titles apart, so it stays.
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _department_word(name: str) -> str:
    plain = _plain(name)
    for kind in KINDS_OF_DEPARTMENT:
        if plain.endswith(kind) and len(plain) > len(kind) + 1:
            return plain.removesuffix(kind)
    return plain
