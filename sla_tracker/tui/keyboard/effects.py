"""What keys are expected to do to the place in which one types."""

from enum import Enum


class KeyEffect(Enum):
    """What the key of an action opens, closes or leaves."""

    OPENS = "opens"  # a dialog, a page, or a field that takes what is typed next
    CLOSES = "closes"  # the dialog, because it is confirmed or given up
    LEAVES = "leaves"  # the view, whose rows then do not matter
    OTHER = "other"
    NONE = "none"  # nothing: no action has the key here
