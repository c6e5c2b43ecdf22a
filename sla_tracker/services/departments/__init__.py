"""Use cases between departments: complaints, hand-overs, shift notes, surveys, the inbox."""
