"""Screens: the views behind the digits, and the dialogs over them."""
