"""Use cases of imports: judge rows of a list, take them over, take them back.

Rows are taken over in commits of bounded size.
"""
