"""Shows people the effects of a plugin that they write or change.

Drafts, what will open, what becomes different.
"""
