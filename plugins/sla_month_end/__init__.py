"""Obligations around the end of a month, when finance closes its books."""
