"""Makes what the use cases get from this machine.

That is: the clock, the acting person, texts, warnings.
"""
