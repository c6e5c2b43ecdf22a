"""Backup, verification, erasure and offline inspection of a journal."""
