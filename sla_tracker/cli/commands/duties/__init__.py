"""Commands about duties: list, show, explain, deliver, judge."""
