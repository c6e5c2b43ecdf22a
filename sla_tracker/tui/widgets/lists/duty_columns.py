"""The widths of the columns of a duty list, in cells."""

from __future__ import annotations

from dataclasses import astuple

from sla_tracker.value_class import dataclass

DUE_CELLS = {"zh_CN": 12, "en": 16}
DUE_AT_CELLS = 12
PERSON_CELLS = {"zh_CN": 6, "en": 9}
PARTY_CELLS = {"zh_CN": 8, "en": 12}
EVIDENCE_CELLS = 5
USED_CELLS = 4  # each stands for a quarter of a duty's time
# The narrowest title beside which a column is still shown, and beside which the wide ones are.
SHORT_TITLE, LONG_TITLE = {"zh_CN": 12, "en": 18}, {"zh_CN": 26, "en": 28}


@dataclass(frozen=True, slots=True)
class Needs:
    """The widest text of each column in cells; none of them is made wider than that."""

    title: int = 200
    subject: int = 18
    party: int = 12
    person: int = 12
    evidence: int = EVIDENCE_CELLS
    used: int = USED_CELLS
    due: int = 16

    def fit_in(self, others: Needs) -> bool:
        """Return whether no text is wider than those of others."""
        return all(own <= other for own, other in zip(astuple(self), astuple(others), strict=True))


WIDEST = Needs()


@dataclass(frozen=True, slots=True)
class Columns:
    """The width of each column in cells; 0 leaves it out."""

    title: int
    subject: int
    party: int
    person: int
    evidence: int
    used: int
    due: int
    due_at: int


def columns_for(cells: int, lang: str, *, party: bool = False, needs: Needs = WIDEST) -> Columns:
    """Return the widths of the columns, of title and due first.

    The others get room as long as a title stays readable. With `party` the other department replaces the person. The
    due times leave the titles room where these would be cut.
    """
    short, long = min(needs.title, SHORT_TITLE[lang]), min(needs.title, LONG_TITLE[lang])
    person = (PARTY_CELLS if party else PERSON_CELLS)[lang]
    subject = min(13, needs.subject)
    wanted = (
        ("subject", subject, short),
        ("person", min(person, needs.party if party else needs.person), short),
        ("used", needs.used, short),
        ("evidence", needs.evidence, long),
        ("due_at", DUE_AT_CELLS, long),
        ("more subject", needs.subject - subject, min(needs.title, 2 * LONG_TITLE[lang])),
        ("party", 0 if party else min(12, needs.party), min(needs.title, 2 * LONG_TITLE[lang])),
    )
    title, due = cells - 2 - DUE_CELLS[lang] - 2, DUE_CELLS[lang]
    shown: dict[str, int] = {}
    for name, width_of_it, least in wanted:
        taken = width_of_it + (name != "more subject") if width_of_it else 0
        # Columns come in one order, so that a wider list never takes one away again.
        if title - taken < least:
            break
        title -= taken
        shown[name] = width_of_it
    spare = min(max(0, needs.title - title), max(0, due - needs.due))
    return Columns(
        title=max(4, title + spare),
        subject=shown.get("subject", 0) + shown.get("more subject", 0),
        party=shown.get("party", 0),
        person=shown.get("person", 0),
        evidence=shown.get("evidence", 0),
        used=shown.get("used", 0),
        due=due - spare,
        due_at=shown.get("due_at", 0),
    )
