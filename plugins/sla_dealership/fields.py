"""Short constructors of form fields."""

from sla_tracker import Choice, Field, FieldKind, Text


def tick(id: str, zh: str, en: str, *, required: bool = True) -> Field:
    """Return a tick box: something was handed over or checked."""
    return Field(id=id, kind=FieldKind.TICK, label=Text(zh, en), required=required)


def text(id: str, zh: str, en: str, *, required: bool = True, is_subject: bool = False) -> Field:
    """Return a field for a sentence or two, or for the name of another subject."""
    return Field(id=id, kind=FieldKind.TEXT, label=Text(zh, en), required=required, is_subject=is_subject)


def amount(id: str, zh: str, en: str, *, required: bool = True) -> Field:
    """Return a field for a number: an amount in yuan unless its label says otherwise."""
    return Field(id=id, kind=FieldKind.NUMBER, label=Text(zh, en), required=required)


def day(id: str, zh: str, en: str, *, required: bool = True) -> Field:
    """Return a field for a date."""
    return Field(id=id, kind=FieldKind.DATE, label=Text(zh, en), required=required)


def reference(id: str, zh: str, en: str, *, required: bool = True, is_subject: bool = False) -> Field:
    """Return a field for the number, name or location of a document, or of another subject."""
    return Field(
        id=id, kind=FieldKind.REFERENCE, label=Text(zh, en), required=required, is_subject=is_subject
    )


def choice(id: str, zh: str, en: str, answers: dict[str, Text], *, required: bool = True) -> Field:
    """Return a choice field."""
    choices = tuple(Choice(id=answer, label=label) for answer, label in answers.items())
    return Field(id=id, kind=FieldKind.CHOICE, label=Text(zh, en), required=required, choices=choices)


YES_NO = {"yes": Text("是", "Yes"), "no": Text("否", "No")}
