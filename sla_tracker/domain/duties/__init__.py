"""Duties, their transitions, and events, requests, hand-overs and complaints."""
