"""Use cases between departments.

Complaints, hand-overs, shift notes, surveys, the inbox.
"""
