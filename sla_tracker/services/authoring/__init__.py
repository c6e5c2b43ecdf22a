"""Shows people the effects of a plugin that they write or change."""
