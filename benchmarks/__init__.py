"""Benchmarks; they check ratios within one run, which vary less between machines than times."""
