"""The beginning of a settings file that takes any further section."""

BEGINNING = """
name = "Trial"
in_force_from = 2026-11-01

[calendar.weekly]
mon = ["09:00-18:00"]

[[people]]
id = "wang.fang"
name = "王芳"
department = "sales"
mail = "wang.fang@example.com"
"""
