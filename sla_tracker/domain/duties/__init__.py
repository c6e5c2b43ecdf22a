"""Duties and what can happen to them; events, requests, hand-overs, complaints."""
