"""Comparison key for subjects.

A subject is the contract, vehicle or person that a duty is about.
"""

from __future__ import annotations

from sla_tracker.domain.text import Text
from sla_tracker.domain.typed_text import folded
from sla_tracker.errors import N_, UsageError

LONGEST_SUBJECT = 200  # characters


def subject_key(subject: str) -> str:
    """Return the key under which different spellings of one subject are equal.

    鄂F·12345, 鄂f 12345 and their full-width forms have the same key.
    Compatibility forms are folded (NFKC), case is ignored, and everything but letters and digits is dropped.
    """
    return "".join(char for char in folded(subject) if char.isalnum()).upper()


def problem_with_subject(subject: str, what: Text | None = None) -> UsageError | None:
    """Return why a text cannot be a subject, None if it can.

    `what` is the event type's word for its subject, such as number plate.
    """
    size = len(subject)
    if not subject.strip():
        return (
            UsageError(N_("{what} is missing."), what=what)
            if what
            else UsageError(N_("The subject is missing."))
        )
    if size > LONGEST_SUBJECT:
        if what:
            too_long = N_("{what} has {n} characters; it may have {limit}.")
            return UsageError(too_long, what=what, n=size, limit=LONGEST_SUBJECT)
        return UsageError(
            N_("The subject has {n} characters; it may have {limit}."), n=size, limit=LONGEST_SUBJECT
        )
    if subject_key(subject):
        return None
    if what:
        unfindable = N_("{what}: “{subject}” has no letter and no digit, by which it would be found again.")
        return UsageError(unfindable, what=what, subject=subject)
    return UsageError(
        N_("The subject “{subject}” has no letter and no digit, by which it would be found again."),
        subject=subject,
    )
