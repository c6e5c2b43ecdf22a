"""Keeps what people typed into forms whose login ended before they sent them.

Only in memory, for a while, and for the person whose page the form was on.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from sla_tracker.value_class import dataclass

KEPT_SECONDS = 3600.0
MOST_FORMS = 200
MOST_OF_PERSON = 3
LARGEST_FORM = 64 << 10  # characters of all values; a larger one is not kept
# What the new page brings anew, or is never to be kept.
LEFT_OUT = frozenset({"csrf", "once", "password", "old", "new", "again"})
FORMS_OF_PAGES: Mapping[str, str] = {"/events/new": "kind", "/requests/new": "what"}
"""Addresses whose form and page are one, with the value that chooses the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedForm:
    """A form that was sent to `path` and not taken; `page` shows it again."""

    person: str
    path: str
    page: str
    values: Mapping[str, str]
    kept_at: float


class TypedForms:
    """The forms of people who have to log in again; no file holds them."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._forms: OrderedDict[tuple[str, str], TypedForm] = OrderedDict()

    def keep(self, person: str, path: str, form: Mapping[str, str]) -> TypedForm | None:
        """Keep a form for its person and return it; None where it is too large.

        Of too many forms the oldest go: of the person's own, if these are too many.
        """
        self.drop_old()
        values = {name: value for name, value in form.items() if name not in LEFT_OUT}
        if sum(len(name) + len(value) for name, value in values.items()) > LARGEST_FORM:
            return None
        page = page_of_form(path, form)
        kept = TypedForm(person=person, path=path, page=page, values=values, kept_at=self._clock())
        self._forms.pop((person, page), None)
        own = [key for key in self._forms if key[0] == person]
        if len(own) >= MOST_OF_PERSON:
            del self._forms[own[0]]
        elif len(self._forms) >= MOST_FORMS:
            self._forms.popitem(last=False)
        self._forms[person, page] = kept
        return kept

    def find(self, person: str, page: str) -> TypedForm | None:
        """Return what a person had typed on a page, None if there is nothing."""
        self.drop_old()
        return self._forms.get((person, page))

    def drop(self, form: TypedForm) -> None:
        """Forget a form that was shown again."""
        if self._forms.get((form.person, form.page)) is form:
            del self._forms[form.person, form.page]

    def drop_old(self) -> None:
        """Forget what nobody came back for in time."""
        since = self._clock() - KEPT_SECONDS
        for key in [key for key, form in self._forms.items() if form.kept_at < since]:
            del self._forms[key]

    def __len__(self) -> int:
        return len(self._forms)


def page_of_form(path: str, form: Mapping[str, str]) -> str:
    """Return the page that has the form which is sent to an address."""
    if path in FORMS_OF_PAGES:
        name = FORMS_OF_PAGES[path]
        return f"{path}?{urlencode({name: form[name]})}" if form.get(name) else path
    return place_of(path)


def place_of(path: str) -> str:
    """Return the page from which a form with this address comes."""
    return "/account" if path.startswith("/account/") else path.rpartition("/")[0] or "/"
