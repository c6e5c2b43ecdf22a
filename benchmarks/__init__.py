"""Measurements, as ratios within one run, because machines differ and ratios less."""
